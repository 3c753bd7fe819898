"""What a cosine is worth: how the query stands to passages that have nothing to do with it.

A cosine of 0.4 may be the best of an index or less than its average: it depends on the model, the subject, the
writing. So it is counted in standard deviations above the mean over a sample of the index, and of the sample only
passages in the query's own writing are taken, since to a model that knows little of a writing all its texts are near.

A query that has to do with nothing in the index is far from all of it alike: its cosines hardly spread, and counted in
their own spread the best of them would seem near. So no query's spread is taken for less than that of the passages
among each other, which is the space's own, and is measured again as the index grows.
"""

from __future__ import annotations

import collections
import functools
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import apsw
import numpy as np

from finder.store import lookup
from finder.vectors import Float32Array

SAMPLE = 512
_CHARS_LOOKED_AT = 300
_LEAST_SAMPLE = 16
"""Of fewer passages in the query's writing nothing can be said; the whole sample is taken."""
_PRIOR_WEIGHT = 5
"""A prior counts as so many cosines more."""
_GROWTH = 1.2
"""The sample is taken again when the range of text ids has grown by so much."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known of a model: the writings it knows, and its cosines between unrelated texts before an index has
    enough of its own."""

    mean: float | None = None
    """None where it is not known: some models put all texts at 0.7 and more."""
    spread: float = 0.08
    """Standard deviation."""
    writings: frozenset[str] | None = None
    """Those that the model knows (`writing_of`); None for all."""

    def knows(self, text: str) -> bool:
        """False where the cosines of `text` say nothing; what has no letters is in no writing."""
        writing = writing_of(text)
        return self.writings is None or not writing or writing in self.writings


UNKNOWN = Prior()
"""Of a model that nothing is known of."""


class Background:
    """A sample of one space's vectors, each with the writing of its text."""

    def __init__(self, vectors: Float32Array, texts: Sequence[str], prior: Prior = UNKNOWN) -> None:
        """
        Args:
            vectors: (N, D), L2 norm 1.
            texts: the beginning of each one's text.
        """
        self._vectors = vectors
        self._writings = np.array([writing_of(text) for text in texts])
        self._prior = prior
        self._spread_among_passages = self._median_spread()

    def __len__(self) -> int:
        return len(self._vectors)

    def mean_and_spread(self, query: Float32Array, text: str) -> tuple[float, float]:
        """Mean and standard deviation of the cosines between `query` (D,) and unrelated passages.

        Args:
            text: the query's words; they say which writing counts.
        """
        rows = np.flatnonzero(self._writings == writing_of(text))
        same = self._vectors[rows] if len(rows) >= _LEAST_SAMPLE else self._vectors
        if not len(same):
            return self._prior.mean or 0.0, self._prior.spread
        cosines = same @ query  # (N,)
        count, mean = len(cosines), float(cosines.mean())
        prior_mean = mean if self._prior.mean is None else self._prior.mean
        variance = (count * float(cosines.var()) + _PRIOR_WEIGHT * self._prior.spread**2) / (count + _PRIOR_WEIGHT)
        mean = (count * mean + _PRIOR_WEIGHT * prior_mean) / (count + _PRIOR_WEIGHT)
        return mean, max(variance**0.5, self._spread_among_passages)

    def _median_spread(self) -> float:
        """Of each passage's cosines with the others in its writing; 0 where there are too few to tell."""
        spreads: list[float] = []
        for writing in np.unique(self._writings):
            vectors = self._vectors[self._writings == writing]
            if len(vectors) >= _LEAST_SAMPLE:
                cosines = vectors @ vectors.T  # (N, N)
                others = cosines[~np.eye(len(vectors), dtype=bool)].reshape(len(vectors), -1)
                spreads += others.std(axis=1).tolist()
        return float(np.median(spreads)) if spreads else 0.0


class Backgrounds:
    """Keeps the sample of the space that is searched, and takes it again as the index grows. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._space_id: int | None = None
        self._texts = 0, 0
        self._last_seq = 0
        self._background = Background(np.empty((0, 0), np.float32), [])

    def of(self, connection: apsw.Connection, space_id: int, prior: Prior = UNKNOWN) -> Background:
        texts, last_seq = lookup.text_range(connection), lookup.last_seq(connection)
        with self._lock:
            if self._space_id != space_id or not self._is_fresh(texts, last_seq):
                sample = lookup.sample_vectors(connection, space_id, SAMPLE, _CHARS_LOOKED_AT)
                self._background = Background(*sample, prior)
                self._space_id, self._texts, self._last_seq = space_id, texts, last_seq
            return self._background

    def _is_fresh(self, texts: tuple[int, int], last_seq: int) -> bool:
        """True where the sample still stands for the space; a small one, while its texts are embedded, only at rest."""
        if len(self._background) < SAMPLE // 2 and last_seq != self._last_seq:
            return False
        first, last = self._texts
        return texts[0] == first and last <= texts[1] < first + (last - first + 1) * _GROWTH


def writing_of(text: str) -> str:
    """The writing of most letters in `text`, as Unicode calls it: LATIN, CJK, CYRILLIC; "" where there is none.

    A tenth of kana makes Chinese characters Japanese.
    """
    counts = collections.Counter(_writing_of_char(char) for char in text if char.isalpha())
    if not counts:
        return ""
    if counts["KANA"] * 10 >= counts.total():
        return "KANA"
    return max(sorted(counts), key=lambda writing: counts[writing])


@functools.lru_cache(maxsize=4096)
def _writing_of_char(char: str) -> str:
    first = unicodedata.name(char, "?").split(" ", 1)[0]
    return "KANA" if first in ("HIRAGANA", "KATAKANA") else first
