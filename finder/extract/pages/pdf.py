"""PDF: the words of each page, under the headings of the outline, then the attached files.

pdfium reads first, being ten times as fast and more complete; pypdf reads what pdfium cannot open, and what an empty
owner's password opens. Pages without text are named, so that a text recognition program may read them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import BinaryIO

from finder.errors import FileError
from finder.extract.kinds import kind_of
from finder.extract.pages.pdf_by_pdfium import contents_by_pdfium
from finder.extract.pages.pdf_by_pypdf import contents_by_pypdf
from finder.extract.pages.pdf_contents import PdfContents, corrupt
from finder.extract.reader import CLAIMED, HEADING_CHARS, SURE, Limits, ReadInner, TextBuilder, sensible_title
from finder.extract.text.page_text import in_words, mended, under_headings
from finder.text import clean
from finder.types import Document

_MAGIC = b"%PDF-"
_MAGIC_WITHIN_BYTES = 1024
_MOST_ATTACHMENTS = 100
_MOST_DRAWABLE = 10_000
_MOST_DAMAGED = 1000
"""Pages in a row: a count that lies says a million."""
_DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?")


@dataclass(slots=True)
class _Textless:
    """What became of the pages without text."""

    empty: int = 0
    damaged: int = 0
    drawable: list[int] = field(default_factory=list)
    """Of the empty ones, those that show something: page numbers, counted from 1."""


class PdfReader:
    """PDF files.

    Args:
        read_inner: reads the files attached to one.
    """

    name = "pdf"

    def __init__(self, read_inner: ReadInner) -> None:
        self._read_inner = read_inner

    def score(self, name: str, head: bytes) -> int | None:
        if head.startswith(_MAGIC):
            return SURE
        is_named = kind_of(name).reader == self.name
        if _MAGIC in head[:_MAGIC_WITHIN_BYTES]:  # behind a little junk, or in a text about PDF
            return SURE if is_named else None
        return CLAIMED if is_named else None

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        return self.read_recognised(file, limits, None)

    def read_recognised(self, file: BinaryIO, limits: Limits, recognised: Mapping[int, str] | None) -> Document:
        """`read`, with what a text recognition program has read on some of the pages that hold no text.

        Args:
            recognised: page number -> text; None where nothing was to be recognised.
        """
        with ExitStack() as opened:
            try:
                pages = opened.enter_context(contents_by_pdfium(file))
            except FileError as error:
                pages = opened.enter_context(contents_by_pypdf(file, is_locked=error.code == "encrypted"))
                recognised = None  # its pages are drawn by pdfium
            return self._document(pages, limits, recognised)

    def _document(self, pages: PdfContents, limits: Limits, recognised: Mapping[int, str] | None) -> Document:
        builder = TextBuilder(limits.text_chars)
        textless = _add_pages(builder, pages, recognised or {})
        empty, damaged = textless.empty, textless.damaged
        notes = [f"recognised from pictures: {in_words(recognised)}"] if recognised else []
        notes += [f"{empty} of {pages.count} pages hold no text (scanned)"] if empty else []
        notes += [f"{damaged} of {pages.count} pages are damaged"] if damaged else []
        notes += self._add_attachments(builder, pages, limits)
        if builder.is_empty:
            raise corrupt("") if damaged == pages.count else _scanned(pages.count, recognised is not None)
        info = pages.info
        metadata = {
            "author": info.get("Author"),
            "subject": info.get("Subject"),
            "keywords": info.get("Keywords"),
            "date": _day(info.get("CreationDate")),
            "modified": _day(info.get("ModDate")),
        }
        document = builder.document(sensible_title(info.get("Title")), tuple(notes), metadata)
        return replace(document, blank_pages=tuple(textless.drawable))

    def _add_attachments(self, builder: TextBuilder, pages: PdfContents, limits: Limits) -> list[str]:
        """Append what can be read of the attached files; returns what to say of those that cannot."""
        notes = []
        for name, read in islice(pages.attachments, _MOST_ATTACHMENTS):
            if builder.is_cut:
                break
            left = replace(limits, text_chars=builder.room_chars)
            shown = " ".join(clean(name).split())[:HEADING_CHARS] or "without a name"
            try:
                inner = self._read_inner(io.BytesIO(read()), shown.encode(), left)
            except FileError as error:
                notes.append(f"attachment {shown}: {error.title}")
            else:
                builder.include(inner, f"attachment {shown}")
        return notes


def _add_pages(builder: TextBuilder, pages: PdfContents, recognised: Mapping[int, str]) -> _Textless:
    """Append every page, with what was recognised where it holds no text."""
    textless = _Textless()
    last_whole = -1
    for index, raw in enumerate(pages.texts):
        if raw is None:
            textless.damaged += 1
            if index - last_whole > _MOST_DAMAGED:
                textless.damaged += pages.count - index - 1
                break
            continue
        last_whole = index
        text = mended(raw).strip() or mended(recognised.get(index + 1, "")).strip()
        if text:
            builder.page(index + 1)
        else:
            textless.empty += 1
            if len(textless.drawable) < _MOST_DRAWABLE and pages.can_be_drawn(index):
                textless.drawable.append(index + 1)
        for piece, heading in under_headings(text, pages.outline.get(index, [])):
            if heading is not None:
                builder.heading(heading)
            builder.add(piece)
            builder.end_line()
        if builder.is_cut:
            break
    return textless


def _day(date: str | None) -> str | None:
    """ISO 8601 of a date as PDF writes it, as far as it goes (ISO 32000-1, 7.9.4): D:20140616120000+02'00'."""
    match = _DATE.match(date or "")
    return "-".join(part for part in match.groups() if part) if match else None


def _scanned(count: int, is_recognised: bool) -> FileError:
    if is_recognised:
        return FileError("no_text", "Scanned: no text was recognised", "Its pages hold pictures alone.")
    detail = f"{count} pages hold pictures alone." if count > 1 else "Its page holds a picture alone."
    return FileError("no_text", "Scanned: no text inside; to read it: inkling settings recognises_text true", detail)
