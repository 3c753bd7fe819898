"""Asking the keyword index: which rows hold a query's terms, by BM25, in a time that hardly grows with the

FTS5's own `bm25()` reads, counts and sorts every row of every term: a second over a million passages for one common
word. Here the rarest terms make the candidates, as many as say most of the query, up to a number of rows; commoner ones
are only looked for among them.
The formula is the same one, so that where every term is rare the scores are FTS5's.

Source: https://www.sqlite.org/fts5.html#the_bm25_function; what is asked of FTS5 itself is in `store.postings`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import apsw
import numpy as np

from finder.store.postings import (
    count_matching,
    indexed_texts,
    instances,
    match_query,
    matching,
    relative_lengths,
    row_count,
    tokens_of,
)
from finder.vectors import BoolArray, Float32Array, Int64Array

K1 = 1.2
"""Saturation, and below the weight of length: FTS5's own, constants there."""
_B = 0.75
_LEAST_IDF = 1e-6
"""What FTS5 gives a term that stands in half of all rows or more: it decides between equals."""

ROW_BUDGET = 50_000
"""Terms make candidates, the rarest first, while they stand in no more rows than this together."""
TELLING_SHARE = 0.6
"""Of the idf of all terms together: where what made candidates is less, commoner terms make some too."""
MOST_ROWS = 200_000
"""But no more than this together: 30 ms."""
_PLACES_PER_TERM = 100_000
"""Where a term stands that no budget holds, 15 ms: the commonest words alone find the best of the first so many."""
_SCANNED_ROWS = 250_000
"""Common terms are looked for among the candidates while they stand in no more rows than this together: 10 ms."""
_WORTH_JOINING = 2
"""FTS5 joins two lists in the time in which it hands on one of so many times the rows."""
_LEAST_TELLING = 0.05
"""Unless their share of the idf of all terms is less: they are then counted in the best alone."""
_RESCORED_PER_RESULT = 3
_LEAST_RESCORED = 300
"""So many of the best by a rough score, which takes all rows to be of one length, are scored with their own."""
_COUNTED_IN_ROWS = 40_000
"""Of a term in more rows it is read where it stands and not how often, which takes a quarter less; but of a query's
rarest term, of which there may be nothing else to say."""
_READ_AGAIN = 60
"""How often such terms stand in a row is counted in the text itself, 50 us, for the best so many."""
_WIDER = 8
_ENOUGH = 5
"""Where a filter lets fewer rows pass, more are read, of commoner terms too."""
_MET = 100

AreAllowed = Callable[[Int64Array], BoolArray]
"""(N,) which of these rows may be found."""


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a query, or several that belong together, and how telling it is."""

    text: str
    """As it was typed, prepared by `keywords.query_terms`; more than one word is a phrase."""
    is_prefix: bool
    rows: int
    """In how many rows it stands; where they are very many an estimate."""
    idf: float
    """ln((N - n + 0.5) / (n + 0.5)), as FTS5 has it, never below 0: BM25's inverse document frequency."""
    others: tuple[str, ...] = ()
    """How else it is written: a row that holds one of these holds the term."""

    @property
    def writings(self) -> tuple[str, ...]:
        """All of them, its own first."""
        return (self.text, *self.others)


