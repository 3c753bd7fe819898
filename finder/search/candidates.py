"""Candidates: what the names, the words and the meaning of a query find, brought together by content.

A content is what equal files share, so that a text that stands in a thousand copies is one candidate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import apsw
import numpy as np

from finder.search.query import Query
from finder.search.scope import Scope
from finder.store import bm25, keywords, lookup
from finder.store.bm25 import Term
from finder.store.lookup import FileInfo
from finder.vectors import Float32Array, VectorIndex

_SHORTEST_NAME_PREFIX = 3
_LEAST_WEIGHT = 1e-6
"""Of a word that every name holds: where all do, they are still told apart by how much of a name it is."""
_UNTELLING = 0.5
"""A name that holds a single letter, or "the", may be meant and is not singled out."""
_CONTEXT_REACH = 3
"""Passages on each side of the best one that make its context."""
_CONTEXT_WEIGHTS = (0.4, 0.2, 0.4)
"""Of the best passage, the second best, and the centroid."""


@dataclass(slots=True)
class TextEvidence:
    """What speaks for one text."""

    share: float = 0.0
    """Its BM25 as a share of the query's ideal."""
    coverage: float = 0.0
    """Share of the query's idf mass that it holds."""
    cosine: float = math.nan
    z: float = math.nan
    """The cosine in standard deviations above unrelated passages; NaN where it has no vector."""


@dataclass(slots=True)
class Candidate:
    """One content, or one file that has none."""

    content_id: int | None
    ordinals: dict[int, int] = field(default_factory=dict)
    """{text id: where it stands in the content} for those of its texts that were found."""
    z: float = math.nan
    """The content's meaning as a whole; NaN where nothing of it has a vector."""
    named: dict[int, float] = field(default_factory=dict)
    """{file id: 0..1, how well its name matches}."""
    is_housed: bool = False
    """True where the names of its folders say all of the query."""
    files: list[FileInfo] | None = None
    """Those in scope that hold it; None until `files_of` has read them."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """The query's vector (D,), its space, and the cosines of unrelated passages with it."""

    vector: Float32Array
    space_id: int
    mean: float
    spread: float
    is_understood: bool = True
    """False where the model does not know the query's writing: its cosines may order, and prove nothing."""

    def z(self, cosine: float) -> float:
        """`cosine` in standard deviations above unrelated passages."""
        return (cosine - self.mean) / self.spread


@dataclass(slots=True)
class Evidence:
    """Everything found for a query so far. `texts` is keyed by text id, `named` by file id."""

    texts: dict[int, TextEvidence] = field(default_factory=dict)
    named: dict[int, float] = field(default_factory=dict)
    housed: list[int] = field(default_factory=list)
    """Files in folders whose names say all of the query."""
    meaning: Meaning | None = None
    terms: list[Term] = field(default_factory=list)
    """The query's, as the index of words weighs them; none where words were not asked."""
    met: list[int] = field(default_factory=list)
    """The best texts by words, wanted or not."""
    is_complete: bool = True
    """False where some list was as long as was asked for: a deeper look would find more."""

    @property
    def ideal(self) -> float:
        """The BM25 that every share is a share of."""
        return bm25.ideal_score(self.terms)


def add_words(evidence: Evidence, scope: Scope, query: Query, depth: int) -> None:
    """Add the texts that hold the query's words."""
    connection = scope.connection
    terms = evidence.terms = bm25.weighed(connection, "words", query.terms, query.others)
    ideal = evidence.ideal
    texts = scope.texts
    ranked = bm25.ranked(connection, "words", terms, depth, None if texts is None else texts.among)
    evidence.met = ranked.met
    for hit in ranked.hits:
        # Words that stand nearly everywhere have no idf: they find, and rank nothing.
        share = hit.score / ideal if ideal else 0.0
        text = evidence.texts.setdefault(hit.id, TextEvidence())
        text.share, text.coverage = max(share, 1e-6), hit.coverage
    evidence.is_complete &= len(ranked.hits) < depth


def add_names(evidence: Evidence, scope: Scope, query: Query, depth: int) -> None:
    """Add the files whose names hold the query's words, or words that begin with them."""
    connection = scope.connection
    terms = bm25.weighed(connection, "names", query.name_terms, query.others)
    files = scope.files
    hits = bm25.ranked(connection, "names", terms, depth, None if files is None else files.among).hits
    for file_id, file in lookup.files(connection, [hit.id for hit in hits]).items():
        score = name_score(keywords.name_text(file.name), terms)
        evidence.named[file_id] = score if query.is_telling else _UNTELLING * score
    evidence.is_complete &= len(hits) < depth


def add_meaning(
    evidence: Evidence,
    scope: Scope,
    meaning: Meaning,
    index: VectorIndex,
    depth: int,
    is_cancelled: Callable[[], bool],
) -> None:
    """Add the texts near in meaning, and the cosines of those that the words found."""
    connection, space_id = scope.connection, meaning.space_id
    hits = index.search(meaning.vector, depth, scope.seqs(space_id), is_cancelled)
    text_of = lookup.texts_of_seqs(connection, space_id, hits.seqs.tolist())
    found = zip(hits.seqs.tolist(), hits.scores.tolist(), strict=True)
    cosines = {text_of[seq]: cosine for seq, cosine in found if seq in text_of}
    ids, vectors = lookup.vectors_of_texts(connection, space_id, evidence.texts.keys() - cosines.keys())
    if ids:
        cosines.update(zip(ids, (vectors @ meaning.vector).tolist(), strict=True))
    for text_id, cosine in cosines.items():
        text = evidence.texts.setdefault(text_id, TextEvidence())
        text.cosine, text.z = cosine, meaning.z(cosine)
    evidence.meaning = meaning
    evidence.is_complete &= len(hits.seqs) < depth


