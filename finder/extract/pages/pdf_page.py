"""A page of a PDF as a person sees it, and where on it a passage stands. Imports pypdfium2 and no reader.

A passage was mended after it was read off its page (see `text/page_text.py`), so the two are compared by their letters
and digits alone: those are the same, in the same order.

Source: fpdf_text.h, fpdfview.h of pdfium.
"""

from __future__ import annotations

import ctypes
import math
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, BinaryIO

import pypdfium2
from pypdfium2 import raw as pdfium

from finder.errors import FileError
from finder.extract.media.pixels import MOST_PIXELS, Pixels

_LONGEST_SIDE = 12_000
_MOST_CHARS = 200_000
"""Of one page, looked through for a passage."""
_ANCHOR_CHARS = 16
"""Letters that are found again as they are say where on a page a passage stands."""
_LEAST_PART_CHARS = 32
"""Less of a passage may stand on any page."""
_LEAST_PAGE_CHARS = 8
"""On a page that stands in a passage as a whole."""
_CHANCE_CHARS = 3
"""So many letters two lines may end with alike."""
_GRID = 100_000
"""Device units across a page: boxes are shares of it."""
_SAME_LINE = 0.5
_FARTHEST_GAP = 2.0
"""Between two parts of one line, in its heights; what is further apart is another column."""

Box = tuple[float, float, float, float]
"""Left, top, width, height, as shares of the page's width and height."""
_Match = tuple[int, int, int]
"""Where letters stand alike: from where in the passage, from where on the page, how many."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page, drawn."""

    number: int
    """Counted from 1."""
    page_count: int
    """Of the whole file."""
    pixels: Pixels
    boxes: list[list[Box]]
    """Where the passage stands, line by line, and then where each of its spans does; empty where it does not."""


def draw_page(
    file: BinaryIO, number: int, width_px: int, passage: str, spans: Sequence[tuple[int, int]], last: int = 0
) -> Page:
    """Draw a page about so wide.

    Args:
        number: of the page, counted from 1.
        passage: a text to look for on the page; it may begin on a page before, or end on one behind.
        spans: (start, end) characters of `passage`.
        last: where the passage begins on page `number`, the page up to which its first span is looked for: the page
            that holds it is drawn.
    Raises:
        FileError: corrupt, where there is no such page or it cannot be drawn.
    """
    file.seek(0)
    try:
        with closing(pypdfium2.PdfDocument(file)) as pdf:
            number, boxes = _place(pdf, number, passage, spans, last)
            with (
                closing(pdf[number - 1]) as page,
                closing(page.render(scale=_scale(page, width_px), rev_byteorder=True)) as bitmap,
            ):
                pixels = Pixels(bitmap.width, bitmap.height, bitmap.stride, bytes(bitmap.buffer))
                return Page(number, len(pdf), pixels, boxes)
    except (pypdfium2.PdfiumError, IndexError) as error:
        raise FileError("corrupt", "Damaged", f"Page {number} cannot be drawn.") from error


def _place(
    pdf: Any, number: int, passage: str, spans: Sequence[tuple[int, int]], last: int
) -> tuple[int, list[list[Box]]]:
    """The page on which the first span that is not empty stands, and the boxes there; else those of page `number`."""
    wanted = next((at for at, (start, end) in enumerate(spans, 1) if start < end), 0)
    first: list[list[Box]] | None = None
    for candidate in range(number, max(number, min(last, len(pdf))) + 1):
        with closing(pdf[candidate - 1]) as page:
            boxes = _boxes(page, passage, spans)
        if boxes[wanted] or not wanted:
            return candidate, boxes
        first = first or boxes
    return number, first or []


def _scale(page: Any, width_px: int) -> float:
    """Pixels per point, so that the page, whatever size it claims, fits the limits."""
    width: float = max(page.get_width(), 1.0)
    height: float = max(page.get_height(), 1.0)
    return min(width_px / width, math.sqrt(MOST_PIXELS / (width * height)), _LONGEST_SIDE / max(width, height))


def _boxes(page: Any, passage: str, spans: Sequence[tuple[int, int]]) -> list[list[Box]]:
    wanted = _Letters.of(passage)
    if not wanted.text:
        return [[] for _ in range(len(spans) + 1)]
    with closing(page.get_textpage()) as text_page:
        count = min(text_page.count_chars(), _MOST_CHARS)
        there = _Letters.of(chr(pdfium.FPDFText_GetUnicode(text_page.raw, at)) for at in range(count))
        match = _from_word(wanted, _match(there.text, wanted.text))
        found = []
        for start, end in [(0, len(passage)), *spans]:
            chars = _chars(there, wanted, match, start, end)
            found.append(_joined(_rectangles(page, text_page, *chars)) if chars else [])
        return found


