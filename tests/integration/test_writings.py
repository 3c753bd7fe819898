"""A number or a name is found however it is written: in groups or in one, with its language's letters or without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from finder.search.found import Found
from finder.search.query import understand
from finder.search.searcher import Searcher, SearchRequest, SpaceSearch
from finder.search.writings import with_other_writings
from tests.integration.pipelines import Index, open_index

TEXTS = {
    "deposit.txt": "Please transfer the deposit to IBAN DE89 3704 0044 0532 0130 00 within 14 days.\n",
    "hotline.txt": "The hotline is 08003301000, day and night.\n",
    "transfer.txt": "Booked from MT84MALT011000012345MTLCAST001S999 yesterday.\n",
    "plumber.txt": "The plumber answers at +49 30 5557 0192.\n",
    "rent.txt": "The rent will be 1,235 EUR a month.\n",
    "ferry.txt": "The second instalment is 4,250.50 for the ferry.\n",
    "grid.txt": "Row 1235 of the grid, row 142, version 2.14.5 of it, and row 54990.\n",
    "washer.txt": "The washing machine WM-880 leaks, and the pump ZX77 is loud.\n",
    "codes.txt": "1122 112233 11223344 2233 223344\n",
    "login.log": "login failed with ERR_2041\n",
    "upload_resume.py": "def resume(session):\n    return session\n",
    "Kuendigung 2019.jpg": "",
    "notice.txt": "Die Kündigung des Vertrags ist bestätigt.\n",
    "cruise.txt": "Ein Ausflug nach Łódź und Tromsø.\n",
    "poems.txt": "The poet wrote of a guest.\n",
    "pots.txt": "A pot of gust.\n",
    "russian.txt": "Подписан договор об аренде.\n",
    "spanish.txt": "La caldera no funciona, descontaremos una parte del alquiler.\n",
    "release.txt": "Released as 1.4.2, for 549.90.\n",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    docs = tmp_path_factory.mktemp("writings") / "docs"
    docs.mkdir()
    for name, text in TEXTS.items():
        (docs / name).write_text(text, encoding="utf-8")
    with open_index(tmp_path_factory.mktemp("home") / "home") as opened:
        opened.add(docs)
        yield opened


def find(index: Index, query: str) -> Found:
    index.exact.refresh()
    space = SpaceSearch(index.pipeline.space_id, index.exact, index.embedder.embed_query)
    return Searcher(index.catalog.reader, lambda: space).search(SearchRequest(query, mode="keyword"))


def names(found: Found) -> set[str]:
    return {result["name"] for result in found["results"]}


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("DE89370400440532013000", "deposit.txt"),
        ("DE89 3704 0044 0532 0130 00", "deposit.txt"),
        ("+493055570192", "plumber.txt"),
        ("55570192", "plumber.txt"),
        ("0800 330 1000", "hotline.txt"),
        ("MT84 MALT 0110 0001 2345 MTLC AST0 01S9 99", "transfer.txt"),
        ("0800/330-1000", "hotline.txt"),
        ("4250.50", "ferry.txt"),
        ("€4250", "ferry.txt"),
        ("WM880", "washer.txt"),
        ("ZX 77", "washer.txt"),
        ("ZX-77", "washer.txt"),
        ("ERR2041", "login.log"),
        ("uploadresume", "upload_resume.py"),
        ("lodz", "cruise.txt"),
        ("Tromsoe", "cruise.txt"),
        ("kündigen", "notice.txt"),
        ("договоры", "russian.txt"),
        ("alquileres", "spanish.txt"),
    ],
)
def test_what_is_written_otherwise_in_a_file_is_found_and_strong(index: Index, typed: str, name: str) -> None:
    first = find(index, typed)["results"][0]
    assert (first["name"], first["strength"]) == (name, "strong")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("1235", {"rent.txt", "grid.txt"}),
        ("1,235", {"rent.txt", "grid.txt"}),
        ("Kündigung", {"Kuendigung 2019.jpg", "notice.txt"}),
    ],
)
def test_files_that_write_it_differently_are_found_together(index: Index, typed: str, expected: set[str]) -> None:
    assert {one["name"] for one in find(index, typed)["results"] if one["strength"] != "weak"} == expected


@pytest.mark.parametrize(
    ("typed", "missing"),
    [("1.4.2", "grid.txt"), ("549.90", "grid.txt"), ("poet", "pots.txt"), ("guest", "pots.txt")],
)
def test_a_version_or_a_price_is_no_other_number_and_a_known_word_no_other_word(
    index: Index, typed: str, missing: str
) -> None:
    assert missing not in {one["name"] for one in find(index, typed)["results"] if one["strength"] != "weak"}


def test_what_is_equal_is_marked_where_it_is_written_otherwise(index: Index) -> None:
    passage = find(index, "ERR2041")["results"][0]["passages"][0]
    assert [passage["text"][start:end] for start, end in passage["words"]] == ["ERR", "2041"]
    (named,) = (one for one in find(index, "Kündigung")["results"] if one["name"].endswith(".jpg"))
    assert [named["name"][start:end] for start, end in named["name_words"]] == ["Kuendigung"]


def test_what_stands_nowhere_in_any_writing_is_not_found(index: Index) -> None:
    assert not find(index, "DE99370400440532013000")["results"]
    assert not find(index, "12350")["results"]


def test_of_many_writings_of_one_word_the_longest_count_whatever_the_run(index: Index) -> None:
    query = with_other_writings(index.catalog.reader(), understand(SearchRequest("11 22 33 44")))
    assert query.others["22"] == ("11223344", "112233", "223344", "1122")
