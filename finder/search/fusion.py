"""The ranking rule: how meaning, words and names become one order. Pure numbers, knows no store.

    score = meaning(z) + standout * words + ln N * exactness + names + surroundings

Every term is in nats: how much less likely is what was found of a file that has nothing to do with the query?

meaning     z^2 / 2 for a cosine z standard deviations above unrelated passages (finder.search.background), a normal
            distribution's own; beyond five it grows as a straight line, since real tails are heavier than normal
words       BM25, of which each telling word gives about its idf: the logarithm of how rare it is
standout    0..1, how far the best BM25 stands out of the tenth, or do all match alike? Where a passage holds every
            telling word of the query, words are believed however many others do too
exactness   0..1, whether one passage holds every telling word; of N passages that singles out one in N
names       a name made of the query's words, surroundings half the idf of words in its title and its folders' names

A model that does not know the query's writing sees nothing far above its background, and words decide; where words
are few or common, meaning decides. The rule knows neither language nor subject nor model; between half and double no
figure in it moves the mean of the judged sets by more than 0.01 (tests/benchmarks/RESULTS.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from finder.vectors import Float32Array

KNEE = 5.0
"""Standard deviations from which on meaning grows as a straight line (Huber, 1964)."""
COMPARED = 10
"""The best so many keyword matches are looked at."""
_COVERED = 0.8
"""From this share of the query's idf mass on, a passage begins to hold the query's words as good as all."""
NAME_WEIGHT = 20.0
"""Nats that a name made of the query's words is worth. By reason, not measured: judged sets have no file names."""
WHOLE_NAME_WEIGHT = 20.0
"""More, for the whole name: who types it means that file, whatever others say about it."""
SURROUNDINGS_WEIGHT = 0.5
"""A word beside the text says less than one within it. By reason, as above."""
_WHOLE_NAME = 0.999


@dataclass(frozen=True, slots=True)
class Weights:
    """How far each side is believed for one query."""

    standout: float
    """0..1, in the words."""
    chance: float
    """ln N for N passages: about what the best of so many that have nothing to do with a query reaches, in nats."""

    def scores(
        self,
        z: Float32Array,
        words: Float32Array,
        coverages: Float32Array | float = 0.0,
        names: Float32Array | float = 0.0,
        surroundings: Float32Array | float = 0.0,
    ) -> Float32Array:
        """(N,) scores in nats.

        Args:
            z: (N,), NaN where a candidate has no vector.
            words: (N,) BM25, 0 where no word matches.
            coverages: (N,) 0..1, the share of the query's idf mass that one passage of each holds.
            names: (N,) 0..1, how well each one's name matches.
            surroundings: (N,) idf of the query's words that stand in its title and its folders' names.
        """
        named = NAME_WEIGHT * names + WHOLE_NAME_WEIGHT * (np.asarray(names) > _WHOLE_NAME)
        exact = self.chance * exactness(coverages)
        around = SURROUNDINGS_WEIGHT * surroundings
        scores = meaning_nats(z) + self.standout * words + exact + named + around
        return np.asarray(scores, np.float32)


def weigh(z: Float32Array, words: Float32Array, coverages: Float32Array, passage_count: int) -> Weights:
    """The weights that a query's own candidates call for; arguments as for `Weights.scores`.

    Args:
        passage_count: how many there are in the index.
    """
    chance = math.log(max(passage_count, 2))
    if np.isnan(z).all():
        return Weights(1.0, chance)
    covered = float(exactness(coverages).max(initial=0.0))
    return Weights(max(standout(words), covered), chance)


def meaning_nats(z: Float32Array, knee: float = KNEE) -> Float32Array:
    """(N,) nats; below the mean it speaks against. What waits for its vector counts as the median of the others."""
    seen = z[~np.isnan(z)]
    if not len(seen):
        return np.zeros_like(z)
    known = np.where(np.isnan(z), np.median(seen), z)
    size = np.abs(known)
    nats = np.where(size < knee, size**2 / 2, knee * (size - knee / 2))
    return np.asarray(np.sign(known) * nats, np.float32)


def exactness(coverages: Float32Array | float) -> Float32Array:
    exact = (np.asarray(coverages, np.float32) - _COVERED) / (1 - _COVERED)
    return np.asarray(np.clip(exact, 0.0, 1.0), np.float32)


def standout(words: Float32Array, compared: int = COMPARED) -> float:
    """1 where fewer files match than are compared: to match at all is rare then."""
    best = -np.sort(-words[words > 0])[:compared]
    if not len(best):
        return 0.0
    tenth = best[-1] if len(best) == compared else 0.0
    return float(1 - tenth / best[0])
