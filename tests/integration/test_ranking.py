"""What people type to get at one file comes first: codes, names, phrases, rare words; and nothing fits nonsense."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from finder.search.found import Found, FoundFile
from finder.search.reranking import Reranking, SentenceReranker
from finder.search.searcher import Searcher, SearchRequest, SpaceSearch
from finder.vectors import Float32Array
from tests.integration.pipelines import Index, open_index

UUID = "3f2a9c4e-7b1d-4e0a-9c55-0f6d2b8e1a77"
OTHER_UUID = "3f2a9c4e-7b1d-4e0a-9c55-0f6d2b8e1a78"

DOCUMENTS = {
    "manuals/washing machine.md": "# Faults\n\nE1234-56: the door is open. Close it and start the machine again.\n",
    "manuals/dishwasher.md": "# Faults\n\nE1234-65: no water. E1235-56: open the tap and start the machine again.\n",
    "manuals/error codes.txt": "An error code is a letter and numbers. Codes of errors stand in the manual.\n",
    "logs/monday.log": f"request {UUID} accepted\nrequest 77aa accepted\n",
    "logs/tuesday.log": f"request {OTHER_UUID} accepted\nrequest 88bb accepted\n",
    "code/session.py": "def refreshSessionToken(user):\n    return issue(user)\n",
    "code/token.py": "def issue(user):\n    # a token for the session of the user, refreshed\n    return sign(user)\n",
    "letters/2021.txt": "Dear Mrs Okonkwo, the session is on Friday. The invoice for the room is attached.\n",
    "letters/2022.txt": "Dear Mrs Smith, the session is on Monday. The invoice for the hall is attached.\n",
    "letters/2023.txt": "Dear Mr Miller, the invoice for the hall and the room is attached. See you on Friday.\n",
    "thesis/chapter-3.md": "The bridge fell since its deck swung in the wind.\n",
    "holiday/notes.md": "The bridge was crowded, and the wind was cold on its deck.\n",
    "holiday/budget-2024.ods.txt": "Hotels, trains and museums.\n",
    "work/budget.txt": "The budget-2024 of the unit, with the budget of the year before, in euros.\n",
    "work/quick.txt": "The quick brown fox jumps over the lazy dog.\n",
    "work/brown.txt": "The lazy brown dog is quick, and the fox jumps over the fox.\n",
    "work/minutes.html": "<title>Reykjavik meeting</title><p>The minutes of the meeting: budget, hall, invoice.</p>",
    "scans/lisbon/0001.bin": "\0",
    "scans/oslo/0002.bin": "\0",
    "kitchen/plumber.bin": "\0",
    "work/minutes-2.html": "<title>Oslo meeting</title><p>The minutes of the meeting: budget, hall, invoice, room.</p>",
}
FILLER = "The weather of day {0} in the valley: sun until noon, cloud {1} later, and rain on hill {2} at night.\n"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    docs = tmp_path_factory.mktemp("ranking") / "docs"
    filler = {f"weather/{day:03d}.txt": FILLER.format(day, day * 7 % 31, day * 11 % 29) for day in range(60)}
    for name, text in (DOCUMENTS | filler).items():
        (docs / name).parent.mkdir(parents=True, exist_ok=True)
        (docs / name).write_text(text, encoding="utf-8")
    with open_index(tmp_path_factory.mktemp("home") / "home") as opened:
        opened.add(docs)
        yield opened


def found_by(index: Index, query: str, reranking: Reranking | None = None) -> Found:
    index.exact.refresh()
    space = SpaceSearch(index.pipeline.space_id, index.exact, index.embedder.embed_query)
    return Searcher(index.catalog.reader, lambda: space, reranking=reranking).search(SearchRequest(query))


def place(result: FoundFile) -> str:
    return "/".join(result["path"].rsplit("/", 2)[1:])


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("E1234-56", "manuals/washing machine.md"),
        ("what does error E1234-56 mean", "manuals/washing machine.md"),
        ("machine shows e1235-56", "manuals/dishwasher.md"),
        (UUID, "logs/monday.log"),
        (OTHER_UUID, "logs/tuesday.log"),
        ("refreshSessionToken", "code/session.py"),
        ("where is refreshSessionToken defined for the user", "code/session.py"),
        ("Okonkwo", "letters/2021.txt"),
        ("the letter with the invoice for mrs okonkwo", "letters/2021.txt"),
        ('"quick brown fox"', "work/quick.txt"),
        ("budget-2024.ods.txt", "holiday/budget-2024.ods.txt"),
        ("budget-2024.ods", "holiday/budget-2024.ods.txt"),
        ("chapter-3", "thesis/chapter-3.md"),
        ("thesis bridge", "thesis/chapter-3.md"),
        ("holiday bridge", "holiday/notes.md"),
        ("minutes reykjavik", "work/minutes.html"),
        ("oslo minutes", "work/minutes-2.html"),
        ("reykjavik", "work/minutes.html"),
        ("scans lisbon", "lisbon/0001.bin"),
        ("lisbon scan", "lisbon/0001.bin"),
        ("plumber kitchen", "kitchen/plumber.bin"),
        ("<div class='x'>The <b>quick</b> brown fox jumps over the lazy dog.</div>", "work/quick.txt"),
        ("jumps -over\nthe quick brown fox", "work/quick.txt"),
    ],
)
def test_what_singles_a_file_out_finds_it_first(index: Index, query: str, first: str) -> None:
    results = found_by(index, query)["results"]
    assert place(results[0]) == first
    assert results[0]["strength"] != "weak"


def searched(index: Index, request: SearchRequest) -> Found:
    space = SpaceSearch(index.pipeline.space_id, index.exact, index.embedder.embed_query)
    return Searcher(index.catalog.reader, lambda: space).search(request)


def test_the_name_of_a_folder_counts_before_it_is_typed_to_its_end(index: Index) -> None:
    for query in ("bridge thes", "bridge holid"):
        results = searched(index, SearchRequest(query, is_typing=True))["results"]
        assert place(results[0]).startswith(query.split()[1])


def test_what_a_folder_holds_is_found_by_its_name_and_within_the_filters_alone(index: Index) -> None:
    found = searched(index, SearchRequest("scans"))
    fit = [result for result in found["results"] if result["strength"] == "good"]
    assert {place(result) for result in fit} == {"lisbon/0001.bin", "oslo/0002.bin"}
    assert {tuple(result["why"]) for result in fit} == {("name",)}
    assert sum(found["kinds"].values()) == len(fit)
    assert all(result["strength"] == "weak" for result in searched(index, SearchRequest("scans ext:txt"))["results"])


@pytest.mark.parametrize("query", ["E1234-56", UUID, "Okonkwo", "refreshSessionToken", "budget-2024.ods.txt"])
def test_what_one_file_alone_holds_is_strong_and_the_others_are_not(index: Index, query: str) -> None:
    strengths = [result["strength"] for result in found_by(index, query)["results"]]
    assert strengths[0] == "strong"
    assert "strong" not in strengths[1:]


@pytest.mark.parametrize(
    "query",
    [
        "flurble wopsit gnarf",
        "qwertz uiop asdfg",
        "knitting pattern for socks",
        "今天晚上吃什么好呢",
        "99182 33071 5512",
    ],
)
def test_what_nothing_answers_is_weak(index: Index, query: str) -> None:
    assert {result["strength"] for result in found_by(index, query)["results"]} <= {"weak"}


def test_common_words_that_meet_in_one_file_by_chance_do_not_make_it_sure(index: Index) -> None:
    strengths = [result["strength"] for result in found_by(index, "session invoice")["results"]]
    assert strengths[0] == "good"
    assert "strong" not in strengths


def test_a_word_that_many_files_hold_is_good_and_singles_none_out(index: Index) -> None:
    strengths = [result["strength"] for result in found_by(index, "invoice")["results"]]
    assert strengths[:3] == ["good"] * 3


def test_the_first_results_are_read_again_where_something_can(index: Index) -> None:
    class Backwards:
        """Wants what the first order has last."""

        asked = 0

        def scores(self, query: str, passages: Sequence[str]) -> Float32Array:
            self.asked = len(passages)
            return np.arange(len(passages), dtype=np.float32)

    reranker = Backwards()
    before = found_by(index, "the invoice for the hall")
    after = found_by(index, "the invoice for the hall", Reranking(reranker, 30.0))
    assert 2 < reranker.asked <= 30
    assert place(after["results"][0]) != place(before["results"][0])
    assert len(after["results"]) == len(before["results"])
    scores = [result["score"] for result in after["results"]]
    assert scores == sorted(scores, reverse=True)


def test_a_sentence_that_answers_lifts_its_file(index: Index) -> None:
    reranking = Reranking(SentenceReranker(index.embedder), 30.0)
    found = found_by(index, "the fox jumps over the lazy dog", reranking)
    assert place(found["results"][0]) == "work/quick.txt"


def test_a_late_second_look_changes_nothing(index: Index) -> None:
    is_over = threading.Event()

    class Late:
        def scores(self, query: str, passages: Sequence[str]) -> Float32Array:
            is_over.wait(60.0)
            return np.arange(len(passages), dtype=np.float32)

    try:
        found = found_by(index, "the invoice for the hall", Reranking(Late(), 0.01))
    finally:
        is_over.set()
    assert found["results"] == found_by(index, "the invoice for the hall")["results"]
