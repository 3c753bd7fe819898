"""The keyword index: what goes in is found again, in any writing, and nothing typed is syntax."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finder.store import keywords, schema
from finder.text import clean


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[apsw.Connection]:
    opened = schema.open_writer(tmp_path / "catalog.db")
    yield opened
    opened.close()


def add(connection: apsw.Connection, texts: list[str]) -> None:
    with connection:
        for row, text in enumerate(texts, 1):
            indexed = keywords.index_text(text)
            connection.execute("INSERT INTO words(rowid, heading, body) VALUES(?, '', ?)", (row, indexed))


def found(connection: apsw.Connection, query: str, limit: int = 10) -> list[int]:
    terms = keywords.weighed(connection, "words", keywords.query_terms(clean(query)))
    return [hit.id for hit in keywords.ranked(connection, "words", terms, limit)]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("The landlord returned the deposits", "deposit"),
        ("租客搬走之后，房东应当退还押金。", "押金"),
        ("租客搬走之后，房东应当退还押金。", "金"),
        ("東大寺の大仏は奈良にある", "大仏"),
        ("대한민국의 수도는 서울이다", "서울"),
        ("กรุงเทพมหานครเป็นเมืองหลวง", "เมือง"),
        ("हिन्दी में खोज करना", "खोज"),
        ("Страна Йемен и ёлка", "ЕЛКА"),
        ("مُحَمَّد رسول", "محمد"),
        ("Café au lait à Orléans", "cafe orleans"),
        ("Die Straße ist gesperrt", "STRASSE"),
        ("ｆｕｌｌｗｉｄｔｈ ﬁle", "fullwidth file"),
        ("def getUserName(self):", "user name"),
        ("def getUserName(self):", "getUserName"),
        ("set max_retry_count to 3", "max_retry_count"),
        ("failed with ERR-4711 at start", "err-4711"),
        ("import os.path as p", "os.path"),
        ("the king’s horses", "king's"),
    ],
)
def test_words_are_found_in_any_writing(connection: apsw.Connection, text: str, query: str) -> None:
    add(connection, ["something else entirely", text, "另外一件事情", "まったく別のこと"])
    assert found(connection, query) == [2]


def test_indic_vowel_signs_and_voiced_kana_make_another_word(connection: apsw.Connection) -> None:
    add(connection, ["かき", "がき", "कि", "का"])
    assert found(connection, "がき") == [2]
    assert found(connection, "का") == [4]


def test_what_is_written_together_outranks_its_parts(connection: apsw.Connection) -> None:
    add(connection, ["error in module 404 of path", "see error-404", "path of os", "use os.path here", "other"])
    assert found(connection, "error-404")[0] == 2
    assert found(connection, "os.path")[0] == 4


def test_stop_words_search_only_where_nothing_else_was_typed() -> None:
    assert keywords.query_terms("how do I keep the secrets") == [("keep", False), ("secrets", False)]
    assert keywords.query_terms("to be or not to be") == [("to", False), ("be", False), ("or", False), ("not", False)]
    assert keywords.query_terms("l'avion isn't here") == [("l avion", False), ("avion", False)]


@settings(max_examples=150, deadline=None)
@given(typed=st.text(max_size=40))
def test_nothing_typed_is_syntax(typed: str) -> None:
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE VIRTUAL TABLE words USING fts5(heading, body, content='')")
    add(connection, ["a plain text"])
    found(connection, typed)
    found(connection, f'{typed}" OR NEAR(a b, 2) AND heading : * ^ -{typed}')
    connection.close()


def test_a_deletion_with_the_same_text_leaves_nothing(connection: apsw.Connection) -> None:
    text = "getUserName 押金 Straße naïve"
    add(connection, [text])
    indexed = keywords.index_text(text)
    with connection:
        connection.execute("INSERT INTO words(words, rowid, heading, body) VALUES('delete', 1, '', ?)", (indexed,))
    assert found(connection, text) == []
    assert keywords._row_count(connection, "words") == 0


@pytest.mark.parametrize("rows", [0, 1, 127, 128, 20_000])
def test_the_row_count_is_the_true_one(connection: apsw.Connection, rows: int) -> None:
    add(connection, ["same words"] * rows)
    assert keywords._row_count(connection, "words") == rows


def test_common_terms_rank_what_rare_ones_found(connection: apsw.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    add(connection, ["common"] * 60 + ["rare alone", "rare common", "common alone"])
    exact = found(connection, "rare common")
    monkeypatch.setattr(keywords, "COMMON_ROWS", 20)
    assert found(connection, "rare common")[:2] == exact[:2] == [62, 61]
    assert len(found(connection, "common", limit=100)) == 62


def test_coverage_is_the_share_of_telling_words(connection: apsw.Connection) -> None:
    add(connection, ["alpha beta", "alpha", "gamma"] + ["filler"] * 20)
    terms = keywords.weighed(connection, "words", keywords.query_terms("alpha beta"))
    coverage = keywords.coverage(connection, "words", terms, [1, 2, 3])
    assert coverage[1] == pytest.approx(1.0)
    assert 0.2 < coverage[2] < 0.8
    assert coverage[3] == 0.0


def test_only_allowed_rows_are_found_however_deep_they_lie(connection: apsw.Connection) -> None:
    add(connection, ["word word word"] * 300 + ["a single word among many others that only dilute it"])
    terms = keywords.weighed(connection, "words", keywords.query_terms("word"))
    hits = keywords.ranked(connection, "words", terms, 5, is_allowed=lambda row: row == 301)
    assert [hit.id for hit in hits] == [301]


def test_a_name_that_is_not_utf8_is_indexed(connection: apsw.Connection) -> None:
    assert "report" in keywords.name_text(b"report-\xff\xfe.txt")


def test_a_word_that_stands_nearly_everywhere_tells_nothing_however_large_the_index(
    connection: apsw.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keywords, "COMMON_ROWS", 20)
    add(connection, ["common half" if row % 2 else "common" for row in range(400)] + ["rare"] * 5)
    terms = {term.text: term for term in keywords.weighed(connection, "words", [("common", False), ("half", False)])}
    assert terms["common"].idf == 0.0
    assert terms["half"].rows == pytest.approx(200, rel=0.1)
    assert [term.text for term in keywords.weighed(connection, "words", [("common", False), ("half", False)])] == [
        "half",
        "common",
    ]


def test_a_very_long_word_costs_no_more_than_its_length() -> None:
    begun_s = time.process_time()
    assert keywords.index_text("x" * 300_000) == "x" * 300_000
    assert time.process_time() - begun_s < 5  # seconds; an hour where each character looks at all the others
