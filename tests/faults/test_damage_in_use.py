"""A catalog that is damaged under a running service, or where only the opening looks, is made again by the service."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import apsw
import psutil
import pytest

from finder.config import SettingsFile
from finder.errors import FinderError, StoreDamagedError
from finder.paths import Home
from finder.service.client import connect
from finder.store.schema import open_writer
from tests.conftest import end_service
from tests.faults import killing

_PAGE_BYTES = 4096
_HEALED_WITHIN_S = 60.0
_FILES = 20


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def delete(path: Path) -> None:
    path.unlink()


def overwrite_the_beginning(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(bytes(_PAGE_BYTES))


@pytest.mark.parametrize("damage", [cut_in_half, empty, delete, overwrite_the_beginning])
def test_a_running_service_makes_its_damaged_catalog_again(
    damage: Callable[[Path], None], home: Home, tmp_path: Path
) -> None:
    documents = tmp_path / "documents"
    killing.make_documents(documents, 1, _FILES)
    killing.index(home, documents)
    with connect(home) as client:
        client.call("exclude", {"add": ["*.left-out"]})
        service = psutil.Process(client.hello["pid"])
    killing.wait_for(lambda: killing.is_fed(home))
    into_one_file(home.catalog)
    damage(home.catalog)

    begun_s = time.monotonic()
    killing.wait_for(lambda: is_served_since(home, begun_s), _HEALED_WITHIN_S)
    killing.index(home, documents)
    killing.wait_for(lambda: killing.is_fed(home))
    killing.check_soundness(home)
    assert len(killing.acknowledged(home)) == _FILES
    assert SettingsFile(home.settings).load().exclude == ("*.left-out",)
    with connect(home, start=False) as client:
        assert client.hello["pid"] == service.pid, "the service ended over it"
        names = [worker["name"] for worker in client.call("status")["workers"] if worker["pid"] is not None]
    assert len(service.children()) == len(names), "a worker of the former engine is left"


@pytest.mark.parametrize("table", ["sqlite_autoindex_marks_1", "spaces", "sqlite_sequence"])
def test_a_page_that_is_first_read_while_the_stores_are_opened_is_made_again(
    table: str, home: Home, tmp_path: Path
) -> None:
    documents = tmp_path / "documents"
    killing.make_documents(documents, 1, _FILES)
    killing.index(home, documents)
    end_service(home)
    into_one_file(home.catalog)
    connection = apsw.Connection(str(home.catalog), flags=apsw.SQLITE_OPEN_READONLY)
    page = int(connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).get)
    connection.close()
    with home.catalog.open("r+b") as file:
        file.seek((page - 1) * _PAGE_BYTES)
        file.write(b"\xa5" * _PAGE_BYTES)

    connect(home).close()  # it starts, whatever it finds
    killing.wait_for(lambda: any(home.root.glob("catalog.db.damaged-*")), _HEALED_WITHIN_S)
    killing.wait_for(lambda: is_indexed(home, documents), _HEALED_WITHIN_S)
    assert len(killing.acknowledged(home)) == _FILES


def test_a_catalog_that_cannot_be_opened_is_let_go_before_it_is_set_aside(tmp_path: Path) -> None:
    """A connection that is left open removes, as it is closed, the log of the catalog that has taken the name."""
    path = tmp_path / "catalog.db"
    open_writer(path).close()
    cut_in_half(path)
    with pytest.raises(StoreDamagedError) as raised:
        open_writer(path)
    held = [file.path for file in psutil.Process().open_files() if file.path.startswith(str(path))]
    assert not held, raised.value  # the error keeps alive whatever was not closed


def into_one_file(path: Path) -> None:
    """Move what the log still holds into the database file: what stands there is what will be read."""
    connection = apsw.Connection(str(path))
    connection.pragma("user_version")  # before it has read anything it knows of no log
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    connection.close()


def is_served_since(home: Home, begun_s: float) -> bool:
    """True once an engine answers that was made after `begun_s`. Until then questions meet the damage."""
    try:
        with connect(home, start=False) as client:
            client.call("find", {"query": "word3", "mode": "keyword"}, timeout_s=5)
            return float(client.call("status", timeout_s=5)["uptime_s"]) < time.monotonic() - begun_s
    except FinderError:
        return False


def is_indexed(home: Home, documents: Path) -> bool:
    try:
        return bool(killing.index(home, documents)["files"] == _FILES)
    except FinderError:
        return False
