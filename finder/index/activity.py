"""What the pipeline has done, counted: the source of progress, rates and time left. Thread-safe, knows no stage."""

from __future__ import annotations

import collections
import threading
import time
from dataclasses import dataclass, replace

_RATE_WINDOW_S = 20.0


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


class Activity:
    """The counts, and how fast passages were embedded lately."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = Counts()
        self._embedded: collections.deque[tuple[float, int]] = collections.deque()

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

    def passages_embedded(self, count: int) -> None:
        with self._lock:
            self._counts = replace(self._counts, passages_embedded=self._counts.passages_embedded + count)
            self._embedded.append((time.monotonic(), count))
            self._drop_old()

    def vectors_fed(self, count: int) -> None:
        with self._lock:
            self._counts = replace(self._counts, vectors_fed=self._counts.vectors_fed + count)

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