def name_score(name_text: str, terms: Iterable[Term]) -> float:
    """0..1: the share of the query's idf mass that a name covers, squared, less where the name says much else.

    Squared, because a name that holds one word of a sentence is chance, and one that holds them all is meant.
    """
    words = "".join(char if char.isalnum() else " " for char in name_text).split()
    mass = covered = 0.0
    used: set[str] = set()
    for term in terms:
        weight = max(term.idf, _LEAST_WEIGHT)
        mass += weight
        best, fit = max((_fit(writing, words) for writing in term.writings), key=lambda found: found[1])
        covered += weight * fit
        used.update(best)
    if not mass:
        return 0.0
    telling_words = [word for word in words if not word.isdigit()] or words
    own_share = min(1.0, len(used) / max(1, len(telling_words)))
    return (covered / mass) ** 2 * (0.7 + 0.3 * own_share)


def _fit(writing: str, words: Sequence[str]) -> tuple[list[str], float]:
    """The words of a name that a writing of a term is, or that begin with it; how much of them it is, 0 where none."""
    best: list[str] = []
    for part in writing.split():
        named = [word for word in words if _is_named(part, word)]
        if not named:
            return [], 0.0
        best.append(min(named, key=len))
    return best, sum(map(len, writing.split())) / max(1, sum(map(len, best)))


def _is_named(term: str, word: str) -> bool:
    return word == term or (len(term) >= _SHORTEST_NAME_PREFIX and word.startswith(term))


def by_content(scope: Scope, evidence: Evidence) -> list[Candidate]:
    """The candidates, each with its texts, its meaning and the names that matched."""
    connection = scope.connection
    housed = set(evidence.housed)
    found: dict[tuple[str, int], Candidate] = {}
    for text_id, holders in lookup.contents_of(connection, evidence.texts, scope.holds_content).items():
        for content_id, ordinal in holders:
            found.setdefault(("content", content_id), Candidate(content_id)).ordinals[text_id] = ordinal
    wanted = dict.fromkeys((*evidence.named, *evidence.housed))
    for file_id, file in lookup.files(connection, list(wanted)).items():
        key = ("file", file_id) if file.content_id is None else ("content", file.content_id)
        candidate = found.setdefault(key, Candidate(file.content_id))
        candidate.named[file_id] = evidence.named.get(file_id, 0.0)
        candidate.is_housed |= file_id in housed
    if evidence.meaning is not None:
        for candidate in found.values():
            candidate.z = _meaning_of(connection, candidate, evidence.texts, evidence.meaning)
    return list(found.values())


def read_files(scope: Scope, candidates: Iterable[Candidate]) -> None:
    """What `files_of` will be asked of several candidates."""
    unread = {one.content_id: one for one in candidates if one.content_id is not None and one.files is None}
    for content_id, files in lookup.files_of_each(scope.connection, unread, scope.holds_file).items():
        unread[content_id].files = files


def files_of(scope: Scope, candidate: Candidate) -> list[FileInfo]:
    """The files in scope that hold a candidate; of one without content those that its names found."""
    if candidate.files is None:
        if candidate.content_id is None:
            candidate.files = list(lookup.files(scope.connection, list(candidate.named)).values())
        else:
            candidate.files = lookup.files_of(scope.connection, candidate.content_id, scope.holds_file)
    return candidate.files


def _meaning_of(
    connection: apsw.Connection, candidate: Candidate, texts: Mapping[int, TextEvidence], meaning: Meaning
) -> float:
    """The content's best passage in its context, as z.

    The passage alone says what it says; the second best near it and the centroid of those around it say what the
    text is about. A content of one passage has the same three.
    """
    seen = [text_id for text_id in candidate.ordinals if not math.isnan(texts[text_id].cosine)]
    if not seen or candidate.content_id is None:
        return math.nan
    best = max(seen, key=lambda text_id: texts[text_id].cosine)
    around = lookup.vectors_around(
        connection, meaning.space_id, candidate.content_id, candidate.ordinals[best], _CONTEXT_REACH
    )
    if len(around) < 2:
        return texts[best].z
    cosines = np.sort(around @ meaning.vector)  # (N,)
    centroid = around.sum(0)  # (D,)
    whole = float(centroid @ meaning.vector) / max(1e-9, float(np.linalg.norm(centroid)))
    return meaning.z(float(np.dot(_CONTEXT_WEIGHTS, (cosines[-1], cosines[-2], whole))))


@dataclass(frozen=True, slots=True)
class Columns:
    """The evidence for N candidates: (N,) each."""

    z: Float32Array
    """NaN where nothing of a candidate has a vector."""
    words: Float32Array
    """BM25 of each one's best text."""
    coverages: Float32Array
    """The greatest share of the query's idf mass in one text of each."""
    names: Float32Array


def columns(candidates: Sequence[Candidate], evidence: Evidence) -> Columns:
    texts = [[evidence.texts[text] for text in one.ordinals] for one in candidates]
    shares = [max((text.share for text in own), default=0.0) for own in texts]
    return Columns(
        np.array([one.z for one in candidates], np.float32),
        np.array(shares, np.float32) * np.float32(evidence.ideal),
        np.array([max((text.coverage for text in own), default=0.0) for own in texts], np.float32),
        np.array([max(one.named.values(), default=0.0) for one in candidates], np.float32),
    )