@dataclass(frozen=True, slots=True)
class RowHit:
    """A row of `words` (its id is that of a text) or of `names` (that of a file)."""

    id: int
    score: float
    """BM25, higher is better."""
    coverage: float
    """0..1, which share of the query it holds: by the idf of the terms that stand in it."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """What a query found in one table."""

    hits: list[RowHit]
    """Best first."""
    met: list[int]
    """The best rows whether they are allowed or not; a few."""


@dataclass(frozen=True, slots=True)
class _Postings:
    """Where one term stands."""

    term: Term
    rows: Int64Array
    """(N,), ascending."""
    counts: Float32Array
    """(N,), how often in each."""
    is_counted: bool = True
    """False where the counts are not known, and taken for one."""

    def counts_in(self, rows: Int64Array) -> Float32Array:
        """(M,), how often the term stands in each of `rows` (M,)."""
        if not len(self.rows):
            return np.zeros(len(rows), np.float32)
        at = np.searchsorted(self.rows, rows).clip(max=len(self.rows) - 1)
        return np.where(self.rows[at] == rows, self.counts[at], 0).astype(np.float32)


def weighed(
    connection: apsw.Connection,
    table: str,
    terms: Sequence[tuple[str, bool]],
    others: Mapping[str, tuple[str, ...]] | None = None,
) -> list[Term]:
    """`terms` with their frequencies in `table` ("words" or "names"), the rarest first.

    Args:
        others: how else some of them are written, by their text.
    """
    total = row_count(connection, table)
    found = []
    for text, is_prefix in terms:
        writings = (others or {}).get(text, ())
        rows = count_matching(connection, table, _any_of((text, *writings), is_prefix), total)
        if not rows and " " in text:
            continue  # written together by nobody else: its parts say what there is to say
        idf = max(0.0, math.log((total - rows + 0.5) / (rows + 0.5)))
        found.append(Term(text, is_prefix, rows, idf, writings))
    return sorted(found, key=lambda term: term.rows)


def ideal_score(terms: Sequence[Term]) -> float:
    """The BM25 that a short text full of every term would come near: what a score is a share of."""
    return (K1 + 1) * sum(term.idf for term in terms)


def ranked(
    connection: apsw.Connection,
    table: str,
    terms: Sequence[Term],
    limit: int,
    are_allowed: AreAllowed | None = None,
) -> Ranked:
    """The rows of `table` that hold any of `terms` and are allowed, by BM25, best first.

    Where only some are allowed and hardly any of them were met, more rows are read, in the end all.
    """
    scale = 1
    while True:
        search = _Ranking(connection, table, terms, limit, scale)
        ranking = search.best(are_allowed)
        if are_allowed is None or len(ranking.hits) >= min(limit, _ENOUGH) or search.is_whole:
            return ranking
        scale *= _WIDER


class _Ranking:
    """One ranking of candidates from some of the postings."""

    def __init__(self, connection: apsw.Connection, table: str, terms: Sequence[Term], limit: int, scale: int) -> None:
        """Args: scale: how many times the usual number of rows is read."""
        self._connection = connection
        self._table = table
        self._limit = limit
        self._mass = sum(term.idf for term in terms)
        present = [term for term in terms if term.rows]
        self.is_whole = True
        """False where rows were left unread that hold some term."""
        rare = self._of_rare_terms(present, scale)
        common = present[len(rare) :]
        self.is_whole &= not common
        self._rare = rare
        # By row id: a scatter takes a third of what sorting lists into each other does.
        self._is_candidate = np.zeros(1 + max((int(one.rows[-1]) for one in rare if len(one.rows)), default=0), bool)
        for postings in rare:
            self._is_candidate[postings.rows] = True
        self._rows = np.flatnonzero(self._is_candidate)
        self._common = self._among_candidates(common)

    def best(self, are_allowed: AreAllowed | None) -> Ranked:
        """The best of the candidates that are allowed."""
        wanted = max(_LEAST_RESCORED, _RESCORED_PER_RESULT * self._limit)
        rough = self._rough_scores()
        met = self._rows[_descending(rough, _MET)].tolist()
        candidates = self._rows
        if are_allowed is not None:
            passed = are_allowed(candidates)
            candidates, rough = candidates[passed], rough[passed]
        rows = candidates[_descending(rough, wanted)]
        lengths = relative_lengths(self._connection, self._table, rows)
        scores, covered = self._scored(rows, lengths, self._rare + self._common)
        if uncounted := [one.term for one in self._rare + self._common if not one.is_counted]:
            again = _descending(scores, _READ_AGAIN)
            exact = [one for one in self._rare if one.is_counted] + self._counted(uncounted, rows[again])
            scores[again], covered[again] = self._scored(rows[again], lengths[again], exact)
        best = np.lexsort((rows, -scores))[: self._limit]
        hits = zip(rows[best].tolist(), scores[best].tolist(), covered[best].tolist(), strict=True)
        return Ranked([RowHit(*hit) for hit in hits], met)

    def _of_rare_terms(self, present: Sequence[Term], scale: int) -> list[_Postings]:
        """The postings of the rarest terms: as many as the budget holds, and as it takes to fill the answer.

        Of a long question in common words the rarest one or two find little of what all of them together would.
        """
        found: list[_Postings] = []
        read, told, mass = 0, 0.0, sum(term.idf for term in present)
        for term in present:
            budget = (ROW_BUDGET if told >= TELLING_SHARE * mass else MOST_ROWS) * scale
            if found and read + term.rows > budget and read >= self._limit:
                break
            is_cut = read + term.rows > (budget if found else ROW_BUDGET * scale)
            limit = _PLACES_PER_TERM * scale if is_cut else -1
            postings = self._read(term, limit, is_counted=not found or term.rows <= _COUNTED_IN_ROWS)
            self.is_whole &= not is_cut or postings.counts.sum() < limit
            found.append(postings)
            read += len(postings.rows)
            told += term.idf
        return found

    def _read(self, term: Term, limit: int, is_counted: bool) -> _Postings:
        """The first places where a term stands; of a prefix or a phrase it is not known how often a row holds it."""
        tokens = tokens_of(self._connection, self._table, term.text)
        if term.is_prefix or term.others or len(tokens) != 1 or not is_counted:
            rows = matching(self._connection, self._table, _quoted(term), limit)
            return _Postings(term, rows, np.ones(len(rows), np.float32), is_counted)
        places = instances(self._connection, self._table, tokens[0], limit)
        begins = np.flatnonzero(np.diff(places, prepend=-1))
        counts = np.diff(begins, append=len(places)).astype(np.float32)
        return _Postings(term, places[begins], counts)

    def _among_candidates(self, common: Sequence[Term]) -> list[_Postings]:
        """Which candidates hold the common terms too, as many of these as the budget of rows allows.

        Where the candidates are so few that all their texts are read, that tells it.
        """
        # SQLite collects every word that begins so, each time that it is asked for a beginning: 10 ms.
        whole = [one.term for one in self._rare if not one.term.is_prefix]
        found = []
        scanned = 0
        for term in common:
            rows = np.empty(0, np.int64)
            scanned += term.rows
            is_telling = term.idf > _LEAST_TELLING * self._mass
            is_worth_it = is_telling and not term.is_prefix and len(self._rows) > _READ_AGAIN
            if is_worth_it and whole and scanned <= _SCANNED_ROWS:
                rows = self._candidates_with(term, whole)
            found.append(_Postings(term, rows, np.ones(len(rows), np.float32), is_counted=False))
        return found

    def _candidates_with(self, term: Term, rare: Sequence[Term]) -> Int64Array:
        """The candidates that hold a common term, ascending."""
        query = _quoted(term)
        if term.rows > _WORTH_JOINING * len(self._rows):
            query = f"({' OR '.join(map(_quoted, rare))}) AND {query}"
        rows = matching(self._connection, self._table, query, -1)
        rows = rows[rows < len(self._is_candidate)]
        return rows[self._is_candidate[rows]]

    def _counted(self, terms: Sequence[Term], rows: Int64Array) -> list[_Postings]:
        """The postings of terms in these rows, counted in what was indexed."""
        texts = indexed_texts(self._connection, self._table, rows)
        by_row = {row: tokens_of(self._connection, self._table, text) for row, text in texts}
        known = np.sort(rows)
        found = []
        for term in terms:
            wanted = [tokens_of(self._connection, self._table, one) for one in term.writings]
            counts = [
                sum(_occurrences(by_row.get(row, []), tokens, term.is_prefix) for tokens in wanted)
                for row in known.tolist()
            ]
            found.append(_Postings(term, known, np.array(counts, np.float32)))
        return found

    def _rough_scores(self) -> Float32Array:
        """(N,) BM25 of all candidates as if each were of average length."""
        scores = np.zeros(len(self._is_candidate), np.float32)  # by row id
        for postings in self._rare + self._common:
            idf = max(postings.term.idf, _LEAST_IDF)
            scores[postings.rows] += idf * postings.counts * (K1 + 1) / (postings.counts + K1)
        return scores[self._rows]

    def _scored(
        self, rows: Int64Array, lengths: Float32Array, all_postings: Sequence[_Postings]
    ) -> tuple[Float32Array, Float32Array]:
        """(N,) BM25, and (N,) which share of the query each row covers."""
        saturation = K1 * (1 - _B + _B * lengths)
        scores, covered = np.zeros(len(rows), np.float32), np.zeros(len(rows), np.float32)
        for postings in all_postings:
            counts = postings.counts_in(rows)
            scores += max(postings.term.idf, _LEAST_IDF) * counts * (K1 + 1) / (counts + saturation)
            covered += postings.term.idf * (counts > 0)
        return scores, covered / np.float32(self._mass or 1)


def _descending(scores: Float32Array, count: int) -> Int64Array:
    """Where the `count` highest scores stand, the highest first; of equals the earlier."""
    if count < len(scores):
        least = np.partition(scores, -count)[-count]
        higher = np.flatnonzero(scores > least)
        # Of one common word there may be as many equals as candidates.
        chosen = np.concatenate([higher, np.flatnonzero(scores == least)[: count - len(higher)]])
        return chosen[np.argsort(-scores[chosen], kind="stable")]
    return np.argsort(-scores, kind="stable")


def _occurrences(tokens: Sequence[str], wanted: Sequence[str], is_prefix: bool) -> int:
    """How often the words of a term stand in a row, one behind the other."""
    if is_prefix:
        return sum(token.startswith(wanted[-1]) for token in tokens) if wanted else 0
    if len(wanted) == 1:
        return tokens.count(wanted[0])
    return sum(tokens[at : at + len(wanted)] == list(wanted) for at in range(len(tokens)))


def _quoted(term: Term) -> str:
    return _any_of(term.writings, term.is_prefix)


def _any_of(writings: Sequence[str], is_prefix: bool) -> str:
    alternatives = [match_query(one, is_prefix and " " not in one) for one in writings]
    return f"({' OR '.join(alternatives)})" if len(alternatives) > 1 else alternatives[0]
