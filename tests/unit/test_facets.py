"""What filters read from the catalog: files by their facets, and the columns that lead from files to what they hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import numpy as np
import pytest

from finder.store import contents, facets, files, folders, lookup, phrases, schema, spaces
from finder.store.columns import Columns
from finder.store.facets import Facets
from finder.store.files import SeenFile
from finder.store.holdings import Holdings
from finder.types import Extraction, FileIdentity, Passage
from finder.vectors import BoolArray, Space

GERMAN = "Der Vermieter gibt die Kaution zurück, nachdem der Mieter aus der Wohnung ausgezogen ist."


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[apsw.Connection]:
    opened = schema.open_writer(tmp_path / "catalog.db")
    folders.add_root(opened, b"/docs", 1, 1, True)
    yield opened
    opened.close()


def add_file(connection: apsw.Connection, name: str, *texts: str, folder_id: int = 1, **facts: int) -> int:
    """A file of that name with these passages; its id."""
    identity = FileIdentity(1, 1, facts.get("size", 10), facts.get("mtime", 0), 0)
    type_ = "image" if name.endswith("png") else "document"
    file_id = files.add(connection, folder_id, SeenFile(name.encode(), identity, type_))
    if texts:
        found = tuple(Passage(0, len(text), text) for text in texts)
        extraction = Extraction("document", None, None, False, False, 10, {}, (), found)
        digest = repr((name, texts)).encode()
        files.set_read(connection, file_id, "text@2", contents.add(connection, digest, "text@2", extraction))
    return file_id


def embed(connection: apsw.Connection) -> int:
    """Give every text a vector, and the space's id."""
    space_id = spaces.activate(connection, Space("key", "model", 2))
    sql = "INSERT INTO vectors(space_id, text_id, vector) SELECT ?, id, x'0000' FROM texts WHERE id NOT IN"
    connection.execute(f"{sql} (SELECT text_id FROM vectors)", (space_id,))
    return space_id


def ids(chosen: BoolArray) -> set[int]:
    return set(np.flatnonzero(chosen).tolist())


def content_of(connection: apsw.Connection, file_id: int) -> int:
    return int(connection.execute("SELECT content_id FROM files WHERE id = ?", (file_id,)).get)


def mask(*ids: int) -> BoolArray:
    return facets.mask_of(np.array(ids))


def test_an_ending_follows_the_name(connection: apsw.Connection) -> None:
    file_id = add_file(connection, "draft.txt")
    row = files.get(connection, file_id)
    assert row is not None
    files.move(connection, row, 1, b"draft.MD")
    now = Facets.now(connection, Columns())
    assert ids(now.with_endings(["md"])) == {file_id}
    assert ids(now.with_endings(["txt"])) == set()


def test_files_are_found_by_each_facet_and_by_all_together(connection: apsw.Connection) -> None:
    photo = add_file(connection, "photo.png", size=5_000, mtime=100)
    note = add_file(connection, "note.txt", size=50, mtime=200)
    tarball = add_file(connection, "all.tar.gz", size=500, mtime=300)
    now = Facets.now(connection, Columns())
    assert ids(now.all()) == {photo, note, tarball}
    assert ids(now.of_types(["image"])) == {photo}
    assert ids(now.of_types(["image", "mail"])) == {photo}
    assert ids(now.with_endings(["tar.gz", "txt"])) == {note, tarball}
    assert ids(now.with_endings(["ar.gz", "_ll.tar.gz", "tar.gz.gz"])) == set()
    assert ids(now.with_endings(["r.gz"])) == set()
    assert ids(now.within("size_bytes", 500, None)) == {photo, tarball}
    assert ids(now.within("mtime_ns", 100, 300) & now.within("size_bytes", None, 100)) == {note}
    assert ids(now.within("mtime_ns", 10**30, None)) == set()
    assert now.newest(mask(photo, note), 5) == [note, photo]
    assert now.newest(now.all(), 2) == [tarball, note]
    assert now.types_of(now.all()) == {"document": 2, "image": 1}
    assert (now.count(now.all(), "waiting"), now.count(now.all(), "failed")) == (3, 0)


def test_of_equally_new_files_the_first_added_come_first(connection: apsw.Connection) -> None:
    added = [add_file(connection, f"{number}.txt", mtime=number % 2) for number in range(8)]
    now = Facets.now(connection, Columns())
    assert now.newest(now.all(), 3) == [added[1], added[3], added[5]]


def test_files_are_known_by_their_folder_and_by_the_language_of_their_text(connection: apsw.Connection) -> None:
    below = folders.add(connection, 1, b"below", 1, 2)
    top, inner = add_file(connection, "a.txt", GERMAN), add_file(connection, "a.txt", folder_id=below)
    now = Facets.now(connection, Columns())
    assert ids(now.in_folders({below})) == {inner}
    assert ids(now.in_folders({1, below})) == {top, inner}
    assert ids(now.in_folders(())) == set()
    assert ids(now.in_languages(["de", "fr"])) == {top}
    assert ids(now.in_languages(["fr"])) == set()


def test_a_folder_is_known_by_its_name_and_by_the_end_of_its_path(connection: apsw.Connection) -> None:
    papers = folders.add(connection, 1, b"Papers", 1, 2)
    inner = folders.add(connection, papers, b"50%_off", 1, 3)
    assert folders.called(connection, "papers") == [papers]
    assert folders.called(connection, "docs") == [1]
    assert folders.called(connection, "docs/papers/50%_off") == [inner]
    assert folders.called(connection, "other/papers") == []
    assert folders.called(connection, "50%xoff") == []
    assert folders.called(connection, "/") == []
    assert folders.beginning_with(connection, "pap", 5) == [b"/docs/Papers"]
    assert folders.beginning_with(connection, "do", 5) == [b"/docs"]


