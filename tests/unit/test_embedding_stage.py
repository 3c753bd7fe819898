"""The embedding stage keeps going around texts that a model cannot take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


@pytest.mark.parametrize(
    "error",
    [
        lambda: UnsoundVectorError("unsound"),
        lambda: WorkerDiedError("crashed", "it crashed"),
        lambda: WorkerDiedError("too_much_memory", "it grew"),
    ],
)
def test_one_bad_text_costs_the_others_nothing(tmp_path: Path, error: Callable[[], FinderError]) -> None:
    catalog = Catalog(tmp_path / "catalog.db")
    try:
        texts = [f"passage number {number}" for number in range(40)]
        texts[23] = BAD
        passages = tuple(Passage(0, len(text), text) for text in texts)
        extraction = Extraction("document", None, None, False, False, 1, {}, (), passages)
        catalog.write(lambda connection: contents.add(connection, b"h", "text@1", extraction))
        embedder = FragileEmbedder(error)
        space = catalog.write(lambda connection: spaces.activate(connection, embedder.space))
        stage = EmbeddingStage(catalog, embedder, space, Activity(), focus=lambda: None, on_embedded=lambda: None)
        run(stage)
        assert spaces.count_vectors(catalog.reader(), space) == 39
        assert stage.refused_count == 1
    finally:
        catalog.close()
