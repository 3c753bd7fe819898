"""The ranking rule believes each side as far as the query's own hits allow."""

from __future__ import annotations

import math

import numpy as np
import pytest

from finder.search.fusion import weigh


def column(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def order(z: np.ndarray, shares: np.ndarray, coverage: float = 0.0) -> list[int]:
    return np.argsort(-weigh(z, shares, coverage).scores(z, shares), kind="stable").tolist()


def test_a_model_that_sees_nothing_in_the_keyword_matches_steps_back() -> None:
    """As MiniLM does in Chinese: what the words find lies no higher in meaning than anything else."""
    shares = column(0.4, 0.1, 0.1, 0.0, 0.0)
    blind = column(0.1, 0.2, 0.0, 3.0, 2.5)
    assert weigh(blind, shares, 0.5).trust == pytest.approx(0.1)
    assert order(blind, shares)[0] == 0


def test_a_model_that_agrees_with_the_words_decides_between_them() -> None:
    shares = column(*[0.30] * 9, 0.29, 0.0)
    seeing = column(*[3.5] * 9, 6.0, 0.0)
    assert weigh(seeing, shares, 0.4).trust > 0.9
    assert order(seeing, shares)[0] == 9


def test_words_that_all_files_share_say_little_and_a_word_of_one_file_says_much() -> None:
    z = column(*np.linspace(3, 1, 12))
    assert weigh(z, column(*[0.3] * 12), 0.3).standout == 0.0
    assert weigh(z, column(0.3, *[0.0] * 11), 0.3).standout == 1.0


def test_every_word_of_the_query_in_one_passage_is_believed_however_many_have_them() -> None:
    z = column(*[1.0] * 20, 4.0)
    shares = column(*[0.5] * 20, 0.0)
    assert order(z, shares, coverage=0.5)[0] == 20
    assert order(z, shares, coverage=1.0)[0] == 0


def test_without_meaning_words_decide_alone() -> None:
    nothing = column(math.nan, math.nan, math.nan)
    assert order(nothing, column(0.1, 0.5, 0.3)) == [1, 2, 0]


def test_a_file_that_waits_for_its_vector_is_neither_lifted_nor_sunk() -> None:
    z = column(4.0, 0.0, math.nan, 2.0)
    assert order(z, column(0.0, 0.0, 0.0, 0.0)) in ([0, 2, 3, 1], [0, 3, 2, 1])


def test_without_words_the_order_is_that_of_the_cosines() -> None:
    assert order(column(0.5, -1.0, 2.0), column(0.0, 0.0, 0.0)) == [2, 0, 1]


def test_a_name_made_of_the_query_goes_before_a_near_meaning() -> None:
    z, shares, names = column(4.0, 0.0), column(0.0, 0.0), column(0.0, 1.0)
    scores = weigh(z, shares, 0.0).scores(z, shares, names)
    assert scores[1] > scores[0]
