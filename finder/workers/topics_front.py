"""The topics worker as the service sees it: one process for one map. Imports no scikit-learn."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from finder.errors import EnvironmentFaultError, FinderError, WorkerDiedError
from finder.topics.found import TopicsProgress
from finder.types import JsonObject
from finder.workers.child import WorkerSpec
from finder.workers.supervisor import Worker

_MAPPED_WITHIN_S = 1_800.0
"""A million files on a slow computer."""
_MEMORY_LIMIT_BYTES = 2 << 30
_BEGINNING = TopicsProgress(doing="starting", done=0, total=1)


@dataclass(frozen=True, slots=True)
class Mapped:
    """What the worker answered."""

    data: bytes | None
    """`TopicMap.to_bytes`; None where too few documents have a vector."""
    without_vectors: int


class Mapping:
    """One map that is being made, in a process that ends with it."""

    def __init__(self, worker: Worker, order: JsonObject, earlier: bytes | None) -> None:
        self.worker = worker
        self._order = order
        self._earlier = earlier
        self._future: Future[Mapped] = Future()
        threading.Thread(target=self._work, name="topics", daemon=True).start()

    @property
    def is_done(self) -> bool:
        return self._future.done()

    @property
    def progress(self) -> TopicsProgress:
        return cast(TopicsProgress, self.worker.told.get("progress", _BEGINNING))

    def result(self) -> Mapped:
        """What was made, once it `is_done`.

        Raises:
            WorkerDiedError: the process ended first.
            CancelledError: `cancel` was called.
        """
        return self._future.result()

    def cancel(self) -> None:
        """End the process; nothing happens where it has ended."""
        self.worker.kill()

    def _work(self) -> None:
        try:
            self._future.set_result(self._asked())
        except WorkerDiedError as error:
            hint = "Try again. If it happens again, inkling doctor tells where the logs are."
            self._future.set_exception(
                WorkerDiedError(error.code, "The topics could not be found", error.detail or error.title, hint)
            )
        except FinderError as error:
            self._future.set_exception(error)
        finally:
            self.worker.kill()

    def _asked(self) -> Mapped:
        blobs = (self._earlier,) if self._earlier is not None else ()
        reply = self.worker.request("map", self._order, blobs, timeout_s=_MAPPED_WITHIN_S)
        without_vectors = reply.result.get("without_vectors")
        if len(reply.blobs) > 1 or not isinstance(without_vectors, int):
            raise EnvironmentFaultError("The topics worker answered in no known form")
        return Mapped(bytes(reply.blobs[0]) if reply.blobs else None, without_vectors)


class TopicsFront:
    """Makes maps from the catalog.

    Args:
        logs: the folder for the worker's log.
        catalog: which the worker reads.
    """

    def __init__(self, logs: Path, catalog: Path) -> None:
        self._logs = logs
        self._spec = WorkerSpec(
            "topics",
            "finder.workers.topics_worker",
            (str(catalog),),
            memory_limit_bytes=_MEMORY_LIMIT_BYTES,
            is_background=True,
        )
        self._mapping: Mapping | None = None

    def begin(self, order: JsonObject, earlier: bytes | None) -> Mapping:
        """Begin to make a map; one at a time.

        Args:
            order: the fields of `topics.mapping.Order`.
            earlier: the map of the same folders that was made before.
        """
        self._mapping = Mapping(Worker(self._spec, self._logs), order, earlier)
        return self._mapping

    @property
    def workers(self) -> list[Worker]:
        """The process that makes a map, for the status; none runs otherwise."""
        return [self._mapping.worker] if self._mapping is not None and not self._mapping.is_done else []

    def stop(self) -> None:
        """End the process that makes a map, if any."""
        if self._mapping is not None:
            self._mapping.cancel()
