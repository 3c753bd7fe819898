"""TIFF's directories, in which cameras and people leave their words (Exif). Imports no library.

Sources: TIFF 6.0, Exif 2.32 (CIPA DC-008), Microsoft's XP tags.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from finder.errors import FileError
from finder.extract.text.encodings import decode

DESCRIPTION, MAKE, MODEL, ARTIST, XMP, IPTC = 0x010E, 0x010F, 0x0110, 0x013B, 0x02BC, 0x83BB
TAKEN, USER_COMMENT = 0x9003, 0x9286
XP_TITLE, XP_COMMENT, XP_AUTHOR, XP_KEYWORDS, XP_SUBJECT = 0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F
_EXIF_DIRECTORY = 0x8769
_LONG = 4
_SIZES = {1: 1, 2: 1, 3: 2, _LONG: 4, 7: 1}
"""Of the types that hold words, or say where they are."""
_MOST_ENTRIES = 1000
_MOST_VALUE_BYTES = 1 << 20
_COMMENT_CODES = {b"UNICODE\0": "utf-16", b"JIS\0\0\0\0\0": "iso2022_jp", b"ASCII\0\0\0": None, bytes(8): None}


def is_tiff(head: bytes) -> bool:
    return head.startswith((b"II*\0", b"MM\0*"))


def read_tags(file: BinaryIO, base: int = 0) -> dict[int, bytes]:
    """The values of the first picture's tags and of its Exif directory, as bytes; a damaged directory ends there.

    Args:
        base: where in `file` the TIFF begins; its offsets count from there.
    """
    file.seek(base)
    head = file.read(8)
    if len(head) < 8 or not is_tiff(head):
        return {}
    order = "<" if head[:2] == b"II" else ">"
    tags = _directory(file, base, struct.unpack(order + "I", head[4:])[0], order)
    if where := tags.get(_EXIF_DIRECTORY):
        tags = {**_directory(file, base, struct.unpack(order + "I", where[:4].ljust(4, b"\0"))[0], order), **tags}
    return tags


def _directory(file: BinaryIO, base: int, offset: int, order: str) -> dict[int, bytes]:
    file.seek(base + offset)
    count = int.from_bytes(file.read(2), "little" if order == "<" else "big")
    entries = file.read(12 * min(count, _MOST_ENTRIES))
    tags: dict[int, bytes] = {}
    for at in range(0, len(entries) - 11, 12):
        tag, type_, length = struct.unpack_from(order + "HHI", entries, at)
        size_bytes = _SIZES.get(type_, 0) * length
        if not 0 < size_bytes <= _MOST_VALUE_BYTES:
            continue
        if size_bytes <= 4:
            tags[tag] = entries[at + 8 : at + 8 + size_bytes]
        else:
            file.seek(base + struct.unpack_from(order + "I", entries, at + 8)[0])
            tags[tag] = file.read(size_bytes)
    return tags


def words(tags: dict[int, bytes], tag: int) -> str:
    """The text of one tag; "" where there is none."""
    value = tags.get(tag, b"")
    if tag in (XP_TITLE, XP_COMMENT, XP_AUTHOR, XP_KEYWORDS, XP_SUBJECT):
        return value.decode("utf-16-le", "replace").partition("\0")[0].strip()
    if tag == USER_COMMENT and value[:8] in _COMMENT_CODES:
        codec = _COMMENT_CODES[value[:8]]
        value = value[8:]
        if codec:
            return value.decode(codec, "replace").partition("\0")[0].strip()
    value = value.partition(b"\0")[0].strip()
    try:
        return decode(value).text.strip() if value else ""
    except FileError:
        return ""
