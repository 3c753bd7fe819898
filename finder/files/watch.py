"""Watching the chosen folders for changes. The one module that imports watchdog.

On Linux every folder that the rules let in has an inotify watch of its own, by way of watchdog's `InotifyFD`: its
recursive observer would also watch what is left out (a `node_modules` holds thousands of folders, and watches are
limited), drops folders silently at that limit, and goes on naming a folder that was moved out of the tree by its old
path. Other systems watch a tree as a whole; there its observer serves.

An event is a hint about a folder, never a fact: whoever is called looks at the disk.
"""

from __future__ import annotations

import errno
import logging
import os
import sys
import threading
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

from finder.files.rules import FolderRules, Rules, is_rule_mark
from finder.files.scan import subfolders
from finder.files.settle import FolderChange, Settling
from finder.paths import is_inside

if sys.platform == "linux":
    from watchdog.observers.inotify_c import (
        CallbackId,
        InotifyConstants,
        InotifyEvent,
        InotifyFD,
        Mask,
        WatchDescriptor,
    )

    _MASK = Mask(
        InotifyConstants.IN_MODIFY
        | InotifyConstants.IN_ATTRIB  # a permission given or taken away
        | InotifyConstants.IN_CLOSE_WRITE
        | InotifyConstants.IN_MOVE
        | InotifyConstants.IN_CREATE
        | InotifyConstants.IN_DELETE
        | InotifyConstants.IN_DELETE_SELF
        | InotifyConstants.IN_MOVE_SELF
        | InotifyConstants.IN_DONT_FOLLOW
        | InotifyConstants.IN_ONLYDIR
    )

_log = logging.getLogger(__name__)
_WATCHES_WANTED = 1_048_576
_INSTANCES_WANTED = 1_024
_ANY_SIZE_BYTES = 1 << 62
"""Where a rule asks for a size and only the name is known: no file is left out for being small."""


class Watcher:
    """Calls back with the folders to look at again, once they have been quiet for a while.

    Where the system lost events, every chosen folder comes back as a deep change of itself.

    Args:
        on_change: called from a thread of the watcher's own.
        on_limit: the system's limit of watches is reached: some folders must be scanned on a schedule instead. Called
            once, from any thread, with words for the user that hold the exact setting; must not block.
        debounce_s: how long a folder must have been quiet.
        longest_s: after so long a folder is handed on all the same.
        is_per_folder: one inotify watch per folder (Linux) rather than the system's own way of watching a tree.
    """

    def __init__(
        self,
        on_change: Callable[[frozenset[FolderChange]], None],
        on_limit: Callable[[str], None],
        debounce_s: float = 1.5,
        longest_s: float = 10.0,
        is_per_folder: bool = sys.platform == "linux",
    ) -> None:
        self._settling = Settling(on_change, debounce_s, longest_s)
        note = self._settling.note
        self._source: _Source = _FolderWatches(note, on_limit) if is_per_folder else _TreeWatches(note)

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

    def stop(self) -> None:
        """Watch nothing any more. No call back begins after this returns."""
        self._source.stop()
        self._settling.stop()


class _Source(Protocol):
    def add(self, root: bytes, rules: Rules) -> None: ...
    def remove(self, root: bytes) -> None: ...
    def stop(self) -> None: ...


class _FolderWatch:
    """The inotify watch of one folder; watchdog calls its `on_…` methods from the thread that reads events."""

    def __init__(self, tree: _Tree, folder: FolderRules) -> None:
        self._tree = tree
        self.folder = folder
        self.inside: set[bytes] = set()
        """Paths of the folders in this one that are watched."""
        self.descriptor: WatchDescriptor | None = None

    def on_event(self, event: InotifyEvent) -> None:
        try:
            self._handle(event)
        except Exception:  # noqa: BLE001 - a bug over one event must not end the thread that reads all of them
            _log.exception("Handling a file event failed")
            self._tree.note(self._tree.root, is_deep=True)

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:
        self._tree.drop(self.folder.path)

    def on_queue_overflow(self) -> None:
        # Every folder's watch is told; the chosen folder's speaks for all.
        if self.folder.path == self._tree.root:
            _log.warning("File events were lost: a chosen folder is looked at as a whole")
            self._tree.watch_anew(self.folder.path)

    def _handle(self, event: InotifyEvent) -> None:
        if not event.name:  # about the folder itself; its parent, where that is watched too, says the same
            if self.folder.path == self._tree.root:
                self._tree.note(self._tree.root)
        elif _changes_rules(event):
            self._tree.watch_anew(self.folder.path)
        elif not self.folder.verdict.is_included:  # left out by a mark inside: watched only for that mark
            return
        elif event.is_directory:
            self._handle_folder(event)
        elif self.folder.file(event.name, _ANY_SIZE_BYTES).is_included:
            self._tree.note(self.folder.path)

    def _handle_folder(self, event: InotifyEvent) -> None:
        path = os.path.join(self.folder.path, event.name)
        if event.is_moved_from:
            # A folder that is moved away keeps its watches, which would go on reporting under its old name.
            self._tree.drop(path)
        elif event.is_create or event.is_moved_to or (event.is_attrib and path not in self.inside):
            # A folder of this name may be watched still: one that was deleted or replaced a moment ago. An attribute
            # matters where the folder could not be read before.
            self._tree.watch_anew(path)
        self._tree.note(self.folder.path)