@dataclass(frozen=True, slots=True)
class _Letters:
    """The letters and digits of a text without case, accents and ligatures."""

    text: str
    origins: list[int]
    """For each of them the character of the text that it comes from."""

    @classmethod
    def of(cls, chars: Iterator[str] | str) -> _Letters:
        letters: list[str] = []
        origins: list[int] = []
        for at, char in enumerate(chars):
            for letter in unicodedata.normalize("NFKD", char).casefold():
                if letter.isalnum():
                    letters.append(letter)
                    origins.append(at)
        return cls("".join(letters), origins)


def _match(there: str, wanted: str) -> _Match | None:
    """The part of a passage that stands on a page; None for none.

    The longest part: a passage may begin on the page before, and what a font hides from pdfium may stand within it.
    """
    at = there.find(wanted)
    if at >= 0:
        return 0, at, len(wanted)
    at = wanted.find(there) if len(there) >= _LEAST_PAGE_CHARS else -1
    if at >= 0:  # as on a slide: the passage goes on over several
        return at, 0, len(there)
    best: _Match | None = None
    start = 0
    while start + _ANCHOR_CHARS <= len(wanted):
        at = there.find(wanted[start : start + _ANCHOR_CHARS])
        if at < 0:
            start += _ANCHOR_CHARS
            continue
        before = _shared(there[:at][::-1], wanted[:start][::-1])
        length = before + _shared(there[at:], wanted[start:])
        if length >= _LEAST_PART_CHARS and (best is None or length > best[2]):
            best = start - before, at - before, length
        start += max(_ANCHOR_CHARS, length - before)
    return best


def _from_word(wanted: _Letters, match: _Match | None) -> _Match | None:
    """A match that begins with the last letters of a word begins with the next: lines end alike by chance."""
    if match is None:
        return None
    start, at, length = match
    for skipped in range(min(_CHANCE_CHARS, length - 1) + 1):
        first = start + skipped
        if first == 0 or wanted.origins[first] > wanted.origins[first - 1] + 1:
            return first, at + skipped, length - skipped
    return match


def _shared(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _chars(there: _Letters, wanted: _Letters, match: _Match | None, start: int, end: int) -> tuple[int, int] | None:
    """(first, count) of the page's characters that are [start, end) of the passage; None where they are elsewhere."""
    if match is None:
        return None
    from_, at, length = match
    low = max(bisect_left(wanted.origins, start), from_)
    high = min(bisect_left(wanted.origins, end), from_ + length)
    if low >= high:
        return None
    first, last = there.origins[low - from_ + at], there.origins[high - 1 - from_ + at]
    return first, last - first + 1


def _rectangles(page: Any, text_page: Any, first: int, count: int) -> Iterator[Box]:
    sides = [ctypes.c_double() for _ in range(4)]  # left, top, right, bottom, in points from the page's lower left
    for number in range(pdfium.FPDFText_CountRects(text_page.raw, first, count)):
        if not pdfium.FPDFText_GetRect(text_page.raw, number, *map(ctypes.byref, sides)):
            continue
        left, top, right, bottom = (side.value for side in sides)
        (x1, y1), (x2, y2) = _on_grid(page, left, top), _on_grid(page, right, bottom)
        low_x, low_y = max(0, min(x1, x2)), max(0, min(y1, y2))
        width, height = min(_GRID, max(x1, x2)) - low_x, min(_GRID, max(y1, y2)) - low_y
        if width > 0 and height > 0:
            yield low_x / _GRID, low_y / _GRID, width / _GRID, height / _GRID


def _on_grid(page: Any, x: float, y: float) -> tuple[int, int]:
    """A point of the page in units of the grid from its left upper corner, as it is turned and cropped."""
    across, down = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(
        page.raw, 0, 0, _GRID, _GRID, 0, x, y, ctypes.byref(across), ctypes.byref(down)
    )  # fmt: skip
    return across.value, down.value


def _joined(boxes: Iterator[Box]) -> list[Box]:
    """Neighbours on one line as one box: pdfium begins another one wherever the font changes."""
    lines: list[Box] = []
    for box in boxes:
        if lines and _is_same_line(lines[-1], box):
            x, y, width, height = lines[-1]
            left, top = min(x, box[0]), min(y, box[1])
            right, bottom = max(x + width, box[0] + box[2]), max(y + height, box[1] + box[3])
            lines[-1] = (left, top, right - left, bottom - top)
        else:
            lines.append(box)
    return lines


def _is_same_line(one: Box, other: Box) -> bool:
    overlap = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    gap = max(one[0], other[0]) - min(one[0] + one[2], other[0] + other[2])
    lower = min(one[3], other[3])
    return overlap > _SAME_LINE * lower and gap < _FARTHEST_GAP * lower
