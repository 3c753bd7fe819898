"""Cosines are counted against passages in the query's own writing."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import apsw
import numpy as np
import pytest

from finder.embed.deterministic import HashEmbedder
from finder.search.background import Background, Backgrounds, writing_of
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
