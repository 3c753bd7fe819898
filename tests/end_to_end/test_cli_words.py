"""What the commands say where something is amiss, or nothing is found: true, in one voice, and as JSON for programs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from finder.config import SettingsFile
from finder.paths import Home
from tests.conftest import Inkling, run_inkling


@pytest.mark.parametrize(
    ("arguments", "title"),
    [
        (("find", "x", "--in", "no-such-folder"), "No such folder"),
        (("find", "--json"), "required: QUERY"),
        (("index", "no-such-folder"), "No such folder"),
        (("settings", "no_such_setting"), "There is no such setting"),
        (("model", "info", "no-such-model"), ""),
    ],
)
def test_with_json_an_error_is_one_object_on_stdout(
    indexed: tuple[Home, Path], arguments: tuple[str, ...], title: str
) -> None:
    done = run_inkling(*indexed, *arguments, *(["--json"] if "--json" not in arguments else []))
    assert (done.returncode, done.stderr) == (2, "")
    answer = json.loads(done.stdout)
    assert list(answer) == ["error"]
    assert title in answer["error"]["title"]
    assert answer["error"]["hint"]
    assert {"kind", "title", "detail", "hint", "path"} <= set(answer["error"])


@pytest.mark.skipif(os.name == "nt", reason="it has a drive for each letter")
@pytest.mark.parametrize("arguments", [("index", "/"), ("find", "x", "--in", "/")])
def test_a_whole_drive_is_not_indexed_unasked(indexed: tuple[Home, Path], arguments: tuple[str, ...]) -> None:
    home, _ = indexed
    before = SettingsFile(home.settings).load().folders
    done = run_inkling(*indexed, *arguments)
    assert done.returncode == 2
    assert "/ is a whole drive" in done.stderr
    assert "--yes" in done.stderr
    assert SettingsFile(home.settings).load().folders == before


def test_a_folder_that_was_not_searched_is_said_once(indexed: tuple[Home, Path], tmp_path: Path) -> None:
    done = run_inkling(*indexed, "find", "landlord", "--in", tmp_path, "--no-wait")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "inkling: Nothing is indexed there.",
        f"inkling: Not indexed: {tmp_path}. To add it: inkling index {tmp_path}",
    ]


def test_a_name_that_is_nearly_right_is_guessed(indexed: tuple[Home, Path]) -> None:
    for typed in (["settings", "read_archives"], ["settings", "read_archives", "true"]):
        assert "Did you mean: reads_archives" in run_inkling(*indexed, *typed).stderr
    assert "Did you mean: find" in run_inkling(*indexed, "findd", "x").stderr


def test_a_file_without_text_that_resembles_nothing_goes_by_its_name(
    indexed: tuple[Home, Path], tmp_path: Path
) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    done = run_inkling(*indexed, "similar", picture)
    assert done.returncode == 1
    assert done.stderr.startswith("Nothing is like it among the indexed files.\n")
    assert "by their names" in done.stderr
    assert "weak" not in done.stderr


def test_an_empty_index_is_what_similar_tells_of(inkling: Inkling, documents: Path) -> None:
    done = inkling("similar", documents / "lease.txt")
    assert done.returncode == 1
    assert done.stderr.startswith("Nothing is indexed yet.")
    assert "Nothing is like it" not in done.stderr


def test_the_built_in_model_is_called_so_and_stays(indexed: tuple[Home, Path]) -> None:
    assert "built in" in run_inkling(*indexed, "model", "info", "all-MiniLM-L6-v2").stdout
    done = run_inkling(*indexed, "model", "remove", "all-MiniLM-L6-v2", "--yes")
    assert done.returncode == 2
    assert "inkling model list" in done.stderr
