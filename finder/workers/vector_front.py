"""The vector worker as the pipeline and the search see it: one Chroma directory. Imports no chromadb."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from finder.errors import EnvironmentFaultError, ServiceError
from finder.types import JsonObject
from finder.vectors import Float32Array, Int64Array, VectorHits
from finder.workers.child import WorkerSpec
from finder.workers.supervisor import Worker

_OPEN_S = 120.0
_ADD_S = 120.0
_SEARCH_S = 20.0
_CLOSE_S = 10.0


class VectorFront:
    """One directory of vectors by sequence number, opened by a process of its own.

    A directory has one front at a time: Chroma keeps what it once opened, so another epoch is another process. The
    process starts with the first request, and again after a death.

    Args:
        logs: the folder for the worker's log.
        directory: of this epoch; made where it is missing.
        dimension: of its vectors.
    """

    def __init__(self, logs: Path, directory: Path, dimension: int) -> None:
        self._dimension = dimension
        arguments = (str(directory), str(dimension))
        spec = WorkerSpec("vectors", "finder.workers.vector_worker", arguments, leave_timeout_s=_CLOSE_S)
        self.worker = Worker(spec, logs)

    @property
    def is_open(self) -> bool:
        """True while a process has the directory open, so that a search costs milliseconds."""
        return bool(self.worker.told.get("is_open"))

    def add(self, seqs: Int64Array, vectors: Float32Array) -> int:
        """Add vectors (N, D) under ascending sequence numbers (N,) past the mark. Returns the new mark.

        Raises:
            StoreDamagedError: the directory does not answer truthfully.
            WorkerDiedError: the process ended; what is past the mark of the next one is to be added again.
        """
        blobs = (seqs.astype(np.int64).tobytes(), vectors.astype(np.float32).tobytes())
        return int(self.worker.request("add", {}, blobs, timeout_s=_OPEN_S + _ADD_S).result["mark"])

    def search(self, query: Float32Array, k: int) -> VectorHits:
        """The k nearest to `query` (D,), dead ones among them.

        Raises:
            ServiceError: it is not open; opening has begun.
            StoreDamagedError: the directory does not answer truthfully.
            WorkerDiedError: the process ended before it answered.
        """
        if not self.is_open:
            self.worker.start()
            raise ServiceError("The vector store is being opened")
        blobs = (query.astype(np.float32).tobytes(),)
        reply = self.worker.request("search", {"k": k}, blobs, timeout_s=_SEARCH_S)
        if len(reply.blobs) != 2 or 2 * len(reply.blobs[1]) != len(reply.blobs[0]):
            raise EnvironmentFaultError("The vector worker answered in no known form")
        seqs, scores = np.frombuffer(reply.blobs[0], np.int64), np.frombuffer(reply.blobs[1], np.float32)
        return VectorHits(seqs, scores)

    def status(self) -> JsonObject:
        """`count`: vectors held; `mark`: the highest sequence number that is in."""
        return self.worker.request("status", timeout_s=_OPEN_S).result

    def stop(self) -> None:
        """Close the directory by ending its process."""
        self.worker.stop()

    def kill(self) -> None:
        """End the process at once: for a directory that is of no more use."""
        self.worker.kill()
