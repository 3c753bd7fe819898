"""One URL of a server of one's own: what is asked there, and what each kind of answer means.

Nothing that was sent or received is quoted in an error, but the name of a model.
"""

from __future__ import annotations

import http
import json
import math
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from finder.config import ServerSettings
from finder.embed import prompts
from finder.embed.address import Address
from finder.embed.breaker import Breaker
from finder.embed.canaries import CHANGED_HINT, SENTENCES, ServerRecord
from finder.embed.line import Answer, Line, NoAnswerError
from finder.embed.replies import UnusableAnswerError, sound, vectors_in
from finder.errors import FinderError, ModelUnavailableError, UnsoundVectorError
from finder.vectors import Float32Array

_HEALTH_S = 5.0
_HEALTHY_FOR_S = 10.0
"""After an answer nobody asks for so long whether the server is well."""
_HAS_NO_HEALTH = frozenset({401, 403, 404, 405, 501})
"""Ollama and the great providers answer so to a question for their health: they are there."""
_TOO_MUCH = frozenset({400, 413, 422})
_LATER = frozenset({408, 425, 429})
_LOOK_HINT = "Look into the server's own log."


class TryAgainError(Exception):
    """This endpoint gave no vectors now; another one, or the same one later, may."""

    def __init__(self, reason: str, wished_rest_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wished_rest_s = wished_rest_s


class TooMuchError(Exception):
    """The server refuses these texts as they are: too many, or one is too long."""


class Endpoint:
    """Safe to use from any thread; each request in flight has a connection of its own."""

    def __init__(self, server: ServerSettings, url: str, key: str | None, context: ssl.SSLContext | None) -> None:
        """
        Raises:
            UsageFaultError: the URL cannot be used.
        """
        self.address = Address.of(url, server.allows_http)
        self.breaker = Breaker()
        self.fault = ""
        """Why it gave no vectors the last time, in words; empty where it did."""
        self._server = server
        self._context = context
        self._headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "inkling"}
        if key is not None:
            self._headers["Authorization"] = f"Bearer {key}"
        self._lock = threading.Lock()
        self._idle: list[Line] = []
        self._busy: set[Line] = set()
        self._stopped = threading.Event()
        self._proving = threading.Lock()
        self._is_proven = False
        self._width = 0
        """Of the vectors it gave for the canaries."""
        self._dimensions: int | None = server.dimension or None
        """What is sent with every request; None where the server is not asked to cut."""
        self._answered_s = -math.inf

    @property
    def is_proven(self) -> bool:
        """True where it has given the canaries' vectors, and has not failed since."""
        return self._is_proven

    @property
    def in_flight(self) -> int:
        return len(self._busy)

    def is_up(self) -> bool:
        """Whether the server takes requests, by its own word or by its last answer."""
        if time.monotonic() - self._answered_s < _HEALTHY_FOR_S and not self.breaker.failures:
            return True
        try:
            answer = self._ask("GET", self.address.health_path, None, _HEALTH_S)
        except TryAgainError as error:
            self.fault = error.reason
            return False
        is_up = answer.status == http.HTTPStatus.OK or answer.status in _HAS_NO_HEALTH
        self.fault = "" if is_up else _status(answer.status)
        return is_up

    def embed(self, texts: Sequence[str], record: ServerRecord, number: int, timeout_s: float) -> Float32Array:
        """(N, D) float32 of L2 norm 1 for N texts, which the model reads as they are.

        A canary goes with them, another one with each `number`: no vector is taken from a model that was not proven in
        the same breath.

        Raises:
            TryAgainError: now or here there is no answer; the breaker knows.
            TooMuchError: so many or so long texts are not taken.
            UnsoundVectorError: the vector of one of these texts is not finite or not of norm 1.
            ModelUnavailableError: another model answers, or the server does not let us ask it.
        """
        try:
            self._prove(record, timeout_s)
            vectors = self._with_canary(texts, record, number % len(SENTENCES), timeout_s)
        except TryAgainError as error:
            self._doubt(error.reason)
            self.breaker.failed(error.wished_rest_s)
            raise
        except FinderError as error:
            self._doubt(str(error))
            raise
        self._well()
        return sound(vectors, record.space.dimension)

    def canaries(self, dimension: int, timeout_s: float) -> Float32Array:
        """(8, D) float32 of L2 norm 1: what the server gives for the canaries, whole where `dimension` is 0.

        Raises:
            TryAgainError, UnsoundVectorError, ModelUnavailableError: as for `embed`.
        """
        texts = [prompts.passage(self._server, sentence) for sentence in SENTENCES]
        try:
            vectors = self._request(texts, timeout_s)
        except TooMuchError:
            if self._dimensions is None:
                raise ModelUnavailableError("The server refuses eight short sentences", "", _LOOK_HINT) from None
            self._dimensions = None  # it cannot cut its vectors: that is done here
            return self.canaries(dimension, timeout_s)
        checked = sound(vectors, dimension or vectors.shape[1])
        self._width = vectors.shape[1]
        return checked

    def stop(self) -> None:
        """End what is under way, and take no more."""
        with self._lock:
            self._stopped.set()
            idle, busy = self._idle, list(self._busy)
            self._idle = []
        for line in idle:
            line.close()
        for line in busy:
            line.abort()

    def _prove(self, record: ServerRecord, timeout_s: float) -> None:
        """Before the first request and after every failure: is it well, and is it the model that was agreed to?"""
        with self._proving:
            if self.is_proven:
                return
            if not self.is_up():
                raise TryAgainError(self.fault)
            try:
                record.compare(self.canaries(record.space.dimension, timeout_s))
            except FinderError as error:
                raise _again(error) from None
            self._is_proven = True

    def _with_canary(self, texts: Sequence[str], record: ServerRecord, number: int, timeout_s: float) -> Float32Array:
        """(N, W) float32, as the server gave them."""
        canary = prompts.passage(self._server, SENTENCES[number])
        try:
            vectors = self._request([canary, *texts], timeout_s)
        except TooMuchError:
            if len(texts) == 1:  # what it took before is still taken, or it is not this text's fault
                self._is_proven = False
                self._prove(record, timeout_s)
            raise
        if vectors.shape[1] != self._width:
            raise ModelUnavailableError("The server's vectors have changed their length", "", CHANGED_HINT)
        try:
            record.compare(sound(vectors[:1], record.space.dimension), slice(number, number + 1))
        except FinderError as error:
            raise _again(error) from None
        return vectors[1:]

    def _doubt(self, reason: str) -> None:
        self._is_proven = False
        self.fault = reason

    def _well(self) -> None:
        self.breaker.succeeded()
        self.fault = ""
        self._answered_s = time.monotonic()

    def _request(self, texts: Sequence[str], timeout_s: float) -> Float32Array:
        # base64, because it is what OpenAI's own client asks for; a server that answers in numbers is understood too.
        content: dict[str, object] = {"model": self._server.model, "input": list(texts), "encoding_format": "base64"}
        if self._dimensions is not None:
            content["dimensions"] = self._dimensions
        answer = self._ask("POST", self.address.embeddings_path, json.dumps(content).encode("ascii"), timeout_s)
        _refuse(answer, self.address)
        try:
            return vectors_in(answer.body, len(texts), self._server.model)
        except UnusableAnswerError as error:
            raise TryAgainError(f"its answer cannot be used: {error}") from None

    def _ask(self, method: str, path: str, body: bytes | None, timeout_s: float) -> Answer:
        with self._line() as line:
            try:
                return line.ask(method, path, self._headers, body, timeout_s)
            except NoAnswerError as error:
                raise TryAgainError(str(error)) from None

    @contextmanager
    def _line(self) -> Iterator[Line]:
        with self._lock:
            if self._stopped.is_set():
                raise TryAgainError("it was given up")
            line = self._idle.pop() if self._idle else Line(self.address, self._context)
            self._busy.add(line)
        try:
            yield line
        finally:
            with self._lock:
                self._busy.discard(line)
                if self._stopped.is_set():
                    line.close()
                else:
                    self._idle.append(line)


def _again(error: FinderError) -> Exception:
    """Unsound vectors of sentences that gave sound ones are the server's trouble, and may pass; the rest stays."""
    return TryAgainError(str(error)) if isinstance(error, UnsoundVectorError) else error


def _refuse(answer: Answer, address: Address) -> None:
    """
    Raises:
        TryAgainError, TooMuchError, ModelUnavailableError: by the answer's status.
    """
    status = answer.status
    if status == http.HTTPStatus.OK:
        return
    if status in _LATER or status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
        raise TryAgainError(_status(status), answer.wished_rest_s)
    if status in _TOO_MUCH:
        raise TooMuchError
    title, hint = f"The server at {address.origin} refuses to embed", _LOOK_HINT
    if status in (401, 403):
        hint = "Check its key: in the variable INKLING_SERVER_KEY when the service starts, or in a file (--key-file)."
    elif status in (404, 405):
        hint = "Check the path of its address, which mostly ends in /v1, and the name of the model."
    elif 300 <= status < 400:
        hint = "It sends us elsewhere, where nothing is sent unasked. Name the address it means."
    raise ModelUnavailableError(title, _status(status), hint)


def _status(status: int) -> str:
    try:
        return f"HTTP {status}, {http.HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"
