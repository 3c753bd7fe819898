"""What answers within passages, as clients of a running service see it: in `find`, and for rows that come later."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from finder.errors import UsageFaultError
from finder.paths import Home, path_to_uri
from finder.service.client import Client, connect
from tests.conftest import end_service, make_home

MANUAL = (
    "# Manual\n\nInstall the package first. Settings are read from one file.\n"
    "A stale lock file keeps the daemon from starting.\nLogs are kept for a month.\n"
)
QUESTION = "stale lock file daemon starting"
ANSWER = "A stale lock file keeps the daemon from starting."


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, runtime_folder: Path) -> Iterator[Home]:
    """A home whose service has indexed two documents."""
    folder = tmp_path_factory.mktemp("evidence")
    (folder / "docs").mkdir()
    (folder / "docs" / "manual lock.md").write_text(MANUAL)
    (folder / "docs" / "vessel.bin").write_bytes(b"\0\1\2")
    made = make_home(folder / "home")
    with connect(made) as client:
        uri = path_to_uri(os.fsencode(folder / "docs"))
        client.call("index", {"folders": [uri], "is_watched": False}, timeout_s=60)
    yield made
    end_service(made)


@pytest.fixture
def client(home: Home) -> Iterator[Client]:
    with connect(home) as connected:
        yield connected


def first(client: Client, **params: Any) -> Any:
    return client.call("find", {"query": QUESTION, **params}, timeout_s=60)["results"][0]


def part(text: str, span: list[int]) -> str:
    return text[span[0] : span[1]]


def test_a_search_marks_words_always_and_the_answer_where_it_is_asked_for(client: Client) -> None:
    asked = first(client, evidence=1)["passages"][0]
    assert part(asked["text"], asked["answer"]) == ANSWER
    words = [part(asked["text"], span) for span in asked["words"]]
    assert words[-5:] == ["stale", "lock", "file", "daemon", "starting"]
    assert first(client)["passages"][0]["answer"] is None
    assert first(client, evidence=5, mode="keyword")["passages"][0]["answer"] is None


def test_a_result_says_why_it_was_found_and_how_far_it_is(client: Client) -> None:
    manual = first(client)
    assert manual["reach"] == "meaning"
    assert manual["reason"].endswith("words: stale lock file, daemon, starting")
    assert [part(manual["name"], span) for span in manual["name_words"]] == ["lock"]
    by_name = client.call("find", {"query": "vessel.bin", "mode": "keyword"})["results"][0]
    assert (by_name["name"], by_name["reach"], by_name["reason"]) == (
        "vessel.bin",
        "name",
        "By name; words: vessel, bin",
    )


def test_passages_that_come_later_are_marked_by_themselves(client: Client) -> None:
    texts = [MANUAL, "Boil the onions slowly. Add the barley.", ""]
    marks = client.call("evidence", {"query": QUESTION, "texts": texts}, timeout_s=60)
    assert part(MANUAL, marks["answers"][0]) == ANSWER
    assert marks["answers"][1:] == [None, None]
    assert part(MANUAL, marks["words"][0][-1]) == "starting"
    assert marks["words"][1:] == [[], []]


def test_a_query_without_meaning_marks_words_alone(client: Client) -> None:
    marks = client.call("evidence", {"query": "lo", "texts": ["lo and behold, it was there at last."]})
    assert marks == {"answers": [None], "words": [[[0, 2]]]}


@pytest.mark.parametrize(
    "params", [{"texts": ["a"] * 65}, {"texts": ["a" * 20_001]}, {"texts": "a"}, {"texts": [1]}, {"query": " "}]
)
def test_what_cannot_be_marked_is_said(client: Client, params: dict[str, Any]) -> None:
    with pytest.raises(UsageFaultError):
        client.call("evidence", {"query": "lock", "texts": [], **params})


def test_nobody_waits_for_a_model_to_be_loaded_for_marks_alone(home: Home, tmp_path: Path) -> None:
    """A service that has not embedded anything yet has no model in memory."""
    other = make_home(tmp_path / "home")
    try:
        with connect(other) as client:
            marks = client.call("evidence", {"query": QUESTION, "texts": [MANUAL]})
            assert marks["answers"] == [None]
            assert marks["words"][0]
            assert client.call("status")["embed"]["state"] == "unloaded"
    finally:
        end_service(other)


def test_a_sample_is_spread_over_files_and_leaves_out_what_was_excluded(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    for number in range(6):
        words = (
            f"Report {number} tells of the {number} bridges that were built over the river in the year {1900 + number}."
        )
        (folder / f"{number}.txt").write_text(f"{words}\n" * 3)
    (folder / "tiny.txt").write_text("Too short.")
    other = make_home(tmp_path / "home")
    try:
        with connect(other) as client:
            client.call("index", {"folders": [path_to_uri(os.fsencode(folder))], "is_watched": False}, timeout_s=60)
            sampled = client.call("sample", {"count": 4, "seed": 3})["passages"]
            assert sampled == client.call("sample", {"count": 4, "seed": 3})["passages"]
            assert len({one["path"] for one in sampled}) == 4
            assert all("bridges" in one["text"] for one in sampled)
            (folder / "1.txt").unlink()
            client.call("exclude", {"add": ["0.txt"], "remove": []})
            left = {one["path"] for one in client.call("sample", {"count": 50, "seed": 0})["passages"]}
            assert left == {str(folder / f"{number}.txt") for number in range(2, 6)}
    finally:
        end_service(other)
