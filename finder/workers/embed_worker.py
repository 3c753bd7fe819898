"""The embed worker: the model, its memory and its device, for as long as they are needed. Imports the model late.

Passages are embedded by the main thread, queries by the second lane: a query waits for no batch. Where a batch is
done while a query is under way, the next one waits, so that the query has the processor to itself.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from finder.embed.choice import DETERMINISTIC
from finder.errors import FinderError
from finder.vectors import Float32Array
from finder.workers.channel import Channel, Message
from finder.workers.serving import LeavingError, Reply, notify, open_channel, serve

_CPU = "cpu"
_QUERY_PAUSE_S = 1.0
_NICENESS = 10


@dataclass(frozen=True, slots=True)
class _Model:
    """What a loaded model can do."""

    embed_passages: Callable[[Sequence[str]], Float32Array]
    embed_query: Callable[[str, str | None], Float32Array]
    device: str


class _EmbedWorker:
    """The handlers, around a model that is loaded while the first requests already wait."""

    def __init__(self, channel: Channel, name: str, threads: int | None) -> None:
        self._channel = channel
        self._name = name
        self._threads = threads
        self._model: _Model | None = None
        self._fault: FinderError | None = None
        self._is_settled = threading.Event()
        self._is_quiet = threading.Event()
        """Set while no query is under way."""
        self._is_quiet.set()

    def load(self) -> None:
        try:
            self._model = _load(self._name, self._threads, self._let_queries_pass)
            notify(self._channel, is_loaded=True, device=self._model.device)
        except FinderError as error:
            self._fault = error
        self._is_settled.set()
        _lower_priority()

    def embed_passages(self, message: Message) -> Reply:
        texts = message.header["params"]["texts"]
        vectors = self._loaded().embed_passages(texts)
        return Reply({}, (vectors.astype(np.float32).tobytes(),))

    def embed_query(self, message: Message) -> Reply:
        params = message.header["params"]
        model = self._loaded()
        self._is_quiet.clear()
        try:
            vector = model.embed_query(params["text"], params["instruction"])
        finally:
            self._is_quiet.set()
        return Reply({}, (vector.astype(np.float32).tobytes(),))

    def _loaded(self) -> _Model:
        self._is_settled.wait()
        if self._fault is not None:
            raise LeavingError(self._fault)  # the next process looks again
        assert self._model is not None
        return self._model

    def _let_queries_pass(self) -> None:
        self._is_quiet.wait(_QUERY_PAUSE_S)


def main() -> None:
    channel = open_channel()
    name, threads = sys.argv[2], int(sys.argv[3]) or None
    worker = _EmbedWorker(channel, name, threads)
    serve(
        channel,
        {"embed_passages": worker.embed_passages},
        second_lane={"embed_query": worker.embed_query},
        first=worker.load,
    )


def _load(name: str, threads: int | None, between_batches: Callable[[], None]) -> _Model:
    """The model called `name`.

    Raises:
        ModelUnavailableError: its weights are missing or damaged.
    """
    if name == DETERMINISTIC:
        from finder.embed.deterministic import HashEmbedder

        embedder = HashEmbedder()
        return _Model(embedder.embed_passages, embedder.embed_query, _CPU)
    from finder.embed.models import KNOWN_MODELS
    from finder.embed.weights import find_built_in

    spec, folder = KNOWN_MODELS[name], find_built_in()
    from finder.embed.encoder import Encoder  # imports torch: seconds, in vain where the weights are not there

    encoder = Encoder(spec, folder, _CPU, threads)
    return _Model(lambda texts: encoder.embed_passages(texts, between_batches), encoder.embed_query, _CPU)


def _lower_priority() -> None:
    """Let the thread that embeds passages give way to the one that answers queries, and to everybody else.

    On Linux a thread has a niceness of its own, which threads started by it inherit (setpriority(2), Notes).
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


if __name__ == "__main__":
    main()
