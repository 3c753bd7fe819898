"""Which words of a text are marked as equal to a query's: those that the keyword index takes for equal, no others."""

from __future__ import annotations

from collections.abc import Iterator

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finder.search.found import FoundPassage
from finder.search.reason import reason_of
from finder.search.words import EqualWords, named_words
from finder.store import keywords, schema
from finder.types import Reason


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apsw.Connection]:
    """A catalog, for its index of words."""
    opened = schema.open_writer(tmp_path_factory.mktemp("words") / "catalog.db")
    yield opened
    opened.close()


def marked(query: str, text: str) -> list[str]:
    return [text[start:end] for start, end in EqualWords(keywords.query_terms(query)).spans(text)]


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("secrets", "A secret and SECRETS", ["secret", "SECRETS"]),
        ("moving", "when you moved out, moves", ["moved", "moves"]),
        ("the of", "nothing of the kind", ["of", "the"]),
        ("the cat", "the cat, a category", ["cat"]),
        ("index", "indexing find_index", ["indexing", "index"]),
        ("café", "a CAFÉ there, cafe\u0301s", ["CAFÉ", "cafe\u0301s"]),
        ("strasse", "in der Straße", ["Straße"]),
        ("user", "getUserName, HTTPUser", ["User"]),
        ("getUserName", "call getUserName()", ["getUserName"]),
        ("error-404", "an error: 404!", ["error", "404"]),
        ("tenant's", "The tenant’s keys", ["tenant"]),
        ("押金", "退还押金。", ["押金"]),
        ("退还押金", "退还押金。", ["退还押金"]),
        ("金", "租金和押金", ["金", "金"]),
        ("パン", "ﾊﾟﾝ屋", ["ﾊﾟﾝ"]),
        ("2023年", "在2023年春天", ["2023", "年"]),
        ("हिन्दी", "यह हिन्दी है", ["हिन्दी"]),
        ("ﬁnal", "the final ﬁnals", ["final", "ﬁnals"]),
    ],
)
def test_equal_words_are_marked_where_they_stand(query: str, text: str, expected: list[str]) -> None:
    assert marked(query, text) == expected


@pytest.mark.parametrize(
    "query", ["moving", "Überzug", "cafés", "押金", "getUserName", "running", "दी", "x1", "ays", "dies", "e"]
)
@pytest.mark.parametrize(
    "text",
    [
        "moved on",
        "UBERZUG",
        "le café",
        "押金退还",
        "user name",
        "ran",
        "runs",
        "हिन्दी",
        "axis X1.",
        "金押",
        "AYS",
        "dy ed e",
    ],
)
def test_what_is_marked_is_what_the_keyword_index_finds(writer: apsw.Connection, query: str, text: str) -> None:
    with writer:
        row = (keywords.index_text(text),)
        writer.execute("INSERT INTO words(rowid, heading, body) VALUES(1, '', ?)", row)
        match = " OR ".join(f'"{term}"' + "*" * is_prefix for term, is_prefix in keywords.query_terms(query))
        found = writer.execute("SELECT count(*) FROM words WHERE words MATCH ?", (match,)).get
        writer.execute("INSERT INTO words(words, rowid, heading, body) VALUES('delete', 1, '', ?)", row)
    assert bool(marked(query, text)) == bool(found)


def test_in_names_the_beginnings_of_words_count_too() -> None:
    name, terms = "Report-2023 über Überschüsse.txt", [("repor", True), ("uber", True), ("203", True)]
    assert [name[start:end] for start, end in EqualWords(terms).spans(name)] == ["Report", "über", "Überschüsse"]


@given(query=st.text(max_size=20), text=st.text(max_size=60))
def test_any_text_has_spans_in_order_within_it(query: str, text: str) -> None:
    spans = EqualWords(keywords.query_terms(query)).spans(text)
    ends = [0, *(at for span in spans for at in span), len(text)]
    assert ends == sorted(ends)
    assert all(start < end for start, end in spans)


def test_words_are_named_once_and_neighbours_together() -> None:
    text = "After moving out the deposit; Deposits of those who moved. Moving  out!"
    words = EqualWords(keywords.query_terms("deposit moving out"))
    assert named_words([(text, words.spans(text))]) == ["moving", "deposit"]
    phrase = [(6, 16), *words.spans(text)[1:]]
    assert named_words([(text, phrase)]) == ["moving out", "deposit"]


def test_no_part_of_a_named_chinese_phrase_is_named_again() -> None:
    text = "退还押金。押金，退还。"
    words = EqualWords(keywords.query_terms("退还押金"))
    assert named_words([(text, words.spans(text))]) == ["退还押金"]


def passage(text: str, query: str) -> FoundPassage:
    words = EqualWords(keywords.query_terms(query)).spans(text)
    return FoundPassage(
        text=text,
        start=0,
        end=len(text),
        page=None,
        line=None,
        heading=None,
        label=None,  # type: ignore[typeddict-item]
        words=words,
        answer=None,
    )


@pytest.mark.parametrize(
    ("why", "query", "line"),
    [
        (["name"], "report", "By name"),
        (["meaning"], "money back", "Found by meaning, not by equal words"),
        (["words", "meaning"], "landlord keys", "By meaning; words: landlord"),
        (["meaning"], "landlord keys", "By meaning; words: landlord"),
        (["words"], "deposit landlord", "By words: landlord, deposit"),
        (["name", "words"], "deposit", "By name; words: deposit"),
        (["name", "words", "meaning"], "deposit", "By name and meaning; words: deposit"),
        (["words"], "elsewhere", "By words"),
    ],
)
def test_why_a_file_was_found_is_a_plain_line(why: list[Reason], query: str, line: str) -> None:
    assert reason_of(why, [passage("The landlord returns the deposit.", query)]) == line


@pytest.mark.parametrize(
    ("why", "query", "line"),
    [
        (["name"], "kündigung strom", "By name; words: Kündigung, Strom"),
        (["name", "words"], "strom landlord", "By name; words: Strom, landlord"),
        (["words"], "strom landlord", "By words: landlord"),
        (["meaning"], "strom", "Found by meaning, not by equal words"),
    ],
)
def test_words_in_the_name_are_named_where_the_name_was_found(why: list[Reason], query: str, line: str) -> None:
    name = "Kündigung_Strom.pdf"
    spans = EqualWords(keywords.query_terms(query)).spans(name)
    assert reason_of(why, [passage("The landlord returns the deposit.", query)], name, spans) == line


@pytest.mark.parametrize("table", ["words", "names"])
def test_words_are_parted_as_the_tables_of_the_catalog_part_them(writer: apsw.Connection, table: str) -> None:
    *plain, categories = keywords.TOKENIZERS[table]
    made: str = writer.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).get
    assert f"tokenize=\"{' '.join(plain)} '{categories}'\"" in made
