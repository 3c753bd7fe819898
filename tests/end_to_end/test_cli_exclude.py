"""`inkling exclude`: rules given, shown and taken back."""

from __future__ import annotations

import json
from pathlib import Path

from finder.paths import Home
from tests.conftest import Inkling, run_inkling


def found(inkling: Inkling, query: str) -> list[str]:
    answer = json.loads(inkling("find", query, "--mode", "keyword", "--json").stdout)
    return [result["name"] for result in answer["results"]]


def test_a_pattern_leaves_files_out_and_says_how_many_and_how_to_undo_it(inkling: Inkling, documents: Path) -> None:
    inkling("index", documents)
    done = inkling("exclude", "*.md")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Left out: *.md. 2 files left the index; ")
    assert "inkling exclude --remove '*.md'" in done.stdout
    assert found(inkling, "onions") == []
    assert "left out by your own rule" in inkling("why", documents / "notes" / "soup.md").stdout
    assert inkling("exclude").stdout == "*.md\n"

    back = inkling("exclude", "--remove", "*.md")
    assert back.returncode == 0, back.stderr
    inkling("index", documents)
    assert found(inkling, "onions") == ["soup.md"]
    assert json.loads(inkling("exclude", "--json").stdout) == {"patterns": []}


def test_a_path_leaves_out_that_folder_and_no_other_of_its_name(
    inkling: Inkling, documents: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    (other / "notes").mkdir(parents=True)
    (other / "notes" / "stew.md").write_text("Boil the turnips slowly.")
    inkling("index", documents, other)
    assert inkling("exclude", "documents/notes/").stdout.startswith(f"Left out: {documents / 'notes'}. 2 files left")
    assert found(inkling, "boil slowly") == ["stew.md"]
    assert inkling("exclude", "--remove", documents / "notes").returncode == 0
    assert inkling("exclude").stdout.startswith("No rules of your own")


def test_a_file_is_left_out_by_its_path_whatever_it_is_called(inkling: Inkling, documents: Path) -> None:
    odd = documents / "[a]* b.md"
    odd.write_text("Pickled radishes.")
    inkling("index", documents)
    assert found(inkling, "radishes") == ["[a]* b.md"]
    assert inkling("exclude", odd, "--json").returncode == 0
    assert found(inkling, "radishes") == []
    assert found(inkling, "onions") == ["soup.md"]


def test_what_cannot_be_a_rule_is_refused_with_the_next_step(indexed: tuple[Home, Path]) -> None:
    home, documents = indexed
    refused = {
        arguments: run_inkling(home, documents, "exclude", *arguments)
        for arguments in [("# notes",), ("[",), ("--remove", "never-given"), (str(documents),), ("--remove",)]
    }
    assert {done.returncode for done in refused.values()} == {2}
    assert "gitignore" in refused["# notes",].stderr
    assert "Not a pattern" in refused["[",].stderr
    assert "inkling exclude" in refused["--remove", "never-given"].stderr
    assert "inkling forget" in refused[str(documents),].stderr
    assert run_inkling(home, documents, "exclude").stdout.startswith("No rules of your own")


def test_how_many_files_left_is_true_of_all_and_of_none(inkling: Inkling, documents: Path) -> None:
    inkling("index", documents)
    assert "No indexed file matches it now;" in inkling("exclude", "*.none").stdout
    assert inkling("exclude", "*").stdout.startswith("Left out: *. 4 files left the index;")
    assert inkling("exclude", "!*.md").stdout.startswith("Taken back in: !*.md.")
