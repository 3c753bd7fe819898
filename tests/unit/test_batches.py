"""Batches: every sequence once, within the budget, with equal lengths side by side."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finder.embed.batches import Batches, Run, batches, equal_runs

LENGTHS = st.lists(st.integers(min_value=1, max_value=256), max_size=200)


@given(LENGTHS, st.integers(min_value=1, max_value=2048))
def test_every_sequence_is_in_exactly_one_batch(lengths: list[int], budget: int) -> None:
    indices = [index for batch in batches(lengths, budget) for index in batch.tolist()]
    assert sorted(indices) == list(range(len(lengths)))


@given(LENGTHS, st.integers(min_value=1, max_value=2048))
def test_only_a_single_sequence_may_exceed_the_budget(lengths: list[int], budget: int) -> None:
    for batch in batches(lengths, budget):
        tokens = sum(lengths[index] for index in batch)
        assert len(batch) == 1 or tokens <= budget


@given(LENGTHS, st.integers(min_value=1, max_value=2048))
def test_lengths_never_fall_so_that_equal_ones_share_a_batch(lengths: list[int], budget: int) -> None:
    in_order = [lengths[index] for batch in batches(lengths, budget) for index in batch]
    assert in_order == sorted(lengths)


@given(LENGTHS, st.integers(min_value=256, max_value=2048))
def test_no_batch_is_smaller_than_it_must_be(lengths: list[int], budget: int) -> None:
    cut = batches(lengths, budget)
    for batch, following in pairwise(cut):
        assert sum(lengths[index] for index in batch) + lengths[following[0]] > budget


@pytest.mark.parametrize(
    ("lengths", "budget", "expected"),
    [
        ([], 8, []),
        ([3], 8, [[0]]),
        ([300], 8, [[0]]),
        ([4, 4, 4, 4], 8, [[0, 1], [2, 3]]),
        ([9, 2, 5, 2], 8, [[1, 3], [2], [0]]),
    ],
)
def test_cuts(lengths: list[int], budget: int, expected: list[list[int]]) -> None:
    assert [batch.tolist() for batch in batches(lengths, budget)] == expected


def test_indices_select_rows_of_an_array() -> None:
    rows = np.arange(6).reshape(3, 2)
    (batch,) = batches([7, 1, 3], 16)
    assert rows[batch].tolist() == [[2, 3], [4, 5], [0, 1]]


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([], []),
        ([5], [Run(0, 1, 5)]),
        ([2, 2, 3], [Run(0, 2, 2), Run(4, 1, 3)]),
        ([3, 2, 3], [Run(0, 1, 3), Run(3, 1, 2), Run(5, 1, 3)]),
    ],
)
def test_runs_of_equal_neighbours(lengths: list[int], expected: list[Run]) -> None:
    assert equal_runs(lengths) == expected


@given(LENGTHS)
def test_runs_cover_the_packed_row_without_a_gap(lengths: list[int]) -> None:
    runs = equal_runs(lengths)
    assert [run.start for run in runs] == [0, *(run.end for run in runs)][: len(runs)]
    assert (runs[-1].end if runs else 0) == sum(lengths)


@given(LENGTHS, st.integers(min_value=256, max_value=2048))
def test_padding_counts_as_tokens_where_batches_are_padded(lengths: list[int], budget: int) -> None:
    for batch in batches(lengths, budget, is_padded=True):
        assert len(batch) * max(lengths[index] for index in batch) <= budget


def test_a_batch_that_is_put_back_is_taken_again_in_smaller_pieces() -> None:
    left = Batches([4, 4, 4, 4, 9])
    batch = left.take(16)
    assert batch is not None
    left.put_back(batch)
    taken = [left.take(8) for _ in range(4)]
    assert [each.tolist() for each in taken if each is not None] == [[0, 1], [2, 3], [4]]
    assert len(left) == 0


def test_nothing_is_taken_of_what_was_dropped() -> None:
    left = Batches([4, 4])
    left.drop()
    assert left.take(8) is None
