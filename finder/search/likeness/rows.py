"""Rows of files that are like others: from the catalog's files to files that are there, as results show them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass

import apsw

from finder.files.identity import identity_of, lstat
from finder.paths import display, path_to_uri
from finder.search.likeness.related import RelatedFile, Relation
from finder.search.likeness.same_bytes import FileBytes
from finder.search.results import IsHidden, found_passage, iso_time
from finder.search.words import EqualWords
from finder.store import folders, lookup
from finder.store.comparing import IndexedFile
from finder.types import FileState, Strength

_NO_WORDS = EqualWords([])


@dataclass(frozen=True, slots=True)
class LiveFile:
    """A file of the catalog that is there."""

    file: IndexedFile
    path: bytes
    status: os.stat_result
    file_bytes: FileBytes

    @property
    def is_as_indexed(self) -> bool:
        """True where nothing suggests that its bytes are others than those the catalog knows.

        A new link to a file changes its time of change, and so do rights: then the bytes tell.
        """
        if self.file.state is FileState.WAITING:  # the catalog knows of the change, and has its former text
            return False
        before, now = self.file.identity, identity_of(self.status)
        if self.file.hash is None:
            return now.size_bytes == before.size_bytes
        if now.same_bytes_as(before):
            return True
        if now.size_bytes != before.size_bytes or now.mtime_ns != before.mtime_ns:
            return False
        return self.file_bytes.have_hash(self.file.name, self.file.hash)

    @property
    def inode(self) -> tuple[int, int]:
        """What all names of one file have in common, at this moment."""
        return self.status.st_dev, self.status.st_ino


class LiveFiles:
    """Says which files of the catalog are there and may be shown."""

    def __init__(
        self, connection: apsw.Connection, is_hidden: IsHidden | None, checkpoint: Callable[[], None] = lambda: None
    ) -> None:
        """
        Args:
            is_hidden: what the catalog still has and is not to be shown; None where there is nothing.
            checkpoint: called while bytes of a file are read; it may raise to end this.
        """
        self._checkpoint = checkpoint
        self._paths = lookup.FolderPaths(connection)
        self._is_hidden = is_hidden
        self._roots = folders.roots(connection)

    def live(self, file: IndexedFile) -> LiveFile | None:
        """None where it is gone, on a drive that is away, or not to be shown."""
        folder = self._paths.path(file.folder_id)
        if folder is None or self._is_away(folder):
            return None
        path = os.path.join(folder, file.name)
        try:
            status = lstat(path)
        except OSError:
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        if self._is_hidden is not None and self._is_hidden(folder, file.name, status.st_size):
            return None
        return LiveFile(file, path, status, FileBytes(path, self._checkpoint))

    def _is_away(self, folder: bytes) -> bool:
        """Such a file is not even asked for: a drive may hang, or another stand in its place."""
        root = folders.innermost(self._roots, folder)
        return root is not None and not root.is_online


def row(
    live: LiveFile,
    relation: Relation,
    share: float,
    score: float,
    strength: Strength,
    passages: list[lookup.PassageInfo],
    copies: list[LiveFile],
) -> RelatedFile:
    """One row.

    Args:
        passages: what is shown of it.
        copies: other files with equal bytes.
    """
    return RelatedFile(
        uri=path_to_uri(live.path),
        path=display(live.path),
        name=display(live.file.name),
        score=round(min(1.0, max(0.0, score)), 6),
        strength=strength,
        why=["name"] if live.file.content_id is None else ["meaning"] if relation == "subject" else ["words"],
        reason=_reason(live, relation, share),
        reach="name" if live.file.content_id is None else "meaning",
        name_words=[],
        modified=iso_time(live.status.st_mtime),
        size_bytes=live.status.st_size,
        type=live.file.type,
        copies=[display(copy.path) for copy in copies],
        passages=[found_passage(passage, _NO_WORDS) for passage in passages],
        is_offline=False,
        relation=relation,
        share=round(share, 4),
    )


def _reason(live: LiveFile, relation: Relation, share: float) -> str:
    """Why it is shown, in a plain line."""
    if relation == "copy":
        return "Equal bytes"
    if live.file.content_id is None:
        return "A like name; it has no text to compare"
    if relation == "version":
        return f"{min(share, 0.99):.0%} of the text is equal"  # nearly all is not all
    return "The same form, filled in with something else" if relation == "kind" else "Near in meaning"
