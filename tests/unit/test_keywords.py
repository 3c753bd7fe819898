"""The keyword index: what goes in is found again, in any writing, and nothing typed is syntax."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finder.store import bm25, keywords, postings, schema
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
    terms = bm25.weighed(connection, "words", keywords.query_terms(clean(query)))
    return [hit.id for hit in bm25.ranked(connection, "words", terms, limit).hits]


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
        ("我的iPhone手机壳坏了", "手机"),
        ("我的iPhone手机壳坏了", "iphone手机"),
        ("２０２３年度決算報告書", "2023年度"),
        ("ﾊﾝﾄﾞﾊﾞｯｸﾞを買う", "ハンドバッグ"),
        ("ハンドバッグを買う", "ﾊﾞｯｸﾞ"),
        ("ジョン・スミスの手紙", "ジョン・スミス"),
        ("臺灣的圖書館", "圖書"),
        ("時々雨が降る", "時々"),
        ("제주도의 ÉTÉ 축제", "été 축제"),
        ("C语言程序设计", "c语言"),
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


def test_traditional_characters_stay_what_they_are(connection: apsw.Connection) -> None:
    add(connection, ["圖書館在這裡", "图书馆在这里"])
    assert found(connection, "圖書館") == [1]
    assert found(connection, "图书馆") == [2]


def test_the_dot_within_a_japanese_name_is_no_word() -> None:
    assert keywords.query_terms("ジョン・スミス") == [(pair, False) for pair in ("ジョ", "ョン", "スミ", "ミス")]


@pytest.mark.parametrize(
    ("typed", "last"),
    [
        ("deposit landl", ("landl", True)),
        ("deposit landl ", ("landl", False)),
        ("deposit lan", ("lan", False)),
        ("landlord the", ("landlord", False)),
        ("see error-4711", ("4711", True)),
        ("", None),
    ],
)
def test_the_last_word_is_a_beginning_while_it_is_typed(typed: str, last: tuple[str, bool] | None) -> None:
    terms = keywords.with_open_end(keywords.query_terms(typed), typed)
    assert (terms[-1] if terms else None) == last


def test_stop_words_search_only_where_nothing_else_was_typed() -> None:
    assert keywords.query_terms("how do I keep the secrets") == [("keep", False), ("secrets", False)]
    assert keywords.query_terms("to be or not to be") == [("to", False), ("be", False), ("or", False), ("not", False)]
    assert keywords.query_terms("l'avion isn't here") == [("l avion", False), ("avion", False)]


def test_the_host_and_the_names_of_an_address_are_terms_too() -> None:
    terms = {term for term, _ in keywords.query_terms("https://registry.internal.example/v2/user_names?id=7")}
    assert {"registry internal example", "user names", "registry", "v2", "7"} <= terms


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
    assert postings.row_count(connection, "words") == 0


def test_a_name_that_is_not_utf8_is_indexed(connection: apsw.Connection) -> None:
    assert "report" in keywords.name_text(b"report-\xff\xfe.txt")


def test_a_very_long_word_costs_no_more_than_its_length() -> None:
    begun_s = time.process_time()
    assert keywords.index_text("x" * 300_000) == "x" * 300_000
    assert time.process_time() - begun_s < 5  # seconds; an hour where each character looks at all the others
