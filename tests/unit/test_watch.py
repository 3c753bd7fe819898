"""Watching real folders, by both ways of watching."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from finder.files.rules import Rules
from finder.files.settle import FolderChange, Settling, merged
from finder.files.watch import Watcher, _FolderWatches
from finder.paths import is_inside

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
_WAIT_S = 15.0
_DEBOUNCE_S = 0.02


class Seen:
    """What a watcher has called back with."""

    def __init__(self) -> None:
        self.calls: list[frozenset[FolderChange]] = []
        self.limits: list[str] = []
        self._arrived = threading.Condition()

    def take(self, changes: frozenset[FolderChange]) -> None:
        with self._arrived:
            self.calls.append(changes)
            self._arrived.notify_all()

    @property
    def changes(self) -> set[tuple[bytes, bool]]:
        return {(change.path, change.is_deep) for call in self.calls for change in call}

    @property
    def paths(self) -> set[bytes]:
        return {path for path, _ in self.changes}

    def wait_for(self, path: bytes, is_deep: bool | None = None, since: int = 0) -> None:
        """Until the folder `path` was handed on (deep or not, where that is asked), or lies below one that was."""

        def is_told() -> bool:
            changes = [change for call in self.calls[since:] for change in call]
            is_covered = is_deep is None and any(change.is_deep and is_inside(path, change.path) for change in changes)
            return is_covered or any(change.path == path and is_deep in (None, change.is_deep) for change in changes)

        with self._arrived:
            assert self._arrived.wait_for(is_told, _WAIT_S), f"never told of {path!r}, but of {self.changes}"

    def forget(self) -> None:
        with self._arrived:
            self.calls.clear()


class Watched:
    """A folder under watch, and a quiet corner in it whose changes mark the end of what is to be seen."""

    def __init__(self, base: Path, is_per_folder: bool) -> None:
        self.base = base / "root"
        self.root = os.fsencode(self.base)
        for name in ("sub", "quiet", "node_modules/m", ".git/objects"):
            (self.base / name).mkdir(parents=True)
        self.seen = Seen()
        self.rules = Rules(base / "own home", (), True, 1 << 20)
        self.watcher = Watcher(self.seen.take, self.seen.limits.append, _DEBOUNCE_S, 0.5, is_per_folder)
        self.watcher.add(self.root, self.rules)

    def settle(self) -> None:
        """Until all that happened before this call has been handed on; the quiet corner is then forgotten."""
        before = len(self.seen.calls)
        (self.base / "quiet" / f"{time.monotonic_ns()}.txt").write_text("")
        self.seen.wait_for(self.root + b"/quiet", since=before)
        time.sleep(4 * _DEBOUNCE_S)  # what came before the mark has come due as well
        self.seen.calls = [
            frozenset(change for change in call if change.path != self.root + b"/quiet") for call in self.seen.calls
        ]


# On Linux watchdog's recursive observer warns of a new folder that it met twice; it is not what serves there.
_TREE = pytest.param(False, marks=pytest.mark.filterwarnings("ignore:Callback with id:RuntimeWarning"), id="tree")


@pytest.fixture(params=[pytest.param(True, marks=linux_only, id="per_folder"), _TREE])
def watched(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Watched]:
    made = Watched(tmp_path, request.param)
    yield made
    made.watcher.stop()


@pytest.fixture
def per_folder(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path, is_per_folder=True)
    yield made
    made.watcher.stop()


def _create(folder: Path) -> None:
    (folder / "new.txt").write_text("x")


def _delete(folder: Path) -> None:
    (folder / "old.txt").unlink()


def _rename(folder: Path) -> None:
    (folder / "old.txt").rename(folder / "renamed.txt")


def _append(folder: Path) -> None:
    with (folder / "old.txt").open("a") as file:
        file.write("more")


def _save_as_editors_do(folder: Path) -> None:
    (folder / "old.txt.new").write_text("x")
    (folder / "old.txt.new").replace(folder / "old.txt")


@pytest.mark.parametrize("action", [_create, _delete, _rename, _append, _save_as_editors_do])
def test_a_changed_file_makes_its_folder_due(watched: Watched, action: Callable[[Path], None]) -> None:
    (watched.base / "sub" / "old.txt").write_text("x")
    watched.settle()
    watched.seen.forget()
    action(watched.base / "sub")
    watched.seen.wait_for(watched.root + b"/sub", is_deep=False)
    assert not any(deep for _, deep in watched.seen.changes)


def test_reading_is_no_change(watched: Watched) -> None:
    file = watched.base / "sub" / "old.txt"
    file.write_text("x")
    watched.settle()
    watched.seen.forget()
    for _ in range(3):
        file.read_text()
        os.listdir(watched.base / "sub")
    watched.settle()
    assert watched.root + b"/sub" not in watched.seen.paths


def test_a_new_folder_is_due_as_a_whole_and_watched_from_then_on(watched: Watched) -> None:
    (watched.base / "sub" / "new" / "deep").mkdir(parents=True)
    (watched.base / "sub" / "new" / "deep" / "a.txt").write_text("x")
    watched.seen.wait_for(watched.root + b"/sub/new", is_deep=True)
    watched.settle()
    watched.seen.forget()
    (watched.base / "sub" / "new" / "deep" / "b.txt").write_text("x")
    watched.seen.wait_for(watched.root + b"/sub/new/deep", is_deep=False)


def test_a_folder_moved_in_is_due_as_a_whole(watched: Watched, tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "deep").mkdir(parents=True)
    (tmp_path / "elsewhere").rename(watched.base / "here")
    watched.seen.wait_for(watched.root + b"/here", is_deep=True)
    watched.settle()
    watched.seen.forget()
    (watched.base / "here" / "deep" / "b.txt").write_text("x")
    watched.seen.wait_for(watched.root + b"/here/deep")


def test_a_renamed_folder_reports_under_its_new_name(watched: Watched) -> None:
    (watched.base / "sub" / "deep").mkdir()
    watched.settle()
    (watched.base / "sub").rename(watched.base / "renamed")
    watched.seen.wait_for(watched.root + b"/renamed", is_deep=True)
    watched.seen.wait_for(watched.root)
    watched.settle()
    watched.seen.forget()
    (watched.base / "renamed" / "deep" / "b.txt").write_text("x")
    watched.seen.wait_for(watched.root + b"/renamed/deep")
    assert not any(path.startswith(watched.root + b"/sub") for path in watched.seen.paths)


def test_a_removed_root_is_silent(watched: Watched) -> None:
    watched.watcher.remove(watched.root)
    (watched.base / "sub" / "a.txt").write_text("x")
    time.sleep(0.2)
    assert watched.seen.calls == []
    watched.watcher.add(watched.root, watched.rules)
    (watched.base / "sub" / "b.txt").write_text("x")
    watched.seen.wait_for(watched.root + b"/sub")


def test_a_root_that_is_not_there_is_no_fault_and_can_be_added_later(watched: Watched, tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    watched.watcher.add(os.fsencode(drive), watched.rules)
    drive.mkdir()
    watched.watcher.add(os.fsencode(drive), watched.rules)
    (drive / "a.txt").write_text("x")
    watched.seen.wait_for(os.fsencode(drive))


@linux_only
@pytest.mark.parametrize("is_per_folder", [True, False])
def test_stopping_leaves_no_thread_and_no_descriptor(tmp_path: Path, is_per_folder: bool) -> None:
    threads, descriptors = threading.active_count(), os.listdir("/proc/self/fd")
    made = Watched(tmp_path, is_per_folder)
    (made.base / "sub" / "a.txt").write_text("x")
    made.watcher.stop()
    assert threading.active_count() == threads
    assert len(os.listdir("/proc/self/fd")) == len(descriptors)


def _watch_count() -> int:
    count = 0
    for number in os.listdir("/proc/self/fdinfo"):
        try:
            count += Path("/proc/self/fdinfo", number).read_text().count("inotify wd:")
        except OSError:  # the descriptor of the listing itself
            continue
    return count


@linux_only
class TestPerFolder:
    def test_what_is_left_out_is_not_watched(self, per_folder: Watched) -> None:
        assert _watch_count() == 3  # root, sub, quiet
        (per_folder.base / "node_modules" / "m" / "x.js").write_text("x")
        (per_folder.base / ".git" / "objects" / "x").write_text("x")
        (per_folder.base / "sub" / ".a.txt.swp").write_text("x")
        (per_folder.base / "sub" / "film.mkv.part").write_text("x")
        per_folder.settle()
        assert per_folder.seen.paths <= {per_folder.root + b"/quiet"}

    def test_a_keynote_presentation_is_seen_though_small_ones_are_left_out(self, per_folder: Watched) -> None:
        (per_folder.base / "sub" / "talk.key").write_bytes(bytes(100_000))
        per_folder.seen.wait_for(per_folder.root + b"/sub")

    def test_a_folder_moved_out_is_watched_no_more(self, per_folder: Watched, tmp_path: Path) -> None:
        (per_folder.base / "sub" / "deep").mkdir()
        per_folder.settle()
        (per_folder.base / "sub").rename(tmp_path / "outside")
        per_folder.seen.wait_for(per_folder.root)
        per_folder.settle()
        per_folder.seen.forget()
        assert _watch_count() == 2
        (tmp_path / "outside" / "deep" / "a.txt").write_text("x")
        per_folder.settle()
        assert per_folder.seen.paths <= {per_folder.root + b"/quiet"}

    def test_a_folder_replaced_at_once_stays_watched(self, per_folder: Watched) -> None:
        for _ in range(20):
            held = os.open(per_folder.root + b"/sub", os.O_RDONLY)  # its end is reported only when this is closed
            (per_folder.base / "sub").rmdir()
            (per_folder.base / "sub").mkdir()
            (per_folder.base / "next").mkdir()
            (per_folder.base / "next").rename(per_folder.base / "sub")
            os.close(held)
        per_folder.settle()
        per_folder.seen.forget()
        (per_folder.base / "sub" / "a.txt").write_text("x")
        per_folder.seen.wait_for(per_folder.root + b"/sub")
        assert _watch_count() == 3

    def test_many_folders_that_come_and_go_leave_no_watch_behind(self, per_folder: Watched) -> None:
        for number in range(200):
            (per_folder.base / "sub" / f"{number}" / "deep").mkdir(parents=True)
        for number in range(200):
            (per_folder.base / "sub" / f"{number}" / "deep").rmdir()
            (per_folder.base / "sub" / f"{number}").rmdir()
        per_folder.settle()
        assert _watch_count() == 3

    def test_new_rules_in_a_folder_make_it_due_as_a_whole(self, per_folder: Watched) -> None:
        (per_folder.base / "sub" / "scratch").mkdir()
        per_folder.settle()
        assert _watch_count() == 4
        (per_folder.base / ".gitignore").write_text("scratch/\n")
        per_folder.seen.wait_for(per_folder.root, is_deep=True)
        per_folder.settle()
        assert _watch_count() == 3
        (per_folder.base / ".gitignore").write_text("")
        per_folder.settle()
        assert _watch_count() == 4

    def test_a_mark_that_leaves_a_folder_out_is_noticed_coming_and_going(self, per_folder: Watched) -> None:
        (per_folder.base / "sub" / "lib").mkdir()
        (per_folder.base / "sub" / "pyvenv.cfg").write_text("")
        per_folder.seen.wait_for(per_folder.root + b"/sub", is_deep=True)
        per_folder.settle()
        assert _watch_count() == 3
        (per_folder.base / "sub" / "pyvenv.cfg").unlink()
        per_folder.settle()
        assert _watch_count() == 4

    def test_the_root_itself_going_away_is_reported(self, per_folder: Watched, tmp_path: Path) -> None:
        per_folder.base.rename(tmp_path / "gone")
        per_folder.seen.wait_for(per_folder.root)

    def test_a_chosen_folder_inside_another_lives_on_without_it(self, per_folder: Watched) -> None:
        inner = per_folder.root + b"/sub"
        per_folder.watcher.add(inner, per_folder.rules)
        per_folder.watcher.remove(per_folder.root)
        (per_folder.base / "sub" / "a.txt").write_text("x")
        per_folder.seen.wait_for(inner)

    def test_lost_events_make_everything_due_and_watched_again(self, per_folder: Watched) -> None:
        """The kernel's queue is made to overflow for real, while the reading thread is held back."""
        queue = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
        if queue > 20_000:
            pytest.skip("this system's queue is too long to fill in a test")
        with per_folder.watcher._source._inotify._lock:  # type: ignore[attr-defined]
            for number in range(queue // 3 + 2_000):  # three events each, and the reader may hold 2,000 already
                path = per_folder.root + b"/sub/%d" % (number % 50)
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
                os.unlink(path)
            (per_folder.base / "missed").mkdir()
        per_folder.seen.wait_for(per_folder.root, is_deep=True)
        per_folder.settle()
        per_folder.seen.forget()
        (per_folder.base / "missed" / "a.txt").write_text("x")
        per_folder.seen.wait_for(per_folder.root + b"/missed")

    def test_the_limit_of_watches_is_told_once_with_the_setting(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from watchdog.observers import inotify_c

        real, left = inotify_c.inotify_add_watch, [2]

        def limited(*arguments: object) -> int:
            if left[0] == 0:
                ctypes.set_errno(errno.ENOSPC)
                return -1
            left[0] -= 1
            return int(real(*arguments))

        monkeypatch.setattr(inotify_c, "inotify_add_watch", limited)
        made = Watched(tmp_path, is_per_folder=True)
        try:
            assert len(made.seen.limits) == 1
            assert "sysctl" in made.seen.limits[0]
            assert "fs.inotify.max_user_watches=" in made.seen.limits[0]
            (made.base / "a.txt").write_text("x")
            made.seen.wait_for(made.root)  # what is watched goes on being watched
        finally:
            made.watcher.stop()


class TestSettling:
    def test_a_burst_is_handed_on_once_it_is_over(self) -> None:
        seen = Seen()
        settling = Settling(seen.take, 0.1, 10.0)
        try:
            for _ in range(20):
                settling.note(FolderChange(b"/r", b"/r/a", False))
                time.sleep(0.005)
            settling.note(FolderChange(b"/r", b"/r/b", False))
            seen.wait_for(b"/r/b")
        finally:
            settling.stop()
        assert [change.path for call in seen.calls for change in call].count(b"/r/a") == 1

    def test_a_storm_of_many_folders_makes_few_calls(self) -> None:
        seen = Seen()
        settling = Settling(seen.take, 0.2, 10.0)
        try:
            for number in range(200):
                settling.note(FolderChange(b"/r", b"/r/%d" % number, False))
                time.sleep(0.001)
            seen.wait_for(b"/r/199")
        finally:
            settling.stop()
        assert len(seen.changes) == 200
        assert len(seen.calls) < 40

    def test_what_never_rests_is_handed_on_all_the_same(self) -> None:
        seen = Seen()
        settling = Settling(seen.take, 5.0, 0.2)
        try:
            begun_s = time.monotonic()
            while not seen.calls and time.monotonic() - begun_s < _WAIT_S:
                settling.note(FolderChange(b"/r", b"/r/a", False))
                time.sleep(0.01)
            assert seen.changes == {(b"/r/a", False)}
        finally:
            settling.stop()

    def test_a_failing_receiver_is_called_again(self) -> None:
        seen = Seen()

        def fails_first(changes: frozenset[FolderChange]) -> None:
            seen.take(changes)
            if len(seen.calls) == 1:
                raise RuntimeError("a bug")

        settling = Settling(fails_first, 0.01, 1.0)
        try:
            settling.note(FolderChange(b"/r", b"/r/a", False))
            seen.wait_for(b"/r/a")
            settling.note(FolderChange(b"/r", b"/r/b", False))
            seen.wait_for(b"/r/b")
        finally:
            settling.stop()

    def test_it_can_be_stopped_from_its_own_call_back(self) -> None:
        stopped = threading.Event()
        settling = Settling(lambda _: (settling.stop(), stopped.set())[0], 0.01, 1.0)
        settling.note(FolderChange(b"/r", b"/r/a", False))
        assert stopped.wait(_WAIT_S)

    def test_too_many_folders_become_their_roots_as_a_whole(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("finder.files.settle._FOLDERS_LIMIT", 100)
        seen = Seen()
        settling = Settling(seen.take, 0.2, 1.0)
        try:
            for number in range(101):
                settling.note(FolderChange(b"/r", b"/r/%d" % number, False))
            seen.wait_for(b"/r", is_deep=True)
        finally:
            settling.stop()
        assert seen.changes == {(b"/r", True)}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([("/r/a", False), ("/r/b", False)], [("/r/a", False), ("/r/b", False)]),
        ([("/r/a", True), ("/r/a/b", False), ("/r/a/b/c", True)], [("/r/a", True)]),
        ([("/r/a", False), ("/r/a/b", False)], [("/r/a", False), ("/r/a/b", False)]),
        ([("/r/a", True), ("/r/a b", False), ("/r/a.b", True)], [("/r/a", True), ("/r/a b", False), ("/r/a.b", True)]),
        ([("/", True), ("/x", False)], [("/", True)]),
        ([("/r/a", False), ("/r/a/b", True), ("/r/a/b/c", False)], [("/r/a", False), ("/r/a/b", True)]),
    ],
)
def test_a_deep_change_covers_what_lies_below(given: list[tuple[str, bool]], kept: list[tuple[str, bool]]) -> None:
    changes = [FolderChange(b"/r", path.encode(), is_deep) for path, is_deep in given]
    assert {(change.path.decode(), change.is_deep) for change in merged(changes)} == set(kept)


@linux_only
def test_an_event_that_comes_late_brings_no_removed_root_back(per_folder: Watched) -> None:
    source = per_folder.watcher._source
    assert isinstance(source, _FolderWatches)
    (root,) = source._trees
    tree = source._trees[root]
    per_folder.watcher.remove(root)
    tree.watch_anew(root)
    assert not tree._watches
