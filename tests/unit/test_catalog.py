"""The catalog's writer: what shares a commit, what a fault undoes, and that everybody who waits is answered."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import apsw
import numpy as np
import pytest

from finder.errors import CancelledError, EnvironmentFaultError, StoreDamagedError
from finder.store import files, folders, spaces
from finder.store.catalog import Catalog
from finder.store.schema import open_reader
from finder.store.spaces import SpaceVectors
from finder.vectors import Space

_WAIT_S = 60.0


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog(tmp_path / "catalog.db")
    yield opened
    opened.close()


def _add_root(name: bytes) -> object:
    return lambda connection: folders.add_root(connection, name, 1, 1, True)


def _roots(catalog: Catalog) -> list[bytes]:
    return [root.path for root in folders.roots(catalog.reader())]


def _fail(connection: apsw.Connection) -> None:
    folders.add_root(connection, b"/bad", 1, 2, True)
    raise ValueError("on purpose")


def _hold(catalog: Catalog) -> threading.Event:
    """Keep the writer busy until the event is set, so that what is submitted meanwhile shares one commit."""
    begun, release = threading.Event(), threading.Event()

    def wait(_: apsw.Connection) -> None:
        begun.set()
        release.wait(_WAIT_S)

    catalog.submit(wait)
    begun.wait(_WAIT_S)
    return release


def test_a_change_that_fails_is_undone_alone(catalog: Catalog) -> None:
    release = _hold(catalog)
    good, bad, other = catalog.submit(_add_root(b"/a")), catalog.submit(_fail), catalog.submit(_add_root(b"/b"))
    release.set()
    assert good.exception(_WAIT_S) is None
    assert isinstance(bad.exception(_WAIT_S), ValueError)
    assert other.exception(_WAIT_S) is None
    assert _roots(catalog) == [b"/a", b"/b"]


def test_a_full_disk_is_told_to_everybody_in_the_commit_and_writing_goes_on_once_there_is_room(
    catalog: Catalog,
) -> None:
    pages = catalog.write(lambda connection: connection.pragma("page_count"))
    catalog.submit(lambda connection: connection.pragma("max_page_count", pages + 1)).result(_WAIT_S)
    release = _hold(catalog)
    small = catalog.submit(_add_root(b"/a"))
    large = catalog.submit(_add_root(b"/" + b"x" * 100_000))
    release.set()
    for future in (small, large):
        fault = future.exception(_WAIT_S)
        assert isinstance(fault, EnvironmentFaultError)
        assert fault.title == "The disk is full"
    assert _roots(catalog) == []
    catalog.write(lambda connection: connection.pragma("max_page_count", 1 << 30))
    catalog.write(_add_root(b"/c"))
    assert _roots(catalog) == [b"/c"]


def test_a_rollback_of_the_whole_commit_keeps_nothing_of_it(catalog: Catalog) -> None:
    """Some errors make SQLite undo the transaction itself: then what came before in it was not written either."""

    def undo_everything(connection: apsw.Connection) -> None:
        connection.execute("ROLLBACK")
        raise ValueError("on purpose")

    release = _hold(catalog)
    futures = [catalog.submit(change) for change in (_add_root(b"/a"), undo_everything, _add_root(b"/b"))]
    release.set()
    assert all(future.exception(_WAIT_S) is not None for future in futures)
    assert _roots(catalog) == []
    catalog.write(_add_root(b"/c"))
    assert _roots(catalog) == [b"/c"]


def test_what_is_queued_at_the_close_is_committed_and_what_comes_after_it_is_refused(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog.db")
    release = _hold(catalog)
    queued = catalog.submit(_add_root(b"/a"))
    closing = threading.Thread(target=catalog.close)
    closing.start()
    release.set()
    closing.join(_WAIT_S)
    assert queued.exception(_WAIT_S) is None
    assert isinstance(catalog.submit(_add_root(b"/b")).exception(_WAIT_S), CancelledError)
    again = Catalog(tmp_path / "catalog.db")
    assert _roots(again) == [b"/a"]
    again.close()


def test_a_thread_may_release_its_reader_after_the_close(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog.db")
    catalog.reader()
    catalog.close()
    catalog.release_reader()


def test_only_what_the_file_lacks_is_damage_and_a_mistake_of_ours_is_none(tmp_path: Path) -> None:
    told: list[StoreDamagedError] = []
    path = tmp_path / "catalog.db"
    catalog = Catalog(path, told.append)
    try:
        with pytest.raises(apsw.SQLError), catalog.guarded():
            catalog.reader().execute("SELECT * FROM no_such_table")
        assert not told
        os.truncate(path, 0)
        with pytest.raises(StoreDamagedError, match="tables"), catalog.guarded():
            open_reader(path).execute("SELECT * FROM files")
        catalog.release_reader()
        path.unlink()
        with pytest.raises(StoreDamagedError, match="gone"):
            catalog.reader()
        assert len(told) == 2
    finally:
        catalog.close()


def test_deleted_bytes_leave_the_files_with_a_checkpoint(catalog: Catalog) -> None:
    name = b"/planted-folder-name"
    catalog.write(_add_root(name))
    catalog.write(lambda connection: connection.execute("DELETE FROM roots"))
    catalog.write(lambda connection: connection.execute("DELETE FROM folders"))
    assert catalog.empty_log()
    holding = [path for path in catalog.path.parent.iterdir() if name in path.read_bytes()]
    assert holding == []


def test_a_folder_that_a_root_holds_already_does_not_become_a_second_row(catalog: Catalog) -> None:
    root = catalog.write(_add_root(b"/docs"))
    inside = catalog.write(lambda connection: folders.add(connection, root, b"letters", 1, 7))
    assert catalog.write(_add_root(b"/docs/letters")) == inside
    assert _roots(catalog) == [b"/docs"]


def test_no_question_about_many_vectors_or_files_sorts_them(catalog: Catalog) -> None:
    """At a million passages a sort for each batch of 500 would cost more than all the rest."""
    space_id = catalog.write(lambda connection: spaces.activate(connection, Space("key", "model", 2)))
    asked: list[str] = []
    connection = catalog.reader()
    connection.exec_trace = lambda cursor, sql, values: asked.append(sql) or True
    truth = SpaceVectors(catalog.reader, space_id, 2)
    truth.read_after(0, 500)
    truth.seqs_after(0)
    files.waiting(connection, 64)
    connection.exec_trace = None
    for question in asked:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {question}", (1,) * question.count("?")).fetchall()
        assert not any("TEMP B-TREE" in step[3] for step in plan), (question, plan)


def test_a_text_that_went_while_it_was_embedded_gets_no_vector(catalog: Catalog) -> None:
    space_id = catalog.write(lambda connection: spaces.activate(connection, Space("key", "model", 2)))
    vectors = np.array([[1, 0], [0, 1]], np.float32)

    def add_texts(connection: apsw.Connection) -> None:
        connection.execute("INSERT INTO texts(hash, heading, body) VALUES(x'01', '', 'a'), (x'02', '', 'b')")
        connection.execute("DELETE FROM texts WHERE body = 'a'")

    catalog.write(add_texts)
    assert catalog.write(lambda connection: spaces.add_vectors(connection, space_id, [1, 2], vectors)) == 1
    assert catalog.write(lambda connection: spaces.add_vectors(connection, space_id, [1, 2], vectors)) == 0
    assert spaces.count_queued(catalog.reader(), space_id) == 0
