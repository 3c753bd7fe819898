"""Who lets indexing rest, and who lets it go on, at one moment: the last word holds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from finder.embed.deterministic import HashEmbedder
from finder.files.rules import Rules
from finder.index.pauses import Cause, Pauses
from finder.index.pipeline import Pipeline
from finder.index.space import SpaceParts
from finder.service.connection import Reply
from finder.service.engine import Engine
from finder.service.requests.resting import Resting
from finder.store import spaces
from finder.store.catalog import Catalog
from finder.store.exact import ExactIndex
from finder.store.spaces import SpaceVectors
from finder.types import Extraction

WAIT_S = 60.0
OVERTAKEN_WITHIN_S = 0.3
"""Whoever is to be overtaken waits so long for it, where nothing can overtake it."""


class SlowReasons(Pauses):
    """Whoever asks for the reasons first is overtaken by others between the answer and what follows from it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.overtaken = threading.Event(), threading.Event()

    @property
    def because(self) -> str | None:
        answer = super().because
        if not self.asked.is_set():
            self.asked.set()
            self.overtaken.wait(OVERTAKEN_WITHIN_S)
        return answer


class NoExtractor:
    recognises_text = False

    def extract(self, descriptor: int, name: bytes, recognises: bool = False) -> Extraction:
        raise AssertionError("nothing is to be read")


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[Pipeline]:
    """Put together, and not started."""
    catalog, embedder = Catalog(tmp_path / "catalog.db"), HashEmbedder()
    space = embedder.space
    space_id = catalog.write(lambda connection: spaces.activate(connection, space))
    exact = ExactIndex(tmp_path / "exact.bin", space, SpaceVectors(catalog.reader, space_id, space.dimension))

    def no_store(directory: Path) -> Any:
        raise AssertionError("nothing is to be fed")

    parts = SpaceParts(space_id, embedder, exact, no_store, tmp_path)
    yield Pipeline(catalog, lambda: Rules(tmp_path, (), True, 1 << 20), NoExtractor(), parts, reading_threads=1)
    catalog.close()
    exact.close()


def test_a_cause_to_rest_that_comes_while_another_ends_lets_every_stage_rest(pipeline: Pipeline) -> None:
    pipeline.pause("user", "by you")
    reasons = pipeline.pauses = SlowReasons()
    ending = threading.Thread(target=pipeline.pause, args=("user", None))
    ending.start()
    assert reasons.asked.wait(WAIT_S)
    pipeline.pause("battery", "on battery")
    reasons.overtaken.set()
    ending.join(WAIT_S)
    assert pipeline.paused_because == "on battery"
    assert pipeline.reading.is_paused


class RestingEngine:
    """An engine as far as resting needs one; the end of a rest can be overtaken."""

    def __init__(self) -> None:
        self.pipeline = self.upkeep = self.deaths = self
        self.because: str | None = None
        self.is_ending, self.overtaken = threading.Event(), threading.Event()
        self.has_ended = threading.Event()

    def pause(self, cause: Cause, because: str | None) -> None:
        if because is None:
            self.is_ending.set()
            self.overtaken.wait(OVERTAKEN_WITHIN_S)
        self.because = because
        if because is None:
            self.has_ended.set()

    def remember_pause(self, is_paused: bool) -> None:
        """Nothing is kept."""


def test_a_rest_without_an_end_is_not_ended_by_one_that_is_just_over() -> None:
    engine = RestingEngine()
    pause: Callable[[Any, Reply], Any] = Resting(cast("Engine", engine)).methods["pause"]
    pause({"minutes": 0.0001}, cast("Reply", None))
    assert engine.is_ending.wait(WAIT_S)
    pause({"minutes": None}, cast("Reply", None))
    engine.overtaken.set()
    assert engine.has_ended.wait(WAIT_S)
    assert engine.because == "by you"
