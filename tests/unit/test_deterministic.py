"""The deterministic encoder: the same bits everywhere, norm 1, and near where words are shared."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finder.embed.deterministic import HashEmbedder
from finder.vectors import Embedder

EMBEDDER: Embedder = HashEmbedder()


def cosine(left: str, right: str) -> float:
    return float(EMBEDDER.embed_query(left) @ EMBEDDER.embed_query(right))


def test_shape_and_space() -> None:
    vectors = EMBEDDER.embed_passages(["one", "two", "three"])
    assert vectors.shape == (3, EMBEDDER.space.dimension)
    assert vectors.dtype == np.float32
    assert EMBEDDER.embed_passages([]).shape == (0, 384)
    assert HashEmbedder(64).space.key != EMBEDDER.space.key


@given(st.lists(st.text(st.characters(), max_size=60), min_size=1, max_size=8), st.sampled_from([1, 2, 7, 8, 384]))
def test_every_text_whatever_it_holds_has_a_vector_of_norm_one(texts: list[str], dimension: int) -> None:
    norms = np.linalg.norm(HashEmbedder(dimension).embed_passages(texts), axis=1)
    assert np.abs(norms - 1).max() < 1e-5


@pytest.mark.parametrize(
    ("query", "near", "far"),
    [
        ("rent invoice march", "The invoice for the rent of March is attached.", "Recipe for a chocolate cake"),
        ("Invoices", "our last invoice", "our last holiday"),
        ("CAFÉ", "the café in the harbour", "the museum in the harbour"),
        ("租金发票", "三月份的租金发票已附上", "巧克力蛋糕的做法"),
        ("請求書", "三月の請求書を送ります", "チョコレートケーキの作り方"),
    ],
)
def test_shared_words_are_nearer_than_other_words(query: str, near: str, far: str) -> None:
    assert cosine(query, near) > cosine(query, far) + 0.2


def test_unrelated_texts_are_nearly_orthogonal() -> None:
    assert abs(cosine("quarterly budget spreadsheet", "elephants roam savannah")) < 0.2


def test_texts_without_words_are_told_apart() -> None:
    assert cosine("", "!!!") < 0.5
    assert cosine("!!!", "!!!") == pytest.approx(1)


def test_a_query_has_the_vector_of_the_equal_passage() -> None:
    (passage,) = EMBEDDER.embed_passages(["annual report"])
    assert np.array_equal(passage, EMBEDDER.embed_query("annual report", "any instruction"))


def test_the_same_bits_in_every_process_and_on_every_platform() -> None:
    code = (
        "import sys; from finder.embed.deterministic import HashEmbedder;"
        "sys.stdout.buffer.write(HashEmbedder().embed_query('rent \\u79df\\u91d1 invoices').astype('<f4').tobytes())"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    here = EMBEDDER.embed_query("rent 租金 invoices").astype("<f4").tobytes()
    assert there == here
    assert hashlib.sha256(here).hexdigest() == "f6ae8a907142f8496148531936696c83333fc981a858866cf0f072492900318f"
