"""What is known of one chosen folder's folders, and what an event of the system says of each.

Every folder is watched before it is listed. A part of `inotify`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator

from watchdog.observers.inotify_c import InotifyEvent, WatchDescriptor

from finder.files.rules import FolderRules, Rules, is_rule_mark
from finder.files.scan import subfolders
from finder.files.settle import FolderChange, Note
from finder.files.watch_supply import WatchSupply

_log = logging.getLogger(__name__)
_UNWATCHED_LIMIT = 200_000
"""Unwatched folders known of one chosen folder. Past it the chosen folder is looked at as a whole."""
_ANY_SIZE_BYTES = 1 << 62
"""Where a rule asks for a size and only the name is known: no file is left out for being small."""
_ALWAYS_WARM_NS = sys.maxsize
"""A chosen folder itself keeps its watch: it speaks for all that lies below it when events were lost."""

BothEnds = Callable[[InotifyEvent, FolderChange], list[FolderChange]]
"""The folder of an event, and at the arrival of what was moved also the one it left."""


class FolderWatch:
    """A folder with its watch, or at the limit without; watchdog calls `on_…` from the thread that reads events."""

    __slots__ = ("changed_ns", "descriptor", "folder", "path", "tree")

    def __init__(self, tree: WatchedTree, path: bytes, changed_ns: int) -> None:
        self.tree = tree
        self.path = path
        self.changed_ns = changed_ns
        self.folder: FolderRules | None = None
        """None while it is not watched."""
        self.descriptor: WatchDescriptor | None = None

    @property
    def is_watched(self) -> bool:
        return self.descriptor is not None

    def lost(self) -> None:
        self.folder = None
        self.tree.mark(self)

    def on_event(self, event: InotifyEvent) -> None:
        with self._outliving_bugs():
            self._handle(event)

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:
        with self._outliving_bugs():
            self.tree.deleted(self)

    def on_queue_overflow(self) -> None:
        # Every folder's watch is told; the chosen folder's speaks for all.
        if self.path == self.tree.root:
            _log.warning("File events were lost: a chosen folder is looked at as a whole")
            with self._outliving_bugs():
                self.tree.watch_anew(self.path)

    @contextlib.contextmanager
    def _outliving_bugs(self) -> Iterator[None]:
        """A bug over one event must not end the thread that reads all of them."""
        try:
            yield
        except Exception:  # noqa: BLE001 - as said
            _log.exception("Handling a file event failed")
            self.tree.note(FolderChange(self.tree.root, self.tree.root, True))

    def _handle(self, event: InotifyEvent) -> None:
        folder = self.folder
        if folder is None:  # lost its watch while the event was on its way
            return
        self.changed_ns = max(self.changed_ns, time.time_ns())
        change = FolderChange(self.tree.root, self.path, False)
        if not event.name:  # about the folder itself; its parent, where that is watched too, says the same
            if self.path == self.tree.root:
                if event.is_move_self:  # its watches went with it, and another may take its place
                    self.tree.watch_anew(self.path)
                self.tree.note(change)
        elif _changes_rules(event):
            self.tree.watch_anew(self.path)
        elif not folder.verdict.is_included:  # left out by a mark inside: watched only for that mark
            return
        elif event.is_directory:
            self._handle_folder(event, self.tree.both_ends(event, change))
        elif folder.file(event.name, _ANY_SIZE_BYTES).is_included:
            self.tree.note(*self.tree.both_ends(event, change))

    def _handle_folder(self, event: InotifyEvent, changes: list[FolderChange]) -> None:
        path = os.path.join(self.path, event.name)
        if event.is_moved_from or event.is_delete:
            # A folder that is moved away keeps its watches, which would go on reporting under its old name.
            self.tree.drop(path)
        elif event.is_create or event.is_moved_to or (event.is_attrib and not self.tree.knows(path)):
            # A folder of this name may be watched still: one that was deleted or replaced a moment ago. An attribute
            # matters where the folder could not be read before.
            self.tree.watch_anew(path, changes)
        self.tree.note(*changes)


class WatchedTree:
    """One chosen folder: every folder in it that the rules let in, with a watch as far as there are any."""

    def __init__(self, root: bytes, rules: Rules, supply: WatchSupply, note: Note, both_ends: BothEnds) -> None:
        self.root = root
        self.note = note
        self.both_ends = both_ends
        self.unwatched: set[bytes] = set()
        self.is_cut = False
        """True once there were more unwatched folders than are kept."""
        self._supply = supply
        self._rules = rules
        self._folders: dict[bytes, FolderWatch] = {}
        self._inside: dict[bytes, set[bytes]] = {}
        """The known folders in each one that has any."""
        self._is_removed = False

    def __len__(self) -> int:
        return len(self._folders)

    @property
    def watched(self) -> list[FolderWatch]:
        return [watch for watch in self._folders.values() if watch.is_watched]

    def knows(self, path: bytes) -> bool:
        return path in self._folders

    def watch_all(self) -> None:
        if self._supply.has_inotify:
            self._watch_below(self._rules.root(self.root))

    def watch_anew(self, path: bytes, with_it: Iterable[FolderChange] = ()) -> None:
        """Watch `path` and all below it as the rules now have it, and have it looked at as a whole.

        Args:
            with_it: to be looked at in one with it. Told before the walk, which may take longer than it takes to
                settle, the two ends of a move stay together; told after it, nothing is missed.
        """
        self.drop(path)
        folder = self._rules.folder(self.root, path)
        if folder.verdict.is_included:
            changes = (FolderChange(self.root, path, True), *with_it)
            self.note(*changes)
            self._watch_below(folder)
            self.note(*changes)

    def review(self) -> None:
        """Watch what changed lately, the last first; enter what is new in what changed; drop what is gone."""
        with self._supply.lock:
            unwatched = list(self.unwatched)
        found: list[tuple[int, bytes]] = []
        for path in unwatched:
            try:
                found.append((os.lstat(path).st_mtime_ns, path))
            except OSError:
                self.drop(path)
        may_watch = True
        for changed_ns, path in sorted(found, reverse=True):
            may_watch = self._review(path, changed_ns, may_watch)

    def remove(self) -> None:
        """Watch nothing of it any more, whatever event is just being handled."""
        with self._supply.lock:
            self._is_removed = True
        self.drop(self.root)

    def deleted(self, watch: FolderWatch) -> None:
        """The folder of a watch is gone; another may stand in its place by now."""
        with self._supply.lock:
            if self._folders.get(watch.path) is watch:
                self.drop(watch.path)

    def drop(self, path: bytes) -> None:
        """Know neither `path` nor anything below it any more."""
        gone: list[FolderWatch] = []
        with self._supply.lock:
            self._leave_parent(path)
            paths = [path]
            while paths:
                here = paths.pop()
                paths.extend(self._inside.pop(here, ()))
                self.unwatched.discard(here)
                if (watch := self._folders.pop(here, None)) is not None:
                    gone.append(watch)
            self._supply.take_back(gone)
            for watch in gone:
                watch.folder = None

    def mark(self, watch: FolderWatch) -> None:
        """Remember whether a known folder is watched; past the limit one that is not is forgotten."""
        if watch.is_watched:
            self.unwatched.discard(watch.path)
        elif len(self.unwatched) < _UNWATCHED_LIMIT or watch.path in self.unwatched:
            self.unwatched.add(watch.path)
        else:
            self.is_cut = True
            del self._folders[watch.path]

    def _watch_below(self, start: FolderRules) -> None:
        """Watch `start` and every folder below it that is let in; each is watched before it is listed."""
        stack = [start]
        while stack:
            folder = stack.pop()
            watch = self._enter(folder)
            if watch is not None:
                stack.extend(_inside(watch, folder))

    def _enter(self, folder: FolderRules) -> FolderWatch | None:
        """Know one folder, with a watch if it can have one; None where it is known already, or cannot be entered."""
        path = folder.path
        try:
            changed_ns = os.lstat(path).st_mtime_ns if path != self.root else _ALWAYS_WARM_NS
            with self._supply.lock:
                if self._is_removed or path in self._folders:
                    return None
                watch = FolderWatch(self, path, changed_ns)
                self._give(watch, folder)
                self._folders[path] = watch
                self._inside.setdefault(os.path.dirname(path), set()).add(path)
                self.mark(watch)
                return self._folders.get(path)
        except OSError:  # gone, or not to be read
            return None

    def _give(self, watch: FolderWatch, folder: FolderRules) -> None:
        """
        Raises:
            OSError: the folder is gone, or must not be read.
        """
        watch.folder = folder  # first: events come from the moment on at which it is watched
        self._supply.give(watch)
        if not watch.is_watched:
            watch.folder = None

    def _leave_parent(self, path: bytes) -> None:
        parent = os.path.dirname(path)
        siblings = self._inside.get(parent, set())
        siblings.discard(path)
        if not siblings:
            self._inside.pop(parent, None)

    def _review(self, path: bytes, changed_ns: int, may_watch: bool) -> bool:
        """Review one unwatched folder. False once the system has no watch for it: nor has it for any colder one."""
        with self._supply.lock:
            watch = self._folders.get(path)
            if watch is None or watch.is_watched:
                return may_watch
            has_changed = changed_ns != watch.changed_ns
            watch.changed_ns = changed_ns if path != self.root else _ALWAYS_WARM_NS
        if not has_changed and not may_watch:
            return False
        folder = self._rules.folder(self.root, path)
        if not folder.verdict.is_included:  # by a mark that came where nobody looked
            self.drop(path)
            return may_watch
        try:
            with self._supply.lock:
                if self._folders.get(path) is not watch:
                    return may_watch
                self._give(watch, folder)
                self.mark(watch)
        except OSError:  # gone, or not to be read any more
            self.drop(path)
            return may_watch
        if watch.is_watched or has_changed:
            for inside in _inside(watch, folder):
                self._watch_below(inside)
            self.note(FolderChange(self.root, path, False))
        return watch.is_watched


def _inside(watch: FolderWatch, folder: FolderRules) -> list[FolderRules]:
    """The folders in one that are let in; what was learnt about its rules by opening it is kept with its watch."""
    opened, inside = subfolders(folder)
    if watch.is_watched:
        watch.folder = opened
    return inside


def _changes_rules(event: InotifyEvent) -> bool:
    """True where what lies in the folder may be judged otherwise from now on."""
    is_coming_or_going = event.is_create or event.is_delete or event.is_moved_from or event.is_moved_to
    is_rewritten = event.name == b".gitignore" and not event.is_modify  # closing it follows
    return is_rule_mark(event.name) and (is_coming_or_going or is_rewritten)
