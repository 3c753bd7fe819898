"""The files that a search is limited to: folders, filters, phrases and excluded words, resolved in the catalog first.

A filter is no sieve behind a ranking: what passes it is known before anything is ranked, so that an answer is never
empty for want of having looked deep enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import apsw
import numpy as np

from finder.search.language.filters import Field, Filter
from finder.search.memory import Memory
from finder.search.places import folders_named
from finder.search.query import Query
from finder.store import folders, lookup, phrases
from finder.store.columns import Columns
from finder.store.facets import Facets, among, mask_of
from finder.store.holdings import Holdings
from finder.store.lookup import FileCounts, IdSet
from finder.types import FileType
from finder.vectors import BoolArray, Int64Array

_FACETS: tuple[Field, ...] = ("type", "ext", "in", "lang")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a search is limited to. Equal limits are equal values."""

    folder_ids: frozenset[int] | None = None
    """The folders of the request and all below them; None for all."""
    filters: tuple[Filter, ...] = ()
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    contents: frozenset[int] | None = None
    """The contents that may be found; None for all."""

    @property
    def is_nothing(self) -> bool:
        is_everywhere = self.folder_ids is None and self.contents is None
        return is_everywhere and not (self.filters or self.phrases or self.excluded)


@dataclass(frozen=True)
class Scope:
    """Which files may be found."""

    connection: apsw.Connection
    memory: Memory
    columns: Columns
    holdings: Holdings
    limits: Limits = Limits()
    unknown: tuple[bytes, ...] = ()
    """Paths asked for that the catalog does not know."""

    @property
    def is_limited(self) -> bool:
        """False where everything may be found."""
        return not self.limits.is_nothing

    def holds_file(self, file_id: int) -> bool:
        return not self.is_limited or file_id in self._files

    def holds_content(self, content_id: int) -> bool:
        return not self.is_limited or content_id in self._contents

    @property
    def texts(self) -> IdSet | None:
        """Its texts; None where everything may be found."""
        return self._texts if self.is_limited else None

    @property
    def files(self) -> IdSet | None:
        """Its files; None where everything may be found."""
        return self._files if self.is_limited else None

    def seqs(self, space_id: int) -> Int64Array | None:
        """The sequence numbers of its texts in the space, ascending; None where everything may be found."""
        if not self.is_limited:
            return None
        key = ("seqs", self.limits, space_id)
        return self.memory.recall(key, lambda: self.holdings.seqs_of(self.connection, space_id, self._text_mask))

    @cached_property
    def folder_paths(self) -> lookup.FolderPaths:
        return lookup.FolderPaths(self.connection, self.memory.recall("folder paths", dict[int, bytes]))

    def newest(self, limit: int) -> list[int]:
        """Up to `limit` of its files, the most recently changed first."""
        return self._chosen.facets.newest(self._chosen.files, limit)

    def types(self) -> dict[FileType, int]:
        """How many of its files there are of each type."""
        return self._chosen.facets.types_of(self._chosen.files)

    def count_outside(self, content_ids: Iterable[int]) -> int:
        """How many files hold any of these contents and are none of its own."""
        facets, files = self._chosen.facets, self._chosen.files
        holders = among(mask_of(np.array(list(content_ids), np.int64)), facets.contents)
        return int(np.count_nonzero(holders & ~files))

    def counts(self) -> FileCounts:
        """How far its files are."""
        return self.memory.recall_lately(("counts", self.limits), self._counted)

    def count_without_meaning(self, space_id: int) -> int:
        """Its files that still wait for a vector in the space."""
        return self.memory.recall_lately(
            ("without meaning", self.limits, space_id), lambda: self._counted_without_meaning(space_id)
        )

    def _counted(self) -> FileCounts:
        if not self.is_limited:
            return lookup.count_files(self.connection)
        facets, files = self._chosen.facets, self._chosen.files
        waiting, failed = facets.count(files, "waiting"), facets.count(files, "failed")
        return FileCounts(int(np.count_nonzero(files)) - waiting - failed, waiting, failed)

    def _counted_without_meaning(self, space_id: int) -> int:
        if not self.is_limited:
            return lookup.count_files_without_meaning(self.connection, space_id)
        if not replace(self, limits=Limits()).count_without_meaning(space_id):
            return 0
        waits = self.holdings.without_vector(self.connection, space_id, self._content_mask)
        return int(waits[self._chosen.contents].sum())

    @cached_property
    def _chosen(self) -> _Chosen:
        return self.memory.recall(("chosen", self.limits), self._resolved)

    @cached_property
    def _content_mask(self) -> BoolArray:
        mask = mask_of(self._chosen.contents)
        mask[0] = False  # no content
        return mask

    @cached_property
    def _text_mask(self) -> BoolArray:
        return self.memory.recall(
            ("text mask", self.limits), lambda: self.holdings.texts_in(self.connection, self._content_mask)
        )

    @cached_property
    def _files(self) -> IdSet:
        return IdSet(self._chosen.files)

    @cached_property
    def _contents(self) -> IdSet:
        return IdSet(self._content_mask)

    @cached_property
    def _texts(self) -> IdSet:
        return IdSet(self._text_mask)

    def _resolved(self) -> _Chosen:
        facets, limits = Facets.now(self.connection, self.columns), self.limits
        files = facets.all()
        if limits.folder_ids is not None:
            files &= facets.in_folders(limits.folder_ids)
        if limits.contents is not None:
            files &= among(mask_of(np.array(sorted(limits.contents), np.int64)), facets.contents)
        for is_negated in (False, True):
            for field in _FACETS:
                # Of several filters any may hold, of negated ones none.
                asked = [one for one in limits.filters if (one.field, one.is_negated) == (field, is_negated)]
                if values := [value for one in asked for value in one.values]:
                    files &= self._with_facet(facets, field, values) != is_negated
        for one in limits.filters:
            if (fitting := self._fitting(facets, one)) is not None:
                files &= fitting != one.is_negated
        for phrase in limits.phrases:
            files &= self._holding(facets, phrase)
        for phrase in limits.excluded:
            files &= ~self._holding(facets, phrase)
        return _Chosen(facets, files)

    def _with_facet(self, facets: Facets, field: Field, values: list[str]) -> BoolArray:
        """The files with any of these types, endings or languages, or in any folder that is called so."""
        if field == "type":
            return facets.of_types(values)
        if field == "ext":
            return facets.with_endings(values)
        if field == "lang":
            return facets.in_languages(values)
        ids = [id for name in values for id in folders_named(self.connection, name)]
        return facets.in_folders(lookup.subtrees(self.connection, ids))

    def _fitting(self, facets: Facets, one: Filter) -> BoolArray | None:
        """The files whose name, date or size fits; None where the filter asks for none of them."""
        if one.field == "name":
            named = [phrases.files_named(self.connection, value, is_beginning=True) for value in one.values]
            return among(mask_of(np.concatenate(named)), facets.ids)
        if one.span is not None:
            return facets.within("size_bytes" if one.field == "size" else "mtime_ns", one.span.least, one.span.below)
        return None

    def _holding(self, facets: Facets, phrase: str) -> BoolArray:
        """The files in which a phrase stands: in the text or in the name."""
        texts = phrases.texts_with(self.connection, phrase)
        contents = self.holdings.contents_with(self.connection, texts)
        named = mask_of(phrases.files_named(self.connection, phrase))
        return among(contents, facets.contents) | among(named, facets.ids)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Files of one moment."""

    facets: Facets
    files: BoolArray
    """A mask over ids."""

    @property
    def contents(self) -> Int64Array:
        """(N,) the content of each, 0 where it has none."""
        return self.facets.contents[self.files]


def scope_of(
    connection: apsw.Connection,
    memory: Memory,
    columns: Columns,
    holdings: Holdings,
    paths: Sequence[bytes],
    query: Query,
    contents: frozenset[int] | None = None,
) -> Scope:
    """The scope of a query in these folders; in all where there are none, or where they hold every root."""
    limits = Limits(None, tuple(query.filters), tuple(query.phrases), tuple(query.excluded), contents)
    known = {path: folders.folder_at(connection, path) for path in paths}
    found = [folder_id for folder_id in known.values() if folder_id is not None]
    unknown = tuple(path for path, folder_id in known.items() if folder_id is None)
    is_all = not unknown and {root.folder_id for root in folders.roots(connection)} <= set(found)
    if paths and not is_all:
        limits = replace(limits, folder_ids=lookup.subtrees(connection, found))
    return Scope(connection, memory, columns, holdings, limits, unknown)
