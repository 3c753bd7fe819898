"""A worker as its users see it: ask, and a process answers. Imports no model library and no store.

The process is started when something is asked, renewed after so many requests, let go when idle, killed at a
deadline, and started again after a death. Every request ends in its reply or in an error:

    the worker's own FinderError         as it was raised there
    WorkerDiedError, code too_slow       the deadline passed; the process is killed
                     code too_much_memory
                     code crashed        a signal that says its code went wrong, or an exit status that is not 0
                     code died           it ended otherwise (killed from outside, no known answer)
    ServiceError                         no process takes requests, or no answer in time though it is not at fault
    CancelledError                       `stop` was called
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Literal

from finder.errors import CancelledError, ServiceError, WorkerDiedError
from finder.index.work_in_hand import put_aside
from finder.types import JsonObject
from finder.workers.channel import Blob
from finder.workers.child import Child, WorkerSpec
from finder.workers.serving import Reply

WorkerState = Literal["stopped", "starting", "idle", "busy", "failing"]

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0


class Worker:
    """One worker, over as many processes as it takes. Safe to use from any thread.

    Args:
        logs: the folder for what the processes write to stderr, as `worker-NAME.log`.
    """

    def __init__(self, spec: WorkerSpec, logs: Path) -> None:
        self.spec = spec
        self._logs = logs
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._is_stopped = False
        self._failed_starts = 0
        self._paused_until = 0.0
        self.starts = 0
        """Processes started so far."""

    @property
    def pid(self) -> int | None:
        child = self._child
        return child.pid if child is not None else None

    @property
    def told(self) -> JsonObject:
        """What the running process has told about itself; empty where none runs."""
        child = self._child
        return child.told if child is not None and not child.is_over else {}

    @property
    def state(self) -> WorkerState:
        child = self._child
        if child is None or child.is_over:
            return "failing" if time.monotonic() < self._paused_until else "stopped"
        if not child.told.get("is_ready"):
            return "starting"
        return "busy" if child.is_busy else "idle"

    def leave_after(self, idle_s: float | None) -> None:
        """Let the process leave after so long without a request from now on; None lets it stay."""
        with self._lock:
            self.spec = replace(self.spec, idle_s=idle_s)
            if self._child is not None:
                self._child.spec = self.spec

    def start_next_with(self, arguments: tuple[str, ...]) -> None:
        """Give the processes that are started from now on other arguments."""
        with self._lock:
            self.spec = replace(self.spec, arguments=arguments)

    def start(self) -> None:
        """Start a process if none runs, without waiting for it.

        Raises:
            ServiceError: it has failed to start again and again; tried again after a while.
        """
        with self._lock:
            self._current()

    def request(
        self,
        method: str,
        params: JsonObject | None = None,
        blobs: Sequence[Blob] = (),
        descriptors: Sequence[int] = (),
        *,
        timeout_s: float,
        is_killed_when_late: bool = True,
    ) -> Reply:
        """Have `method` answered. Requests of several threads are under way at one time.

        Args:
            descriptors: passed along; the caller keeps and closes its own.
            timeout_s: for the answer, from when the process takes requests.
            is_killed_when_late: False gives up waiting after `timeout_s`, start included, and leaves the process alone.
        """
        given_up_at = time.monotonic() + timeout_s
        child, number, future = self._registered()
        with put_aside():  # how long a process takes to start says nothing of what it is to do
            is_ready = child.wait_until_ready(self.spec.start_timeout_s if is_killed_when_late else timeout_s)
        if not is_ready:
            raise self._late(child, number, is_killed_when_late)
        with self._lock:
            self._note_start(child)
        child.ask(number, method, params or {}, blobs, descriptors)
        try:
            return future.result(timeout_s if is_killed_when_late else max(0.0, given_up_at - time.monotonic()))
        except TimeoutError:
            raise self._late(child, number, is_killed_when_late) from None

    def renew(self) -> None:
        """End the process, so that the next request gets another; those under way end in a WorkerDiedError."""
        with self._lock:
            child = self._child
        if child is not None:
            child.kill(WorkerDiedError("died", f"The {self.spec.name} worker was ended to start anew"))

    def stop(self) -> None:
        """End the process and refuse further requests; those under way end in a CancelledError."""
        child = self._stopped()
        if child is not None:
            child.retire()
            child.join()

    def kill(self) -> None:
        """As `stop`, without letting the process put in order what it works on."""
        child = self._stopped()
        if child is not None:
            child.kill(CancelledError())
            child.join()

    def _stopped(self) -> Child | None:
        with self._lock:
            self._is_stopped = True
            child, self._child = self._child, None
        return child

    def _registered(self) -> tuple[Child, int, Future[Reply]]:
        while True:
            with self._lock:
                child = self._current()
                expected = child.expect()
            if expected is not None:
                return child, *expected

    def _current(self) -> Child:
        """The running process, or a new one. Called with the lock held."""
        if self._is_stopped:
            raise CancelledError
        if self._child is not None:
            self._note_start(self._child)
        child = self._child
        if child is not None and not child.is_busy and self._is_used_up(child):
            child.retire()
        if child is None or child.is_over:
            if time.monotonic() < self._paused_until:
                raise ServiceError(f"The {self.spec.name} worker does not start", "it is tried again soon", self._hint)
            self.starts += 1
            child = self._child = self._new_child()
        return child

    def _is_used_up(self, child: Child) -> bool:
        return self.spec.renew_after is not None and child.requests >= self.spec.renew_after

    def _new_child(self) -> Child:
        try:
            return Child(self.spec, self._logs, self._let_go)
        except (OSError, RuntimeError) as error:  # no descriptor or no thread is to be had
            raise ServiceError(f"The {self.spec.name} worker does not start", str(error), self._hint) from error

    @property
    def _hint(self) -> str:
        return f"Its log says more: {self._logs / f'worker-{self.spec.name}.log'}"

    def _note_start(self, child: Child) -> None:
        """Count starts that failed in a row, each of which doubles the pause before the next. With the lock held."""
        if child.told.get("is_ready"):
            self._failed_starts = 0
        elif child is self._child and child.is_over:
            self._child = None  # counted once, however many were waiting
            self._failed_starts += 1
            pause_s = min(_FIRST_PAUSE_S * 2 ** (self._failed_starts - 1), _LONGEST_PAUSE_S)
            self._paused_until = time.monotonic() + pause_s

    def _late(self, child: Child, number: int, is_killed: bool) -> ServiceError:
        name = self.spec.name
        child.forget(number)
        if not is_killed:
            return ServiceError(f"The {name} worker did not answer in time")
        if not child.told.get("is_ready"):
            error = ServiceError(f"The {name} worker does not start", "it takes too long", self._hint)
            child.kill(error)
            return error
        child.kill(WorkerDiedError("died", f"The {name} worker was ended: another request took too long"))
        return WorkerDiedError("too_slow", f"The {name} worker did not answer in time and was ended")

    def _let_go(self, child: Child) -> None:
        with self._lock:
            if not child.is_busy:
                child.retire()
