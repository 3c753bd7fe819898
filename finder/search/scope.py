"""The folders a search is limited to, as the catalog knows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import apsw

from finder.search.memory import Memory
from finder.store import folders, lookup
from finder.store.lookup import FileCounts, IdSet
from finder.vectors import Int64Array


@dataclass(frozen=True)
class Scope:
    """Which files may be found; everything where `folder_ids` is None."""

    connection: apsw.Connection
    memory: Memory
    folder_ids: frozenset[int] | None
    """The folders asked for and all below them."""
    unknown: tuple[bytes, ...] = ()
    """Paths asked for that the catalog does not know."""

    def holds_file(self, file_id: int) -> bool:
        return self.folder_ids is None or file_id in self._files

    def holds_content(self, content_id: int) -> bool:
        return self.folder_ids is None or content_id in self._contents

    def holds_text(self, text_id: int) -> bool:
        return self.folder_ids is None or text_id in self._texts

    def seqs(self, space_id: int) -> Int64Array | None:
        """The sequence numbers of its texts in the space, ascending; None where everything may be found."""
        ids = self.folder_ids
        if ids is None:
            return None
        return self.memory.recall(("seqs", ids, space_id), lambda: lookup.seqs_in(self.connection, ids, space_id))

    def counts(self) -> FileCounts:
        """How far its files are."""
        return self.memory.recall(
            ("counts", self.folder_ids), lambda: lookup.count_files(self.connection, self.folder_ids)
        )

    def count_without_meaning(self, space_id: int) -> int:
        """Its files that still wait for a vector in the space."""
        return self.memory.recall(
            ("without meaning", self.folder_ids, space_id),
            lambda: lookup.count_files_without_meaning(self.connection, space_id, self.folder_ids),
        )

    @cached_property
    def _files(self) -> IdSet:
        ids = self.folder_ids or frozenset()
        return self.memory.recall(("files", ids), lambda: lookup.files_in(self.connection, ids))

    @cached_property
    def _contents(self) -> IdSet:
        ids = self.folder_ids or frozenset()
        return self.memory.recall(("contents", ids), lambda: lookup.contents_in(self.connection, ids))

    @cached_property
    def _texts(self) -> IdSet:
        ids = self.folder_ids or frozenset()
        return self.memory.recall(("texts", ids), lambda: lookup.texts_in(self.connection, ids))


def scope_of(connection: apsw.Connection, memory: Memory, paths: Sequence[bytes]) -> Scope:
    """The scope of a search in these folders; in all where there are none, or where they hold every root."""
    if not paths:
        return Scope(connection, memory, None)
    known = {path: folders.folder_at(connection, path) for path in paths}
    found = [folder_id for folder_id in known.values() if folder_id is not None]
    unknown = tuple(path for path, folder_id in known.items() if folder_id is None)
    if not unknown and {root.folder_id for root in folders.roots(connection)} <= set(found):
        return Scope(connection, memory, None)
    return Scope(connection, memory, lookup.subtrees(connection, found), unknown)
