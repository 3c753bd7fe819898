"""Which of very many vectors are near each other: exact, in blocks, with memory for the answer alone. Knows no store.

A projection onto the directions in which the vectors spread most never makes a distance longer, so what is far apart
there is far apart; only what is near there is measured in full. Sorted along the first of these directions, most
blocks need not be compared at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from finder.vectors import Float32Array, Int64Array

_BLOCK = 2_048
_PROJECTED = 96
"""Directions: a quarter of the work of 384, and few pairs are measured in vain. With 32, thrice as many seconds went
into pairs of one crowd, which differ in many directions by a little each."""
_SAMPLE = 4_096
"""Vectors that the directions are taken from."""


class _Nearest:
    """For each of N vectors the nearest few that were offered."""

    def __init__(self, count: int, kept: int) -> None:
        self.others = np.zeros((count, kept), np.int64)
        """(N, K) row numbers; without meaning where the distance is infinite."""
        self.distances = np.full((count, kept), np.inf, np.float32)
        """(N, K), in no order."""

    def offer(self, rows: Int64Array, others: Int64Array, distances: Float32Array) -> None:
        """Offer `others` (M,) to `rows` (R,), infinitely far where they are not wanted: (R, M) distances."""
        kept = self.others.shape[1]
        if len(others) > kept:
            best = np.argpartition(distances, kept - 1, axis=1)[:, :kept]  # (R, K)
            distances, offered = np.take_along_axis(distances, best, 1), others[best]
        else:
            offered = np.broadcast_to(others, distances.shape)
        merged = np.concatenate((self.distances[rows], distances), 1)
        best = np.argpartition(merged, kept - 1, axis=1)[:, :kept]
        self.distances[rows] = np.take_along_axis(merged, best, 1)
        self.others[rows] = np.take_along_axis(np.concatenate((self.others[rows], offered), 1), best, 1)


def near_pairs(
    vectors: Float32Array, distance: float, kept: int, on_progress: Callable[[int, int], None]
) -> tuple[Int64Array, Float32Array]:
    """Pairs of vectors that lie at most `distance` apart.

    Args:
        vectors: (N, D) of norm 1.
        kept: of each vector its so many nearest: a form that was filled in 10,000 times is near itself everywhere.
        on_progress: told how many of how many blocks are done; it may raise to end this.
    Returns:
        (P, 2) row numbers, the lower first, each pair once; (P,) L2 distances.
    """
    if len(vectors) < 2:
        return np.empty((0, 2), np.int64), np.empty(0, np.float32)
    projected = _projected(vectors)  # (N, P)
    order = np.argsort(projected[:, 0], kind="stable")
    projected = projected[order]
    nearest = _Nearest(len(vectors), kept)
    blocks = range(0, len(vectors), _BLOCK)
    for number, start in enumerate(blocks):
        on_progress(number, len(blocks))
        for rows, others in _near_in_projection(projected, start, distance):
            one, other = order[rows], order[others]
            found = _distances(vectors[one], vectors[other])  # (R, M)
            found[(found > distance) | (others[None, :] <= rows[:, None])] = np.inf
            nearest.offer(one, other, found)
            nearest.offer(other, one, found.T)
    on_progress(len(blocks), len(blocks))
    return _unique_pairs(nearest)


def _distances(some: Float32Array, others: Float32Array) -> Float32Array:
    """L2 distances between vectors of norm 1: (R, D) and (M, D) to (R, M)."""
    found: Float32Array = np.sqrt(np.maximum(0.0, 2 - 2 * (some @ others.T)))
    return found


def _projected(vectors: Float32Array) -> Float32Array:
    """(N, P): along the directions in which a sample of the vectors spreads most, the widest first."""
    sample = vectors[:: max(1, len(vectors) // _SAMPLE)]
    mean = sample.mean(0)
    _, directions = np.linalg.eigh((sample - mean).T @ (sample - mean))  # ascending
    widest: Float32Array = directions[:, ::-1][:, :_PROJECTED].astype(np.float32)  # (D, P)
    projected: Float32Array = vectors @ widest - mean @ widest  # without a second copy of all vectors
    return projected


def _near_in_projection(
    projected: Float32Array, start: int, distance: float
) -> Iterator[tuple[Int64Array, Int64Array]]:
    """(rows, others) among which there are pairs that may be near: rows of one block, others from it on, by pieces."""
    block = projected[start : start + _BLOCK]
    limit = distance**2 + 1e-4  # what rounding may do
    end = int(np.searchsorted(projected[:, 0], block[-1, 0] + distance, side="right"))
    for first in range(start, end, _BLOCK):
        piece = projected[first : min(end, first + _BLOCK)]
        may_be_near = _left(block) @ _right(piece).T <= limit
        if first == start:
            may_be_near = np.triu(may_be_near, 1)
        rows, others = np.flatnonzero(may_be_near.any(1)), np.flatnonzero(may_be_near.any(0))
        if len(rows):
            yield rows + start, others + first


def _left(vectors: Float32Array) -> Float32Array:
    """With `_right` one product gives squared distances: |a - b|^2 = (-2a, |a|^2, 1) . (b, 1, |b|^2)."""
    ones = np.ones((len(vectors), 1), np.float32)
    return np.hstack((-2 * vectors, (vectors**2).sum(1, keepdims=True), ones))


def _right(vectors: Float32Array) -> Float32Array:
    ones = np.ones((len(vectors), 1), np.float32)
    return np.hstack((vectors, ones, (vectors**2).sum(1, keepdims=True)))


def _unique_pairs(nearest: _Nearest) -> tuple[Int64Array, Float32Array]:
    rows, places = np.nonzero(np.isfinite(nearest.distances))
    pairs = np.sort(np.stack((rows, nearest.others[rows, places]), 1), 1)  # (P, 2)
    pairs, first = np.unique(pairs, axis=0, return_index=True)
    return pairs, nearest.distances[rows, places][first]
