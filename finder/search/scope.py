"""The folders a search is limited to, as the catalog knows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import apsw

from finder.store import folders, lookup


@dataclass(frozen=True)
class Scope:
    """Which files may be found; everything where `folder_ids` is None."""

    connection: apsw.Connection
    folder_ids: frozenset[int] | None
    """The folders asked for and all below them."""
    unknown: tuple[bytes, ...] = ()
    """Paths asked for that the catalog does not know."""

    @cached_property
    def text_ids(self) -> frozenset[int]:
        """The texts of the files in `folder_ids`."""
        return lookup.texts_in_folders(self.connection, self.folder_ids or ())

    def holds_folder(self, folder_id: int) -> bool:
        return self.folder_ids is None or folder_id in self.folder_ids

    def holds_text(self, text_id: int) -> bool:
        return self.folder_ids is None or text_id in self.text_ids


def scope_of(connection: apsw.Connection, paths: Sequence[bytes]) -> Scope:
    """The scope of a search in these folders; in all where there are none, or where they hold every root."""
    if not paths:
        return Scope(connection, None)
    known = {path: folders.folder_at(connection, path) for path in paths}
    found = [folder_id for folder_id in known.values() if folder_id is not None]
    unknown = tuple(path for path, folder_id in known.items() if folder_id is None)
    if not unknown and {root.folder_id for root in folders.roots(connection)} <= set(found):
        return Scope(connection, None)
    return Scope(connection, lookup.subtrees(connection, found), unknown)
