"""The ranking rule: how meaning, words and names become one order. Pure numbers, knows no store.

    score = trust^2 * z + 8 * standout * share + 6 * name (+ 12 where it is the whole name)

z         the best cosine of the file in standard deviations above unrelated passages (finder.search.background)
share     its BM25 as a share of the query's ideal: near 1 where a short text is full of every telling word
trust     how far the model may be believed for this query: do those that hold its telling words lie high in meaning?
standout  how far the words may be believed: does the best BM25 stand out of the tenth, or do all match alike? Where
          a passage holds every telling word of the query, they are believed however many others do too.

Both are measured from the query's own hits, so the rule knows neither language nor subject nor model. A model that
does not know the query's writing sees nothing in what the words find, and steps back; words that many files share
say little, and step back too. Measured against fixed weights and rank fusion in tests/benchmarks/RESULTS.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from finder.vectors import Float32Array

KEYWORD_WEIGHT = 8.0
"""Standard deviations of cosine that a full keyword match is worth where it stands alone. Seen on seven sets: flat
between 6 and 12."""
_FULL_AGREEMENT = 4.0
"""Standard deviations: where the files with the query's words lie so high, the model is trusted wholly."""
_LEAST_TRUST = 0.1
"""Squared it orders what no word tells apart, and nothing more."""
_COMPARED = 10
"""The best so many keyword matches are looked at."""
NAME_WEIGHT = 6.0
"""Standard deviations that a name made of the query's words is worth. By reason, not measured: judged sets have no
file names."""

WHOLE_NAME_WEIGHT = 12.0
"""Who types the whole name of a file means that file, whatever others say about it."""
_WHOLE_NAME = 0.999

_COVERED = 0.8
"""From this share of the query's idf mass on, a passage begins to hold the query's words as good as all."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How far each side is believed for one query."""

    trust: float
    """0..1, in the model."""
    standout: float
    """0..1, in the words."""

    def scores(self, z: Float32Array, shares: Float32Array, names: Float32Array | float = 0.0) -> Float32Array:
        """(N,) scores in standard deviations; only their order means something.

        Args:
            z: (N,), NaN where a candidate has no vector.
            shares: (N,), 0 where no word matches.
            names: (N,) 0..1, how well each one's name matches.
        """
        known = np.where(np.isnan(z), _unknown_meaning(z), z)
        named = NAME_WEIGHT * names + WHOLE_NAME_WEIGHT * (np.asarray(names) > _WHOLE_NAME)
        scores = self.trust**2 * known + KEYWORD_WEIGHT * self.standout * shares + named
        return scores.astype(np.float32)


def weigh(z: Float32Array, shares: Float32Array, coverage: float) -> Weights:
    """The weights that a query's own candidates call for.

    Args:
        z: (N,), NaN where a candidate has no vector.
        shares: (N,), 0 where no word matches.
        coverage: 0..1, the greatest share of the query's idf mass that one passage holds.
    """
    best = np.argsort(-shares, kind="stable")[:_COMPARED]
    best = best[shares[best] > 0]
    if np.isnan(z).all():
        return Weights(trust=0.0, standout=1.0)
    return Weights(_trust(z[best]), max(_standout(shares[best]), (coverage - _COVERED) / (1 - _COVERED)))


def _trust(z_of_keyword_best: Float32Array) -> float:
    seen = z_of_keyword_best[~np.isnan(z_of_keyword_best)]
    if not len(seen):
        return 1.0
    return float(np.clip(seen.mean() / _FULL_AGREEMENT, _LEAST_TRUST, 1.0))


def _standout(best_shares: Float32Array) -> float:
    """1 where fewer files match than are compared: to match at all is rare then."""
    if not len(best_shares):
        return 0.0
    tenth = best_shares[-1] if len(best_shares) == _COMPARED else 0.0
    return float(1 - tenth / best_shares[0])


def _unknown_meaning(z: Float32Array) -> float:
    """What still waits for its vector counts as the median of the others: neither lifted nor sunk by it."""
    seen = z[~np.isnan(z)]
    return float(np.median(seen)) if len(seen) else 0.0
