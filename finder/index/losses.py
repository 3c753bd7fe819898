"""What a pass found missing, root by root, and whether that is believed. Changes no row; imports no stage.

What is missing from a root that is away says nothing. Where more than half of a root would go at once, and more than
a thousand files, a second look at the whole root must find the same: a drive that is just failing shows its folders as
empty, and what was deleted on purpose is missing a moment later too.
"""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import apsw

from finder.files.identity import lstat
from finder.index.presence import Presence
from finder.index.reconcile import Missing
from finder.paths import display, is_inside
from finder.store import folders
from finder.store.files import FileRow
from finder.store.folders import Root
from finder.store.lookup import FolderPaths

FEW_FILES = 1_000
"""Up to so many may go at once, whatever part of the root they are."""


@dataclass(slots=True)
class _Doubt:
    """What one look at a root missed, until another look has been made."""

    missing: Missing
    due_s: float
    """Monotonic; a look at the whole root from then on decides."""
    note: str
    timer: threading.Timer


@dataclass(slots=True)
class _Loss:
    """What is missing from one root, and how many files that is."""

    missing: Missing = field(default_factory=Missing)
    files: int = 0


class Losses:
    """Decides what may go.

    Args:
        look_again: asks for a look at a whole root.
        wait_s: how long after the first look the second one follows.
    """

    def __init__(self, presence: Presence, look_again: Callable[[bytes], object], wait_s: float) -> None:
        self._presence = presence
        self._look_again = look_again
        self._wait_s = wait_s
        self._doubts: dict[bytes, _Doubt] = {}

    @property
    def notes(self) -> list[str]:
        """What is missed and still kept, in words."""
        return [doubt.note for doubt in list(self._doubts.values())]

    def believed(self, connection: apsw.Connection, missing: Missing, scanned: Sequence[bytes]) -> Missing:
        """What of `missing` is to be removed now.

        Args:
            scanned: the folders of which the pass saw everything below.
        """
        believed = Missing()
        roots = folders.roots(connection)
        for forgotten in self._doubts.keys() - {root.path for root in roots}:
            self._end(forgotten)
        lost = _by_root(connection, missing, roots)
        for root in roots:
            is_whole = any(is_inside(root.path, path) for path in scanned)
            loss = lost.get(root.path)
            if loss is not None and not self._presence.check(root):
                continue
            absent = _great_absence(connection, root, loss) if loss is not None else Missing()
            if loss is not None:
                believed.add(loss.missing.without(absent))
            if absent:
                believed.add(self._confirmed(connection, root, absent, is_whole))
            elif is_whole:
                self._end(root.path)
        return believed

    def stop(self) -> None:
        for path in list(self._doubts):
            self._end(path)

    def _confirmed(self, connection: apsw.Connection, root: Root, absent: Missing, is_whole: bool) -> Missing:
        """What of a great absence a look at the whole root missed before; the rest is looked for again."""
        doubt = self._doubts.get(root.path)
        if doubt is None:
            self._begin(connection, root, absent)
            return Missing()
        if not is_whole or time.monotonic() < doubt.due_s:
            return Missing()
        self._end(root.path)
        unconfirmed = absent.without(doubt.missing)
        if unconfirmed:
            self._begin(connection, root, unconfirmed)
        return absent.without(unconfirmed)

    def _begin(self, connection: apsw.Connection, root: Root, absent: Missing) -> None:
        lost, known = _count(connection, absent), folders.count_files(connection, root.folder_id)
        note = (
            f"{display(root.path)}: {lost:,} of {known:,} files are missing. They leave the index if a second look "
            "does not find them either."
        )
        timer = threading.Timer(self._wait_s, self._look_again, [root.path])
        timer.daemon = True
        self._doubts[root.path] = _Doubt(absent, time.monotonic() + self._wait_s, note, timer)
        timer.start()

    def _end(self, path: bytes) -> None:
        doubt = self._doubts.pop(path, None)
        if doubt is not None:
            doubt.timer.cancel()


def _by_root(connection: apsw.Connection, missing: Missing, roots: Sequence[Root]) -> dict[bytes, _Loss]:
    lost: defaultdict[bytes, _Loss] = defaultdict(_Loss)
    paths = FolderPaths(connection)
    for folder_id, path in missing.folders.items():
        if (root := folders.innermost(roots, path)) is not None:
            lost[root.path].missing.folders[folder_id] = path
            lost[root.path].files += folders.count_files(connection, folder_id)
    for file_id, row in missing.files.items():
        if (root := folders.innermost(roots, paths.path(row.folder_id) or b"")) is not None:
            lost[root.path].missing.files[file_id] = row
            lost[root.path].files += 1
    return dict(lost)


def _is_great(connection: apsw.Connection, root: Root, files: int) -> bool:
    return files > FEW_FILES and 2 * files > folders.count_files(connection, root.folder_id)


def _count(connection: apsw.Connection, missing: Missing) -> int:
    return len(missing.files) + sum(folders.count_files(connection, folder_id) for folder_id in missing.folders)


def _great_absence(connection: apsw.Connection, root: Root, loss: _Loss) -> Missing:
    """What of a loss is not on the disk, where that is a great part of the root; empty where it is not.

    What is on the disk and left out by a rule is no loss.
    """
    if not _is_great(connection, root, loss.files):
        return Missing()
    paths = FolderPaths(connection)
    absent = Missing(
        {id: row for id, row in loss.missing.files.items() if not _is_on_disk(_path(paths, row))},
        {id: path for id, path in loss.missing.folders.items() if not _is_on_disk(path)},
    )
    return absent if _is_great(connection, root, _count(connection, absent)) else Missing()


def _path(paths: FolderPaths, row: FileRow) -> bytes:
    return os.path.join(paths.path(row.folder_id) or b"", row.name)


def _is_on_disk(path: bytes) -> bool:
    try:
        lstat(path)
    except OSError:
        return False
    return True
