"""Room for a second look: the first results read again, together with the query, within a time limit.

What ranks knows vectors and words; what reads passage and query together knows more and is slow. So it gets the best
few, and a time: an answer that comes late is dropped and the first order stays. Knows no model.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from finder.errors import FinderError
from finder.search.ranking import Ranking
from finder.search.strength import NAMED
from finder.search.units import units
from finder.vectors import Embedder, Float32Array

RERANKED = 30
"""So many of the first results are read again."""
TIME_LIMIT_S = 0.15

_log = logging.getLogger(__name__)


class Reranker(Protocol):
    """What can tell how well a passage answers a query, by reading both."""

    def scores(self, query: str, passages: Sequence[str]) -> Float32Array:
        """(N,) float32 for N passages; higher is better, and only the order means something."""
        ...


class Reranking:
    """Asks a re-ranker, one query at a time, and waits no longer than agreed. Thread-safe."""

    def __init__(self, reranker: Reranker, time_limit_s: float = TIME_LIMIT_S) -> None:
        self._reranker = reranker
        self._time_limit_s = time_limit_s
        self._is_busy = threading.Lock()
        """Held until the answer is there, late or not: what is too slow is never asked twice at once."""

    def apply(self, query: str, ranking: Ranking, passage_of: Callable[[int, int], str]) -> None:
        """Put the first results in the re-ranker's order.

        What has no passage, and what was asked for by its name, stands where it stood.

        Args:
            passage_of: from a content's id and a text's, the passage.
        """
        first = ranking.order[:RERANKED]
        passages: dict[int, str] = {}
        for row in first:
            content_id, best = ranking.candidates[row].content_id, ranking.best_texts(row, 1)
            if content_id is not None and best and ranking.match(row).name < NAMED:
                passages[row] = passage_of(content_id, best[0])
        order = self.order(query, list(passages.values()))
        if order is not None:
            rows = list(passages)
            reread = iter([rows[place] for place in order])
            ranking.reorder([next(reread) if row in passages else row for row in first])

    def order(self, query: str, passages: Sequence[str]) -> list[int] | None:
        """The passages' places in the re-ranker's order, the best first; equal ones stay as they stand.

        None where the answer was late, is no sound one, or the answer to an earlier query is still being made.
        """
        if len(passages) < 2 or not self._is_busy.acquire(blocking=False):
            return None
        answer: list[Float32Array] = []
        is_done = threading.Event()
        ask = _in_time(self._reranker, query, passages, answer.append, self._is_busy, is_done)
        threading.Thread(target=ask, name="reranking", daemon=True).start()
        if not is_done.wait(self._time_limit_s) or not answer:
            return None
        scores = answer[0]
        if scores.shape != (len(passages),) or not np.isfinite(scores).all():
            _log.warning("The re-ranker's answer is no row of numbers; the order stays")
            return None
        return list(np.argsort(-scores, kind="stable").tolist())


def _in_time(
    reranker: Reranker,
    query: str,
    passages: Sequence[str],
    answered: Callable[[Float32Array], None],
    is_busy: threading.Lock,
    is_done: threading.Event,
) -> Callable[[], None]:
    """The work of the thread that asks: whatever happens in it, the lock is free and nobody waits afterwards."""

    def ask() -> None:
        try:
            answered(reranker.scores(query, passages))
        except FinderError as error:  # it costs the second look, not the search
            _log.warning("The re-ranker failed (%s); the order stays", error.title)
        finally:
            is_busy.release()
            is_done.set()

    return ask


class SentenceReranker:
    """By the sentence of each passage that is nearest to the query: what any embedder can do, without another model.

    For a fast embedder: on a processor alone thirty passages are more sentences than the time limit allows.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def scores(self, query: str, passages: Sequence[str]) -> Float32Array:
        """(N,): the greatest cosine of any of a passage's sentences with the query; the lowest where it has none."""
        owners: list[int] = []
        sentences: list[str] = []
        for place, passage in enumerate(passages):
            spans = units(passage)
            owners += [place] * len(spans)
            sentences += [passage[start:end] for start, end in spans]
        best = np.full(len(passages), -1.0, np.float32)
        if sentences:
            cosines = self._embedder.embed_passages(sentences) @ self._embedder.embed_query(query)  # (S,)
            np.maximum.at(best, owners, cosines)
        return best
