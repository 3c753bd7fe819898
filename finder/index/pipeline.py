"""The pipeline: the list of stages is the way a file takes. One path serves the first scan and every later change.

    scanning   folders on disk                    -> rows of folders and files     (findable by name)
    reading    files that wait                    -> contents, passages, keywords  (findable by words)
    embedding  texts without a vector             -> vectors in the catalog        (findable by meaning)
    feeding    vectors past the store's mark      -> the persistent vector store   (fast at any size)

    purging    what was excluded or forgotten     -> no row and no byte of it
    languages  contents of an earlier version     -> the language of each

Each stage finds its work in what the one before committed, so that a kill between any two loses nothing.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future

import numpy as np

from finder.files.rules import Rules
from finder.files.settle import FolderChange
from finder.index.activity import Activity
from finder.index.embedding import EmbeddingStage
from finder.index.feeding import FeedingStage
from finder.index.languages import LanguageStage
from finder.index.pauses import Cause, Pauses
from finder.index.presence import Presence
from finder.index.purging import PurgingStage
from finder.index.reading import Extractor, ReadingStage
from finder.index.reconcile import PassOutcome
from finder.index.scanning import ScanningStage
from finder.index.space import SpaceParts, SpaceStages
from finder.index.stage import Stage
from finder.index.work_in_hand import WorkInHand
from finder.store import files, folders
from finder.store.catalog import Catalog
from finder.vectors import Int64Array

_log = logging.getLogger(__name__)

_ERASED_WITHIN_S = 10.0
"""Who forgets a folder waits so long for its last byte to go."""


class Pipeline:
    """The stages of one index, put together, started and stopped together."""

    def __init__(
        self,
        catalog: Catalog,
        rules: Callable[[], Rules],
        extractor: Extractor,
        serving: SpaceParts,
        *,
        reading_threads: int,
        in_hand: WorkInHand | None = None,
        forget_derived: Callable[[], None] = lambda: None,
    ) -> None:
        """
        Args:
            serving: the space that answers.
            in_hand: where the stages note what they work on; nowhere where None.
            forget_derived: removes what else was made of texts, and of what has just left the catalog among them.
        """
        self.catalog = catalog
        self._in_hand = in_hand or WorkInHand()
        self.activity = Activity()
        self._forget_derived = forget_derived
        self._focus: list[int] = []
        self._focus_lock = threading.Lock()
        self.pauses = Pauses()
        self._pausing = threading.Lock()
        """Held until every stage goes by the reasons of the moment: else one by those of the moment before would rest
        or work on."""
        self.presence = Presence(catalog)
        self.scanning = ScanningStage(
            catalog, rules, self._scanned, self.presence, recognises=lambda: extractor.recognises_text
        )
        self.reading = ReadingStage(
            catalog,
            extractor,
            self.activity,
            threads=reading_threads,
            focus=self.focus,
            on_read=self._read,
            on_vanished=lambda folder: self.look_at(folder, is_deep=False),
        )
        self.purging = PurgingStage(catalog, rules, self._hide, self._forget_vectors)
        self.languages = LanguageStage(catalog)
        self.serving = SpaceStages(catalog, serving, self.activity, self.focus)
        self.building: SpaceStages | None = None
        """The space that is to answer once it is whole; None where the one that answers is the one that is wanted."""

    @property
    def stages(self) -> list[Stage]:
        """In the order of a file's way; the spaces' last two once for each space."""
        of_spaces = (stage for space in self.spaces for stage in space.stages)
        return [self.scanning, self.reading, *of_spaces, self.purging, self.languages]

    @property
    def spaces(self) -> list[SpaceStages]:
        building = self.building  # looked at once and first: it may begin to answer at any moment
        serving = self.serving
        return [serving] if building is None or building is serving else [serving, building]

    @property
    def space_id(self) -> int:
        """Of the space that answers."""
        return self.serving.id

    @property
    def embedding(self) -> EmbeddingStage:
        return self.serving.embedding

    @property
    def feeding(self) -> FeedingStage:
        return self.serving.feeding

    def start(self) -> None:
        self._start(self.stages)

    def build_beside(self, parts: SpaceParts) -> None:
        """Begin to work on a second space beside the one that answers. The pipeline is running."""
        self.building = SpaceStages(self.catalog, parts, self.activity, self.focus)
        if self.purging.was_pending:  # it may have gone through the spaces before this one was among them
            self.building.forget()
        with self._pausing:
            self._apply_pauses()
        self._start(self.building.stages)

    def switch(self) -> SpaceStages:
        """Let the space that was built answer from now on. Returns the one that did, ended."""
        assert self.building is not None
        former, self.serving, self.building = self.serving, self.building, None
        _end(former.stages)
        return former

    def drop_building(self) -> None:
        """Build no longer beside the one that answers."""
        if self.building is not None:
            dropped, self.building = self.building, None
            _end(dropped.stages)

    def _start(self, stages: list[Stage]) -> None:
        for stage in stages:
            stage.in_hand = self._in_hand
            stage.guard = self.catalog.guarded
            stage.start()

    def stop(self) -> None:
        """Let every stage end after the piece in hand. What is committed stays, the rest is found again."""
        _end(self.stages)

    def pause(self, cause: Cause, because: str | None) -> None:
        """Rest for a cause with a reason for people to read, or no longer for it where None.

        Scanning goes on, so that names stay findable, unless the disk is nearly full.
        """
        with self._pausing:
            self.pauses.put(cause, because)
            self._apply_pauses()

    def _apply_pauses(self) -> None:
        for stage in self.stages:
            is_for_names = isinstance(stage, ScanningStage | FeedingStage)
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

    def look_at_all(self, changes: Iterable[FolderChange]) -> None:
        """Have folders compared with the catalog in one pass: a move between two of them is seen as one."""
        self.scanning.look_at_all(changes)

    def forget(self, folder_id: int, first: Callable[[], None] = lambda: None) -> int:
        """Forget a root: nothing of it can be found from now on. Returns how many files it held.

        Every byte that only it held goes too, as a rule before this returns: see `purging.is_pending`.

        Args:
            first: done before, with the mark set that has it finished after a kill.
        """
        with self.purging.asked():
            first()
            count = folders.count_files(self.catalog.reader(), folder_id)
            self.catalog.write(lambda connection: folders.detach(connection, folder_id))
        self.purging.wait(_ERASED_WITHIN_S)
        return count

    def read_again(self, folder_id: int | None, code: str | None = None) -> int:
        """Try failed files again, all or those below a folder, or those that failed with a code. Returns how many."""
        count = self.catalog.write(lambda connection: files.read_again(connection, folder_id, code))
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
        if self.scanning.is_busy or self.reading.is_busy or self.purging.is_pending or self.languages.is_pending:
            return False
        if files.waiting(self.catalog.reader(), 1):
            return False
        return all(space.is_quiet for space in self.spaces)

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
        for space in self.spaces:
            space.embedding.wake()

    def _forget_vectors(self) -> None:
        self._forget_derived()
        for space in self.spaces:
            space.forget()

    def _hide(self, dead: list[int]) -> None:
        if dead:
            for space in self.spaces:
                space.hide(_as_seqs(dead))


def _end(stages: list[Stage]) -> None:
    for stage in stages:
        stage.ask_to_stop()
    for stage in stages:
        stage.join()


def _as_seqs(seqs: list[int]) -> Int64Array:
    return np.array(sorted(seqs), np.int64)
