"""Word 97-2003 documents (.doc), and those of Word 2, 6 and 95.

They are read here, behind the sandbox, so that no office suite is needed and none is started on a hostile file.
Headings are the paragraphs in the built-in styles "heading 1" to "heading 3", whatever language Word spoke. Formatting
is not read; hidden and deleted text is text. Footnotes, endnotes, comments, text boxes and, once each, the lines of
headers and footers follow the main text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import BinaryIO

from finder.extract.containers.ole import CompoundFile, summary_of
from finder.extract.office.msword_file import MARK, Properties, WordFile
from finder.extract.reader import HEADING_CHARS, SURE, Limits, TextBuilder, sensible_title
from finder.types import Document

_WORD_2_MAGIC = b"\xdb\xa5\x2d\x00"
_READ_AFTER = ("footnotes", "endnotes", "comments", "boxes", "headers", "header boxes")
_DEEPEST_HEADING = 3
_DEEPEST_FIELD = 20
_FIELD_MARK = re.compile("([\x13\x14\x15])")
_CONTROLS = str.maketrans({"\x0b": "\n", "\x1e": "-", "\x0e": "\n", "\x02": None, "\x05": None})


class MsWordReader:
    """Documents of Word before 2007."""

    name = "msword"

    def score(self, name: str, head: bytes) -> int | None:
        return SURE if head.startswith(_WORD_2_MAGIC) else None

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        file.seek(0)
        if file.read(4) == _WORD_2_MAGIC:
            file.seek(0)
            word = WordFile(file.read(limits.inflated_bytes), b"", b"")
            title: str | None = None
            metadata: dict[str, str | None] = {}
        else:
            compound = CompoundFile(file, limits)
            streams = (compound.stream(stream) for stream in ("WordDocument", "0Table", "1Table"))
            word = WordFile(*streams)
            title, metadata = summary_of(compound)
        builder = TextBuilder(limits.text_chars)
        _Writer(builder, word).write()
        return builder.document(sensible_title(title), metadata=metadata)


@dataclass(slots=True)
class _Writer:
    """Puts the stories of a document one behind the other."""

    builder: TextBuilder
    word: WordFile
    _cells: list[str] = field(default_factory=list)
    _in_cell: list[str] = field(default_factory=list)
    """The paragraphs of the open cell."""

    def write(self) -> None:
        for text, offset in self.word.story("main", 2 * self.builder.room_chars):
            self._paragraph(text, self.word.styles.at(offset))
            if self.builder.is_cut:
                return
        self._end_row()
        for name in _READ_AFTER:
            self.builder.end_paragraph()
            lines = (_words(text) for text, _ in self.word.story(name, self.builder.room_chars))
            for line in dict.fromkeys(lines) if "header" in name else lines:
                self._line(line)

    def _paragraph(self, text: str, properties: Properties) -> None:
        words = _words(text)
        is_cell = text.endswith("\x07")
        if (properties.is_in_table and not properties.ends_row) or (is_cell and words):
            self._in_cell.append(words)
            if is_cell:
                self._cells.append(" ".join(self._in_cell).strip())
                self._in_cell.clear()
            return
        self._end_row()
        if is_cell:
            return
        if words and 1 <= properties.style <= _DEEPEST_HEADING:
            self.builder.end_paragraph()
            self.builder.heading(" ".join(words.split())[:HEADING_CHARS])
        self._line(words)
        self.builder.end_paragraph()

    def _end_row(self) -> None:
        self._line(" | ".join(cell for cell in (*self._cells, *self._in_cell) if cell))
        self._cells.clear()
        self._in_cell.clear()

    def _line(self, words: str) -> None:
        if words:
            self.builder.add(words)
            self.builder.end_line()


def _words(text: str) -> str:
    """A paragraph without its mark and without the codes of its fields: what a field shows is kept."""
    pieces = []
    are_codes: list[bool] = []
    for piece in _FIELD_MARK.split(MARK.sub("", text)):
        if piece == "\x13":
            are_codes.append(True)
        elif piece == "\x14" and are_codes:
            are_codes[-1] = False
        elif piece == "\x15" and are_codes:
            are_codes.pop()
        elif True not in are_codes[-_DEEPEST_FIELD:]:
            pieces.append(piece)
    return "".join(pieces).translate(_CONTROLS).strip()
