"""Searching over a real index: what is found, how it is shown, and what is never shown."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from finder.errors import CancelledError, UsageFaultError, WorkerDiedError
from finder.search.found import Found
from finder.search.searcher import EmbedQuery, Searcher, SearchRequest, SpaceSearch
from finder.store import lookup
from finder.types import Mode
from finder.vectors import Float32Array
from tests.integration.pipelines import Index, open_index, wait_until

LEASE = "The landlord returns the deposit within fourteen days after the tenant has moved out.\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Documents that no test of this module changes."""
    docs = tmp_path_factory.mktemp("search") / "docs"
    for name, text in {
        "home/lease.txt": LEASE,
        "home/lease copy.txt": LEASE,
        "home/合同.txt": "租客搬走之后，房东应当退还押金。\n",
        "work/secrets.md": "# Secrets\n\nNever commit credentials to version control.\n\n# Rotation\n\nRotate them.\n",
        "work/report-2023.txt": "Figures of the year, by quarter and by region.\n",
        "work/notes.txt": "Quarterly figures are due in the first week of the month.\n",
        "work/getUserName.py": "def getUserName(session):\n    return session.user.name\n",
        "work/soup.md": "# Soup\n\nBoil the onions slowly, then add the barley.\n",
    }.items():
        path = docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return docs


