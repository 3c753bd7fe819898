"""The feeding stage: committed vectors -> the persistent vector store, in order, behind its mark.

The store lives in a process of its own and in one directory per epoch. It only ever grows; when too much of it is
dead, when it does not answer truthfully, or when something must be provably gone, a new epoch is built from the
catalog, and the exact search serves meanwhile.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from finder.crashpoints import crash_point
from finder.errors import EnvironmentFaultError, StoreDamagedError, WorkerDiedError
from finder.index.activity import Activity
from finder.index.stage import Stage
from finder.store.epochs import create_epoch, newest_epoch, remove_epochs
from finder.store.spaces import SpaceVectors
from finder.types import JsonObject
from finder.vectors import Float32Array, Int64Array, Space, VectorHits

_log = logging.getLogger(__name__)

_VECTORS_PER_BATCH = 500
_DEAD_SHARE = 0.2
_DEAD_AT_LEAST = 1_000
"""A small store is not worth rebuilding for the dead in it."""


class VectorStore(Protocol):
    """The persistent index of one epoch, in a process that may die."""

    def add(self, seqs: Int64Array, vectors: Float32Array) -> int:
        """Add vectors, (N,) and (N, D), in order. Returns the new mark."""
        ...

    def search(self, query: Float32Array, k: int) -> VectorHits: ...

    def status(self) -> JsonObject:
        """`count`: vectors held, the dead among them; `mark`: the highest sequence number that is in."""
        ...

    def stop(self) -> None: ...

    def kill(self) -> None:
        """End its process without waiting for what it does: for a directory that is removed next."""
        ...


class FeedingStage(Stage):
    """Keeps the vector store at the catalog's end. Implements `search.nearest.ApproximateIndex` on the way."""

    def __init__(
        self,
        open_store: Callable[[Path], VectorStore],
        truth: SpaceVectors,
        space: Space,
        directory: Path,
        activity: Activity,
        release_reader: Callable[[], None],
    ) -> None:
        """
        Args:
            open_store: opens or makes the epoch in a directory.
            directory: holds one folder per epoch.
        """
        super().__init__("feeding")
        self._open_store = open_store
        self._store: VectorStore | None = None
        self._truth = truth
        self._space = space
        self._directory = directory
        self._activity = activity
        self._release_reader = release_reader
        self._mark: int | None = None
        self._count = 0
        self._dead = 0
        self._using = threading.Lock()
        """Held while the store and its directory are worked on."""
        self._renewing = threading.Lock()
        self._wants_new_epoch = threading.Event()
        self._is_new_epoch_ready = threading.Event()
        """For whoever asked for the epoch that is wanted."""

    @property
    def mark(self) -> int | None:
        """Every live vector up to this sequence number is in the store; None while it cannot answer."""
        return None if self._wants_new_epoch.is_set() else self._mark

    @property
    def count(self) -> int:
        """Vectors in the store, the dead ones among them."""
        return self._count

    @property
    def is_behind(self) -> bool:
        mark = self.mark
        return mark is None or bool(len(self._truth.read_after(mark, 1)[0]))

    def search(self, query: Float32Array, k: int) -> VectorHits:
        store = self._store
        if store is None:
            raise StoreDamagedError("The vector store is not open")
        try:
            return store.search(query, k)
        except StoreDamagedError as error:
            _log.warning("The vector store is built anew: %s", error)
            self.renew()
            raise

    def died(self, count: int) -> None:
        """So many vectors went from the catalog; the store is built anew when they are too many."""
        self._dead += count
        if self._dead >= _DEAD_AT_LEAST and self._dead > _DEAD_SHARE * self._count:
            self.renew()

    def renew(self) -> threading.Event:
        """Leave the present epoch, whose bytes are then gone. The event is set when they are."""
        with self._renewing:
            if not self._wants_new_epoch.is_set():
                self._is_new_epoch_ready = threading.Event()
                self._wants_new_epoch.set()
            ready = self._is_new_epoch_ready
        self.wake()
        return ready

    def empty(self) -> None:
        """Remove the present epoch with every byte in it, also while the stage rests. The next one is fed later.

        Raises:
            EnvironmentFaultError: a file cannot be removed or made.
        """
        self._wants_new_epoch.set()  # until then nobody asks this one
        if (store := self._store) is not None:
            store.kill()  # what is under way in it would be waited for
        try:
            with self._using:
                self._leave_epoch()
        except OSError as error:
            raise self._unusable(error) from error
        self.wake()

    def work(self) -> bool:
        try:
            with self._using:
                return self._feed()
        except (StoreDamagedError, WorkerDiedError) as error:
            # Never repaired in place: a store that lied or took its process down is left behind.
            _log.warning("The vector store is built anew: %s", error)
            self.renew()
            raise
        except OSError as error:
            raise self._unusable(error) from error

    def leave(self) -> None:
        self._close_store()
        self._release_reader()

    def _feed(self) -> bool:
        if self._wants_new_epoch.is_set():
            self._opened(self._leave_epoch())
        elif self._mark is None:
            epoch = newest_epoch(self._directory, self._space) or create_epoch(self._directory, self._space)
            remove_epochs(self._directory, but=epoch)  # what a kill left in the middle of a change of epochs
            self._opened(epoch)
        assert self._mark is not None
        assert self._store is not None
        seqs, vectors = self._truth.read_after(self._mark, _VECTORS_PER_BATCH)
        if not len(seqs):
            return False
        crash_point("feeding.before_add")
        with self.in_hand.piece(f"feeding {seqs[0]}"):
            mark = self._store.add(seqs, vectors.astype(np.float32))
        crash_point("feeding.added")
        self._count += len(seqs)
        self._activity.vectors_fed(len(seqs))
        self._mark = mark
        return True

    def _leave_epoch(self) -> Path:
        """Remove every epoch there is, and make the one that follows."""
        if self._store is not None:
            self._store.kill()
        self._close_store()
        self._count = self._dead = 0
        following = create_epoch(self._directory, self._space)
        crash_point("feeding.epoch_made")
        remove_epochs(self._directory, but=following)
        crash_point("feeding.epochs_removed")
        with self._renewing:
            self._wants_new_epoch.clear()
            self._is_new_epoch_ready.set()
        return following

    def _opened(self, epoch: Path) -> None:
        self._close_store()
        self._store = self._open_store(epoch)
        status = self._store.status()
        self._count = int(status["count"])
        mark = int(status["mark"])
        living = self._truth.count() - len(self._truth.seqs_after(mark))
        self._dead = max(0, self._count - living)
        self._mark = mark

    def _close_store(self) -> None:
        self._mark = None
        if self._store is not None:
            self._store.stop()
            self._store = None

    def _unusable(self, error: OSError) -> EnvironmentFaultError:
        return EnvironmentFaultError(
            "The vector store cannot be written",
            str(error),
            "Check that the folder is yours and that the disk is not full.",
            str(self._directory),
        )
