"""Pages of a PDF as pictures, for a text recognition program. Imports pypdfium2 and no reader.

The picture is netpbm's pgm, which takes least to decode: there is no code for a hostile page to aim at.

Source: pgm(5).
"""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import dataclass
from typing import Any, BinaryIO

import pypdfium2
from pypdfium2 import raw as pdfium

from finder.errors import FileError

_POINTS_PER_INCH = 72
_DPI = 300
"""At which text recognition is at its best."""
_LEAST_DPI = 70
"""What tesseract takes at least for granted."""
_MOST_PIXELS = 12 << 20
"""A4 at 300 dpi has 8.7 million."""
_LONGEST_SIDE = 16_000


@dataclass(frozen=True, slots=True)
class Drawing:
    """One page, drawn in grey."""

    page_count: int
    """Of the whole file."""
    picture: bytes
    """Empty where the page shows nothing."""
    dpi: int


def draw(file: BinaryIO, number: int) -> Drawing:
    """Draw page `number`, counted from 1.

    Raises:
        FileError: corrupt, where there is no such page or it cannot be drawn.
    """
    file.seek(0)
    try:
        with closing(pypdfium2.PdfDocument(file)) as pdf, closing(pdf[number - 1]) as page:
            if not pdfium.FPDFPage_CountObjects(page):
                return Drawing(len(pdf), b"", _DPI)
            scale = _scale(page.get_width(), page.get_height())
            with closing(page.render(scale=scale, grayscale=True)) as bitmap:
                return Drawing(len(pdf), _pgm(bitmap), max(_LEAST_DPI, round(scale * _POINTS_PER_INCH)))
    except (pypdfium2.PdfiumError, IndexError) as error:
        raise FileError("corrupt", "Damaged", f"Page {number} cannot be drawn.") from error


def _scale(width: float, height: float) -> float:
    """Pixels per point, so that the page, whatever size it claims, fits the limits."""
    width, height = max(width, 1.0), max(height, 1.0)
    return min(_DPI / _POINTS_PER_INCH, math.sqrt(_MOST_PIXELS / (width * height)), _LONGEST_SIDE / max(width, height))


def _pgm(bitmap: Any) -> bytes:
    """The bitmap's pixels, row by row; empty where all are of one shade."""
    rows = memoryview(bitmap.buffer).cast("B")
    pixels = b"".join(rows[at : at + bitmap.width] for at in range(0, bitmap.height * bitmap.stride, bitmap.stride))
    return b"P5 %d %d 255\n%b" % (bitmap.width, bitmap.height, pixels) if pixels.strip(pixels[:1]) else b""
