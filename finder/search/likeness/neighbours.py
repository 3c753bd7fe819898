"""Which documents are worth comparing with one: those near it in meaning, in its language or another, and those that
share passages with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from functools import cached_property

import apsw
import numpy as np

from finder.search.likeness.portrait import Portrait
from finder.search.likeness.unrelated import Unrelated
from finder.search.searcher import SpaceSearch
from finder.store import comparing, lookup
from finder.store.documents import mean_vectors
from finder.store.lookup import IdSet
from finder.vectors import Float32Array, Int64Array

_PROBES = 6
"""Passages that are searched for on their own, besides the document's centroid: a version may share a part alone."""
_DEPTH = 120
_MEASURED = 500
"""Documents whose vectors are compared."""
_JUDGED = 80
"""The nearest so many candidates are compared word by word."""


class Neighbours:
    """Finds the neighbours of documents, for one request."""

    def __init__(
        self,
        connection: apsw.Connection,
        space: SpaceSearch,
        folder_ids: frozenset[int] | None,
        checkpoint: Callable[[], None],
    ) -> None:
        """
        Args:
            folder_ids: only files directly in one of these; everywhere where None.
            checkpoint: called between the steps; it may raise to end this.
        """
        self._connection = connection
        self._space = space
        self._folder_ids = folder_ids
        self._checkpoint = checkpoint

    def of(self, portrait: Portrait) -> list[tuple[int, float]]:
        """(content id, z of its meaning; 0 where not known) of those that are worth comparing."""
        shared = self._sharing_passages(portrait)
        if portrait.vector is None:
            return [(content_id, 0.0) for content_id in shared]
        unrelated = Unrelated(self._connection, self._space.space_id, portrait.vector, portrait.language)
        near = self._near(portrait.vectors, [portrait.vector, *unrelated.elsewhere()])
        ids = np.array(sorted({*near, *shared}), np.int64)
        means, _ = mean_vectors(self._connection, self._space.space_id, ids, len(portrait.vector))  # (N, D)
        z = unrelated.z(means, comparing.languages_of(self._connection, ids))  # (N,)
        nearness: dict[int, float] = dict(zip(ids.tolist(), z.tolist(), strict=True))
        ranked = sorted(nearness, key=lambda content_id: -nearness[content_id])
        kept = dict.fromkeys([*ranked[:_JUDGED], *shared])
        return [(content_id, nearness[content_id]) for content_id in kept]

    def _near(self, passages: Float32Array, wholes: list[Float32Array]) -> list[int]:
        """The contents with most passages that are near the document as a whole, or one of its passages (N, D)."""
        probes = np.unique(np.linspace(0, len(passages) - 1, min(_PROBES, len(passages)), dtype=int))
        allowed = self._allowed
        seqs: set[int] = set()
        for query in (*wholes, *passages[probes]):
            self._checkpoint()
            seqs.update(self._space.index.search(query, _DEPTH, allowed).seqs.tolist())
        text_ids = lookup.texts_of_seqs(self._connection, self._space.space_id, seqs).values()
        return self._holders(set(text_ids), _MEASURED)

    @cached_property
    def _allowed(self) -> Int64Array | None:
        if self._folder_ids is None:
            return None
        return lookup.seqs_in(self._connection, self._folder_ids, self._space.space_id)

    def _sharing_passages(self, portrait: Portrait) -> list[int]:
        """The contents that hold most of the document's very passages."""
        return self._holders(portrait.text_ids, _JUDGED)

    def _holders(self, text_ids: Collection[int], limit: int) -> list[int]:
        """The contents in these folders that hold most of these texts."""
        wanted = self._wanted
        holders = lookup.contents_of(self._connection, text_ids, lambda id: wanted is None or id in wanted)
        counts = Counter(content_id for found in holders.values() for content_id, _ in found)
        return [content_id for content_id, _ in counts.most_common(limit)]

    @cached_property
    def _wanted(self) -> IdSet | None:
        return None if self._folder_ids is None else lookup.contents_in(self._connection, self._folder_ids)
