"""The server of one's own as the pipeline and the search see it: an `Embedder`. Imports no model library.

Nothing is opened and nothing is sent before there is work. What was agreed to (who gets texts, which model) stands in
the server's record; where the settings say otherwise, nothing is sent either.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from finder.config import ServerSettings
from finder.embed import canaries
from finder.embed.canaries import ServerRecord, record_of
from finder.embed.endpoint import Endpoint, TryAgainError
from finder.embed.remote import RemoteModel, endpoints_of
from finder.embed.server_key import server_key
from finder.errors import CancelledError, FinderError, ModelUnavailableError, ServiceError
from finder.service.elastic import Elastic
from finder.service.protocol.models import EndpointStatus, ServerStatus
from finder.vectors import Float32Array, Space
from finder.workers.supervisor import Worker

_POLL_S = 0.2
"""Between two looks at whether a server that was started is up."""


class RemoteFront:
    """Has the face of `EmbedFront`, before another computer or another program.

    Args:
        models: the home's folder of models, where what was agreed to stands.
        space: the one that the vectors are in.
        elastic: starts the server where the settings have a command for it.
    """

    def __init__(self, server: ServerSettings, models: Path, space: Space, elastic: Elastic) -> None:
        self._server = server
        self._models = models
        self._space = space
        self._elastic = elastic
        self._lock = threading.Lock()
        self._model: RemoteModel | None = None
        self._stopped = threading.Event()
        self._fault: FinderError | None = None

    @property
    def space(self) -> Space:
        return self._space

    @property
    def workers(self) -> list[Worker]:
        """None of ours: the work is done elsewhere."""
        return []

    @property
    def is_ready(self) -> bool:
        """True while an endpoint is known to be well, so that a query costs milliseconds."""
        return self._model is not None and any(endpoint.is_proven for endpoint in self._model.endpoints)

    @property
    def device(self) -> str | None:
        """Where the model computes; None while that is not known to be well."""
        if self._model is None or not self.is_ready:
            return None
        return f"the server at {', '.join(e.address.origin for e in self._model.endpoints if e.is_proven)}"

    @property
    def state(self) -> Literal["ready", "loading", "unloaded", "failing"]:
        if self.is_ready:
            return "ready"
        if self._fault is not None:
            return "failing"
        return "loading" if self._elastic.is_on else "unloaded"

    def status(self) -> ServerStatus:
        """Who computes, how each of them is, and for how long the server was on."""
        endpoints = self._model.endpoints if self._model is not None else []
        return ServerStatus(
            model=self._server.model,
            endpoints=[_endpoint_status(endpoint) for endpoint in endpoints],
            is_elastic=self._elastic.is_wanted,
            is_on=self._elastic.is_on,
            seconds_on=round(self._elastic.seconds_on, 1),
        )

    def prepare(self) -> None:
        """Nothing is loaded here: the server has its model in memory, or is started by the query itself."""

    def go_by(self, server: ServerSettings) -> None:
        """Take over other addresses, or whatever else was agreed to anew; what is under way is given up."""
        with self._lock:
            former, self._model, self._server = self._model, None, server
        if former is not None:
            former.stop()

    def stop(self) -> None:
        """Requests under way end in a CancelledError."""
        self._stopped.set()
        with self._lock:
            if self._model is not None:
                self._model.stop()

    def embed_passages(self, texts: Sequence[str]) -> Float32Array:
        """(N, D) float32, each row of L2 norm 1.

        Raises:
            ModelUnavailableError: not what was agreed to, or not to be had.
            UnsoundVectorError: one of the texts has no sound vector there.
            ServiceError: the server does not embed now.
        """
        return self._with_model(self._server.start_minutes * 60, lambda model, _: model.embed_passages(texts))

    def embed_query(self, text: str, instruction: str | None = None, timeout_s: float = 60.0) -> Float32Array:
        """(D,) float32 of L2 norm 1, while passages are being embedded too.

        Raises:
            ServiceError: not within `timeout_s`, the start of the server included.
        """
        return self._with_model(timeout_s, lambda model, left_s: model.embed_query(text, instruction, left_s))

    def embed_sentences(self, texts: Sequence[str], timeout_s: float = 60.0) -> Float32Array:
        """As `embed_passages`, for somebody who waits: (N, D) float32 within `timeout_s`, before the passages' turn.

        Raises:
            ServiceError: not within `timeout_s`.
        """
        return self._with_model(timeout_s, lambda model, left_s: model.embed_sentences(texts, left_s))

    def _with_model(self, timeout_s: float, ask: Callable[[RemoteModel, float], Float32Array]) -> Float32Array:
        deadline = time.monotonic() + timeout_s
        try:
            model = self._opened()
            with self._elastic.in_use():
                wait_until_up(model.endpoints, self._elastic, timeout_s, self._stopped)
                vectors = ask(model, deadline - time.monotonic())
        except FinderError as error:
            self._fault = None if isinstance(error, CancelledError) else error
            raise
        self._fault = None
        return vectors

    def _opened(self) -> RemoteModel:
        with self._lock:
            if self._stopped.is_set():
                raise CancelledError
            if self._model is None:
                record = canaries.load(self._models)
                if record.space.key != self._space.key or not record.agrees_with(self._server):
                    raise ModelUnavailableError(
                        "The settings name another server than was agreed to",
                        "Nothing is sent there.",
                        "To agree to it: inkling model use server",
                    )
                self._model = RemoteModel(self._server, record, server_key(self._server.key_file))
            return self._model


def become_known(server: ServerSettings, models: Path, elastic: Elastic, stopped: threading.Event) -> None:
    """Ask every endpoint for the canaries' vectors, and write down what is agreed to by choosing this server.

    Nothing of the user's is sent.

    Args:
        models: the home's folder of models.
        stopped: set it to give up.
    Raises:
        UsageFaultError: the settings name no server that can be used.
        FinderError: one of the endpoints does not embed, or not as the first does.
    """
    endpoints = endpoints_of(server, server_key(server.key_file))
    try:
        with elastic.in_use():
            wait_until_up(endpoints, elastic, server.start_minutes * 60, stopped)
            record: ServerRecord | None = None
            for endpoint in endpoints:
                vectors = _canaries(endpoint, server, record)
                if record is None:
                    record = record_of(server, vectors)
                record.compare(vectors)
    finally:
        for endpoint in endpoints:
            endpoint.stop()
    assert record is not None
    with contextlib.suppress(ModelUnavailableError):
        record = canaries.load(models).continued_by(record)
    canaries.save(record, models)


def wait_until_up(endpoints: Sequence[Endpoint], elastic: Elastic, timeout_s: float, stopped: threading.Event) -> None:
    """Start the server where the settings say how and none of its endpoints is up, and wait for one.

    Raises:
        ServiceError: it does not start, or is not up in time.
        CancelledError: `stopped` was set.
    """
    if not elastic.is_wanted:
        return
    deadline = time.monotonic() + timeout_s
    while not any(endpoint.is_up() for endpoint in endpoints):
        elastic.start()
        for endpoint in endpoints:
            endpoint.breaker.succeeded()  # how it was before it was started means nothing
        if stopped.wait(_POLL_S):
            raise CancelledError
        if time.monotonic() > deadline:
            raise ServiceError("The server was started and is not up yet", endpoints[0].fault, "It is tried again.")
    elastic.came_up()


def _canaries(endpoint: Endpoint, server: ServerSettings, record: ServerRecord | None) -> Float32Array:
    dimension = server.dimension if record is None else record.space.dimension
    try:
        return endpoint.canaries(dimension, server.timeout_s)
    except TryAgainError as error:
        hint = "See that it runs there, and try again."
        raise ServiceError(f"The server at {endpoint.address.origin} does not embed", error.reason, hint) from None


def _endpoint_status(endpoint: Endpoint) -> EndpointStatus:
    state: Literal["well", "resting", "unknown"] = "well" if endpoint.is_proven else "unknown"
    return EndpointStatus(
        origin=endpoint.address.origin,
        state="resting" if endpoint.breaker.rest_s else state,
        fault=endpoint.fault or None,
        in_flight=endpoint.in_flight,
    )
