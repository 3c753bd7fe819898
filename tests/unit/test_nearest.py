"""Which index answers a search by meaning, and that every answer is whole, live and there once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from finder.errors import ServiceError
from finder.search.nearest import NearestVectors
from finder.vectors import Float16Array, Float32Array, Int64Array, VectorHits

_ROWS = 40


class Everything:
    """The truth and the exact scan over it: vector n lies the nearer to the query, the lower n is."""

    def __init__(self) -> None:
        angles = np.arange(1, _ROWS + 1) / _ROWS
        self.vectors = {n + 1: np.array([np.cos(a), np.sin(a)], np.float16) for n, a in enumerate(angles)}

    def read(self, seqs: Int64Array) -> tuple[Int64Array, Float16Array]:
        alive = [seq for seq in seqs.tolist() if seq in self.vectors]
        rows = [self.vectors[seq] for seq in alive]
        return np.array(alive, np.int64), np.array(rows, np.float16).reshape(len(rows), 2)

    def seqs_after(self, seq: int) -> Int64Array:
        return np.array([known for known in self.vectors if known > seq], np.int64)

    def refresh(self) -> int:
        return 0

    def search(
        self,
        query: Float32Array,
        k: int,
        allowed: Int64Array | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> VectorHits:
        seqs, vectors = self.read(np.array(list(self.vectors), np.int64) if allowed is None else allowed)
        scores = vectors.astype(np.float32) @ query
        best = np.argsort(-scores)[:k]
        return VectorHits(seqs[best], scores[best])


class Store:
    """The persistent index: holds all up to `last`, while its mark is said to be `mark`."""

    def __init__(self, mark: int | None, last: int) -> None:
        self.mark = mark
        self.count = last
        self.is_down = False

    def search(self, query: Float32Array, k: int) -> VectorHits:
        if self.is_down:
            raise ServiceError("The vector store is being opened")
        seqs = np.arange(1, self.count + 1, dtype=np.int64)[:k]
        return VectorHits(seqs, np.ones(len(seqs), np.float32))


QUERY = np.array([1, 0], np.float32)


@pytest.mark.parametrize(
    ("mark", "last", "limit", "dead", "answered_by"),
    [
        (_ROWS, _ROWS, 10, 0, "chroma"),
        (_ROWS, _ROWS, 100, 0, "exact"),  # small enough to scan
        (None, _ROWS, 10, 0, "exact"),  # not open
        (35, 35, 10, 0, "chroma"),  # five newer ones are scanned beside it
        (4, _ROWS, 38, 0, "exact"),  # most of it was fed while the search was under way
        (4, _ROWS, 10, 0, "exact"),  # far behind
        (_ROWS, _ROWS, 10, 4, "chroma"),  # some of what it holds has died
        (_ROWS, _ROWS, 10, 8, "exact"),  # too much of what it names has died
    ],
)
def test_the_best_come_once_each_whichever_index_answers(
    mark: int | None, last: int, limit: int, dead: int, answered_by: str
) -> None:
    truth = Everything()
    for seq in range(1, dead + 1):
        del truth.vectors[seq]
    nearest = NearestVectors(truth, Store(mark, last), truth, limit)
    hits = nearest.search(QUERY, 6)
    assert hits.seqs.tolist() == list(range(dead + 1, dead + 7))
    assert dict(nearest.answered) == {answered_by: 1}


def test_newer_vectors_that_are_nearer_are_found_beside_the_store() -> None:
    truth = Everything()
    truth.vectors[100] = np.array([1, 0], np.float16)
    nearest = NearestVectors(truth, Store(_ROWS, _ROWS), truth, 10)
    assert nearest.search(QUERY, 3).seqs.tolist() == [100, 1, 2]


def test_a_filter_is_answered_exactly_and_a_store_that_is_down_is_done_without() -> None:
    truth, store = Everything(), Store(_ROWS, _ROWS)
    nearest = NearestVectors(truth, store, truth, 10)
    assert nearest.search(QUERY, 2, np.array([7, 9, 30], np.int64)).seqs.tolist() == [7, 9]
    store.is_down = True
    assert nearest.search(QUERY, 2).seqs.tolist() == [1, 2]
    assert dict(nearest.answered) == {"exact": 2}


@pytest.mark.parametrize(
    ("allowed", "expected", "answered_by"),
    [
        (range(2, _ROWS, 2), [2, 4, 6], "chroma"),
        (range(1, _ROWS, 6), [1, 7, 13], "exact"),  # so little that scanning it is faster
        (range(30, _ROWS), [30, 31, 32], "exact"),  # wide enough, and nothing of it is near
    ],
)
def test_a_wide_filter_is_answered_by_the_store_unless_that_leaves_too_few(
    allowed: range, expected: list[int], answered_by: str
) -> None:
    truth = Everything()
    nearest = NearestVectors(truth, Store(_ROWS, _ROWS), truth, 10)
    assert nearest.search(QUERY, 3, np.array(allowed, np.int64)).seqs.tolist() == expected
    assert dict(nearest.answered) == {answered_by: 1}
