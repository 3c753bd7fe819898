"""What searches read from the catalog again and again, kept until the catalog changes. Knows no store."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Value = TypeVar("Value")

_VALUES_KEPT = 32
_LATELY = 20
"""What took a moment to read is good for so many such moments: while commits come thick it takes a twentieth of the
time."""
_LONGEST_S = 0.5
_WORTH_S = 0.002
"""What takes less is as of the last commit."""


class Memory:
    """Values by key, forgotten at the next commit, or soon after it. Thread-safe."""

    def __init__(self, commits: Callable[[], object]) -> None:
        """Args: commits: something that equals what it was before only while the catalog has not changed."""
        self._commits = commits
        self._lock = threading.Lock()
        self._as_of: object = None
        self._values: dict[Hashable, Any] = {}
        self._late: dict[Hashable, tuple[object, float, Any]] = {}
        """As of which commits, until when it is good after another, the value."""

    def recall(self, key: Hashable, read: Callable[[], Value]) -> Value:
        """The value of `key`, read where it is not known."""
        as_of = self._commits()  # before reading: what is committed meanwhile makes it stale, not wrong
        with self._lock:
            if as_of != self._as_of:
                self._as_of, self._values = as_of, {}
            if key in self._values:
                known: Value = self._values[key]
                return known
        value = read()
        with self._lock:
            if as_of == self._as_of:
                if len(self._values) == _VALUES_KEPT:
                    del self._values[next(iter(self._values))]
                self._values[key] = value
        return value

    def recall_lately(self, key: Hashable, read: Callable[[], Value]) -> Value:
        """The same for what may be a little older than the last commit: never by more than half a second.

        While files are indexed, every search would count a million rows anew.
        """
        as_of = self._commits()
        with self._lock:
            if key in self._late:
                read_as_of, until, value = self._late[key]
                if read_as_of == as_of or time.monotonic() < until:
                    known: Value = value
                    return known
        began = time.thread_time()  # of the processor: a busy computer makes nothing older
        fresh = read()
        took_s = time.thread_time() - began
        good_s = min(_LONGEST_S, _LATELY * took_s) if took_s > _WORTH_S else 0.0
        with self._lock:
            self._late.pop(key, None)
            if len(self._late) == _VALUES_KEPT:
                del self._late[next(iter(self._late))]
            self._late[key] = as_of, time.monotonic() + good_s, fresh
        return fresh
