"""Cosines are counted against passages in the query's own writing."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import apsw
import numpy as np
import pytest

from finder.embed.deterministic import HashEmbedder
from finder.embed.models import ALL_MINILM_L6_V2
from finder.search.background import Background, Backgrounds, Prior, writing_of
from finder.store import spaces
from finder.store.catalog import Catalog


@pytest.mark.parametrize(
    ("text", "writing"),
    [
        ("a lease", "LATIN"),
        ("租房合同 PDF", "CJK"),
        ("東大寺の大仏", "KANA"),
        ("Договор", "CYRILLIC"),
        ("대한민국", "HANGUL"),
        ("123 !?", ""),
        ("", ""),
    ],
)
def test_the_writing_of_a_text(text: str, writing: str) -> None:
    assert writing_of(text) == writing


def test_a_writing_whose_texts_are_all_near_each_other_is_its_own_background() -> None:
    """In a mixed index every Chinese text is near a Chinese query: that must not count as agreement."""
    random = np.random.default_rng(1)
    query = np.eye(8, dtype=np.float32)[0]
    english = random.normal(0, 0.1, (100, 8)).astype(np.float32)
    chinese = english.copy()
    chinese[:, 0] += 0.5
    background = Background(np.concatenate([english, chinese]), ["plain words"] * 100 + ["中文内容"] * 100)
    assert background.mean_and_spread(query, "租房合同")[0] == pytest.approx(0.5, abs=0.05)
    assert background.mean_and_spread(query, "a lease")[0] == pytest.approx(0.0, abs=0.05)


def test_a_writing_with_too_few_samples_takes_them_all() -> None:
    vectors = np.eye(32, dtype=np.float32)
    background = Background(vectors, ["latin words"] * 31 + ["中文"])
    assert background.mean_and_spread(vectors[0], "中文")[0] == pytest.approx(1 / 32)


def test_an_empty_index_has_a_background() -> None:
    mean, spread = Background(np.empty((0, 0), np.float32), []).mean_and_spread(np.ones(4, np.float32), "words")
    assert mean == 0.0
    assert spread > 0


def test_the_sample_is_even_whatever_gaps_the_sequence_numbers_have(tmp_path: Path) -> None:
    embedder = HashEmbedder(64)
    catalog = Catalog(tmp_path / "catalog.db")
    try:
        space_id = catalog.write(lambda connection: spaces.activate(connection, embedder.space))
        for session in range(2):  # each start of a service lets the numbers go on far beyond the last ones
            catalog.write(spaces.begin_numbers)
            texts = [f"note {session} {number}" for number in range(40)]
            ids = catalog.write(partial(add_texts, texts=texts))
            vectors = embedder.embed_passages(texts)
            catalog.write(partial(spaces.add_vectors, space_id=space_id, text_ids=ids, vectors=vectors))
        assert len(Backgrounds().of(catalog.reader(), space_id)) == 80
    finally:
        catalog.close()


def add_texts(connection: apsw.Connection, texts: list[str]) -> list[int]:
    for text in texts:
        connection.execute("INSERT INTO texts(hash, heading, body) VALUES(?, '', ?)", (text.encode(), text))
    return [connection.last_insert_rowid() - len(texts) + 1 + number for number in range(len(texts))]


def test_a_query_that_has_to_do_with_nothing_is_not_counted_in_its_own_small_spread() -> None:
    """Its cosines with everything are alike, so that the best of them would lie many of its own spreads above."""
    random = np.random.default_rng(2)
    passages = random.normal(0, 1, (200, 16)).astype(np.float32)
    passages[:, 15] = 0
    passages /= np.linalg.norm(passages, axis=1, keepdims=True)
    stranger = np.eye(16, dtype=np.float32)[15]
    asked = Background(passages, ["plain words"] * 200).mean_and_spread(passages[0], "a lease")[1]
    assert Background(passages, ["plain words"] * 200).mean_and_spread(stranger, "a lease")[1] == pytest.approx(
        asked, rel=0.3
    )


def test_a_small_index_is_counted_with_what_is_known_of_its_model() -> None:
    """Of three passages the one that answers would else be most of its own background."""
    vectors = np.eye(3, 8, dtype=np.float32)
    near = Background(vectors, ["plain words"] * 3, Prior(0.0, 0.1)).mean_and_spread(vectors[0], "a lease")[0]
    unknown = Background(vectors, ["plain words"] * 3).mean_and_spread(vectors[0], "a lease")[0]
    assert near < 0.5 * unknown
    assert Background(np.empty((0, 8), np.float32), [], Prior(0.7, 0.03)).mean_and_spread(vectors[0], "a lease") == (
        0.7,
        0.03,
    )


@pytest.mark.parametrize(("query", "is_known"), [("a lease", True), ("红烧肉怎么做", False), ("404", True), ("", True)])
def test_a_model_knows_the_writings_it_was_trained_with(query: str, is_known: bool) -> None:
    assert Prior(writings=ALL_MINILM_L6_V2.writings).knows(query) == is_known
    assert Prior().knows(query)
