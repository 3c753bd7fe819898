"""A document of Word before 2007 as it lies in its file: the stories by the piece table, the properties of paragraphs.

Sources: [MS-DOC] 2.4.1 (text), 2.5 (the file information block), 2.8.35, 2.9.38 and 2.9.177 (pieces), 2.9.174
(paragraph properties); "Microsoft Word 6.0 Binary File Format" for the older ones.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from finder.errors import FileError
from finder.extract.text.codepages import codec_of_language

_MAGICS = frozenset((0xA5EC, 0xA5DC, 0xA5DB))
_WORD_97 = 0xC1
"""The first version of the format with a table stream and 16-bit text."""
_ENCRYPTED, _IN_TABLE_1, _IS_COMPLEX = 0x0100, 0x0200, 0x0004
_COMPRESSED = 1 << 30
"""In a piece's position: one byte a character, and the position doubled."""
_STORIES = ("main", "footnotes", "headers", "macros", "comments", "endnotes", "boxes", "header boxes")
_PAGE_BYTES = 512
_IN_TABLE = b"\x16\x24\x01"
"""sprmPFInTable"""
_ROW_END = b"\x17\x24\x01"
"""sprmPFTtp: the paragraph is the mark at the end of a table's row."""
MARK = re.compile("[\r\x07\x0c]")
"""What ends a paragraph, a cell, a section."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A run of characters that lie one behind the other."""

    cp: int
    """The number of its first character in the document."""
    chars: int
    offset: int
    """Of its first byte in the main stream."""
    codec: str

    @property
    def char_bytes(self) -> int:
        return 2 if self.codec == "utf-16-le" else 1


class WordFile:
    """The main stream and the tables of one document.

    Raises:
        FileError: encrypted, corrupt.
    """

    def __init__(self, main: bytes, table_0: bytes, table_1: bytes) -> None:
        self.main = main
        try:
            self._read_header(table_0, table_1)
        except (struct.error, ValueError) as error:
            raise FileError("corrupt", "Damaged", "Its header or its tables are incomplete.") from error

    def _read_header(self, table_0: bytes, table_1: bytes) -> None:
        magic, version, _, language, _, flags = struct.unpack_from("<6H", self.main)
        if magic not in _MAGICS:
            raise ValueError("not a document")
        if flags & _ENCRYPTED:
            raise FileError("encrypted", "Protected by a password", "It cannot be read without it.")
        if version < _WORD_97:
            self._read_old_header(codec_of_language(language), bool(flags & _IS_COMPLEX))
            return
        table = table_1 if flags & _IN_TABLE_1 else table_0
        at = 34 + 2 * struct.unpack_from("<H", self.main, 32)[0]
        counts_at = at + 2
        pairs_at = counts_at + 4 * struct.unpack_from("<H", self.main, at)[0] + 2
        counts = struct.unpack_from("<8I", self.main, counts_at + 12)
        self.story_chars = dict(zip(_STORIES, counts, strict=True))
        clx_at, clx_bytes = struct.unpack_from("<II", self.main, pairs_at + 8 * 33)
        self.pieces = _pieces(table[clx_at : clx_at + clx_bytes], "cp1252", is_wide=True)
        papx_at, papx_bytes = struct.unpack_from("<II", self.main, pairs_at + 8 * 13)
        self.styles = _Styles(self.main, _property_pages(table[papx_at : papx_at + papx_bytes]))

    def _read_old_header(self, codec: str, is_complex: bool) -> None:
        start, end = struct.unpack_from("<II", self.main, 24)
        counts = struct.unpack_from("<8I", self.main, 52)
        self.story_chars = dict(zip(_STORIES, counts, strict=True))
        self.styles = _Styles(self.main, [])
        if is_complex:
            clx_at, clx_bytes = struct.unpack_from("<II", self.main, 0x160)
            self.pieces = _pieces(self.main[clx_at : clx_at + clx_bytes], codec, is_wide=False)
        else:
            self.pieces = [_Piece(0, max(0, min(end, len(self.main)) - start), start, codec)]

    def story(self, name: str, most_chars: int) -> Iterator[tuple[str, int]]:
        """(text, offset of its end in the main stream) of each paragraph or cell of a story, its mark included."""
        first = 0
        for other, chars in self.story_chars.items():
            if other == name:
                break
            first += chars
        last = first + min(self.story_chars[name], most_chars)
        line = ""
        for piece in self.pieces:
            low, high = max(first, piece.cp), min(last, piece.cp + piece.chars)
            if low >= high:
                continue
            start = piece.offset + (low - piece.cp) * piece.char_bytes
            data = self.main[start : start + (high - low) * piece.char_bytes]
            text = data.decode(piece.codec, "replace")
            at = 0
            for mark in MARK.finditer(text):
                # One byte may be half a character in East Asian text before Word 97: the offset is then too small,
                # and the paragraph found has no properties to speak of in those versions.
                yield line + text[at : mark.end()], start + mark.start() * piece.char_bytes
                line, at = "", mark.end()
            line += text[at:]
        if line:
            yield line, -1


