"""What lies on the disk: one folder, or a whole tree folder by folder, after the rules. Imports no watch.

Nothing is followed: a link is left out, and the file it leads to is found where it lies.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from finder.errors import FinderError, UsageFaultError
from finder.files.identity import identity_of, open_error, open_folder, signed
from finder.files.rules import FolderRules, Rules, Verdict
from finder.paths import display
from finder.types import FileIdentity

_LEFT_OUT_KEPT = 50
"""Names kept per folder of what was left out: enough to show, small for a folder with 100,000 of them."""
_LINK = "a link"
_ODD = "not a regular file"


class ScannedFile(NamedTuple):
    """One regular file that is indexed, at least by its name."""

    name: bytes
    identity: FileIdentity
    verdict: Verdict


@dataclass(slots=True)
class FolderListing:
    """One folder as it was found."""

    path: bytes
    verdict: Verdict
    """The folder's own: where it is not included, nothing in it is listed."""
    device: int = 0
    inode: int = 0
    files: list[ScannedFile] = field(default_factory=list)
    subfolders: list[FolderRules] = field(default_factory=list)
    """Those to be entered."""
    left_out: list[tuple[bytes, str]] = field(default_factory=list)
    """Names and reasons, of the first few."""
    left_out_count: int = 0
    error: FinderError | None = None
    """FileError vanished or no_permission, or a plain FinderError where the drive failed. What was listed before it
    is kept, and what is missing then says nothing about the disk."""

    def leave_out(self, name: bytes, reason: str) -> None:
        self.left_out_count += 1
        if len(self.left_out) < _LEFT_OUT_KEPT:
            self.left_out.append((name, reason))


def scan_folder(folder: FolderRules) -> FolderListing:
    """List one folder; never raises for what the disk does, see `FolderListing.error`."""
    listing = FolderListing(folder.path, folder.verdict)
    if not folder.verdict.is_included:
        return listing
    try:
        with _opened(folder.path) as (status, entries):
            listing.device, listing.inode = status.st_dev, signed(status.st_ino)
            found = [(os.fsencode(entry.name), entry) for entry in entries]
            opened = folder.opened({name for name, _ in found}.__contains__)
            listing.verdict = opened.verdict
            if opened.verdict.is_included:
                _judge(opened, found, listing)
    except OSError as error:
        listing.error = open_error(error, folder.path)
    return listing


def subfolders(folder: FolderRules) -> tuple[FolderRules, list[FolderRules]]:
    """The rules inside one folder and those of its subfolders to be entered, with no file looked at.

    A folder that cannot be listed has none.
    """
    try:
        with _opened(folder.path) as (_, entries):
            found = [(os.fsencode(entry.name), entry.is_dir(follow_symlinks=False)) for entry in entries]
    except OSError:
        return folder, []
    has = {name for name, _ in found}.__contains__
    opened = folder.opened(has)
    if not opened.verdict.is_included:
        return opened, []
    children = (opened.child(name, has) for name, is_folder in found if is_folder)
    return opened, [child for child in children if child.verdict.is_included]


def walk(root: bytes, rules: Rules) -> Iterator[FolderListing]:
    """Every folder below `root` that is entered, `root` first, depth first, names in order.

    A folder met a second time (a loop, a bind mount) is listed as left out and not entered again.

    Raises:
        UsageFaultError: `root` is no folder that exists, or may not be indexed.
    """
    start = rules.root(root)
    if not start.verdict.is_included:
        raise UsageFaultError("This folder cannot be indexed", start.verdict.reason, path=display(root))
    if not os.path.isdir(root):
        what = "Not a folder" if os.path.lexists(root) else "No such folder"
        raise UsageFaultError(what, hint="Check the path; if it is on a drive, connect it.", path=display(root))
    return walk_from(start)


def walk_from(start: FolderRules) -> Iterator[FolderListing]:
    """As `walk`, from any folder below a chosen one."""
    seen: set[tuple[int, int]] = set()
    stack = [start]
    while stack:
        listing = scan_folder(stack.pop())
        key = (listing.device, listing.inode)
        if key in seen and listing.inode:
            yield FolderListing(listing.path, Verdict(False, False, "the same folder under a second path"), *key)
            continue
        seen.add(key)
        stack.extend(reversed(listing.subfolders))
        yield listing


def _judge(
    folder: FolderRules, found: list[tuple[bytes, os.DirEntry[str] | os.DirEntry[bytes]]], listing: FolderListing
) -> None:
    has = {name for name, _ in found}.__contains__
    for name, entry in sorted(found, key=lambda item: item[0]):
        if entry.is_symlink():
            listing.leave_out(name, _LINK)
        elif entry.is_dir(follow_symlinks=False):
            child = folder.child(name, has)
            if child.verdict.is_included:
                listing.subfolders.append(child)
            else:
                listing.leave_out(name, child.verdict.reason)
        elif entry.is_file(follow_symlinks=False):
            _judge_file(folder, name, entry, listing)
        else:
            listing.leave_out(name, _ODD)


def _judge_file(
    folder: FolderRules, name: bytes, entry: os.DirEntry[str] | os.DirEntry[bytes], listing: FolderListing
) -> None:
    try:
        identity = identity_of(entry.stat(follow_symlinks=False))
    except OSError as error:
        if error.errno != errno.ENOENT:  # gone since it was listed: then it is simply not there
            raise
        return
    verdict = folder.file(name, identity.size_bytes)
    if verdict.is_included:
        listing.files.append(ScannedFile(name, identity, verdict))
    else:
        listing.leave_out(name, verdict.reason)


@contextmanager
def _opened(path: bytes) -> Iterator[tuple[os.stat_result, Iterator[os.DirEntry[str]] | Iterator[os.DirEntry[bytes]]]]:
    """A folder's status and its entries, both of the same folder whatever is renamed meanwhile."""
    if os.scandir not in os.supports_fd:
        with os.scandir(path) as by_name:
            yield os.lstat(path), by_name
        return
    descriptor = open_folder(path)
    try:
        with os.scandir(descriptor) as by_descriptor:
            yield os.fstat(descriptor), by_descriptor
    finally:
        os.close(descriptor)
