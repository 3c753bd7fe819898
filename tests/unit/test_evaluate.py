"""The measures, against values worked out by hand, and what is said of a folder that is no set."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from finder.errors import UsageFaultError
from finder.evaluate import read_set, score


def test_the_measures_are_those_of_trec_eval() -> None:
    judgements = {"q1": {"a": 2, "b": 1}, "q2": {"c": 1}, "q3": {"d": 1}}
    rankings = {"q1": ["x", "a", "b"], "q2": [*"0123456789", "c"]}
    ideal = 2 + 1 / math.log2(3)
    reached = 2 / math.log2(3) + 1 / 2
    scores = score(rankings, judgements)
    assert scores.ndcg_10 == pytest.approx(reached / ideal / 3)
    assert scores.recall_10 == pytest.approx((1 + 0 + 0) / 3)
    assert scores.recall_100 == pytest.approx((1 + 1 + 0) / 3)
    assert scores.mrr_10 == pytest.approx((1 / 2 + 0 + 0) / 3)


def test_a_query_that_was_not_asked_counts_as_nothing_found() -> None:
    assert score({}, {"q": {"a": 1}}).ndcg_10 == 0.0


def write_set(folder: Path, corpus: str, queries: str, qrels: str) -> Path:
    (folder / "corpus.jsonl").write_text(corpus, encoding="utf-8")
    (folder / "queries.jsonl").write_text(queries, encoding="utf-8")
    (folder / "qrels.tsv").write_text(qrels, encoding="utf-8")
    return folder


CORPUS = '{"_id": "a", "title": "Lease", "text": "The deposit."}\n\n{"_id": "b", "title": "", "text": "Soup."}\n'
QUERIES = '{"_id": "q", "text": "deposit"}\n'
QRELS = "query-id\tcorpus-id\tscore\nq\ta\t2\nq\tb\t0\n"


def test_a_set_is_read(tmp_path: Path) -> None:
    data = read_set(write_set(tmp_path, CORPUS, QUERIES, QRELS))
    assert data.documents == (("a", "Lease\n\nThe deposit."), ("b", "Soup."))
    assert data.queries == {"q": "deposit"}
    assert data.judgements == {"q": {"a": 2}}


@pytest.mark.parametrize(
    ("corpus", "queries", "qrels", "told"),
    [
        ("{broken", QUERIES, QRELS, "line 1 is not JSON"),
        ('{"text": "no id"}', QUERIES, QRELS, 'line 1 has no "_id"'),
        (CORPUS, '{"_id": "q"}', QRELS, 'no "text"'),
        (CORPUS, QUERIES, QRELS + "q\ta\n", "line 4"),
        (CORPUS, QUERIES, "query-id\tcorpus-id\tscore\n", "no judgement"),
        (CORPUS, QUERIES, "q\t0\ta\t1\n", "line 1 is not: query, tab"),
        (CORPUS, QUERIES, QRELS + "q\ta\t\u00b2\n", "line 4"),
        (CORPUS, QUERIES, QRELS + "q\ta\t--2\n", "line 4"),
        (CORPUS, QUERIES, "other\ta\t1\n", "no query of queries.jsonl"),
        ('{"_id": "a", "title": 7, "text": "x"}', QUERIES, QRELS, '"title" that is no text'),
    ],
)
def test_what_is_wrong_with_a_set_is_said(tmp_path: Path, corpus: str, queries: str, qrels: str, told: str) -> None:
    with pytest.raises(UsageFaultError) as raised:
        read_set(write_set(tmp_path, corpus, queries, qrels))
    assert told in raised.value.detail
    assert "BEIR" in raised.value.hint


def test_a_folder_that_is_no_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageFaultError, match="Not an evaluation set"):
        read_set(tmp_path / "missing")


def test_a_byte_order_mark_is_no_part_of_a_set(tmp_path: Path) -> None:
    mark = "\ufeff"
    data = read_set(write_set(tmp_path, mark + CORPUS, mark + QUERIES, mark + "q\ta\t2\n"))
    assert data.judgements == {"q": {"a": 2}}
