"""The candidates of one answer in order, and the evidence that each one's strength follows from. Asks no store."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from finder.search.candidates import Candidate, Columns, Evidence, columns
from finder.search.fusion import NAME_WEIGHT, Weights, meaning_nats, weigh
from finder.search.strength import FLOOR, FULL_COVERAGE, MOST_FULL, Match
from finder.store import keywords
from finder.store.bm25 import Term
from finder.vectors import Float32Array

LOOKED_AROUND = 50
"""About 2 ms."""
_RIVALS = 2
"""A result leads where it stands before the second best of the others."""
_RIVALS_LOOKED_AT = 20
_NEAR_BEST = 0.8


class Ranking:
    """N candidates, by the evidence for each."""

    def __init__(
        self,
        candidates: Sequence[Candidate],
        evidence: Evidence,
        passage_count: int,
        surroundings: Callable[[Sequence[Candidate]], Sequence[float]] = lambda candidates: [0.0] * len(candidates),
    ) -> None:
        """
        Args:
            passage_count: how many the index holds.
            surroundings: idf of the query's words around each of some candidates; asked for the best `LOOKED_AROUND`.
        """
        self.candidates = candidates
        self._evidence = evidence
        self._columns: Columns = columns(candidates, evidence)
        c = self._columns
        self.weights: Weights = weigh(c.z, c.words, c.coverages, passage_count)
        self._is_understood = evidence.meaning is None or evidence.meaning.is_understood
        told = meaning_nats(c.z) if self._is_understood else _told_by_names(c)
        chance = np.float32(self.weights.chance)
        self._surprises = np.asarray((told + c.words * _share_told_once(evidence.terms)) / chance, np.float32)
        self._standings = np.asarray((told + c.words) / chance, np.float32)
        """The same against each other: what is told twice of one is told twice of all."""
        self._leaders = _descending(self._standings)[:_RIVALS_LOOKED_AT]
        self._matches: dict[int, Match] = {}
        self._mass = sum(term.idf for term in evidence.terms)
        full_count = int((c.coverages >= FULL_COVERAGE).sum())
        self._is_singled_out = full_count <= MOST_FULL and _is_no_chance(evidence.terms, self.weights.chance)
        scores = self.weights.scores(c.z, c.words, c.coverages, c.names)
        self._around = np.zeros(len(candidates), np.float32)
        housed = [row for row, candidate in enumerate(candidates) if candidate.is_housed]
        leading = list({*_descending(scores)[:LOOKED_AROUND], *housed[:LOOKED_AROUND]})
        self._around[leading] = surroundings([candidates[row] for row in leading])
        self._scores: Float32Array = self.weights.scores(c.z, c.words, c.coverages, c.names, self._around)
        self.order = _descending(self._scores)
        """Rows, the best first."""

    def reorder(self, rows: Sequence[int]) -> None:
        """Let the first rows stand in this order instead: scores keep falling, the evidence for each stays its own."""
        self._scores[list(rows)] = self._scores[self.order[: len(rows)]]
        self.order[: len(rows)] = rows

    def shown_score(self, row: int) -> float:
        """0..1, and 0.5 where chance alone may reach it: comparable within one answer."""
        score = max(0.0, float(self._scores[row]))
        return score / (score + FLOOR * self.weights.chance)

    def match(self, row: int) -> Match:
        """The evidence for a candidate that its strength follows from."""
        if row not in self._matches:
            self._matches[row] = self._match(row)
        return self._matches[row]

    def _match(self, row: int) -> Match:
        candidate, c = self.candidates[row], self._columns
        texts = [self._evidence.texts[text_id] for text_id in candidate.ordinals]
        coverage = float(c.coverages[row])
        around = float(self._around[row]) / self._mass if self._mass else 0.0
        return Match(
            surprise=float(self._surprises[row]),
            lead=self._lead(row),
            coverage=coverage,
            reach=1.0 if candidate.is_housed else min(1.0, coverage + around),
            is_singled_out=self._is_singled_out,
            z=max((text.z for text in texts if self._is_understood and not math.isnan(text.z)), default=0.0),
            share=max((text.share for text in texts), default=0.0),
            name=float(c.names[row]),
        )

    def _lead(self, row: int) -> float:
        """Before the second best that says something else: a version with the same passage is no rival.

        Nothing that is far behind the best itself leads.
        """
        standing = float(self._standings[row])
        if standing < _NEAR_BEST * float(self._standings[self._leaders[0]]):
            return 0.0
        own = self.best_texts(row, 1)
        others = [one for one in self._leaders if one != row and not self.candidates[one].ordinals.keys() & own]
        rivals = others[:_RIVALS]
        return standing - (float(self._standings[rivals[-1]]) if len(rivals) == _RIVALS else 0.0)

    def best_texts(self, row: int, count: int) -> list[int]:
        """The ids of a candidate's texts that were found, the best first."""
        ids = list(self.candidates[row].ordinals)
        if len(ids) < 2:  # most of them
            return ids
        texts = [self._evidence.texts[text_id] for text_id in ids]
        z = np.array([text.z for text in texts], np.float32)
        words = np.array([text.share for text in texts], np.float32) * np.float32(self._evidence.ideal)
        return [ids[place] for place in _descending(self.weights.scores(z, words))[:count]]


def _told_by_names(c: Columns) -> Float32Array:
    """(N,) nats of names that stand in for meaning: a word in a name alone may be chance, one in the text too is not.

    So the share that a name covers counts as it is, not squared.
    """
    return np.asarray(NAME_WEIGHT * np.sqrt(c.names) * (c.words > 0), np.float32)


def _is_no_chance(terms: Sequence[Term], chance: float) -> bool:
    """Whether one passage with all terms says more than that some passage of a large index holds any few words.

    A word that stands hardly anywhere else does, and several commoner ones that together outweigh chance as a strength
    must. "leave" and "company" do not: where such words were all there was, one first result in four was relevant.
    """
    rarest = min((term.rows for term in terms), default=0)
    return len(terms) == 1 or rarest <= MOST_FULL or sum(term.idf for term in terms) >= FLOOR * chance


def _share_told_once(terms: Sequence[Term]) -> float:
    """Of the terms' idf: in writing without spaces each character stands in two pairs, and tells once what it tells.

    Among candidates that is the same for all; against chance it would be too much.
    """
    mass = sum(term.idf for term in terms)
    pairs = sum(term.idf for term in terms if keywords.UNSPACED_RUN.match(term.text))
    return 1 - pairs / mass / 2 if mass else 1.0


def _descending(scores: Float32Array) -> list[int]:
    return list(np.argsort(-scores, kind="stable").tolist())
