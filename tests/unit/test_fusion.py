"""The ranking rule adds evidence, and believes words as far as the query's own hits allow."""

from __future__ import annotations

import math

import numpy as np
import pytest

from finder.search.fusion import Weights, meaning_nats, weigh

PASSAGES = 10_000


def column(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def weights(z: np.ndarray, words: np.ndarray, coverage: float = 0.0) -> Weights:
    coverages = np.where(words == words.max(), coverage, 0.0).astype(np.float32)
    return weigh(z, words, coverages, PASSAGES)


def order(z: np.ndarray, words: np.ndarray, coverage: float = 0.0) -> list[int]:
    coverages = np.where(words == words.max(), coverage, 0.0).astype(np.float32)
    return np.argsort(-weigh(z, words, coverages, PASSAGES).scores(z, words, coverages), kind="stable").tolist()


def test_a_model_that_sees_nothing_in_the_keyword_matches_steps_back() -> None:
    """As an English model does in Chinese: nothing lies far above the background, and words decide."""
    assert order(column(0.1, 0.2, 0.0, 2.0, 1.5), column(24.0, 6.0, 6.0, 0.0, 0.0))[0] == 0


def test_what_is_far_above_all_unrelated_passages_goes_before_a_few_common_words() -> None:
    """A paraphrase shares no telling word with what it asks for."""
    assert order(column(1.5, 6.5), column(7.0, 0.0))[0] == 1


def test_a_rare_word_goes_before_a_near_meaning() -> None:
    assert order(column(1.0, 4.5), column(9.0, 0.0), coverage=1.0)[0] == 0


def test_words_that_all_files_share_say_little_and_a_word_of_one_file_says_much() -> None:
    z = column(*np.linspace(3, 1, 12))
    assert weights(z, column(*[0.3] * 12), 0.3).standout == 0.0
    assert weights(z, column(0.3, *[0.0] * 11), 0.3).standout == 1.0


def test_every_word_of_the_query_in_one_passage_is_believed_however_many_have_them() -> None:
    z, words = column(*[1.0] * 20, 4.0), column(*[8.0] * 20, 0.0)
    assert order(z, words, coverage=0.5)[0] == 20
    assert order(z, words, coverage=1.0)[0] == 0


def test_without_meaning_words_decide_alone() -> None:
    nothing = column(math.nan, math.nan, math.nan)
    assert order(nothing, column(1.0, 5.0, 3.0)) == [1, 2, 0]


def test_a_file_that_waits_for_its_vector_is_neither_lifted_nor_sunk() -> None:
    z = column(4.0, 0.0, math.nan, 2.0)
    assert order(z, column(0.0, 0.0, 0.0, 0.0)) in ([0, 2, 3, 1], [0, 3, 2, 1])


def test_without_words_the_order_is_that_of_the_cosines() -> None:
    assert order(column(0.5, -1.0, 2.0, -3.0, 9.0), column(0.0, 0.0, 0.0, 0.0, 0.0)) == [4, 2, 0, 1, 3]


def test_meaning_is_the_surprise_of_a_normal_distribution_and_beyond_its_knee_no_square() -> None:
    assert meaning_nats(column(0.0, 2.0, -2.0, 4.0)).tolist() == [0.0, 2.0, -2.0, 8.0]
    below, at, above = meaning_nats(column(4.99, 5.0, 5.01)).tolist()
    assert at - below == pytest.approx(above - at, rel=0.01)
    assert meaning_nats(column(10.0))[0] < 10.0**2 / 2


def test_a_name_made_of_the_query_goes_before_a_near_meaning() -> None:
    z, words = column(6.0, 0.0), column(0.0, 0.0)
    scores = weights(z, words).scores(z, words, names=column(0.0, 1.0))
    assert scores[1] > scores[0]


def test_a_word_around_a_text_says_less_than_one_within_it() -> None:
    z = column(1.0, 1.0, 1.0)
    scores = weights(z, column(5.0, 0.0, 0.0)).scores(z, column(5.0, 0.0, 0.0), surroundings=column(0.0, 5.0, 0.0))
    assert scores[0] > scores[1] > scores[2]