def _pieces(clx: bytes, codec: str, is_wide: bool) -> list[_Piece]:
    """The pieces of a document, in the order of its text."""
    at = 0
    while clx[at : at + 1] == b"\x01":  # properties that fast saving left behind
        at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
    if clx[at : at + 1] != b"\x02":
        raise ValueError("no piece table")
    (size,) = struct.unpack_from("<I", clx, at + 1)
    count = (min(size, len(clx) - at - 5) - 4) // 12
    if count < 1:
        raise ValueError("no pieces")
    cps = struct.unpack_from(f"<{count + 1}I", clx, at + 5)
    if list(cps) != sorted(cps):
        raise ValueError("pieces out of order")
    pieces = []
    for index in range(count):
        (position,) = struct.unpack_from("<I", clx, at + 5 + 4 * (count + 1) + 8 * index + 2)
        chars = cps[index + 1] - cps[index]
        if not is_wide:
            pieces.append(_Piece(cps[index], chars, position, codec))
        elif position & _COMPRESSED:
            pieces.append(_Piece(cps[index], chars, (position & ~_COMPRESSED) // 2, codec))
        else:
            pieces.append(_Piece(cps[index], chars, position, "utf-16-le"))
    return pieces


def _property_pages(table: bytes) -> list[tuple[int, int]]:
    """(first offset, number of its page) for each page of paragraph properties."""
    count = (len(table) - 4) // 8
    if count < 1:
        return []
    offsets = struct.unpack_from(f"<{count}I", table)
    pages = struct.unpack_from(f"<{count}I", table, 4 * (count + 1))
    return sorted(zip(offsets, (page & 0x3FFFFF for page in pages), strict=True))


@dataclass(frozen=True, slots=True)
class Properties:
    """What is read of a paragraph's properties."""

    style: int = 0
    """The number of its style: 1 to 9 are headings."""
    is_in_table: bool = False
    ends_row: bool = False


_NO_PROPERTIES = Properties()


@dataclass(slots=True)
class _Styles:
    """The properties of paragraphs, by the offset of their marks."""

    main: bytes
    pages: list[tuple[int, int]]
    _read: dict[int, tuple[list[int], list[Properties]]] = field(default_factory=dict)

    def at(self, offset: int) -> Properties:
        index = bisect_right(self.pages, offset, key=lambda page: page[0]) - 1
        if index < 0:
            return _NO_PROPERTIES
        number = self.pages[index][1]
        if number not in self._read:
            self._read[number] = _page_of_properties(self.main[number * _PAGE_BYTES : (number + 1) * _PAGE_BYTES])
        offsets, found = self._read[number]
        run = bisect_right(offsets, offset) - 1
        return found[run] if 0 <= run < len(found) else _NO_PROPERTIES


def _page_of_properties(page: bytes) -> tuple[list[int], list[Properties]]:
    """The first offsets of the paragraphs on a page of properties, and the properties."""
    count = page[-1] if len(page) == _PAGE_BYTES else 0
    if 4 * (count + 1) + 13 * count >= _PAGE_BYTES:
        return [], []
    offsets = list(struct.unpack_from(f"<{count}I", page))
    found = []
    for run in range(count):
        at = 2 * page[4 * (count + 1) + 13 * run]
        # The length counts words, less the byte before them; a zero says that the next byte has it.
        start, length = (at + 1, 2 * page[at] - 1) if page[at] else (at + 2, 2 * page[min(at + 1, _PAGE_BYTES - 1)])
        own = page[start : start + length] if at else b""
        found.append(Properties(int.from_bytes(own[:2], "little"), _IN_TABLE in own[2:], _ROW_END in own[2:]))
    return offsets, found
