"""The embed worker as the pipeline and the search see it: an `Embedder`. Imports no model library.

What comes back is checked here, so that no unsound vector gets past, whatever made it. A graphics processor that fails
gets a new process and the same texts again; one that fails three times in ten minutes is left alone.
"""

from __future__ import annotations

import collections
import logging
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import psutil

from finder.embed.hardware import graphics_processor
from finder.errors import DeviceFaultError, UnsoundVectorError, WorkerDiedError
from finder.types import JsonObject
from finder.vectors import Float32Array, Space
from finder.workers.child import WorkerSpec
from finder.workers.serving import Reply
from finder.workers.supervisor import Worker

_log = logging.getLogger(__name__)

_LOAD_S = 120.0
"""Importing and loading the model, on a slow disk."""
_SECONDS_PER_TEXT = 20.0
"""Far above what the slowest processor needs for one passage, and for one of the request before, which comes first."""
_LEAST_MEMORY_LIMIT_BYTES = 6 << 30
_MEMORY_SHARE = 0.75
"""Of the computer's: a large model passes through it on its way to a graphics processor."""
_FAULTS = 3
_FAULTS_WITHIN_S = 600.0
"""So many faults of a graphics processor in so long a time, and the processor does its work."""
_NORM_TOLERANCE = 1e-3


class EmbedFront:
    """Implements `finder.vectors.Embedder` in a process of its own, which is there only while it is needed.

    Args:
        logs: the folder for the worker's log.
        models: the home's folder of models.
        space: the one to be made; its `model` is the model's name. A model that makes another is not used.
        idle_s: the worker leaves after so long without work.
        threads: of the processor, for one request; None leaves it to the model library.
        gpu_limit_bytes: of a graphics processor's memory; 0 for at most half of what is free.
    """

    def __init__(
        self,
        logs: Path,
        models: Path,
        space: Space,
        idle_s: float,
        threads: int | None = None,
        gpu_limit_bytes: int = 0,
    ) -> None:
        self._space = space
        self._lock = threading.Lock()
        self._faults: collections.deque[float] = collections.deque(maxlen=_FAULTS)
        """When the graphics processor failed, by the monotonic clock."""
        self._last_fault: Exception | None = None
        arguments = (space.model, space.key, os.fspath(models), str(threads or 0), str(gpu_limit_bytes), "1")
        memory_bytes = int(_MEMORY_SHARE * psutil.virtual_memory().total)
        self.worker = Worker(
            WorkerSpec(
                "embed",
                "finder.workers.embed_worker",
                arguments,
                idle_s=idle_s,
                memory_limit_bytes=max(_LEAST_MEMORY_LIMIT_BYTES, memory_bytes),
            ),
            logs,
        )

    @property
    def space(self) -> Space:
        return self._space

    def rename(self, space: Space) -> None:
        """Let processes that are started from now on load the model by another name; `space` is the same space."""
        self._space = space
        self.worker.start_next_with((space.model, *self.worker.spec.arguments[1:]))

    def leave_after(self, idle_s: float) -> None:
        """Let the worker leave after so long without work from now on."""
        self.worker.leave_after(idle_s)

    def limit_gpu_memory(self, limit_bytes: int) -> None:
        """Take no more of a graphics processor's memory from now on; 0 for at most half of what is free."""
        former = self.worker.spec.arguments
        limited = (*former[:-2], str(limit_bytes), former[-1])
        if limited != former:
            self.worker.start_next_with(limited)
            if _uses_gpu(self.device):
                self.worker.renew()

    @property
    def workers(self) -> list[Worker]:
        """Its process, for the status."""
        return [self.worker]

    @property
    def state(self) -> Literal["ready", "loading", "unloaded", "failing"]:
        if self.is_ready:
            return "ready"
        if self.worker.state == "failing":
            return "failing"
        return "unloaded" if self.worker.state == "stopped" else "loading"

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
        return self._checked(self._asked("embed_passages", {"texts": list(texts)}, timeout_s), len(texts))

    def embed_query(self, text: str, instruction: str | None = None, timeout_s: float = _LOAD_S) -> Float32Array:
        """(D,) float32 of L2 norm 1, while passages are being embedded too.

        Raises:
            ServiceError: not within `timeout_s`, loading included; the worker goes on.
        """
        params = {"text": text, "instruction": instruction}
        reply = self._asked("embed_query", params, timeout_s, is_killed_when_late=False)
        vector: Float32Array = self._checked(reply, 1)[0]
        return vector

    def embed_sentences(self, texts: Sequence[str], timeout_s: float = _LOAD_S) -> Float32Array:
        """As `embed_passages`, for somebody who waits: like a query, while passages are being embedded too.

        Raises:
            ServiceError: not within `timeout_s`, loading included; the worker goes on.
        """
        reply = self._asked("embed_sentences", {"texts": list(texts)}, timeout_s, is_killed_when_late=False)
        return self._checked(reply, len(texts))

    def _asked(self, method: str, params: JsonObject, timeout_s: float, is_killed_when_late: bool = True) -> Reply:
        """The answer, of another process where the graphics processor fails the first."""
        while True:
            device = self.device
            try:
                return self.worker.request(method, params, timeout_s=timeout_s, is_killed_when_late=is_killed_when_late)
            except DeviceFaultError as error:
                self._note_fault(error)
            except WorkerDiedError as error:
                if error.code == "crashed" and _uses_gpu(device):
                    self._note_fault(error)
                raise

    def _note_fault(self, error: Exception) -> None:
        """Leave the graphics processor alone, until the service starts again, where it has failed too often.

        Of one process that has ended, everybody who waited for it hears the very same error.
        """
        now = time.monotonic()
        with self._lock:
            if error is self._last_fault:
                return
            self._last_fault = error
            self._faults.append(now)
            is_too_often = len(self._faults) == _FAULTS and now - self._faults[0] < _FAULTS_WITHIN_S
        _log.warning("%s%s", error, "; the processor does its work from now on" if is_too_often else "")
        if is_too_often:
            self.worker.start_next_with((*self.worker.spec.arguments[:-1], "0"))

    def _checked(self, reply: Reply, count: int) -> Float32Array:
        if len(reply.blobs) != 1 or len(reply.blobs[0]) != 4 * count * self._space.dimension:
            raise _unsound("their number or length is wrong")
        vectors = np.frombuffer(reply.blobs[0], np.float32).reshape(count, -1)  # (N, D)
        norms = np.linalg.norm(vectors, axis=1)  # (N,)
        if not bool(np.all(np.abs(norms - 1.0) <= _NORM_TOLERANCE)):  # NaN and infinity fail it too
            raise _unsound("their norm is not 1")
        return vectors


def _uses_gpu(device: str | None) -> bool:
    """Of the device that a process told; one that ended before it told is taken to have been at what there is."""
    return graphics_processor() is not None if device is None else not device.startswith("cpu")


def _unsound(detail: str) -> UnsoundVectorError:
    return UnsoundVectorError("The model returned unsound vectors", detail, "Run inkling doctor.")
