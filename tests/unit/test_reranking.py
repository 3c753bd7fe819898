"""A second look at the first results is taken within its time, or not at all."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pytest

from finder.embed.deterministic import HashEmbedder
from finder.errors import EnvironmentFaultError
from finder.search.reranking import Reranking, SentenceReranker
from finder.vectors import Float32Array

PASSAGES = ["one", "two", "three"]
LONG_S = 60.0


class Fixed:
    """Answers with given numbers."""

    def __init__(self, *scores: float) -> None:
        self._scores = np.array(scores, np.float32)

    def scores(self, query: str, passages: Sequence[str]) -> Float32Array:
        return self._scores


class Waiting:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.has_answered = threading.Event()
        self.times_asked = 0

    def scores(self, query: str, passages: Sequence[str]) -> Float32Array:
        self.times_asked += 1
        self.may_answer.wait(LONG_S)
        self.has_answered.set()
        return np.arange(len(passages), dtype=np.float32)


def test_the_best_comes_first_and_equal_ones_stay() -> None:
    assert Reranking(Fixed(0.1, 0.9, 0.5), LONG_S).order("query", PASSAGES) == [1, 2, 0]
    assert Reranking(Fixed(0.5, 0.5, 0.5), LONG_S).order("query", PASSAGES) == [0, 1, 2]


@pytest.mark.parametrize("scores", [(1.0, 2.0), (1.0, float("nan"), 2.0)])
def test_an_answer_that_is_no_row_of_numbers_is_dropped(scores: tuple[float, ...]) -> None:
    assert Reranking(Fixed(*scores), LONG_S).order("query", PASSAGES) is None


def test_a_late_answer_is_dropped_and_nobody_asks_again_until_it_is_there() -> None:
    reranker = Waiting()
    reranking = Reranking(reranker, 0.01)
    try:
        assert reranking.order("query", PASSAGES) is None
        assert reranking.order("another", PASSAGES) is None
        assert reranker.times_asked == 1
    finally:
        reranker.may_answer.set()
    assert reranker.has_answered.wait(LONG_S)
    patient = Reranking(reranker, LONG_S)
    assert patient.order("query", PASSAGES) == [2, 1, 0]


def test_a_re_ranker_that_fails_leaves_the_order_and_may_be_asked_again() -> None:
    class Failing:
        def scores(self, query: str, passages: Sequence[str]) -> Float32Array:
            raise EnvironmentFaultError("The model died", "killed", "Start it again.")

    reranking = Reranking(Failing(), LONG_S)
    assert reranking.order("query", PASSAGES) is None
    reranking._reranker = Fixed(0.0, 1.0, 2.0)
    assert reranking.order("query", PASSAGES) == [2, 1, 0]


def test_one_sentence_of_a_long_passage_is_enough() -> None:
    filler = "The weather in the valley was mild. Nothing else happened on that day. "
    passages = [filler * 3, filler + "The landlord returns the deposit within a month. " + filler, "7 8 9"]
    scores = SentenceReranker(HashEmbedder()).scores("when does the landlord return the deposit", passages)
    assert scores.argmax() == 1
    assert scores[2] == -1.0
