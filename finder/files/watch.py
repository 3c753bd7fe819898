"""Watching the chosen folders for changes. With `inotify` and its parts, the one place that imports watchdog.

On Linux `inotify` watches folder by folder. Other systems watch a tree as a whole; there watchdog's observer serves.

An event is a hint about a folder, never a fact: whoever is called looks at the disk.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from typing import Protocol

from watchdog.events import (
    EVENT_TYPE_CLOSED_NO_WRITE,
    EVENT_TYPE_CREATED,
    EVENT_TYPE_MOVED,
    EVENT_TYPE_OPENED,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import ObservedWatch

from finder.files.rules import Rules
from finder.files.settle import FolderChange, Note, Settling
from finder.paths import display, is_inside

_log = logging.getLogger(__name__)


class Watcher:
    """Calls back with the folders to look at again, once they have been quiet for a while.

    Where the system lost events, every chosen folder comes back as a deep change of itself. Where it allows too few
    watches, the folders that changed last have them; somebody must look at the others now and then.

    Args:
        on_change: called from a thread of the watcher's own.
        debounce_s: how long a folder must have been quiet.
        longest_s: after so long a folder is handed on all the same.
        is_per_folder: one inotify watch per folder (Linux) rather than the system's own way of watching a tree.
    """

    def __init__(
        self,
        on_change: Callable[[frozenset[FolderChange]], None],
        debounce_s: float = 1.5,
        longest_s: float = 10.0,
        is_per_folder: bool = sys.platform == "linux",
    ) -> None:
        self._settling = Settling(on_change, debounce_s, longest_s)
        note = self._settling.note
        self._source: _Source = _per_folder(note) if is_per_folder else _TreeWatches(note)

    def add(self, root: bytes, rules: Rules) -> None:
        """Watch the folder `root`, or watch it anew under changed rules. Returns once it is watched; then scan it.

        A folder that is not there is not watched: add it again when it has come back.
        """
        self._source.remove(root)
        self._source.add(root, rules)

    def remove(self, root: bytes) -> None:
        """Watch `root` no longer; what waits for it is dropped."""
        self._source.remove(root)
        self._settling.forget(root)

    def has_lost(self, root: bytes) -> bool:
        """True where the chosen folder is not watched and adding it again may help: it was moved, or not there."""
        return self._source.has_lost(root)

    @property
    def watched_count(self) -> int:
        """How many watches are held."""
        return self._source.watched_count

    @property
    def unwatched(self) -> frozenset[bytes]:
        """Folders that nothing is reported of, each to be looked at alone now and then."""
        return self._source.unwatched

    @property
    def unwatched_roots(self) -> frozenset[bytes]:
        """Chosen folders that must be looked at as a whole now and then; those below are not named in `unwatched`."""
        return self._source.unwatched_roots

    @property
    def limit_note(self) -> str | None:
        """What is not watched at this moment, and the setting that would change it; None where all is watched."""
        return self._source.limit_note

    def review(self) -> None:
        """Look over what is not watched: watch what changed lately or may be watched by now, drop what is gone.

        To be called before each look at the unwatched folders, for the folders that came into being in them.
        """
        self._source.review()

    def stop(self) -> None:
        """Watch nothing any more. No call back begins after this returns."""
        self._source.stop()
        self._settling.stop()


class _Source(Protocol):
    def add(self, root: bytes, rules: Rules) -> None: ...
    def remove(self, root: bytes) -> None: ...
    def has_lost(self, root: bytes) -> bool: ...
    def review(self) -> None: ...
    def stop(self) -> None: ...
    @property
    def watched_count(self) -> int: ...
    @property
    def unwatched(self) -> frozenset[bytes]: ...
    @property
    def unwatched_roots(self) -> frozenset[bytes]: ...
    @property
    def limit_note(self) -> str | None: ...


def _per_folder(note: Note) -> _Source:
    from finder.files.inotify import FolderWatches  # on Linux alone

    return FolderWatches(note)


class _TreeWatches(FileSystemEventHandler):
    """The system's own way to watch a tree, as a whole."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self._observer = Observer()
        self._observer.start()
        self._watches: dict[bytes, ObservedWatch] = {}
        self._refused: dict[bytes, Rules] = {}

    @property
    def watched_count(self) -> int:
        return len(self._watches)

    @property
    def unwatched(self) -> frozenset[bytes]:
        return frozenset()

    @property
    def unwatched_roots(self) -> frozenset[bytes]:
        return frozenset(self._refused)

    @property
    def limit_note(self) -> str | None:
        refused = ", ".join(map(display, sorted(self._refused)))
        return f"The system cannot watch {refused}; looked at every few minutes instead." if refused else None

    def add(self, root: bytes, rules: Rules) -> None:
        if not rules.root(root).verdict.is_included or not os.path.isdir(root):
            return
        try:
            self._watches[root] = self._observer.schedule(self, os.fsdecode(root), recursive=True)
        except OSError as error:
            _log.warning("A folder cannot be watched: %s", error)
            self._refused[root] = rules

    def has_lost(self, root: bytes) -> bool:
        return root not in self._watches and root not in self._refused

    def review(self) -> None:
        for root, rules in list(self._refused.items()):
            self.remove(root)
            self.add(root, rules)
            if root in self._watches:
                self._note(FolderChange(root, root, True))

    def remove(self, root: bytes) -> None:
        self._refused.pop(root, None)
        watch = self._watches.pop(root, None)
        if watch is not None:
            self._observer.unschedule(watch)

    def stop(self) -> None:
        self._observer.stop()
        self._observer.join()

    def on_any_event(self, event: FileSystemEvent) -> None:
        # Our own reads come back as these two.
        if event.event_type in (EVENT_TYPE_OPENED, EVENT_TYPE_CLOSED_NO_WRITE):
            return
        for raw in (event.src_path, event.dest_path):
            path = os.fsencode(raw)
            for root in [root for root in list(self._watches) if path and is_inside(path, root)]:
                if path != root:
                    self._note(FolderChange(root, os.path.dirname(path), os.path.basename(path) == b".gitignore"))
                if event.is_directory:
                    self._note(FolderChange(root, path, event.event_type in (EVENT_TYPE_CREATED, EVENT_TYPE_MOVED)))
