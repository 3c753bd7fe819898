"""The system's limits, reached for real: too few watches, no watch at all, lost events, floods of events."""

from __future__ import annotations

import os
import shutil
import threading
import tracemalloc
from pathlib import Path

import psutil
import pytest

from finder.files.rules import Rules
from finder.files.settle import FolderChange, Settling
from finder.files.watch import Watcher
from tests.faults.namespaces import in_namespace, set_limit
from tests.watching import Seen, Watched, linux_only, watch_count

pytestmark = linux_only

_WATCHES = 30
_FOLDERS = 100
_LONG_AGO_NS = 1_000_000_000 * 10**9


def test_the_folders_that_changed_last_have_the_few_watches(tmp_path: Path) -> None:
    in_namespace(_few_watches, tmp_path)


def test_what_is_not_watched_follows_the_disk(tmp_path: Path) -> None:
    in_namespace(_unwatched_follow, tmp_path)


def test_without_inotify_every_root_is_named_until_there_is_one(tmp_path: Path) -> None:
    in_namespace(_no_instance, tmp_path)


def test_a_tree_that_the_system_cannot_watch_is_named_until_it_can(tmp_path: Path) -> None:
    in_namespace(_no_tree, tmp_path)


def test_past_what_is_kept_a_root_is_looked_at_as_a_whole(tmp_path: Path) -> None:
    in_namespace(_too_many_unwatched, tmp_path)


class Limited:
    """A root of 100 folders, `000` the coldest, before a watcher that gets 30 watches."""

    def __init__(self, tmp_path: Path) -> None:
        self.base = tmp_path / "root"
        self.home = tmp_path / "own home"
        for number in range(_FOLDERS):
            folder = self.base / f"{number:03}"
            folder.mkdir(parents=True)
            self.cool(folder, number)
        set_limit("max_inotify_watches", _WATCHES)
        self.seen = Seen()
        self.watcher = Watcher(self.seen.take, 0.02, 0.5)
        self.add(self.base)

    def add(self, root: Path, *patterns: str) -> None:
        self.watcher.add(os.fsencode(root), Rules(self.home, patterns, True, 1 << 20))

    def cool(self, folder: Path, number: int) -> None:
        """Make the folder seem to have changed long ago, the longer the lower the number."""
        os.utime(folder, ns=(_LONG_AGO_NS + number, _LONG_AGO_NS + number))

    @property
    def unwatched(self) -> set[str]:
        return {os.path.relpath(os.fsdecode(path), self.base) for path in self.watcher.unwatched}

    def is_told(self, folder: Path) -> None:
        self.seen.forget()
        (folder / "told.txt").write_text("x")
        self.seen.wait_for(os.fsencode(folder))


def _few_watches(tmp_path: Path) -> None:
    limited = Limited(tmp_path)
    try:
        coldest = {f"{number:03}" for number in range(_FOLDERS - _WATCHES + 1)}  # one watch is the root's own
        assert limited.unwatched == coldest
        assert limited.watcher.watched_count == watch_count() == _WATCHES
        assert limited.watcher.limit_note is not None
        assert limited.watcher.limit_note.startswith("71 of 101 folders are not watched")
        assert "sudo sysctl" in limited.watcher.limit_note
        assert "fs.inotify.max_user_watches=" in limited.watcher.limit_note
        for number in range(_FOLDERS - _WATCHES + 1, _FOLDERS):
            limited.is_told(limited.base / f"{number:03}")

        (limited.base / "new").mkdir()  # nothing is hotter
        limited.seen.wait_for(os.fsencode(limited.base / "new"))
        limited.is_told(limited.base / "new")
        assert len(limited.unwatched) == 72
        assert limited.unwatched - coldest <= {f"{number:03}" for number in range(71, 100)}

        set_limit("max_inotify_watches", 1_000)
        limited.watcher.review()
        assert limited.unwatched == set()
        assert limited.watcher.limit_note is None
        assert limited.watcher.watched_count == watch_count() == 102
        limited.is_told(limited.base / "000")
    finally:
        limited.watcher.stop()


