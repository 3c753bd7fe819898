"""Folders are found by the words of their names, from the root down."""

from __future__ import annotations

import apsw
import pytest

from finder.search.folder_names import FolderNames
from finder.store.bm25 import Term

PATHS = {
    1: (None, "/home/ada/Documents"),
    2: (1, "Invoices"),
    3: (2, "2019"),
    4: (2, "2020"),
    5: (4, "Vattenfall AG"),
    6: (1, "thesis"),
    7: (6, "invoices"),
    8: (1, "租房合同"),
    9: (1, "getUserName"),
}


@pytest.fixture
def names() -> FolderNames:
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE folders(id INTEGER PRIMARY KEY, parent_id INTEGER, name BLOB)")
    rows = ((id, parent, name.encode()) for id, (parent, name) in PATHS.items())
    connection.executemany("INSERT INTO folders VALUES(?, ?, ?)", rows)
    return FolderNames.read(connection)


def called(names: FolderNames, query: str, is_typing: bool = False) -> list[int]:
    words = query.split()
    return names.called([Term(word, is_typing and word is words[-1], 1, 5.0) for word in words])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("invoices", [2, 7]),
        ("invoice", [2, 7]),  # a form of the word
        ("2019 invoices", [3]),
        ("invoices vattenfall 2020", [5]),
        ("thesis invoices", [7]),
        ("documents", [1]),  # the root itself is one of them, what lies above it is none
        ("ada", []),
        ("invoices 2021", []),
        ("租房 房合", [8]),
        ("user", [9]),
        ("inv", []),
    ],
)
def test_every_word_stands_on_the_way_down_to_the_outermost_folder(
    names: FolderNames, query: str, found: list[int]
) -> None:
    assert called(names, query) == found


def test_a_word_that_is_being_typed_finds_what_begins_so(names: FolderNames) -> None:
    assert called(names, "2020 vatt", is_typing=True) == [5]


def test_a_compound_wants_all_its_words_in_one_name(names: FolderNames) -> None:
    assert names.called([Term("vattenfall ag", False, 1, 5.0)]) == [5]


def test_what_lies_below_comes_after_what_it_lies_in(names: FolderNames) -> None:
    assert list(names.below([2, 6])) == [2, 6, 3, 4, 7, 5]
