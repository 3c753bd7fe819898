"""The shape of every stage: threads that wait for work, do a piece of it, and outlive what goes wrong with it.

Stages never import each other; `finder.index.pipeline` puts them together.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable

from finder.courtesy import give_way
from finder.errors import CancelledError, FinderError
from finder.index.work_in_hand import WorkInHand

_log = logging.getLogger(__name__)

_LONGEST_BACKOFF_S = 60.0
_FIRST_BACKOFF_S = 0.5
_IDLE_CHECK_S = 5.0
"""A wake-up that was missed costs this long, never a stand-still."""


class Stage(ABC):
    """One kind of work. Subclasses say what one piece of it is."""

    def __init__(self, name: str, threads: int = 1, gives_way: bool = False) -> None:
        """
        Args:
            gives_way: its threads take what others leave over. Not for a stage that starts a worker which answers
                searches too: processes and threads inherit the priority of the thread that starts them.
        """
        self.name = name
        self._gives_way = gives_way
        self.fault: FinderError | None = None
        """What keeps the stage from working, None while it works."""
        self.in_hand = WorkInHand()
        """Where its threads note what they work on; the pipeline gives it one with a file."""
        self.guard: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext
        """Around each piece of work: hears of a damaged catalog; the pipeline gives it the catalog's."""
        self._wakeup = threading.Condition()
        self._wakeups = 0
        self._is_stopping = False
        self._is_paused = False
        self._threads = [
            threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True) for number in range(threads)
        ]

    @abstractmethod
    def work(self) -> bool:
        """Do one piece of work. False where there was none to do."""

    def leave(self) -> None:  # noqa: B027 - an optional hook
        """Called by each thread as it ends."""

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """There may be work; also ends a back-off."""
        with self._wakeup:
            self._wakeups += 1
            self._wakeup.notify_all()

    def pause(self, is_paused: bool) -> None:
        """Finish the piece in hand, then rest until resumed."""
        self._is_paused = is_paused
        self.wake()

    def ask_to_stop(self) -> None:
        """Let every thread end after the piece in hand; `join` waits for that."""
        self._is_stopping = True
        self.wake()

    def join(self) -> None:
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    @property
    def is_paused(self) -> bool:
        return self._is_paused

    @property
    def is_stopping(self) -> bool:
        return self._is_stopping

    def _run(self) -> None:
        if self._gives_way:
            give_way()
        backoff_s = _FIRST_BACKOFF_S
        while not self._is_stopping:
            seen_wakeups = self._wakeups
            rest_s = _IDLE_CHECK_S
            try:
                with self.guard():
                    if not self._is_paused and self.work():
                        rest_s = 0.0
                backoff_s = _FIRST_BACKOFF_S
                self.fault = None
            except CancelledError:
                pass
            except FinderError as error:
                _log.warning("%s: %s", self.name, error)
                self.fault = error
                rest_s, backoff_s = backoff_s, min(_LONGEST_BACKOFF_S, backoff_s * 2)
            except Exception:  # noqa: BLE001 - one bad piece of work must not end its stage
                _log.exception("%s: a bug; the stage goes on", self.name)
                rest_s, backoff_s = backoff_s, min(_LONGEST_BACKOFF_S, backoff_s * 2)
            self._rest(rest_s, seen_wakeups)
        self.leave()

    def _rest(self, seconds: float, seen_wakeups: int) -> None:
        if seconds <= 0:
            return
        with self._wakeup:
            self._wakeup.wait_for(lambda: self._is_stopping or self._wakeups != seen_wakeups, seconds)