def _unwatched_follow(tmp_path: Path) -> None:
    limited = Limited(tmp_path)
    base, watcher = limited.base, limited.watcher
    try:
        (base / "005" / "inside").mkdir()  # nobody tells
        limited.seen.forget()
        watcher.review()
        limited.seen.wait_for(os.fsencode(base / "005"))
        assert not {"005", "005/inside"} & limited.unwatched
        limited.is_told(base / "005" / "inside")

        (base / "000").rename(base / "moved")
        (base / "001").rmdir()
        (base / "002").rename(tmp_path / "away")
        limited.is_told(base / "099")  # by then the others were told
        assert {"000", "001", "002"}.isdisjoint(limited.unwatched)
        assert "moved" in limited.unwatched

        for name in ("003", "004"):
            (base / name / "deep").mkdir()
            limited.cool(base / name / "deep", 0)
            limited.cool(base / name, 0)
        shutil.rmtree(base / "003")
        watcher.review()
        assert {"003", "003/deep"}.isdisjoint(limited.unwatched)
        assert {"004", "004/deep"} <= limited.unwatched

        (base / "050" / "hidden").mkdir()
        limited.cool(base / "050" / "hidden", 0)
        limited.cool(base / "050", 51)
        watcher.review()
        assert "050/hidden" in limited.unwatched
        (base / "050" / "pyvenv.cfg").write_text("")  # nobody tells
        limited.cool(base / "050", 49)
        watcher.review()
        assert "050/hidden" in limited.unwatched  # not touched itself
        (base / "050" / "hidden" / "more").mkdir()
        limited.cool(base / "050" / "hidden", 1)
        watcher.review()
        assert not {"050/hidden", "050/hidden/more"} & limited.unwatched

        limited.add(base, "00*/")
        assert not any(name.startswith("00") for name in limited.unwatched)
        other = tmp_path / "other"
        (other / "warm").mkdir(parents=True)
        before = len(limited.unwatched)
        limited.add(other)
        assert len(limited.unwatched) == before + 2  # a root and a folder of today take two watches
        limited.is_told(other / "warm")
        watcher.remove(os.fsencode(base))
        assert watcher.unwatched == frozenset()
        assert watcher.limit_note is None
        assert watch_count() == 2
    finally:
        watcher.stop()


def _no_instance(tmp_path: Path) -> None:
    set_limit("max_inotify_instances", 0)
    (tmp_path / "root" / "sub").mkdir(parents=True)
    root, seen = os.fsencode(tmp_path / "root"), Seen()
    watcher = Watcher(seen.take, 0.02, 0.5)
    try:
        assert watcher.limit_note is None  # there is nothing to watch
        watcher.add(root, Rules(tmp_path / "own home", (), True, 1 << 20))
        watcher.review()
        assert watcher.unwatched_roots == {root}
        assert watcher.limit_note is not None
        assert "No folder is watched" in watcher.limit_note
        assert "fs.inotify.max_user_instances=" in watcher.limit_note
        set_limit("max_inotify_instances", 10)
        _is_watched_by_now(watcher, seen, root)
    finally:
        watcher.stop()


def _is_watched_by_now(watcher: Watcher, seen: Seen, root: bytes) -> None:
    """There is room for watches again: the next review has the root looked at as a whole, and its changes told."""
    watcher.review()
    assert watcher.unwatched_roots == frozenset()
    assert watcher.limit_note is None
    seen.wait_for(root, is_deep=True)
    Path(os.fsdecode(root), "sub", "a.txt").write_text("x")
    seen.wait_for(root + b"/sub", is_deep=False)


def _no_tree(tmp_path: Path) -> None:
    set_limit("max_inotify_watches", 0)
    (tmp_path / "root" / "sub").mkdir(parents=True)
    root, seen = os.fsencode(tmp_path / "root"), Seen()
    watcher = Watcher(seen.take, 0.02, 0.5, is_per_folder=False)
    try:
        watcher.add(root, Rules(tmp_path / "own home", (), True, 1 << 20))
        assert watcher.unwatched_roots == {root}
        assert watcher.limit_note is not None
        assert str(tmp_path / "root") in watcher.limit_note
        set_limit("max_inotify_watches", 100)
        _is_watched_by_now(watcher, seen, root)
    finally:
        watcher.stop()


