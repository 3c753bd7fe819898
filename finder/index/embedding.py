"""The embedding stage: texts without a vector -> the model -> vectors in the catalog, a batch a commit.

The queue is the catalog's own state; what a kill interrupts is computed again, what was committed never is.
"""

from __future__ import annotations

import collections
import logging
from collections.abc import Callable

import apsw

from finder.crashpoints import crash_point
from finder.errors import UnsoundVectorError, WorkerDiedError
from finder.index.activity import Activity
from finder.index.stage import Stage
from finder.store import spaces
from finder.store.catalog import Catalog
from finder.store.spaces import QueuedText
from finder.vectors import Embedder

_log = logging.getLogger(__name__)

_TEXTS_PER_BATCH = 256
"""Long enough to sort by length, short enough that a kill costs seconds and a commit is cheap."""
_DEATHS = 2


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

    @property
    def refused_count(self) -> int:
        return len(self._refused)

    def work(self) -> bool:
        batch = self._next_batch()
        if not batch:
            return False
        try:
            with self.in_hand.piece(f"embedding {self._space_id} {batch[0].id} {batch[-1].id}"):
                self._embed(batch)
        except BaseException:
            self._has_holes = True
            self._focused = None
            raise
        return True

    def leave(self) -> None:
        self._catalog.release_reader()

    def _next_batch(self) -> list[QueuedText]:
        connection = self._catalog.reader()
        if batch := self._focused_batch(connection):
            return batch
        # Ids only grow, so what is new lies past the last one seen; nothing is looked through twice.
        last = spaces.last_text(connection)
        batch = spaces.queued(connection, self._space_id, _TEXTS_PER_BATCH, after=self._after)
        if not batch and self._has_holes:
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
        return [text for text in batch if text.id not in self._refused]

    def _embed(self, batch: list[QueuedText]) -> None:
        try:
            vectors = self._embedder.embed_passages([text.words for text in batch])
        except UnsoundVectorError:
            self._halve(batch)
            return
        except WorkerDiedError as error:
            if not self._is_fatal(batch, error):
                raise
            self._halve(batch)
            return
        crash_point("embedding.computed")
        ids = [text.id for text in batch]
        stored = self._catalog.write(lambda connection: spaces.add_vectors(connection, self._space_id, ids, vectors))
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
