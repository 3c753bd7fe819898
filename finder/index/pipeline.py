"""The pipeline: the list of stages is the way a file takes. One path serves the first scan and every later change.

    scanning   folders on disk                    -> rows of folders and files     (findable by name)
    reading    files that wait                    -> contents, passages, keywords  (findable by words)
    embedding  texts without a vector             -> vectors in the catalog        (findable by meaning)
    feeding    vectors past the store's mark      -> the persistent vector store   (fast at any size)

Each stage finds its work in what the one before committed, so that a kill between any two loses nothing.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Protocol

import apsw
import numpy as np

from finder.files.rules import Rules
from finder.index.activity import Activity
from finder.index.embedding import EmbeddingStage
from finder.index.feeding import FeedingStage, VectorStore
from finder.index.pauses import Cause, Pauses
from finder.index.reading import Extractor, ReadingStage
from finder.index.reconcile import PassOutcome, remove_folder
from finder.index.scanning import ScanningStage
from finder.index.stage import Stage
from finder.store import contents, files, spaces
from finder.store.catalog import Catalog
from finder.store.spaces import SpaceVectors
from finder.vectors import Embedder, Int64Array

_log = logging.getLogger(__name__)


class ExactVectors(Protocol):
    """What the pipeline tells the exact search about vectors that went."""

    def discard(self, seqs: Int64Array) -> None: ...
    def forget(self, seqs: Int64Array) -> None: ...


class Pipeline:
    """The stages of one index, put together, started and stopped together."""

    def __init__(
        self,
        catalog: Catalog,
        rules: Callable[[], Rules],
        extractor: Extractor,
        embedder: Embedder,
        exact: ExactVectors,
        open_store: Callable[[Path], VectorStore],
        vectors_directory: Path,
        *,
        space_id: int,
        reading_threads: int,
    ) -> None:
        self.catalog = catalog
        self.space_id = space_id
        self.activity = Activity()
        self._exact = exact
        self._focus: list[int] = []
        self._focus_lock = threading.Lock()
        self.pauses = Pauses()
        self.scanning = ScanningStage(catalog, rules, self._scanned)
        self.reading = ReadingStage(
            catalog,
            extractor,
            self.activity,
            threads=reading_threads,
            focus=self.focus,
            on_read=self._read,
            on_vanished=lambda folder: self.look_at(folder, is_deep=False),
        )
        self.embedding = EmbeddingStage(
            catalog, embedder, space_id, self.activity, focus=self.focus, on_embedded=self._embedded
        )
        truth = SpaceVectors(catalog.reader, space_id, embedder.space.dimension)
        self.feeding = FeedingStage(
            open_store, truth, embedder.space, vectors_directory, self.activity, catalog.release_reader
        )
        self.stages: list[Stage] = [self.scanning, self.reading, self.embedding, self.feeding]

    def start(self) -> None:
        for stage in self.stages:
            stage.start()

    def stop(self) -> None:
        """Let every stage end after the piece in hand. What is committed stays, the rest is found again."""
        for stage in self.stages:
            stage.ask_to_stop()
        for stage in self.stages:
            stage.join()

    def pause(self, cause: Cause, because: str | None) -> None:
        """Rest for a cause with a reason for people to read, or no longer for it where None.

        Scanning goes on, so that names stay findable, unless the disk is nearly full.
        """
        self.pauses.put(cause, because)
        for stage in self.stages:
            is_for_names = stage in (self.scanning, self.feeding)
            stage.pause(self.is_scanning_paused if is_for_names else self.paused_because is not None)

    @property
    def is_scanning_paused(self) -> bool:
        """Nothing at all is written: the disk is nearly full, or indexing has ended the service again and again."""
        return self.pauses.has("disk") or self.pauses.has("deaths")

    @property
    def paused_because(self) -> str | None:
        """Why indexing rests, in words; None while it does not."""
        return self.pauses.because

    def look_at(self, folder: bytes, is_deep: bool) -> Future[None]:
        """Have a folder compared with the catalog; done when the catalog has what was seen."""
        return self.scanning.look_at(folder, is_deep)

    def forget(self, folder_id: int) -> int:
        """Remove a folder and every byte that only it held. Returns how many files went.

        When it returns, nothing of it can be found, and the store's epoch that held its vectors is gone.
        """
        outcome = PassOutcome()

        def remove(connection: apsw.Connection) -> list[int]:
            return contents.remove_unreferenced(connection, remove_folder(connection, folder_id, outcome))

        dead = self.catalog.write(remove)
        self._exact.forget(_as_seqs(dead))
        if dead:
            self.feeding.renew().wait(timeout=60)
        self.catalog.checkpoint()
        return outcome.removed

    def read_again(self, folder_id: int | None) -> int:
        """Try failed files again, all or those below a folder. Returns how many."""
        count = self.catalog.write(lambda connection: files.read_again(connection, folder_id))
        self.reading.wake()
        return count

    @contextlib.contextmanager
    def focused_on(self, folder_ids: list[int]) -> Iterator[None]:
        """While inside, what lies below these folders comes first: somebody waits for it."""
        with self._focus_lock:
            self._focus.extend(folder_ids)
        self.reading.forget_buffer()
        try:
            yield
        finally:
            with self._focus_lock:
                for folder_id in folder_ids:
                    self._focus.remove(folder_id)

    def focus(self) -> int | None:
        """The folder that somebody waits for longest."""
        with self._focus_lock:
            return self._focus[0] if self._focus else None

    @property
    def is_quiet(self) -> bool:
        """Nothing to scan, read, embed or feed."""
        if self.scanning.is_busy or self.reading.is_busy:
            return False
        connection = self.catalog.reader()
        if files.waiting(connection, 1):
            return False
        pending = spaces.count_queued(connection, self.space_id) - self.embedding.refused_count
        return pending <= 0 and not self.feeding.is_behind

    @property
    def signs(self) -> tuple[object, ...]:
        """What of its state is not in the catalog: cheap to compare with what it was a moment ago."""
        return self.paused_because, self.scanning.is_busy, self.scanning.files_seen, self.activity.counts

    def _scanned(self, outcome: PassOutcome) -> None:
        self._hide(outcome.dead_seqs)
        outcome.dead_seqs = []
        if outcome.has_work:
            self.reading.wake()

    def _read(self, dead: list[int]) -> None:
        self._hide(dead)
        self.embedding.wake()

    def _embedded(self) -> None:
        self.feeding.wake()

    def _hide(self, dead: list[int]) -> None:
        if dead:
            self._exact.discard(_as_seqs(dead))
            self.feeding.died(len(dead))


def _as_seqs(seqs: list[int]) -> Int64Array:
    return np.array(sorted(seqs), np.int64)
