"""`evaluate` through the real service: what it measures, what it writes, and that nothing stays behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from finder.cli.app import INTERRUPTED
from finder.evaluate import evaluate
from tests.conftest import CHECKOUT, command_line, environment, make_home

DOCUMENTS = {
    "d1": "The landlord returns the deposit within fourteen days.",
    "d2": "Boil the onions slowly, then add the barley.",
    "d3": "租客搬走之后，房东应当退还押金。",
    "d4": "Boil the onions slowly, then add the barley.",
    "d5": "A lone surrogate: \ud83d, as some programs write it.",
}
QUERIES = {"q1": "landlord deposit", "q2": "onions and barley", "q3": "退还押金"}


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    folder.mkdir()
    corpus = [json.dumps({"_id": id, "title": "", "text": text}) for id, text in DOCUMENTS.items()]
    queries = [json.dumps({"_id": id, "text": text}) for id, text in QUERIES.items()]
    (folder / "corpus.jsonl").write_text("\n".join(corpus), encoding="utf-8")
    (folder / "queries.jsonl").write_text("\n".join(queries), encoding="utf-8")
    (folder / "qrels.tsv").write_text("query\tdocument\tscore\nq1\td1\t1\nq2\td4\t1\nq2\td2\t1\nq3\td3\t1\n")
    return folder


def processes_of(folder: Path) -> list[int]:
    found = psutil.process_iter(["pid", "cmdline"])
    return [process.pid for process in found if any(str(folder) in part for part in process.info["cmdline"] or ())]


def test_a_set_is_measured_and_leaves_nothing(judged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary, runtime = tmp_path / "temporary", tmp_path / "run"
    temporary.mkdir()
    runtime.mkdir(mode=0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    steps: list[str] = []
    run_file = tmp_path / "run.trec"
    like = make_home(tmp_path / "home")
    found = evaluate(judged, ["keyword"], run_file, "hybrid", lambda what, done, total: steps.append(what), like)
    assert (found.name, found.documents, found.queries, found.unread) == ("tiny", 5, 3, 0)
    assert list(found.scores) == ["keyword"]
    assert found.scores["keyword"].ndcg_10 == pytest.approx(1.0)
    assert {"keyword", "hybrid"} <= set(steps)
    lines = [line.split() for line in run_file.read_text().splitlines()]
    assert {(line[0], line[2]) for line in lines if line[3] == "1"} >= {("q1", "d1"), ("q3", "d3")}
    assert {line[2] for line in lines if line[0] == "q2" and int(line[3]) <= 2} == {"d2", "d4"}
    assert list(temporary.iterdir()) == []
    assert processes_of(temporary) == []


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT")
def test_an_interruption_while_the_service_starts_leaves_nothing(
    judged: Path, tmp_path: Path, runtime_folder: Path
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = command_line(make_home(tmp_path / "home"), "evaluate", judged)
    with subprocess.Popen(command, cwd=CHECKOUT, env={**environment(), "TMPDIR": str(temporary)}) as evaluating:
        while not list(temporary.glob("*/home/logs/service-start.log")):
            assert evaluating.poll() is None
            time.sleep(0.005)
        evaluating.send_signal(signal.SIGINT)
        assert evaluating.wait(60) == INTERRUPTED
    assert list(temporary.iterdir()) == []
    assert processes_of(temporary) == []
