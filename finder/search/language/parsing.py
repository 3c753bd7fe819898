"""From a query as typed to its parts, each with its place, and back. Pure; any string parses.

    query   = parts with white space between; where writing has none between words, a phrase needs none either
    part    = words | phrase | filter, the last two and a single word with an optional `-` before
    phrase  = quote, anything, quote; \\" is a quote in it, \\\\ a backslash
    filter  = field, colon, value or values with commas between, each quoted where it holds white space or commas;
              `*.pdf` is ext:pdf

Quotes are " and their typographic kin in any pairing, colons and dashes may be full-width, fields in any case. A quote
that nothing closes is plain text, and so are quotes with `LONGEST_PHRASE_CHARS` or a line's end between them, which
were pasted with a text or a program, and so is what follows the first `MOST_OPERATORS` phrases, filters and exclusions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from finder.search.language.filters import EXAMPLES, FIELDS, LISTED, Field, Filter, filter_of
from finder.text import is_cjk

_QUOTES = '"\u201c\u201d\u201e\u201f\uff02\u00ab\u00bb\u300c\u300d\u300e\u300f'
_COLONS = ":\uff1a"
_COMMAS = ",\uff0c\u3001"
_DASHES = "-\uff0d\u2212\u2010\u2011"
_BEFORE_PHRASE = frozenset("([{\uff08\u3010\u300a,;\uff0c\u3002\u3001\uff1a\uff1b\uff01\uff1f")
_BEHIND_PHRASE = frozenset(")]}\uff09\u3011\u300b,.;:!?\uff0c\u3002\u3001\uff1a\uff1b\uff01\uff1f")
_FIELD = re.compile(rf"([{_DASHES}]?)({'|'.join(FIELDS)})[{_COLONS}](?=\S)", re.IGNORECASE)
_EMPTY_FIELD = re.compile(rf"[{_DASHES}]?({'|'.join(FIELDS)})[{_COLONS}](?!\S)", re.IGNORECASE)
_ENDING = re.compile(rf"([{_DASHES}]?)\*\.([^\W_]{{1,12}}(?:\.[^\W_]{{1,12}})?)(?!\S)")
_EXCLUDED = re.compile(rf"[{_DASHES}]([^\W_]\S*)")

MOST_OPERATORS = 64
"""What a person types has a few; each costs its own look at the index."""
LONGEST_PHRASE_CHARS = 120
"""What is quoted at greater length is a text to find the like of, and stands nowhere to the letter."""
_MOST_NOTES = 10
_NOTED_CHARS = 60

Kind = Literal["words", "phrase", "filter"]
_Run = tuple[int, int]
"""(start, end) of plain text."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a query that means something for itself."""

    kind: Kind
    start: int
    end: int
    """Where it stands in the query, its quotes, dash and field included."""
    value: str
    """Words and phrases without quotes and dash; a filter's items, joined again."""
    is_negated: bool = False
    filter: Filter | None = None

    def printed(self) -> str:
        """As one would type it; it parses to the same part."""
        dash = "-" if self.is_negated else ""
        if self.kind == "phrase":
            return f"{dash}{_quoted(self.value)}"
        if self.filter is not None:
            return f"{dash}{self.filter.field}:{self.value}"
        return dash + self.value


@dataclass(frozen=True, slots=True)
class Parsed:
    """A query as it was understood."""

    parts: list[Part]
    """In the order in which they were typed."""
    notes: list[str] = field(default_factory=list)
    """What looks like a filter and makes no sense, for a person."""

    def printed(self) -> str:
        return " ".join(part.printed() for part in self.parts)


def parse(query: str, now: datetime) -> Parsed:
    """The parts of a cleaned query.

    Args:
        now: what ages and days count from; without a time zone it is the computer's own.
    """
    reader = _Reader(query, now)
    parts: list[Part] = []
    words: list[_Run] = []
    for piece in reader.pieces():
        if isinstance(piece, Part):
            parts += [*_joined(query, words), piece]
            words = []
        else:
            words.append(piece)
    return Parsed([*parts, *_joined(query, words)], reader.notes)


def _joined(query: str, words: list[_Run]) -> list[Part]:
    """Words that stand side by side are one part."""
    if not words:
        return []
    return [Part("words", words[0][0], words[-1][1], " ".join(query[start:end] for start, end in words))]


