"""One inotify watch per folder, for Linux. With `watch`, the one place that imports watchdog.

Every folder that the rules let in has a watch of its own, by way of watchdog's `InotifyFD`: its recursive observer
would also watch what is left out (a `node_modules` holds thousands of folders, and watches are limited), drops folders
silently at that limit, and goes on naming a folder that was moved out of the tree by its old path.

At the limit the folders that changed last have the watches. The others are known all the same, and can be named.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from watchdog.observers.inotify_c import CallbackId, InotifyConstants, InotifyEvent, InotifyFD, Mask, WatchDescriptor

from finder.files.coldest import Coldest
from finder.files.rules import FolderRules, Rules, is_rule_mark
from finder.files.scan import subfolders
from finder.files.settle import FolderChange, Note

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
_UNWATCHED_LIMIT = 200_000
"""Unwatched folders known of one chosen folder. Past it the chosen folder is looked at as a whole."""
_ANY_SIZE_BYTES = 1 << 62
"""Where a rule asks for a size and only the name is known: no file is left out for being small."""
_ALWAYS_WARM_NS = sys.maxsize
"""A chosen folder itself keeps its watch: it speaks for all that lies below it when events were lost."""


class FolderWatches:
    """The watches of all chosen folders, on one inotify instance. `Watcher` says what its methods mean."""

    def __init__(self, note: Note) -> None:
        self.note = note
        self.lock = threading.RLock()
        """Guards what is known of every tree; held while the system is asked for a watch, never during a walk."""
        self.watched_count = 0
        self._trees: dict[bytes, _Tree] = {}
        self._coldest: Coldest[_FolderWatch] | None = None
        """None as long as there were watches for all."""
        self._departure: tuple[int, FolderChange] | None = None
        """The cookie of the last move that left a folder, and that folder."""
        self._refusal: OSError | None = None
        self._is_stopped = False
        self._inotify = self._opened()

    @property
    def unwatched(self) -> frozenset[bytes]:
        with self.lock:
            return frozenset[bytes]().union(*(tree.unwatched for tree in self._trees.values() if not tree.is_cut))

    @property
    def unwatched_roots(self) -> frozenset[bytes]:
        with self.lock:
            return frozenset(root for root, tree in self._trees.items() if tree.is_cut or not tree.knows(root))

    @property
    def limit_note(self) -> str | None:
        with self.lock:
            trees = list(self._trees.values())
            unwatched, known = sum(len(tree.unwatched) for tree in trees), sum(map(len, trees))
        if trees and self._refusal is not None:
            said = f"No folder is watched ({self._refusal}); all are looked at every few minutes instead."
            is_limit = self._refusal.errno == errno.EMFILE
            return f"{said} {_way_to_raise('max_user_instances', _INSTANCES_WANTED)}" if is_limit else said
        if not unwatched:
            return None
        count = f"{'More than ' if any(tree.is_cut for tree in trees) else ''}{unwatched:,} of {known:,}"
        return (
            f"{count} folders are not watched, as the system's limit is reached; they are looked at every few minutes "
            f"instead. {_way_to_raise('max_user_watches', _WATCHES_WANTED)}"
        )

    @property
    def has_inotify(self) -> bool:
        return self._inotify is not None

    def add(self, root: bytes, rules: Rules) -> None:
        if rules.root(root).verdict.is_included:
            tree = _Tree(self, root, rules)
            with self.lock:
                former, self._trees[root] = self._trees.get(root), tree
            if former is not None:  # of a thread that adds the same folder at this moment
                former.remove()
            tree.watch_all()

    def remove(self, root: bytes) -> None:
        with self.lock:
            tree = self._trees.pop(root, None)
        if tree is not None:
            tree.remove()

    def has_lost(self, root: bytes) -> bool:
        with self.lock:
            tree = self._trees.get(root)
            return tree is None or (self.has_inotify and not tree.knows(root))

    def review(self) -> None:
        with self.lock:
            trees = list(self._trees.values())
            if self._inotify is None and not self._is_stopped:
                self._inotify = self._opened()
        for tree in trees:
            if tree.knows(tree.root):
                tree.review()
            else:  # there was no inotify, or the folder was away or another took its place
                tree.watch_all()
                if tree.knows(tree.root):
                    self.note(FolderChange(tree.root, tree.root, True))

    def stop(self) -> None:
        with self.lock:
            self._is_stopped = True
        if self._inotify is not None:
            self._inotify.stop()
            self._inotify.join()

    def watch(self, watch: _FolderWatch, folder: FolderRules) -> None:
        """Give a folder a watch, at the limit that of a colder one. It has none where all others are warmer.

        Raises:
            OSError: it is gone, or must not be read.
        """
        if self._add(watch, folder):
            return
        if self._coldest is None:
            _log.warning("The system's limit of inotify watches is reached")
            self._coldest = self._coldest_now()
        colder = self._coldest.take_before(watch.changed_ns)
        if colder is not None:
            self.unwatch([colder])
            colder.tree.mark(colder)
            self._add(watch, folder)

    def unwatch(self, watches: list[_FolderWatch]) -> None:
        """Take away the watches of those that have one."""
        ended = [(watch.descriptor, CallbackId(id(watch))) for watch in watches if watch.descriptor is not None]
        for watch in watches:
            watch.descriptor = watch.folder = None
        self.watched_count -= len(ended)
        if self._inotify is not None:
            self._inotify.remove_callbacks(ended)

    def both_ends(self, event: InotifyEvent, change: FolderChange) -> list[FolderChange]:
        """The folder of an event, and at the arrival of what was moved also the one it left.

        Both are looked at in one: seen at its departure alone, it would be gone.
        """
        if event.is_moved_from:
            self._departure = event.cookie, change
        elif event.is_moved_to and self._departure is not None and self._departure[0] == event.cookie:
            return [change, self._departure[1]]
        return [change]

    def _opened(self) -> InotifyFD | None:
        try:
            inotify = InotifyFD()
        except OSError as error:
            _log.warning("No inotify instance: %s", error)
            self._refusal = error
            return None
        self._refusal = None
        inotify.start()
        return inotify

    def _add(self, watch: _FolderWatch, folder: FolderRules) -> bool:
        """False at the limit."""
        if self._inotify is None:
            return False
        id_ = CallbackId(id(watch))
        try:
            descriptor = self._inotify.add_callback(watch.path, _MASK, watch, id_)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                return False
            raise
        if descriptor == -1:  # watchdog takes a folder without permission for watched, and would keep this for ever
            self._inotify.remove_callbacks([(descriptor, id_)])
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        watch.descriptor, watch.folder = descriptor, folder
        self.watched_count += 1
        if self._coldest is not None:
            if len(self._coldest) > 2 * self.watched_count + 1_000:  # mostly folders that are gone
                self._coldest = self._coldest_now()
            self._coldest.add(watch)
        return True

    def _coldest_now(self) -> Coldest[_FolderWatch]:
        return Coldest(watch for tree in self._trees.values() for watch in tree.watched)


class _FolderWatch:
    """A folder with its watch, or at the limit without; watchdog calls `on_…` from the thread that reads events."""

    __slots__ = ("changed_ns", "descriptor", "folder", "path", "tree")

    def __init__(self, tree: _Tree, path: bytes, changed_ns: int) -> None:
        self.tree = tree
        self.path = path
        self.changed_ns = changed_ns
        self.folder: FolderRules | None = None
        """None while it is not watched."""
        self.descriptor: WatchDescriptor | None = None

    @property
    def is_watched(self) -> bool:
        return self.descriptor is not None

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


class _Tree:
    """What is known of one chosen folder's folders."""

    def __init__(self, source: FolderWatches, root: bytes, rules: Rules) -> None:
        self.root = root
        self.note = source.note
        self.both_ends = source.both_ends
        self.unwatched: set[bytes] = set()
        self.is_cut = False
        """True once there were more unwatched folders than are kept."""
        self._source = source
        self._rules = rules
        self._folders: dict[bytes, _FolderWatch] = {}
        self._inside: dict[bytes, set[bytes]] = {}
        """The known folders in each one that has any."""
        self._is_removed = False

    def __len__(self) -> int:
        return len(self._folders)

    @property
    def watched(self) -> list[_FolderWatch]:
        return [watch for watch in self._folders.values() if watch.is_watched]

    def knows(self, path: bytes) -> bool:
        return path in self._folders

    def watch_all(self) -> None:
        if self._source.has_inotify:
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
        with self._source.lock:
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
        with self._source.lock:
            self._is_removed = True
        self.drop(self.root)

    def deleted(self, watch: _FolderWatch) -> None:
        """The folder of a watch is gone; another may stand in its place by now."""
        with self._source.lock:
            if self._folders.get(watch.path) is watch:
                self.drop(watch.path)

    def drop(self, path: bytes) -> None:
        """Know neither `path` nor anything below it any more."""
        gone: list[_FolderWatch] = []
        with self._source.lock:
            self._leave_parent(path)
            paths = [path]
            while paths:
                here = paths.pop()
                paths.extend(self._inside.pop(here, ()))
                self.unwatched.discard(here)
                if (watch := self._folders.pop(here, None)) is not None:
                    gone.append(watch)
            self._source.unwatch(gone)

    def mark(self, watch: _FolderWatch) -> None:
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

    def _enter(self, folder: FolderRules) -> _FolderWatch | None:
        """Know one folder, with a watch if it can have one; None where it is known already, or cannot be entered."""
        path = folder.path
        try:
            changed_ns = os.lstat(path).st_mtime_ns if path != self.root else _ALWAYS_WARM_NS
            with self._source.lock:
                if self._is_removed or path in self._folders:
                    return None
                watch = _FolderWatch(self, path, changed_ns)
                self._source.watch(watch, folder)
                self._folders[path] = watch
                self._inside.setdefault(os.path.dirname(path), set()).add(path)
                self.mark(watch)
                return self._folders.get(path)
        except OSError:  # gone, or not to be read
            return None

    def _leave_parent(self, path: bytes) -> None:
        parent = os.path.dirname(path)
        siblings = self._inside.get(parent, set())
        siblings.discard(path)
        if not siblings:
            self._inside.pop(parent, None)

    def _review(self, path: bytes, changed_ns: int, may_watch: bool) -> bool:
        """Review one unwatched folder. False once the system has no watch for it: nor has it for any colder one."""
        with self._source.lock:
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
            with self._source.lock:
                if self._folders.get(path) is not watch:
                    return may_watch
                self._source.watch(watch, folder)
                self.mark(watch)
        except OSError:  # gone, or not to be read any more
            self.drop(path)
            return may_watch
        if watch.is_watched or has_changed:
            for inside in _inside(watch, folder):
                self._watch_below(inside)
            self.note(FolderChange(self.root, path, False))
        return watch.is_watched


def _inside(watch: _FolderWatch, folder: FolderRules) -> list[FolderRules]:
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


def _way_to_raise(setting: str, wanted: int) -> str:
    """The command that raises a limit of inotify for good."""
    with contextlib.suppress(OSError, ValueError):
        wanted = max(wanted, 2 * int(Path("/proc/sys/fs/inotify", setting).read_text()))
    return (
        f"To raise the limit: echo fs.inotify.{setting}={wanted} | sudo tee -a /etc/sysctl.d/60-inkling.conf "
        "&& sudo sysctl --system"
    )
