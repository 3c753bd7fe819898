"""Passages by chance: of documents, however few of them there are among other files, and none that is boilerplate."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from finder.store import contents, files, folders, samples
from finder.store.files import SeenFile
from finder.store.schema import open_writer
from finder.types import Extraction, FileIdentity, Passage

LEASE = "The landlord returns the deposit within fourteen working days after the tenant has handed over every key."


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[apsw.Connection]:
    opened = open_writer(tmp_path / "catalog.db")
    folders.add_root(opened, b"/docs", 0, 0, is_watched=False)
    yield opened
    opened.close()


def add(writer: apsw.Connection, name: bytes, text: str | None) -> None:
    file_id = files.add(writer, 1, SeenFile(name, FileIdentity(1, 1, 1, 1, 1), "document"))
    if text is not None:
        passage = Passage(0, len(text), text)
        extraction = Extraction("document", None, None, False, False, len(text), {}, (), (passage,))
        files.set_read(writer, file_id, "test@1", contents.add(writer, name.ljust(32), "test@1", extraction))


def test_a_document_is_met_however_many_files_have_no_text(writer: apsw.Connection) -> None:
    with writer:
        add(writer, b"lease.txt", LEASE)
        for number in range(1_000):
            add(writer, b"%d.jpg" % number, None)
    found = samples.passage(writer, random.Random(1))
    assert found is not None
    assert found.text == LEASE


def test_what_stands_in_many_documents_or_is_short_is_not_asked_for(writer: apsw.Connection) -> None:
    assert samples.passage(writer, random.Random(0)) is None
    with writer:
        for number in range(3):
            add(writer, b"%d.txt" % number, LEASE)
        add(writer, b"short.txt", "Too short.")
    assert all(samples.passage(writer, random.Random(seed)) is None for seed in range(20))
