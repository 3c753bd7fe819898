"""Watching real folders, by both ways of watching."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from finder.files.rules import FolderRules, Rules
from tests.watching import Watched, linux_only, wait_until, watch_count

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


@linux_only
class TestPerFolder:
    def test_what_is_left_out_is_not_watched(self, per_folder: Watched) -> None:
        assert watch_count() == 3  # root, sub, quiet
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
        assert watch_count() == 2
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
        assert watch_count() == 3

    def test_many_folders_that_come_and_go_leave_no_watch_behind(self, per_folder: Watched) -> None:
        for number in range(200):
            (per_folder.base / "sub" / f"{number}" / "deep").mkdir(parents=True)
        for number in range(200):
            (per_folder.base / "sub" / f"{number}" / "deep").rmdir()
            (per_folder.base / "sub" / f"{number}").rmdir()
        per_folder.settle()
        assert watch_count() == 3

    def test_a_folder_without_permission_leaves_nothing_behind(
        self, per_folder: Watched, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """watchdog would keep for ever what asks for a folder that it must not watch."""
        from watchdog.observers import inotify_c

        def refuse(*_: object) -> int:  # root may watch anything
            ctypes.set_errno(errno.EACCES)
            return -1

        with monkeypatch.context() as patch:
            patch.setattr(inotify_c, "inotify_add_watch", refuse)
            (per_folder.base / "closed").mkdir()
            per_folder.settle()
        assert -1 not in per_folder.watcher._source._supply._inotify._watch_for_wd  # type: ignore[attr-defined]
        assert watch_count() == 3
        (per_folder.base / "closed").chmod(0o700)
        per_folder.settle()
        assert watch_count() == 4

    def test_new_rules_in_a_folder_make_it_due_as_a_whole(self, per_folder: Watched) -> None:
        (per_folder.base / "sub" / "scratch").mkdir()
        per_folder.settle()
        assert watch_count() == 4
        (per_folder.base / ".gitignore").write_text("scratch/\n")
        per_folder.seen.wait_for(per_folder.root, is_deep=True)
        per_folder.settle()
        assert watch_count() == 3
        (per_folder.base / ".gitignore").write_text("")
        per_folder.settle()
        assert watch_count() == 4

    def test_a_mark_that_leaves_a_folder_out_is_noticed_coming_and_going(self, per_folder: Watched) -> None:
        (per_folder.base / "sub" / "lib").mkdir()
        (per_folder.base / "sub" / "pyvenv.cfg").write_text("")
        per_folder.seen.wait_for(per_folder.root + b"/sub", is_deep=True)
        per_folder.settle()
        assert watch_count() == 3
        (per_folder.base / "sub" / "pyvenv.cfg").unlink()
        per_folder.settle()
        assert watch_count() == 4

    def test_the_root_itself_going_away_is_reported(self, per_folder: Watched, tmp_path: Path) -> None:
        per_folder.base.rename(tmp_path / "gone")
        per_folder.seen.wait_for(per_folder.root)

    def test_a_root_that_was_replaced_is_named_and_watched_again(self, per_folder: Watched) -> None:
        shutil.rmtree(per_folder.base)
        (per_folder.base / "sub").mkdir(parents=True)
        wait_until(lambda: per_folder.watcher.unwatched_roots == {per_folder.root})
        per_folder.watcher.review()
        assert per_folder.watcher.unwatched_roots == frozenset()
        per_folder.seen.wait_for(per_folder.root, is_deep=True)
        (per_folder.base / "sub" / "a.txt").write_text("x")
        per_folder.seen.wait_for(per_folder.root + b"/sub", is_deep=False)

    def test_both_ends_of_a_move_are_handed_on_together(self, per_folder: Watched, tmp_path: Path) -> None:
        """However long it takes to watch what arrived: told alone, the folder it left would make it gone."""
        other = tmp_path / "other"
        other.mkdir()
        per_folder.watcher.add(os.fsencode(other), per_folder.rules)
        for number in range(2_000):
            (per_folder.base / "sub" / "tree" / f"{number}").mkdir(parents=True)
        per_folder.settle()
        per_folder.seen.forget()
        left, arrived = per_folder.root + b"/sub", os.fsencode(other / "tree")
        (per_folder.base / "sub" / "tree").rename(other / "tree")
        per_folder.seen.wait_for(left)
        first = next(call for call in per_folder.seen.calls if any(change.path == left for change in call))
        assert any(change.path == arrived and change.is_deep for change in first)

    def test_a_chosen_folder_inside_another_lives_on_without_it(self, per_folder: Watched) -> None:
        inner = per_folder.root + b"/sub"
        per_folder.watcher.add(inner, per_folder.rules)
        per_folder.watcher.remove(per_folder.root)
        (per_folder.base / "sub" / "a.txt").write_text("x")
        per_folder.seen.wait_for(inner)


@linux_only
def test_an_event_that_comes_late_brings_no_removed_root_back(per_folder: Watched) -> None:
    source = per_folder.watcher._source
    (tree,) = source._trees.values()  # type: ignore[attr-defined]
    root = tree.root
    per_folder.watcher.remove(root)
    tree.watch_anew(root)
    assert len(tree) == watch_count() == 0


@linux_only
def test_a_root_that_two_threads_add_at_once_is_watched_once(per_folder: Watched) -> None:
    class Meeting(Rules):
        """Lets both threads go on at the same moment, in the middle of adding."""

        met = threading.Barrier(2)

        def root(self, path: bytes) -> FolderRules:
            if threading.current_thread() is not threading.main_thread() and self.met.n_waiting < 2:
                with contextlib.suppress(threading.BrokenBarrierError):
                    self.met.wait(1.0)
            return super().root(path)

    rules = Meeting(per_folder.base / "own home", (), True, 1 << 20)
    threads = [threading.Thread(target=per_folder.watcher.add, args=(per_folder.root, rules)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    per_folder.watcher.remove(per_folder.root)
    assert watch_count() == 0


def test_a_root_whose_place_was_taken_is_lost_until_it_is_added_again(watched: Watched) -> None:
    assert not watched.watcher.has_lost(watched.root)
    watched.watcher.remove(watched.root)
    assert watched.watcher.has_lost(watched.root)
    watched.watcher.add(watched.root, watched.rules)
    assert not watched.watcher.has_lost(watched.root)
