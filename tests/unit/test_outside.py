"""Documents outside the index: known by the catalog's own hash, and looked at again while they wait for a model."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import apsw
import pytest

from finder.embed.deterministic import HashEmbedder
from finder.errors import FileError, FinderError
from finder.files.identity import hash_descriptor, hash_samples
from finder.search.likeness.outside import Outside
from finder.store import contents, files, folders, spaces
from finder.store.files import SeenFile
from finder.store.schema import open_writer
from finder.types import Extraction, FileIdentity, Passage
from finder.vectors import Float32Array

EMBEDDER = HashEmbedder()
PICTURE = b"\x89PNG\r\n" + bytes(500_000)


def extraction_of(*texts: str) -> Extraction:
    passages = tuple(Passage(0, len(text), text) for text in texts)
    return Extraction("document", None, None, False, False, sum(map(len, texts)), {}, (), passages)


class Reading:
    """Takes lines for passages; fails as a drive does where there are none."""

    def extract(self, descriptor: int, name: bytes) -> Extraction:
        text = os.pread(descriptor, 1000, 0).decode()
        if not text:
            raise OSError(5, "Input/output error")
        return extraction_of(*text.splitlines())


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[apsw.Connection]:
    opened = open_writer(tmp_path / "catalog.db")
    spaces.activate(opened, EMBEDDER.space)
    yield opened
    opened.close()


def add(writer: apsw.Connection, name: bytes, digest: bytes, *texts: str) -> None:
    content_id = contents.add(writer, digest, "test@1", extraction_of(*texts))
    folder_id = folders.add_root(writer, b"/docs", 0, 0, is_watched=False)
    file_id = files.add(writer, folder_id, SeenFile(name, FileIdentity(1, 1, 1, 1, 1), "document"))
    files.set_read(writer, file_id, "test@1", content_id)


def nothing(texts: Sequence[str]) -> Float32Array | None:
    return None


def test_a_document_is_looked_at_again_while_some_of_it_waits_for_a_model(
    writer: apsw.Connection, tmp_path: Path
) -> None:
    known = "The rent is due on the third working day."
    add(writer, b"lease.txt", b"x" * 32, known)
    text_id = int(writer.execute("SELECT id FROM texts").get)
    spaces.add_vectors(writer, 1, [text_id], EMBEDDER.embed_passages([known]))
    (tmp_path / "draft.txt").write_text(f"{known}\nDogs need written consent.\n")
    outside, path = Outside(Reading()), os.fsencode(tmp_path / "draft.txt")
    assert len(outside.file(writer, 1, path, nothing).vectors) == 1
    assert len(outside.file(writer, 1, path, EMBEDDER.embed_passages).vectors) == 2
    assert len(outside.file(writer, 1, path, nothing).vectors) == 2  # remembered


@pytest.mark.parametrize("is_recognised", [True, False])
def test_a_picture_is_known_by_the_hash_that_the_catalog_has_of_it(
    writer: apsw.Connection, tmp_path: Path, is_recognised: bool
) -> None:
    """By all its bytes where the words that it shows are read, by samples where they are not."""
    path = tmp_path / "sign.png"
    path.write_bytes(PICTURE)
    descriptor = os.open(path, os.O_RDONLY)
    digest = (hash_descriptor if is_recognised else hash_samples)(descriptor, len(PICTURE))
    os.close(descriptor)
    add(writer, b"sign, copy.png", digest, "Mind the gap")
    portrait = Outside(Reading()).file(writer, 1, os.fsencode(path), nothing)
    assert portrait.hash == digest
    assert portrait.has_text


def test_a_drive_that_fails_is_an_error_in_words(writer: apsw.Connection, tmp_path: Path) -> None:
    (tmp_path / "lost.txt").touch()
    with pytest.raises(FinderError) as caught:
        Outside(Reading()).file(writer, 1, os.fsencode(tmp_path / "lost.txt"), nothing)
    assert not isinstance(caught.value, FileError)
    assert caught.value.path == str(tmp_path / "lost.txt")
