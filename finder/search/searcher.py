"""One search from request to answer: words and names at once, meaning fused in after.

Knows the protocols of what embeds a query and of what finds vectors, not who stands behind them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import apsw

from finder.errors import CancelledError, FinderError
from finder.paths import display
from finder.search import candidates
from finder.search.background import Backgrounds
from finder.search.candidates import Evidence, Meaning
from finder.search.found import Coverage, Found, FoundFile
from finder.search.fusion import weigh
from finder.search.memory import Memory
from finder.search.query import Query, SearchRequest, understand
from finder.search.results import IsHidden, ResultBuilder
from finder.search.scope import Scope, scope_of
from finder.store import lookup
from finder.vectors import Float32Array, VectorIndex

__all__ = ["SearchRequest", "Searcher", "SpaceSearch"]

_DEPTH_PER_RESULT = 5
_LEAST_DEPTH = 100
_DEEPER = 4
_MOST_DEPTH = 20_000

NO_MEANING = "The model is not ready: found by names and words alone."
TOO_SHORT = "Too short to have a meaning: searched by names and words alone."

EmbedQuery = Callable[[str, str | None], Float32Array | None]


@dataclass(frozen=True, slots=True)
class SpaceSearch:
    """The embedding space that answers; one search keeps to one, so that a ranking never mixes two."""

    space_id: int
    index: VectorIndex
    embed_query: EmbedQuery
    """From a query and its instruction: the query's vector (D,), or None while there is no model to make it."""


class Searcher:
    """Answers searches; thread-safe, as far as `connect` gives each thread a connection of its own."""

    def __init__(
        self,
        connect: Callable[[], apsw.Connection],
        space: Callable[[], SpaceSearch],
        commits: Callable[[], object] = object,
        hiding: Callable[[], IsHidden | None] = lambda: None,
    ) -> None:
        """
        Args:
            connect: gives the calling thread's reading connection.
            space: the one that answers at this moment.
            commits: equals what it was before only while the catalog has not changed. Without it nothing that was
                read for one search serves another.
            hiding: what the catalog still has and is not to be shown at this moment; None where there is nothing.
        """
        self._connect = connect
        self._space = space
        self._hiding = hiding
        self._backgrounds = Backgrounds()
        self._memory = Memory(commits)

    def search(
        self,
        request: SearchRequest,
        on_partial: Callable[[Found], None] | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Found:
        """The answer.

        Args:
            on_partial: gets the answer by names and words, where meaning is still to come.
            is_cancelled: looked at between the steps.
        Raises:
            UsageFaultError: the request makes no sense.
            CancelledError: `is_cancelled` said so.
        """
        search = _Search(self, request, is_cancelled)
        if search.wants_meaning and request.mode == "hybrid" and on_partial is not None:
            on_partial(search.answer(None))
        return search.answer(search.vector())


class _Search:
    """One search in progress."""

    def __init__(self, searcher: Searcher, request: SearchRequest, is_cancelled: Callable[[], bool]) -> None:
        self._began = time.monotonic()
        self._searcher = searcher
        self._request = request
        self._is_cancelled = is_cancelled
        self._query: Query = understand(request)
        self._connection = searcher._connect()
        self._scope: Scope = scope_of(self._connection, searcher._memory, request.folders)
        self._by_words: dict[int, Evidence] = {}
        """By depth: what the partial answer was made of serves the final one."""
        self._space = searcher._space()
        self._notes = [f"Not indexed: {display(path)}" for path in self._scope.unknown]
        self.wants_meaning = request.mode != "keyword" and self._query.has_meaning
        if request.mode != "keyword" and not self._query.has_meaning:
            self._notes.append(TOO_SHORT)

    def vector(self) -> Float32Array | None:
        """The query's vector, or None with a note why there is none: words answer whatever the model is doing."""
        if not self.wants_meaning:
            return None
        try:
            vector = self._space.embed_query(self._query.text, self._request.instruction)
        except FinderError as error:
            if self._request.mode == "semantic" or isinstance(error, CancelledError):
                raise
            self._notes.append(f"{NO_MEANING} {error.title}.")
            return None
        if vector is None:
            self._notes.append(NO_MEANING)
        return vector

    def answer(self, vector: Float32Array | None) -> Found:
        """What is found with this vector, or without one."""
        depth = max(_LEAST_DEPTH, _DEPTH_PER_RESULT * self._request.limit)
        while True:
            evidence = self._evidence(vector, depth)
            results, away = self._results(evidence)
            if len(results) == self._request.limit or evidence.is_complete or depth >= _MOST_DEPTH:
                break
            depth *= _DEEPER
        return Found(
            query=self._query.text,
            mode=self._request.mode,
            results=results,
            coverage=self._coverage(evidence),
            elapsed_ms=round((time.monotonic() - self._began) * 1000, 1),
            notes=[*self._notes, *(f"{display(path)} is away: what it holds is not shown." for path in away)],
        )

    def _evidence(self, vector: Float32Array | None, depth: int) -> Evidence:
        self._checkpoint()
        is_by_meaning_alone = self._request.mode == "semantic" and vector is not None
        evidence = Evidence() if is_by_meaning_alone else self._evidence_of_words(depth)
        if vector is not None:
            self._checkpoint()
            background = self._searcher._backgrounds.of(self._connection, self._space.space_id)
            meaning = Meaning(vector, self._space.space_id, *background.mean_and_spread(vector, self._query.text))
            candidates.add_meaning(evidence, self._scope, meaning, self._space.index, depth)
        self._checkpoint()
        return evidence

    def _evidence_of_words(self, depth: int) -> Evidence:
        if depth not in self._by_words:
            evidence = self._by_words[depth] = Evidence()
            candidates.add_words(evidence, self._scope, self._query, depth)
            candidates.add_names(evidence, self._scope, self._query, depth)
        return self._by_words[depth]

    def _results(self, evidence: Evidence) -> tuple[list[FoundFile], list[bytes]]:
        """The results, and the roots that hold more but are away."""
        found = candidates.by_content(self._scope, evidence)
        columns = candidates.columns(found, evidence)
        weights = weigh(columns.z, columns.shares, evidence.coverage)
        hidden = self._searcher._hiding()
        builder = ResultBuilder(self._scope, evidence, weights, *([hidden] if hidden is not None else []))
        results = builder.build(found, columns, self._request.limit, self._is_cancelled)
        # What is weak is worth a word only where there is nothing else.
        return results, sorted(path for path, fits in builder.away.items() if fits or not results)

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
        if self._scope.folder_ids is None:
            return 0
        met = evidence.met or self._evidence_of_words(_LEAST_DEPTH).met
        outside: set[int] = set()
        for holders in lookup.contents_of(self._connection, met).values():
            for content_id, _ in holders:
                infos = lookup.files_of(self._connection, content_id)
                outside.update(info.id for info in infos if not self._scope.holds_file(info.id))
        return len(outside)

    def _checkpoint(self) -> None:
        if self._is_cancelled():
            raise CancelledError
