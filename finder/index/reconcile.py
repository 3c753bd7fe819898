"""Makes the catalog's folders and files equal to what scans of the disk saw. Reads no file and computes nothing.

A pass takes folder listings in any order and ends with `finish`. What a listing lacks is not removed at once: it may
turn up elsewhere in the same pass, and then its row moves with all that hangs on it (no reading, no embedding, no
vector). Only what is still missing at the end goes.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import apsw

from finder.crashpoints import crash_point
from finder.extract.kinds import accepted_keys, kind_of
from finder.files.identity import lstat, signed
from finder.files.rules import FolderRules, Verdict
from finder.files.scan import FolderListing
from finder.paths import is_inside
from finder.store import contents, files, folders
from finder.store.files import FileRow, SeenFile
from finder.types import FileIdentity, FileState

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class PassOutcome:
    """What one pass did to the catalog."""

    added: int = 0
    changed: int = 0
    moved: int = 0
    removed: int = 0
    dead_seqs: list[int] = field(default_factory=list)
    """Vectors that went, for the vector indexes to hide."""

    @property
    def has_work(self) -> bool:
        """True where files wait to be read because of this pass."""
        return bool(self.added or self.changed or self.moved)


@dataclass(slots=True)
class Missing:
    """What the catalog knows and no listing has shown."""

    files: dict[int, FileRow] = field(default_factory=dict)
    folders: dict[int, bytes] = field(default_factory=dict)
    """Path by id: by the end of the pass another folder may have the id, where somebody forgot this one."""

    def __bool__(self) -> bool:
        return bool(self.files or self.folders)

    def add(self, other: Missing) -> None:
        self.files.update(other.files)
        self.folders.update(other.folders)

    def without(self, other: Missing) -> Missing:
        return Missing(
            {id: row for id, row in self.files.items() if id not in other.files},
            {id: path for id, path in self.folders.items() if id not in other.folders},
        )


class ReconcilePass:
    """One pass. `apply` and `finish` run on the writing connection; the pass itself belongs to one thread.

    Args:
        away: paths of roots that are not there: what stands at such a path instead is not looked at.
        recognises: text in pictures is recognised now: what was read without is read again.
    """

    def __init__(self, away: Sequence[bytes] = (), recognises: bool = False) -> None:
        self._away = away
        self._recognises = recognises
        self.outcome = PassOutcome()
        self.new_folders: list[FolderRules] = []
        """Folders that a shallow listing showed for the first time: they want a deep scan in the same pass."""
        self.also_linked: set[bytes] = set()
        """Other folders that hold a file which changed, under another of its names: no event tells of it there."""
        self.missing = Missing()

    def apply(self, connection: apsw.Connection, listings: Sequence[FolderListing]) -> None:
        """Take over what these folders hold. A folder that could not be listed keeps what is known of it."""
        for listing in listings:
            if any(is_inside(listing.path, path) for path in self._away):
                continue
            if not listing.verdict.is_included:
                self._left_out(connection, listing.path)
                continue
            if listing.error is not None:
                continue
            folder_id = self._folder(connection, listing)
            if folder_id is None:
                continue
            self.missing.folders.pop(folder_id, None)
            self._compare_files(connection, folder_id, listing)
            self._compare_folders(connection, folder_id, listing)

    def finish(self, connection: apsw.Connection) -> None:
        """Remove what is missing now: see `finder.index.losses` for what of it is believed."""
        orphaned: list[int] = []
        for folder_id, path in self.missing.folders.items():
            if folders.path_of(connection, folder_id) == path:
                orphaned.extend(remove_folder(connection, folder_id, self.outcome))
        for file_id, missing in self.missing.files.items():
            row = files.get(connection, file_id)
            if row is not None and (row.folder_id, row.name) == (missing.folder_id, missing.name):
                orphaned.extend(files.remove(connection, [(row.id, row.name, row.content_id)]))
                self.outcome.removed += 1
        self.outcome.dead_seqs.extend(contents.remove_unreferenced(connection, orphaned))

    # Folders

    def _left_out(self, connection: apsw.Connection, path: bytes) -> None:
        """A rule or a mark inside keeps the folder out now: what is known below it goes with this pass."""
        folder_id = folders.folder_at(connection, path)
        if folder_id is not None:
            self.missing.folders[folder_id] = path

    def _folder(self, connection: apsw.Connection, listing: FolderListing) -> int | None:
        """The row of the listed folder, made or moved here where it is new; None outside every root."""
        known = folders.folder_at(connection, listing.path)
        if known is not None:
            connection.execute(
                "UPDATE folders SET device = ?1, inode = ?2 WHERE id = ?3 AND (device <> ?1 OR inode <> ?2)",
                (listing.device, listing.inode, known),
            )
            return known
        parent_path, name = os.path.split(listing.path)
        parent_id = folders.folder_at(connection, parent_path)
        if parent_id is None:
            return None
        came_from = self._moved_folder(connection, listing)
        if came_from is None:
            return folders.add(connection, parent_id, name, listing.device, listing.inode)
        folders.move(connection, came_from, parent_id, name)
        crash_point("reconcile.folder_moved")
        self.outcome.moved += 1
        return came_from

    def _moved_folder(self, connection: apsw.Connection, listing: FolderListing) -> int | None:
        """The folder that now stands at the listed path: same inode, and gone from where it was.

        Never the folder of a root, which is the user's choice, nor one that holds the listed path: a new folder of
        the old name, with the old one inside it, must not end as a circle.
        """
        rows: list[Any] = connection.execute(
            "SELECT id FROM folders WHERE inode = ? AND device = ? AND parent_id IS NOT NULL",
            (listing.inode, listing.device),
        ).fetchall()
        for (folder_id,) in rows:
            old_path = folders.path_of(connection, folder_id)
            if not is_inside(listing.path, old_path) and _has_left(connection, old_path, listing.device, listing.inode):
                return int(folder_id)
        return None

    def _compare_folders(self, connection: apsw.Connection, folder_id: int, listing: FolderListing) -> None:
        rows: list[Any] = connection.execute(
            "SELECT name, id FROM folders WHERE parent_id = ?", (folder_id,)
        ).fetchall()
        known: dict[bytes, int] = dict(rows)
        seen = {os.path.basename(subfolder.path): subfolder for subfolder in listing.subfolders}
        for name in known.keys() - seen.keys():
            self.missing.folders[known[name]] = os.path.join(listing.path, name)
        new = seen.keys() - known.keys()
        roots = self._absorb_roots(connection, folder_id, listing, new) if new else set()
        self.new_folders.extend(seen[name] for name in new - roots)

    def _absorb_roots(
        self, connection: apsw.Connection, folder_id: int, listing: FolderListing, new: set[bytes]
    ) -> set[bytes]:
        """The names among `new` that are roots. Those of a root that was added later are ordinary folders of it now.

        But not a drive that was chosen itself: it comes and goes by itself.
        """
        known = {root.path: root for root in folders.roots(connection)}
        nested = {name: root for name in new if (root := known.get(os.path.join(listing.path, name))) is not None}
        for name, root in nested.items():
            if root.path not in self._away and _device(root.path) == listing.device:
                folders.move(connection, root.folder_id, folder_id, name)
        return set(nested)

    def _compare_files(self, connection: apsw.Connection, folder_id: int, listing: FolderListing) -> None:
        known = files.in_folder(connection, folder_id)
        # First: what is missing under its old name may be what arrives under a new one.
        for name in known.keys() - {file.name for file in listing.files}:
            self.missing.files[known[name].id] = known[name]
        for name, identity, verdict in listing.files:
            seen = _seen(name, identity, verdict)
            row = known.get(name)
            if row is None:
                self._arrived(connection, folder_id, seen)
            else:
                self.missing.files.pop(row.id, None)
                self._seen_again(connection, row, seen)

    def _arrived(self, connection: apsw.Connection, folder_id: int, seen: SeenFile) -> None:
        row = self._moved_file(connection, seen)
        if row is None:
            files.add(connection, folder_id, seen)
            self.outcome.added += 1
            self._look_for_links(connection, folder_id, seen)
            return
        files.move(connection, row, folder_id, seen.name)
        crash_point("reconcile.file_moved")
        self.missing.files.pop(row.id, None)
        self.outcome.moved += 1
        self._seen_again(connection, row, seen)

    def _moved_file(self, connection: apsw.Connection, seen: SeenFile) -> FileRow | None:
        """The file that now has this name: same inode, size and time, and gone from where it was."""
        for row in files.with_inode(connection, seen.identity.inode):
            same = (row.identity.size_bytes, row.identity.mtime_ns) == (
                seen.identity.size_bytes,
                seen.identity.mtime_ns,
            )
            old_path = os.path.join(folders.path_of(connection, row.folder_id), row.name)
            if same and _has_left(connection, old_path, seen.identity.device, seen.identity.inode):
                return row
        return None

    def _seen_again(self, connection: apsw.Connection, row: FileRow, seen: SeenFile) -> None:
        if seen.name_only_code is not None:
            if row.state != FileState.NAME_ONLY or not row.identity.same_bytes_as(seen.identity):
                self._becomes_name_only(connection, row, seen)
            return
        was_by_rule = row.state == FileState.NAME_ONLY and row.reader is None
        by_another_reader = row.reader is not None and row.reader not in accepted_keys(seen.name, self._recognises)
        if row.identity.same_bytes_as(seen.identity) and not was_by_rule and not by_another_reader:
            if row.identity != seen.identity:
                files.set_identity(connection, row.id, seen.identity)
            return
        files.update(connection, row.id, seen)
        self.outcome.changed += 1
        self._look_for_links(connection, row.folder_id, seen)

    def _look_for_links(self, connection: apsw.Connection, folder_id: int, seen: SeenFile) -> None:
        """Note the folders where the same file stands under another name, and was last seen as it is no more."""
        for row in files.with_inode(connection, seen.identity.inode):
            is_same_file = row.identity.device == seen.identity.device and row.folder_id != folder_id
            if is_same_file and not row.identity.same_bytes_as(seen.identity):
                self.also_linked.add(folders.path_of(connection, row.folder_id))

    def _becomes_name_only(self, connection: apsw.Connection, row: FileRow, seen: SeenFile) -> None:
        files.update(connection, row.id, seen)
        connection.execute("UPDATE files SET content_id = NULL, reader = NULL WHERE id = ?", (row.id,))
        if row.content_id is not None:
            self.outcome.dead_seqs.extend(contents.remove_unreferenced(connection, [row.content_id]))


def remove_folder(connection: apsw.Connection, folder_id: int, outcome: PassOutcome) -> list[int]:
    """Remove a folder and all it holds. Returns the contents that may have become unreferenced."""
    ids = folders.subtree(connection, folder_id)
    orphaned: list[int] = []
    for id in reversed(ids):
        rows: list[Any] = connection.execute(
            "SELECT id, name, content_id FROM files WHERE folder_id = ?", (id,)
        ).fetchall()
        orphaned.extend(files.remove(connection, rows))
        outcome.removed += len(rows)
        connection.execute("DELETE FROM roots WHERE folder_id = ?", (id,))
        connection.execute("DELETE FROM folders WHERE id = ?", (id,))
    return orphaned


def in_batches(listings: Iterable[FolderListing], files_per_batch: int = 500) -> Iterable[list[FolderListing]]:
    """Group listings so that one commit takes about `files_per_batch` files and a writer is never held for long."""
    batch: list[FolderListing] = []
    size = 0
    for listing in listings:
        batch.append(listing)
        size += 1 + len(listing.files)
        if size >= files_per_batch:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _seen(name: bytes, identity: FileIdentity, verdict: Verdict) -> SeenFile:
    if verdict.is_name_only:
        return SeenFile(name, identity, kind_of(name.decode("utf-8", "replace")).type, "by_rule", verdict.reason)
    return SeenFile(name, identity, kind_of(name.decode("utf-8", "replace")).type)


def _device(path: bytes) -> int | None:
    try:
        return lstat(path).st_dev
    except OSError:
        return None


def _has_left(connection: apsw.Connection, path: bytes, device: int, inode: int) -> bool:
    """True where what stood at `path` does so no more, though its root is there: a drive that is away moves nothing."""
    root = folders.root_above(connection, path)
    if root is None or not root.is_online:
        return False
    try:
        found = lstat(path)
    except OSError:
        return os.path.isdir(root.path)
    return (found.st_dev, signed(found.st_ino)) != (device, inode)
