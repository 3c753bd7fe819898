"""A picture as plain pixels, for whoever shows it without decoding anything. Imports the standard library alone."""

from __future__ import annotations

from dataclasses import dataclass

MOST_PIXELS = 12 << 20
"""A screen of 5K has 14.7 million: more than this nobody sees."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """Red, green, blue: three bytes a pixel, row by row from the top."""

    width: int
    height: int
    stride_bytes: int
    """From one row's first byte to the next one's."""
    data: bytes
