"""Folders are found by the words of their names, from the root down."""

from __future__ import annotations

import random
import time

import apsw
import pytest

from finder.search.folder_names import FolderNames, is_form_of, told_by
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


def test_a_folder_may_be_called_by_another_writing_of_a_word() -> None:
    holders = {"kuendigung": [2], "err": [3], "2041": [3]}
    names = FolderNames({1: None, 2: 1, 3: 1}, {1: [2, 3]}, holders, sorted(holders))
    assert names.called([Term("kundigung", False, 1, 5.0, ("kuendigung",))]) == [2]
    assert names.called([Term("err2041", False, 1, 5.0, ("err 2041",))]) == [3]
    terms = [Term("kundigung", False, 1, 5.0, ("kuendigung",)), Term("err2041", False, 1, 5.0, ("err 2041",))]
    assert told_by(frozenset({"kuendigung", "err"}), terms) == terms[:1]


def test_what_lies_below_comes_after_what_it_lies_in(names: FolderNames) -> None:
    assert list(names.below([2, 6])) == [2, 6, 3, 4, 7, 5]


def test_words_tell_the_terms_of_which_they_are_forms() -> None:
    rng = random.Random(1)
    for _ in range(300):
        some = ["".join(rng.choices("ab", k=rng.randrange(1, 10))) for _ in range(20)]
        words = frozenset(some[:6])
        terms = [
            Term(" ".join(rng.choices(some, k=rng.randrange(1, 3))), rng.random() < 0.2, 1, 5.0) for _ in range(10)
        ]
        assert told_by(words, terms) == [
            term
            for term in terms
            if all(any(is_form_of(word, part, term.is_prefix) for word in words) for part in term.text.split())
        ]


def test_a_word_that_every_folder_of_a_deep_tree_bears_costs_no_more_than_their_number() -> None:
    depth = 10_000
    parents = {id: id - 1 if id > 1 else None for id in range(1, depth + 1)}
    children = {id: [id + 1] for id in range(1, depth)}
    holders = {"deep": list(range(2, depth + 1)), "last": [depth]}
    begun = time.process_time()
    found = FolderNames(parents, children, holders, sorted(holders)).called(
        [Term("deep", False, 1, 5.0), Term("last", False, 1, 5.0)]
    )
    assert found == [depth]
    assert time.process_time() - begun < 3
