"""Pictures by the words that people put into them: title, description, keywords, people, places. No pixel is read.

They stand in Exif, in XMP and in IPTC, and these in segments that each format has its own way to find. Only headers and
those segments are read. A picture without such words is found by its name: the camera and the day alone would make
thousands of them alike.

Sources: JPEG (ITU-T T.81, B.1), PNG 1.2, the WebP container, XMP parts 1 and 3, IPTC IIM 4.2.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from finder.errors import FileError
from finder.extract import exif, heif
from finder.extract.encodings import decode
from finder.extract.kinds import kind_of
from finder.extract.page_text import mended
from finder.extract.reader import CLAIMED, SURE, Limits, TextBuilder, sensible_title
from finder.extract.zipped import parse_xml
from finder.types import Document

_MOST_SEGMENTS = 5000
_MOST_SEGMENT_BYTES = 4 << 20
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_EXIF_MARK, _XMP_MARK, _PHOTOSHOP_MARK = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"Photoshop 3.0\0"
_MACHINE_WORDS = re.compile(
    r"(?:olympus digital camera|sony dsc|dcim\\?.*|digital camera|kodak digital still camera|minolta digital camera"
    r"|samsung(?: \w+)?|screenshot|created with (?:the )?gimp|default|charset=.*|binary comment|[\W\d_]*"
    r"|\w+ \(?https?://\S+|(?:creator|compressed|optimized|lavc|file source|cs=|ad |<).*)",
    re.IGNORECASE | re.DOTALL,
)
"""What stands in a description when nobody wrote one."""


@dataclass(slots=True)
class _Words:
    """What was found, by what it is; each only once, whichever block says it."""

    found: dict[str, dict[str, None]] = field(default_factory=dict)
    taken: str = ""
    camera: str = ""

    def add(self, kind: str, words: str) -> None:
        words = " ".join(words.split()) if kind != "comment" else words.strip()
        if words and not _MACHINE_WORDS.fullmatch(words):
            self.found.setdefault(kind, {})[words] = None

    def get(self, kind: str) -> list[str]:
        return list(self.found.get(kind, ()))


class ImageReader:
    """Photos and drawings in which somebody wrote something."""

    name = "image"

    def score(self, name: str, head: bytes) -> int | None:
        if kind_of(name).reader != self.name:
            return None
        is_picture = head.startswith((_JPEG, _PNG, b"RIFF")) or exif.is_tiff(head) or head[4:8] == b"ftyp"
        return SURE if is_picture else CLAIMED

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        return self.read_recognised(file, limits, {})

    def read_recognised(self, file: BinaryIO, limits: Limits, recognised: Mapping[int, str]) -> Document:
        """`read`, and what a text recognition program has read in the picture: page number -> text."""
        words = _Words()
        try:
            _find(file, words)
        except (struct.error, zlib.error, ValueError, OverflowError) as error:
            if not (words.found or recognised):
                raise FileError("corrupt", "Damaged", f"Its header cannot be read ({type(error).__name__}).") from error
        if not (words.found or recognised):
            raise FileError("unsupported", "A picture without words: found by name")
        builder = TextBuilder(limits.text_chars)
        for kind, shown in _SHOWN.items():
            values = words.get(kind)
            lines = [shown + ", ".join(values)] if shown and values else values
            for line in lines:
                builder.add(line)
                builder.end_line()
        if words.taken or words.camera:
            with_ = f" with {words.camera}" if words.camera else ""
            builder.add(f"Photo{f' taken on {words.taken}' if words.taken else ''}{with_}")
        for page, text in recognised.items():
            builder.end_paragraph()
            if len(recognised) > 1:
                builder.page(page)
            builder.add(mended(text).strip())
        metadata = {
            "author": ", ".join(words.get("by")),
            "date": words.taken,
            "keywords": ", ".join(words.get("keywords")),
            "camera": words.camera,
        }
        titles = words.get("title")
        title = sensible_title(titles[0] if titles else None)
        notes = ("recognised from pictures",) if recognised else ()
        return replace(builder.document(title, notes, metadata, "image"), blank_pages=() if recognised else (1,))


_SHOWN = {
    "title": "",
    "description": "",
    "comment": "",
    "keywords": "Keywords: ",
    "people": "People: ",
    "place": "Place: ",
    "by": "By: ",
}


_DATE = re.compile(r"(?:19|20)\d\d:(?:0[1-9]|1[0-2]):(?:0[1-9]|[12]\d|3[01])")
_EXIF_TAGS = {
    exif.DESCRIPTION: "description",
    exif.ARTIST: "by",
    exif.USER_COMMENT: "comment",
    exif.XP_TITLE: "title",
    exif.XP_SUBJECT: "title",
    exif.XP_COMMENT: "comment",
    exif.XP_AUTHOR: "by",
}
_PNG_KEYS = {
    "title": "title",
    "author": "by",
    "description": "description",
    "comment": "comment",
    "keywords": "keywords",
    "parameters": "comment",
    "artist": "by",
    "subject": "title",
    "caption": "description",
}
"""In lower case. "parameters" is where pictures out of a model keep what was asked of it."""
_IPTC_RESOURCE, _IPTC_MARK, _IPTC_APPLICATION = 0x0404, 0x1C, 2
_IPTC_DATASETS = {
    5: "title",
    105: "title",
    120: "description",
    25: "keywords",
    80: "by",
    90: "place",
    92: "place",
    95: "place",
    101: "place",
}
_XMP_NAMES = {
    "title": "title",
    "Headline": "title",
    "description": "description",
    "UserComment": "comment",
    "subject": "keywords",
    "LastKeywordXMP": "keywords",
    "creator": "by",
    "PersonInImage": "people",
    "PersonDisplayName": "people",
    "Name": "people",
    "City": "place",
    "State": "place",
    "Country": "place",
    "Location": "place",
    "Sublocation": "place",
}
"""By the name without its namespace. "Name" is that of a region, which mostly is a face."""


def _find(file: BinaryIO, words: _Words) -> None:
    """Gather the words from every block of the file."""
    file.seek(0)
    head = file.read(16)
    if head.startswith(_JPEG):
        _find_in_jpeg(file, words)
    elif head.startswith(_PNG):
        _find_in_png(file, words)
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        _find_in_webp(file, words)
    elif head[4:8] == b"ftyp":
        _find_in_heif(file, words)
    elif exif.is_tiff(head):
        _take_exif(file, words)


def _find_in_jpeg(file: BinaryIO, words: _Words) -> None:
    file.seek(2)
    for _ in range(_MOST_SEGMENTS):
        marker = file.read(2)
        if len(marker) < 2 or marker[0] != 0xFF or marker[1] in (0xD9, 0xDA):
            return
        if marker[1] == 0xFF:  # padding
            file.seek(-1, io.SEEK_CUR)
            continue
        size_bytes = max(0, int.from_bytes(file.read(2), "big") - 2)
        if marker[1] not in (0xE1, 0xED, 0xFE):
            file.seek(size_bytes, io.SEEK_CUR)
            continue
        data = file.read(size_bytes)
        if marker[1] == 0xFE:
            words.add("comment", _text(data))
        elif data.startswith(_EXIF_MARK):
            _take_exif(io.BytesIO(data[len(_EXIF_MARK) :]), words)
        elif data.startswith(_XMP_MARK):
            _take_xmp(data[len(_XMP_MARK) :], words)
        elif data.startswith(_PHOTOSHOP_MARK):
            _take_photoshop(data[len(_PHOTOSHOP_MARK) :], words)


def _find_in_png(file: BinaryIO, words: _Words) -> None:
    file.seek(len(_PNG))
    for _ in range(_MOST_SEGMENTS):
        head = file.read(8)
        if len(head) < 8 or head[4:] == b"IEND":
            return
        size_bytes = int.from_bytes(head[:4], "big")
        if head[4:] not in (b"tEXt", b"zTXt", b"iTXt", b"eXIf") or size_bytes > _MOST_SEGMENT_BYTES:
            file.seek(size_bytes + 4, io.SEEK_CUR)
            continue
        data = file.read(size_bytes)
        file.seek(4, io.SEEK_CUR)
        if head[4:] == b"eXIf":
            _take_exif(io.BytesIO(data), words)
        else:
            _take_png_text(head[4:], data, words)


def _take_png_text(kind: bytes, data: bytes, words: _Words) -> None:
    key, _, value = data.partition(b"\0")
    if kind == b"zTXt":
        value = _inflated(value[1:])
    elif kind == b"iTXt":
        is_packed = value[:1] == b"\1"
        value = value[2:].split(b"\0", 2)[-1]
        value = _inflated(value) if is_packed else value
    if key == b"XML:com.adobe.xmp":
        _take_xmp(value, words)
    elif said := _PNG_KEYS.get(key.decode("latin-1").lower()):
        words.add(said, value.decode("utf-8", "replace") if kind == b"iTXt" else _text(value))


def _inflated(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, _MOST_SEGMENT_BYTES)


def _find_in_webp(file: BinaryIO, words: _Words) -> None:
    file.seek(12)
    for _ in range(_MOST_SEGMENTS):
        head = file.read(8)
        if len(head) < 8:
            return
        size_bytes = int.from_bytes(head[4:], "little")
        if head[:4] not in (b"EXIF", b"XMP ") or size_bytes > _MOST_SEGMENT_BYTES:
            file.seek(size_bytes + size_bytes % 2, io.SEEK_CUR)
            continue
        data = file.read(size_bytes + size_bytes % 2)[:size_bytes]
        if head[:4] == b"EXIF":
            _take_exif(io.BytesIO(data.removeprefix(_EXIF_MARK)), words)
        else:
            _take_xmp(data, words)


def _find_in_heif(file: BinaryIO, words: _Words) -> None:
    for kind, data in heif.metadata_items(file):
        if kind == heif.EXIF:
            skipped = int.from_bytes(data[:4], "big")
            _take_exif(io.BytesIO(data[4 + min(skipped, len(data)) :]), words)
        else:
            _take_xmp(data, words)


def _take_exif(file: BinaryIO, words: _Words) -> None:
    tags = exif.read_tags(file)
    for tag, kind in _EXIF_TAGS.items():
        words.add(kind, exif.words(tags, tag))
    for keyword in exif.words(tags, exif.XP_KEYWORDS).split(";"):
        words.add("keywords", keyword)
    if _DATE.match(taken := exif.words(tags, exif.TAKEN)):
        words.taken = taken[:10].replace(":", "-")
    make, model = exif.words(tags, exif.MAKE), exif.words(tags, exif.MODEL)
    words.camera = model if model.lower().startswith(make.lower()) else f"{make} {model}".strip()
    if exif.XMP in tags:
        _take_xmp(tags[exif.XMP], words)
    if exif.IPTC in tags:
        _take_iptc(tags[exif.IPTC], words)


def _take_photoshop(data: bytes, words: _Words) -> None:
    """Resources one behind the other, of which one is IPTC's."""
    at = 0
    while data[at : at + 4] == b"8BIM" and at + 12 <= len(data):
        resource = int.from_bytes(data[at + 4 : at + 6], "big")
        at += 6 + (data[at + 6] // 2 + 1) * 2  # its name, padded
        size_bytes = int.from_bytes(data[at : at + 4], "big")
        if resource == _IPTC_RESOURCE:
            _take_iptc(data[at + 4 : at + 4 + size_bytes], words)
        at += 4 + size_bytes + size_bytes % 2


def _take_iptc(data: bytes, words: _Words) -> None:
    at = 0
    while at + 5 <= len(data) and data[at] == _IPTC_MARK:
        record, dataset, size_bytes = data[at + 1], data[at + 2], int.from_bytes(data[at + 3 : at + 5], "big")
        if record == _IPTC_APPLICATION and dataset in _IPTC_DATASETS:
            words.add(_IPTC_DATASETS[dataset], _text(data[at + 5 : at + 5 + size_bytes]))
        at += 5 + size_bytes


def _take_xmp(data: bytes, words: _Words) -> None:
    with suppress(FileError):  # what was told before it broke off is kept
        parse_xml(data.decode("utf-8", "replace").strip("\ufeff\0 \n"), _Xmp(words))


@dataclass(slots=True)
class _Xmp:
    """Is told the elements of an XMP packet: properties are elements, with lists in them, or attributes."""

    words: _Words
    has_enough: bool = False
    _open: list[str] = field(default_factory=list)
    _text: list[str] = field(default_factory=list)

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._open.append(tag.rpartition("}")[2])
        self._text.clear()
        for key, value in attributes.items():
            if kind := _XMP_NAMES.get(key.rpartition("}")[2]):
                self.words.add(kind, value)

    def data(self, text: str) -> None:
        self._text.append(text)

    def end(self, tag: str) -> None:
        kind = next((_XMP_NAMES[name] for name in reversed(self._open) if name in _XMP_NAMES), None)
        if kind and (said := "".join(self._text)):
            self.words.add(kind, said)
        self._text.clear()
        self._open.pop()

    def close(self) -> None:
        """Nothing is owed."""


def _text(value: bytes) -> str:
    try:
        return decode(value.rstrip(b"\0")).text if value.strip(b"\0 ") else ""
    except FileError:
        return ""
