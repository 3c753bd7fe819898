"""The way to the service: calls that never hold up the window, and how far indexing is, as it comes.

Every call runs in a thread of its own connection; what it answers comes back in the main thread. A call that was
cancelled never answers. Where the service has gone, the next call, or the subscription, starts it again.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, get_args

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal

from finder.errors import CancelledError, FinderError, ServiceError
from finder.paths import Home
from finder.service.protocol import Question
from finder.types import JsonObject
from ui.lane import Lane
from ui.words.translator import error_in_own_language

if TYPE_CHECKING:
    from finder.service.client import Client
    from finder.service.protocol import Method

_log = logging.getLogger(__name__)

OnResult = Callable[[JsonObject], None]
OnError = Callable[[FinderError], None]
State = Literal["starting", "up", "down"]

_AT_ONCE, _LENGTHY_AT_ONCE = 6, 8
"""Calls under way at one time; the service takes 64 connections of all its clients."""
_LENGTHY: frozenset[str] = frozenset(
    {"index", "forget", "exclude", "survey", "duplicates", "topics", "download_model", "use_model"}
)
"""Methods that may take minutes: however many of them are under way, a search does not wait for them."""
_RETRY_S = 2.0
_QUESTIONS: frozenset[str] = frozenset(get_args(Question))
"""They are asked again where the service has gone since the last call on a connection."""


class Call:
    """One request under way. Made by `Link.call`."""

    def __init__(
        self,
        method: str,
        params: JsonObject,
        on_final: OnResult | None,
        on_error: OnError | None,
        on_partial: OnResult | None,
        on_progress: OnResult | None,
    ) -> None:
        self.method = method
        self.params = params
        self.handlers: dict[str, Callable[[Any], None] | None] = {
            "final": on_final,
            "error": on_error,
            "partial": on_partial,
            "progress": on_progress,
        }
        self.is_cancelled = False
        self._lock = threading.Lock()
        self._client: Client | None = None

    def cancel(self) -> None:
        """Have it answer no more. The service is told to stop working on it."""
        with self._lock:
            self.is_cancelled = True
            if self._client is not None:
                self._client.cancel()

    def run(self, client: Client, emit: Callable[[str, object], None]) -> None:
        """Ask `client`, in a thread that may wait."""
        with self._lock:
            if self.is_cancelled:
                return
            self._client = client
        try:
            answer = client.call(
                self.method,
                self.params,
                on_partial=lambda result: emit("partial", result),
                on_progress=lambda result: emit("progress", result),
            )
        finally:
            with self._lock:
                self._client = None
        emit("final", answer)


class Link(QObject):
    """The app's connections to the service of one home. Lives in the main thread."""

    state_changed = Signal(str)
    """A `State`: whether the service answers."""
    progressed = Signal(dict)
    """`Progress`, at most ten times a second."""
    fault = Signal(object)
    """The FinderError for which the service does not start."""
    _arrived = Signal(object, str, object)

    def __init__(self, home: Home, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.home = home
        self.state: State = "starting"
        self.progress: JsonObject | None = None
        """What `progressed` said last; None before that, and while the service does not answer."""
        self._quick = Lane("calls", _AT_ONCE, self._served, self._drop)
        self._lengthy = Lane("lengthy", _LENGTHY_AT_ONCE, self._served, self._drop)
        self._lock = threading.Lock()
        self._clients: set[Client] = set()
        self._ended = threading.Event()
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def start(self) -> None:
        """Begin to listen for how far indexing is; this starts the service where none runs."""
        threading.Thread(target=self._listen, name="subscription", daemon=True).start()

    def call(
        self,
        method: Method,
        params: JsonObject | None = None,
        on_final: OnResult | None = None,
        on_error: OnError | None = None,
        on_partial: OnResult | None = None,
        on_progress: OnResult | None = None,
    ) -> Call:
        """Ask the service; every handler is called in the main thread, and none after `Call.cancel`.

        A handler that is a method of a Qt object, or a `functools.partial` of one, is not called once that is gone.
        """
        call = Call(method, params or {}, on_final, on_error, on_partial, on_progress)
        (self._lengthy if method in _LENGTHY else self._quick).put(call)
        return call

    def close(self) -> None:
        """End every connection; nothing is delivered any more."""
        self._ended.set()
        self._quick.close()
        self._lengthy.close()
        with self._lock:
            clients = list(self._clients)
        for client in clients:
            client.cancel()
            client.close()

    # --- in threads

    def _served(self, call: Call, client: Client | None) -> Client | None:
        """Have one call answered; returns the connection for the next one."""

        def emit(kind: str, result: object) -> None:
            self._emit(call, kind, result)

        is_worn = client is not None
        try:
            client = client or self._connected()
            call.run(client, emit)
        except ServiceError as error:
            self._drop(client)
            if is_worn and call.method in _QUESTIONS and not self._ended.is_set():
                return self._served(call, None)
            emit("error", error)
            return None
        except CancelledError:
            pass
        except FinderError as error:
            emit("error", error)
        except Exception as error:  # noqa: BLE001 - the last door; a message may quote a query: its type alone is logged
            _log.error("a call of %s failed with %s", call.method, type(error).__name__)
            self._drop(client)
            emit("error", ServiceError("The answer could not be understood", type(error).__name__, "Try again."))
            return None
        return client

    def _connected(self) -> Client:
        """A connection to the service, which is started where none runs.

        Raises:
            CancelledError: the app ended meanwhile.
            FinderError: it cannot be had.
        """
        from finder.service.client import connect  # 50 ms of imports, not before the window shows

        try:
            client = connect(self.home)
        except OSError as error:
            hint = "Check the disk and your rights there, or choose another home."
            raise ServiceError(
                "The service cannot be reached", error.strerror or "", hint, str(self.home.root)
            ) from error
        with self._lock:
            self._clients.add(client)
        if self._ended.is_set():  # since it was asked: `close` may not have seen this one
            self._drop(client)
            raise CancelledError
        return client

    def _drop(self, client: Client | None) -> None:
        if client is not None:
            with self._lock:
                self._clients.discard(client)
            client.close()

    def _listen(self) -> None:
        """Follow how far indexing is, over a connection of its own, for as long as the app runs."""
        while not self._ended.is_set():
            client = None
            try:
                client = self._connected()
                self._emit(None, "state", "up")
                client.call("subscribe", on_progress=lambda result: self._emit(None, "progress", result))
            except FinderError as error:
                self._emit(None, "state", "down")
                if client is None:  # it does not start; where it merely ended, the next turn brings it back
                    self._emit(None, "fault", error)
            except Exception as error:  # noqa: BLE001 - the last door: the window is to know of the next state, too
                _log.error("the subscription failed with %s", type(error).__name__)
                self._emit(None, "state", "down")
            finally:
                self._drop(client)
            self._ended.wait(_RETRY_S)

    def _emit(self, call: Call | None, kind: str, result: object) -> None:
        if not self._ended.is_set():
            with contextlib.suppress(RuntimeError):  # the app has just ended
                self._arrived.emit(call, kind, result)

    # --- in the main thread

    def _deliver(self, call: Call | None, kind: str, result: Any) -> None:
        if self._ended.is_set():
            return
        if call is not None:
            handler = call.handlers[kind]
            if handler is not None and not call.is_cancelled and _is_alive(handler):
                handler(error_in_own_language(result) if kind == "error" else result)
        elif kind == "progress":
            self.progress = result
            self.progressed.emit(result)
        elif kind == "fault":
            self.fault.emit(error_in_own_language(result))
        elif result != self.state:
            self.state = result
            self.progress = None
            self.state_changed.emit(result)


def _is_alive(handler: Callable[[Any], None]) -> bool:
    while isinstance(handler, partial):
        handler = handler.func
    owner = getattr(handler, "__self__", None)
    return not isinstance(owner, shiboken6.Object) or shiboken6.isValid(owner)
