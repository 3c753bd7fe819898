"""A real watcher over real folders, for the tests of watching."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from finder.files.rules import Rules
from finder.files.settle import FolderChange
from finder.files.watch import Watcher
from finder.paths import is_inside

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
WAIT_S = 60.0
DEBOUNCE_S = 0.02


class Seen:
    """What a watcher has called back with."""

    def __init__(self) -> None:
        self.calls: list[frozenset[FolderChange]] = []
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
            assert self._arrived.wait_for(is_told, WAIT_S), f"never told of {path!r}, but of {self.changes}"

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
        self.watcher = Watcher(self.seen.take, DEBOUNCE_S, 0.5, is_per_folder)
        self.watcher.add(self.root, self.rules)

    def settle(self) -> None:
        """Until all that happened before this call has been handed on; the quiet corner is then forgotten."""
        before = len(self.seen.calls)
        (self.base / "quiet" / f"{time.monotonic_ns()}.txt").write_text("")
        self.seen.wait_for(self.root + b"/quiet", since=before)
        time.sleep(4 * DEBOUNCE_S)  # what came before the mark has come due as well
        self.seen.calls = [
            frozenset(change for change in call if change.path != self.root + b"/quiet") for call in self.seen.calls
        ]


def wait_until(is_true: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + WAIT_S
    while not is_true():
        assert time.monotonic() < deadline_s, "it did not come about in time"
        time.sleep(0.01)


def watch_count() -> int:
    """How many inotify watches this process holds, by what the kernel says."""
    count = 0
    for number in os.listdir("/proc/self/fdinfo"):
        try:
            count += Path("/proc/self/fdinfo", number).read_text().count("inotify wd:")
        except OSError:  # the descriptor of the listing itself
            continue
    return count
