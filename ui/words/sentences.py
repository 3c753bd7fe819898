"""What the service says, in another language: its English sentences are the keys, `%1` stands for what is put into one.

Reasons are kept in the catalog and written into `--json` as sentences, so sentences are what is looked up: whole ones
first, then those with something put into them, then several in a row. Imports no Qt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_LONGEST_CHARS = 1_000
"""What is longer is somebody's file or program, quoted."""
_MOST_PARTS, _DEEPEST = 8, 3
"""Sentences in a row, and sentences put into each other."""
_GAP = re.compile(r"(?<=[.:;]) ")
_AND_MORE = re.compile(r"(.+) \(([^()]+)\)")
_STOPS = {".": "。", ":": "：", ";": "；"}


class Sentences:
    """Finds the translation of a sentence.

    Args:
        translations: of sentences, with `%1` to `%9` for what is put into them.
    """

    def __init__(self, translations: Mapping[str, str]) -> None:
        self._whole = {text: said for text, said in translations.items() if "%" not in text}
        shaped = [(text, said) for text, said in translations.items() if "%" in text]
        shaped.sort(key=lambda pair: len(re.sub(r"%\d", "", pair[0])), reverse=True)  # what says most fits best
        self._shapes = [(_pattern(text), said) for text, said in shaped]

    def translate(self, text: str) -> str | None:
        """The translation; None where the service says something that nobody has translated."""
        text = text.strip()
        return self._row(text, _DEEPEST) if self._shapes and 0 < len(text) <= _LONGEST_CHARS else None

    def _row(self, text: str, depth: int) -> str | None:
        """One sentence, or several in a row, of which those that are known are translated."""
        parts = _GAP.split(text, _MOST_PARTS - 1)
        row, begin, is_known = "", 0, False
        while begin < len(parts):
            for end in range(len(parts), begin, -1):
                if (said := self._stopped(" ".join(parts[begin:end]), depth)) is not None:
                    row, begin, is_known = row + said, end, True
                    break
            else:
                row += parts[begin] + " " * (begin + 1 < len(parts))
                begin += 1
        return row if is_known else None

    def _stopped(self, text: str, depth: int) -> str | None:
        """One sentence, which may have its stop, and its capital, from where it was put."""
        bodies = [(text, "")]
        if text[-1:] in _STOPS:
            bodies.append((text[:-1], _STOPS[text[-1]]))
        bodies += [(body[:1].lower() + body[1:], stop) for body, stop in bodies if body[:1].isupper()]
        for body, stop in bodies:
            if (said := self._unshaped(body)) is not None:
                return said + stop
        for body, stop in bodies:
            if (said := self._shaped(body, depth)) is not None:
                return said + stop
        return None

    def _unshaped(self, text: str) -> str | None:
        """A sentence with nothing put into it; an error may have its path behind it."""
        if (said := self._whole.get(text)) is not None or (more := _AND_MORE.fullmatch(text)) is None:
            return said
        said = self._whole.get(more[1])
        return said and f"{said}（{more[2]}）"

    def _shaped(self, text: str, depth: int) -> str | None:
        for pattern, said in self._shapes:
            if match := pattern.fullmatch(text):
                return re.sub(r"%(\d)", lambda place: self._put_in(match, int(place[1]), depth), said)
        return None

    def _put_in(self, match: re.Match[str], number: int, depth: int) -> str:
        """What is put into a sentence is often one itself; what stands in quotes is the user's own."""
        value = match[number]
        bare = value.strip(" ()")
        is_quoted = match.string[: match.start(number)].endswith("“")
        said = None if is_quoted or not bare or depth == 0 else self._row(bare, depth - 1)
        if said is None:
            return _STOPS.get(value, value)
        return f"（{said}）" if value.lstrip().startswith("(") else said


def _pattern(text: str) -> re.Pattern[str]:
    """What a sentence looks like. Within one nothing that is put in goes on into the next; at its end it may."""
    parts = re.split(r"%\d", text)
    between = r"((?:(?![.:] ).)*?)"
    body = between.join(map(re.escape, parts[:-1]))
    last = r"(.*)" if not parts[-1] else between + re.escape(parts[-1])
    return re.compile(body + last, re.DOTALL)
