"""One inotify watch per folder, for Linux. With `watch` and its own two parts, the one place that imports watchdog.

Every folder that the rules let in has a watch of its own, by way of watchdog's `InotifyFD`: its recursive observer
would also watch what is left out (a `node_modules` holds thousands of folders, and watches are limited), drops folders
silently at that limit, and goes on naming a folder that was moved out of the tree by its old path.

At the limit the folders that changed last have the watches (`watch_supply`). The others are known all the same, and can
be named (`watched_tree`).
"""

from __future__ import annotations

import contextlib
import errno
from pathlib import Path

from watchdog.observers.inotify_c import InotifyEvent

from finder.files.rules import Rules
from finder.files.settle import FolderChange, Note
from finder.files.watch_supply import WatchSupply
from finder.files.watched_tree import FolderWatch, WatchedTree

_WATCHES_WANTED = 1_048_576
_INSTANCES_WANTED = 1_024


class FolderWatches:
    """The watches of all chosen folders, on one inotify instance. `Watcher` says what its methods mean."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self._trees: dict[bytes, WatchedTree] = {}
        self._departure: tuple[int, FolderChange] | None = None
        """The cookie of the last move that left a folder, and that folder."""
        self._supply = WatchSupply(self._watched)
        self._lock = self._supply.lock
        """Guards what is known of every tree; held while the system is asked for a watch, never during a walk."""

    @property
    def watched_count(self) -> int:
        return self._supply.count

    @property
    def unwatched(self) -> frozenset[bytes]:
        with self._lock:
            return frozenset[bytes]().union(*(tree.unwatched for tree in self._trees.values() if not tree.is_cut))

    @property
    def unwatched_roots(self) -> frozenset[bytes]:
        with self._lock:
            return frozenset(root for root, tree in self._trees.items() if tree.is_cut or not tree.knows(root))

    @property
    def limit_note(self) -> str | None:
        with self._lock:
            trees = list(self._trees.values())
            unwatched, known = sum(len(tree.unwatched) for tree in trees), sum(map(len, trees))
            refusal = self._supply.refusal
        if trees and refusal is not None:
            said = f"No folder is watched ({refusal}); all are looked at every few minutes instead."
            is_limit = refusal.errno == errno.EMFILE
            return f"{said} {_way_to_raise('max_user_instances', _INSTANCES_WANTED)}" if is_limit else said
        if not unwatched:
            return None
        count = f"{'More than ' if any(tree.is_cut for tree in trees) else ''}{unwatched:,} of {known:,}"
        return (
            f"{count} folders are not watched, as the system's limit is reached; they are looked at every few minutes "
            f"instead. {_way_to_raise('max_user_watches', _WATCHES_WANTED)}"
        )

    def add(self, root: bytes, rules: Rules) -> None:
        if rules.root(root).verdict.is_included:
            tree = WatchedTree(root, rules, self._supply, self._note, self._both_ends)
            with self._lock:
                former, self._trees[root] = self._trees.get(root), tree
            if former is not None:  # of a thread that adds the same folder at this moment
                former.remove()
            tree.watch_all()

    def remove(self, root: bytes) -> None:
        with self._lock:
            tree = self._trees.pop(root, None)
        if tree is not None:
            tree.remove()

    def has_lost(self, root: bytes) -> bool:
        with self._lock:
            tree = self._trees.get(root)
            return tree is None or (self._supply.has_inotify and not tree.knows(root))

    def review(self) -> None:
        with self._lock:
            trees = list(self._trees.values())
            self._supply.open()
        for tree in trees:
            if tree.knows(tree.root):
                tree.review()
            else:  # there was no inotify, or the folder was away or another took its place
                tree.watch_all()
                if tree.knows(tree.root):
                    self._note(FolderChange(tree.root, tree.root, True))

    def stop(self) -> None:
        self._supply.stop()

    def _watched(self) -> list[FolderWatch]:
        return [watch for tree in self._trees.values() for watch in tree.watched]

    def _both_ends(self, event: InotifyEvent, change: FolderChange) -> list[FolderChange]:
        """The folder of an event, and at the arrival of what was moved also the one it left.

        Both are looked at in one: seen at its departure alone, it would be gone.
        """
        if event.is_moved_from:
            self._departure = event.cookie, change
        elif event.is_moved_to and self._departure is not None and self._departure[0] == event.cookie:
            return [change, self._departure[1]]
        return [change]


def _way_to_raise(setting: str, wanted: int) -> str:
    """The command that raises a limit of inotify for good."""
    with contextlib.suppress(OSError, ValueError):
        wanted = max(wanted, 2 * int(Path("/proc/sys/fs/inotify", setting).read_text()))
    return (
        f"To raise the limit: echo fs.inotify.{setting}={wanted} | sudo tee -a /etc/sysctl.d/60-inkling.conf "
        "&& sudo sysctl --system"
    )
