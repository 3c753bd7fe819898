"""What a file is shown with: some of its text, a page, a picture, what stands out in a program."""

from __future__ import annotations

from typing import TypedDict


class TextPlace(TypedDict):
    start: int
    """From here on, in characters of the whole text."""
    page: int | None
    label: str | None
    """In words, for formats without pages."""


class PreviewedText(TypedDict):
    """Some of a file's text. Offsets count characters of the whole, as those of passages do."""

    text: str
    start: int
    length: int
    """Of the whole text."""
    first_line: int | None
    """The number of the line on which it begins, from 1. None where lines mean nothing."""
    places: list[TextPlace]
    """Wherever another page, slide, sheet or message begins; empty where the format has none."""


class PreviewedPage(TypedDict):
    """A page of a PDF. Its pixels are red, green and blue, three bytes each, row by row from the top."""

    page: int
    """Counted from 1."""
    page_count: int
    """Of the file."""
    width: int
    height: int
    stride_bytes: int
    """From one row's first byte to the next one's."""
    boxes: list[list[list[float]]]
    """Where the passage stands, line by line, then where each of its spans does: [left, top, width, height], as shares
    of the page. Empty lists for what is not on this page, or is a picture of words."""


class PreviewedPicture(TypedDict):
    """A picture, upright; pixels as in `PreviewedPage`."""

    width: int
    height: int
    stride_bytes: int
    full_width: int
    full_height: int
    """Of the picture itself."""


class Tokens(TypedDict):
    tokens: list[list[int]]
    """[start, end, kind], in order; kinds as `finder.extract.code.highlighting.TOKEN_KINDS` numbers them."""
