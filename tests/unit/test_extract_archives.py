"""Archives: every member by its own reader, at its place; and what no archive may cost. The sandbox reads them too."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import tarfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from finder.errors import FileError
from finder.extract.reader import Limits
from finder.extract.registry import read_document
from finder.passages import split
from finder.workers.extract_front import ExtractFront
from tests.documents import zipped
from tests.documents_books import epub
from tests.documents_mail import mail, message, msg, multipart, part
from tests.documents_media import jpeg, mp3, tiff, xmp
from tests.reading import code_of, read

_FILES = {"notes/plum.md": b"# Garden\n\nThe plum tree.\n", "notes/empty.txt": b"", "bees.csv": b"what,when\nbee,May\n"}


def _tar(files: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.zip", zipped(_FILES)),
        ("a.tar", _tar(_FILES)),
        ("a.tgz", gzip.compress(_tar(_FILES))),
        ("a.tar.gz", gzip.compress(_tar(_FILES))),
        ("a.tar.bz2", bz2.compress(_tar(_FILES))),
        ("a.tar.xz", lzma.compress(_tar(_FILES))),
    ],
)
def test_members_are_listed_and_read_at_their_places(name: str, data: bytes) -> None:
    document = read(name, data)
    assert document.text.startswith("notes/plum.md\nnotes/empty.txt\nbees.csv\n")
    at = document.text.index("The plum tree")
    place = [place for place in document.places if place.start <= at][-1]
    assert (place.label, place.heading) == ("member notes/plum.md", "Garden")
    assert any((place.label or "").startswith("member bees.csv, row") for place in document.places)
    assert (document.type, document.notes) == ("archive", ())


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_single_compressed_file_is_read_as_itself(pack: object) -> None:
    assert callable(pack)
    document = read("plum.md.gz", pack(b"# Garden\n\n") + pack(b"The plum tree.\n"))
    assert document.text == "# Garden\n\nThe plum tree.\n"
    assert document.title == "Garden"


def test_archives_in_archives_are_opened_to_the_third_level() -> None:
    data = b"words at the bottom"
    for level in range(6):
        data = zipped({f"{level}.zip" if level else "plum.txt": data})
    document = read("a.zip", data)
    assert "3.zip" in document.text
    assert "words at the bottom" not in document.text
    assert any("Nested too deeply" in note for note in document.notes)
    assert "words at the bottom" in read("a.zip", zipped({"b.zip": zipped({"plum.txt": b"words at the bottom"})})).text


def _locked(data: bytes, name: bytes) -> bytes:
    """With the bit set that says: encrypted; at the member and in the directory."""
    archive = bytearray(data)
    at = archive.find(name)
    while at >= 0:
        head = archive.rfind(b"PK", 0, at)
        archive[head + (6 if archive[head + 2 : head + 4] == b"\3\4" else 8)] |= 1
        at = archive.find(name, at + 1)
    return bytes(archive)


def test_a_locked_member_is_named_and_a_locked_archive_is_encrypted() -> None:
    document = read("a.zip", _locked(zipped({"secret.txt": b"x" * 20, "open.txt": b"plum"}), b"secret.txt"))
    assert "plum" in document.text
    assert document.notes == ("member secret.txt: Protected by a password",)
    assert code_of("a.zip", _locked(zipped({"secret.txt": b"x" * 20}), b"secret.txt")) == "encrypted"


@pytest.mark.parametrize("pack", ["zip", "gz", "tgz", "xz"])
def test_a_bomb_stays_small(pack: str) -> None:
    begun = time.process_time()
    zeros = bytes(1 << 20)
    limits = Limits(inflated_bytes=8 << 20)
    bomb = io.BytesIO()
    if pack == "zip":
        with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("zeros.txt", "w") as member:
            for _ in range(70):
                member.write(zeros)
        assert read("a.zip", bomb.getvalue(), limits).notes == ("member zeros.txt: Too large when unpacked",)
    else:
        inside = _tar({"zeros.txt": zeros * 20}) if pack == "tgz" else zeros * 20
        data = lzma.compress(inside, preset=0) if pack == "xz" else gzip.compress(inside, 1)
        assert code_of(f"a.{pack}", data, limits) == "too_large"
    assert time.process_time() - begun < 10


@pytest.mark.parametrize(("words", "codec"), [("сливовое дерево.txt", "cp866"), ("梅の木.txt", "utf-8")])
def test_a_member_may_be_named_in_any_codec(words: str, codec: str) -> None:
    data = zipped({"x" * len(words.encode(codec)): b"plum"}).replace(
        b"x" * len(words.encode(codec)), words.encode(codec)
    )
    assert read("a.zip", data).text.startswith(words)


def test_a_member_without_a_name_spoils_nothing() -> None:
    assert "plum" in read("a.zip", zipped({"a.txt": b"plum", "x": b"pear"}).replace(b"x", b"\0")).text


def test_links_and_devices_in_a_tar_are_no_files() -> None:
    document = read("a.tar", _tar({"a.txt": b"plum"}, {"passwd.txt": "/etc/passwd"}))
    assert "root:" not in document.text
    assert document.text == "a.txt\n\nplum"


@pytest.mark.parametrize("name", ["a.zip", "a.tgz", "a.tar.bz2", "a.tar.xz", "a.tar"])
@pytest.mark.parametrize("keep", [0.02, 0.5, 0.8])
def test_half_an_archive_is_corrupt_or_says_where_it_ends(name: str, keep: float) -> None:
    noise = random.Random(0)
    files = {f"{at}.txt": noise.randbytes(2000).hex().encode() for at in range(20)}
    packs = {".zip": zipped, ".tgz": lambda files: gzip.compress(_tar(files)), ".tar": _tar}
    packs |= {".bz2": lambda files: bz2.compress(_tar(files)), ".xz": lambda files: lzma.compress(_tar(files))}
    data = packs[Path(name).suffix](files)
    try:
        document = read(name, data[: int(keep * len(data))])
    except FileError as error:
        code = error.code
    else:
        code = "read" if document.notes else "silent"
    assert code in ("corrupt", "read")


def test_seven_zip_is_found_by_name() -> None:
    assert code_of("a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(60)) == "unsupported"


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExtractFront]:
    front = ExtractFront(tmp_path_factory.mktemp("logs"))
    yield front
    front.stop()


def _sandboxed() -> dict[str, bytes]:
    header, body = multipart(
        "mixed",
        part("text/plain; charset=koi8-r", "слива".encode("koi8_r")),
        part("text/html; charset=shift_jis", "<p>梅".encode("shift_jis")),
        part("application/zip", zipped(_FILES), "files.zip"),
    )
    subject = {"Subject": "=?iso-2022-jp?b?GyRCR38bKEI=?=", "From": "=?us-ascii?q?Ada?= <a@b>"}
    return {
        "a.eml": mail({**subject, **header}, body),
        "a.mbox": b"From a@b Fri Mar  1 23:30:00 2024\n" + mail({**subject, **header}, body),
        "a.msg": msg(message({0x0037: "Plum"}, {0x3FDE: 1251}, {0x1013: "слива".encode("cp1251")})),
        "a.epub": epub([("a.xhtml", "<h1>Plum</h1><p>tree")]),
        "a.xml": "<?xml version='1.0' encoding='gb2312'?><a>梅&eacute;</a>".encode("gb2312"),
        "a.ipynb": b'{"cells": [{"cell_type": "markdown", "source": "# Plum"}]}',
        "a.srt": b"1\n00:00:01,000 --> 00:00:02,000\nplum &amp; pear\n",
        "a.bib": b'@book{a, title = "Pl\\"um"}',
        "a.tar.xz": lzma.compress(_tar(_FILES)),
        "a.tar.bz2": bz2.compress(_tar(_FILES)),
        "a.jpg": jpeg((0xE1, b"Exif\0\0" + tiff({0x010E: "Plum", 0x9286: b"JIS\0\0\0\0\0\x1b$BG_\x1b(B"}))),
        "b.jpg": jpeg((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp("", 'photoshop:City="Plum"'))),
        "a.mp3": mp3({"TIT2": "Plum", "COMM": "梅"}),
    }


@pytest.mark.parametrize("name", _sandboxed())
def test_behind_the_sandbox_every_family_is_read_as_before_it(name: str, extract: ExtractFront, tmp_path: Path) -> None:
    """Nothing can be imported or opened there, so whatever a reader puts off to its first use would fail."""
    path = tmp_path / name
    path.write_bytes(_sandboxed()[name])
    descriptor = os.open(path, os.O_RDONLY)
    try:
        extraction = extract.extract(descriptor, os.fsencode(name))
    finally:
        os.close(descriptor)
    document = read_document(io.BytesIO(path.read_bytes()), os.fsencode(name))
    assert list(extraction.passages) == split(document)
    assert (extraction.notes, extraction.metadata) == (document.notes, document.metadata)
    assert extraction.passages
