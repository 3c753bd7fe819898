"""Changes gathered until they have settled. Imports no watchdog: it knows folders, not events."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from finder.paths import is_inside

_log = logging.getLogger(__name__)
_FOLDERS_LIMIT = 20_000
"""Folders waiting at one time. Past it each chosen folder is looked at as a whole, which says the same in less."""


@dataclass(frozen=True, slots=True)
class FolderChange:
    """A folder to be looked at again. It says nothing about what happened: the disk is asked."""

    root: bytes
    """The chosen folder it lies in."""
    path: bytes
    is_deep: bool
    """True where everything below is to be looked at, False for the folder's own entries alone."""


class Note(Protocol):
    """Takes folders in which something happened at one moment. Never blocks for long; any thread."""

    def __call__(self, *changes: FolderChange) -> None: ...


@dataclass(slots=True)
class _Waiting:
    root: bytes
    is_deep: bool
    first_s: float
    last_s: float


class Settling:
    """Hands on a folder once nothing more has happened in it for a while.

    Args:
        on_settled: called from this object's own thread with the folders that are due, those below a deep one left
            out. The next call waits for its return.
        debounce_s: how long a folder must have been quiet.
        longest_s: after so long it is handed on all the same.
    """

    def __init__(
        self, on_settled: Callable[[frozenset[FolderChange]], None], debounce_s: float, longest_s: float
    ) -> None:
        self._on_settled = on_settled
        self._debounce_s = debounce_s
        self._longest_s = longest_s
        self._pause_s = min(debounce_s, longest_s) / 4
        self._waiting: dict[bytes, _Waiting] = {}
        self._changed = threading.Condition()
        self._is_stopped = False
        self._thread = threading.Thread(target=self._run, name="settling", daemon=True)
        self._thread.start()

    def note(self, *changes: FolderChange) -> None:
        """Something happened in these folders, at one moment. Never blocks for long; any thread."""
        now_s = time.monotonic()
        with self._changed:
            was_empty = not self._waiting
            for change in changes:
                self._note(change, now_s)
            if was_empty:  # else something comes due before these
                self._changed.notify()

    def forget(self, root: bytes) -> None:
        """Drop what waits for a chosen folder."""
        with self._changed:
            self._waiting = {path: waiting for path, waiting in self._waiting.items() if waiting.root != root}

    def stop(self) -> None:
        """End the thread; what still waits is dropped, for the next start scans anyway."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        while (due := self._next()) is not None:
            try:
                self._on_settled(due)
            except Exception:  # noqa: BLE001 - a bug in the receiver must not end the watching of everything else
                _log.exception("Handling %d changed folders failed", len(due))
            with self._changed:
                # In a storm something comes due every millisecond: a pause gathers it into few calls.
                self._changed.wait_for(lambda: self._is_stopped, self._pause_s)

    def _note(self, change: FolderChange, now_s: float) -> None:
        root = self._waiting.get(change.root)
        waiting = root if root is not None and root.is_deep else self._waiting.get(change.path)
        if waiting is not None:
            waiting.last_s = now_s
            waiting.is_deep |= change.is_deep
        elif len(self._waiting) < _FOLDERS_LIMIT:
            self._waiting[change.path] = _Waiting(change.root, change.is_deep, now_s, now_s)
        else:
            roots = {waiting.root for waiting in self._waiting.values()} | {change.root}
            first_s = min(waiting.first_s for waiting in self._waiting.values())
            self._waiting = {root: _Waiting(root, True, first_s, now_s) for root in roots}

    def _next(self) -> frozenset[FolderChange] | None:
        """The next folders that are due, as soon as there are any; None after `stop`."""
        with self._changed:
            while not self._is_stopped:
                now_s = time.monotonic()
                if due := self._due(now_s):
                    return merged(FolderChange((w := self._waiting.pop(path)).root, path, w.is_deep) for path in due)
                nearest_s = min(map(self._due_s, self._waiting.values()), default=None)
                self._changed.wait(None if nearest_s is None else max(nearest_s - now_s, self._pause_s))
        return None

    def _due(self, now_s: float) -> list[bytes]:
        """Folders that have been quiet; all that wait, where one of them never rests.

        What leaves a folder that never rests arrives in one that was only just noted: looked at without that one, it
        would be gone.
        """
        waiting = self._waiting
        if any(folder.first_s + self._longest_s <= now_s for folder in waiting.values()):
            return list(waiting)
        return [path for path, folder in waiting.items() if folder.last_s + self._debounce_s <= now_s]

    def _due_s(self, waiting: _Waiting) -> float:
        return min(waiting.last_s + self._debounce_s, waiting.first_s + self._longest_s)


def merged(changes: Iterable[FolderChange]) -> frozenset[FolderChange]:
    """`changes` without those that a deep one above them covers."""
    kept: list[FolderChange] = []
    covering: FolderChange | None = None
    # With the separator behind, everything below a folder stands right after it.
    for change in sorted(changes, key=lambda change: (change.path.rstrip(b"/") + b"/", not change.is_deep)):
        if covering is None or not is_inside(change.path, covering.path):
            kept.append(change)
            covering = change if change.is_deep else covering
    return frozenset(kept)
