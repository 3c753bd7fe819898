"""Word documents (.docx and its templates): WordprocessingML read as a stream.

Headings come from styles or outline levels, whatever language Word spoke; tables by rows, cells parted by " | ".
Footnotes, endnotes and comments follow the text, and last come headers and footers, each line once: the sender of a
letter often stands nowhere else.

Source: ECMA-376 part 1, chapter 17.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from finder.errors import FileError
from finder.extract.containers.ooxml import core_properties, main_part, relationships
from finder.extract.containers.zipped import ZIP_MAGIC, Package, attribute, local_name, release
from finder.extract.kinds import kind_of
from finder.extract.reader import CLAIMED, HEADING_CHARS, LIKELY, SURE, Limits, TextBuilder, sensible_title
from finder.types import Document

_DEEPEST_HEADING = 3
_BODY_LEVEL = 9
"""An outline level that says: body text (17.3.1.20)."""
_LEVEL = re.compile("[0-9]")
_HEADING_STYLE = re.compile(r"heading (\d)", re.IGNORECASE)
_SKIPPED = frozenset(("Fallback", "moveFrom", "del", "instrText", "rPrChange", "pPrChange", "rt"))
_MAIN_PART = "word/document.xml"
_NOTES = ("footnotes", "endnotes", "comments")
_MARGINS = ("header", "footer")


class DocxReader:
    """Word documents."""

    name = "docx"

    def score(self, name: str, head: bytes) -> int | None:
        is_named = kind_of(name).reader == self.name
        if head.startswith(ZIP_MAGIC):
            return SURE if is_named else LIKELY if b"word/" in head else None
        return CLAIMED if is_named else None

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        package = Package(file, limits)
        builder = TextBuilder(limits.text_chars)
        main = main_part(package, _MAIN_PART)
        levels = _heading_levels(package, f"{main.rpartition('/')[0]}/styles.xml")
        story = _Story(builder, levels)
        story.read(package, main)
        is_whole = _read_beside(builder, levels, package, main, _NOTES)
        margins = TextBuilder(limits.text_chars)
        is_whole &= _read_beside(margins, {}, package, main, _MARGINS)
        for line in dict.fromkeys(filter(None, map(str.strip, margins.document().text.split("\n")))):
            builder.add(line)
            builder.end_line()
        notes = () if is_whole else ("Its notes, comments or headers are damaged",)
        title, metadata = core_properties(package)
        return builder.document(sensible_title(title) or story.title, notes, metadata)


def _read_beside(
    builder: TextBuilder, levels: dict[str, int], package: Package, main: str, types: tuple[str, ...]
) -> bool:
    """Read the parts of some types beside the main one; False where one is damaged, which spoils nothing else."""
    is_whole = True
    found = (other for other in relationships(package, main).values() if other.type in types)
    beside = {(types.index(other.type), other.part) for other in found}
    for _, part in sorted(beside):
        builder.end_paragraph()
        if part in package.names:
            try:
                _Story(builder, levels).read(package, part)
            except FileError:
                is_whole = False
    builder.end_paragraph()
    return is_whole


def _heading_levels(package: Package, part: str) -> dict[str, int]:
    """Style id -> heading level from 1; 0 is the style of titles. What a style is based on counts."""
    if part not in package.names:
        return {}
    own: dict[str, int | None] = {}
    based_on: dict[str, str] = {}
    for event, element in package.elements(part):
        if event == "end" and local_name(element) == "style":
            style = attribute(element, "styleId") or ""
            own[style] = _style_level(element)
            for child in element:
                if local_name(child) == "basedOn":
                    based_on[style] = attribute(child, "val") or ""
            release(element)
    levels = {}
    for style in own:
        at, seen = style, {style}
        while own.get(at) is None and (at := based_on.get(at, "")) not in seen:
            seen.add(at)
        if (level := own.get(at)) is not None and level <= _BODY_LEVEL:
            levels[style] = level
    return levels


def _style_level(style: Any) -> int | None:
    for element in style.iter():
        tag, value = local_name(element), attribute(element, "val") or ""
        if tag == "name" and value.lower() == "title":
            return 0
        if tag == "name" and (match := _HEADING_STYLE.fullmatch(value)):
            return int(match[1])
        if tag == "outlineLvl" and _LEVEL.fullmatch(value):
            return int(value) + 1
    return None


@dataclass(slots=True)
class _Paragraph:
    pieces: list[str] = field(default_factory=list)
    level: int | None = None
    is_listed: bool = False


@dataclass(slots=True)
class _Story:
    """Reads paragraphs and tables out of one part after another."""

    builder: TextBuilder
    levels: dict[str, int]
    title: str | None = None
    _paragraphs: list[_Paragraph] = field(default_factory=list)
    """The open ones: a text box is a paragraph within another."""
    _rows: list[list[str]] = field(default_factory=list)
    """The open rows of nested tables, each with its cells."""
    _skipping: int = 0

    def read(self, package: Package, part: str) -> None:
        for event, element in package.elements(part):
            if self.builder.is_cut:
                return
            tag = local_name(element)
            if tag in _SKIPPED:
                self._skipping += 1 if event == "start" else -1
            elif self._skipping:
                continue
            elif event == "start":
                self._start(tag)
            else:
                self._end(tag, element)
                if tag in ("p", "tbl") and not self._paragraphs:
                    release(element)

    def _start(self, tag: str) -> None:
        if tag == "p":
            self._paragraphs.append(_Paragraph())
        elif tag == "tr":
            self._rows.append([])
        elif tag == "tc" and self._rows:
            self._rows[-1].append("")

    def _end(self, tag: str, element: Any) -> None:
        if tag == "tr" and self._rows:
            cells = self._rows.pop()
            self._put(" | ".join(cell for cell in cells if cell), is_close=True)
        elif tag == "tbl":
            self.builder.end_paragraph()
        elif self._paragraphs:
            self._end_in_paragraph(tag, element, self._paragraphs[-1])

    def _end_in_paragraph(self, tag: str, element: Any, paragraph: _Paragraph) -> None:
        if tag == "t":
            paragraph.pieces.append(element.text or "")
        elif tag in ("tab", "ptab"):
            paragraph.pieces.append("\t")
        elif tag in ("br", "cr"):
            paragraph.pieces.append("\n")
        elif tag == "noBreakHyphen":
            paragraph.pieces.append("-")
        elif tag == "pStyle":
            paragraph.level = self.levels.get(attribute(element, "val") or "")
        elif tag == "outlineLvl":
            value = attribute(element, "val") or ""
            paragraph.level = int(value) + 1 if _LEVEL.fullmatch(value) else None
        elif tag == "numPr":
            paragraph.is_listed = True
        elif tag == "p":
            self._end_paragraph(self._paragraphs.pop())

    def _end_paragraph(self, paragraph: _Paragraph) -> None:
        text = "".join(paragraph.pieces).strip()
        if not text:
            return
        if not self._rows and paragraph.level is not None and paragraph.level <= _DEEPEST_HEADING:
            heading = " ".join(text.split())[:HEADING_CHARS]
            if paragraph.level == 0 and self.title is None:
                self.title = sensible_title(heading)
            self.builder.end_paragraph()
            self.builder.heading(heading)
        is_plain_list = paragraph.is_listed and paragraph.level is None
        self._put(f"- {text}" if is_plain_list else text, is_close=is_plain_list)

    def _put(self, text: str, is_close: bool) -> None:
        """Into the open cell, else into the document: close to its neighbour, or as a paragraph of its own."""
        if self._rows and self._rows[-1]:
            self._rows[-1][-1] = f"{self._rows[-1][-1]} {text}".strip()
            return
        self.builder.add(text)
        if is_close:
            self.builder.end_line()
        else:
            self.builder.end_paragraph()
