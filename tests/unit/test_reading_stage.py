"""The reading stage lets go of a file whatever comes in between."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from finder.errors import EnvironmentFaultError, FileError
from finder.files.identity import identity_of
from finder.index.activity import Activity
from finder.index.reading import ReadingStage
from finder.store import files, folders
from finder.store.catalog import Catalog
from finder.store.files import SeenFile
from finder.types import Extraction, FileState
from tests.integration.pipelines import wait_until


class FalteringCatalog(Catalog):
    """Has no reading connection to give, once, where `good_readers` were given: as where descriptors are short."""

    good_readers = -1

    def reader(self) -> apsw.Connection:
        self.good_readers -= 1
        if self.good_readers == -1:
            raise EnvironmentFaultError("The catalog cannot be opened")
        return super().reader()


class Wordless:
    """An extractor for files in which there are no words."""

    recognises_text = False

    def extract(self, descriptor: int, name: bytes, recognises: bool = False) -> Extraction:
        raise FileError("no_text", "No text inside")


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[FalteringCatalog]:
    opened = FalteringCatalog(tmp_path / "catalog.db")
    yield opened
    opened.close()


@pytest.fixture
def stage(catalog: FalteringCatalog, tmp_path: Path) -> Iterator[ReadingStage]:
    """With two files that wait. Its threads are not started: a test works in their place."""
    names = (b"a.txt", b"b.txt")
    for name in names:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_text("words")

    def add(connection: apsw.Connection) -> None:
        folder = folders.add_root(connection, os.fsencode(tmp_path), 1, 1, is_watched=False)
        for name in names:
            identity = identity_of(os.lstat(os.path.join(os.fsencode(tmp_path), name)))
            files.add(connection, folder, SeenFile(name, identity, "document"))

    catalog.write(add)
    made = ReadingStage(
        catalog,
        Wordless(),
        Activity(),
        threads=1,
        focus=lambda: None,
        on_read=lambda dead: None,
        on_vanished=lambda folder: None,
    )
    yield made
    made.leave()


def test_a_file_that_was_taken_up_when_the_catalog_could_not_be_read_is_taken_up_again(
    catalog: FalteringCatalog, stage: ReadingStage
) -> None:
    catalog.good_readers = 1  # enough to learn what waits, and not to look at the first of it
    with pytest.raises(EnvironmentFaultError):
        stage.work()
    assert not stage.is_busy
    while stage.work():
        pass
    wait_until(lambda: not stage.is_busy)
    states = catalog.reader().execute("SELECT state FROM files").fetchall()
    assert states == [(FileState.FAILED,)] * 2
