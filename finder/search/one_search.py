"""One search in progress: from what is asked to what is found, with words and names alone or with meaning too.

Knows the protocols of what embeds a query and of what finds vectors, not who stands behind them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import apsw

from finder.errors import CancelledError, FinderError
from finder.paths import display, path_to_uri
from finder.search import candidates, folder_names, places
from finder.search.background import UNKNOWN, Backgrounds, Prior
from finder.search.candidates import Candidate, Evidence, Meaning
from finder.search.evidence import Answers, EmbedSentences
from finder.search.fitting import fitting, put_weak_last
from finder.search.found import Coverage, Found, FoundFile
from finder.search.listing import Listing
from finder.search.memory import Memory
from finder.search.query import Query, SearchRequest, understand
from finder.search.query_vectors import QueryVectors
from finder.search.ranking import Ranking
from finder.search.reranking import Reranking
from finder.search.results import IsHidden, ResultBuilder
from finder.search.scope import scope_of
from finder.search.spelling import suggestion
from finder.search.surroundings import Surroundings
from finder.search.understood import chips, empty_because, operators, without, without_types
from finder.search.unheld import with_held_phrases
from finder.search.words import EqualWords, Span
from finder.search.writings import with_other_writings
from finder.store import lookup, postings, spoken
from finder.store.columns import Columns
from finder.store.holdings import Holdings
from finder.types import FileType
from finder.vectors import Float32Array, VectorIndex

_DEPTH_PER_RESULT = 5
_LEAST_DEPTH = 100
_DEEPER = 4
_MOST_DEPTH = 20_000
_LISTED_PER_RESULT = 4
"""Equal files collapse, and some may be gone."""
_EXPLAINING_S = 0.15

NO_MEANING = "The model is not ready: found by names and words alone."
TOO_SHORT = "Too short to have a meaning: searched by names and words alone."
LANGUAGES_UNTOLD = "Not every language is told yet since the update: lang: does not know all files."

EmbedQuery = Callable[[str, str | None], Float32Array | None]


@dataclass(frozen=True, slots=True)
class SpaceSearch:
    """The embedding space that answers; one search keeps to one, so that a ranking never mixes two."""

    space_id: int
    index: VectorIndex
    embed_query: EmbedQuery
    """From a query and its instruction: the query's vector (D,), or None while there is no model to make it."""
    embed_sentences: EmbedSentences = lambda texts: None
    prior: Prior = UNKNOWN
    """What is known of the model's cosines."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all searches of one catalog have in common."""

    connect: Callable[[], apsw.Connection]
    """Gives the calling thread's reading connection."""
    space: Callable[[], SpaceSearch]
    """The one that answers at this moment."""
    hiding: Callable[[], IsHidden | None]
    """What the catalog still has and is not to be shown at this moment; None where there is nothing."""
    reranking: Reranking | None
    """Reads the first results of a search by meaning again; None where nothing can."""
    memory: Memory
    columns: Columns
    holdings: Holdings
    backgrounds: Backgrounds = field(default_factory=Backgrounds)
    answers: Answers = field(default_factory=Answers)
    vectors: QueryVectors = field(default_factory=QueryVectors)


