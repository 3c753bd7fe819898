"""Columns in memory that follow the catalog: what they say is what the tables say, however these were changed."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import apsw
import numpy as np
import pytest

from finder.store import contents, files, folders, row_changes
from finder.store.catalog import Catalog
from finder.store.columns import FOLLOWED, IS_THERE, Columns
from finder.store.files import SeenFile
from finder.store.row_changes import RowChanges
from finder.types import Extraction, FileIdentity, Passage


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog(tmp_path / "catalog.db")
    opened.write(lambda connection: folders.add_root(connection, b"/docs", 1, 1, True))
    yield opened
    opened.close()


def add_file(connection: apsw.Connection, name: str, size_bytes: int = 10) -> int:
    return files.add(connection, 1, SeenFile(name.encode(), FileIdentity(1, 1, size_bytes, 0, 0), "document"))


def read_file(connection: apsw.Connection, file_id: int, text: str) -> None:
    extraction = Extraction("document", None, None, False, False, 10, {}, (), (Passage(0, len(text), text),))
    content_id = contents.add(connection, text.encode(), "text@2", extraction)
    files.set_read(connection, file_id, "text@2", content_id)


def rows(columns: Columns, connection: apsw.Connection, table: str) -> dict[int, tuple[object, ...]]:
    """What the columns say, as the table would."""
    kept = columns.current(connection, table)
    words = {code: word for word, code in columns._codes.items()}
    texts = ("type", "extension", "state", "language")
    ids = np.flatnonzero(kept[IS_THERE]).tolist()
    return {
        id: tuple(words[int(kept[name][id])] if name in texts else int(kept[name][id]) for name in FOLLOWED[table])
        for id in ids
    }


def truth(connection: apsw.Connection, table: str) -> dict[int, tuple[object, ...]]:
    found = connection.execute(f"SELECT id, {', '.join(FOLLOWED[table])} FROM {table}")
    return {id: tuple(0 if value is None else value for value in values) for id, *values in found}


@pytest.mark.parametrize("remembered", [0, 50_000])
def test_the_columns_say_what_the_tables_say_after_any_change(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, remembered: int
) -> None:
    monkeypatch.setattr(row_changes, "_MOST_REMEMBERED", remembered)
    columns, reader, rng = Columns(catalog.changes), catalog.reader(), random.Random(1)

    def change(connection: apsw.Connection) -> None:
        known = [row[0] for row in connection.execute("SELECT id FROM files")]
        for _ in range(rng.randrange(4)):
            match rng.randrange(4) if known else 0:
                case 0:
                    known.append(add_file(connection, f"{rng.random()}.txt", rng.randrange(100)))
                case 1:
                    read_file(connection, rng.choice(known), f"text {rng.random()}")
                case 2:
                    row = files.get(connection, rng.choice(known))
                    assert row is not None
                    files.move(connection, row, 1, f"{rng.random()}.md".encode())
                case _:
                    row = files.get(connection, known.pop(rng.randrange(len(known))))
                    assert row is not None
                    left = files.remove(connection, [(row.id, row.name, row.content_id)])
                    contents.remove_unreferenced(connection, left)

    for _ in range(60):
        catalog.write(change)
        for table in FOLLOWED:
            assert rows(columns, reader, table) == truth(reader, table)


def test_what_was_given_out_stays_as_it_was(catalog: Catalog) -> None:
    file_id = catalog.write(lambda connection: add_file(connection, "a.txt", 10))
    columns, reader = Columns(catalog.changes), catalog.reader()
    before = columns.current(reader, "files")
    catalog.write(lambda connection: connection.execute("UPDATE files SET size_bytes = 20"))
    assert columns.current(reader, "files")["size_bytes"][file_id] == 20
    assert before["size_bytes"][file_id] == 10
    assert columns.current(reader, "files") is columns.current(reader, "files")


def test_what_was_rolled_back_changes_nothing(catalog: Catalog) -> None:
    columns, reader = Columns(catalog.changes), catalog.reader()
    file_id = catalog.write(lambda connection: add_file(connection, "a.txt"))
    columns.current(reader, "files")

    def fail(connection: apsw.Connection) -> None:
        connection.execute("UPDATE files SET size_bytes = 20")
        raise ValueError("undone")

    with pytest.raises(ValueError, match="undone"):
        catalog.write(fail)
    catalog.write(lambda connection: None)
    assert columns.current(reader, "files")["size_bytes"][file_id] == 10


def test_columns_without_a_feed_are_read_each_time(catalog: Catalog) -> None:
    columns, reader = Columns(), catalog.reader()
    assert not columns.current(reader, "files")[IS_THERE].any()
    file_id = catalog.write(lambda connection: add_file(connection, "a.txt"))
    assert columns.current(reader, "files")[IS_THERE][file_id] == file_id


def test_rows_that_changed_are_told_once_for_each_who_asks() -> None:
    changes = RowChanges(["files"])
    first, rows_first = changes.since("files", -1)
    assert rows_first is None
    changes.note(0, "main", "files", 7)
    changes.note(0, "main", "texts", 8)
    assert changes.since("files", first) == (first, [])
    changes.publish()
    then, rows_then = changes.since("files", first)
    assert rows_then == [7]
    assert changes.since("files", then) == (then, [])


def test_a_reader_that_still_looks_at_an_earlier_moment_spoils_nothing_for_others(catalog: Catalog) -> None:
    columns, reader = Columns(catalog.changes), catalog.reader()
    file_id = catalog.write(lambda connection: add_file(connection, "a.txt", 10))
    assert columns.current(reader, "files")["size_bytes"][file_id] == 10
    unfinished = reader.execute("SELECT id FROM folders UNION ALL SELECT id FROM files")
    next(unfinished)  # as long as it is open, the connection sees what was there when it began
    catalog.write(lambda connection: connection.execute("UPDATE files SET size_bytes = 20"))
    columns.current(reader, "files")
    unfinished.close()
    assert columns.current(reader, "files")["size_bytes"][file_id] == 20


def test_loading_takes_little_more_memory_than_the_columns(catalog: Catalog) -> None:
    rows = 40_000
    catalog.write(
        lambda connection: connection.execute(
            "WITH RECURSIVE numbers(n) AS (VALUES(1) UNION ALL SELECT n + 1 FROM numbers LIMIT ?)"
            " INSERT INTO files(folder_id, name, type, device, inode, size_bytes, mtime_ns, ctime_ns, state, extension)"
            " SELECT 1, CAST(n AS BLOB), 'document', 1, n, 1000 * n, 1000 * n, 0, 'waiting', 'txt' FROM numbers",
            (rows,),
        )
    )
    columns, reader = Columns(catalog.changes), catalog.reader()
    tracemalloc.start()
    try:
        files_now = columns.current(reader, "files")
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert np.count_nonzero(files_now[IS_THERE]) == rows
    assert peak_bytes < 4 * sum(column.nbytes for column in files_now.values())


def test_a_load_that_was_cut_short_is_done_again(catalog: Catalog) -> None:
    columns, reader = Columns(catalog.changes), catalog.reader()
    file_id = catalog.write(lambda connection: add_file(connection, "a.txt", 10))
    reader.set_progress_handler(lambda: True, 1)
    with pytest.raises(apsw.InterruptError):
        columns.current(reader, "files")
    reader.set_progress_handler(None)
    assert columns.current(reader, "files")["size_bytes"][file_id] == 10
