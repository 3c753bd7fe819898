"""The embed worker: the model, its memory and its device, for as long as they are needed. Imports the model late.

Passages are embedded by the main thread; queries, and the sentences of what they found, by the second lane. Where a
batch is done while a query is under way, the next one waits, so that the query has the device to itself; and while
somebody searches, batches are short where a query would wait for one. A process whose graphics processor failed makes
way for another, as does one that computes on the processor once another program has left room on the graphics
processor.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from finder.courtesy import give_way
from finder.embed.deterministic import HashEmbedder
from finder.errors import DeviceFaultError, FinderError, ModelUnavailableError
from finder.vectors import Float32Array
from finder.workers.channel import Channel, Message
from finder.workers.serving import LeavingError, Reply, notify, open_channel, serve

_CPU = "cpu"
_QUERY_PAUSE_S = 1.0
_SEARCHING_S = 10.0
"""So long after a query, another is likely."""
_ROOM_LOOK_S = 60.0
"""Between two looks at whether the graphics processor has room by now."""


@dataclass(frozen=True, slots=True)
class _Model:
    """What a loaded model can do."""

    embed_passages: Callable[[Sequence[str]], Float32Array]
    embed_sentences: Callable[[Sequence[str]], Float32Array]
    """The same, without giving way to queries."""
    embed_query: Callable[[str, str | None], Float32Array]
    device: str
    has_room_on_gpu: Callable[[], bool] = lambda: False
    """True once the graphics processor has room for what is computed on the processor for want of it."""


@dataclass(frozen=True, slots=True)
class _Order:
    """What the process was started for."""

    name: str
    key: str
    models: Path
    threads: int | None
    gpu_limit_bytes: int | None
    """Of a graphics processor's memory; None for at most half of what is free."""
    uses_gpu: bool


class _EmbedWorker:
    """The handlers, around a model that is loaded while the first requests already wait."""

    def __init__(self, channel: Channel, order: _Order) -> None:
        self._channel = channel
        self._order = order
        self._model: _Model | None = None
        self._fault: FinderError | None = None
        self._is_settled = threading.Event()
        self._is_quiet = threading.Event()
        """Set while no query is under way."""
        self._is_quiet.set()
        self._last_query = -_SEARCHING_S
        self._looked_for_room = time.monotonic()

    def load(self) -> None:
        try:
            self._model = _load(self._order, self._let_queries_pass)
            notify(self._channel, is_loaded=True, device=self._model.device)
        except FinderError as error:
            self._fault = error
        self._is_settled.set()
        give_way()  # this thread embeds passages, and those that it starts for that inherit it (setpriority(2), Notes)

    def embed_passages(self, message: Message) -> Reply:
        texts = message.header["params"]["texts"]
        model = self._loaded()
        vectors = _or_leave(lambda model: model.embed_passages(texts), model)
        return Reply({}, (vectors.astype(np.float32).tobytes(),), is_last=self._has_room_on_gpu(model))

    def embed_query(self, message: Message) -> Reply:
        params = message.header["params"]
        return self._at_once(lambda model: model.embed_query(params["text"], params["instruction"]))

    def embed_sentences(self, message: Message) -> Reply:
        """As passages, for somebody who waits."""
        texts = message.header["params"]["texts"]
        return self._at_once(lambda model: model.embed_sentences(texts))

    def _at_once(self, embed: Callable[[_Model], Float32Array]) -> Reply:
        model = self._loaded()
        self._is_quiet.clear()
        try:
            vectors = _or_leave(embed, model)
        finally:
            self._last_query = time.monotonic()
            self._is_quiet.set()
        return Reply({}, (vectors.astype(np.float32).tobytes(),))

    def _has_room_on_gpu(self, model: _Model) -> bool:
        now = time.monotonic()
        if now - self._looked_for_room < _ROOM_LOOK_S:
            return False
        self._looked_for_room = now
        return model.has_room_on_gpu()

    def _loaded(self) -> _Model:
        self._is_settled.wait()
        if self._fault is not None:
            raise LeavingError(self._fault)  # the next process looks again
        assert self._model is not None
        return self._model

    def _let_queries_pass(self) -> bool:
        """True while somebody searches."""
        self._is_quiet.wait(_QUERY_PAUSE_S)
        return time.monotonic() - self._last_query < _SEARCHING_S


def main() -> None:
    channel = open_channel()
    name, key, models, threads, gpu_limit_bytes, uses_gpu = sys.argv[2:8]
    order = _Order(name, key, Path(models), int(threads) or None, int(gpu_limit_bytes) or None, uses_gpu == "1")
    worker = _EmbedWorker(channel, order)
    serve(
        channel,
        {"embed_passages": worker.embed_passages},
        second_lane={"embed_query": worker.embed_query, "embed_sentences": worker.embed_sentences},
        first=worker.load,
    )


def _or_leave(embed: Callable[[_Model], Float32Array], model: _Model) -> Float32Array:
    try:
        return embed(model)
    except DeviceFaultError as error:
        raise LeavingError(error) from error  # after it, this process gets nothing from the device any more


def _load(order: _Order, between_batches: Callable[[], bool]) -> _Model:
    """The model of this name, which must make the space with this key.

    Raises:
        ModelUnavailableError: its weights are missing or damaged, or not those that the space was made with.
    """
    if (deterministic := HashEmbedder.named(order.name)) is not None:
        embed = deterministic.embed_passages
        return _Model(embed, embed, deterministic.embed_query, _CPU)
    from finder.embed.models import space_of
    from finder.embed.weights import find_model

    found = find_model(order.name, order.models)
    if space_of(found.spec).key != order.key:
        raise ModelUnavailableError(
            "The model has changed since it was taken into use",
            "Its vectors cannot be compared with those that are there.",
            f"Put its former files back, or use it as it is now: inkling model use {order.name}",
            str(found.folder),
        )
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = os.fspath(order.models / "compiled")
    os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"  # in this process, and on one core
    # These import torch: seconds, in vain where the weights are not there.
    from finder.embed.encoder.devices import processor
    from finder.embed.encoder.embedder import Encoder

    encoder = Encoder(
        found.spec,
        found.folder,
        None if order.uses_gpu else processor("the graphics processor failed again and again"),
        order.threads,
        models=order.models,
        gpu_limit_bytes=order.gpu_limit_bytes,
    )
    return _Model(
        lambda texts: encoder.embed_passages(texts, between_batches),
        encoder.embed_sentences,
        encoder.embed_query,
        encoder.device,
        encoder.has_room_on_gpu,
    )


if __name__ == "__main__":
    main()
