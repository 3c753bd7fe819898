"""What is understood of a request."""

from __future__ import annotations

import pytest

from finder.errors import UsageFaultError
from finder.search.query import NOTES_ON_WORDS, SearchRequest, understand


@pytest.mark.parametrize("typed", ["", "   ", "\u200b\ufeff", "\n\t", "\x00\x07"])
def test_a_query_of_nothing_visible_is_refused(typed: str) -> None:
    with pytest.raises(UsageFaultError, match="Nothing to search for"):
        understand(SearchRequest(typed))


@pytest.mark.parametrize(
    "request_",
    [SearchRequest("a word", mode="fuzzy"), SearchRequest("a word", limit=0), SearchRequest("a word", limit=10**6)],  # type: ignore[arg-type]
)
def test_a_mode_or_limit_that_makes_no_sense_is_refused(request_: SearchRequest) -> None:
    with pytest.raises(UsageFaultError):
        understand(request_)


def test_invisible_characters_change_nothing() -> None:
    plain = understand(SearchRequest("lease deposit"))
    assert understand(SearchRequest("\ufefflea\u200bse\u00a0deposit\u200d")) == plain


@pytest.mark.parametrize(
    ("typed", "has_meaning"),
    [("ab", False), ("押", False), ("the of", False), ("tax", True), ("押金", True), ("how to bake", True)],
)
def test_a_query_too_short_to_mean_anything_is_known(typed: str, has_meaning: bool) -> None:
    assert understand(SearchRequest(typed)).has_meaning is has_meaning


@pytest.mark.parametrize(
    ("typed", "noted"),
    [
        ("rent NOT heating", ["NOT"]),
        ("租金 OR 押金", ["OR"]),
        ("rent not heating", []),
        ("DO NOT ENTER", []),
        ("NOT found", []),
        ("rent ext:pdf NOT", []),
        ("select rent\nwhere a OR b", []),
    ],
)
def test_operators_of_other_programs_are_words_with_a_note(typed: str, noted: list[str]) -> None:
    assert understand(SearchRequest(typed)).notes == [NOTES_ON_WORDS[word] for word in noted]


def test_a_pasted_page_is_cut_and_not_refused() -> None:
    query = understand(SearchRequest(" ".join(f"word{number}" for number in range(50_000))))
    assert len(query.text) <= 20_000
    assert len(query.terms) <= 64


def test_names_are_searched_by_the_beginnings_of_words() -> None:
    query = understand(SearchRequest("tax report-2023 v2"))
    assert ("report", True) in query.name_terms
    assert ("v2", False) in query.name_terms
    assert all(" " not in text for text, _ in query.name_terms)