@pytest.fixture(scope="module")
def index(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with open_index(tmp_path_factory.mktemp("home") / "home") as opened:
        opened.add(folder)
        yield opened


@pytest.fixture
def own_index(tmp_path: Path) -> Iterator[Index]:
    """An index whose files the test may change, of `tmp_path / "docs"`."""
    (tmp_path / "docs").mkdir()
    with open_index(tmp_path / "home") as opened:
        yield opened


def searcher_of(index: Index) -> Searcher:
    index.exact.refresh()
    return searcher_with(index, index.embedder.embed_query)


def searcher_with(index: Index, embed: EmbedQuery) -> Searcher:
    space = SpaceSearch(index.pipeline.space_id, index.exact, embed)
    return Searcher(index.catalog.reader, lambda: space)


def find(index: Index, query: str, *folders: Path, mode: Mode = "hybrid", limit: int = 10) -> Found:
    paths = tuple(os.fsencode(folder) for folder in folders)
    return searcher_of(index).search(SearchRequest(query, paths, mode, limit))


def names(found: Found) -> list[str]:
    return [result["name"] for result in found["results"]]


@pytest.mark.parametrize("mode", ["hybrid", "semantic", "keyword"])
def test_every_mode_finds_the_file_that_answers(index: Index, mode: Mode) -> None:
    first = find(index, "when does the landlord return the deposit", mode=mode)["results"][0]
    assert first["name"] in ("lease.txt", "lease copy.txt")
    assert {"keyword": "words", "semantic": "meaning", "hybrid": "words"}[mode] in first["why"]


@pytest.mark.parametrize(("query", "name"), [("of", "figures of 2022.txt"), ("C++", "part-C.txt"), ("x", "x.txt")])
def test_a_name_that_holds_a_letter_or_a_word_that_says_nothing_is_not_sure(
    own_index: Index, tmp_path: Path, query: str, name: str
) -> None:
    (tmp_path / "docs" / name).write_text(LEASE, encoding="utf-8")
    own_index.add(tmp_path / "docs")
    first = find(own_index, query)["results"][0]
    assert (first["name"], first["strength"]) == (name, "good")


def test_a_passage_stands_at_its_offsets_in_the_file(index: Index, folder: Path) -> None:
    passage = find(index, "credentials version control")["results"][0]["passages"][0]
    text = (folder / "work" / "secrets.md").read_text(encoding="utf-8")
    assert text[passage["start"] : passage["end"]] == passage["text"]
    assert "credentials" in passage["text"]
    assert passage["heading"] == "Secrets"


def test_two_characters_of_chinese_are_found(index: Index) -> None:
    assert names(find(index, "押金", mode="keyword")) == ["合同.txt"]


def test_equal_files_are_one_result_that_names_its_copies(index: Index, folder: Path) -> None:
    found = find(index, "landlord deposit")
    lease = found["results"][0]
    assert {lease["path"], *lease["copies"]} == {
        str(folder / "home" / "lease.txt"),
        str(folder / "home" / "lease copy.txt"),
    }
    assert len({result["uri"] for result in found["results"]}) == len(found["results"])


def test_of_equal_files_the_original_is_the_one_that_is_shown(own_index: Index, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    (docs / "deep" / "down").mkdir(parents=True)
    written_s = {
        "Copy of lease.txt": 1,
        "deep/lease (copy).txt": 2,
        "deep/lease (1).txt": 3,
        "deep/down/lease - Copy (2).txt": 4,
        "deep/down/lease.txt": 10,
        "deep/lease.txt": 10,
        "lease.txt": 20,
    }
    for name, time_s in written_s.items():
        (docs / name).write_text(LEASE)
        os.utime(docs / name, (time_s, time_s))
    own_index.add(docs)
    (found,) = find(own_index, "fourteen days", mode="keyword")["results"]
    originals = ["deep/lease.txt", "deep/down/lease.txt", "lease.txt"]
    assert [found["path"], *found["copies"]][:3] == [str(docs / name) for name in originals]


def test_a_file_is_found_by_its_name_and_by_the_beginning_of_it(index: Index) -> None:
    for query in ("report 2023", "report-2023.txt", "repor"):
        first = find(index, query)["results"][0]
        assert first["name"] == "report-2023.txt"
        assert "name" in first["why"]
        assert first["passages"]


def test_an_identifier_is_found_whole_and_in_parts(index: Index) -> None:
    assert names(find(index, "getUserName"))[0] == "getUserName.py"
    assert names(find(index, "user name", mode="keyword"))[0] == "getUserName.py"


def test_a_folder_limits_what_is_found_and_never_empties_what_it_holds(index: Index, folder: Path) -> None:
    found = find(index, "landlord deposit figures", folder / "work", limit=3)
    assert found["results"]
    assert all(result["path"].startswith(str(folder / "work")) for result in found["results"])
    assert found["coverage"]["indexed"] == 5
    assert found["coverage"]["filtered_out"] >= 2


def test_a_folder_that_is_not_indexed_is_said(index: Index, tmp_path: Path) -> None:
    found = find(index, "landlord", tmp_path)
    assert found["results"] == []
    assert str(tmp_path) in found["notes"][0]


def test_all_roots_together_are_no_filter(index: Index, folder: Path) -> None:
    everywhere, in_root = find(index, "figures"), find(index, "figures", folder)
    assert in_root["results"] == everywhere["results"]
    assert in_root["coverage"] == everywhere["coverage"]
    assert everywhere["coverage"] == {"indexed": 8, "pending": 0, "failed": 0, "filtered_out": 0}


def test_a_short_query_is_answered_without_the_model(index: Index) -> None:
    def never(text: str, instruction: str | None) -> Float32Array:
        raise AssertionError("the model was asked")

    searcher = searcher_with(index, never)
    found = searcher.search(SearchRequest("金"))
    assert names(found) == ["合同.txt"]
    assert "Too short" in found["notes"][0]


def test_words_answer_while_there_is_no_model(index: Index) -> None:
    def dead(text: str, instruction: str | None) -> Float32Array:
        raise WorkerDiedError("died", "The embed worker died")

    for embed in (lambda text, instruction: None, dead):
        searcher = searcher_with(index, embed)
        found = searcher.search(SearchRequest("landlord deposit"))
        assert names(found)[0].startswith("lease")
        assert "not ready" in found["notes"][0]
    with pytest.raises(WorkerDiedError):
        searcher.search(SearchRequest("landlord deposit", mode="semantic"))


def test_words_come_first_and_meaning_after(index: Index) -> None:
    partial: list[Found] = []
    found = searcher_of(index).search(SearchRequest("landlord deposit"), on_partial=partial.append)
    assert [answer["results"][0]["uri"] for answer in partial] == [found["results"][0]["uri"]]
    assert "meaning" not in partial[0]["results"][0]["why"]
    assert "meaning" in found["results"][0]["why"]


def test_a_cancelled_search_ends(index: Index) -> None:
    with pytest.raises(CancelledError):
        searcher_of(index).search(SearchRequest("landlord"), is_cancelled=lambda: True)


def test_an_empty_query_is_refused(index: Index) -> None:
    with pytest.raises(UsageFaultError):
        find(index, "\u200b ")


def test_scores_fall_and_stay_between_0_and_1(index: Index) -> None:
    scores = [result["score"] for result in find(index, "figures of the year")["results"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_what_is_no_file_any_more_is_not_shown_and_others_take_its_place(own_index: Index, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    for number in range(30):
        (docs / f"{number:02d}.txt").write_text(f"Minutes of meeting {number}: the budget of unit {number}.\n")
    own_index.add(docs)
    before = names(find(own_index, "minutes budget", limit=10))
    for name in before:
        (docs / name).unlink()
    os.mkfifo(docs / before[0])
    (docs / before[1]).symlink_to(docs / "29.txt")
    after = names(find(own_index, "minutes budget", limit=10))
    assert len(after) == 10
    assert not set(after) & set(before)


def test_a_boilerplate_text_in_many_files_stays_bounded(own_index: Index, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    licence = "Permission is hereby granted, free of charge, to any person obtaining a copy.\n" * 8
    for number in range(300):
        (docs / f"{number:03d}.txt").write_text(f"{licence}\n\nTopic {number} alone.\n" if number % 2 else licence)
    own_index.add(docs)
    found = find(own_index, "permission granted free of charge", limit=5)
    assert len(found["results"]) == 5
    assert all(len(result["copies"]) <= 20 for result in found["results"])


def test_what_waits_for_its_meaning_is_counted_and_found_by_its_words(own_index: Index, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    (docs / "early.txt").write_text("The boiler was serviced in May.\n")
    own_index.add(docs)
    own_index.pipeline.embedding.pause(True)
    (docs / "late.txt").write_text(LEASE)
    own_index.pipeline.look_at(os.fsencode(docs), True).result(timeout=30)
    wait_until(lambda: set(own_index.files().values()) == {"read"})
    found = find(own_index, "landlord deposit")
    assert names(found)[0] == "late.txt"
    assert found["results"][0]["why"] == ["words"]
    assert found["coverage"] == {"indexed": 2, "pending": 1, "failed": 0, "filtered_out": 0}


def test_names_that_are_not_text_are_found_and_shown(own_index: Index, tmp_path: Path) -> None:
    path = os.fsencode(tmp_path / "docs") + b"/caf\xe9 \x1b[31m.txt"
    Path(os.fsdecode(path)).write_text("An espresso machine and its manual.\n")
    own_index.add(tmp_path / "docs")
    (result,) = find(own_index, "espresso manual")["results"]
    assert "%E9" in result["uri"]
    assert "\x1b" not in result["path"] + result["name"]


def test_a_folder_shows_its_own_copy_of_what_very_many_files_hold(
    own_index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "CONTENTS_PER_TEXT", 3)
    monkeypatch.setattr(lookup, "FILES_PER_CONTENT", 3)
    docs = tmp_path / "docs"
    licence = "Permission is hereby granted, free of charge, to any person obtaining a copy of it.\n"
    for name in ("equal", "other"):
        for folder in ("many", "one"):
            (docs / name / folder).mkdir(parents=True)
    for number in range(6):
        (docs / "equal" / "many" / f"{number}.txt").write_text(licence)
        # One passage that all share, and another that is each one's own.
        (docs / "other" / "many" / f"{number}.md").write_text(f"# Licence\n\n{licence}\n# Topic\n\nTopic {number}.\n")
    own_index.add(docs)
    (docs / "equal" / "one" / "mine.txt").write_text(licence)
    (docs / "other" / "one" / "mine.md").write_text(f"# Licence\n\n{licence}\n# Topic\n\nTopic mine.\n")
    own_index.add(docs)
    modes: tuple[Mode, ...] = ("keyword", "semantic", "hybrid")
    for mode in modes:
        for kind in ("equal", "other"):
            found = find(own_index, "permission granted free of charge", docs / kind / "one", mode=mode)
            assert [name.split(".")[0] for name in names(found)] == ["mine"], (mode, kind)


def test_a_folder_shows_its_own_file_of_a_name_that_very_many_bear(own_index: Index, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    for number in range(150):
        (docs / f"{number:03d}").mkdir()
        (docs / f"{number:03d}" / "readme.bin").write_bytes(b"\0\1")
    own_index.add(docs)
    (docs / "zz").mkdir()
    (docs / "zz" / "readme.bin").write_bytes(b"\0\1")
    for number in range(3):
        (docs / "zz" / f"{number}.txt").write_text(f"Readme file {number} is read first.\n")
    own_index.add(docs)
    assert "readme.bin" in names(find(own_index, "readme", docs / "zz", limit=3))


def test_a_file_of_the_far_future_is_found_like_any_other(own_index: Index, tmp_path: Path) -> None:
    path = tmp_path / "docs" / "future.txt"
    path.write_text(LEASE)
    os.utime(path, (10**12, 10**12))
    own_index.add(tmp_path / "docs")
    (result,) = find(own_index, "landlord deposit")["results"]
    assert datetime.fromisoformat(result["modified"]).year > 2400


@pytest.mark.skipif(sys.platform == "win32", reason="needs folders as descriptors")
def test_a_file_whose_path_is_longer_than_the_system_takes_is_found(tmp_path: Path, own_index: Index) -> None:
    root = tmp_path / "docs"
    root.mkdir(exist_ok=True)
    at = os.open(root, os.O_RDONLY)
    for _ in range(25):
        os.mkdir(b"d" * 200, dir_fd=at)
        inner = os.open(b"d" * 200, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = inner
    with open(os.open("deep.txt", os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=at), "w") as file:
        file.write(LEASE)
    os.close(at)
    try:
        own_index.add(root)
        assert "deep.txt" in [result["name"] for result in find(own_index, "landlord deposit")["results"]]
    finally:
        shutil.rmtree(root / ("d" * 200))


def test_a_folder_forgotten_during_a_search_ends_no_search(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup.FolderPaths, "path", lambda self, folder_id: None)
    assert find(index, "landlord deposit")["results"] == []


def test_words_answer_for_meaning_where_there_is_no_model(index: Index) -> None:
    searcher = searcher_with(index, lambda text, instruction: None)
    found = searcher.search(SearchRequest("landlord deposit", mode="semantic"))
    assert names(found)[0].startswith("lease")
    assert "by names and words" in found["notes"][0]


def test_what_was_read_of_a_folder_is_read_again_after_a_commit(own_index: Index, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    (docs / "a").mkdir()
    (docs / "a" / "first.txt").write_text(LEASE)
    (docs / "b.txt").write_text("Soup with barley.\n")
    own_index.add(docs)
    searcher = Searcher(
        own_index.catalog.reader,
        lambda: SpaceSearch(own_index.pipeline.space_id, own_index.exact, own_index.embedder.embed_query),
        lambda: own_index.catalog.commits,
        changes=own_index.catalog.changes,
    )
    request = SearchRequest("landlord deposit", (os.fsencode(docs / "a"),))
    assert names(searcher.search(request)) == ["first.txt"]
    (docs / "a" / "second.txt").write_text(f"And then: {LEASE}")
    own_index.add(docs)
    own_index.exact.refresh()
    found = searcher.search(request)
    assert set(names(found)) == {"first.txt", "second.txt"}
    assert found["coverage"]["indexed"] == 2


def test_the_file_that_is_called_so_comes_before_those_that_are_called_more(own_index: Index, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir(exist_ok=True)
    (folder / "stringprep.py").write_text('"""Prepares strings for the wire."""\n')
    (folder / "test_test_stringprep.py").write_text("def test_stringprep():\n    stringprep.check(stringprep)\n" * 3)
    own_index.add(folder)
    assert find(own_index, "stringprep.py")["results"][0]["name"] == "stringprep.py"
