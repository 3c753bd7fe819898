"""The vector worker: the only opener of one Chroma directory, fed with numbers and vectors alone. Knows no catalog.

Adding is the main thread's, searching the second lane's: a search waits for the few rows in hand, never for a queue.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from finder.courtesy import give_way
from finder.errors import EnvironmentFaultError, FinderError
from finder.workers.channel import Channel, Message
from finder.workers.serving import LeavingError, Reply, notify, open_channel, serve

if TYPE_CHECKING:
    from finder.store.chroma import ChromaIndex

_ROWS_PER_TURN = 100
"""About 30 ms of adding, which is what a search may have to wait for."""
_TURN_S = 0.001
"""A lock that is taken again at once never gets to the thread that waits for it."""


class _VectorWorker:
    """The handlers, around a directory that is opened while the first requests already wait.

    A store that has failed is of no more use, so the process leaves with it: the next one opens it with fresh eyes.
    """

    def __init__(self, channel: Channel, directory: Path, dimension: int) -> None:
        self._channel = channel
        self._directory = directory
        self._dimension = dimension
        self._index: ChromaIndex | None = None
        self._fault: FinderError | None = None
        self._is_settled = threading.Event()
        self._using = threading.Lock()
        """`ChromaIndex` is for one thread at a time."""

    def open(self) -> None:
        from finder.store.chroma import ChromaIndex  # imports chromadb: more than a second

        try:
            self._index = ChromaIndex(self._directory, self._dimension)
            notify(self._channel, is_open=True)
        except FinderError as error:
            self._fault = error
        self._is_settled.set()
        give_way()  # this thread adds from now on; the store's own threads were started before, and search too

    def add(self, message: Message) -> Reply:
        seqs = np.frombuffer(message.blobs[0], np.int64)  # (N,)
        vectors = np.frombuffer(message.blobs[1], np.float32).reshape(-1, self._dimension)  # (N, D)
        mark = 0
        for start in range(0, max(1, len(seqs)), _ROWS_PER_TURN):
            with self._opened() as index:
                mark = index.add(seqs[start : start + _ROWS_PER_TURN], vectors[start : start + _ROWS_PER_TURN])
            time.sleep(_TURN_S)
        return Reply({"mark": mark})

    def search(self, message: Message) -> Reply:
        query = np.frombuffer(message.blobs[0], np.float32)  # (D,)
        with self._opened() as index:
            hits = index.search(query, int(message.header["params"]["k"]))
        return Reply({}, (hits.seqs.astype(np.int64).tobytes(), hits.scores.astype(np.float32).tobytes()))

    def status(self, message: Message) -> Reply:
        with self._opened() as index:
            return Reply({"count": index.count(), "mark": index.mark})

    def close(self) -> None:
        """Let the add in hand come to its end: a store left in the middle of one may not open again."""
        self._is_settled.wait()
        self._using.acquire()  # for good: nothing is to be asked of a closed store
        if self._index is not None:
            self._index.close()

    @contextmanager
    def _opened(self) -> Iterator[ChromaIndex]:
        self._is_settled.wait()
        try:
            if self._fault is not None:
                raise self._fault
            assert self._index is not None
            with self._using:
                yield self._index
        except EnvironmentFaultError as error:
            raise LeavingError(error) from error


def main() -> None:
    channel = open_channel(dies_with_parent=False)
    worker = _VectorWorker(channel, Path(sys.argv[2]), int(sys.argv[3]))
    serve(
        channel,
        {"add": worker.add},
        second_lane={"search": worker.search, "status": worker.status},
        first=worker.open,
        last=worker.close,
    )


if __name__ == "__main__":
    main()
