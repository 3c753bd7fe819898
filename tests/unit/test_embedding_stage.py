"""The embedding stage keeps going around texts that a model cannot take."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from finder.embed.deterministic import HashEmbedder
from finder.errors import FinderError, UnsoundVectorError, WorkerDiedError
from finder.index.activity import Activity
from finder.index.embedding import EmbeddingStage
from finder.store import contents, spaces
from finder.store.catalog import Catalog
from finder.types import Extraction, Passage
from finder.vectors import Float32Array
from tests.integration.pipelines import wait_until

BAD = "the text that no model takes"


class FragileEmbedder(HashEmbedder):
    """Ends in an error wherever the bad text is among those given."""

    def __init__(self, error: Callable[[], FinderError]) -> None:
        super().__init__()
        self._error = error

    def embed_passages(self, texts: Sequence[str]) -> Float32Array:
        if BAD in texts:
            raise self._error()
        return super().embed_passages(texts)


def run(stage: EmbeddingStage, rounds: int = 200) -> None:
    """Work until there is nothing to do, going on after each error as the stage's thread does."""
    for _ in range(rounds):
        try:
            if not stage.work():
                return
        except FinderError:
            continue
    pytest.fail("it never comes to an end")


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog(tmp_path / "catalog.db")
    yield opened
    opened.close()


Staged = Callable[[HashEmbedder, Sequence[str]], EmbeddingStage]


@pytest.fixture
def staged(catalog: Catalog) -> Iterator[Staged]:
    """The stage of a catalog in which texts wait."""
    made: list[EmbeddingStage] = []

    def stage(embedder: HashEmbedder, texts: Sequence[str]) -> EmbeddingStage:
        passages = tuple(Passage(0, len(text), text) for text in texts)
        extraction = Extraction("document", None, None, False, False, 1, {}, (), passages)
        catalog.write(lambda connection: contents.add(connection, b"h", "text@1", extraction))
        space = catalog.write(lambda connection: spaces.activate(connection, embedder.space))
        made.append(EmbeddingStage(catalog, embedder, space, Activity(), focus=lambda: None, on_embedded=lambda: None))
        return made[-1]

    yield stage
    for each in made:
        each.leave()


def vectors_in_order(catalog: Catalog) -> list[int]:
    return [row[0] for row in catalog.reader().execute("SELECT text_id FROM vectors ORDER BY seq")]


def numbered(count: int) -> list[str]:
    return [f"passage number {number}" for number in range(count)]


@pytest.mark.parametrize(
    "error",
    [
        lambda: UnsoundVectorError("unsound"),
        lambda: WorkerDiedError("crashed", "it crashed"),
        lambda: WorkerDiedError("too_much_memory", "it grew"),
    ],
)
@pytest.mark.parametrize(("count", "bad"), [(40, 23), (700, 100), (700, 300)])
def test_one_bad_text_costs_the_others_nothing(
    catalog: Catalog, staged: Staged, error: Callable[[], FinderError], count: int, bad: int
) -> None:
    texts = numbered(count)
    texts[bad] = BAD
    stage = staged(FragileEmbedder(error), texts)
    run(stage)
    assert len(vectors_in_order(catalog)) == count - 1
    assert stage.refused_count == 1


class MortalEmbedder(HashEmbedder):
    """A process that ends with all that it was given, where the bad text is computed."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()
        self._under_way = 0
        self._lives = 0

    def embed_passages(self, texts: Sequence[str]) -> Float32Array:
        with self._changed:
            self._under_way += 1
            life = self._lives
            if BAD in texts:  # dies when it has been given what else there is, if anything
                self._changed.wait_for(lambda: self._under_way > 1, timeout=0.05)
                self._lives += 1
            else:
                self._changed.wait_for(lambda: self._under_way > 1 or self._lives > life, timeout=0.05)
            self._changed.notify_all()
            self._under_way -= 1
            if self._lives > life:
                raise WorkerDiedError("crashed", "it crashed")
        return super().embed_passages(texts)


def test_what_is_beside_a_text_that_ends_the_worker_is_not_blamed(
    catalog: Catalog, staged: Staged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finder.index.embedding._TEXTS_PER_BATCH", 1)
    texts = numbered(3)
    texts[1] = BAD
    stage = staged(MortalEmbedder(), texts)
    run(stage)
    assert vectors_in_order(catalog) == [1, 3]
    assert stage.refused_count == 1


class PacedEmbedder(HashEmbedder):
    """Answers one request only when the next has been answered, where there is one: the last is the first to end."""

    def __init__(self, requests: int) -> None:
        super().__init__()
        self.most_at_once = 0
        self.asked = 0
        self._requests = requests
        self._answered = 0
        self._changed = threading.Condition()

    def embed_passages(self, texts: Sequence[str]) -> Float32Array:
        with self._changed:
            self.asked += 1
            number = self.asked
            self.most_at_once = max(self.most_at_once, number - self._answered)
            self._changed.notify_all()
            is_followed = number % 2 == 1 and number < self._requests
            if is_followed and not self._changed.wait_for(lambda: self._answered > number - 1, timeout=20):
                raise WorkerDiedError("died", "the next request never came")
            self._answered += 1
            self._changed.notify_all()
        return super().embed_passages(texts)


def test_while_one_batch_is_computed_the_next_waits_there_and_commits_keep_their_order(
    catalog: Catalog, staged: Staged
) -> None:
    embedder = PacedEmbedder(requests=4)
    stage = staged(embedder, numbered(4 * 256))
    run(stage)
    assert vectors_in_order(catalog) == list(range(1, 4 * 256 + 1))
    assert (embedder.asked, embedder.most_at_once) == (4, 2)


def test_who_pauses_gets_what_is_under_way_committed_and_nothing_begun(catalog: Catalog, staged: Staged) -> None:
    embedder = PacedEmbedder(requests=2)
    stage = staged(embedder, numbered(4 * 256))
    stage.pause(True)
    assert stage.work()  # as if the pause came while it was at it
    assert embedder.asked == 2
    assert len(vectors_in_order(catalog)) == 2 * 256
    run(stage)
    assert len(vectors_in_order(catalog)) == 4 * 256


def test_a_stage_that_ends_leaves_no_thread_behind(catalog: Catalog, staged: Staged) -> None:
    stage = staged(HashEmbedder(), numbered(300))
    stage.start()
    wait_until(lambda: len(vectors_in_order(catalog)) == 300)
    stage.ask_to_stop()
    stage.join()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("embedding")]
