"""PDF: the words of each page, under the headings of the outline, then the attached files. The only importer of
pypdf.

pdfium reads first, being ten times as fast and more complete; pypdf reads what pdfium cannot open, and what an empty
owner's password opens. Pages without text are named, so that a text recognition program may read them.
"""

from __future__ import annotations

import importlib
import io
import logging
import pkgutil
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Any, BinaryIO

import pypdf
import pypdfium2
from pypdfium2 import raw as pdfium

from finder.errors import FileError
from finder.extract.kinds import kind_of
from finder.extract.page_text import in_words, mended, under_headings
from finder.extract.pdf_annotations import annotated
from finder.extract.reader import CLAIMED, HEADING_CHARS, SURE, Limits, ReadInner, TextBuilder, sensible_title
from finder.text import clean
from finder.types import Document

_MAGIC = b"%PDF-"
_MAGIC_WITHIN_BYTES = 1024
_MOST_BOOKMARKS = 5000
_MOST_ON_A_PAGE = 100
"""Headings: each is looked for through the page's text."""
_DEEPEST_HEADING = 3
_MOST_ATTACHMENTS = 100
_MOST_DRAWABLE = 10_000
_MOST_DAMAGED = 1000
"""Pages in a row: a count that lies says a million."""
_DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?")

# Both libraries quote what they choke on, and what is in a document never reaches a log.
logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)
logging.getLogger("pypdfium2").setLevel(logging.CRITICAL + 1)


def preload() -> None:
    """Import every module of pypdf: it brings most of them in only when a file needs them."""
    for module in pkgutil.walk_packages(pypdf.__path__, "pypdf."):
        with suppress(ImportError):  # for what is not installed: other libraries' ciphers and pictures
            importlib.import_module(module.name)


@dataclass(frozen=True, slots=True)
class _Pages:
    """What a library has to say of a file; texts are taken one by one."""

    texts: Iterable[str | None]
    """None for a damaged page."""
    count: int
    info: Mapping[str, str]
    """The information dictionary (ISO 32000-1, 14.3.3): Title, Author, ..."""
    outline: Mapping[int, list[str]] = field(default_factory=dict)
    """Page index -> the headings that the outline puts on it, in order."""
    attachments: Iterable[tuple[str, Callable[[], bytes]]] = ()
    """(name, what gives its bytes)."""
    can_be_drawn: Callable[[int], bool] = lambda index: False
    """Whether a page shows anything, and can be drawn for a text recognition program."""


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
        file.seek(0)
        try:
            pdf = pypdfium2.PdfDocument(file)
        except pypdfium2.PdfiumError as error:
            is_locked = error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY)
            return self._read_with_pypdf(file, limits, is_locked)
        try:
            return self._document(_pages_of_pdfium(pdf), limits, recognised)
        finally:
            pdf.close()

    def _read_with_pypdf(self, file: BinaryIO, limits: Limits, is_locked: bool) -> Document:
        file.seek(0)
        try:
            reader = pypdf.PdfReader(file, strict=False)
            if reader.is_encrypted and not reader.decrypt(""):
                raise _encrypted()
            return self._document(_pages_of_pypdf(reader), limits, None)
        except (FileError, MemoryError):
            raise
        except Exception as error:  # on a broken file pypdf raises whatever its parsing ran into
            raise _encrypted() if is_locked else _corrupt(f"({type(error).__name__})") from error

    def _document(self, pages: _Pages, limits: Limits, recognised: Mapping[int, str] | None) -> Document:
        builder = TextBuilder(limits.text_chars)
        textless = _add_pages(builder, pages, recognised or {})
        empty, damaged = textless.empty, textless.damaged
        notes = [f"recognised from pictures: {in_words(recognised)}"] if recognised else []
        notes += [f"{empty} of {pages.count} pages hold no text (scanned)"] if empty else []
        notes += [f"{damaged} of {pages.count} pages are damaged"] if damaged else []
        notes += self._add_attachments(builder, pages, limits)
        if builder.is_empty:
            raise _corrupt("") if damaged == pages.count else _scanned(pages.count, recognised is not None)
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

    def _add_attachments(self, builder: TextBuilder, pages: _Pages, limits: Limits) -> list[str]:
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


def _add_pages(builder: TextBuilder, pages: _Pages, recognised: Mapping[int, str]) -> _Textless:
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


