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


def test_the_files_of_ones_own_are_measured_and_nothing_of_it_is_kept(inkling: Inkling, documents: Path) -> None:
    text = "The harbour master of Falmouth keeps the spare keys of every boat in a locked drawer of her desk.\n"
    (documents / "boat.txt").write_text(text)
    assert inkling("index", documents).returncode == 0
    kept = documents.parent / "kept"
    kept.mkdir()
    done = inkling("evaluate", "--mine", "--queries", "9", TMPDIR=str(kept))
    assert done.returncode == 0, done.stderr
    about, header, *rows = done.stdout.splitlines()
    assert about.startswith("Your files: 5 files, ")
    assert header.split() == ["mode", "Recall@10", "MRR@10", "p50", "ms", "p95", "ms"]
    assert [row.split()[:3] for row in rows] == [[mode, "1.000", "1.000"] for mode in ("hybrid", "semantic", "keyword")]
    assert list(kept.iterdir()) == []
    logs = b"".join(path.read_bytes() for path in (documents.parent / "home").rglob("*.log"))
    assert logs
    assert b"harbour" not in logs.lower()


def test_an_index_without_text_is_said_to_hold_nothing_to_ask_for(inkling: Inkling) -> None:
    done = inkling("evaluate", "--mine")
    assert done.returncode == 2
    assert "Nothing to ask for" in done.stderr
    assert "inkling index FOLDER" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--mine", "--run", "x"], "--run goes with a set"),
        (["x", "--queries", "5"], "--queries goes with --mine"),
        (["--mine", "--queries", "0"], "a number from 1 to"),
        ([], "SET"),
    ],
)
def test_what_does_not_go_together_is_said(inkling: Inkling, arguments: list[str], words: str) -> None:
    done = inkling("evaluate", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
