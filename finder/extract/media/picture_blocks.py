"""Where each format of pictures keeps the blocks that hold words. Only headers and those blocks are read.

Sources: JPEG (ITU-T T.81, B.1), PNG 1.2, the WebP container; for HEIF see `heif`.
"""

from __future__ import annotations

import io
import zlib
from typing import BinaryIO

from finder.extract.media import exif, heif
from finder.extract.media.picture_words import PictureWords, decoded, take_exif, take_photoshop, take_xmp

_MOST_SEGMENTS = 5000
_MOST_SEGMENT_BYTES = 4 << 20
JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_EXIF_MARK, _XMP_MARK, _PHOTOSHOP_MARK = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"Photoshop 3.0\0"
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


def find_words(file: BinaryIO, words: PictureWords) -> None:
    """Add the words from every block of the file.

    Raises:
        struct.error, zlib.error, ValueError, OverflowError: it is damaged; what was found until there is kept.
    """
    file.seek(0)
    head = file.read(16)
    if head.startswith(JPEG):
        _find_in_jpeg(file, words)
    elif head.startswith(PNG):
        _find_in_png(file, words)
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        _find_in_webp(file, words)
    elif head[4:8] == b"ftyp":
        _find_in_heif(file, words)
    elif exif.is_tiff(head):
        take_exif(file, words)


def _find_in_jpeg(file: BinaryIO, words: PictureWords) -> None:
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
            words.add("comment", decoded(data))
        elif data.startswith(_EXIF_MARK):
            take_exif(io.BytesIO(data[len(_EXIF_MARK) :]), words)
        elif data.startswith(_XMP_MARK):
            take_xmp(data[len(_XMP_MARK) :], words)
        elif data.startswith(_PHOTOSHOP_MARK):
            take_photoshop(data[len(_PHOTOSHOP_MARK) :], words)


def _find_in_png(file: BinaryIO, words: PictureWords) -> None:
    file.seek(len(PNG))
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
            take_exif(io.BytesIO(data), words)
        else:
            _take_png_text(head[4:], data, words)


def _take_png_text(kind: bytes, data: bytes, words: PictureWords) -> None:
    key, _, value = data.partition(b"\0")
    if kind == b"zTXt":
        value = _inflated(value[1:])
    elif kind == b"iTXt":
        is_packed = value[:1] == b"\1"
        value = value[2:].split(b"\0", 2)[-1]
        value = _inflated(value) if is_packed else value
    if key == b"XML:com.adobe.xmp":
        take_xmp(value, words)
    elif said := _PNG_KEYS.get(key.decode("latin-1").lower()):
        words.add(said, value.decode("utf-8", "replace") if kind == b"iTXt" else decoded(value))


def _inflated(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, _MOST_SEGMENT_BYTES)


def _find_in_webp(file: BinaryIO, words: PictureWords) -> None:
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
            take_exif(io.BytesIO(data.removeprefix(_EXIF_MARK)), words)
        else:
            take_xmp(data, words)


def _find_in_heif(file: BinaryIO, words: PictureWords) -> None:
    for kind, data in heif.metadata_items(file):
        if kind == heif.EXIF:
            skipped = int.from_bytes(data[:4], "big")
            take_exif(io.BytesIO(data[4 + min(skipped, len(data)) :]), words)
        else:
            take_xmp(data, words)