def _pages_of_pdfium(pdf: Any) -> _Pages:
    keys = ("Title", "Author", "Subject", "Keywords", "CreationDate", "ModDate")
    return _Pages(
        texts=(_pdfium_text(pdf, index) for index in range(len(pdf))),
        count=len(pdf),
        info={key: _decoded(partial(pdf.get_metadata_value, key)) for key in keys},
        outline=_outline(pdf),
        attachments=_pdfium_attachments(pdf),
        can_be_drawn=partial(_shows_something, pdf),
    )


def _pdfium_text(pdf: Any, index: int) -> str | None:
    """A page's text and what was written into its forms and notes; None where the page is damaged."""
    try:
        page = pdf[index]
    except pypdfium2.PdfiumError:
        return None
    try:
        text_page = page.get_textpage()
        try:
            return "\n".join([str(text_page.get_text_range()), *annotated(page)])
        finally:
            text_page.close()
    except pypdfium2.PdfiumError:
        return None
    finally:
        page.close()


def _shows_something(pdf: Any, index: int) -> bool:
    try:
        page = pdf[index]
    except pypdfium2.PdfiumError:
        return False
    try:
        return bool(pdfium.FPDFPage_CountObjects(page))
    finally:
        page.close()


def _outline(pdf: Any) -> dict[int, list[str]]:
    headings: dict[int, list[str]] = defaultdict(list)
    for bookmark in islice(pdf.get_toc(max_depth=_DEEPEST_HEADING), _MOST_BOOKMARKS):
        target = bookmark.get_dest()
        index = target.get_index() if target else None
        words = " ".join(clean(_decoded(bookmark.get_title)).split())[:HEADING_CHARS]
        if index is not None and words and len(headings[index]) < _MOST_ON_A_PAGE:
            headings[index].append(words)
    return headings


def _pdfium_attachments(pdf: Any) -> Iterator[tuple[str, Callable[[], bytes]]]:
    for index in range(pdf.count_attachments()):
        try:
            attachment = pdf.get_attachment(index)
        except pypdfium2.PdfiumError:
            continue
        yield _decoded(attachment.get_name), partial(_attached, attachment)


def _attached(attachment: Any) -> bytes:
    """
    Raises:
        FileError: there are no bytes, or they are damaged.
    """
    try:
        return bytes(attachment.get_data())
    except pypdfium2.PdfiumError as error:
        raise _corrupt("") from error


def _decoded(said: Callable[[], str]) -> str:
    """What the file says of itself, "" where that is no UTF-16: pypdfium2 then raises, and nobody misses it."""
    try:
        return said()
    except UnicodeDecodeError:
        return ""


def _pages_of_pypdf(reader: pypdf.PdfReader) -> _Pages:
    info: Mapping[str, Any] = reader.metadata or {}
    return _Pages(
        texts=map(_pypdf_text, reader.pages),
        count=len(reader.pages),
        info={str(key).lstrip("/"): str(value) for key, value in info.items()},
        attachments=((item.name, partial(_pypdf_attached, item)) for item in reader.attachment_list),
    )


def _pypdf_text(page: pypdf.PageObject) -> str | None:
    try:
        return page.extract_text()
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - see above; the other pages may be whole
        return None


def _pypdf_attached(item: Any) -> bytes:
    try:
        return bytes(item.content)
    except MemoryError:
        raise
    except Exception as error:  # see above
        raise _corrupt("") from error


def _day(date: str | None) -> str | None:
    """ISO 8601 of a date as PDF writes it, as far as it goes (ISO 32000-1, 7.9.4): D:20140616120000+02'00'."""
    match = _DATE.match(date or "")
    return "-".join(part for part in match.groups() if part) if match else None


def _scanned(count: int, is_recognised: bool) -> FileError:
    if is_recognised:
        return FileError("no_text", "Scanned: no text was recognised", "Its pages hold pictures alone.")
    detail = f"{count} pages hold pictures alone." if count > 1 else "Its page holds a picture alone."
    return FileError("no_text", "Scanned: no text inside; to read it: inkling settings recognises_text true", detail)


def _corrupt(how: str) -> FileError:
    return FileError("corrupt", "Damaged", f"It is incomplete or not what it claims to be {how}".strip() + ".")


def _encrypted() -> FileError:
    return FileError("encrypted", "Protected by a password", "It cannot be read without it.")
