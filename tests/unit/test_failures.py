"""Files that could not be read: grouped for a person, paged for a program, each with when it is tried again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from finder.service import failures
from finder.store import files, folders
from finder.store.catalog import Catalog
from finder.store.files import SeenFile
from finder.types import FileIdentity, FileState


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    made = Catalog(tmp_path / "catalog.db")
    yield made
    made.close()


def fail(catalog: Catalog, count: int, code: str, reason: str, state: FileState = FileState.FAILED) -> None:
    def write(connection: apsw.Connection) -> None:
        folder_id = folders.add_root(connection, b"/srv/notes", 1, 1, True)
        for number in range(count):
            seen = SeenFile(f"{code}-{number}.txt".encode(), FileIdentity(1, number, 1, 1, 1), "document")
            files.set_unread(connection, files.add(connection, folder_id, seen), state, "plain 1", code, reason)

    catalog.write(write)


def test_files_are_grouped_by_reason_the_most_frequent_first_with_examples(catalog: Catalog) -> None:
    fail(catalog, 2, "encrypted", "It is protected by a password")
    fail(catalog, 5, "corrupt", "It is damaged")
    fail(catalog, 1, "crashed_reader", "Its reader crashed")
    fail(catalog, 9, "binary", "It holds no text", FileState.NAME_ONLY)
    groups = failures.groups(catalog.reader(), FileState.FAILED)
    assert [(group["code"], group["count"], group["reason"]) for group in groups] == [
        ("corrupt", 5, "It is damaged"),
        ("encrypted", 2, "It is protected by a password"),
        ("crashed_reader", 1, "Its reader crashed"),
    ]
    assert groups[0]["examples"] == ["/srv/notes/corrupt-0.txt", "/srv/notes/corrupt-4.txt"]
    assert groups[2]["examples"] == ["/srv/notes/crashed_reader-0.txt"]
    assert "quarantine" in groups[2]["tried_again"]


def test_what_failed_for_different_reasons_stands_apart_whatever_their_code(catalog: Catalog) -> None:
    with_code = [("Scanned: no text inside", 2), ("No text inside", 1)]

    def write(connection: apsw.Connection) -> None:
        folder_id = folders.add_root(connection, b"/srv/notes", 1, 1, True)
        for reason, count in with_code:
            for number in range(count):
                seen = SeenFile(f"{reason}{number}".encode(), FileIdentity(1, number, 1, 1, 1), "document")
                file_id = files.add(connection, folder_id, seen)
                files.set_unread(connection, file_id, FileState.FAILED, "plain 1", "no_text", reason)

    catalog.write(write)
    groups = failures.groups(catalog.reader(), FileState.FAILED)
    assert [(group["reason"], group["count"]) for group in groups] == with_code


def test_every_file_stands_on_exactly_one_page(catalog: Catalog) -> None:
    fail(catalog, 2 * failures.SHOWN + 1, "corrupt", "It is damaged")
    seen: list[str] = []
    after: int | None = 0
    pages = 0
    while after is not None:
        page = failures.page(catalog.reader(), after)
        seen += [file["uri"] for file in page["files"]]
        after, pages = page["following"], pages + 1
    assert (len(seen), len(set(seen)), pages) == (2 * failures.SHOWN + 1, 2 * failures.SHOWN + 1, 3)


def test_a_folder_names_its_first_failures_and_counts_all(catalog: Catalog) -> None:
    fail(catalog, failures.SHOWN + 5, "corrupt", "It is damaged")
    folder_id = folders.folder_at(catalog.reader(), b"/srv/notes")
    assert folder_id is not None
    named, count = failures.below(catalog.reader(), [folder_id])
    assert (len(named), count) == (failures.SHOWN, failures.SHOWN + 5)
