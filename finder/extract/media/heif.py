"""Where a HEIF picture (.heic) keeps its Exif and XMP: items, listed and located in its first boxes.

Imports nothing of ours.

Source: ISO/IEC 14496-12, 8.11 (meta, iinf, iloc).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

EXIF, XMP = b"Exif", b"mime"
_XMP_TYPE = b"application/rdf+xml\0"
_MOST_BOXES = 1000
_MOST_META_BYTES = 4 << 20
_MOST_ITEM_BYTES = 4 << 20


def metadata_items(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """(`EXIF` or `XMP`, the item's bytes).

    Raises:
        struct.error: where a box is cut short.
    """
    meta = _meta(file)
    boxes = dict(_boxes(meta[4:]))
    kinds = dict(_kinds(boxes.get(b"iinf", b"")))
    for item, offset, size_bytes in _places(boxes.get(b"iloc", b"")):
        if item in kinds and size_bytes <= _MOST_ITEM_BYTES:
            file.seek(offset)
            yield kinds[item], file.read(size_bytes)


def _meta(file: BinaryIO) -> bytes:
    file.seek(0)
    for _ in range(_MOST_BOXES):
        head = file.read(8)
        if len(head) < 8:
            break
        size_bytes = int.from_bytes(head[:4], "big")
        if size_bytes == 1:
            size_bytes = int.from_bytes(file.read(8), "big") - 8
        if size_bytes < 8:
            break
        if head[4:] == b"meta":
            return file.read(min(size_bytes - 8, _MOST_META_BYTES))
        file.seek(size_bytes - 8, io.SEEK_CUR)
    return b""


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        size_bytes, kind = struct.unpack_from(">I4s", data, at)
        if size_bytes < 8:
            return
        yield kind, data[at + 8 : at + size_bytes]
        at += size_bytes


def _kinds(info: bytes) -> Iterator[tuple[int, bytes]]:
    """The items that are Exif or XMP, out of the box that says what each item is."""
    for kind, entry in _boxes(info[6 if info[:1] == b"\0" else 8 :]):
        if kind != b"infe" or len(entry) < 4 or entry[0] < 2:
            continue
        number, rest = (entry[4:6], entry[8:]) if entry[0] == 2 else (entry[4:8], entry[10:])
        is_xmp = rest[:4] == XMP and rest[4:].partition(b"\0")[2].startswith(_XMP_TYPE)
        if rest[:4] == EXIF or is_xmp:
            yield int.from_bytes(number, "big"), rest[:4]


def _places(location: bytes) -> Iterator[tuple[int, int, int]]:
    """(item, offset in the file, size in bytes) of each item that lies in the file in one piece."""
    if len(location) < 8:
        return
    version, sizes = location[0], location[4:6]
    offset_bytes, length_bytes, base_bytes = sizes[0] >> 4, sizes[0] & 15, sizes[1] >> 4
    index_bytes = sizes[1] & 15 if version in (1, 2) else 0
    reader = io.BytesIO(location[6:])

    def number(size: int) -> int:
        data = reader.read(size)
        if len(data) < size:
            raise struct.error("a box is cut short")
        return int.from_bytes(data, "big")

    for _ in range(number(4 if version == 2 else 2)):
        item = number(4 if version == 2 else 2)
        is_in_file = version == 0 or not number(2) & 15
        number(2)  # which file: this one
        base = number(base_bytes)
        extents = [(number(index_bytes), number(offset_bytes), number(length_bytes)) for _ in range(number(2))]
        if is_in_file and len(extents) == 1:
            yield item, base + extents[0][1], extents[0][2]
