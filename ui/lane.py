"""Calls that wait for one of a few threads. Imports no Qt."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

C = TypeVar("C")
R = TypeVar("R")


class Lane(Generic[C, R]):
    """First come, first served, in as many threads as have been needed at one time, up to `most`.

    Args:
        serve: answers one call in a thread, with what it returned for the call before in that thread: None at first.
        leave: is given the last of these when the thread ends.
    """

    def __init__(
        self, name: str, most: int, serve: Callable[[C, R | None], R | None], leave: Callable[[R | None], None]
    ):
        self._name, self._most = name, most
        self._serve, self._leave = serve, leave
        self._waiting: queue.SimpleQueue[C | None] = queue.SimpleQueue()
        self._threads = self._idle = 0
        self._lock = threading.Lock()
        self._is_closed = False

    def put(self, call: C) -> None:
        """Have a call served, never in this thread."""
        with self._lock:
            if self._is_closed:
                return
            self._waiting.put(call)
            if self._idle < self._waiting.qsize() and self._threads < self._most:
                self._threads += 1
                threading.Thread(target=self._work, name=f"{self._name}-{self._threads}", daemon=True).start()

    def close(self) -> None:
        """End every thread when the call that it serves has ended; what waits is served no more."""
        with self._lock:
            self._is_closed = True
            for _ in range(self._threads):
                self._waiting.put(None)

    def _work(self) -> None:
        held: R | None = None
        while (call := self._next()) is not None and not self._is_closed:
            held = self._serve(call, held)
        self._leave(held)

    def _next(self) -> C | None:
        with self._lock:
            self._idle += 1
        call = self._waiting.get()
        with self._lock:
            self._idle -= 1
        return call
