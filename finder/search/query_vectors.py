"""The vectors of the latest queries: none is computed again while its results are looked at. Knows no model."""

from __future__ import annotations

import collections
import threading

from finder.vectors import Float32Array

_KEPT = 64

Key = tuple[int, str, str | None]
"""Space, query, instruction."""


class QueryVectors:
    """Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._vectors: collections.OrderedDict[Key, Float32Array] = collections.OrderedDict()

    def keep(self, key: Key, vector: Float32Array) -> None:
        with self._lock:
            self._vectors[key] = vector
            self._vectors.move_to_end(key)
            if len(self._vectors) > _KEPT:
                self._vectors.popitem(last=False)

    def get(self, key: Key) -> Float32Array | None:
        """(D,), or None where it is not among the latest."""
        with self._lock:
            return self._vectors.get(key)