class _Tree:
    """The watches of one chosen folder."""

    def __init__(self, source: _FolderWatches, root: bytes, rules: Rules) -> None:
        self._source = source
        self.root = root
        self._rules = rules
        self._watches: dict[bytes, _FolderWatch] = {}
        self._is_removed = False
        self._lock = threading.Lock()

    def note(self, path: bytes, is_deep: bool = False) -> None:
        self._source.note(FolderChange(self.root, path, is_deep))

    def watch_anew(self, path: bytes) -> None:
        """Watch `path` and all below it as the rules now have it, and have it looked at as a whole."""
        self.drop(path)
        folder = self._rules.folder(self.root, path)
        if folder.verdict.is_included:
            self.watch_below(folder)
            self.note(path, is_deep=True)

    def watch_below(self, start: FolderRules) -> None:
        """Watch `start` and every folder below it that is let in; each is watched before it is listed."""
        stack = [start]
        while stack:
            watch = self._watch(stack.pop())
            if watch is not None:
                watch.folder, inside = subfolders(watch.folder)
                stack.extend(inside)

    def remove(self) -> None:
        """Watch nothing of it any more, whatever event is just being handled."""
        with self._lock:
            self._is_removed = True
        self.drop(self.root)

    def drop(self, path: bytes) -> None:
        """Watch neither `path` nor anything below it any more."""
        gone: list[_FolderWatch] = []
        with self._lock:
            if (above := self._watches.get(os.path.dirname(path))) is not None:
                above.inside.discard(path)
            paths = [path]
            while paths:
                watch = self._watches.pop(paths.pop(), None)
                if watch is not None:
                    gone.append(watch)
                    paths.extend(watch.inside)
        self._source.unwatch(gone)

    def _watch(self, folder: FolderRules) -> _FolderWatch | None:
        """Begin to watch one folder; None where it is watched already, or cannot be."""
        with self._lock:
            watch = _FolderWatch(self, folder)
            if self._is_removed or folder.path in self._watches or not self._source.watch(watch):
                return None
            self._watches[folder.path] = watch
            if (above := self._watches.get(os.path.dirname(folder.path))) is not None:
                above.inside.add(folder.path)
        return watch


class _FolderWatches:
    """One inotify watch per folder."""

    def __init__(
        self,
        note: Callable[[FolderChange], None],
        on_limit: Callable[[str], None],
    ) -> None:
        self.note = note
        self._on_limit = on_limit
        self._is_limit_told = False
        self._trees: dict[bytes, _Tree] = {}
        self._inotify: InotifyFD | None = None
        try:
            self._inotify = InotifyFD()
            self._inotify.start()
        except OSError as error:
            _log.warning("No inotify instance: %s", error)
            self._tell_limit("max_user_instances", _INSTANCES_WANTED)

    def add(self, root: bytes, rules: Rules) -> None:
        start = rules.root(root)
        if start.verdict.is_included:
            tree = self._trees[root] = _Tree(self, root, rules)
            tree.watch_below(start)

    def remove(self, root: bytes) -> None:
        tree = self._trees.pop(root, None)
        if tree is not None:
            tree.remove()

    def stop(self) -> None:
        if self._inotify is not None:
            self._inotify.stop()
            self._inotify.join()

    def watch(self, watch: _FolderWatch) -> bool:
        """Begin to watch a folder; False where that is not possible (gone, no permission, limit reached)."""
        if self._inotify is None:
            return False
        try:
            watch.descriptor = self._inotify.add_callback(watch.folder.path, _MASK, watch, CallbackId(id(watch)))
        except OSError as error:
            if error.errno == errno.ENOSPC:
                self._tell_limit("max_user_watches", _WATCHES_WANTED)
            return False
        # watchdog takes a folder without permission for watched, under the descriptor -1.
        return watch.descriptor != -1

    def unwatch(self, watches: list[_FolderWatch]) -> None:
        if self._inotify is not None:
            self._inotify.remove_callbacks(
                [(watch.descriptor, CallbackId(id(watch))) for watch in watches if watch.descriptor is not None]
            )

    def _tell_limit(self, setting: str, wanted: int) -> None:
        if not self._is_limit_told:
            self._is_limit_told = True
            self._on_limit(
                f"The system's limit fs.inotify.{setting} is reached: some folders are looked at only now and then. "
                f"To raise it: echo fs.inotify.{setting}={wanted} | sudo tee /etc/sysctl.d/60-inkling.conf "
                "&& sudo sysctl --system"
            )


class _TreeWatches(FileSystemEventHandler):
    """The system's own way to watch a tree, as a whole."""

    def __init__(self, note: Callable[[FolderChange], None]) -> None:
        self._note = note
        self._observer = Observer()
        self._observer.start()
        self._watches: dict[bytes, ObservedWatch] = {}

    def add(self, root: bytes, rules: Rules) -> None:
        if rules.root(root).verdict.is_included and os.path.isdir(root):
            self._watches[root] = self._observer.schedule(self, os.fsdecode(root), recursive=True)

    def remove(self, root: bytes) -> None:
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


def _changes_rules(event: InotifyEvent) -> bool:
    """True where what lies in the folder may be judged otherwise from now on."""
    is_coming_or_going = event.is_create or event.is_delete or event.is_moved_from or event.is_moved_to
    return is_rule_mark(event.name) and (is_coming_or_going or event.name == b".gitignore")
