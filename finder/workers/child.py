"""One life of one worker process: started, asked, watched, ended. Imports no model library and no store.

`supervisor.Worker` decides when a life begins and whether another follows.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import psutil

from finder.courtesy import NICENESS
from finder.embed import server_key
from finder.errors import CancelledError, FinderError, ServiceError, WorkerDiedError, error_from_json
from finder.types import JsonObject
from finder.workers.channel import Blob, Channel, ChannelError, Message
from finder.workers.launch import command, environment
from finder.workers.serving import Reply

log = logging.getLogger(__name__)

_WATCH_INTERVAL_S = 1.0
_IDLE_WATCH_INTERVAL_S = 5.0
_SHORTEST_WATCH_S = 0.01
_LOG_LIMIT_BYTES = 1 << 20
_CRASHES = frozenset(
    getattr(signal, name)
    for name in ("SIGSEGV", "SIGBUS", "SIGABRT", "SIGILL", "SIGFPE", "SIGSYS", "SIGTRAP", "SIGXCPU")
    if hasattr(signal, name)
)


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """What kind of process a worker is and how long it may live."""

    name: str
    """In the status and in the name of its log."""
    module: str
    """Run as `python -m module PIPE arguments...`; calls `serving.open_channel` and `serving.serve`."""
    arguments: tuple[str, ...] = ()
    renew_after: int | None = None
    """Requests after which a fresh process takes over."""
    idle_s: float | None = None
    """It leaves after so long without a request; None stays."""
    memory_limit_bytes: int | None = None
    """Of resident memory, looked at every second of a request; None where the worker limits itself."""
    is_background: bool = False
    """Its processor and disk priority give way to everything else."""
    start_timeout_s: float = 60.0
    """From its start until it takes requests; loading a model comes later."""
    leave_timeout_s: float = 2.0
    """It is killed where it has not left so long after its pipe ended."""


class Child:
    """A running worker process and the requests it has not answered yet.

    One thread starts the process, reads its pipe and waits for its end, so that this thread outlives the process.

    Args:
        on_idle: called when nothing was asked for `spec.idle_s`; may call `retire`.
    Raises:
        OSError, RuntimeError: no descriptor or no thread is to be had.
    """

    def __init__(self, spec: WorkerSpec, logs: Path, on_idle: Callable[[Child], None]) -> None:
        self.spec = spec
        self._log_path = logs / f"worker-{spec.name}.log"
        self._on_idle = on_idle
        self._lock = threading.Lock()
        self._waiting: dict[int, Future[Reply]] = {}
        self._cause: FinderError | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._is_settled = threading.Event()  # ready or over
        self._is_closed = False
        self._last_used = time.monotonic()
        self.told: JsonObject = {}
        """Facts the worker has told about itself; `is_ready` once it takes requests."""
        self.requests = 0
        self.is_over = False
        """Takes no more requests: it has ended, or is about to."""
        ours, self._theirs = socket.socketpair()
        self._channel = Channel(ours)
        self._thread = threading.Thread(target=self._live, name=f"worker {spec.name}", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:
            self._channel.close()
            self._theirs.close()
            raise

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and not self.is_over else None

    @property
    def is_busy(self) -> bool:
        return bool(self._waiting)

    def expect(self) -> tuple[int, Future[Reply]] | None:
        """Register a request; the future ends in its reply, its error, or the error of this process's death.

        None where the process has ended meanwhile.
        """
        future: Future[Reply] = Future()
        with self._lock:
            if self._is_closed:
                return None
            self.requests += 1
            self._last_used = time.monotonic()
            self._waiting[self.requests] = future
            return self.requests, future

    def ask(
        self, number: int, method: str, params: JsonObject, blobs: Sequence[Blob], descriptors: Sequence[int]
    ) -> None:
        """Send the request that `expect` numbered. A pipe that breaks ends the process, and the future says so."""
        try:
            self._channel.send({"id": number, "method": method, "params": params}, blobs, descriptors)
        except ChannelError:
            return
        except BaseException:  # it cannot be sent, so no answer will come
            self.forget(number)
            raise

    def forget(self, number: int) -> None:
        """The answer to this request is of no interest any more."""
        with self._lock:
            self._waiting.pop(number, None)

    def wait_until_ready(self, timeout_s: float) -> bool:
        """False where the process has neither become ready nor ended within `timeout_s`."""
        return self._is_settled.wait(timeout_s)

    def kill(self, cause: FinderError) -> None:
        """End the process at once; whoever waits for it gets `cause`."""
        self.is_over = True
        self._cause = self._cause or cause
        if self._process is not None:
            self._process.kill()
        self._channel.hang_up()

    def retire(self) -> None:
        """Let the process leave by ending its pipe; what it still computes is lost."""
        self.is_over = True
        self._cause = self._cause or CancelledError()
        self._channel.hang_up()

    def join(self) -> None:
        """Wait until the process has ended and was reaped."""
        self._thread.join(self.spec.leave_timeout_s + 1)

    def _live(self) -> None:
        try:
            with self._theirs:
                self._process = self._started(self._theirs.fileno())
            self._read_all()
        except OSError as error:
            self._cause = self._cause or self._no_start(str(error))
        except ChannelError as error:
            log.warning("the %s worker: %s", self.spec.name, error)
            self.kill(WorkerDiedError("died", f"The {self.spec.name} worker answered in no known form", error.detail))
        finally:
            self._end()

    def _started(self, descriptor: int) -> subprocess.Popen[bytes]:
        with _log_file(self._log_path) as errors:
            process = subprocess.Popen(
                command(self.spec.module, str(descriptor), *self.spec.arguments),
                env={name: value for name, value in environment().items() if name != server_key.VARIABLE},
                pass_fds=(descriptor,),
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                cwd="/",  # a folder that somebody may want to unmount is not held
                start_new_session=True,  # Ctrl-C in a terminal is the service's to answer
            )
        if self.spec.is_background:
            _give_way(process.pid)
        return process

    def _read_all(self) -> None:
        while True:
            if not self._channel.is_readable(self._time_to_watch_s()):
                self._watch()
                continue
            message = self._channel.receive()
            if message is None:
                return
            self._take(message)

    def _time_to_watch_s(self) -> float | None:
        """How long to wait for the worker to say something before looking at it; None for ever."""
        if self.spec.idle_s is None and self.spec.memory_limit_bytes is None:
            return None
        if self._waiting:
            return _WATCH_INTERVAL_S
        idle_left_s = self._last_used + (self.spec.idle_s or _IDLE_WATCH_INTERVAL_S) - time.monotonic()
        return min(max(idle_left_s, _SHORTEST_WATCH_S), _IDLE_WATCH_INTERVAL_S)

    def _take(self, message: Message) -> None:
        told = message.header.get("told")
        if isinstance(told, dict):
            self.told = {**self.told, **told}
            if told.get("is_ready"):
                self._is_settled.set()
            return
        if message.header.get("is_leaving"):
            self.is_over = True
            self._cause = WorkerDiedError("died", f"The {self.spec.name} worker left to be renewed")
        number, result, error = (message.header.get(key) for key in ("id", "result", "error"))
        if not isinstance(number, int) or not isinstance(error if result is None else result, dict):
            raise ChannelError("an answer has neither result nor error")
        with self._lock:
            future = self._waiting.pop(number, None)
            self._last_used = time.monotonic()
        if future is None:
            return
        if isinstance(error, dict):
            future.set_exception(error_from_json(error))
        else:
            assert isinstance(result, dict)
            future.set_result(Reply(result, message.blobs))

    def _watch(self) -> None:
        idle_s, limit_bytes = self.spec.idle_s, self.spec.memory_limit_bytes
        if self._waiting:
            if limit_bytes is not None and self._resident_bytes() > limit_bytes:
                self.kill(WorkerDiedError("too_much_memory", f"The {self.spec.name} worker needed too much memory"))
        elif idle_s is not None and time.monotonic() - self._last_used >= idle_s:
            self._on_idle(self)

    def _resident_bytes(self) -> int:
        try:
            return int(psutil.Process(self._process.pid).memory_info().rss) if self._process is not None else 0
        except psutil.Error:  # it has just ended
            return 0

    def _end(self) -> None:
        """Reap the process, and tell everybody who waits how it ended."""
        self.is_over = True
        status = self._reaped() if self._process is not None else 0
        self._channel.close()
        cause = self._cause or self._death(status)
        if not isinstance(cause, CancelledError):
            log.warning("%s", cause)
        self._is_settled.set()
        with self._lock:
            self._is_closed = True
            waiting, self._waiting = list(self._waiting.values()), {}
        for future in waiting:
            future.set_exception(cause)

    def _reaped(self) -> int:
        """The exit status; what does not leave by itself is killed."""
        assert self._process is not None
        try:
            return self._process.wait(self.spec.leave_timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def _death(self, status: int) -> FinderError:
        how = _ending(status)
        if not self.told.get("is_ready"):
            return self._no_start(how)
        code = "crashed" if status > 0 or -status in _CRASHES else "died"
        return WorkerDiedError(code, f"The {self.spec.name} worker ended before it answered", how)

    def _no_start(self, detail: str) -> ServiceError:
        hint = f"Its log says more: {self._log_path}"
        return ServiceError(f"The {self.spec.name} worker does not start", detail, hint)


def _log_file(path: Path) -> BinaryIO:
    """Open for appending, for this user alone; begun anew where the last life left it long."""
    descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    if os.fstat(descriptor).st_size > _LOG_LIMIT_BYTES:
        os.ftruncate(descriptor, 0)
    return open(descriptor, "ab")


def _give_way(pid: int) -> None:
    try:
        process = psutil.Process(pid)
        process.nice(NICENESS)
        if psutil.LINUX:
            process.ionice(psutil.IOPRIO_CLASS_IDLE)
    except (psutil.Error, OSError) as error:
        log.info("a worker keeps its priority: %s", error)


def _ending(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"signal {signal.Signals(-status).name}"
    except ValueError:  # a real-time signal has no name
        return f"signal {-status}"
