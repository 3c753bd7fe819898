"""What the pipeline has done, counted: the source of progress, rates and time left. Thread-safe, knows no stage."""

from __future__ import annotations

import collections
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

_RATE_WINDOW_S = 20.0
STEP_S = 20.0
"""The last hour is kept in steps of this length."""
STEPS = 180


@dataclass(frozen=True, slots=True)
class Counts:
    """Running totals since the service began."""

    files_read: int = 0
    """Files whose reading ended, well or with a reason."""
    files_extracted: int = 0
    """Files that went through a reader; the others were known by their hash."""
    bytes_read: int = 0
    passages_embedded: int = 0
    """Vectors that a model computed."""
    vectors_fed: int = 0
    """Vectors handed to Chroma."""


class Lately:
    """What was done in each step of the last hour, oldest first. Not thread-safe.

    Args:
        now_s: the time, from a clock that never goes back.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._begun_s = now_s()
        self._newest = 0
        self._amounts: collections.deque[int] = collections.deque([0], maxlen=STEPS)

    def add(self, amount: int) -> None:
        self._go_on()
        self._amounts[-1] += amount

    @property
    def amounts(self) -> list[int]:
        """The last one is of the step that is not over yet; fewer than an hour's where it began later."""
        self._go_on()
        return list(self._amounts)

    def _go_on(self) -> None:
        step = int((self._now_s() - self._begun_s) / STEP_S)
        self._amounts.extend([0] * min(step - self._newest, STEPS))
        self._newest = step


class Activity:
    """The counts, how fast passages were embedded lately, and what was done in the last hour."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = Counts()
        self._embedded: collections.deque[tuple[float, int]] = collections.deque()
        self._bytes_lately, self._passages_lately = Lately(), Lately()

    @property
    def counts(self) -> Counts:
        with self._lock:
            return self._counts

    def file_done(self, size_bytes: int, was_extracted: bool) -> None:
        with self._lock:
            self._counts = replace(
                self._counts,
                files_read=self._counts.files_read + 1,
                files_extracted=self._counts.files_extracted + was_extracted,
                bytes_read=self._counts.bytes_read + size_bytes,
            )
            self._bytes_lately.add(size_bytes)

    def passages_embedded(self, count: int) -> None:
        with self._lock:
            self._counts = replace(self._counts, passages_embedded=self._counts.passages_embedded + count)
            self._passages_lately.add(count)
            self._embedded.append((time.monotonic(), count))
            self._drop_old()

    def vectors_fed(self, count: int) -> None:
        with self._lock:
            self._counts = replace(self._counts, vectors_fed=self._counts.vectors_fed + count)

    @property
    def last_hour(self) -> tuple[list[int], list[int]]:
        """Bytes of files read, and passages embedded, in each step of the last hour: see `Lately`."""
        with self._lock:
            return self._bytes_lately.amounts, self._passages_lately.amounts

    @property
    def passages_per_second(self) -> float:
        """Over the last 20 s; 0.0 where nothing was embedded in them."""
        with self._lock:
            now = self._drop_old()
            if len(self._embedded) < 2:
                return 0.0
            # The first entry marks the time from which the others were computed.
            passages = sum(count for _, count in self._embedded) - self._embedded[0][1]
            return passages / max(1e-3, now - self._embedded[0][0])

    def _drop_old(self) -> float:
        """Forget batches from before the window. Called with the lock held; returns the time."""
        now = time.monotonic()
        while self._embedded and now - self._embedded[0][0] > _RATE_WINDOW_S:
            self._embedded.popleft()
        return now
