"""What a cosine between two documents is worth: how a document stands to those that have nothing to do with it.

Like `background`, for whole documents, and such that an index which is mostly about the document's own subject does
not hide that: the middle and what lies below it tell of the unrelated, however many related ones lie above.
"""

from __future__ import annotations

import apsw
import numpy as np

from finder.search.background import writing_of
from finder.store import comparing, documents
from finder.vectors import Float32Array

_SAMPLE = 200
_LEAST_SAMPLE = 12
"""Of fewer documents in one writing nothing can be said; all are taken then."""
_CHARS_LOOKED_AT = 300
_PRIOR_SPREAD = 0.1
"""Standard deviation of such cosines between unrelated documents, all-MiniLM-L6-v2 on mixed English text."""
_PRIOR_WEIGHT = 8


class Unrelated:
    """A sample of the documents in an index, as one document sees them."""

    def __init__(self, connection: apsw.Connection, space_id: int, vector: Float32Array, sample: str) -> None:
        """
        Args:
            vector: (D,) of norm 1, the document's.
            sample: how its text begins: documents in the same writing count.
        """
        picked = comparing.sample_contents(connection, _SAMPLE)
        vectors, counts = documents.mean_vectors(connection, space_id, picked, len(vector))
        writing = writing_of(sample)
        openings = (documents.opening(connection, id, 1, _CHARS_LOOKED_AT) for id in picked.tolist())
        is_same = np.array([writing_of(text) == writing for text in openings], bool)
        is_known = counts > 0
        wanted = is_known & is_same if (is_known & is_same).sum() >= _LEAST_SAMPLE else is_known
        self._centre = vectors[wanted].mean(0) if wanted.sum() >= _LEAST_SAMPLE else np.zeros_like(vector)
        self._vector = _normal((vector - self._centre)[None])[0]
        cosines = self._cosines(vectors[wanted])
        self._middle = float(np.median(cosines)) if len(cosines) else 0.0
        below = self._middle - cosines[cosines <= self._middle]
        variance = (float((below**2).sum()) + _PRIOR_WEIGHT * _PRIOR_SPREAD**2) / (len(below) + _PRIOR_WEIGHT)
        self._spread = variance**0.5

    def z(self, vectors: Float32Array) -> Float32Array:
        """How near documents (N, D) are, in standard deviations above unrelated ones: (N,)."""
        z: Float32Array = (self._cosines(vectors) - self._middle) / self._spread
        return z

    def _cosines(self, vectors: Float32Array) -> Float32Array:
        """With the direction that all documents share taken out."""
        cosines: Float32Array = _normal(vectors - self._centre) @ self._vector
        return cosines


def _normal(vectors: Float32Array) -> Float32Array:
    normal: Float32Array = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    return normal
