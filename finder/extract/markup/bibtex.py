"""BibTeX: each entry a paragraph that can be read, under its title. Accents are letters again, braces are gone.

Source: Oren Patashnik, BibTeXing (1988).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import BinaryIO

from finder.extract.kinds import kind_of
from finder.extract.reader import HEADING_CHARS, NAMED, Limits, TextBuilder
from finder.extract.text.plain import as_decoded, read_text, text_document
from finder.types import Document

_ENTRY = re.compile(r"@[ \t]*[A-Za-z]{1,40}\s*[{(]\s*+([^\s,{}()=\"]{0,200})\s*,")
_STRING = re.compile(r"@[ \t]*string\s*[{(]", re.IGNORECASE)
_FIELD = re.compile(r"\s*+,?\s*+([A-Za-z][\w.:+-]{0,60})\s*=\s*")
_BARE = re.compile(r"[^\s,{}\"#()]+")
_JOINT = re.compile(r"\s*#\s*")
_STOP = re.compile(r"[{}\"\\]")
_LEADING = ("title", "author", "editor", "year", "date", "journal", "booktitle", "publisher", "abstract", "keywords")
_LEFT_OUT = frozenset(("file", "bdsk-url-1", "bdsk-file-1", "date-added", "date-modified", "owner", "timestamp"))
_MARKS = "\u0300\u0301\u0302\u0308\u0303\u0304\u0307\u0306\u030c\u030b\u0327\u0323\u0331\u0328\u030a"
_ACCENTS = dict(zip("`'^\"~=.uvHcdbkr", _MARKS, strict=True))
"""TeX's commands, as the marks that Unicode puts behind a letter."""
_ACCENT = re.compile(r"\\(?:([`'^\"~=.])\s*|([uvHcdbkr])(?:\s+|(?=\{)))(?:\{\s*\\?([A-Za-z])\s*\}|\\?([A-Za-z]))")
_LETTERS = {
    "ss": "ß",
    "ae": "æ",
    "AE": "Æ",
    "oe": "œ",
    "OE": "Œ",
    "o": "ø",
    "O": "Ø",
    "l": "ł",
    "L": "Ł",
    "aa": "å",
    "AA": "Å",
    "i": "ı",
}
_LETTER = re.compile(r"\\(ss|ae|AE|oe|OE|o|O|l|L|aa|AA|i)(?![A-Za-z])\s*")
_COMMAND = re.compile(r"\\[A-Za-z]+\s*")
_SIGNS = re.compile(r"\\([&%$#_])|[{}]|\\")


class BibtexReader:
    """Bibliographies."""

    name = "bibtex"

    def score(self, name: str, head: bytes) -> int | None:
        return NAMED if kind_of(name).reader == self.name else None

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        decoded, is_cut = read_text(file, limits)
        builder = TextBuilder(limits.text_chars)
        for key, fields in _entries(decoded.text):
            builder.heading((fields.get("title") or key)[:HEADING_CHARS] or None)
            _add(key, fields, builder)
        if builder.is_empty:
            return text_document(file, limits, "document", lambda _: (None, ()))
        return as_decoded(builder.document(), decoded, is_cut)


def _add(key: str, fields: dict[str, str], builder: TextBuilder) -> None:
    first = [name for name in _LEADING if name in fields]
    rest = [name for name in fields if name not in first and name not in _LEFT_OUT]
    for name in (*first, *rest):
        builder.add(fields[name] if name in _LEADING else f"{name}: {fields[name]}")
        builder.end_line()
    builder.add(key)
    builder.end_paragraph()


def _entries(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """(key, fields) of each entry. What cannot be understood is passed over, up to the next one."""
    abbreviations: dict[str, str] = {}
    for string in _STRING.finditer(text):
        if field := _FIELD.match(text, string.end()):
            abbreviations[field[1].lower()] = _value(text, field.end(), {})[0]
    at = 0
    while match := _ENTRY.search(text, at):
        key, at = match[1], match.end()
        fields: dict[str, str] = {}
        while field := _FIELD.match(text, at):
            value, at = _value(text, field.end(), abbreviations)
            fields.setdefault(field[1].lower(), value)
        yield key, {name: value for name, value in fields.items() if value}


def _value(text: str, at: int, abbreviations: dict[str, str]) -> tuple[str, int]:
    """A field's value from `at` on, and where it ends: pieces in braces, in quotes, or bare, joined by #."""
    pieces = []
    while True:
        if text[at : at + 1] in ("{", '"'):
            end = _closing(text, at)
            pieces.append(plain_words(text[at + 1 : end]))
            at = end + 1
        elif match := _BARE.match(text, at):
            pieces.append(abbreviations.get(match[0].lower(), match[0]))
            at = match.end()
        joint = _JOINT.match(text, at)
        if not joint:
            return " ".join("".join(pieces).split()), at
        at = joint.end()


def _closing(text: str, at: int) -> int:
    """Where the brace or quote that opens at `at` is closed; the text's end where it never is."""
    is_quoted = text[at] == '"'
    depth = 0
    position = at + 1
    while match := _STOP.search(text, position):
        position = match.end()
        if match[0] == "\\":
            position += 1
        elif match[0] == "{":
            depth += 1
        elif match[0] == '"':
            if is_quoted and depth == 0:
                return match.start()
        elif depth == 0:
            return match.start()
        else:
            depth -= 1
    return len(text)


def plain_words(tex: str) -> str:
    """TeX's accents as letters, and no commands and braces."""
    if "\\" not in tex and "{" not in tex:
        return tex.replace("~", " ")
    tex = _ACCENT.sub(_accented, tex)
    tex = _LETTER.sub(lambda match: _LETTERS[match[1]], tex)
    return _SIGNS.sub(lambda match: match[1] or "", _COMMAND.sub("", tex)).replace("~", " ")


def _accented(match: re.Match[str]) -> str:
    letter = match[3] or match[4]
    return unicodedata.normalize("NFC", letter + _ACCENTS[match[1] or match[2]])
