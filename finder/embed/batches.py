"""How sequences of tokens are cut into batches. Pure arithmetic: imports numpy alone.

Sequences are sorted by their number of tokens, because equal ones can share one attention call, and cut by a budget of
tokens, because the work of a batch follows its tokens and not its rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from finder.vectors import Int64Array


@dataclass(frozen=True, slots=True)
class Run:
    """`count` sequences of `length` tokens each, side by side from token `start` of a packed row."""

    start: int
    count: int
    length: int

    @property
    def end(self) -> int:
        return self.start + self.count * self.length


def batches(lengths: Sequence[int], token_budget: int) -> list[Int64Array]:
    """Cut N sequences into batches of at most `token_budget` tokens, shortest first.

    Args:
        lengths: N token counts.
    Returns:
        Indices into `lengths`, each once; within a batch and from batch to batch, lengths never fall, and equal ones
        keep their order. A sequence longer than the budget is a batch of its own.
    """
    order = np.argsort(np.asarray(lengths, dtype=np.int64), kind="stable")
    return [np.array(batch, dtype=np.int64) for batch in _cut(order, lengths, token_budget)]


def _cut(order: Int64Array, lengths: Sequence[int], token_budget: int) -> Iterator[list[int]]:
    batch: list[int] = []
    tokens = 0
    for index in order.tolist():
        if batch and tokens + lengths[index] > token_budget:
            yield batch
            batch, tokens = [], 0
        batch.append(index)
        tokens += lengths[index]
    if batch:
        yield batch


def equal_runs(lengths: Sequence[int]) -> list[Run]:
    """The runs of equal neighbours in `lengths`, as they lie in one packed row without padding."""
    runs: list[Run] = []
    start = 0
    for length, group in groupby(lengths):
        runs.append(Run(start, sum(1 for _ in group), length))
        start = runs[-1].end
    return runs
