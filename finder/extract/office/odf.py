"""OpenDocument (.odt, .odp, .ods, .odg, their templates and flat forms), read as a stream.

Headings come from outline levels; tables by rows, in a spreadsheet with their header beside the values; slides with
their notes; footnotes and comments behind the paragraph they hang on. Headers and footers come last, each once.

Source: OASIS OpenDocument 1.3, part 3.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from finder.errors import FileError
from finder.extract.containers.zipped import ZIP_MAGIC, Package, attribute, local_name, release, xml_elements
from finder.extract.kinds import kind_of
from finder.extract.office.odf_text import Events, sheet_rows, words_of
from finder.extract.reader import CLAIMED, HEADING_CHARS, SURE, Limits, TextBuilder, sensible_title
from finder.extract.sheets.tabular import write_rows
from finder.types import Document, FileType

_KIND = b"mimetypeapplication/vnd.oasis.opendocument."
"""How the archive begins, behind the header of its first member."""
_FLAT = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:[?!].*?<)?office:document\b", re.DOTALL)
"""From the file's first byte on: a program or a page that speaks of OpenDocument is none."""
_DEEPEST_HEADING = 3
_MANIFEST_BYTES = 1 << 20
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SKIPPED = frozenset(("tracked-changes", "forms", "event-listeners", "settings", "list-header-number"))
_FURNITURE = frozenset(("page-number", "date-time", "footer", "header"))
"""Frames that say the same on every slide."""
_TYPES: dict[str, FileType] = {"presentation": "slides", "spreadsheet": "sheet"}
_PROPERTIES = {
    "title": "title",
    "creator": "author",
    "initial-creator": "author",
    "date": "date",
    "subject": "subject",
    "keyword": "keywords",
    "description": "comment",
    "generator": "program",
}


class OdfReader:
    """Documents of LibreOffice and its relatives."""

    name = "odf"

    def score(self, name: str, head: bytes) -> int | None:
        if (head.startswith(ZIP_MAGIC) and _KIND in head[:200]) or _FLAT.match(head):
            return SURE
        return CLAIMED if kind_of(name).reader == self.name else None

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        builder = TextBuilder(limits.text_chars)
        body = _Body(builder)
        file.seek(0)
        if file.read(len(ZIP_MAGIC)) == ZIP_MAGIC:
            package = Package(file, limits)
            _refuse_encrypted(package)
            body.read(package.elements("content.xml"))
            for part in ("styles.xml", "meta.xml"):
                if part in package.names and not builder.is_cut:
                    with suppress(FileError):  # the text itself is whole
                        body.read(package.elements(part))
        else:
            file.seek(0)
            body.read(xml_elements(file))
            body.write_program()
        body.write_headers()
        title = sensible_title(body.properties.pop("title", None)) or body.title
        return builder.document(title, metadata=body.properties, type_=_TYPES.get(body.kind, "document"))


def _refuse_encrypted(package: Package) -> None:
    """
    Raises:
        FileError: encrypted.
    """
    manifest = "META-INF/manifest.xml"
    # Looked at as bytes: of all parts this one may have a document type.
    listed = package.beginning(manifest, _MANIFEST_BYTES) if manifest in package.names else b""
    if b":encryption-data" in listed or "encrypted-package" in package.names:
        raise FileError("encrypted", "Protected by a password", "It cannot be read without it.")


