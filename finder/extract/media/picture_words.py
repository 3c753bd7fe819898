"""What people wrote into a picture, by what it is: title, author, keywords; out of its Exif, XMP and IPTC blocks.

Sources: Exif 2.32, XMP parts 1 and 3, IPTC IIM 4.2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO

from finder.errors import FileError
from finder.extract.containers.zipped import parse_xml
from finder.extract.media import exif
from finder.extract.text.encodings import decode

_MACHINE_WORDS = re.compile(
    r"(?:olympus digital camera|sony dsc|dcim\\?.*|digital camera|kodak digital still camera|minolta digital camera"
    r"|samsung(?: \w+)?|screenshot|created with (?:the )?gimp|default|charset=.*|binary comment|[\W\d_]*"
    r"|\w+ \(?https?://\S+|(?:creator|compressed|optimized|lavc|file source|cs=|ad |<).*)",
    re.IGNORECASE | re.DOTALL,
)
"""What stands in a description when nobody wrote one."""


@dataclass(slots=True)
class PictureWords:
    """What was found, by what it is; each only once, whichever block says it."""

    found: dict[str, dict[str, None]] = field(default_factory=dict)
    taken: str = ""
    """The day, in ISO 8601; empty where none is told."""
    camera: str = ""

    def add(self, kind: str, words: str) -> None:
        words = " ".join(words.split()) if kind != "comment" else words.strip()
        if words and not _MACHINE_WORDS.fullmatch(words):
            self.found.setdefault(kind, {})[words] = None

    def get(self, kind: str) -> list[str]:
        return list(self.found.get(kind, ()))


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


def take_exif(file: BinaryIO, words: PictureWords) -> None:
    """Add what an Exif block holds, and the XMP and IPTC within it."""
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
        take_xmp(tags[exif.XMP], words)
    if exif.IPTC in tags:
        _take_iptc(tags[exif.IPTC], words)


def take_photoshop(data: bytes, words: PictureWords) -> None:
    """Add what Photoshop's resources hold: they lie one behind the other, and one of them is IPTC's."""
    at = 0
    while data[at : at + 4] == b"8BIM" and at + 12 <= len(data):
        resource = int.from_bytes(data[at + 4 : at + 6], "big")
        at += 6 + (data[at + 6] // 2 + 1) * 2  # its name, padded
        size_bytes = int.from_bytes(data[at : at + 4], "big")
        if resource == _IPTC_RESOURCE:
            _take_iptc(data[at + 4 : at + 4 + size_bytes], words)
        at += 4 + size_bytes + size_bytes % 2


def _take_iptc(data: bytes, words: PictureWords) -> None:
    at = 0
    while at + 5 <= len(data) and data[at] == _IPTC_MARK:
        record, dataset, size_bytes = data[at + 1], data[at + 2], int.from_bytes(data[at + 3 : at + 5], "big")
        if record == _IPTC_APPLICATION and dataset in _IPTC_DATASETS:
            words.add(_IPTC_DATASETS[dataset], decoded(data[at + 5 : at + 5 + size_bytes]))
        at += 5 + size_bytes


def take_xmp(data: bytes, words: PictureWords) -> None:
    """Add what an XMP packet holds."""
    with suppress(FileError):  # what was told before it broke off is kept
        parse_xml(data.decode("utf-8", "replace").strip("\ufeff\0 \n"), _Xmp(words))


@dataclass(slots=True)
class _Xmp:
    """Is told the elements of an XMP packet: properties are elements, with lists in them, or attributes."""

    words: PictureWords
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


def decoded(value: bytes) -> str:
    """Words in whatever encoding they are; empty where they are none."""
    try:
        return decode(value.rstrip(b"\0")).text if value.strip(b"\0 ") else ""
    except FileError:
        return ""
