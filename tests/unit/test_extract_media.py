"""Pictures and recordings: the words that people put into them, and none where nobody did."""

from __future__ import annotations

import io

import pytest

from finder.extract.registry import read_document
from tests.documents_media import heic, iptc, jpeg, mp3, packed, png, tiff, webp, xmp
from tests.reading import code_of, read

_WORDS = {0x010E: "The plum tree in March", 0x013B: "Ada", 0x010F: "Canon", 0x0110: "Canon EOS 5D"}
_TAKEN = {0x9003: "2024:03:01 12:00:00"}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.tif", tiff(_WORDS, _TAKEN)),
        ("a.tiff", tiff(_WORDS, _TAKEN, ">")),
        ("a.jpg", jpeg((0xE0, b"JFIF\0" + bytes(9)), (0xE1, b"Exif\0\0" + tiff(_WORDS, _TAKEN)))),
        ("a.png", png((b"IHDR", bytes(13)), (b"eXIf", tiff(_WORDS, _TAKEN)))),
        ("a.webp", webp((b"VP8X", bytes(10)), (b"EXIF", tiff(_WORDS, _TAKEN)))),
        ("a.heic", heic(tiff(_WORDS, _TAKEN, ">"))),
    ],
)
def test_exif_is_found_in_every_format_that_has_it(name: str, data: bytes) -> None:
    document = read(name, data)
    assert document.text.split("\n") == [
        *["The plum tree in March", "By: Ada", "Photo taken on 2024-03-01 with Canon EOS 5D"],
    ]
    assert document.type == "image"
    assert document.metadata == {"author": "Ada", "date": "2024-03-01", "camera": "Canon EOS 5D"}


def test_xmp_and_iptc_say_title_keywords_people_and_place() -> None:
    packet = xmp(
        "<dc:title><rdf:Alt><rdf:li>Plum</rdf:li></rdf:Alt></dc:title>"
        "<dc:subject><rdf:Bag><rdf:li>garden</rdf:li><rdf:li>tree</rdf:li></rdf:Bag></dc:subject>",
        'photoshop:City="Kyōto"',
    )
    photo = jpeg(
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet),
        (0xED, iptc({120: "Pruning day", 25: "garden", 101: "Japan"})),
        (0xFE, b"Grandmother planted it"),
    )
    document = read("a.jpg", photo)
    assert document.title == "Plum"
    assert document.text.split("\n") == [
        *["Plum", "Pruning day", "Grandmother planted it", "Keywords: garden, tree", "Place: Kyōto, Japan"],
    ]


def test_png_says_its_words_in_chunks() -> None:
    picture = png(
        (b"tEXt", b"Title\0Plum"),
        (b"zTXt", b"Description\0\0" + packed("a tree")),
        (b"iTXt", "Author\0\0\0\0\0Jürgen".encode()),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp("", 'photoshop:Headline="Pruned"')),
        (b"tEXt", b"Software\0Some program"),
    )
    assert read("a.png", picture).text.split("\n") == ["Plum", "Pruned", "a tree", "By: Jürgen"]


def test_the_names_that_windows_lets_people_give_are_read() -> None:
    tags = {0x9C9B: "Zwetschge".encode("utf-16-le"), 0x9C9E: "Garten;Baum".encode("utf-16-le")}
    assert read("a.tif", tiff(tags)).text == "Zwetschge\nKeywords: Garten, Baum"


@pytest.mark.parametrize(
    "data",
    [
        jpeg((0xE1, b"Exif\0\0" + tiff({0x010F: "Canon", 0x0110: "EOS"}, _TAKEN))),
        jpeg((0xE1, b"Exif\0\0" + tiff({0x010E: "OLYMPUS DIGITAL CAMERA"}))),
        jpeg((0xFE, b"CREATOR: gd-jpeg v1.0 (using IJG JPEG v62), quality = 90")),
        jpeg(),
    ],
)
def test_a_picture_without_a_persons_words_is_found_by_name(data: bytes) -> None:
    assert code_of("a.jpg", data) == "unsupported"


def test_directories_that_point_anywhere_cost_nothing() -> None:
    loop = tiff({0x010E: "words enough"}, {0x9003: "2024:03:01 12:00:00"}).replace(b"words", b"\xff\xff\xff\xff\xff")
    read("a.tif", loop)
    assert code_of("a.tif", b"II*\0\xff\xff\xff\xff") == "unsupported"
    assert code_of("a.jpg", b"\xff\xd8\xff\xe1\xff\xffExif\0\0II*\0\x08\0\0\0\xff\xff") == "unsupported"
    assert code_of("a.png", b"\x89PNG\r\n\x1a\n" + b"\xff\xff\xff\xfftEXt") == "unsupported"
    assert code_of("a.heic", heic(b"")[:40]) in ("unsupported", "corrupt")


def test_a_large_recordings_end_is_not_read() -> None:
    class Counted(io.BytesIO):
        read_bytes = 0

        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            self.read_bytes += len(data)
            return data

    file = Counted(mp3({"TIT2": "Plum"}) + bytes(8 << 20))
    read_document(file, b"a.mp3")
    assert file.read_bytes < 1 << 20


def test_a_song_says_who_what_and_its_lyrics() -> None:
    song = mp3({"TIT2": "Plum blossom", "TPE1": "Ada", "TALB": "Garden", "TYER": "1999", "USLT": "In March we prune"})
    document = read("a.mp3", song)
    assert document.text.split("\n") == [
        *["Plum blossom", "Artist: Ada", "Album: Garden", "Year: 1999", "", "In March we prune"],
    ]
    assert (document.type, document.title) == ("audio", "Plum blossom")
    assert document.metadata["author"] == "Ada"


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.mp3", mp3({})), ("a.mp3", b"\xff\xfb\x90\x00" * 99), ("a.mp4", bytes(99)), ("a.flac", b"fLaC")],
)
def test_a_recording_without_words_is_found_by_name(name: str, data: bytes) -> None:
    assert code_of(name, data) == "unsupported"