def test_a_folder_is_known_in_any_letters_and_without_its_accents(connection: apsw.Connection) -> None:
    drafts = folders.add(connection, 1, "Übungen".encode(), 1, 2)
    cyrillic = folders.add(connection, 1, "Архив".encode(), 1, 3)
    composed_of_two = folders.add(connection, cyrillic, "Cafe\u0301".encode(), 1, 4)
    for name in ("übungen", "ÜBUNGEN", "ubungen", "U\u0308bungen"):
        assert folders.called(connection, name) == [drafts]
    assert folders.called(connection, "архив") == [cyrillic]
    assert folders.called(connection, "АРХИВ/café") == [composed_of_two]
    assert folders.called(connection, "bungen") == []
    assert folders.beginning_with(connection, "üb", 5) == ["/docs/Übungen".encode()]
    assert folders.beginning_with(connection, "арх", 5) == ["/docs/Архив".encode()]


def test_the_columns_follow_what_is_added_and_removed(
    connection: apsw.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the catalog uses a number again, as it does for the newest content once that is gone."""
    monkeypatch.setattr("finder.store.holdings._READ_AGAIN", 3)
    holdings = Holdings()
    kept = add_file(connection, "kept.txt", "one", "two", "shared")
    space_id = embed(connection)
    for generation in range(12):
        file_id = add_file(connection, f"{generation}.txt", f"only here {generation}", "shared")
        content_id = content_of(connection, file_id)
        texts = np.flatnonzero(holdings.texts_in(connection, mask(content_id))).tolist()
        expected = connection.execute("SELECT text_id FROM passages WHERE content_id = ?", (content_id,)).fetchall()
        assert sorted(texts) == sorted(text_id for (text_id,) in expected)
        assert holdings.without_vector(connection, space_id, mask(content_id)).nonzero()[0].tolist() == [content_id]

        embed(connection)
        assert not holdings.without_vector(connection, space_id, mask(content_id)).any()
        seqs = holdings.seqs_of(connection, space_id, mask(*texts))
        assert sorted(seqs.tolist()) == seqs.tolist()
        assert len(seqs) == 2
        shared = phrases.texts_with(connection, "shared")
        holders = np.flatnonzero(holdings.contents_with(connection, shared)).tolist()
        assert {content_of(connection, kept), content_id} <= set(holders)
        if generation % 3:
            row = files.get(connection, file_id)
            assert row is not None
            contents.remove_unreferenced(connection, files.remove(connection, [(row.id, row.name, row.content_id)]))


@pytest.mark.parametrize(
    ("text", "phrase", "is_there"),
    [
        ("The final report of May", "final REPORT", True),
        ("The report is final", "final report", False),
        ("Über den Café-Besuch", "uber den cafe besuch", True),
        ("房东应当退还押金。", "退还押金", True),
        ("房东应当退还押金。", "押金", True),
        ("房东应当退还押金。", "金", True),
        ("房东应当退还押金。", "应当押金", False),
        ("使用 iPhone 手机拍照", "iPhone 手机", True),
        ("使用手机 iPhone 拍照", "手机 iPhone", True),
        ("合同，押金", "合同，押金", True),
        ('she said "yes" to it', 'said "yes"', True),
        ("a AND b NEAR c", "AND b NEAR", True),
    ],
)
def test_words_of_a_phrase_stand_in_a_row(connection: apsw.Connection, text: str, phrase: str, is_there: bool) -> None:
    add_file(connection, "a.txt", text)
    assert bool(len(phrases.texts_with(connection, phrase))) is is_there


def test_names_are_found_by_words_that_begin_so(connection: apsw.Connection) -> None:
    file_id = add_file(connection, "annual report-2023.txt")
    assert phrases.files_named(connection, "annual rep", is_beginning=True).tolist() == [file_id]
    assert phrases.files_named(connection, "annual rep").tolist() == []
    assert phrases.files_named(connection, "report annual", is_beginning=True).tolist() == []


def test_while_most_texts_wait_the_files_that_wait_are_counted_as_files(connection: apsw.Connection) -> None:
    with connection:  # one commit
        for number in range(100):
            add_file(connection, f"done {number}", f"done {number}")
        space_id = embed(connection)
        for number in range(5):
            add_file(connection, f"book {number}", *(f"book {number} page {page}" for page in range(600)))
        for number in range(300):
            add_file(connection, f"note {number}", f"note {number}")
    assert lookup.count_files_without_meaning(connection, space_id) == 305


def test_of_very_many_files_a_share_tells_how_many_wait(connection: apsw.Connection) -> None:
    with connection:
        for number in range(2_000):
            add_file(connection, f"done {number}", f"done {number}")
        space_id = embed(connection)
        for number in range(2_500):
            add_file(connection, f"note {number}", f"note {number}")
    assert lookup.count_files_without_meaning(connection, space_id) == pytest.approx(2_500, rel=0.05)


def test_one_long_file_that_waits_among_very_many_is_never_overlooked(connection: apsw.Connection) -> None:
    """What is pending is why a search may find nothing yet: "nothing fits" would be untrue."""
    with connection:
        for number in range(4_000):
            add_file(connection, f"done {number}", f"done {number}")
        space_id = embed(connection)
        add_file(connection, "book", *(f"page {page}" for page in range(2_001)))
    assert lookup.count_files_without_meaning(connection, space_id) >= 1
