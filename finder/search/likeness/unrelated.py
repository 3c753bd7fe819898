"""What a cosine between two documents is worth: how a document stands to those that have nothing to do with it.

Like `background`, for whole documents, and such that an index which is mostly about the document's own subject does
not hide that: the middle and what lies below it tell of the unrelated, however many related ones lie above.

What all documents in one language share is the language and not a subject: it is taken out, from each document that
of its own. Otherwise any two in a language that few are in, or that the model knows little of, seem to be about the
same, and what is about the same in another language lies far away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import apsw
import numpy as np
from numpy.typing import NDArray

from finder.store import comparing, documents
from finder.vectors import Float32Array

_SAMPLE = 200
_LEAST_SAMPLE = 12
"""Of fewer documents in one language nothing can be said; all are taken then."""
_PRIOR_SPREAD = 0.1
"""Standard deviation of such cosines between unrelated documents, all-MiniLM-L6-v2 on mixed English text."""
_PRIOR_WEIGHT = 8


class Unrelated:
    """Samples of the documents in an index, as one document sees them."""

    def __init__(self, connection: apsw.Connection, space_id: int, vector: Float32Array, language: str) -> None:
        """
        Args:
            vector: (D,) of norm 1, the document's.
            language: its own, as the catalog tells it: documents in it count.
        """
        self._language = language
        sample = _Sample(connection, space_id, len(vector), None)
        own = _Sample(connection, space_id, len(vector), language)
        self._common_centre = sample.centre()
        self._centres = {each: sample.centre(each) for each, count in sample.counts.items() if count >= _LEAST_SAMPLE}
        """(D,) for each language that many documents are in, and for the document's own."""
        if len(own.vectors) < _LEAST_SAMPLE:
            own = sample
        else:
            self._centres[language] = own.centre()
        self._subject = vector - self._centre_of(language)
        cosines = self._cosines(own.vectors, own.languages.tolist())
        self._middle = float(np.median(cosines)) if len(cosines) else 0.0
        below = self._middle - cosines[cosines <= self._middle]
        variance = (float((below**2).sum()) + _PRIOR_WEIGHT * _PRIOR_SPREAD**2) / (len(below) + _PRIOR_WEIGHT)
        self._spread = variance**0.5

    def z(self, vectors: Float32Array, languages: Sequence[str]) -> Float32Array:
        """How near documents (N, D), each in its language, are: standard deviations above unrelated ones, (N,)."""
        z: Float32Array = (self._cosines(vectors, languages) - self._middle) / self._spread
        return z

    def elsewhere(self) -> list[Float32Array]:
        """What the document would be in every other language that many are in: (D,) each, of norm 1."""
        others = [centre for language, centre in self._centres.items() if language != self._language]
        return [_normal((self._subject + centre)[None])[0] for centre in others]

    def _cosines(self, vectors: Float32Array, languages: Sequence[str]) -> Float32Array:
        """With what all documents in one language share taken out."""
        centres = np.array([self._centre_of(each) for each in languages], np.float32).reshape(vectors.shape)
        cosines: Float32Array = _normal(vectors - centres) @ _normal(self._subject[None])[0]
        return cosines

    def _centre_of(self, language: str) -> Float32Array:
        return self._centres.get(language, self._common_centre)


class _Sample:
    """Documents from all over the index, or of those in one language; N of them have a vector."""

    def __init__(self, connection: apsw.Connection, space_id: int, dimension: int, language: str | None) -> None:
        ids = comparing.sample_contents(connection, _SAMPLE, language)
        vectors, counts = documents.mean_vectors(connection, space_id, ids, dimension)
        languages = np.array(comparing.languages_of(connection, ids), object)
        self.vectors: Float32Array = vectors[counts > 0]  # (N, D)
        self.languages: NDArray[np.object_] = languages[counts > 0]  # (N,)
        self.counts: Counter[str] = Counter(self.languages.tolist())

    def centre(self, language: str | None = None) -> Float32Array:
        """(D,) the mean of those in this language, or of all; 0 where they are too few to tell."""
        chosen = self.vectors if language is None else self.vectors[self.languages == language]
        centre: Float32Array = chosen.mean(0) if len(chosen) >= _LEAST_SAMPLE else np.zeros_like(chosen.sum(0))
        return centre


def _normal(vectors: Float32Array) -> Float32Array:
    normal: Float32Array = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    return normal
