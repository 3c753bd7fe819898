"""The embed worker as the pipeline and the search see it: an `Embedder`. Imports no model library.

What comes back is checked here, so that no unsound vector gets past, whatever made it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from finder.errors import UnsoundVectorError
from finder.vectors import Float32Array, Space
from finder.workers.child import WorkerSpec
from finder.workers.serving import Reply
from finder.workers.supervisor import Worker

_LOAD_S = 120.0
"""Importing and loading the model, on a slow disk."""
_SECONDS_PER_TEXT = 2.0
"""Far above what the slowest processor needs for one passage."""
_MEMORY_LIMIT_BYTES = 6 << 30
_NORM_TOLERANCE = 1e-3


class EmbedFront:
    """Implements `finder.vectors.Embedder` in a process of its own, which is there only while it is needed.

    Args:
        logs: the folder for the worker's log.
        model: a name in `KNOWN_MODELS`, or `deterministic`.
        space: the space that model makes; known without starting anything.
        idle_s: the worker leaves after so long without work.
        threads: of the processor, for one request; None leaves it to the model library.
    """

    def __init__(self, logs: Path, model: str, space: Space, idle_s: float, threads: int | None = None) -> None:
        self._space = space
        arguments = (model, str(threads or 0))
        self.worker = Worker(
            WorkerSpec(
                "embed",
                "finder.workers.embed_worker",
                arguments,
                idle_s=idle_s,
                memory_limit_bytes=_MEMORY_LIMIT_BYTES,
            ),
            logs,
        )

    @property
    def space(self) -> Space:
        return self._space

    @property
    def is_ready(self) -> bool:
        """True while a process has the model in memory, so that a query costs milliseconds."""
        return bool(self.worker.told.get("is_loaded"))

    @property
    def device(self) -> str | None:
        """Where the model computes; None while no process has it in memory."""
        return str(self.worker.told["device"]) if self.is_ready else None

    def prepare(self) -> None:
        """Begin to load the model, without waiting, where it is not in memory."""
        self.worker.start()

    def stop(self) -> None:
        """End the worker; requests under way end in a CancelledError."""
        self.worker.stop()

    def embed_passages(self, texts: Sequence[str]) -> Float32Array:
        """(N, D) float32, each row of L2 norm 1 (within 1e-3).

        Raises:
            ModelUnavailableError: weights missing or unreadable.
            UnsoundVectorError: what came back are no sound vectors.
            WorkerDiedError: the process ended first.
        """
        if not texts:
            return np.empty((0, self._space.dimension), np.float32)
        timeout_s = _LOAD_S + _SECONDS_PER_TEXT * len(texts)
        reply = self.worker.request("embed_passages", {"texts": list(texts)}, timeout_s=timeout_s)
        return self._checked(reply, len(texts))

    def embed_query(self, text: str, instruction: str | None = None, timeout_s: float = _LOAD_S) -> Float32Array:
        """(D,) float32 of L2 norm 1, while passages are being embedded too.

        Raises:
            ServiceError: not within `timeout_s`, loading included; the worker goes on.
        """
        params = {"text": text, "instruction": instruction}
        reply = self.worker.request("embed_query", params, timeout_s=timeout_s, is_killed_when_late=False)
        vector: Float32Array = self._checked(reply, 1)[0]
        return vector

    def _checked(self, reply: Reply, count: int) -> Float32Array:
        if len(reply.blobs) != 1 or len(reply.blobs[0]) != 4 * count * self._space.dimension:
            raise _unsound("their number or length is wrong")
        vectors = np.frombuffer(reply.blobs[0], np.float32).reshape(count, -1)  # (N, D)
        norms = np.linalg.norm(vectors, axis=1)  # (N,)
        if not bool(np.all(np.abs(norms - 1.0) <= _NORM_TOLERANCE)):  # NaN and infinity fail it too
            raise _unsound("their norm is not 1")
        return vectors


def _unsound(detail: str) -> UnsoundVectorError:
    return UnsoundVectorError("The model returned unsound vectors", detail, "Run inkling doctor.")
