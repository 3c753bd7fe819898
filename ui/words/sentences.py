"""What the service says, in another language: its English sentences are the keys, `%1` stands for what is put into one.

Reasons are kept in the catalog and written into `--json` as sentences, so sentences are what is looked up: whole ones
first, then those with something put into them, then several in a row. Imports no Qt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_LONGEST_CHARS = 1_000
"""What is longer is somebody's file or program, quoted."""
_MOST_PARTS, _DEEPEST = 8, 3
"""Sentences in a row, and sentences put into each other."""
_GAP = re.compile(r"(?<=[.:;]) ")
_AND_MORE = re.compile(r"(.+) \(([^()]+)\)")
_STOPS = {".": "。", ":": "：", ";": "；"}


@dataclass(frozen=True, slots=True)
class _Fit:
    """A translation that fits a text."""

    said: str
    stop: str
    """What comes behind it."""
    known_chars: int
    """Of the text, without what is put in."""
    match: re.Match[str] | None
    """Of what is put in; None where it is nothing."""


class Sentences:
    """Finds the translation of a sentence.

    Args:
        translations: of sentences, with `%1` to `%9` for what is put into them.
    """

    def __init__(self, translations: Mapping[str, str]) -> None:
        self._whole = {text: said for text, said in translations.items() if "%" not in text}
        shaped = [(_pattern(text), said, _known_chars(text)) for text, said in translations.items() if "%" in text]
        self._shapes = sorted(shaped, key=lambda shape: shape[2], reverse=True)  # what says most fits best

    def translate(self, text: str) -> str | None:
        """The translation; None where the service says something that nobody has translated."""
        text = text.strip()
        return self._row(text, _DEEPEST) if self._shapes and 0 < len(text) <= _LONGEST_CHARS else None

    def _row(self, text: str, depth: int) -> str | None:
        """One sentence, or several in a row, of which those that are known are translated."""
        parts = _GAP.split(text, _MOST_PARTS - 1)
        row, begin, is_known = "", 0, False
        while begin < len(parts):
            if (found := self._first(parts[begin:], depth)) is not None:
                said, count = found
                row, begin, is_known = row + said, begin + count, True
            else:
                row += parts[begin] + " " * (begin + 1 < len(parts))
                begin += 1
        return row if is_known else None

    def _first(self, parts: list[str], depth: int) -> tuple[str, int] | None:
        """What the first of several parts say, and how many of them that is.

        Of what fits, that which knows most of the words: the last place of a sentence takes anything.
        """
        best: _Fit | None = None
        count = 0
        for end in range(len(parts), 0, -1):
            for body, stop in _bodies(" ".join(parts[:end])):
                fit = self._unshaped(body, stop) or self._shaped(body, stop)
                if fit is not None and (best is None or fit.known_chars > best.known_chars):
                    best, count = fit, end
        return (self._filled(best, depth), count) if best is not None else None

    def _unshaped(self, text: str, stop: str) -> _Fit | None:
        """A sentence with nothing put into it; an error may have its path behind it."""
        said = self._whole.get(text)
        if said is None and (more := _AND_MORE.fullmatch(text)) is not None and more[1] in self._whole:
            said = f"{self._whole[more[1]]}（{more[2]}）"
        return _Fit(said, stop, len(text), None) if said is not None else None

    def _shaped(self, text: str, stop: str) -> _Fit | None:
        for pattern, said, known_chars in self._shapes:
            if match := pattern.fullmatch(text):
                return _Fit(said, stop, known_chars, match)
        return None

    def _filled(self, fit: _Fit, depth: int) -> str:
        if (match := fit.match) is None:
            return fit.said + fit.stop
        return re.sub(r"%(\d)", lambda place: self._put_in(match, int(place[1]), depth), fit.said) + fit.stop

    def _put_in(self, match: re.Match[str], number: int, depth: int) -> str:
        """What is put into a sentence is often one itself; what stands in quotes is the user's own."""
        value = match[number]
        bare = value.strip(" ()")
        is_quoted = match.string[: match.start(number)].endswith("“")
        said = None if is_quoted or not bare or depth == 0 else self._row(bare, depth - 1)
        if said is None:
            return _STOPS.get(value, value)
        return f"（{said}）" if value.lstrip().startswith("(") else said


def _bodies(text: str) -> list[tuple[str, str]]:
    """A sentence without the stop, and without the capital, that it may have from where it was put; and that stop."""
    bodies = [(text, "")]
    if text[-1:] in _STOPS:
        bodies.append((text[:-1], _STOPS[text[-1]]))
    return bodies + [(body[:1].lower() + body[1:], stop) for body, stop in bodies if body[:1].isupper()]


def _known_chars(text: str) -> int:
    """How much a sentence says itself, without what is put into it."""
    return len(re.sub(r"%\d", "", text))


def _pattern(text: str) -> re.Pattern[str]:
    """What a sentence looks like. Within one nothing that is put in goes on into the next; at its end it may."""
    parts = re.split(r"%\d", text)
    between = r"((?:(?![.:] ).)*?)"
    body = between.join(map(re.escape, parts[:-1]))
    last = r"(.*)" if not parts[-1] else between + re.escape(parts[-1])
    return re.compile(body + last, re.DOTALL)
