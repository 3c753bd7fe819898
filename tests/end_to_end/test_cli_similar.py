"""`inkling similar` and `inkling duplicates` as people use them: in a pipe, as JSON, on a terminal, with bad input."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource

from finder.paths import Home, path_to_uri
from tests.benchmarks.related_files import Prose
from tests.conftest import CHECKOUT, command_line, environment, run_inkling

SCHEMAS = {
    path.name: json.loads(path.read_text(encoding="utf-8"))
    for path in (CHECKOUT / "resources" / "schemas").glob("*.schema.json")
}
REGISTRY: Registry[Any] = Registry().with_resources(
    (name, Resource.from_contents(schema)) for name, schema in SCHEMAS.items()
)
STORY = Prose(3).document(40, 2)()


@pytest.fixture(scope="module")
def stories(indexed: tuple[Home, Path]) -> tuple[Home, Path]:
    """A home whose service has indexed three tellings of one story."""
    home, documents = indexed
    (documents / "story.txt").write_text(STORY)
    (documents / "story copy.txt").write_text(STORY)
    (documents / "story, draft.txt").write_text(Prose(4).edited(STORY, 0.05))
    os.utime(documents / "story, draft.txt", (1_000_000_000, 1_000_000_000))
    done = run_inkling(home, documents.parent, "index", documents)
    assert done.returncode == 0, done.stderr
    return home, documents


def run(stories: tuple[Home, Path], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    home, documents = stories
    return run_inkling(home, documents.parent, *map(os.fspath, arguments))


def validate(answer: Any, name: str) -> None:
    jsonschema.Draft202012Validator(SCHEMAS[name], registry=REGISTRY).validate(answer)


def test_a_pipe_gets_a_line_for_each_file(stories: tuple[Home, Path]) -> None:
    _, documents = stories
    done = run(stories, "similar", documents / "story.txt")
    assert done.returncode == 0, done.stderr
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert lines[0] == ["copies", "100%", str(documents / "story copy.txt")]
    assert lines[1][0] == "copies"
    assert lines[1][2] == str(documents / "story, draft.txt")
    assert str(documents / "story.txt") not in done.stdout.splitlines()


def test_similar_as_json_follows_its_schema(stories: tuple[Home, Path]) -> None:
    _, documents = stories
    done = run(stories, "similar", documents / "story.txt", documents / "lease.txt", "--json", "--limit", "3")
    answer = json.loads(done.stdout)
    validate(answer, "similar.schema.json")
    assert answer["compared"] == [str(documents / "story.txt"), str(documents / "lease.txt")]
    assert answer["copies"][0]["relation"] == "copy"


def test_a_text_on_standard_input_is_compared(stories: tuple[Home, Path]) -> None:
    home, documents = stories
    done = subprocess.run(
        command_line(home, "similar", "-", "--in", documents),
        input=STORY[: len(STORY) * 3 // 4].encode() + b"\xff",
        env=environment(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().startswith("copies\t")


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        pytest.param(STORY.encode("utf-16"), 0, "", id="in another encoding"),
        pytest.param(b"\x7fELF\x02\x01" + bytes(range(256)) * 40, 2, "Standard input is no text", id="a program"),
        pytest.param(b"", 2, "The text is empty", id="nothing"),
    ],
)
def test_standard_input_is_read_as_a_text_file_is(
    stories: tuple[Home, Path], data: bytes, status: int, words: str
) -> None:
    done = subprocess.run(
        command_line(stories[0], "similar", "-"),
        input=data,
        env=environment(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.startswith(b"copies\t")) == (status, status == 0)
    assert words in done.stderr.decode()


def test_nothing_alike_is_status_1_and_said(stories: tuple[Home, Path], tmp_path: Path) -> None:
    (tmp_path / "alone.txt").write_text("Quite another matter.\n")
    done = run(stories, "similar", tmp_path / "alone.txt")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Nothing is like it" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("similar", "gone.txt"), "No such file"),
        (("similar", "."), "It is a folder"),
        (("similar", "-"), "The text is empty"),
        (("duplicates", "gone"), "No such folder"),
        (("duplicates", "/"), "This folder is not indexed"),
    ],
)
def test_what_cannot_be_compared_is_named_with_the_next_step(
    stories: tuple[Home, Path], arguments: tuple[str, ...], words: str
) -> None:
    done = run(stories, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) >= 2


def test_a_symbolic_link_stands_for_the_file_that_it_leads_to(stories: tuple[Home, Path], tmp_path: Path) -> None:
    _, documents = stories
    (tmp_path / "link").symlink_to(documents / "story.txt")
    done = run(stories, "similar", tmp_path / "link")
    assert str(documents / "story copy.txt") in done.stdout
    assert f"{documents / 'story.txt'}\n" not in done.stdout


def test_duplicates_reports_and_leaves_every_file_where_it_is(stories: tuple[Home, Path]) -> None:
    _, documents = stories
    before = sorted(documents.rglob("*"))
    done = run(stories, "duplicates")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("2 equal files, ")
    assert "equal to the newest" in done.stdout
    assert "Nothing was deleted" in done.stderr
    assert sorted(documents.rglob("*")) == before


def test_duplicates_as_json_follow_their_schema(stories: tuple[Home, Path]) -> None:
    done = run(stories, "duplicates", stories[1], "--json")
    answer = json.loads(done.stdout)
    validate(answer, "duplicates.schema.json")
    assert [group["relation"] for group in answer["groups"]] == ["copy", "version"]
    assert answer["copies_bytes"] == len(STORY.encode())
    assert answer["groups"][1]["files"][-1]["name"] == "story, draft.txt"


def test_a_folder_without_copies_is_status_1(stories: tuple[Home, Path]) -> None:
    done = run(stories, "duplicates", stories[1] / "notes")
    assert done.returncode == 1
    assert "No two of" in done.stderr


@pytest.mark.parametrize("name", [b"-it's 100% \xe7\xa8\x8e.txt", b"caf\xe9 \xff.txt"], ids=["letters", "bytes"])
def test_a_file_uri_names_a_file_whatever_it_is_called(stories: tuple[Home, Path], tmp_path: Path, name: bytes) -> None:
    path = os.fsencode(tmp_path) + b"/" + name
    with open(path, "w", encoding="utf-8") as file:
        file.write(STORY)
    _, documents = stories
    done = run(stories, "similar", "--", path_to_uri(path))
    assert done.returncode == 0, done.stderr
    assert f"copies\t100%\t{documents / 'story copy.txt'}" in done.stdout.splitlines()


def test_a_uri_of_another_computer_and_a_text_for_the_app_are_refused(stories: tuple[Home, Path]) -> None:
    for arguments in (("similar", "file://elsewhere/a.txt"), ("similar", "--show", "-")):
        done = run(stories, *arguments)
        assert done.returncode == 2, arguments
        assert done.stderr.count("\n") >= 2
