"""Plain text, and whatever decodes as text and has no reader of its own. Imports no library."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO

from finder.errors import FileError
from finder.extract.kinds import extension, kind_of
from finder.extract.reader import FALLBACK, NAMED, Limits, sensible_title
from finder.extract.text.encodings import Decoded, decode
from finder.text import clean
from finder.types import Document, FileType, Place

TitleAndPlaces = Callable[[str], tuple[str | None, tuple[Place, ...]]]

_MOST_BYTES_PER_CHAR = 4
_FOR_TERMINALS = re.compile(
    "\x1b\\[[0-?]{0,50}[ -/]{0,5}[@-~]"  # colours, movements of the cursor
    "|\x1b\\][^\x07\x1b]{0,1000}(?:\x07|\x1b\\\\)"  # titles of windows, links
    "|[^\n]\b"  # a letter printed over another, to look bold
)
"""Source: ECMA-48, 5.4 and 8.3."""
_ESCAPED = re.compile(r"(?<!\\)((?:\\\\)*)((?:\\u[0-9a-fA-F]{4})+)")
"""Characters as JSON may write them (RFC 8259, 7); behind an even number of backslashes."""
_JSON = frozenset(("json", "jsonl", "ndjson", "json5", "geojson", "webmanifest"))
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
    text = clean(_without_codes(decoded.text))
    is_cut = not is_whole or len(text) > limits.text_chars
    return Decoded(text[: limits.text_chars], decoded.encoding, decoded.is_guessed), is_cut


def _without_codes(text: str) -> str:
    """`text` without what is for terminals alone."""
    return _FOR_TERMINALS.sub("", text) if "\x1b" in text or "\b" in text else text


def _unescaped(text: str) -> str:
    """JSON with letters for their numbers: many a program writes none but those of ASCII."""
    return _ESCAPED.sub(_letters, text) if "\\u" in text else text


def _letters(match: re.Match[str]) -> str:
    units = bytes.fromhex(match[2].replace("\\u", ""))
    letters = units.decode("utf-16-be", "replace")
    return match[1] + letters if letters.isprintable() and not set('"\\') & set(letters) else match[0]


def text_document(
    file: BinaryIO,
    limits: Limits,
    type_: FileType,
    find_title_and_places: TitleAndPlaces,
    rewritten: Callable[[str], str] = str,
) -> Document:
    """A document whose text is the file's own, so that line numbers are those of the file.

    Args:
        rewritten: makes single lines more readable.
    Raises:
        FileError: binary, or empty where there is nothing but white space.
    """
    decoded, is_cut = read_text(file, limits)
    if not decoded.text.strip():
        raise FileError("empty", "An empty file", "It holds nothing but white space.")
    text = rewritten(decoded.text)
    title, places = find_title_and_places(text)
    return Document(
        text=text,
        places=places,
        title=title,
        type=type_,
        encoding=decoded.encoding,
        is_encoding_guessed=decoded.is_guessed,
        is_cut=is_cut,
        has_lines=True,
    )


def as_decoded(document: Document, decoded: Decoded, is_source_cut: bool) -> Document:
    """`document`, which says how what it was read from was decoded, and is cut where that was."""
    return replace(
        document,
        encoding=decoded.encoding,
        is_encoding_guessed=decoded.is_guessed,
        is_cut=document.is_cut or is_source_cut,
    )


class TextReader:
    """Takes a file as it is."""

    name = "text"

    def score(self, name: str, head: bytes) -> int | None:
        return NAMED if kind_of(name).reader == self.name else FALLBACK

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        type_ = kind_of(name).type
        rewritten = _unescaped if extension(name) in _JSON else str
        return text_document(file, limits, "document" if type_ == "other" else type_, _title, rewritten)


def _title(text: str) -> tuple[str | None, tuple[Place, ...]]:
    """A short first line with a blank line below it is a title."""
    match = _TITLE_LINE.match(text)
    return sensible_title(match[1]) if match else None, ()
