"""Compound files: what Office wrote before 2007, Outlook's messages, and password-protected documents ever since.

A thin reader of its own: every step is bounded by the size of the file, so that a chain that loops, a directory that
is no tree and a stream of four gigabytes in a file of ten kilobytes all end soon. Imports no library.

Sources: [MS-CFB] 2.2 to 2.6, [MS-OLEPS] 2.18 to 2.21.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from finder.errors import FileError
from finder.extract.reader import Limits
from finder.extract.text.codepages import codec_of_page

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER_BYTES = 512
_ENTRY_BYTES = 128
_MOST_ENTRIES = 100_000
_MINI_BYTES = 64
_LAST_SECTOR = 0xFFFFFFFA
"""What is greater is no sector: the end of a chain, a free one, or one of the tables."""
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_DEEPEST = 20

_READER_OF_STREAM = {
    "worddocument": "msword",
    "powerpoint document": "mspowerpoint",
    "workbook": "sheet",
    "book": "sheet",
    "__properties_version1.0": "msg",
}
_PROTECTED = frozenset(("encryptedpackage", "encryptioninfo", "\tdrmcontent"))


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    type: int
    left: int
    right: int
    child: int
    start: int
    size_bytes: int


class CompoundFile:
    """The streams of a compound file."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        """
        Raises:
            FileError: corrupt, too_large.
        """
        self._file = file
        self._limit_bytes = limits.inflated_bytes
        file.seek(0, 2)
        self._size_bytes = file.tell()
        file.seek(0)
        header = file.read(_HEADER_BYTES)
        if len(header) < _HEADER_BYTES or not header.startswith(OLE_MAGIC):
            raise _corrupt("header")
        shift = int.from_bytes(header[30:32], "little")
        if shift not in (9, 12):
            raise _corrupt("sector size")
        self._sector_bytes = 1 << shift
        directory, _, cutoff, mini_table, _, more, _ = struct.unpack_from("<7I", header, 48)
        self._cutoff_bytes = cutoff
        self._table = self._read_table(header, more)
        self._mini_table = _numbers(self._chain(mini_table, self._size_bytes // _MINI_BYTES * 4))
        entries = _entries(self._chain(directory, _MOST_ENTRIES * _ENTRY_BYTES), is_wide=shift == 12)
        if not entries or entries[0].type != _ROOT:
            raise _corrupt("directory")
        self._root = entries[0]
        self._mini: bytes | None = None
        self._streams = _tree(entries)
        self.names = frozenset(self._streams)
        """Paths ("storage/stream") in lower case: streams and storages are known whatever their case."""

    def stream(self, name: str) -> bytes:
        """The bytes of one stream, named by its path; b"" where there is none.

        Raises:
            FileError: too_large.
        """
        entry = self._streams.get(name.lower())
        if entry is None or entry.type != _STREAM:
            return b""
        if entry.size_bytes >= self._cutoff_bytes:
            return self._chain(entry.start, entry.size_bytes)
        if self._mini is None:
            self._mini = self._chain(self._root.start, self._root.size_bytes)
        pieces = (self._mini[_MINI_BYTES * at : _MINI_BYTES * (at + 1)] for at in _links(self._mini_table, entry.start))
        return _joined(pieces, entry.size_bytes)

    def _read_table(self, header: bytes, more: int) -> array[int]:
        """The sector allocation table; its sectors are listed in the header and in a chain of sectors of their own."""
        sectors = list(struct.unpack_from("<109I", header, 76))
        most = len(sectors) + self._size_bytes // self._sector_bytes // (self._sector_bytes // 4)
        while more < _LAST_SECTOR and len(sectors) <= most:
            listed = _numbers(self._sector(more))
            if not listed:
                break
            sectors += listed[:-1]
            more = listed[-1]
        seen = dict.fromkeys(sector for sector in sectors if sector < _LAST_SECTOR)
        return _numbers(b"".join(map(self._sector, list(seen)[: most + 1])))

    def _sector(self, number: int) -> bytes:
        self._file.seek((number + 1) * self._sector_bytes)
        return self._file.read(self._sector_bytes)

    def _chain(self, start: int, size_bytes: int) -> bytes:
        size_bytes = min(size_bytes, self._size_bytes)
        if size_bytes > self._limit_bytes:
            raise FileError("too_large", "Too large", f"One of its parts is over {self._limit_bytes >> 20} MiB.")
        return _joined(map(self._sector, _links(self._table, start)), size_bytes)


def reader_of(file: BinaryIO, limits: Limits) -> str:
    """The name of the reader for what a compound file holds.

    Raises:
        FileError: encrypted, corrupt, unsupported.
    """
    names = CompoundFile(file, limits).names
    if names & _PROTECTED:
        raise FileError("encrypted", "Protected by a password", "It cannot be read without it.")
    for stream, reader in _READER_OF_STREAM.items():
        if stream in names:
            return reader
    raise FileError("unsupported", "Files of this format are found by name", "It is an old format of some program.")


def _links(table: array[int], start: int) -> list[int]:
    """The sectors of a chain, no longer than the table."""
    chain: list[int] = []
    while start < len(table) and len(chain) <= len(table):
        chain.append(start)
        start = table[start]
    return chain


def _joined(pieces: Iterable[bytes], size_bytes: int) -> bytes:
    """The first bytes of `pieces`, none of which is read that is not needed."""
    out = bytearray()
    for piece in pieces:
        if len(out) >= size_bytes or not piece:
            break
        out += piece
    return bytes(out[:size_bytes])


def _numbers(data: bytes) -> array[int]:
    numbers = array("I", data[: len(data) // 4 * 4])
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _entries(directory: bytes, is_wide: bool) -> list[_Entry]:
    entries = []
    for at in range(0, len(directory) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
        name_bytes, type_, _, left, right, child = struct.unpack_from("<HBBIII", directory, at + 64)
        start, size_bytes = struct.unpack_from("<IQ", directory, at + 116)
        name = directory[at : at + max(0, min(name_bytes, 64) - 2)].decode("utf-16-le", "replace")
        if not is_wide:  # the upper half may hold anything in files of small sectors
            size_bytes &= 0xFFFFFFFF
        entries.append(_Entry(name, type_, left, right, child, start, size_bytes))
    return entries


def _tree(entries: list[_Entry]) -> dict[str, _Entry]:
    """Every stream and storage below the root, which is the first entry, by its path in lower case."""
    tree: dict[str, _Entry] = {}
    waiting, seen = [(entries[0].child, "")], {0}
    while waiting:
        at, folder = waiting.pop()
        if at < len(entries) and at not in seen and folder.count("/") <= _DEEPEST:
            seen.add(at)
            entry = entries[at]
            path = folder + entry.name.lower()
            tree[path] = entry
            waiting += ((entry.left, folder), (entry.right, folder))
            if entry.type == _STORAGE:
                waiting.append((entry.child, f"{path}/"))
    return tree


def _corrupt(part: str) -> FileError:
    return FileError("corrupt", "Damaged", f"It is incomplete or not what it claims to be ({part}).")


_TITLE, _SUBJECT, _AUTHOR, _KEYWORDS, _COMMENTS, _SAVED = 2, 3, 4, 5, 6, 13
_CODE_PAGE = 1
_BYTES, _WIDE, _TIME = 30, 31, 64
_MOST_PROPERTIES = 100
_MOST_VALUE_BYTES = 4000


def summary_of(compound: CompoundFile) -> tuple[str | None, dict[str, str | None]]:
    """The title and the metadata in a compound file's summary; a damaged one says nothing."""
    properties = _properties(compound.stream("\x05SummaryInformation"))
    return properties.get(_TITLE), {
        "author": properties.get(_AUTHOR),
        "date": properties.get(_SAVED),
        "subject": properties.get(_SUBJECT),
        "keywords": properties.get(_KEYWORDS),
        "comment": properties.get(_COMMENTS),
    }


