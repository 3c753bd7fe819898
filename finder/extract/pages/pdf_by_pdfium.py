"""A PDF as pdfium reads it: fast, and more complete than others. Imports pypdfium2 and no reader."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import Any, BinaryIO

import pypdfium2
from pypdfium2 import raw as pdfium

from finder.extract.pages.pdf_annotations import annotated
from finder.extract.pages.pdf_contents import PdfContents, corrupt, encrypted
from finder.extract.reader import HEADING_CHARS
from finder.text import clean

_MOST_BOOKMARKS = 5000
_MOST_ON_A_PAGE = 100
"""Headings: each is looked for through the page's text."""
_DEEPEST_HEADING = 3

# It quotes what it chokes on, and what is in a document never reaches a log.
logging.getLogger("pypdfium2").setLevel(logging.CRITICAL + 1)


@contextmanager
def contents_by_pdfium(file: BinaryIO) -> Iterator[PdfContents]:
    """What is in `file`, as long as it is open here.

    Raises:
        FileError: encrypted or corrupt, as far as pdfium can tell; another library may open it.
    """
    file.seek(0)
    try:
        pdf = pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        is_locked = error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY)
        raise encrypted() if is_locked else corrupt("") from error
    try:
        yield _contents(pdf)
    finally:
        pdf.close()


def _contents(pdf: Any) -> PdfContents:
    keys = ("Title", "Author", "Subject", "Keywords", "CreationDate", "ModDate")
    return PdfContents(
        texts=(_text(pdf, index) for index in range(len(pdf))),
        count=len(pdf),
        info={key: _decoded(partial(pdf.get_metadata_value, key)) for key in keys},
        outline=_outline(pdf),
        attachments=_attachments(pdf),
        can_be_drawn=partial(_shows_something, pdf),
    )


def _text(pdf: Any, index: int) -> str | None:
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


def _attachments(pdf: Any) -> Iterator[tuple[str, Callable[[], bytes]]]:
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
        raise corrupt("") from error


def _decoded(said: Callable[[], str]) -> str:
    """What the file says of itself, "" where that is no UTF-16: pypdfium2 then raises, and nobody misses it."""
    try:
        return said()
    except UnicodeDecodeError:
        return ""
