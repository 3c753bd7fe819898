"""Which vector index answers: the exact scan, or Chroma where it is faster and nothing, or little, is filtered out.

Chroma's hits are scored again with the catalog's vectors, which also tells the dead from the living; what it does not
hold yet is searched exactly beside it. Where that leaves too few, or Chroma is not there, the exact scan answers.
"""

from __future__ import annotations

import collections
import logging
import math
from collections.abc import Callable
from typing import Protocol

import numpy as np

from finder.errors import EnvironmentFaultError, FinderError
from finder.vectors import Float16Array, Float32Array, Int64Array, VectorHits, VectorIndex

_log = logging.getLogger(__name__)

_MORE_THAN_ASKED = 2
"""Chroma is asked for so many times k: some of what it holds has died."""

_WIDE = 0.2
"""A filter that lets through this share or more is no reason to scan everything else too."""
_MORE_THAN_WANTED = 1.5
"""What is near a query is rarely spread over a filter as everything is."""


class ApproximateIndex(Protocol):
    """The persistent index in a process of its own, as the feeding stage keeps it."""

    @property
    def mark(self) -> int | None:
        """Everything up to this sequence number is in it; None while it cannot answer."""
        ...

    @property
    def count(self) -> int: ...

    def search(self, query: Float32Array, k: int) -> VectorHits: ...


class ExactSearch(VectorIndex, Protocol):
    """The scan over everything, as far as it has taken in what the catalog holds."""

    def refresh(self) -> int: ...


class VectorTruth(Protocol):
    """The catalog's vectors of one space."""

    def read(self, seqs: Int64Array) -> tuple[Int64Array, Float16Array]: ...
    def seqs_after(self, seq: int) -> Int64Array: ...


class NearestVectors:
    """Implements `VectorIndex` over both indexes."""

    def __init__(
        self, exact: ExactSearch, approximate: ApproximateIndex, truth: VectorTruth, exact_search_limit: int
    ) -> None:
        """
        Args:
            exact_search_limit: up to so many vectors in Chroma the exact scan is the faster one.
        """
        self._exact = exact
        self._approximate = approximate
        self._truth = truth
        self.exact_search_limit = exact_search_limit
        self.answered: collections.Counter[str] = collections.Counter()
        """Searches answered by each index, for the status and for a test that Chroma is really used."""

    def search(
        self,
        query: Float32Array,
        k: int,
        allowed: Int64Array | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> VectorHits:
        hits = self._from_chroma(query, k) if allowed is None else self._filtered_from_chroma(query, k, allowed)
        if hits is not None:
            self.answered["chroma"] += 1
            return hits
        self.answered["exact"] += 1
        return self._scanned(query, k, allowed, is_cancelled)

    def _scanned(
        self,
        query: Float32Array,
        k: int,
        allowed: Int64Array | None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> VectorHits:
        try:
            self._exact.refresh()
        except EnvironmentFaultError as error:  # a full disk: what was taken in before still answers
            _log.warning("The exact search could not take in the newest vectors: %s", error)
        return self._exact.search(query, k, allowed, is_cancelled)

    def _filtered_from_chroma(self, query: Float32Array, k: int, allowed: Int64Array) -> VectorHits | None:
        """Where most is wanted: as much more is asked for as is not. None where that leaves too few."""
        share = len(allowed) / max(1, self._approximate.count)
        near = self._from_chroma(query, math.ceil(_MORE_THAN_WANTED * k / share)) if share >= _WIDE else None
        if near is None:
            return None
        wanted = np.flatnonzero(np.isin(near.seqs, allowed))[:k]
        return VectorHits(near.seqs[wanted], near.scores[wanted]) if len(wanted) == k else None

    def _from_chroma(self, query: Float32Array, k: int) -> VectorHits | None:
        mark = self._approximate.mark
        if mark is None or self._approximate.count <= self.exact_search_limit:
            return None
        try:
            near = self._approximate.search(query, k * _MORE_THAN_ASKED)
        except FinderError as error:
            _log.info("Chroma did not answer, the exact search does: %s", error.title)
            return None
        # Past the mark the exact scan answers: what was fed since the mark was read would stand twice.
        seqs, vectors = self._truth.read(near.seqs[near.seqs <= mark])
        unseen = self._truth.seqs_after(mark)
        if len(seqs) < min(k, self._approximate.count) or len(unseen) > self.exact_search_limit:
            return None
        scores = vectors.astype(np.float32) @ query  # (N,)
        if len(unseen):
            tail = self._scanned(query, k, unseen)
            seqs, scores = np.concatenate([seqs, tail.seqs]), np.concatenate([scores, tail.scores])
        best = np.argsort(-scores, kind="stable")[:k]
        return VectorHits(seqs[best], scores[best])