def _properties(data: bytes) -> dict[int, str]:
    try:
        (start,) = struct.unpack_from("<I", data, 44)
        (count,) = struct.unpack_from("<I", data, start + 4)
        places = [struct.unpack_from("<II", data, start + 8 + 8 * at) for at in range(min(count, _MOST_PROPERTIES))]
        codec = "cp1252"
        for key, offset in places:
            if key == _CODE_PAGE:
                codec = codec_of_page(struct.unpack_from("<H", data, start + offset + 4)[0]) or codec
        return {key: _value(data, start + offset, codec) for key, offset in places}
    except struct.error:
        return {}


def _value(data: bytes, at: int, codec: str) -> str:
    type_, size = struct.unpack_from("<II", data, at)
    if type_ & 0xFFFF == _TIME:
        return _date(struct.unpack_from("<Q", data, at + 4)[0])
    if type_ & 0xFFFF == _WIDE:
        size, codec = 2 * size, "utf-16-le"
    elif type_ & 0xFFFF != _BYTES:
        return ""
    text = data[at + 8 : at + 8 + min(size, _MOST_VALUE_BYTES)].decode(codec, "replace")
    return text.partition("\0")[0]


def _date(ticks: int) -> str:
    """The day of a Windows time: tenths of a microsecond since 1601. "" where there is none."""
    seconds = ticks // 10_000_000
    if not 0 < seconds < 60 * 60 * 24 * 366 * 1000:
        return ""
    return (datetime(1601, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).date().isoformat()
