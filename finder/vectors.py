"""Embedding spaces, and the protocols of what makes vectors and what finds them. Imports numpy, no model library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Float32Array = NDArray[np.float32]
Float16Array = NDArray[np.float16]
Int64Array = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Space:
    """One embedding space: vectors are comparable within it and nowhere else."""

    key: str
    """Hex digest over weights, pooling, passage prefix and dimension."""
    model: str
    """The model's name, for showing."""
    dimension: int


class Embedder(Protocol):
    """Turns texts into vectors: the torch encoder, the worker in front of it, the deterministic one."""

    @property
    def space(self) -> Space: ...

    def embed_passages(self, texts: Sequence[str]) -> Float32Array:
        """(N, D) float32, each row of L2 norm 1 (within 1e-3)."""
        ...

    def embed_query(self, text: str, instruction: str | None = None) -> Float32Array:
        """(D,) float32 of L2 norm 1."""
        ...


@dataclass(frozen=True, slots=True)
class VectorHits:
    """The nearest vectors to a query, best first."""

    seqs: Int64Array
    """(K,) sequence numbers."""
    scores: Float32Array
    """(K,) cosine similarities, higher is better."""


class VectorIndex(Protocol):
    """Nearest neighbours by sequence number. Knows no files and no text."""

    def search(
        self,
        query: Float32Array,
        k: int,
        allowed: Int64Array | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> VectorHits:
        """The k nearest to `query` (D,), among the sorted sequence numbers `allowed` where given.

        Raises:
            CancelledError: `is_cancelled` said so before it was done; what takes long looks at it now and then.
        """
        ...
