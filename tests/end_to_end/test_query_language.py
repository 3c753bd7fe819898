"""The query language on real files, through the real service: each operator, and each page on which nothing is."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from finder.errors import CancelledError
from finder.paths import Home, path_to_uri
from finder.service.client import Client, OnResult, connect
from tests.conftest import CHECKOUT, Inkling, end_service, make_home, run_inkling
from tests.integration.pipelines import wait_until

SCHEMA = json.loads((CHECKOUT / "resources" / "schemas" / "find.schema.json").read_text(encoding="utf-8"))
FILES = {
    "thesis/bridge.md": ("The bridge failed because high wind made it swing. Nobody was on it then.\n", "2019-06-01"),
    "thesis/chapter one.txt": ("Steel for the bridge came by ship, and it was of a poor kind.\n", "2023-03-31 23:00"),
    "thesis/old/wind.txt": ("Wind tunnels tell how high a bridge may be built.\n", "2016-02-02"),
    "archive/bridge costs.csv": ("part,price\nbridge deck,1200\nbridge tower,3400\n", "2021-01-01"),
    "archive/合同.txt": ("租客搬走之后，房东应当退还押金。桥梁的合同在另一个文件里。\n", "2024-01-01"),
    "archive/Brücke.txt": ("Die Brücke ist nicht so hoch, wie wir es uns von ihr gewünscht haben.\n", "2024-03-01"),
    "archive/big.log": ("bridge sensor value\n" * 60_000, "2024-02-01"),
    "archive/wind.tar.gz.txt": ("A list of what the parcel about the bridge held.\n", "2022-02-01"),
}


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library") / "papers"
    for name, (text, date) in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        changed = datetime.fromisoformat(date).timestamp()
        os.utime(path, (changed, changed))
    return folder


@pytest.fixture(scope="module")
def served(documents: Path, tmp_path_factory: pytest.TempPathFactory, runtime_folder: Path) -> Iterator[Home]:
    home = make_home(tmp_path_factory.mktemp("home") / "home")
    done = run_inkling(home, documents, "index", documents)
    assert done.returncode == 0, done.stderr
    yield home
    end_service(home)


@pytest.fixture
def client(served: Home) -> Iterator[Client]:
    with connect(served) as connected:
        yield connected


def find(client: Client, query: str, on_partial: OnResult | None = None, **params: Any) -> dict[str, Any]:
    asked = {"query": query, "folders": [], "mode": "hybrid", "limit": 20, **params}
    found = client.call("find", asked, on_partial, timeout_s=60)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    return found


def names(found: dict[str, Any]) -> set[str]:
    return {result["name"] for result in found["results"]}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ext:md", {"bridge.md"}),
        ("ext:md,csv", {"bridge.md", "bridge costs.csv"}),
        ("-ext:txt -ext:log", {"bridge.md", "bridge costs.csv"}),
        ("ext:gz.txt", {"wind.tar.gz.txt"}),
        ("type:sheet", {"bridge costs.csv"}),
        ("in:thesis", {"bridge.md", "chapter one.txt", "wind.txt"}),
        ("in:THESIS -in:old", {"bridge.md", "chapter one.txt"}),
        ("in:papers/thesis/old", {"wind.txt"}),
        ("in:old,nowhere", {"wind.txt"}),
        ("name:bri", {"bridge.md", "bridge costs.csv"}),
        ('name:"chapter one"', {"chapter one.txt"}),
        ("name:bridge -name:costs", {"bridge.md"}),
        ("name:brücke", {"Brücke.txt"}),
        ("after:2023 before:2024", {"chapter one.txt"}),
        ("after:2023-03-31 before:2023-04", {"chapter one.txt"}),
        ("modified:2019..2021", {"bridge.md", "bridge costs.csv"}),
        ("modified:>5y ext:log", set()),
        ("size:>1mb", {"big.log"}),
        ("size:<100 type:document -in:archive", {"bridge.md", "chapter one.txt", "wind.txt"}),
        ("lang:de", {"Brücke.txt"}),
        ("lang:zh", {"合同.txt"}),
        ('"high wind"', {"bridge.md"}),
        ('"high a bridge"', {"wind.txt"}),
        ('"房东应当退还"', {"合同.txt"}),
        ('"应当房东"', set()),
        ('"chapter one"', {"chapter one.txt"}),
        ("in:thesis -wind", {"chapter one.txt"}),
        ('in:thesis -"high wind"', {"chapter one.txt", "wind.txt"}),
        ("in:archive -押金 -brücke ext:txt", {"wind.tar.gz.txt"}),
    ],
)
def test_an_operator_lets_through_what_it_says_and_nothing_else(client: Client, query: str, expected: set[str]) -> None:
    assert names(find(client, query)) == expected


def test_a_filter_never_empties_a_page_that_has_answers(client: Client) -> None:
    for mode in ("hybrid", "semantic", "keyword"):
        found = find(client, "in:old why did the bridge fail in the wind", mode=mode, limit=1)
        assert names(found) == {"wind.txt"}


def test_filters_alone_list_files_by_date_the_newest_first(client: Client) -> None:
    found = find(client, "ext:txt,md", limit=3)
    assert [result["name"] for result in found["results"]] == ["Brücke.txt", "合同.txt", "chapter one.txt"]
    assert found["query"] == ""
    assert {result["strength"] for result in found["results"]} == {"strong"}
    assert found["empty_because"] is None


def test_many_copies_of_the_newest_file_hide_no_other(inkling: Inkling, home: Home, tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"copy {number}.txt").write_text("The same licence stands in all of these.\n", encoding="utf-8")
    old = tmp_path / "old.txt"
    old.write_text("The chimney was swept.\n", encoding="utf-8")
    os.utime(old, (1, 1))
    assert inkling("index", tmp_path).returncode == 0
    with connect(home) as client:
        assert "old.txt" in names(find(client, "ext:txt", limit=2))


def test_kinds_are_counted_before_a_kind_is_chosen(client: Client) -> None:
    assert find(client, "name:bridge")["kinds"] == {"document": 1, "sheet": 1}
    assert find(client, "name:bridge type:sheet")["kinds"] == {"document": 1, "sheet": 1}
    words = find(client, "bridge deck tower", mode="keyword")
    assert words["kinds"]["sheet"] == 1
    assert find(client, "bridge deck tower type:document", mode="keyword")["kinds"] == words["kinds"]


def test_what_was_understood_comes_back_as_chips(client: Client) -> None:
    found = find(client, "\u200bEXT：md bridge before:soon")
    (chip,) = found["understood"]
    assert (chip["field"], chip["value"], chip["text"], chip["is_negated"]) == ("ext", "md", ".md", False)
    assert found["typed"][chip["start"] : chip["end"]] == "EXT：md"
    assert found["query"] == "bridge before:soon"
    assert any("before:soon" in note for note in found["notes"])


def test_a_page_that_filters_emptied_says_what_fits_without_each(client: Client) -> None:
    found = find(client, "in:thesis type:sheet bridge tower price", mode="keyword")
    assert found["results"] == []
    assert found["empty_because"] == "hidden_by_filters"
    fits = {chip["field"]: chip["fits_without"] for chip in found["understood"]}
    assert fits["in"] == 1
    assert found["coverage"]["filtered_out"] >= 1


def test_a_page_on_which_nothing_fits_says_so(client: Client) -> None:
    found = find(client, "qqzzxx wvvwkk", mode="keyword")
    assert (found["results"], found["empty_because"], found["not_indexed"]) == ([], "nothing_fits", [])


def test_a_folder_that_is_there_and_not_indexed_is_named_with_the_remedy(client: Client, tmp_path: Path) -> None:
    folder = tmp_path / "else where"
    folder.mkdir()
    found = find(client, f'in:"{folder}" bridge')
    assert (found["results"], found["empty_because"]) == ([], "folder_not_indexed")
    assert found["not_indexed"] == [path_to_uri(os.fsencode(folder))]
    assert any(f"inkling index '{folder}'" in note for note in found["notes"])


def test_a_folder_is_found_by_a_link_to_it(client: Client, documents: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(documents / "thesis")
    assert names(find(client, f"in:{tmp_path}/link ext:md")) == {"bridge.md"}


def test_a_name_that_no_folder_bears_is_said(client: Client) -> None:
    found = find(client, "in:nowhere-at-all bridge")
    assert (found["results"], found["not_indexed"]) == ([], [])
    assert found["empty_because"] == "hidden_by_filters"
    assert any("nowhere-at-all" in note for note in found["notes"])


def test_a_page_that_is_empty_because_indexing_goes_on_says_so(inkling: Inkling, home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "one.txt").write_text("The roof leaks above the chimney.\n")
    with connect(home) as client:
        client.call("index", {"folders": [path_to_uri(os.fsencode(folder))], "is_watched": True}, timeout_s=60)
        client.call("pause", {"minutes": None})
        (folder / "two.txt").write_text("The cellar floods when it rains.\n")
        wait_until(lambda: find(client, "qqzzxx", mode="keyword")["coverage"]["pending"] == 1)
        assert find(client, "qqzzxx", mode="keyword")["empty_because"] == "still_indexing"


def test_an_unfinished_word_finds_while_it_is_typed(client: Client) -> None:
    assert names(find(client, "tunn", mode="keyword")) == set()
    assert names(find(client, "tunn", mode="keyword", is_typing=True)) == {"wind.txt"}


def test_a_search_that_the_client_cancels_ends_and_the_next_one_is_answered(client: Client) -> None:
    def is_ended_early() -> bool:
        try:
            find(client, "bridge wind -qqzzxx", limit=1_000, evidence=1_000, on_partial=lambda found: client.cancel())
        except CancelledError:
            return True
        return False  # it was done before it was told

    wait_until(is_ended_early)
    assert names(find(client, "ext:md")) == {"bridge.md"}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("mo", ["modified:"]),
        ("bridge -ex", ["ext:"]),
        ("type:s", ["sheet", "slides"]),
        ("ext:", ["txt", "csv", "log", "md"]),
        ("ext:md,c", ["csv"]),
        ("in:th", ["thesis"]),
        ("in：pap", ["papers"]),
        ("lang:ge", ["de"]),
        ("size:>1", [">1mb", ">10mb", ">100mb"]),
        ("foo:b", []),
        ("name:b", []),
        ("桥", []),
    ],
)
def test_completion_offers_what_the_index_holds(client: Client, typed: str, expected: list[str]) -> None:
    items = client.call("complete", {"text": typed, "cursor": len(typed)})["items"]
    assert [item["text"] for item in items] == expected
    for item in items:
        completed = typed[: item["start"]] + item["text"] + typed[item["end"] :]
        assert completed.startswith(typed[: item["start"]])
        assert item["end"] == len(typed)


def test_the_command_line_shows_what_was_understood_on_one_line(served: Home, documents: Path) -> None:
    done = run_inkling(served, documents, "find", 'ext:md before:2020 -in:archive "high wind" why did it fail')
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{documents}/thesis/bridge.md\t")
    assert "inkling: Understood: .md · before 2020 · not in archive · “high wind”\n" in done.stderr

    done = run_inkling(served, documents, "find", "ext:pdf", "bridge", "wind", "--mode", "keyword")
    assert done.returncode == 1
    assert "Nothing fits with these filters." in done.stderr
    assert ".pdf (without it" in done.stderr
