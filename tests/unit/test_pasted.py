"""What was pasted is a text to find, and nothing in it limits the search."""

from __future__ import annotations

import pytest

from finder.search.pasted import NOTE, TYPED_CHARS
from finder.search.query import Query, SearchRequest, understand

PROSE = 'He said "not before Monday" and left. The -5 degrees of the night were in:credible, and type: was worn. ' * 4


def understood(text: str) -> Query:
    return understand(SearchRequest(text))


@pytest.mark.parametrize(
    "text",
    [
        PROSE,
        'if (size:big) {\n  print("a lease") -x;\n}',
        '<p class="a b">The <b>lease</b> ends -soon</p>',
    ],
)
def test_quotes_dashes_and_fields_of_a_pasted_text_are_text(text: str) -> None:
    query = understood(text)
    assert (query.phrases, query.excluded, query.filters) == ([], [], [])
    assert [part.kind for part in query.parts] == ["words"]


def test_it_is_said_where_something_in_it_looks_like_an_operator() -> None:
    assert understood(PROSE).notes == [NOTE]
    assert understood("a few words\nin two lines").notes == []


def test_filters_before_a_pasted_text_stay_filters() -> None:
    query = understood(f"ext:md {PROSE}")
    assert [one.field for one in query.filters] == ["ext"]
    assert query.phrases == []


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>The lease&nbsp;ends on <em>1&nbsp;May</em></p>", "The lease ends on 1 May"),
        ("<style>p { color: red }</style><p>lease</p><script>alert('x')</script>", "lease"),
        ("<a href='/x'>open</a> <!-- hidden --> door <br/>", "open door"),
        ("<p>The in&shy;voice of&#8203; May</p>", "The invoice of May"),
        (f"<p>lease &#{'9' * 5_000}; ends</p>", "lease \ufffd ends"),
        ("vector<int> values", "vector<int> values"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("</p>", "</p>"),
    ],
)
def test_tags_are_no_words(markup: str, text: str) -> None:
    assert understood(markup).text.split() == text.split()


@pytest.mark.parametrize("query", ['"not before Monday" -x', "in:thesis " + "word " * 200, "-a " * 200])
def test_what_was_typed_keeps_its_operators(query: str) -> None:
    found = understood(query)
    assert found.phrases or found.excluded or found.filters


@pytest.mark.parametrize("text", ["<" * 5_000, "<a " * 5_000, "<script>" * 2_000 + "</x>", "<!--" * 4_000 + "</x>"])
def test_hostile_markup_is_understood_at_once(text: str) -> None:
    """Quadratic time would take minutes."""
    assert len(text) > TYPED_CHARS
    assert understood(text).text
