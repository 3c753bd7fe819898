"""Rich Text Format (.rtf, and many a .doc): a thin reader of its own, in one pass.

Groups that hold no text (pictures, lists of formats) are jumped over. Headings come from outline levels. Footnotes,
comments and text boxes follow the paragraph they hang on; headers and footers come last, each once.

Source: Rich Text Format Specification, version 1.9.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import BinaryIO

from finder.errors import FileError
from finder.extract.reader import HEADING_CHARS, SURE, Limits, TextBuilder, sensible_title
from finder.extract.text.codepages import codec_of_charset, codec_of_page
from finder.types import Document

_MAGIC = b"{\\rt"
"""Some programs leave the f away."""
_DEEPEST_HEADING = 3
_DEEPEST_GROUP = 10_000
_TOKEN = re.compile(
    rb"\\(?:'([0-9a-fA-F]{2})|([a-zA-Z]{1,32})(-?[0-9]{1,10})? ?|([^a-zA-Z]))|([{}])|([^\\{}]+)", re.DOTALL
)
_BRACE = re.compile(rb"\\bin([0-9]{1,10}) ?|\\.|[{}]", re.DOTALL)
_UNPRINTED = b"\r\n\0"
_SURROGATE = re.compile("[\ud800-\udfff]")

_SKIPPED = frozenset(
    (
        *("pict", "object", "colortbl", "fldinst", "themedata", "datastore", "filetbl", "listtable", "revtbl", "sp"),
        *("listoverridetable", "nonshppict", "shprslt", "xe", "tc", "txe", "rxe", "bkmkstart", "bkmkend", "private"),
        *("ftnsep", "ftnsepc", "ftncn", "aftnsep", "aftnsepc", "aftncn", "atnref", "atnid", "atndate", "atnauthor"),
        *("pntext", "pn", "nonesttables", "fontemb", "falt", "panose", "template", "formfield", "datafield"),
    )
)
"""Groups whose text no reader sees."""
_STARRED = frozenset(("shpinst", "footnote", "annotation", "fldrslt", "nesttableprops"))
"""Groups that an old program may ignore, and that hold text or hold groups that do."""
_ASIDE = frozenset(("footnote", "annotation", "shptxt"))
_HEADERS = frozenset(("header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf"))
_INFO = {
    "title": "title", "subject": "subject", "author": "author", "keywords": "keywords", "doccomm": "comment",
    "operator": "", "company": "", "category": "", "manager": "", "hlinkbase": "", "comment": "", "version": "",
}  # fmt: skip
_TABLES = frozenset(("fonttbl", "stylesheet"))
_OF_THEIR_OWN = _ASIDE | _HEADERS | _INFO.keys() | _TABLES | {"shpinst", "info"}
"""Groups whose text goes elsewhere, or nowhere."""
_CHARACTERS = {
    "emdash": "\u2014", "endash": "\u2013", "emspace": " ", "enspace": " ", "qmspace": " ", "bullet": "\u2022",
    "lquote": "\u2018", "rquote": "\u2019", "ldblquote": "\u201c", "rdblquote": "\u201d", "tab": "\t", "line": "\n",
    "~": " ", "_": "-", "{": "{", "}": "}", "\\": "\\", "nestcell": " ", "nestrow": " ",
}  # fmt: skip
_PARAGRAPH_ENDS = frozenset(("par", "sect", "page", "column", "\n", "\r"))
_SETS = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850", "ansi": "cp1252"}


class RtfReader:
    """Rich text."""

    name = "rtf"

    def score(self, name: str, head: bytes) -> int | None:
        return SURE if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_MAGIC) else None

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        file.seek(0)
        builder = TextBuilder(limits.text_chars)
        rich = _RichText(file.read(limits.inflated_bytes), builder)
        rich.read()
        info = {key: "".join(pieces) for key, pieces in rich.info.items()}
        return builder.document(sensible_title(info.pop("title", None)), metadata=info)


@dataclass(slots=True)
class _Group:
    """What holds until a group ends."""

    pieces: list[str] | None
    """Where its text goes; None for nowhere."""
    codec: str
    skip_chars: int = 1
    """So many characters stand in for a \\u in programs that do not know it."""
    is_deleted: bool = False
    table: str = ""
    """"fonttbl" or "stylesheet", of which each entry is looked at."""

    def inner(self) -> _Group:
        """One within it, for which the same holds at first."""
        return _Group(self.pieces, self.codec, self.skip_chars, self.is_deleted, self.table)


@dataclass(slots=True)
class _RichText:
    """One file on its way to text."""

    data: bytes
    builder: TextBuilder
    info: dict[str, list[str]] = field(default_factory=dict)
    _codec: str = "cp1252"
    _fonts: dict[int, str] = field(default_factory=dict)
    _levels: dict[int, int] = field(default_factory=dict)
    """Style -> outline level from 1."""
    _group: _Group = field(default_factory=lambda: _Group(None, "cp1252"))
    _groups: list[_Group] = field(default_factory=list)
    _body: list[str] = field(default_factory=list)
    """The open paragraph or cell."""
    _cells: list[str] = field(default_factory=list)
    _aside: list[list[str]] = field(default_factory=list)
    _headers: list[list[str]] = field(default_factory=list)
    _bytes: bytearray = field(default_factory=bytearray)
    """Characters not yet decoded: one of two bytes may come in two pieces."""
    _to_skip: int = 0
    _entry: int = 0
    """The font or style of which a table speaks."""
    _style: int = 0
    _level: int = 0
    _is_in_table: bool = False
    _is_starred: bool = False

    def read(self) -> None:
        """
        Raises:
            FileError: corrupt, where it is nested beyond reason.
        """
        self._group = _Group(self._body, self._codec)
        at = 0
        while not self.builder.is_cut and (token := _TOKEN.match(self.data, at)):
            at = token.end()
            code, word, number, symbol, brace, text = token.groups()
            if text is not None:
                self._add(text.translate(None, _UNPRINTED))
            elif code is not None:
                self._add(bytes((int(code, 16),)))
            elif brace is not None:
                self._open() if brace == b"{" else self._close()
            else:
                name = (word or symbol).decode("latin-1")
                if self._control(name, int(number) if number else None):
                    at = self._end_of_group(at)
                elif name == "bin" and number:
                    at += max(0, int(number))
        self._flush()
        self._group = _Group(self._body, self._codec)
        self._is_in_table = False
        self._end_row()
        self._end_paragraph()
        for line in dict.fromkeys(_whole(pieces) for pieces in self._headers):
            self._put(line)

    def _open(self) -> None:
        self._flush()
        self._to_skip = 0
        if len(self._groups) > _DEEPEST_GROUP:
            raise FileError("corrupt", "Damaged", "Its groups are nested too deeply.")
        self._groups.append(self._group)
        self._group = self._group.inner()

    def _close(self) -> None:
        self._flush()
        self._to_skip = 0
        self._is_starred = False
        if self._groups:
            self._group = self._groups.pop()

    def _end_of_group(self, at: int) -> int:
        """Where the brace lies that closes the open group."""
        depth = 0
        while brace := _BRACE.search(self.data, at):
            at = brace.end()
            if brace[1]:
                at += int(brace[1])
            elif brace[0] == b"{":
                depth += 1
            elif brace[0] == b"}":
                depth -= 1
                if depth < 0:
                    return brace.start()
        return len(self.data)

    def _add(self, data: bytes) -> None:
        skipped = min(self._to_skip, len(data))
        self._to_skip -= skipped
        if self._group.pieces is not None and not self._group.is_deleted:
            self._bytes += data[skipped:]

    def _flush(self) -> None:
        if self._bytes and self._group.pieces is not None:
            self._group.pieces.append(self._bytes.decode(self._group.codec, "replace"))
        self._bytes.clear()

    def _control(self, name: str, number: int | None) -> bool:
        """Follow a control word; True where the rest of its group holds nothing to read."""
        if self._to_skip and name not in ("u", "uc", "*"):
            self._to_skip -= 1
            if name in _CHARACTERS:
                return False
        self._flush()
        if name == "*":
            self._is_starred = True
            return False
        is_starred, self._is_starred = self._is_starred, False
        if self._groups and (name in _SKIPPED or (is_starred and name not in _STARRED)):
            return True
        if name in _OF_THEIR_OWN:
            self._begin(name)
        elif name in _CHARACTERS:
            self._write(_CHARACTERS[name])
        elif name == "u":
            self._write(chr((number or 0) & 0xFFFF))
            self._to_skip = self._group.skip_chars
        elif self._group.table:
            self._table_control(name, number or 0)
        else:
            self._text_control(name, number)
        return False

    def _begin(self, name: str) -> None:
        """The group that is open turns out to be one of its own kind."""
        pieces: list[str] | None = None
        if name in _ASIDE:
            self._aside.append(pieces := [])
        elif name in _HEADERS:
            self._headers.append(pieces := [])
        elif _INFO.get(name):
            pieces = self.info.setdefault(_INFO[name], [])
        self._group.pieces = pieces
        self._group.table = name if name in _TABLES else ""

    def _table_control(self, name: str, number: int) -> None:
        if self._group.table == "fonttbl":
            if name == "f":
                self._entry = number
            elif name in ("fcharset", "cpg"):
                codec = codec_of_charset(number) if name == "fcharset" else codec_of_page(number)
                self._fonts[self._entry] = codec or self._fonts.get(self._entry, "")
        elif name == "s":
            self._entry = number
        elif name == "outlinelevel":
            self._levels[self._entry] = number + 1

    def _text_control(self, name: str, number: int | None) -> None:
        if name in _PARAGRAPH_ENDS:
            self._end_paragraph()
        elif name in ("cell", "row"):
            self._end_cell() if name == "cell" else self._end_row()
        elif name == "pard":
            self._style, self._level, self._is_in_table = 0, 0, False
        elif name == "intbl":
            self._is_in_table = True
        elif name == "s":
            self._style = number or 0
        elif name == "outlinelevel":
            self._level = (number or 0) + 1
        elif name == "ansicpg" or name in _SETS:
            self._codec = codec_of_page(number or 0) or _SETS.get(name, self._codec)
            self._group.codec = self._codec
        elif name == "f":
            self._group.codec = self._fonts.get(number or 0) or self._codec
        elif name == "plain":
            self._group.codec, self._group.is_deleted = self._codec, False
        elif name == "deleted":
            self._group.is_deleted = number != 0
        elif name == "uc":
            self._group.skip_chars = min(max(number or 0, 0), 10)

    def _write(self, text: str) -> None:
        if self._group.pieces is not None and not self._group.is_deleted:
            self._group.pieces.append(text)

    def _end_paragraph(self) -> None:
        if self._group.pieces is not self._body:
            self._write("\n")
        elif self._is_in_table:
            self._body.append(" ")
        else:
            text = _whole(self._body)
            self._body.clear()
            level = self._level or self._levels.get(self._style, 0)
            if text and 1 <= level <= _DEEPEST_HEADING:
                self.builder.end_paragraph()
                self.builder.heading(" ".join(text.split())[:HEADING_CHARS])
            self._put(text)
            self._put_aside()

    def _end_cell(self) -> None:
        if self._group.pieces is self._body:
            self._cells.append(_whole(self._body))
            self._body.clear()
        else:
            self._write(" ")

    def _end_row(self) -> None:
        if self._group.pieces is not self._body:
            self._write("\n")
            return
        self.builder.add(" | ".join(filter(None, self._cells)))
        self.builder.end_line()
        self._cells.clear()
        self._put_aside()

    def _put_aside(self) -> None:
        """In the body all that hung on its last paragraph is closed."""
        for pieces in self._aside:
            self._put(_whole(pieces))
        self._aside.clear()

    def _put(self, text: str) -> None:
        if text:
            self.builder.add(text)
            self.builder.end_paragraph()


def _whole(pieces: list[str]) -> str:
    """The text in `pieces`, with the halves of characters beyond the first plane put together."""
    text = "".join(pieces).strip()
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
