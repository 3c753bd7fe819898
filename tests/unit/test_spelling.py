"""Spelling help: what it proposes stands in a file, and it leaves alone what does."""

from __future__ import annotations

from collections.abc import Iterator

import apsw
import pytest

from finder.search.query import SearchRequest, understand
from finder.search.spelling import is_within, suggestion
from finder.store import contents, files, folders, schema
from finder.store.files import SeenFile
from finder.types import Extraction, FileIdentity, Passage

TEXT = (
    "The landlord returned the deposit. The Landlord's information on transcription factors was complete. "
    "Die Zweigstelle liegt in der Müllerstraße. Квартира сдаётся на год. 租客应当退还押金。 "
    "Rest at the start, Mr Dahlin said to Gazoo. A trial on a trail by the trial court and the trial judge. "
    "Sourdough in the kitchen."
)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apsw.Connection]:
    path = tmp_path_factory.mktemp("spelling") / "catalog.db"
    opened = schema.open_writer(path)
    with opened:
        folder = folders.add_root(opened, b"/docs", 1, 1, is_watched=False)
        files.add(opened, folder, SeenFile(b"Thermodynamics.pdf", FileIdentity(1, 1, 1, 1, 1), "document"))
        read = Extraction("document", None, None, False, False, 9, {}, (), (Passage(0, len(TEXT), TEXT),))
        contents.add(opened, b"hash", "text", read)
    opened.close()
    reader = schema.open_reader(path)
    yield reader
    reader.close()


def suggested(connection: apsw.Connection, query: str) -> str | None:
    return suggestion(connection, understand(SearchRequest(query)))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("landlrod", "landlord"),
        ("lanlord", "landlord"),
        ("landlordd", "landlord"),
        ("lendlord", "landlord"),
        ("informatino", "information"),
        ("transcirption facters", "transcription factors"),
        ("zweigstlle", "Zweigstelle"),
        ("mullerstrase", "Müllerstraße"),
        ("квратира", "Квартира"),
        ("thermodinamics", "Thermodynamics"),
        ("kichen", "kitchen"),
        ("sourdoh", "Sourdough"),
        ("trrail", "trail"),  # a doubled letter goes before the commoner word
        ("in:landlrod landlrod -kichen", "in:landlrod landlord -kichen"),
        ('the "landlrod" ext:pdf -deposit', 'the "landlord" ext:pdf -deposit'),
    ],
)
def test_the_nearest_word_that_stands_in_a_file_is_proposed(
    connection: apsw.Connection, typed: str, meant: str
) -> None:
    assert suggested(connection, typed) == meant


@pytest.mark.parametrize(
    "typed",
    ["landlord deposit", "deposits", "zzqxv", "tge", "押全", "err4711", "thermodynam", "the of"],
)
def test_what_is_known_short_or_like_nothing_is_left_alone(connection: apsw.Connection, typed: str) -> None:
    assert suggested(connection, typed) is None


@pytest.mark.parametrize(
    "typed", ["rent", "tart", "dahlias", "kazoo", "landroad", "in:landlrod rent", "-landlrod deposit"]
)
def test_what_may_be_right_does_not_become_another_word(connection: apsw.Connection, typed: str) -> None:
    assert suggested(connection, typed) is None


def test_a_word_that_never_ends_takes_no_time(connection: apsw.Connection) -> None:
    assert suggested(connection, "landlrod " + "x" * 5_000) == "landlord " + "x" * 5_000


@pytest.mark.parametrize(
    ("left", "right", "changes"),
    [("same", "same", 0), ("form", "from", 1), ("letter", "leter", 1), ("letter", "lettre", 1), ("abcd", "badc", 2)],
)
def test_distance_counts_swapped_neighbours_once(left: str, right: str, changes: int) -> None:
    assert is_within(left, right, changes)
    assert changes == 0 or not is_within(left, right, changes - 1)
