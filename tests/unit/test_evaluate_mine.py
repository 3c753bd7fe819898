"""Queries made of one's own files: some words of one sentence in another order, and the same with the same seed."""

from __future__ import annotations

import random
from typing import Any, cast

import pytest

from finder.evaluate import ALL_MODES
from finder.evaluate_mine import evaluate_mine, query_from
from finder.service.client import Client

LEASE = (
    "Short one. The landlord returns the deposit within fourteen working days after the tenant has handed over "
    "every key of the flat."
)


@pytest.mark.parametrize("seed", range(20))
def test_a_query_is_some_words_of_a_sentence_in_another_order(seed: int) -> None:
    query = query_from(LEASE, random.Random(seed))
    assert query is not None
    words = query.split()
    assert 3 <= len(words) <= 8
    assert set(words) <= set(LEASE.replace(".", "").split())
    assert query not in LEASE
    assert query == query_from(LEASE, random.Random(seed))


def test_a_query_is_made_of_writing_without_spaces_too() -> None:
    text = "租客搬走之后房东应当在十四天之内退还全部押金。"
    query = query_from(text, random.Random(1))
    assert query is not None
    assert all(piece in text for piece in query.split())


def test_nothing_in_a_query_is_an_operator() -> None:
    text = 'See "exact phrase" in:folder, ext:pdf -without and size:>1mb, before:2024-03 or after, as ever so often.'
    for seed in range(20):
        query = query_from(text, random.Random(seed))
        assert query is not None
        assert not set(query) & set(':-"<>')


@pytest.mark.parametrize("text", ["", "Too short.", "of the and for with in on at by", "12 34 56 78 90 12 34"])
def test_what_nobody_could_ask_for_makes_no_query(text: str) -> None:
    assert query_from(text, random.Random(0)) is None


class Service:
    """Answers as a client of the service does: with one passage, and with what it says of itself."""

    def call(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        if method == "sample":
            return {"passages": [{"path": "/docs/lease.txt", "text": LEASE}]}
        result = {"path": "/docs/other.txt", "copies": ["/docs/lease.txt"]}
        coverage = {"indexed": 7, "pending": 2}
        return {"results": [result], "coverage": coverage, "notes": ["The model is not ready."]}


def test_what_was_not_whole_when_it_was_measured_is_told_with_the_figures() -> None:
    found = evaluate_mine(cast(Client, Service()), 1)
    assert (found.queries, found.files, found.pending, found.notes) == (1, 7, 2, ["The model is not ready."])
    assert {mode: figures.recall_10 for mode, figures in found.figures.items()} == dict.fromkeys(ALL_MODES, 1.0)
