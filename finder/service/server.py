"""The service's end of the socket: who may connect, and how many at a time. Knows no catalog.

A thread takes connections; what each of them asks is answered in threads of its own (`connection`).
"""

from __future__ import annotations

import logging
import os
import selectors
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from finder import __version__
from finder.errors import EnvironmentFaultError
from finder.service.connection import REFUSAL_TIMEOUT_S, Connection, Handler
from finder.service.peer import is_own_user, make_private
from finder.service.protocol import CLIENT_LIMIT, FRAME_LIMIT_BYTES, PROTOCOL_VERSION, Hello
from finder.workers.channel import FRAME_TIMEOUT_S, Channel

log = logging.getLogger(__name__)

_ACCEPT_PAUSE_S = 0.05


class Server:
    """Listens on the home's socket. The home's lock is held by whoever makes one: a socket file found is stale then.

    Args:
        path: the socket; its folder is made, for this user alone.
        home: the home's folder, for `hello`.
        on_stop: called when a client asked the service to end, after the answer is out.
        frame_timeout_s: a frame that a client has begun must be whole after so long.
    """

    def __init__(
        self,
        path: Path,
        home: str,
        handler: Handler,
        on_stop: Callable[[], None],
        frame_timeout_s: float = FRAME_TIMEOUT_S,
    ) -> None:
        self._path = path
        self._hello = Hello(protocol=PROTOCOL_VERSION, version=__version__, pid=os.getpid(), home=home)
        self._handler = handler
        self._on_stop = on_stop
        self._frame_timeout_s = frame_timeout_s
        self._lock = threading.Lock()
        self._connections: set[Connection] = set()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._wakeup, self._waker = socket.socketpair()
        self._thread = threading.Thread(target=self._accept_all, name="accept", daemon=True)

    def start(self) -> None:
        """Begin to listen.

        Raises:
            EnvironmentFaultError: the socket's folder is not this user's alone, or the socket cannot be made.
        """
        try:
            make_private(self._path.parent)
            self._path.unlink(missing_ok=True)
            self._listener.bind(os.fspath(self._path))
            os.chmod(self._path, 0o600)
            self._listener.listen(CLIENT_LIMIT)
        except OSError as error:
            self._close_sockets()
            detail, hint = error.strerror or str(error), "Set XDG_RUNTIME_DIR to a folder of your own."
            raise EnvironmentFaultError("The service cannot open its socket", detail, hint, str(self._path)) from error
        self._listener.setblocking(False)
        self._thread.start()

    def stop(self) -> None:
        """End every connection, which cancels its requests, and take the socket away."""
        self._waker.send(b"x")
        self._thread.join()
        self._path.unlink(missing_ok=True)
        self._close_sockets()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            connection.hang_up()
        for connection in connections:
            connection.join()

    def _close_sockets(self) -> None:
        for one in (self._listener, self._wakeup, self._waker):
            one.close()

    def _accept_all(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._wakeup, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in selector.select()}
                if self._wakeup in ready:
                    return
                self._accept()

    def _accept(self) -> None:
        try:
            client, _ = self._listener.accept()
        except OSError as error:  # it went away again, or descriptors are short
            log.warning("no connection: %s", error)
            time.sleep(_ACCEPT_PAUSE_S)
            return
        client.setblocking(True)
        if not is_own_user(client):
            log.warning("a connection of another user was refused")
            client.close()
            return
        with self._lock:
            is_full = len(self._connections) >= CLIENT_LIMIT
        # Who is refused is heard by the one thread that takes connections: it must not keep that waiting.
        timeout_s = REFUSAL_TIMEOUT_S if is_full else self._frame_timeout_s
        channel = Channel(client, FRAME_LIMIT_BYTES, timeout_s)
        connection = Connection(channel, self._hello, self._handler, self._on_stop, self._gone)
        if is_full:
            connection.refuse()
            return
        with self._lock:
            self._connections.add(connection)
        try:
            connection.start()
        except RuntimeError as error:  # no thread is to be had
            log.warning("no connection: %s", error)
            self._gone(connection)
            connection.refuse()

    def _gone(self, connection: Connection) -> None:
        with self._lock:
            self._connections.discard(connection)
