"""Plain text, and whatever decodes as text and has no reader of its own. Imports no library."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import BinaryIO

from finder.errors import FileError
from finder.extract.encodings import Decoded, decode
from finder.extract.kinds import kind_of
from finder.extract.reader import FALLBACK, NAMED, Limits, sensible_title
from finder.text import clean
from finder.types import Document, FileType, Place

TitleAndPlaces = Callable[[str], tuple[str | None, tuple[Place, ...]]]

_MOST_BYTES_PER_CHAR = 4
_TITLE_LINE = re.compile(r"\s*(\S[^\n]{1,98})\n[^\S\n]*\n")


def read_text(file: BinaryIO, limits: Limits) -> tuple[Decoded, bool]:
    """The whole text of `file`, cleaned, and whether it was cut.

    Raises:
        FileError: binary.
    """
    size_bytes = _MOST_BYTES_PER_CHAR * limits.text_chars
    file.seek(0)
    data = file.read(size_bytes)
    is_whole = not file.read(1)
    decoded = decode(data, is_whole)
    text = clean(decoded.text)
    is_cut = not is_whole or len(text) > limits.text_chars
    return Decoded(text[: limits.text_chars], decoded.encoding, decoded.is_guessed), is_cut


def text_document(
    file: BinaryIO,
    limits: Limits,
    type_: FileType,
    find_title_and_places: TitleAndPlaces,
) -> Document:
    """A document whose text is the file's own, so that line numbers are those of the file.

    Raises:
        FileError: binary, or empty where there is nothing but white space.
    """
    decoded, is_cut = read_text(file, limits)
    if not decoded.text.strip():
        raise FileError("empty", "An empty file", "It holds nothing but white space.")
    title, places = find_title_and_places(decoded.text)
    return Document(
        text=decoded.text,
        places=places,
        title=title,
        type=type_,
        encoding=decoded.encoding,
        is_encoding_guessed=decoded.is_guessed,
        is_cut=is_cut,
        has_lines=True,
    )


class TextReader:
    """Takes a file as it is."""

    name = "text"

    def score(self, name: str, head: bytes) -> int | None:
        return NAMED if kind_of(name).reader == self.name else FALLBACK

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        type_ = kind_of(name).type
        return text_document(file, limits, "document" if type_ == "other" else type_, _title)


def _title(text: str) -> tuple[str | None, tuple[Place, ...]]:
    """A short first line with a blank line below it is a title."""
    match = _TITLE_LINE.match(text)
    return sensible_title(match[1]) if match else None, ()
