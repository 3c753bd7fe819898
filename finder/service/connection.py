"""One client of the service: its requests in, their answers out, each in a thread of its own. Knows no catalog.

A thread reads the requests, one per running request answers it; both are bounded. `hello`, `cancel` and `stop` are
answered here; the rest goes to the handler.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from typing import Protocol

from finder.errors import FinderError, ServiceError, UsageFaultError
from finder.service.protocol import CLIENT_LIMIT, PROTOCOL_VERSION, Hello
from finder.types import JsonObject
from finder.workers.bugs import trace_of
from finder.workers.channel import Blob, Channel, ChannelError, Message

log = logging.getLogger(__name__)

REFUSAL_TIMEOUT_S = 0.5
"""For hearing out who is refused."""
_REQUEST_LIMIT = 16
"""Requests that one connection may have under way."""
_END_TIMEOUT_S = 5.0
"""For what is under way on a connection that has ended."""


class Handler(Protocol):
    """Answers requests, in many threads at a time."""

    def handle(self, method: str, params: JsonObject, reply: Reply) -> JsonObject:
        """The final result. A long one looks at `reply.is_cancelled` and then raises CancelledError."""
        ...


class Reply:
    """What a handler may say before its final result, and how it learns that nobody waits for it any more."""

    def __init__(self, channel: Channel, number: int) -> None:
        self._channel = channel
        self._number = number
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []
        self._blobs: list[Blob] = []
        self._is_cancelled = False

    @property
    def is_cancelled(self) -> bool:
        """True once the client cancelled the request, or is gone."""
        return self._is_cancelled

    def partial(self, result: JsonObject) -> None:
        self.send("partial", result=result)

    def progress(self, result: JsonObject) -> None:
        self.send("progress", result=result)

    def attach(self, blob: Blob) -> None:
        """Send raw bytes beside the final result."""
        self._blobs.append(blob)

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Have `callback` called once when the request is cancelled; at once where it is already."""
        with self._lock:
            if not self._is_cancelled:
                self._callbacks.append(callback)
                return
        callback()

    def cancel(self) -> None:
        """Called by the transport."""
        with self._lock:
            if self._is_cancelled:
                return
            self._is_cancelled = True
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def send(self, kind: str, **content: JsonObject) -> None:
        """Send one frame of this request. Where the client is gone it is dropped: the connection's end cancels."""
        with contextlib.suppress(ChannelError):
            blobs = self._blobs if kind == "final" else ()
            self._channel.send({"id": self._number, "kind": kind, **content}, blobs)


class Connection:
    """One client: its frames, and its requests under way."""

    def __init__(
        self,
        channel: Channel,
        hello: Hello,
        handler: Handler,
        on_stop: Callable[[], None],
        on_end: Callable[[Connection], None],
    ) -> None:
        self._channel = channel
        self._hello = hello
        self._handler = handler
        self._on_stop = on_stop
        self._on_end = on_end
        self._is_greeted = False
        self._changed = threading.Condition()
        self._running: dict[int, Reply] = {}
        self._thread = threading.Thread(target=self._read_all, name="connection", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def refuse(self) -> None:
        """Say that there are too many, and end: after hearing the client out, or the end might overtake the words."""
        with contextlib.suppress(ChannelError):
            if self._channel.is_readable(REFUSAL_TIMEOUT_S):
                self._channel.receive()
        words = ServiceError("Too many programs ask the service at one time", f"The limit is {CLIENT_LIMIT}.")
        Reply(self._channel, 0).send("error", error=words.to_json())
        self._channel.close()

    def hang_up(self) -> None:
        self._channel.hang_up()

    def join(self) -> None:
        self._thread.join()

    def _read_all(self) -> None:
        try:
            while (message := self._channel.receive()) is not None:
                self._take(message)
        except ChannelError as error:
            log.warning("a client's connection was closed: %s", error.detail)
        finally:
            self._channel.close()
            with self._changed:
                running = list(self._running.values())
            for reply in running:
                reply.cancel()
            self._on_end(self)
            with self._changed:  # whoever stops the service waits for this thread, and then closes the stores
                self._changed.wait_for(lambda: not self._running, _END_TIMEOUT_S)

    def _take(self, message: Message) -> None:
        number, method = message.header.get("id"), message.header.get("method")
        params = message.header.get("params", {})
        if type(number) is not int or not isinstance(method, str) or not isinstance(params, dict):
            raise ChannelError("a frame is no request")
        reply = Reply(self._channel, number)
        try:
            self._route(number, method, params, reply)
        except FinderError as error:
            reply.send("error", error=error.to_json())

    def _route(self, number: int, method: str, params: JsonObject, reply: Reply) -> None:
        if method == "hello":
            self._greet(params, reply)
        elif method == "stop":  # without a greeting too: a newer program may ask an older service to leave
            reply.send("final", result={})
            self._on_stop()
        elif not self._is_greeted:
            raise ServiceError("The first request on a connection is hello")
        elif method == "cancel":
            wanted = params.get("request")
            with self._changed:
                running = self._running.get(wanted) if isinstance(wanted, int) else None
            if running is not None:
                running.cancel()
            reply.send("final", result={})
        else:
            self._begin(number, method, params, reply)

    def _greet(self, params: JsonObject, reply: Reply) -> None:
        """Answer `hello`; who speaks another protocol learns who is older, and both sides' versions."""
        protocol = params.get("protocol")
        if type(protocol) is not int:
            raise UsageFaultError("A greeting without a protocol")
        if protocol == PROTOCOL_VERSION:
            self._is_greeted = True
            reply.send("final", result={**self._hello})
            return
        is_older = protocol > PROTOCOL_VERSION
        who = "The running service is older than this program" if is_older else "This program is older than the service"
        words = ServiceError(who, f"They speak protocol {PROTOCOL_VERSION} and {protocol}.", "Restart the older one.")
        reply.send("error", error=words.to_json(), hello={**self._hello})

    def _begin(self, number: int, method: str, params: JsonObject, reply: Reply) -> None:
        with self._changed:
            if number in self._running:
                raise UsageFaultError("A request with this id is under way")
            if len(self._running) >= _REQUEST_LIMIT:
                raise ServiceError("Too many requests at one time", f"The limit is {_REQUEST_LIMIT} a connection.")
            self._running[number] = reply
        arguments = (number, method, params, reply)
        try:
            threading.Thread(target=self._answer, args=arguments, name=f"request {method[:20]}", daemon=True).start()
        except RuntimeError as error:  # no thread is to be had
            self._finish(number)
            raise ServiceError("The service is too busy", str(error), "Try again.") from error

    def _answer(self, number: int, method: str, params: JsonObject, reply: Reply) -> None:
        try:
            result = self._handler.handle(method, params, reply)
            self._finish(number)  # before the answer is out: the client may use the number again
            reply.send("final", result=result)
            return
        except FinderError as error:
            words = error
        except Exception as error:  # noqa: BLE001 - a bug in one request: written down, and the service goes on
            log.error("a bug in %s:\n%s", method, trace_of(error))
            words = FinderError("Something went wrong inside Inkling", type(error).__name__, "Run inkling doctor.")
        self._finish(number)
        reply.send("error", error=words.to_json())

    def _finish(self, number: int) -> None:
        with self._changed:
            self._running.pop(number, None)
            self._changed.notify_all()
