"""Ranking by words: the scores of BM25 where words are rare, and hardly more time where they are not."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import apsw
import numpy as np
import pytest

from finder.store import bm25, keywords, postings, schema
from finder.store.bm25 import Ranked
from finder.vectors import Int64Array


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[apsw.Connection]:
    opened = schema.open_writer(tmp_path / "catalog.db")
    yield opened
    opened.close()


def add(connection: apsw.Connection, texts: list[str]) -> None:
    with connection:
        for row, text in enumerate(texts, 1):
            connection.execute("INSERT INTO texts(hash, heading, body) VALUES(?, '', ?)", (row.to_bytes(8), text))
            indexed = keywords.index_text(text)
            connection.execute("INSERT INTO words(rowid, heading, body) VALUES(?, '', ?)", (row, indexed))


def ranked(connection: apsw.Connection, query: str, limit: int = 10) -> Ranked:
    terms = bm25.weighed(connection, "words", keywords.query_terms(query))
    return bm25.ranked(connection, "words", terms, limit)


def found(connection: apsw.Connection, query: str, limit: int = 10) -> list[int]:
    return [hit.id for hit in ranked(connection, query, limit).hits]


def some_texts(count: int) -> list[str]:
    """Of common and rare words, short and long."""
    rng = random.Random(1)
    words = [f"word{chr(97 + rank % 26)}{rank}" for rank in range(200)]
    shares = [1 / (rank + 1) for rank in range(200)]
    return [" ".join(rng.choices(words, shares, k=rng.randint(3, 60))) for _ in range(count)]


@pytest.mark.parametrize("counted_in_rows", [40_000, 3])
@pytest.mark.parametrize("query", ["wordb1", "wordf5 wordv99", "worda0 wordz77 wordh7 wordm12"])
def test_where_all_words_are_rare_enough_the_scores_are_those_of_fts5(
    connection: apsw.Connection, query: str, counted_in_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How often a commoner word stands in the best rows is counted in these."""
    monkeypatch.setattr(bm25, "_COUNTED_IN_ROWS", counted_in_rows)
    add(connection, some_texts(300))
    match = " OR ".join(query.split())
    rows = connection.execute(
        "SELECT rowid, -bm25(words) FROM words WHERE words MATCH ? ORDER BY rank, rowid LIMIT 20", (match,)
    ).fetchall()
    hits = ranked(connection, query, 20).hits
    assert [hit.id for hit in hits] == [row for row, _ in rows]
    assert [hit.score for hit in hits] == pytest.approx([score for _, score in rows], rel=1e-4)


@pytest.mark.parametrize("rows", [0, 1, 127, 128, 20_000])
def test_the_row_count_is_the_true_one(connection: apsw.Connection, rows: int) -> None:
    with connection:
        connection.executemany(
            "INSERT INTO words(rowid, heading, body) VALUES(?, '', 'same words')",
            ((row,) for row in range(1, rows + 1)),
        )
    assert postings.row_count(connection, "words") == rows


