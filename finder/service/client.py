"""Asking the service: the one thing that the command line and the app know of it. Imports no numpy and no store.

with connect(home) as client:
    found = client.call("find", {"query": "tax letter"}, on_partial=show)
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from finder import __version__
from finder.errors import FinderError, ServiceError, error_from_json
from finder.paths import Home
from finder.service.peer import is_own_user
from finder.service.protocol import FRAME_LIMIT_BYTES, PROTOCOL_VERSION, Hello
from finder.types import JsonObject
from finder.workers.channel import Channel, ChannelError
from finder.workers.launch import command, environment

OnResult = Callable[[JsonObject], None]

ALREADY_RUNNING_STATUS = 3
"""Exit status of a service that found another one serving its home."""
_START_TIMEOUT_S = 30.0
_POLL_S = 0.02
_RETRY_S = 0.2
_WITHDRAWN_WITHIN_S = 2.0
_WORDS_SHOWN = 500
_GREETING_TIMEOUT_S = 10.0


class Client:
    """One greeted connection. One call at a time; `cancel` may come from any thread. Make it with `connect`."""

    def __init__(self, channel: Channel, hello: Hello) -> None:
        self._channel = channel
        self.hello = hello
        """Who answers: its version, process and home."""
        self._lock = threading.Lock()
        self._number = 1
        self._running: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def call(
        self,
        method: str,
        params: JsonObject | None = None,
        on_partial: OnResult | None = None,
        on_progress: OnResult | None = None,
        timeout_s: float | None = None,
    ) -> JsonObject:
        """Have one request answered.

        Args:
            method, params: of `finder.service.protocol`. What it answers as raw bytes comes under the key `blobs`.
            on_partial, on_progress: called in this thread with what comes before the final result.
            timeout_s: for the whole call; None waits as long as the service works on it.
        Raises:
            FinderError: the service's own answer.
            CancelledError: `cancel` was called.
            ServiceError: the service went away, or did not answer in time; the connection is then closed.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        with self._lock:
            self._number += 1
            number = self._running = self._number
        try:
            self._channel.send({"id": number, "method": method, "params": params or {}})
            return self._answer(number, {"partial": on_partial, "progress": on_progress}, deadline)
        except ChannelError as error:
            raise ServiceError("The service went away", error.detail, "Try again.") from error
        finally:
            with self._lock:
                self._running = None

    def cancel(self) -> None:
        """Make the call under way, if any, end in a CancelledError."""
        with self._lock:
            if self._running is None:
                return
            number, self._number = self._running, self._number + 1
            with contextlib.suppress(ChannelError):
                self._channel.send({"id": self._number, "method": "cancel", "params": {"request": number}})

    def close(self) -> None:
        """End the connection; a call under way in another thread ends in a ServiceError."""
        self._channel.close()

    def _answer(self, number: int, listeners: dict[str, OnResult | None], deadline: float | None) -> JsonObject:
        while True:
            if deadline is not None and not self._channel.is_readable(deadline - time.monotonic()):
                self._channel.hang_up()
                raise ServiceError("The service did not answer in time", "", "Run inkling status.")
            message = self._channel.receive()
            if message is None:
                raise ChannelError("it ended the connection")
            frame = message.header
            if frame.get("id") not in (number, 0):  # 0: about the connection itself
                continue
            kind = frame.get("kind")
            if kind == "error":
                raise error_from_json(frame["error"])
            if kind == "final":
                return {**frame["result"], "blobs": message.blobs} if message.blobs else dict(frame["result"])
            listener = listeners.get(str(kind))
            if listener is not None:
                listener(frame["result"])


def connect(home: Home, start: bool = True) -> Client:
    """A connection to the service of `home`.

    Args:
        start: start the service where none runs, and put this version's in the place of an older one.
    Raises:
        ServiceError: none runs and none was to be started, it does not start, or it speaks another protocol.
    """
    greeted = _greeted(home)
    if greeted is not None and start and _is_older(greeted.hello):
        _ask_to_leave(greeted.channel)
        greeted = None
    if greeted is None and not start:
        raise ServiceError("The service does not run", "", "Any search starts it.", str(home.root))
    return _accepted(greeted or _started(home))


