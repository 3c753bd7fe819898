"""PDF: the words of each page, under the headings of the outline. The only importer of pypdfium2 and of pypdf.

pdfium reads first, being ten times as fast and more complete; pypdf reads what pdfium cannot open. Scanned pages
hold no text: that is said, not guessed at.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any, BinaryIO

import pypdf
import pypdf.errors
import pypdfium2
import pypdfium2.raw

from finder.errors import FileError
from finder.extract.kinds import kind_of
from finder.extract.reader import CLAIMED, HEADING_CHARS, SURE, Limits, TextBuilder, sensible_title
from finder.text import clean
from finder.types import Document

_MAGIC = b"%PDF-"
_MAGIC_WITHIN_BYTES = 1024
_MOST_BOOKMARKS = 5000
_DEEPEST_HEADING = 3
_BROKEN_WORD = re.compile("[\ufffe\x02]\\s*(?=(.?))|(?<=[^\\W\\d_]{2})[-\u2010]\r?\n(?=([a-zà-öø-ÿß]))", re.DOTALL)
"""pdfium writes U+FFFE (older: U+0002) for a hyphen at a line's end and joins the lines."""
_DOUBLED = re.compile(r"^(?=.{10})(?:(\S)\1| )+\r?$", re.MULTILINE)
"""A line whose letters were printed twice, a hair apart, to look bold."""
_COMPATIBILITY = re.compile("[\u2f00-\u2fd5\ufb00-\ufdff\ufe30-\ufe4f\ufe70-\ufefc]+")
"""Ligatures, radicals, Arabic presentation forms: shapes that a font needs and nobody types. NFKC on these alone
leaves superscripts and the like as they are."""

# Both libraries quote what they choke on, and what is in a document never reaches a log.
logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)
logging.getLogger("pypdfium2").setLevel(logging.CRITICAL + 1)


def preload() -> None:
    """Import every module of pypdf: it brings most of them in only when a file needs them."""
    for module in pkgutil.walk_packages(pypdf.__path__, "pypdf."):
        with suppress(ImportError):  # for what is not installed: other libraries' ciphers and pictures
            importlib.import_module(module.name)


class PdfReader:
    """PDF files."""

    name = "pdf"

    def score(self, name: str, head: bytes) -> int | None:
        if head.startswith(_MAGIC):
            return SURE
        is_named = kind_of(name).reader == self.name
        if _MAGIC in head[:_MAGIC_WITHIN_BYTES]:  # behind a little junk, or in a text about PDF
            return SURE if is_named else None
        return CLAIMED if is_named else None

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        file.seek(0)
        try:
            pdf = pypdfium2.PdfDocument(file)
        except pypdfium2.PdfiumError as error:
            if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
                raise _encrypted() from error
            return _read_with_pypdf(file, limits)
        try:
            return _read_with_pdfium(pdf, limits)
        finally:
            pdf.close()


def _read_with_pdfium(pdf: Any, limits: Limits) -> Document:
    outline = _outline(pdf)
    title = sensible_title(_decoded(lambda: pdf.get_metadata_value("Title")))
    pages = (_pdfium_text(pdf, index) for index in range(len(pdf)))
    return _document(pages, len(pdf), outline, title, limits)


def _pdfium_text(pdf: Any, index: int) -> str:
    """A page's text, "" where the page itself is damaged."""
    try:
        page = pdf[index]
    except pypdfium2.PdfiumError:
        return ""
    try:
        text_page = page.get_textpage()
        try:
            return str(text_page.get_text_range())
        finally:
            text_page.close()
    except pypdfium2.PdfiumError:
        return ""
    finally:
        page.close()


def _outline(pdf: Any) -> dict[int, list[str]]:
    """Page index -> the headings that the outline puts on it, in order."""
    headings: dict[int, list[str]] = defaultdict(list)
    for bookmark in islice(pdf.get_toc(max_depth=_DEEPEST_HEADING), _MOST_BOOKMARKS):
        target = bookmark.get_dest()
        index = target.get_index() if target else None
        words = " ".join(clean(_decoded(bookmark.get_title)).split())[:HEADING_CHARS]
        if index is not None and words:
            headings[index].append(words)
    return headings


def _decoded(said: Callable[[], str]) -> str:
    """What the file says of itself, "" where that is no UTF-16: pypdfium2 then raises, and nobody misses it."""
    try:
        return said()
    except UnicodeDecodeError:
        return ""


def _document(
    pages: Iterable[str], page_count: int, outline: dict[int, list[str]], title: str | None, limits: Limits
) -> Document:
    builder = TextBuilder(limits.text_chars)
    blank = 0
    for index, raw in enumerate(pages):
        text = _mended(raw).strip()
        blank += not text
        builder.page(index + 1)
        for piece, heading in _under_headings(text, outline.get(index, [])):
            if heading is not None:
                builder.heading(heading)
            builder.add(piece)
            builder.end_line()
        if builder.is_cut:
            break
    if page_count and blank == page_count:
        detail = f"{page_count} pages hold pictures alone." if page_count > 1 else "Its page holds a picture alone."
        raise FileError(
            "no_text", "Scanned: no text inside", detail, "Make it searchable with a text recognition program."
        )
    notes = (f"{blank} of {page_count} pages hold no text",) if blank else ()
    return builder.document(title, notes=notes)


def _mended(text: str) -> str:
    """Words that a line's end broke are whole again; shapes of letters are letters."""
    text = _BROKEN_WORD.sub(
        lambda match: "-" if (match[1] or "")[:1].isupper() or (match[1] or "").isdigit() else "", text
    )
    text = _DOUBLED.sub(lambda match: re.sub(r"(\S)\1", r"\1", match[0]) if len(set(match[0])) > 4 else match[0], text)
    return clean(_COMPATIBILITY.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text))


def _under_headings(text: str, headings: list[str]) -> Iterator[tuple[str, str | None]]:
    """`text` cut where each heading stands in it; a heading that does not is taken to stand at the page's top."""
    start = 0
    current: str | None = None
    for heading in headings:
        pattern = r"\s+".join(map(re.escape, heading.split()))
        match = re.compile(rf"^[^\w\n]*(?:[\dIVX.]+\s+)?{pattern}", re.IGNORECASE | re.MULTILINE).search(text, start)
        if match and match.start() > start:
            yield text[start : match.start()], current
            start = match.start()
        current = heading
    yield text[start:], current


def _read_with_pypdf(file: BinaryIO, limits: Limits) -> Document:
    file.seek(0)
    try:
        reader = pypdf.PdfReader(file, strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise _encrypted()
        title = sensible_title(reader.metadata.title if reader.metadata else None)
        pages = (page.extract_text() for page in reader.pages)
        return _document(pages, len(reader.pages), {}, title, limits)
    except (FileError, MemoryError):
        raise
    except pypdf.errors.DependencyError as error:
        raise _encrypted() from error
    except Exception as error:  # on a broken file pypdf raises whatever its parsing ran into
        detail = f"It is incomplete or not what it claims to be ({type(error).__name__})."
        raise FileError("corrupt", "Damaged", detail) from error


def _encrypted() -> FileError:
    return FileError("encrypted", "Protected by a password", "It cannot be read without it.")
