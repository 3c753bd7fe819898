"""`inkling evaluate` on a small set: the table, the TREC file, and nothing left behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Inkling


@pytest.fixture
def evaluation_set(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    folder.mkdir()
    corpus = {"a": "The landlord returns the deposit.", "b": "Boil the onions slowly.", "c": "The roof leaks."}
    queries = {"q1": "landlord deposit", "q2": "onions"}
    for name, rows in (("corpus", corpus), ("queries", queries)):
        lines = (json.dumps({"_id": key, "title": "", "text": text}) for key, text in rows.items())
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\ta\t1\nq2\tb\t1\n")
    return folder


def test_a_set_is_measured_and_its_ranking_written(inkling: Inkling, evaluation_set: Path, tmp_path: Path) -> None:
    run = tmp_path / "run.trec"
    kept = tmp_path / "kept"
    kept.mkdir()
    done = inkling("evaluate", evaluation_set, "--mode", "keyword", "--run", run, TMPDIR=str(kept))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].split() == ["keyword", "1.0000", "1.0000", "1.0000", "1.0000"]
    assert run.read_text().splitlines()[0].split()[:4] == ["q1", "Q0", "a", "1"]
    assert list(kept.iterdir()) == []


def test_a_ranking_that_cannot_be_written_is_said_before_the_work(inkling: Inkling, evaluation_set: Path) -> None:
    done = inkling("evaluate", evaluation_set, "--run", evaluation_set)
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