@dataclass(frozen=True, slots=True)
class _Greeted:
    """A connection whose other end has said who it is."""

    channel: Channel
    hello: Hello
    refusal: FinderError | None


def _greeted(home: Home) -> _Greeted | None:
    """Connect and say hello; None where nobody listens, or who does is just leaving."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(os.fspath(home.read_address()))
        is_own = is_own_user(connection)
    except OSError:  # no such socket, or one that a killed service left
        connection.close()
        return None
    channel = Channel(connection, FRAME_LIMIT_BYTES)
    try:
        if not is_own:
            raise ServiceError("Another user listens on the service's socket", "", "", str(home.socket))
        channel.send({"id": 1, "method": "hello", "params": {"protocol": PROTOCOL_VERSION, "version": __version__}})
        if not channel.is_readable(_GREETING_TIMEOUT_S):
            raise ServiceError("The service does not answer", "", "End it, and try again.", str(home.root))
        message = channel.receive()
        if message is not None:
            return _read_greeting(channel, message.header)
    except ChannelError:
        pass  # it ended under our hands
    except BaseException:
        channel.close()
        raise
    channel.close()
    return None


def _read_greeting(channel: Channel, frame: JsonObject) -> _Greeted:
    refusal = error_from_json(frame["error"]) if "error" in frame else None
    hello = frame.get("result") or frame.get("hello")
    if hello is None:  # it does not even say who it is: it has too many clients
        raise refusal or ServiceError("The service answered in no known form")
    return _Greeted(channel, hello, refusal)


def _accepted(greeted: _Greeted) -> Client:
    if greeted.refusal is not None:
        greeted.channel.close()
        raise greeted.refusal
    return Client(greeted.channel, greeted.hello)


def _is_older(hello: Hello) -> bool:
    return _version(hello["version"]) < _version(__version__)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdecimal() else 0 for part in text.split(".")[:3])


def _ask_to_leave(channel: Channel) -> None:
    """Have an older service end, and wait until it has hung up."""
    deadline = time.monotonic() + _START_TIMEOUT_S
    with contextlib.suppress(ChannelError):
        channel.send({"id": 2, "method": "stop", "params": {}})
        while channel.is_readable(deadline - time.monotonic()) and channel.receive() is not None:
            pass
    channel.close()


def _started(home: Home) -> _Greeted:
    """Start the service, detached from this process, and greet it as soon as it listens."""
    home.create()
    deadline = time.monotonic() + _START_TIMEOUT_S
    while True:
        process = _spawned(home)
        greeted = _await(home, process, deadline)
        if greeted is not None:
            if greeted.hello["pid"] != process.pid:
                _withdraw(process)
            return greeted
        if process.returncode != ALREADY_RUNNING_STATUS or time.monotonic() > deadline:
            break
        time.sleep(_RETRY_S)  # another one holds the lock, and is starting or leaving
    words = _start_log(home).read_text(encoding="utf-8", errors="replace").strip()
    hint = f"Its logs say more: {_start_log(home)} and {home.logs / 'service.log'}"
    raise ServiceError("The service does not start", words[-_WORDS_SHOWN:], hint)


def _spawned(home: Home) -> subprocess.Popen[bytes]:
    with open(os.open(_start_log(home), os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_APPEND, 0o600), "wb") as output:
        process = subprocess.Popen(
            command("finder.service.main", "--home", os.fspath(home.root)),
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",  # a folder that somebody may want to unmount is not held
            start_new_session=True,  # it outlives the terminal
        )
    threading.Thread(target=process.wait, name="service", daemon=True).start()  # reaps it, should it end before us
    return process


def _withdraw(process: subprocess.Popen[bytes]) -> None:
    """End a service that came too late: it would take the lock when the one that serves now is stopped."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_WITHDRAWN_WITHIN_S)


def _await(home: Home, process: subprocess.Popen[bytes], deadline: float) -> _Greeted | None:
    """The greeted service; None where its process ends first, or does not listen in time."""
    while time.monotonic() < deadline:
        has_ended = process.returncode is not None  # asked before looking: one more look after its end
        greeted = _greeted(home)
        if greeted is not None or has_ended:
            return greeted
        time.sleep(_POLL_S)
    return None


def _start_log(home: Home) -> Path:
    return home.logs / "service-start.log"
