"""How sequences of tokens are cut into batches. Pure arithmetic: imports numpy alone.

Sequences are sorted by their number of tokens, because equal ones can share one attention call, and cut by a budget of
tokens, because the work of a batch follows its tokens and not its rows.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
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


class Batches:
    """N sequences, cut into batches one by one, shortest first. Safe to use from several threads.

    Within a batch and from batch to batch, lengths never fall, and equal ones keep their order. Each batch has a budget
    of its own: what is searched for meanwhile, or memory that has run out, makes the next one smaller.

    Args:
        lengths: N token counts.
        is_padded: every sequence of a batch costs as many tokens as its longest.
    """

    def __init__(self, lengths: Sequence[int], is_padded: bool = False) -> None:
        self._lengths = lengths
        self._is_padded = is_padded
        self._lock = threading.Lock()
        self._left = np.argsort(np.asarray(lengths, dtype=np.int64), kind="stable")

    def __len__(self) -> int:
        return len(self._left)

    def take(self, token_budget: int) -> Int64Array | None:
        """Indices into `lengths` that were not taken before; None where there are none left.

        A sequence longer than the budget is a batch of its own.
        """
        with self._lock:
            lengths = np.asarray([self._lengths[index] for index in self._left[: max(1, token_budget)]], np.int64)
            ordinals = np.arange(1, len(lengths) + 1)
            costs = ordinals * lengths if self._is_padded else np.cumsum(lengths)
            count = max(1, int(np.searchsorted(costs, token_budget, side="right")))
            batch, self._left = self._left[:count], self._left[count:]
            return batch if len(batch) else None

    def put_back(self, batch: Int64Array) -> None:
        """Have a batch taken again, before all others."""
        with self._lock:
            self._left = np.concatenate([batch, self._left])

    def drop(self) -> None:
        """Let nothing more be taken."""
        with self._lock:
            self._left = self._left[:0]


def batches(lengths: Sequence[int], token_budget: int, is_padded: bool = False) -> list[Int64Array]:
    """Every batch of N sequences, with one budget for all."""
    left, found = Batches(lengths, is_padded), []
    while (batch := left.take(token_budget)) is not None:
        found.append(batch)
    return found


def equal_runs(lengths: Sequence[int]) -> list[Run]:
    """The runs of equal neighbours in `lengths`, as they lie in one packed row without padding."""
    runs: list[Run] = []
    start = 0
    for length, group in groupby(lengths):
        runs.append(Run(start, sum(1 for _ in group), length))
        start = runs[-1].end
    return runs
