"""One connection to a server: an HTTP/1.1 exchange that ends within its time, or when it is aborted.

On the standard library's client, which follows no redirect, heeds no proxy variable of the environment, writes no log,
and lets its socket be shut down from another thread. Imports the standard library and our addresses.
"""

from __future__ import annotations

import contextlib
import email.utils
import http.client
import socket
import ssl
import threading
import time
from dataclasses import dataclass

from finder.embed.address import Address

_CONNECT_S = 10.0
_LEAST_S = 0.001
_LARGEST_ANSWER_BYTES = 64 << 20


class NoAnswerError(Exception):
    """There was no whole answer; the words say how that came about, and quote nothing that was sent or received."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    wished_rest_s: float | None
    """After so long the server wants to be asked again (Retry-After); None where it says nothing."""


class Line:
    """A connection that is kept open between exchanges. One thread asks at a time; any may abort.

    Args:
        context: for https; None where no address is one.
    """

    def __init__(self, address: Address, context: ssl.SSLContext | None) -> None:
        if address.scheme == "https":
            self._connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                address.host, address.port, timeout=_CONNECT_S, context=context
            )
        else:
            self._connection = http.client.HTTPConnection(address.host, address.port, timeout=_CONNECT_S)
        self._socket: socket.socket | None = None
        """The connection lets go of it as soon as a server says that it will close; it is read from even then."""
        self._is_aborted = False

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes | None, timeout_s: float) -> Answer:
        """
        Args:
            timeout_s: for the whole exchange.
        Raises:
            NoAnswerError: the connection is closed then, and opened again by the next call.
        """
        deadline = time.monotonic() + timeout_s
        ending = threading.Timer(timeout_s, self._shut_down)
        ending.daemon = True
        ending.start()
        try:
            return self._answer_on_a_live_connection(method, path, headers, body, deadline)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._connection.close()
            if self._is_aborted:
                raise NoAnswerError("it was given up") from None
            is_late = isinstance(error, TimeoutError) or time.monotonic() >= deadline
            raise NoAnswerError("it took too long" if is_late else _cause(error)) from None
        finally:
            ending.cancel()

    def abort(self) -> None:
        """End the exchange under way, and every later one: `ask` raises at once."""
        self._is_aborted = True
        self._shut_down()

    def close(self) -> None:
        self._connection.close()

    def _answer_on_a_live_connection(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None, deadline: float
    ) -> Answer:
        was_open = self._connection.sock is not None
        try:
            return self._exchange(method, path, headers, body, deadline)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            if not was_open or self._is_aborted or time.monotonic() >= deadline:
                raise
            self._connection.close()  # a server ends what was idle for a while, and says so only when asked
        return self._exchange(method, path, headers, body, deadline)

    def _exchange(self, method: str, path: str, headers: dict[str, str], body: bytes | None, deadline: float) -> Answer:
        left_s = max(_LEAST_S, deadline - time.monotonic())
        if self._connection.sock is None:
            self._connection.timeout = min(_CONNECT_S, left_s)
            self._connection.connect()
        self._socket = self._connection.sock
        self._socket.settimeout(left_s)
        if self._is_aborted:  # while it was being opened there was nothing to shut down
            raise ConnectionAbortedError
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        content = response.read(_LARGEST_ANSWER_BYTES + 1)
        if len(content) > _LARGEST_ANSWER_BYTES or response.length:  # more than is taken, or less than was promised
            raise http.client.IncompleteRead(b"")
        if response.getheader("Content-Encoding", "identity") != "identity":
            raise http.client.UnknownTransferEncoding
        return Answer(response.status, content, _wished_rest_s(response.getheader("Retry-After")))

    def _shut_down(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                # Of the plain socket, also below TLS: whoever reads is woken, and closes it.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _cause(error: Exception) -> str:
    """In words of our own: an exception of the library may quote what the server sent."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "no secure connection came about"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    if isinstance(error, http.client.HTTPException | ValueError):
        return "it broke off, or does not speak HTTP"
    return getattr(error, "strerror", None) or "the connection broke"


def _wished_rest_s(value: str | None) -> float | None:
    """Seconds out of a Retry-After header (RFC 9110, 10.2.3): a number, or a date."""
    if value is None:
        return None
    if value.isascii() and value.isdecimal():
        return float(value[:9])
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, moment.timestamp() - time.time())