class Search:
    """One search in progress."""

    def __init__(
        self,
        shared: Shared,
        request: SearchRequest,
        is_cancelled: Callable[[], bool],
        query: Query | None = None,
    ) -> None:
        """Args: query: in the place of the request's own, where something was taken out of it."""
        self._began = time.monotonic()
        self._shared = shared
        self._request = request
        self._is_cancelled = is_cancelled
        self._connection = shared.connect()
        understood = query or with_held_phrases(self._connection, understand(request))
        self._query = with_other_writings(self._connection, understood)
        self.words = EqualWords(self._query.written)
        kept = shared.memory, shared.columns, shared.holdings
        self._scope = scope_of(self._connection, *kept, request.folders, self._query, request.contents)
        self._by_words: dict[int, Evidence] = {}
        """By depth: what the partial answer was made of serves the final one."""
        self._space = shared.space()
        self._not_indexed, place_notes = places.not_indexed(self._connection, self._query)
        self._notes = [places.not_searched(path) for path in self._scope.unknown]
        self._notes += [*place_notes, *self._query.notes]
        if any(one.field == "lang" for one in self._query.filters) and spoken.is_pending(self._connection):
            self._notes.append(LANGUAGES_UNTOLD)
        self.wants_meaning = request.mode != "keyword" and self._query.has_meaning
        if request.mode != "keyword" and self._query.text and not self._query.has_meaning:
            self._notes.append(TOO_SHORT)

    @property
    def elapsed_ms(self) -> float:
        """Since it began."""
        return round((time.monotonic() - self._began) * 1000, 1)

    def vector(self) -> Float32Array | None:
        """The query's vector, or None with a note why there is none: words answer whatever the model is doing."""
        if not self.wants_meaning:
            return None
        self._checkpoint()
        text, instruction = self._query.text, self._request.instruction
        try:
            vector = self._space.embed_query(text, instruction)
        except FinderError as error:
            if self._request.mode == "semantic" or isinstance(error, CancelledError):
                raise
            self._notes.append(f"{NO_MEANING} {error.title}.")
            return None
        if vector is None:
            self._notes.append(NO_MEANING)
        else:
            self._shared.vectors.keep((self._space.space_id, text, instruction), vector)
        return vector

    def known_vector(self) -> Float32Array | None:
        """The same, not computed again for a query whose results are looked at."""
        key = self._space.space_id, self._query.text, self._request.instruction
        known = self._shared.vectors.get(key) if self.wants_meaning else None
        return known if known is not None else self.vector()

    def answer(self, vector: Float32Array | None) -> Found:
        """What is found with this vector, or without one."""
        if not self._query.text:
            return self._found(*self._listed(), self._coverage(Evidence()))
        depth = max(_LEAST_DEPTH, _DEPTH_PER_RESULT * self._request.limit)
        while True:
            evidence = self._evidence(vector, depth)
            results, away, kinds = self._results(evidence, vector)
            if len(results) == self._request.limit or evidence.is_complete or depth >= _MOST_DEPTH:
                break
            depth *= _DEEPER
        return self._found(results, away, kinds, self._coverage(evidence))

    def _found(
        self, results: list[FoundFile], away: list[bytes], kinds: dict[FileType, int], coverage: Coverage
    ) -> Found:
        return Found(
            query=self._query.text,
            typed=self._query.typed,
            understood=chips(self._query, {}),
            mode=self._request.mode,
            results=results,
            kinds=kinds,
            coverage=coverage,
            empty_because=None,
            suggestion=None,
            not_indexed=[path_to_uri(path) for path in (*self._scope.unknown, *self._not_indexed)],
            elapsed_ms=self.elapsed_ms,
            notes=[*self._notes, *(f"{display(path)} is away: what it holds opens when it is back." for path in away)],
        )

    def _listed(self) -> tuple[list[FoundFile], list[bytes], dict[FileType, int]]:
        """What passes the filters, the newest first; the roots that are away; how many files of each type there are."""
        limit = self._request.limit
        depth = _LISTED_PER_RESULT * limit
        while True:
            newest = self._scope.newest(depth)
            builder = self._builder(Listing(list(lookup.files(self._connection, newest).values())))
            results = builder.build(limit, self._is_cancelled)
            if len(results) == limit or len(newest) < depth or depth >= _MOST_DEPTH:
                break
            depth *= _DEEPER
        for result in results:
            result["why"], result["reason"] = [], "Fits the filters"
        return results, sorted(builder.away), self._kinds(self._scope.types(), None)

    def fitting(self, vector: Float32Array | None) -> dict[FileType, int]:
        """How many files fit, by type."""
        if not self._query.text:
            return self._scope.types()
        evidence = self._evidence(vector, _LEAST_DEPTH)
        found = candidates.by_content(self._scope, evidence)
        return fitting(self._scope, Ranking(found, evidence, postings.row_count(self._connection, "words")))

    def _kinds(self, own: dict[FileType, int], vector: Float32Array | None) -> dict[FileType, int]:
        """The same, before a type was chosen; `own` is that of the query as it is."""
        before = without_types(self._query)
        if before == self._query:
            return own
        kinds = self._with(before).fitting(vector)
        return kinds | {kind: max(count, kinds.get(kind, 0)) for kind, count in own.items()}

    def _with(self, query: Query) -> Search:
        return Search(self._shared, self._request, self._is_cancelled, query)

    def explain_emptiness(self, found: Found, vector: Float32Array | None) -> None:
        """Where nothing fits: say why, and what would fit without each operator, as far as time allows."""
        if any(result["strength"] != "weak" for result in found["results"]):
            return
        until = time.monotonic() + _EXPLAINING_S
        fits: dict[int, int] = {}
        for part in operators(self._query):
            if time.monotonic() > until:
                break
            rest = without(self._query, part)
            if rest.text or rest.filters or rest.excluded:
                fits[part.start] = sum(self._with(rest).fitting(vector).values())
        found["understood"] = chips(self._query, fits)
        found["empty_because"] = empty_because(found)
        found["suggestion"] = self._suggestion()

    def _suggestion(self) -> str | None:
        """Another spelling of the query with which its words would find something."""
        spelled = suggestion(self._connection, self._query)
        if spelled is None:
            return None
        query = understand(replace(self._request, query=spelled))
        found = self._with(query)._evidence_of_words(_LEAST_DEPTH)
        return spelled if found.texts or found.named else None

    def mark_answers(self, results: Sequence[FoundFile], vector: Float32Array) -> None:
        """Mark what answers in the best passage of each."""
        passages = [result["passages"][0] for result in results if result["passages"]]
        for passage, answer in zip(passages, self.answers_in([one["text"] for one in passages], vector), strict=True):
            passage["answer"] = answer

    def answers_in(self, texts: Sequence[str], vector: Float32Array) -> list[Span | None]:
        """What answers in each text, with the query's vector (D,)."""
        meaning = self._meaning(vector)
        if not meaning.is_understood:
            return [None] * len(texts)
        embed = self._space.embed_sentences
        return self._shared.answers.find(texts, meaning, self.words, embed, self._is_cancelled)

    def _meaning(self, vector: Float32Array) -> Meaning:
        text, space = self._query.text, self._space
        background = self._shared.backgrounds.of(self._connection, space.space_id, space.prior)
        mean, spread = background.mean_and_spread(vector, text)
        return Meaning(vector, space.space_id, mean, spread, space.prior.knows(text))

    def _evidence(self, vector: Float32Array | None, depth: int) -> Evidence:
        self._checkpoint()
        is_by_meaning_alone = self._request.mode == "semantic" and vector is not None
        evidence = Evidence() if is_by_meaning_alone else self._evidence_of_words(depth)
        if vector is not None:
            self._checkpoint()
            meaning, index = self._meaning(vector), self._space.index
            candidates.add_meaning(evidence, self._scope, meaning, index, depth, self._is_cancelled)
        self._checkpoint()
        return evidence

    def _evidence_of_words(self, depth: int) -> Evidence:
        if depth not in self._by_words:
            evidence = self._by_words[depth] = Evidence()
            candidates.add_words(evidence, self._scope, self._query, depth)
            candidates.add_names(evidence, self._scope, self._query, depth)
            folder_names.add_folders(evidence, self._scope, depth)
        return self._by_words[depth]

    def _results(
        self, evidence: Evidence, vector: Float32Array | None
    ) -> tuple[list[FoundFile], list[bytes], dict[FileType, int]]:
        """The results, the roots that hold more but are away, and how many files of each type fit."""
        found = candidates.by_content(self._scope, evidence)
        ranking = self._ranking(found, evidence)
        builder = self._builder(ranking)
        results = builder.build(self._request.limit, self._is_cancelled)
        # What is weak is worth a word only where there is nothing else.
        away = sorted(path for path, fits in builder.away.items() if fits or not results)
        return results, away, self._kinds(fitting(self._scope, ranking), vector)

    def _builder(self, ranking: Ranking) -> ResultBuilder:
        hidden = self._shared.hiding()
        hiding = [hidden] if hidden is not None else []
        name_words = EqualWords([*self._query.name_terms, *self._query.written])
        return ResultBuilder(self._scope, ranking, self.words, name_words, self._space.space_id, *hiding)

    def _ranking(self, found: list[Candidate], evidence: Evidence) -> Ranking:
        passage_count = postings.row_count(self._connection, "words")
        ranking = Ranking(found, evidence, passage_count, Surroundings(self._scope, evidence).idf)
        reranking = self._shared.reranking
        if reranking is not None and evidence.meaning is not None:
            self._checkpoint()
            reranking.apply(self._query.text, ranking, self._best_passage)
        put_weak_last(ranking, self._request.limit)
        return ranking

    def _best_passage(self, content_id: int, text_id: int) -> str:
        return next((one.text for one in lookup.passages(self._connection, content_id, [text_id])), "")

    def _coverage(self, evidence: Evidence) -> Coverage:
        counts = self._scope.counts()
        without_meaning = self._scope.count_without_meaning(self._space.space_id)
        return Coverage(
            indexed=counts.findable,
            pending=counts.waiting + min(without_meaning, counts.findable),
            failed=counts.failed,
            filtered_out=self._filtered_out(evidence),
        )

    def _filtered_out(self, evidence: Evidence) -> int:
        """Files outside the scope among the best keyword matches everywhere: at least so many."""
        if not self._scope.is_limited:
            return 0
        met = evidence.met or self._evidence_of_words(_LEAST_DEPTH).met
        holders = lookup.contents_of(self._connection, met).values()
        return self._scope.count_outside({content_id for held in holders for content_id, _ in held})

    def _checkpoint(self) -> None:
        if self._is_cancelled():
            raise CancelledError
