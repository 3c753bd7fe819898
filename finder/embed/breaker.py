"""When something that fails is tried again. Pure: imports the standard library alone.

Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

_FIRST_REST_S = 0.5
_LONGEST_REST_S = 60.0
_LONGEST_WISH_S = 600.0
_OPENS_AFTER = 3
_MOST_DOUBLINGS = 10


class Breaker:
    """Counts failures in a row; each lets the one that failed rest for longer, and the third opens the breaker.

    Args:
        clock: seconds, monotonic.
        chance: numbers from 0 to 1, evenly.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, chance: Callable[[], float] = random.random
    ) -> None:
        self._clock = clock
        self._chance = chance
        self._lock = threading.Lock()
        self._failures = 0
        self._rests_until = 0.0

    @property
    def failures(self) -> int:
        """In a row, up to now."""
        return self._failures

    @property
    def is_open(self) -> bool:
        """True where one trial must succeed before there is any more work."""
        return self._failures >= _OPENS_AFTER

    @property
    def rest_s(self) -> float:
        """Seconds until it may be tried again."""
        return max(0.0, self._rests_until - self._clock())

    def succeeded(self) -> None:
        with self._lock:
            self._failures, self._rests_until = 0, 0.0

    def failed(self, wished_rest_s: float | None = None) -> None:
        """
        Args:
            wished_rest_s: what the other side asked for.
        """
        with self._lock:
            longest_s = min(_LONGEST_REST_S, _FIRST_REST_S * 2.0 ** min(self._failures, _MOST_DOUBLINGS))
            rest_s = longest_s * self._chance()
            if wished_rest_s is not None:
                rest_s = max(rest_s, min(wished_rest_s, _LONGEST_WISH_S))
            self._failures += 1
            self._rests_until = max(self._rests_until, self._clock() + rest_s)
