"""The files that a search is limited to: folders, filters, phrases and excluded words, resolved in the catalog first.

A filter is no sieve behind a ranking: what passes it is known before anything is ranked, so that an answer is never
empty for want of having looked deep enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import apsw
import numpy as np

from finder.search.language.filters import Field, Filter
from finder.search.memory import Memory
from finder.search.places import folders_named
from finder.search.query import Query
from finder.store import facets, folders, lookup, phrases
from finder.store.facets import Among, Asked, Condition, FileRows
from finder.store.holdings import BoolArray, Holdings
from finder.store.lookup import FileCounts, IdSet
from finder.types import FileType
from finder.vectors import Int64Array


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

    def newest(self, limit: int) -> list[int]:
        """Up to `limit` of its files, the most recently changed first."""
        return facets.newest(self.connection, self._rows.ids, limit)

    def types(self) -> dict[FileType, int]:
        """How many of its files there are of each type."""
        key = ("types", self.limits)
        return self.memory.recall(key, lambda: facets.types_of(self.connection, self._rows.ids))

    def counts(self) -> FileCounts:
        """How far its files are."""
        return self.memory.recall(("counts", self.limits), self._counted)

    def count_without_meaning(self, space_id: int) -> int:
        """Its files that still wait for a vector in the space."""
        return self.memory.recall(
            ("without meaning", self.limits, space_id), lambda: self._counted_without_meaning(space_id)
        )

    def _counted(self) -> FileCounts:
        if not self.is_limited:
            return lookup.count_files(self.connection)
        waiting, failed = (
            int(np.isin(self._rows.ids, facets.in_state(self.connection, state)).sum())
            for state in ("waiting", "failed")
        )
        return FileCounts(len(self._rows.ids) - waiting - failed, waiting, failed)

    def _counted_without_meaning(self, space_id: int) -> int:
        if not self.is_limited:
            return lookup.count_files_without_meaning(self.connection, space_id)
        if not replace(self, limits=Limits()).count_without_meaning(space_id):
            return 0
        waits = self.holdings.without_vector(self.connection, space_id, self._content_mask)
        return int(waits[self._rows.contents].sum())

    @cached_property
    def _rows(self) -> FileRows:
        key = ("rows", self.limits)
        return self.memory.recall(key, lambda: _resolved(self.connection, self.holdings, self.limits))

    @cached_property
    def _content_mask(self) -> BoolArray:
        mask = _mask(self._rows.contents)
        mask[0] = False  # no content
        return mask

    @cached_property
    def _text_mask(self) -> BoolArray:
        return self.holdings.texts_in(self.connection, self._content_mask)

    @cached_property
    def _files(self) -> IdSet:
        return self.memory.recall(("files", self.limits), lambda: IdSet(self._rows.ids))

    @cached_property
    def _contents(self) -> IdSet:
        return self.memory.recall(("contents", self.limits), lambda: IdSet(self._rows.contents))

    @cached_property
    def _texts(self) -> IdSet:
        return self.memory.recall(("texts", self.limits), lambda: IdSet(np.flatnonzero(self._text_mask)))


def scope_of(
    connection: apsw.Connection,
    memory: Memory,
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
    return Scope(connection, memory, holdings, limits, unknown)


def _resolved(connection: apsw.Connection, holdings: Holdings, limits: Limits) -> FileRows:
    occurrences = [_Occurrence.of(connection, holdings, phrase) for phrase in limits.phrases]
    few = [files for one in occurrences if (files := one.files(connection)) is not None]
    asked = _asked(connection, limits)
    rows = facets.files_where(connection, replace(asked, among=(*few, *asked.among)))
    if limits.contents is not None:
        rows = rows.kept(_among(_mask(np.array(sorted(limits.contents), np.int64)), rows.contents))
    for is_negated in (False, True):
        if codes := _values(limits, "lang", is_negated):
            spoken = _mask(facets.contents_in_languages(connection, codes))
            rows = rows.kept(_among(spoken, rows.contents) != is_negated)
    for one in occurrences:
        rows = rows.kept(one.among(rows))
    for phrase in limits.excluded:
        rows = rows.kept(~_Occurrence.of(connection, holdings, phrase).among(rows))
    return rows


@dataclass(frozen=True, slots=True)
class _Occurrence:
    """Where a phrase stands: in the text of contents, in the names of files."""

    contents: BoolArray
    """A mask over ids."""
    named: Int64Array

    @classmethod
    def of(cls, connection: apsw.Connection, holdings: Holdings, phrase: str) -> _Occurrence:
        contents = holdings.contents_with(connection, phrases.texts_with(connection, phrase))
        return cls(contents, phrases.files_named(connection, phrase))

    def among(self, rows: FileRows) -> BoolArray:
        """(N,) whether it stands in each file."""
        return _among(self.contents, rows.contents) | _among(_mask(self.named), rows.ids)

    def files(self, connection: apsw.Connection) -> Among | None:
        """The files in which it stands, where they are few: then no others need be looked at."""
        contents = np.flatnonzero(self.contents)
        if len(contents) + len(self.named) > facets.FEW:
            return None
        return Among("id", np.union1d(facets.files_with(connection, contents), self.named))


def _asked(connection: apsw.Connection, limits: Limits) -> Asked:
    among = [_folders(limits.folder_ids)] if limits.folder_ids is not None else []
    conditions: list[Condition] = []
    for is_negated in (False, True):
        chosen: list[Condition] = []
        if types := _values(limits, "type", is_negated):
            chosen.append(facets.of_types(types))
        if endings := _values(limits, "ext", is_negated):
            chosen.append(facets.with_endings(endings))
        conditions += [condition.negated() if is_negated else condition for condition in chosen]
        if names := _values(limits, "in", is_negated):
            ids = [id for name in names for id in folders_named(connection, name)]
            among.append(_folders(lookup.subtrees(connection, ids), is_negated))
    for one in limits.filters:
        if one.field == "name":
            named = [phrases.files_named(connection, value, is_beginning=True) for value in one.values]
            among.append(Among("id", np.unique(np.concatenate(named)), one.is_negated))
        if one.span is not None:
            column = "size_bytes" if one.field == "size" else "mtime_ns"
            condition = facets.within(column, one.span.least, one.span.below)
            conditions.append(condition.negated() if one.is_negated else condition)
    return Asked(tuple(conditions), tuple(among))


def _folders(ids: frozenset[int], is_negated: bool = False) -> Among:
    return Among("folder_id", np.array(sorted(ids), np.int64), is_negated)


def _values(limits: Limits, field: Field, is_negated: bool) -> list[str]:
    """All values of a field; of several filters any may hold, of negated ones none."""
    return [
        value
        for one in limits.filters
        if (one.field, one.is_negated) == (field, is_negated)
        for value in one.values
    ]  # fmt: skip


def _mask(ids: Int64Array) -> BoolArray:
    mask = np.zeros(int(ids.max(initial=0)) + 1, bool)
    mask[ids] = True
    return mask


def _among(mask: BoolArray, ids: Int64Array) -> BoolArray:
    """(N,) whether each id is in the mask; 0 is none."""
    chosen: BoolArray = mask[np.where(ids < len(mask), ids, 0)] & (ids < len(mask)) & (ids > 0)
    return chosen
