"""Small pictures and recordings, made on the spot: headers and words, and hardly a pixel."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping


def tiff(tags: Mapping[int, str | bytes], exif: Mapping[int, str] | None = None, order: str = "<") -> bytes:
    """A TIFF of one directory (and an Exif one); a str is written as ASCII, bytes as what they are."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    first, end = _directory(tags, 8, order, bool(exif))
    return mark + struct.pack(order + "I", 8) + first + (_directory(exif, end, order)[0] if exif else b"")


def _directory(tags: Mapping[int, str | bytes], at: int, order: str, has_exif: bool = False) -> tuple[bytes, int]:
    entries, values = b"", b""
    count = len(tags) + has_exif
    values_at = at + 2 + 12 * count + 4
    for tag, value in tags.items():
        data = value.encode() + b"\0" if isinstance(value, str) else value
        kind = 2 if isinstance(value, str) else 1
        where = data.ljust(4, b"\0") if len(data) <= 4 else struct.pack(order + "I", values_at + len(values))
        entries += struct.pack(order + "HHI", tag, kind, len(data)) + where
        values += data if len(data) > 4 else b""
    end = values_at + len(values)
    if has_exif:
        entries += struct.pack(order + "HHII", 0x8769, 4, 1, end)
    return struct.pack(order + "H", count) + entries + bytes(4) + values, end


def jpeg(*segments: tuple[int, bytes]) -> bytes:
    parts = (struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data for marker, data in segments)
    return b"\xff\xd8" + b"".join(parts) + b"\xff\xda\0\2pixels\xff\xd9"


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    parts = (struct.pack(">I", len(data)) + kind + data + bytes(4) for kind, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + struct.pack(">I", 0) + b"IEND" + bytes(4)


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    parts = b"".join(kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", len(parts) + 4) + b"WEBP" + parts


def heic(exif: bytes) -> bytes:
    """A HEIF file of one item, which is its Exif."""
    infe = b"\x02\0\0\0" + struct.pack(">HH", 1, 0) + b"Exif\0"
    iinf = bytes(4) + struct.pack(">H", 1) + _box(b"infe", infe)
    item = bytes(4) + exif
    head = _box(b"ftyp", b"heic\0\0\0\0")

    def meta(offset: int) -> bytes:
        iloc = bytes(4) + b"\x44\0" + struct.pack(">HHHHII", 1, 1, 0, 1, offset, len(item))
        return _box(b"meta", bytes(4) + _box(b"iinf", iinf) + _box(b"iloc", iloc))

    at = len(head) + len(meta(0)) + 8
    return head + meta(at) + _box(b"mdat", item)


def _box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + kind + data


def xmp(properties: str, attributes: str = "") -> bytes:
    return (
        '<?xpacket begin="\ufeff"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        f' xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"><rdf:Description {attributes}>{properties}'
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def packed(words: str) -> bytes:
    return zlib.compress(words.encode("latin-1"))


def iptc(datasets: Mapping[int, str]) -> bytes:
    """A Photoshop segment with IPTC's datasets of record 2."""
    data = b"".join(
        struct.pack(">BBBH", 0x1C, 2, dataset, len(words.encode())) + words.encode()
        for dataset, words in datasets.items()
    )
    return b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(data)) + data + bytes(len(data) % 2)


def mp3(frames: Mapping[str, str]) -> bytes:
    """An MP3 that is nearly all tags (ID3v2.3); COMM and USLT have a language and an empty description."""
    body = b""
    for name, text in frames.items():
        encoded = (
            b"\x01" + (b"eng\xff\xfe\0\0" if name in ("COMM", "USLT") else b"") + b"\xff\xfe" + text.encode("utf-16-le")
        )
        body += name.encode() + struct.pack(">IH", len(encoded), 0) + encoded
    size = bytes(len(body) >> shift & 127 for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + size + body + b"\xff\xfb\x90\x00" + bytes(413)