@dataclass(slots=True)
class _Slide:
    """One slide, whose title may come behind its text."""

    title: str = ""
    texts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Body:
    """Reads the parts of a document, or the one part of a flat one."""

    builder: TextBuilder
    kind: str = ""
    """Of "text", "spreadsheet", "presentation", "drawing"."""
    title: str | None = None
    properties: dict[str, str | None] = field(default_factory=dict)
    _headers: list[str] = field(default_factory=list)
    _rows: list[list[str]] = field(default_factory=list)
    """The open rows of nested tables, each with its cells."""
    _slide: _Slide | None = None
    _slides: int = 0
    _frames: list[str] = field(default_factory=list)
    """What each open frame of a slide is for."""
    _is_in_notes: bool = False
    _is_listed: bool = False

    def read(self, events: Events) -> None:
        for event, element in events:
            tag = local_name(element)
            if event == "start" and tag == "body":
                self._read_body(events)
            elif event == "end" and tag in ("header", "footer"):
                self._headers += filter(None, (words_of(each)[0] for each in element if local_name(each) in ("p", "h")))
            elif event == "end" and tag in _PROPERTIES and element.text:
                self.properties.setdefault(_PROPERTIES[tag], _shown_property(element.text))
            if self.builder.is_cut:
                return

    def write_headers(self) -> None:
        """Those of a text document: on sheets and slides they are what the program put there."""
        if self.kind != "text":
            return
        self.builder.end_paragraph()
        for line in dict.fromkeys(self._headers):
            self._write(line)

    def write_program(self) -> None:
        """Of a flat document, which people read as text too and look for by what stands at its top."""
        if program := self.properties.get("program"):
            self.builder.end_paragraph()
            self.builder.label("properties")
            self._write(f"Made by {program}")
            self.builder.label(None)
            self.builder.end_paragraph()

    def _read_body(self, events: Events) -> None:
        open_paragraphs = skipping = 0
        for event, element in events:
            tag, is_start = local_name(element), event == "start"
            if tag in _SKIPPED:
                skipping += 1 if is_start else -1
            elif skipping:
                continue
            elif tag in ("p", "h"):
                open_paragraphs += 1 if is_start else -1
                if not is_start and not open_paragraphs:
                    self._paragraph(element, tag)
            elif open_paragraphs:
                continue
            elif is_start and tag == "table" and self.kind == "spreadsheet":
                self._sheet(attribute(element, "name") or "", events)
            elif is_start:
                self._start(tag, element)
            elif tag == "body":
                return
            else:
                self._end(tag, element)
            if self.builder.is_cut:
                return

    def _start(self, tag: str, element: Any) -> None:
        if tag in ("text", "spreadsheet", "presentation", "drawing") and not self.kind:
            self.kind = tag
        elif tag == "table-row":
            self._rows.append([])
        elif tag in ("table-cell", "covered-table-cell") and self._rows:
            self._rows[-1].append("")
        elif tag == "list-item":
            self._is_listed = True
        elif tag == "page":
            self._slide = _Slide()
        elif tag == "notes":
            self._is_in_notes = True
        elif tag == "frame":
            self._frames.append(attribute(element, "class") or "")

    def _end(self, tag: str, element: Any) -> None:
        if tag == "table-row" and self._rows:
            self._put(" | ".join(filter(None, self._rows.pop())), is_close=True)
        elif tag == "table":
            self.builder.end_paragraph()
        elif tag == "list-item":
            self._is_listed = False
        elif tag == "notes":
            self._is_in_notes = False
        elif tag == "frame" and self._frames:
            self._frames.pop()
        elif tag == "page":
            self._end_slide()
        if tag in ("table", "list", "page", "table-row") and not self._rows:
            release(element)

    def _paragraph(self, element: Any, tag: str) -> None:
        text, beside = words_of(element)
        if self._slide is not None:
            self._put_on_slide([text, *beside], self._slide)
            return
        level = attribute(element, "outline-level") or "1" if tag == "h" else ""
        is_title = not self.title and attribute(element, "style-name") == "Title"
        if text and not self._rows and (is_title or (level.isdecimal() and int(level[:9]) <= _DEEPEST_HEADING)):
            heading = " ".join(text.split())[:HEADING_CHARS]
            self.title = sensible_title(heading) if is_title else self.title
            self.builder.end_paragraph()
            self.builder.heading(heading)
        is_item = self._is_listed and not level
        self._put(f"- {text}" if is_item and text and not self._rows else text, is_close=is_item)
        self._is_listed = False
        for words in beside:
            self._put(words, is_close=False)
        if not self._rows:
            release(element)

    def _put(self, text: str, is_close: bool) -> None:
        """Into the open cell, else into the document: close to its neighbour, or as a paragraph of its own."""
        if self._slide is not None:
            self._put_on_slide([text], self._slide)
        elif self._rows and self._rows[-1]:
            self._rows[-1][-1] = f"{self._rows[-1][-1]} {text}".strip()
        else:
            self._write(text)
            if text and not is_close:
                self.builder.end_paragraph()

    def _write(self, text: str) -> None:
        if text:
            self.builder.add(text)
            self.builder.end_line()

    def _put_on_slide(self, texts: list[str], slide: _Slide) -> None:
        role = self._frames[-1] if self._frames else ""
        text = "\n".join(filter(None, texts))
        if self._rows and self._rows[-1]:
            self._rows[-1][-1] = f"{self._rows[-1][-1]} {text}".strip()
        elif text and role not in _FURNITURE:
            if role == "title" and not self._is_in_notes:
                slide.title = slide.title or text
            (slide.notes if self._is_in_notes else slide.texts).append(text)

    def _end_slide(self) -> None:
        slide, self._slide = self._slide or _Slide(), None
        self._frames.clear()
        self._slides += 1
        self.builder.end_paragraph()
        if self.kind == "presentation":
            self.builder.heading(" ".join(slide.title.split())[:HEADING_CHARS] or None)
            self.builder.label(f"slide {self._slides}")
        else:
            self.builder.page(self._slides)
        for text in slide.texts:
            self._write(text)
        if slide.notes:
            self.builder.end_paragraph()
            self.builder.label(f"slide {self._slides}, notes")
            for text in slide.notes:
                self._write(text)

    def _sheet(self, name: str, events: Events) -> None:
        name = " ".join(name.split())[:HEADING_CHARS]
        comments: list[str] = []
        self.builder.end_paragraph()
        self.builder.heading(name or None)
        write_rows(self.builder, sheet_rows(events, comments), f"sheet {name}, ")
        self.builder.end_paragraph()
        self.builder.label(f"sheet {name}")
        for comment in comments:
            self._write(comment)
        self.builder.label(None)


def _shown_property(text: str) -> str:
    return text[:10] if _DAY.match(text) else text
