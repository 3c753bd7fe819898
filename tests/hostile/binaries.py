"""Hostile compound files, archives other than zip, pictures and sound: chains in circles, lengths that lie."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zlib
from collections.abc import Callable

from tests.hostile.case import TEXT, Case, case, cut

_ANY = (TEXT, "corrupt", "no_text", "too_large", "binary", "unsupported", "encrypted")
_FREE, _END_OF_CHAIN, _FAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_NOTHING = 0xFFFFFFFF
_MILLION = 1_000_000


def _entry(
    name: str,
    kind: int,
    *,
    start: int = _END_OF_CHAIN,
    size: int = 0,
    child: int = _NOTHING,
    left: int = _NOTHING,
    right: int = _NOTHING,
) -> bytes:
    """A directory entry ([MS-CFB] 2.6.1)."""
    encoded = name.encode("utf-16-le")[:62]
    return struct.pack(
        "<64sHBB3I16sI8s8sIQ", encoded, len(encoded) + 2, kind, 1, left, right, child, b"", 0, b"", b"", start, size
    )


def compound(
    name: str,
    stream: bytes = b"some words" * 500,
    *,
    fat: Callable[[list[int]], None] = lambda table: None,
    entries: Callable[[list[bytes]], None] = lambda found: None,
    header: Callable[[bytearray], None] = lambda head: None,
) -> bytes:
    """A compound file of one stream ([MS-CFB]); each function may spoil a part of it before it is written."""
    sectors = max(1, -(-len(stream) // 512))
    table = [_FAT_SECTOR, _END_OF_CHAIN, *range(3, sectors + 2), _END_OF_CHAIN]
    table += [_FREE] * (128 - len(table))
    fat(table)
    directory = [_entry("Root Entry", 5, child=1), _entry(name, 2, start=2, size=len(stream)), bytes(128), bytes(128)]
    entries(directory)
    head = bytearray(
        struct.pack(
            "<8s16sHHHHH6sIIIIIIIIII",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            b"",
            0x3E,
            3,
            0xFFFE,
            9,
            6,
            b"",
            0,
            1,
            1,
            0,
            4096,
            _END_OF_CHAIN,
            0,
            _END_OF_CHAIN,
            0,
            0,
        )
        + struct.pack("<108I", *[_FREE] * 108)
    )
    header(head)
    body = struct.pack("<128I", *table[:128]) + b"".join(directory)[:512] + stream.ljust(sectors * 512, b"\0")
    return bytes(head) + body


def _put(offset: int, layout: str, *values: int) -> Callable[[bytearray], None]:
    return lambda head: struct.pack_into(layout, head, offset, *values)


def _to(at: int, value: int) -> Callable[[list[int]], None]:
    return lambda table: table.__setitem__(at, value)


def _entries(**changed: bytes) -> Callable[[list[bytes]], None]:
    return lambda found: [found.__setitem__(int(at[1:]), entry) for at, entry in changed.items()] and None


_NAMES = {
    "a.doc": "WordDocument",
    "a.xls": "Workbook",
    "a.ppt": "PowerPoint Document",
    "a.msg": "__properties_version1.0",
}
_SPOILT: dict[str, Callable[[str], bytes]] = {
    "a chain in a circle": lambda name: compound(name, fat=_to(4, 2)),
    "a chain that leads out": lambda name: compound(name, fat=_to(4, 0x7FFFFFFF)),
    "a table in a circle": lambda name: compound(name, fat=_to(0, 0)),
    "a directory in a circle": lambda name: compound(name, fat=_to(1, 1)),
    "an entry next to itself": lambda name: compound(
        name, entries=_entries(_1=_entry(name, 2, start=2, size=5000, left=1, right=1))
    ),
    "a root that is its own child": lambda name: compound(name, entries=_entries(_0=_entry("Root Entry", 5, child=0))),
    "a stream of 2^62 bytes": lambda name: compound(name, entries=_entries(_1=_entry(name, 2, start=2, size=1 << 62))),
    "sectors of 2^65535 bytes": lambda name: compound(name, header=_put(30, "<H", 0xFFFF)),
    "2^32 sectors of table": lambda name: compound(name, header=_put(44, "<I", 0xFFFFFFFF)),
    "2^32 further sectors of table": lambda name: compound(name, header=_put(68, "<II", 1, 0xFFFFFFFF)),
    "nothing but a header": lambda name: compound(name)[:512],
    "half of it": lambda name: compound(name)[:1500],
    "a stream of zeros": lambda name: compound(name, bytes(20_000)),
    "a stream of ones": lambda name: compound(name, b"\xff" * 20_000),
    "records in records": lambda name: compound(name, struct.pack("<HHI", 0xF, 0x3E8, 0x7FFFFFFF) * 5000),
    "records of nothing": lambda name: compound(name, struct.pack("<HH", 0x809, 0) * 10_000),
    "a Word file of lies": lambda name: compound(name, struct.pack("<H", 0xA5EC) + b"\x7f" * 5000),
    "a sheet of lies": lambda name: compound(name, struct.pack("<HHHH", 0x809, 16, 0x600, 5) + b"\x7f" * 5000),
}


_ABORTS = {"a.xls": ("crashed_reader",)}
"""Calamine follows a chain in a circle until there is no memory left, and its process ends."""


def _tar(*members: tarfile.TarInfo, content: bytes = b"some words") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for member in members:
            member.size = len(content) if member.isreg() else 0
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def _member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


def _tar_of_size(field: bytes) -> bytes:
    """A tar whose first member claims the size `field`, with a checksum that agrees."""
    data = bytearray(_tar(_member("a.txt")))
    data[124:136] = field.ljust(12, b"\0")[:12]
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    return bytes(data)


def _seven_zip(next_offset: int, next_size: int, body: bytes = b"") -> bytes:
    start = struct.pack("<QQI", next_offset, next_size, zlib.crc32(body))
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start + body


def _bomb(compress: Callable[[bytes], bytes]) -> bytes:
    """300 MB of zeros: thirty packed files in a row are one to every unpacker."""
    return compress(bytes(10 * _MILLION)) * 30


def _tiff(*entries: tuple[int, int, int, int], following: int = 0) -> bytes:
    """A little-endian TIFF of one directory (TIFF 6.0, 2): (tag, type, count, value) each."""
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + body + struct.pack("<I", following)


def _jpeg(exif: bytes) -> bytes:
    part = b"Exif\0\0" + exif
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(part) + 2) + part + b"\xff\xd9"


def _png(*chunks: tuple[bytes, bytes]) -> bytes:
    data = b"\x89PNG\r\n\x1a\n"
    for kind, body in chunks:
        data += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return data


def _atom(kind: bytes, body: bytes, size: int | None = None) -> bytes:
    return struct.pack(">I", len(body) + 8 if size is None else size) + kind + body


def _atoms_in_atoms(depth: int) -> bytes:
    body = b""
    for _ in range(depth):
        body = _atom(b"moov", body)
    return _atom(b"ftyp", b"M4A \0\0\0\0") + body


CASES: list[Case] = [
    *(
        case(
            f"{title} in {name}", name, lambda spoil=spoil, stream=stream: spoil(stream), *_ANY, *_ABORTS.get(name, ())
        )
        for title, spoil in _SPOILT.items()
        for name, stream in _NAMES.items()
    ),
    case("a member less than empty", "a.tar", _tar_of_size(b"-0000000001"), *_ANY),
    case("a member of 2^95 bytes", "a.tar", _tar_of_size(b"\x80" + b"\xff" * 11), *_ANY),
    case("a member of 8 GB", "a.tar", _tar_of_size(b"77777777777"), *_ANY),
    case(
        "links, devices and pipes",
        "a.tar",
        _tar(
            _member("link", tarfile.SYMTYPE, "/etc/passwd"),
            _member("hard.txt", tarfile.LNKTYPE, "../../etc/passwd"),
            _member("self.txt", tarfile.LNKTYPE, "self.txt"),
            _member("device", tarfile.CHRTYPE),
            _member("pipe", tarfile.FIFOTYPE),
            _member("../../out.txt"),
        ),
        *_ANY,
    ),
    case("10,001 members", "a.tar", lambda: _tar(*(_member(f"{n}.txt") for n in range(10_001)), content=b"w"), *_ANY),
    case("a name of 100,000", "a.tar", lambda: _tar(_member("n" * 100_000 + ".txt")), *_ANY),
    case("nothing but headers", "a.tar", (_tar(_member("a.txt"))[:512]) * 200, *_ANY),
    *(
        case(f"300 MB in {name}", name, lambda compress=compress: _bomb(compress), *_ANY)
        for name, compress in (
            ("a.txt.gz", lambda data: gzip.compress(data, 6)),
            ("a.txt.bz2", lambda data: bz2.compress(data, 1)),
            ("a.txt.xz", lambda data: lzma.compress(data, preset=0)),
            ("a.tgz", lambda data: gzip.compress(data, 1)),
        )
    ),
    case("2,000 archives in a row", "a.txt.gz", lambda: gzip.compress(b"some words ") * 2000, *_ANY),
    case("an archive and junk", "a.txt.gz", gzip.compress(b"some words") + b"junk" * 100, *_ANY),
    case("gzip in gzip in gzip", "a.txt.gz.gz.gz", gzip.compress(gzip.compress(gzip.compress(b"some words"))), *_ANY),
    case("a checksum that lies", "a.txt.gz", gzip.compress(b"some words")[:-8] + b"\0" * 8, *_ANY),
    case("a dictionary of 4 GB", "a.txt.xz", b"\x5d\0\0\xff\xff" + b"\xff" * 8 + bytes(64), *_ANY),
    *cut("a packed text", "a.txt.bz2", bz2.compress(b"some words" * 99), (3, 10, 40), *_ANY),
    case("a header of 2^62 bytes", "a.7z", _seven_zip(0, 1 << 62), *_ANY),
    case("a header far away", "a.7z", _seven_zip(1 << 62, 99), *_ANY),
    case("a header of 2^56 files", "a.7z", _seven_zip(0, 12, b"\x01\x05\xff" + b"\xff" * 9), *_ANY),
    case(
        "a packed header of lies",
        "a.7z",
        _seven_zip(0, 20, b"\x17\x06\x00\x01\x09\xff\xff\xff\xff" + b"\xff" * 11),
        *_ANY,
    ),
    case("a picture's directory in a circle", "a.tif", _tiff((0x10E, 2, 4, 0x41414141), following=8), *_ANY),
    case("a picture's directory below itself", "a.jpg", _jpeg(_tiff((0x8769, 4, 1, 8), (0x14A, 4, 1, 8))), *_ANY),
    case(
        "2^32 values in a picture", "a.jpg", _jpeg(_tiff((0x10E, 2, 0xFFFFFFFF, 0), (0x9286, 7, 0xFFFFFFFF, 8))), *_ANY
    ),
    case(
        "values far away in a picture",
        "a.jpg",
        _jpeg(_tiff((0x10E, 2, 99, 0xFFFFFFF0), (0x8825, 4, 1, 0xFFFFFFF0))),
        *_ANY,
    ),
    case("segments without length", "a.jpg", b"\xff\xd8" + b"\xff\xe1\0\0" * 5000, *_ANY),
    case(
        "a packed text of 60 MB",
        "a.png",
        lambda: _png((b"zTXt", b"Title\0\0" + zlib.compress(bytes(60 * _MILLION), 1)), (b"IEND", b"")),
        *_ANY,
    ),
    case("a chunk of 2^31 bytes", "a.png", b"\x89PNG\r\n\x1a\n\x7f\xff\xff\xfftEXtTitle\0some words", *_ANY),
    case("100,000 chunks", "a.png", lambda: _png(*[(b"tEXt", b"Title\0some words")] * 20_000), *_ANY),
    case("a tag of 256 MB", "a.mp3", b"ID3\4\0\0\x7f\x7f\x7f\x7fTIT2\x7f\x7f\x7f\x7f\0\0\x03some words", *_ANY),
    case("frames of nothing", "a.mp3", b"ID3\3\0\0\0\0\x7f\x7f" + b"TIT2\0\0\0\0\0\0" * 1600, *_ANY),
    case("nothing behind the tag", "a.mp3", b"ID3\4\0\0\0\0\0\0", *_ANY),
    case("blocks of nothing", "a.flac", b"fLaC" + b"\4\0\0\0" * 20_000, *_ANY),
    case("a comment of 2^32 bytes", "a.flac", b"fLaC\x84\0\0\x10\xff\xff\xff\xff" + b"x" * 12, *_ANY),
    case("pages of nothing", "a.ogg", b"OggS\0\2" + bytes(20) + b"\0" * 5000, *_ANY),
    case("a page of lies", "a.opus", b"OggS\0\2" + b"\xff" * 21 + b"\xff" * 300, *_ANY),
    case("atoms in atoms", "a.m4a", lambda: _atoms_in_atoms(5000), *_ANY),
    case(
        "an atom of nothing",
        "a.m4a",
        _atom(b"ftyp", b"M4A \0\0\0\0") + _atom(b"moov", b"", 0) + _atom(b"moov", b"", 1),
        *_ANY,
    ),
    case(
        "an atom of 2^63 bytes",
        "a.mp4",
        _atom(b"ftyp", b"isom\0\0\0\0") + _atom(b"moov", b"\x7f" + b"\xff" * 7, 1),
        *_ANY,
    ),
    case(
        "a sound of no channels",
        "a.wav",
        b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0" + bytes(16) + b"LIST\xff\xff\xff\xffINFO",
        *_ANY,
    ),
    case("a sound less than empty", "a.aif", b"FORM\xff\xff\xff\xffAIFFCOMM\xff\xff\xff\xff" + bytes(30), *_ANY),
    case(
        "a header of nothing",
        "a.wma",
        b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c" + b"\xff" * 99,
        *_ANY,
    ),
    case(
        "boxes in a circle",
        "a.heic",
        _atom(b"ftyp", b"heic\0\0\0\0") + _atom(b"meta", b"\0" * 4 + _atom(b"iloc", b"\xff" * 40)),
        *_ANY,
    ),
    case(
        "chunks that lie",
        "a.webp",
        b"RIFF\xff\xff\xff\xffWEBPEXIF\xff\xff\xff\xff" + _tiff((0x10E, 2, 4, 0x41414141), following=8),
        *_ANY,
    ),
]