def test_common_terms_rank_what_rare_ones_found(connection: apsw.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    add(connection, ["common"] * 60 + ["rare alone", "rare common", "common alone"])
    exact = found(connection, "rare common")
    monkeypatch.setattr(postings, "COUNTED_ROWS", 20)
    monkeypatch.setattr(bm25, "ROW_BUDGET", 20)
    assert found(connection, "rare common", limit=2) == exact[:2] == [62, 61]
    assert len(found(connection, "common", limit=100)) == 62


def test_common_words_that_say_most_of_a_question_together_find_too(
    connection: apsw.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["one", "two", "three", "four"]
    texts = [f"{word} filler" for word in words for _ in range(60)] + ["rare filler"] * 10 + ["filler"] * 300
    add(connection, [*texts, "one two three four"])
    monkeypatch.setattr(bm25, "ROW_BUDGET", 20)
    assert found(connection, "rare one two three four", limit=5)[0] == len(texts) + 1
    monkeypatch.setattr(bm25, "MOST_ROWS", 20)  # a bound all the same
    assert len(texts) + 1 not in found(connection, "rare one two three four", limit=5)


def test_with_few_rows_read_the_best_are_still_those_of_all(
    connection: apsw.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(connection, some_texts(600))
    queries = [f"wordb1 word{chr(97 + rank % 26)}{rank}" for rank in range(60, 120)]
    whole = [ranked(connection, query, 3).hits for query in queries]
    monkeypatch.setattr(postings, "COUNTED_ROWS", 100)
    monkeypatch.setattr(bm25, "ROW_BUDGET", 50)
    monkeypatch.setattr(bm25, "_READ_AGAIN", 20)
    cut = [ranked(connection, query, 3).hits for query in queries]
    same = [a[0].id == b[0].id for a, b in zip(whole, cut, strict=True)]
    assert sum(same) >= 0.9 * len(same)


def test_coverage_is_the_share_of_telling_words(connection: apsw.Connection) -> None:
    add(connection, ["alpha beta", "alpha", "gamma"] + ["filler"] * 20)
    coverage = {hit.id: hit.coverage for hit in ranked(connection, "alpha beta").hits}
    assert coverage[1] == pytest.approx(1.0)
    assert 0.2 < coverage[2] < 0.8
    assert 3 not in coverage


def test_coverage_counts_common_words_too(connection: apsw.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    add(connection, ["rare common", "rare"] + ["common", "filler", "filler"] * 30)
    monkeypatch.setattr(postings, "COUNTED_ROWS", 5)
    monkeypatch.setattr(bm25, "ROW_BUDGET", 5)
    coverage = {hit.id: hit.coverage for hit in ranked(connection, "rare common", 2).hits}
    assert coverage[1] == pytest.approx(1.0)
    assert coverage[2] < 1


def test_only_allowed_rows_are_found_however_deep_they_lie(
    connection: apsw.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(connection, ["word word word"] * 300 + ["a single word among many others that only dilute it"])
    monkeypatch.setattr(bm25, "_PLACES_PER_TERM", 20)
    terms = bm25.weighed(connection, "words", keywords.query_terms("word"))

    def is_last(rows: Int64Array) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        return rows == 301

    assert [hit.id for hit in bm25.ranked(connection, "words", terms, 5, is_last).hits] == [301]


def test_what_only_a_common_word_finds_in_a_filter_is_found(
    connection: apsw.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(connection, ["rare"] * 30 + ["common"] * 60)
    monkeypatch.setattr(bm25, "ROW_BUDGET", 20)
    terms = bm25.weighed(connection, "words", keywords.query_terms("rare common"))
    hits = bm25.ranked(connection, "words", terms, 5, lambda rows: rows == 80).hits
    assert [hit.id for hit in hits] == [80]


def test_what_was_deleted_is_found_no_more_and_counts_for_nothing(connection: apsw.Connection) -> None:
    add(connection, ["alpha beta", "alpha alpha", "alpha", "gamma"])
    with connection:
        connection.execute("INSERT INTO words(words, rowid, heading, body) VALUES('delete', 2, '', 'alpha alpha')")
    assert sorted(found(connection, "alpha")) == [1, 3]
    assert postings.row_count(connection, "words") == 3


def test_a_word_that_stands_nearly_everywhere_tells_nothing_however_large_the_index(
    connection: apsw.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postings, "COUNTED_ROWS", 20)
    add(connection, ["common half" if row % 2 else "common" for row in range(400)] + ["rare"] * 5)
    weighed = bm25.weighed(connection, "words", [("common", False), ("half", False)])
    terms = {term.text: term for term in weighed}
    assert terms["common"].idf == 0.0
    assert terms["half"].rows == pytest.approx(200, rel=0.1)
    assert [term.text for term in weighed] == ["half", "common"]


def test_a_reader_asks_without_being_able_to_write(connection: apsw.Connection, tmp_path: Path) -> None:
    add(connection, ["the landlord returned the deposit", "something else"])
    reader = schema.open_reader(tmp_path / "catalog.db")
    assert found(reader, "deposits landlord") == [1]
    with pytest.raises(apsw.ReadOnlyError):
        reader.execute("CREATE TEMP TABLE left_over(id)")
    reader.close()
