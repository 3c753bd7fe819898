"""Answers searches: words and names at once, meaning fused in after; and marks what answers within what was found."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import apsw

from finder.search.found import Found
from finder.search.memory import Memory
from finder.search.one_search import EmbedQuery, Search, Shared, SpaceSearch
from finder.search.query import SearchRequest
from finder.search.reranking import Reranking
from finder.search.results import IsHidden
from finder.search.words import Span
from finder.store.cancelling import cancellable
from finder.store.columns import Columns
from finder.store.holdings import Holdings
from finder.store.row_changes import RowChanges

__all__ = ["EmbedQuery", "SearchRequest", "Searcher", "SpaceSearch"]


class Searcher:
    """Answers searches; thread-safe, as far as `connect` gives each thread a connection of its own."""

    def __init__(
        self,
        connect: Callable[[], apsw.Connection],
        space: Callable[[], SpaceSearch],
        commits: Callable[[], object] = object,
        hiding: Callable[[], IsHidden | None] = lambda: None,
        reranking: Reranking | None = None,
        changes: RowChanges | None = None,
    ) -> None:
        """
        Args:
            connect: gives the calling thread's reading connection.
            space: the one that answers at this moment.
            commits: equals what it was before only while the catalog has not changed. Without it nothing that was
                read for one search serves another.
            hiding: what the catalog still has and is not to be shown at this moment; None where there is nothing.
            reranking: reads the first results of a search by meaning again; None where nothing can.
            changes: what is committed to the catalog; without it the columns that filters ask are read each time.
        """
        memory, columns, holdings = Memory(commits), Columns(changes), Holdings(commits)
        self._shared = Shared(connect, space, hiding, reranking, memory, columns, holdings)

    def search(
        self,
        request: SearchRequest,
        on_partial: Callable[[Found], None] | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Found:
        """The answer.

        Args:
            on_partial: gets the answer by names and words, where meaning is still to come.
            is_cancelled: looked at between the steps, and by the catalog within them.
        Raises:
            UsageFaultError: the request makes no sense.
            CancelledError: `is_cancelled` said so.
        """
        with cancellable(self._shared.connect(), is_cancelled):
            search = Search(self._shared, request, is_cancelled)
            if search.wants_meaning and request.mode == "hybrid" and on_partial is not None:
                on_partial(search.answer(None))
            vector = search.vector()
            found = search.answer(vector)
            if vector is not None and request.evidence:
                search.mark_answers(found["results"][: request.evidence], vector)
            search.explain_emptiness(found, vector)
            found["elapsed_ms"] = search.elapsed_ms
            return found

    def evidence(
        self, request: SearchRequest, texts: Sequence[str], is_cancelled: Callable[[], bool] = lambda: False
    ) -> tuple[list[Span | None], list[list[Span]]]:
        """For passages that were found before: what answers in each, and where the query's words stand.

        Raises:
            UsageFaultError, CancelledError: as `search`.
        """
        search = Search(self._shared, request, is_cancelled)
        vector = search.known_vector()
        nothing: list[Span | None] = [None] * len(texts)
        answers = search.answers_in(texts, vector) if vector is not None else nothing
        return answers, [search.words.spans(text) for text in texts]