class _Reader:
    """Reads one query from its beginning to its end."""

    def __init__(self, query: str, now: datetime) -> None:
        self._query = query
        self._now = now
        self._closes = True
        """False once a quote was met that nothing closes: then nothing closes a later one either."""
        self.notes: list[str] = []

    def pieces(self) -> Iterator[Part | _Run]:
        """Parts, and the plain text between them."""
        query, at, operators = self._query, 0, 0
        while at < len(query):
            if query[at].isspace():
                at += 1
                continue
            if operators == MOST_OPERATORS:
                self.notes.append(f"Understood are the first {MOST_OPERATORS} filters and phrases; the rest is text.")
                yield at, len(query.rstrip())
                return
            piece = self._operator(at) if at == 0 or query[at - 1].isspace() else None
            if piece is None and _may_open(query, at):
                piece = self._phrase(at, at)
            piece = piece or (at, _end_of_run(query, at))
            yield piece
            operators += isinstance(piece, Part)
            at = piece.end if isinstance(piece, Part) else piece[1]

    def _operator(self, at: int) -> Part | _Run | None:
        """The filter or the exclusion that begins here; a filter without sense leaves a note and is plain text."""
        query = self._query
        if (match := _FIELD.match(query, at)) is not None:
            return self._filter(match)
        if (empty := _EMPTY_FIELD.match(query, at)) is not None:
            self._note(empty[0], _field(empty[1]))
            return None
        if (ending := _ENDING.match(query, at)) is not None:
            found = filter_of("ext", [ending[2]], self._now, bool(ending[1]))
            return Part("filter", at, ending.end(), ending[2], bool(ending[1]), found)
        if query[at] not in _DASHES:
            return None
        if (phrase := self._phrase(at, at + 1)) is not None:
            return phrase
        excluded = _EXCLUDED.match(query, at)
        return excluded and Part("words", at, excluded.end(), excluded[1], is_negated=True)

    def _filter(self, match: re.Match[str]) -> Part | _Run:
        name = _field(match[2])
        items, end = self._items(match.end(), name in LISTED)
        found = filter_of(name, items, self._now, bool(match[1]))
        if found is None:
            self._note(self._query[match.start() : end], name)
            return match.start(), end
        value = ",".join(map(item_as_typed, items))
        return Part("filter", match.start(), end, value, found.is_negated, found)

    def _note(self, typed: str, name: Field) -> None:
        if len(typed) > _NOTED_CHARS:
            typed = f"{typed[:_NOTED_CHARS]}…"
        if len(self.notes) < _MOST_NOTES:
            self.notes.append(
                f"“{typed}” is searched for as plain text: {name}: wants something like {EXAMPLES[name]}."
            )

    def _phrase(self, start: int, opening: int) -> Part | _Run | None:
        """The phrase whose opening quote stands at `opening`, and the part's first character at `start`."""
        found = self._quotation(opening)
        if found is None:
            return None
        is_pasted = len(found[0]) > LONGEST_PHRASE_CHARS or "\n" in self._query[opening : found[1]]
        if is_pasted or not any(char.isalnum() for char in found[0]):
            return start, found[1]
        return Part("phrase", start, found[1], found[0], is_negated=start < opening)

    def _quotation(self, opening: int) -> tuple[str, int] | None:
        """What stands in the quotes that begin at `opening`, and the offset behind them; None where there is none."""
        query = self._query
        if not self._closes or query[opening : opening + 1] not in _QUOTES or opening >= len(query):
            return None
        value: list[str] = []
        at = opening + 1
        while at < len(query):
            char, following = query[at], query[at + 1 : at + 2]
            if char == "\\" and following and (following in _QUOTES or following == "\\"):
                value.append(following)
                at += 2
                continue
            if char in _QUOTES and _may_follow(following):
                return " ".join("".join(value).split()), at + 1
            value.append(char)
            at += 1
        self._closes = False
        return None

    def _items(self, at: int, is_list: bool) -> tuple[list[str], int]:
        """The items of a filter's value and the offset behind it."""
        items: list[str] = []
        while True:
            item, at = self._next_item(at, is_list)
            if item:
                items.append(item)
            if not (is_list and at < len(self._query) and self._query[at] in _COMMAS):
                return items, at
            at += 1

    def _next_item(self, at: int, is_list: bool) -> tuple[str, int]:
        query = self._query
        if (quotation := self._quotation(at)) is not None:
            return quotation
        end = at
        while end < len(query) and not query[end].isspace() and not (is_list and query[end] in _COMMAS):
            end += 1
        return query[at:end].lstrip(_QUOTES), end


def _field(typed: str) -> Field:
    return typed.lower()  # type: ignore[return-value]  # the expression is made of the fields


def _may_open(query: str, at: int) -> bool:
    """True where a quote stands that may begin a phrase: not the one of 5", nor an apostrophe's."""
    if query[at] not in _QUOTES:
        return False
    before = query[at - 1] if at else " "
    return before.isspace() or before in _BEFORE_PHRASE or is_cjk(before)


def _may_follow(char: str) -> bool:
    """True for what may stand behind the quote that ends a phrase; `char` is empty at the end of the query."""
    return not char or char.isspace() or char in _BEHIND_PHRASE or is_cjk(char)


def _end_of_run(query: str, at: int) -> int:
    """Where the run of plain text ends that begins at `at`: at white space, or where a phrase may begin."""
    at += 1
    while at < len(query) and not query[at].isspace() and not _may_open(query, at):
        at += 1
    return at


def item_as_typed(value: str) -> str:
    """One item of a filter's value, in quotes where it needs them."""
    is_plain = value[:1] not in _QUOTES and not any(char.isspace() or char in _COMMAS for char in value)
    return value if is_plain else _quoted(value)


def _quoted(value: str) -> str:
    escaped = "".join(f"\\{char}" if char in _QUOTES or char == "\\" else char for char in value)
    return f'"{escaped}"'
