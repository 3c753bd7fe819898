"""What searches read from the catalog again and again, kept until the catalog changes. Knows no store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Value = TypeVar("Value")

_VALUES_KEPT = 32


class Memory:
    """Values by key, all forgotten at the next commit. Thread-safe."""

    def __init__(self, commits: Callable[[], object]) -> None:
        """Args: commits: something that equals what it was before only while the catalog has not changed."""
        self._commits = commits
        self._lock = threading.Lock()
        self._as_of: object = None
        self._values: dict[Hashable, Any] = {}

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
