"""What the app asks beside searching: rates, surveys, foreseen rules, models; of a real service over its socket."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from finder.embed.models import MULTILINGUAL_E5_SMALL, QWEN3_EMBEDDING_0_6B
from finder.errors import CancelledError, EnvironmentFaultError, UsageFaultError
from finder.files.rules import Rules
from finder.index.activity import STEP_S, STEPS, Lately
from finder.index.pauses import Pauses
from finder.paths import Home, path_to_uri
from finder.service.client import Client, connect
from finder.service.surveying import survey
from tests.conftest import make_documents
from tests.integration.pipelines import wait_until
from tests.model_hub import ModelHub, files_of, serving
from tests.tiny_models import write_bert


@pytest.fixture
def client(home: Home) -> Iterator[Client]:
    with connect(home) as connected:
        yield connected


@pytest.fixture
def asked(indexed: tuple[Home, Path]) -> Iterator[tuple[Client, Path]]:
    with connect(indexed[0]) as connected:
        yield connected, indexed[1]


def uri(path: Path | str) -> str:
    return path_to_uri(os.fsencode(path))


def test_the_last_hour_is_kept_in_steps_and_what_is_older_falls_out() -> None:
    now_s = 0.0
    lately = Lately(lambda: now_s)
    lately.add(5)
    now_s = 2 * STEP_S + 1
    lately.add(7)
    assert lately.amounts == [5, 0, 7]
    now_s = STEP_S * (STEPS + 1)
    assert lately.amounts == [7, *[0] * (STEPS - 1)]
    now_s = STEP_S * STEPS * 10
    assert lately.amounts == [0] * STEPS


def test_a_pause_is_kept_with_its_cause_after_its_end() -> None:
    pauses = Pauses()
    pauses.put("battery", "on battery")
    pauses.put("battery", "still on battery")
    pauses.put("user", "by you")
    pauses.put("battery", None)
    ended, lasting = pauses.last_hour
    assert (ended.cause, lasting.cause, lasting.ended_s) == ("battery", "user", None)
    assert ended.ended_s is not None
    assert ended.ended_s >= ended.begun_s


def test_rates_tell_what_was_read_embedded_and_rested(client: Client, documents: Path) -> None:
    client.call("pause", {"minutes": 5})
    client.call("resume")
    client.call("index", {"folders": [uri(documents)]}, timeout_s=60)
    rates = client.call("rates")
    size_bytes = sum(path.stat().st_size for path in documents.rglob("*") if path.is_file())
    assert sum(rates["bytes_read"]) == size_bytes
    assert sum(rates["passages_embedded"]) == 4
    (pause,) = rates["pauses"]
    assert pause["cause"] == "user"
    assert pause["begun_ago_s"] >= pause["ended_ago_s"] > 0 or pause["begun_ago_s"] < 1


def test_a_survey_counts_what_the_rules_let_in(asked: tuple[Client, Path], tmp_path: Path) -> None:
    folder = make_documents(tmp_path / "more")
    (folder / "disk.iso").write_bytes(b"x" * 1000)
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "index.js").write_text("x")
    found = asked[0].call("survey", {"folder": uri(folder)})
    read_bytes = sum(path.stat().st_size for path in folder.rglob("*") if path.suffix in (".txt", ".md"))
    assert found == {
        "files": 5, "size_bytes": read_bytes, "name_only": 1, "left_out": 1, "is_complete": True
    }  # fmt: skip
    with pytest.raises(UsageFaultError):
        asked[0].call("survey", {"folder": uri(tmp_path / "absent")})


def test_a_survey_that_takes_too_long_says_that_there_is_more(tmp_path: Path) -> None:
    folder = make_documents(tmp_path / "documents")
    rules = Rules(tmp_path / "home", (), use_gitignore=True, size_limit_bytes=1 << 20)
    found = survey(rules, os.fsencode(folder), lambda: False, within_s=0.0)
    assert (found["files"], found["is_complete"]) == (2, False)


@pytest.mark.parametrize(
    ("name", "patterns", "is_indexed", "rule"),
    [
        ("notes/soup.md", [], True, None),
        ("not/there/yet.txt", [], True, None),
        ("notes/soup.md", ["*.md"], False, "*.md"),
        ("notes/soup.md", ["notes/", "!notes/"], True, None),
        ("notes/", ["notes/"], False, "notes/"),
        ("key.pem", [], False, None),
        ("node_modules/", [], False, None),
        ("node_modules/deep/x.txt", [], False, None),
    ],
)
def test_what_would_become_of_a_path_is_foreseen(
    asked: tuple[Client, Path], name: str, patterns: list[str], is_indexed: bool, rule: str | None
) -> None:
    client, documents = asked
    found = client.call("would_index", {"uri": uri(f"{documents}/{name}"), "patterns": patterns})
    assert (found["is_indexed"], found["rule"]) == (is_indexed, rule)
    assert bool(found["reason"]) is not is_indexed


def test_a_path_elsewhere_and_a_pattern_that_is_none_are_told(asked: tuple[Client, Path], tmp_path: Path) -> None:
    found = asked[0].call("would_index", {"uri": uri(tmp_path / "x.txt"), "patterns": []})
    assert (found["is_indexed"], found["reason"]) == (False, "It lies in no indexed folder.")
    with pytest.raises(UsageFaultError):
        asked[0].call("would_index", {"uri": uri(asked[1] / "x.txt"), "patterns": ["!"]})


def test_files_that_failed_for_one_reason_are_tried_again_alone(client: Client, documents: Path) -> None:
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7\nno more of it")
    (documents / "broken.docx").write_bytes(b"PK\x03\x04no more of it")
    client.call("index", {"folders": [uri(documents)]}, timeout_s=60)
    codes = client.call("status")["failed"]
    assert sum(codes.values()) == 2
    assert client.call("reindex", {"code": "no such code"}) == {"files": 0}
    code, count = next(iter(codes.items()))
    assert client.call("reindex", {"code": code}) == {"files": count}
    wait_until(lambda: client.call("status")["failed"] == codes, timeout_s=20)


def test_status_tells_memory_and_what_waits_for_meaning(asked: tuple[Client, Path]) -> None:
    status = asked[0].call("status")
    assert status["resident_bytes"] > 1 << 20
    assert all(bool(worker["resident_bytes"]) == (worker["pid"] is not None) for worker in status["workers"])
    assert status["without_meaning"] == 0


def test_the_known_models_are_listed_with_what_each_takes(asked: tuple[Client, Path]) -> None:
    found = asked[0].call("models")
    places = {model["name"]: model["place"] for model in found["models"]}
    assert places["all-MiniLM-L6-v2"] == "built in"
    assert places[QWEN3_EMBEDDING_0_6B.name] == "absent"
    assert found["chosen"] == "deterministic"
    assert all(model["size_bytes"] > 0 and model["licence"] for model in found["models"])


def test_a_model_in_use_or_unknown_is_neither_fetched_nor_removed(asked: tuple[Client, Path]) -> None:
    for method in ("download_model", "remove_model"):
        for name in ("all-MiniLM-L6-v2", "nobody/knows"):
            with pytest.raises(UsageFaultError):
                asked[0].call(method, {"model": name})


def test_a_model_comes_with_progress_after_an_end_goes_on_and_goes_again(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = MULTILINGUAL_E5_SMALL
    published = write_bert(tmp_path / "published", spec.dimension, layers=1)
    told: list[dict[str, Any]] = []
    with serving(ModelHub(spec.repository, files_of(published), revision=spec.revision)) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        hub.pause_after_bytes = 20_000
        with connect(home) as client:
            with pytest.raises(EnvironmentFaultError, match="no such model"):
                client.call("download_model", {"model": QWEN3_EMBEDDING_0_6B.name}, timeout_s=60)
            ending = threading.Thread(target=lambda: (hub.is_paused.wait(), client.cancel()))
            ending.start()
            with pytest.raises(CancelledError):
                client.call("download_model", {"model": spec.name}, timeout_s=60)
            ending.join()
            hub.resume()
            client.call("download_model", {"model": spec.name}, on_progress=told.append, timeout_s=60)
            assert told[-1]["done_bytes"] == told[-1]["total_bytes"] > 0
            assert place_of(client, spec.name) == "downloaded"
            assert client.call("remove_model", {"model": spec.name})["freed_bytes"] >= told[-1]["total_bytes"]
            assert place_of(client, spec.name) == "absent"


def place_of(client: Client, name: str) -> str:
    models: list[dict[str, Any]] = client.call("models")["models"]
    return next(str(model["place"]) for model in models if model["name"] == name)
