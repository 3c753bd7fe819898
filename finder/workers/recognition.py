"""Text recognition for one file: which pages, how many, for how long, and what to say of the rest. Imports no reader.

A page is drawn where everything hostile is read, in the extract worker; a picture is handed on as it is, for no decoder
is in there. Both go to tesseract, and its words go back through the reader, so that one path places and splits them.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from finder.errors import FileError, WorkerDiedError
from finder.workers.tesseract import Tesseract

_MOST_PAGES = 50
_FILE_S = 120.0
"""All pages of a file together."""
_PAGE_S = 30.0
_MOST_PICTURE_BYTES = 64 << 20
_FAILED = "no text could be recognised in it"


@dataclass(frozen=True, slots=True)
class DrawnPage:
    """What the extract worker made of one page."""

    page_count: int
    picture: bytes
    """Empty where the page shows nothing."""
    dpi: int


Draw = Callable[[int], DrawnPage]
"""Draws a page by its number. Raises FileError where it cannot be drawn, WorkerDiedError where it ended its worker."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What came of it."""

    texts: dict[int, str] = field(default_factory=dict)
    """By page, counted from 1; pages without words are left out."""
    notes: tuple[str, ...] = ()
    """What was not read, in words."""


class Recogniser:
    """Reads what pictures show, one file at a time: it takes a whole processor.

    Args:
        is_wanted: whether the user wants it, asked again each time.
    """

    def __init__(self, is_wanted: Callable[[], bool]) -> None:
        self._is_wanted = is_wanted
        self._turn = threading.Lock()
        self.tesseract = Tesseract()

    @property
    def is_ready(self) -> bool:
        """True where it is wanted, and tesseract is installed and runs."""
        return self._is_wanted() and self.tesseract.installed() is not None

    def read_pages(self, pages: Sequence[int] | None, draw: Draw) -> Recognised:
        """Recognise pages of a document.

        Args:
            pages: their numbers, in order; None for all that there are.
        Raises:
            CancelledError: `stop` was called.
        """
        texts: dict[int, str] = {}
        with self._turn:
            end_s = time.monotonic() + _FILE_S
            tried = failed = 0
            try:
                wanted = range(1, draw(1).page_count + 1) if pages is None else pages
            except (FileError, WorkerDiedError):
                return Recognised(notes=(_FAILED,))
            for page in wanted[:_MOST_PAGES]:
                if time.monotonic() >= end_s:
                    break
                tried += 1
                try:
                    text = self._read_page(draw(page), end_s)
                except (FileError, WorkerDiedError):
                    failed += 1
                else:
                    texts.update({page: text} if text else {})
        return Recognised(texts, tuple(_notes(failed, len(wanted) - tried)))

    def _read_page(self, drawn: DrawnPage, end_s: float) -> str:
        if not drawn.picture:
            return ""
        timeout_s = min(max(end_s - time.monotonic(), 1.0), _PAGE_S)
        return "\n\n".join(self.tesseract.read(drawn.picture, timeout_s, drawn.dpi).values())

    def read_picture(self, descriptor: int) -> Recognised:
        """Recognise a file that is a picture, of one page or more.

        Args:
            descriptor: of the whole file; its offset moves.
        Raises:
            CancelledError: `stop` was called.
        """
        if os.fstat(descriptor).st_size > _MOST_PICTURE_BYTES:
            return Recognised(notes=("too large a picture to look for text in",))
        with self._turn:
            os.lseek(descriptor, 0, os.SEEK_SET)
            try:
                return Recognised(self.tesseract.read(descriptor, _FILE_S))
            except WorkerDiedError:
                return Recognised(notes=(_FAILED,))

    def stop(self) -> None:
        """End what runs; who waits for it gets a CancelledError."""
        self.tesseract.stop()


def _notes(failed: int, left: int) -> Iterator[str]:
    if failed:
        yield f"{failed} scanned page{'s' if failed > 1 else ''} could not be recognised"
    if left:
        words = f"{left} scanned page{'s were' if left > 1 else ' was'} not read"
        yield f"{words}: at most {_MOST_PAGES} of a file are, in {_FILE_S:.0f} s"
