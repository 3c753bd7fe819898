"""What waits to be read, of very many files."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import apsw

from finder.store import files, folders
from finder.store.catalog import Catalog

_FILES = 100_000
_BYTES_PER_FILE = 40


def _add(connection: apsw.Connection) -> None:
    folder_id = folders.add_root(connection, b"/docs", 1, 1, is_watched=True)
    connection.execute(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)"
        " INSERT INTO files(folder_id, name, type, device, inode, size_bytes, mtime_ns, ctime_ns, state)"
        " SELECT ?, CAST(n AS BLOB), 'document', 1, n, 1, n, n, 'waiting' FROM numbers",
        (_FILES, folder_id),
    )
    connection.execute("UPDATE roots SET is_online = 1")


def test_the_ids_of_very_many_files_that_wait_take_little_memory(tmp_path: Path) -> None:
    """Whoever shows how far indexing is holds them, and looks again several times a second."""
    catalog = Catalog(tmp_path / "catalog.db")
    try:
        catalog.write(_add)
        connection = catalog.reader()
        tracemalloc.start()
        waiting = files.waiting_ids(connection)
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    finally:
        catalog.close()
    assert list(waiting) == list(range(1, _FILES + 1))
    assert peak_bytes < _FILES * _BYTES_PER_FILE
