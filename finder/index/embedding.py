"""The embedding stage: texts without a vector -> the model -> vectors in the catalog, a batch a commit.

The queue is the catalog's own state; what a kill interrupts is computed again, what was committed never is. While one
batch is computed the next one waits at the model already, so that a graphics processor or a server never waits for a
commit. Commits keep the order of the batches. A batch that fails beside another is tried again alone: only then is it
known whose fault it was.
"""

from __future__ import annotations

import collections
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cached_property

import apsw

from finder.crashpoints import crash_point
from finder.errors import UnsoundVectorError, WorkerDiedError
from finder.index.activity import Activity
from finder.index.stage import Stage
from finder.store import spaces
from finder.store.catalog import Catalog
from finder.store.spaces import QueuedText
from finder.vectors import Embedder, Float32Array

_log = logging.getLogger(__name__)

_TEXTS_PER_BATCH = 256
"""Long enough to sort by length, short enough that a kill costs seconds and a commit is cheap."""
_BATCHES_IN_FLIGHT = 2
"""One that is computed and one that waits for it."""
_DEATHS = 2


@dataclass(frozen=True, slots=True)
class _InFlight:
    """A batch that the model has been given."""

    batch: list[QueuedText]
    vectors: Future[Float32Array]


class EmbeddingStage(Stage):
    """Embeds what waits, in the order in which it came, what somebody waits for before that."""

    def __init__(
        self,
        catalog: Catalog,
        embedder: Embedder,
        space_id: int,
        activity: Activity,
        *,
        focus: Callable[[], int | None],
        on_embedded: Callable[[], None],
    ) -> None:
        super().__init__("embedding")
        self._catalog = catalog
        self._embedder = embedder
        self._space_id = space_id
        self._activity = activity
        self._focus = focus
        self._on_embedded = on_embedded
        self._after = 0
        self._has_holes = False
        """Texts at or before `_after` may lack a vector: look from the beginning before resting."""
        self._focused: int | None = None
        self._focus_after = 0
        self._deaths: collections.Counter[tuple[int, int]] = collections.Counter()
        """Deaths of the worker over one batch, by its first and last text."""
        self._refused: set[int] = set()
        """Texts whose vector was not sound; tried again when the service starts again."""
        self._in_flight: collections.deque[_InFlight] = collections.deque()
        """In the order in which they are committed."""

    @property
    def refused_count(self) -> int:
        return len(self._refused)

    def work(self) -> bool:
        """Give the model what it can take, and commit the oldest batch; before a rest, all of them."""
        try:
            while len(self._in_flight) < _BATCHES_IN_FLIGHT and (batch := self._next_batch()):
                self._in_flight.append(_InFlight(batch, self._requests.submit(self._asked, batch)))
            if not self._in_flight:
                return False
            self._finish(self._in_flight[0])
            while self._in_flight and self.is_paused and not self.is_stopping:
                self._finish(self._in_flight[0])
        except BaseException:
            self._has_holes = True
            self._focused = None
            self._wait_for_all()
            self._in_flight.clear()
            raise
        return True

    def leave(self) -> None:
        self._requests.shutdown(cancel_futures=True)
        self._catalog.release_reader()

    @cached_property
    def _requests(self) -> ThreadPoolExecutor:
        """The threads that wait for the model."""
        return ThreadPoolExecutor(_BATCHES_IN_FLIGHT, thread_name_prefix="embedding-request")

    def _asked(self, batch: list[QueuedText]) -> Float32Array:
        """What the model gives for a batch, in hand of the thread that asks."""
        with self.in_hand.piece(self._piece(batch)):
            return self._embedder.embed_passages([text.words for text in batch])

    def _piece(self, batch: list[QueuedText]) -> str:
        return f"embedding {self._space_id} {batch[0].id} {batch[-1].id}"

    def _finish(self, oldest: _InFlight) -> None:
        """Wait for a batch, and commit it; where it failed, try it again with nothing beside it."""
        try:
            vectors = oldest.vectors.result()
        except (UnsoundVectorError, WorkerDiedError) as error:
            self._wait_for_all()
            self._halve(oldest.batch) if isinstance(error, UnsoundVectorError) else self._embed(oldest.batch)
        else:
            self._store(oldest.batch, vectors)
        self._in_flight.popleft()

    def _wait_for_all(self) -> None:
        """Wait until the model computes nothing any more, whatever comes of it."""
        wait([each.vectors for each in self._in_flight])

    def _next_batch(self) -> list[QueuedText]:
        connection = self._catalog.reader()
        if batch := self._focused_batch(connection):
            return batch
        # Ids only grow, so what is new lies past the last one seen; nothing is looked through twice.
        last = spaces.last_text(connection)
        batch = spaces.queued(connection, self._space_id, _TEXTS_PER_BATCH, after=self._after)
        if not batch and self._has_holes and not self._in_flight:
            self._has_holes = False
            batch = spaces.queued(connection, self._space_id, _TEXTS_PER_BATCH + len(self._refused))
        self._after = batch[-1].id if batch else last
        return self._without_refused(batch)

    def _focused_batch(self, connection: apsw.Connection) -> list[QueuedText]:
        """What somebody waits for; what this misses (a text that another folder shares) comes in the common order."""
        focus = self._focus()
        if focus != self._focused:
            self._focused, self._focus_after = focus, 0
        if focus is None:
            return []
        batch = spaces.queued(connection, self._space_id, _TEXTS_PER_BATCH, self._focus_after, focus)
        if batch:
            self._focus_after = batch[-1].id
        return self._without_refused(batch)

    def _without_refused(self, batch: list[QueuedText]) -> list[QueuedText]:
        """Nor what the model has been given already, in another order."""
        given = {text.id for each in self._in_flight for text in each.batch}
        return [text for text in batch if text.id not in self._refused and text.id not in given]

    def _embed(self, batch: list[QueuedText]) -> None:
        """A batch with nothing beside it, in ever smaller parts where it fails."""
        try:
            vectors = self._asked(batch)
        except UnsoundVectorError:
            self._halve(batch)
            return
        except WorkerDiedError as error:
            if not self._is_fatal(batch, error):
                raise
            self._halve(batch)
            return
        self._store(batch, vectors)

    def _store(self, batch: list[QueuedText], vectors: Float32Array) -> None:
        ids = [text.id for text in batch]
        with self.in_hand.piece(self._piece(batch)):
            crash_point("embedding.computed")
            stored = self._catalog.write(lambda written: spaces.add_vectors(written, self._space_id, ids, vectors))
            crash_point("embedding.stored")
        self._activity.passages_embedded(stored)
        self._on_embedded()

    def _is_fatal(self, batch: list[QueuedText], error: WorkerDiedError) -> bool:
        """True where these very texts took the worker down again; a kill from outside is not their doing."""
        if error.code == "died":
            return False
        key = (batch[0].id, batch[-1].id)
        self._deaths[key] += 1
        return self._deaths[key] >= _DEATHS

    def _halve(self, batch: list[QueuedText]) -> None:
        """Find the texts that unsound vectors or a worker's death belong to, and keep the others."""
        if len(batch) == 1:
            _log.warning("A passage has no sound vector; it stays findable by its words")
            self._refused.add(batch[0].id)
            return
        middle = len(batch) // 2
        self._embed(batch[:middle])
        self._embed(batch[middle:])