def _too_many_unwatched(tmp_path: Path) -> None:
    from finder.files import watched_tree

    watched_tree._UNWATCHED_LIMIT = 20
    limited = Limited(tmp_path)
    try:
        assert limited.watcher.unwatched_roots == {os.fsencode(limited.base)}
        assert limited.watcher.unwatched == frozenset()
        assert limited.watcher.limit_note is not None
        assert limited.watcher.limit_note.startswith("More than 20 of ")
        limited.watcher.review()
        (tree,) = limited.watcher._source._trees.values()  # type: ignore[attr-defined]
        assert tree.unwatched <= set(tree._folders)
        assert len(tree.unwatched) == 20
        assert watch_count() == _WATCHES
    finally:
        limited.watcher.stop()


def test_lost_events_make_every_root_due_as_a_whole_and_watched_again(tmp_path: Path) -> None:
    """The kernel's queue is made to overflow, while the reading thread is held back."""
    queue = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if queue > 20_000:
        pytest.skip("this system's queue is too long to fill in a test")
    watched = Watched(tmp_path, is_per_folder=True)
    other = tmp_path / "other"
    (other / "sub").mkdir(parents=True)
    try:
        watched.watcher.add(os.fsencode(other), watched.rules)
        with watched.watcher._source._supply._inotify._lock:  # type: ignore[attr-defined]
            for number in range(queue // 3 + 2_000):  # three events each, and the reader may hold 2,000 already
                path = watched.root + b"/sub/%d" % (number % 50)
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
                os.unlink(path)
            (other / "missed").mkdir()
        watched.seen.wait_for(watched.root, is_deep=True)
        watched.seen.wait_for(os.fsencode(other), is_deep=True)
        watched.settle()
        watched.seen.forget()
        (other / "missed" / "a.txt").write_text("x")
        watched.seen.wait_for(os.fsencode(other / "missed"))
    finally:
        watched.watcher.stop()


def test_a_hundred_thousand_changed_folders_cost_bounded_memory() -> None:
    """A quarter of a kilobyte each for 20,000 of them; past that the chosen folders alone wait."""
    seen, are_all_noted = Seen(), threading.Event()

    def take(changes: frozenset[FolderChange]) -> None:
        seen.take(changes)
        are_all_noted.wait()

    settling = Settling(take, 5.0, 0.05)
    tracemalloc.start()
    try:
        settling.note(FolderChange(b"/busy", b"/busy", False))
        seen.wait_for(b"/busy")  # until it is done with this one, nothing else is handed on
        before, _ = tracemalloc.get_traced_memory()
        for number in range(100_000):
            settling.note(FolderChange(b"/r", b"/r/%d" % number, False))
        _, peak = tracemalloc.get_traced_memory()
        are_all_noted.set()
        seen.wait_for(b"/r", is_deep=True)
    finally:
        are_all_noted.set()
        settling.stop()
        tracemalloc.stop()
    assert peak - before < 12 << 20


def test_a_hundred_thousand_events_leave_memory_and_watches_as_they_were(tmp_path: Path) -> None:
    watched = Watched(tmp_path, is_per_folder=True)
    process = psutil.Process()
    try:
        files = [watched.base / "sub" / f"{number}.txt" for number in range(2)]
        for file in files:
            file.write_text("x")
        watched.settle()
        before, watches = process.memory_info().rss, watch_count()
        for number in range(50_000):
            for file in files:  # in turn: the kernel merges equal events in a row
                os.utime(file, (number, number))
        watched.settle()
        assert process.memory_info().rss - before < 32 << 20
        assert watch_count() == watches
    finally:
        watched.watcher.stop()


def test_thousands_of_folders_that_come_and_go_leave_nothing_behind(tmp_path: Path) -> None:
    watched = Watched(tmp_path, is_per_folder=True)
    source = watched.watcher._source
    try:
        for number in range(3_000):
            folder = watched.root + b"/sub/%d" % number
            os.mkdir(folder)
            os.rmdir(folder)
        watched.settle()
        assert watched.watcher.watched_count == watch_count() == 3
        assert len(source._supply._inotify._watch_for_wd) == 3  # type: ignore[attr-defined]
        (tree,) = source._trees.values()  # type: ignore[attr-defined]
        assert len(tree) == 3
        assert set(tree._inside) == {os.path.dirname(watched.root), watched.root}
    finally:
        watched.watcher.stop()
