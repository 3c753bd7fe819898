"""Text in pictures is read with the real tesseract, found with its place, and read again only where it must be."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from finder.errors import FileError
from finder.types import Extraction
from finder.workers.extract_front import ExtractFront
from tests import documents
from tests.documents_pictures import png, scanned_pdf
from tests.integration.pipelines import Index, open_index

pytestmark = pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")

PLUM = ("The plum tree wants pruning in March.", "Cut the crossing branches first.")
LEASE = ("The landlord returns the deposit", "within fourteen days of moving out.")


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExtractFront]:
    front = ExtractFront(tmp_path_factory.mktemp("logs"), recognises_text=lambda: True)
    if not front.recognises_text:
        pytest.skip("tesseract does not run, or has no language")
    yield front
    front.stop()


def read(front: ExtractFront, path: Path, recognises: bool = True) -> Extraction:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return front.extract(descriptor, os.fsencode(path.name), recognises)
    finally:
        os.close(descriptor)


def test_scanned_pages_are_read_at_their_place(front: ExtractFront, tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(scanned_pdf(PLUM * 8, (), LEASE * 16))  # long enough for passages of its own
    extraction = read(front, path)
    first, last = extraction.passages[0], extraction.passages[-1]
    assert (first.page, last.page) == (1, 3)
    assert "\n".join(PLUM) in first.text
    assert "\n".join(LEASE) in last.text
    assert extraction.is_recognised
    assert extraction.notes[0] == "recognised from pictures: pages 1, 3"


def test_only_pages_without_text_are_recognised(front: ExtractFront, tmp_path: Path) -> None:
    path = tmp_path / "mixed.pdf"
    path.write_bytes(scanned_pdf(PLUM, words="A covering letter"))
    assert read(front, path, recognises=False).blank_pages == (2,)
    extraction = read(front, path)
    assert "".join(passage.text for passage in extraction.passages) == "\n".join(["A covering letter", *PLUM])
    assert extraction.notes == ("recognised from pictures: page 2",)


def test_a_picture_is_read(front: ExtractFront, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(png(*LEASE))
    extraction = read(front, path)
    assert (extraction.type, extraction.passages[0].text) == ("image", "\n".join(LEASE))
    assert extraction.notes == ("recognised from pictures",)


@pytest.mark.parametrize(
    ("name", "data", "code"), [("a.pdf", scanned_pdf(()), "no_text"), ("a.png", png(), "unsupported")]
)
def test_a_picture_without_words_stays_without(
    front: ExtractFront, tmp_path: Path, name: str, data: bytes, code: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(FileError) as caught:
        read(front, path)
    assert caught.value.code == code


def test_a_damaged_picture_is_no_harm(front: ExtractFront, tmp_path: Path) -> None:
    path = tmp_path / "cut.png"
    path.write_bytes(png(*LEASE)[:2000])
    with pytest.raises(FileError):
        read(front, path)


def readers(index: Index) -> dict[str, str]:
    rows = index.catalog.reader().execute("SELECT name, reader FROM files").fetchall()
    return {name.decode(): reader.partition("@")[2][1:] for name, reader in rows}


def test_switching_it_reads_what_has_pictures_and_off_again_forgets_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "scan.pdf").write_bytes(scanned_pdf(PLUM))
    (folder / "photo.png").write_bytes(png(*LEASE))
    (folder / "letter.pdf").write_bytes(documents.pdf([["A letter with words"], []]))
    (folder / "notes.txt").write_text("only words")
    with open_index(tmp_path / "home") as index:
        index.add(folder)
        assert readers(index) == {"scan.pdf": "-ocr", "photo.png": "-ocr", "letter.pdf": "", "notes.txt": ""}
        assert (index.found_by_word("plum"), index.extracted) == (0, 2)

        index.recognises_text = True
        index.look(folder)
        assert readers(index) == {"scan.pdf": "+ocr", "photo.png": "+ocr", "letter.pdf": "", "notes.txt": ""}
        assert (index.found_by_word("plum"), index.found_by_word("landlord"), index.extracted) == (1, 1, 4)
        index.look(folder)
        assert index.extracted == 4

        index.recognises_text = False
        index.look(folder)
        assert (index.found_by_word("plum"), index.extracted) == (1, 4)
        assert set(index.orphans().values()) == {0}
