"""How many tokens one batch may have: what memory holds, and while somebody searches what is done at once. Pure.

A device is as fast as its batches are large, up to a size that no data sheet tells: the budget is doubled as long as
that makes the batches that really come faster. Where memory runs out it is halved at once and grows back slowly, since
what was full may have been another program's doing.
"""

from __future__ import annotations

import statistics
import threading

_SEARCHING_S = 0.03
"""A batch is cut to about so much work while somebody searches."""
_BATCHES_PER_STEP = 4
"""Full batches whose median is the rate of a budget."""
_WORTH_WHILE = 1.05
"""A larger batch must be faster by this factor to be kept."""
_FULL_SHARE = 0.7
"""Of the budget: from here on a batch tells something of it."""
_GROWS_AFTER = 64
"""Batches without a fault before the budget grows back by a quarter."""


class TokenBudget:
    """One device's budget. Safe to use from several threads.

    Args:
        start: tokens of the first batches.
        least: below this the budget never falls, searching or not.
        most: what memory holds; equal to `start`, the budget is settled from the beginning.
    """

    def __init__(self, start: int, least: int, most: int) -> None:
        self._lock = threading.Lock()
        self._tokens = min(start, most)
        self._least = min(least, self._tokens)
        self.most = most
        """What the budget never exceeds."""
        self._rates: list[float] = []
        """Of the batches at the present budget, in tokens per second."""
        self._former_rate = 0.0
        """At half the present budget; 0 at the first."""
        self._is_settled = self._tokens >= most
        self._batches_since_fault: int | None = None
        """None where memory has not run out, or the budget has grown back."""
        self._rate = 0.0

    def tokens(self, is_searching: bool) -> int:
        """For the next batch."""
        with self._lock:
            if not is_searching:
                return self._tokens
            return max(self._least, min(self._tokens, int(self._rate * _SEARCHING_S)))

    def computed(self, tokens: int, seconds: float) -> None:
        """A batch of `tokens` took so long."""
        with self._lock:
            rate = tokens / max(seconds, 1e-6)
            self._rate = rate if not self._rate else 0.8 * self._rate + 0.2 * rate
            self._grow_back()
            if not self._is_settled and tokens >= _FULL_SHARE * self._tokens:
                self._rates.append(rate)
                if len(self._rates) == _BATCHES_PER_STEP:
                    self._climb(statistics.median(self._rates))

    def ran_out(self) -> bool:
        """Memory did not hold a batch: the next is half as large. False where it cannot be smaller."""
        with self._lock:
            is_smaller = self._tokens > self._least
            if self._batches_since_fault is None:
                self.most = self._tokens
            self._tokens = max(self._least, self._tokens // 2)
            self._is_settled = True
            self._batches_since_fault = 0
            return is_smaller

    def _climb(self, rate: float) -> None:
        """Double the budget, or go back to the half where doubling it was not worth while."""
        self._rates = []
        if rate < _WORTH_WHILE * self._former_rate:
            self._tokens //= 2
            self._is_settled = True
            return
        self._is_settled = 2 * self._tokens > self.most
        if not self._is_settled:
            self._former_rate = rate
            self._tokens *= 2

    def _grow_back(self) -> None:
        if self._batches_since_fault is None:
            return
        self._batches_since_fault += 1
        if self._batches_since_fault >= _GROWS_AFTER:
            self._tokens = min(self.most, self._tokens + max(1, self._tokens // 4))
            self._batches_since_fault = 0 if self._tokens < self.most else None
