"""Queries that nobody typed: a passage, a piece of a program or of a page, pasted to find where it comes from.

Quotation marks, dashes and colons in it are its own and limit nothing, tags are not its words. Pure.
"""

from __future__ import annotations

import re
from itertools import takewhile

from finder.search.language.parsing import MOST_OPERATORS, Parsed, Part
from finder.text import clean, unescaped

TYPED_CHARS = 300
"""More than that, or several lines, was pasted. Where operators are as many as are understood, somebody meant them."""

_TAG = re.compile(r"<!--.*?(?:-->|\Z)|<[!?/]?[A-Za-z][^<>]*>", re.DOTALL)
_CLOSING_TAG = re.compile(r"</[A-Za-z][^<>]*>|<[A-Za-z][^<>]*/>")
_UNSHOWN = re.compile(r"<(script|style)\b[^<>]*>.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)

NOTE = "So long a text is searched for as it is: the quotes and dashes in it limit nothing."


def as_pasted(parsed: Parsed, typed: str) -> Parsed:
    """What a query means: of a pasted one only the filters before it are any, and all the rest is its words."""
    filters = list(takewhile(lambda part: part.kind == "filter", parsed.parts))
    rest = parsed.parts[len(filters) :]
    operators = sum(part.kind != "words" or part.is_negated for part in rest)
    if not rest or operators == MOST_OPERATORS or not _is_pasted(typed[rest[0].start : rest[-1].end]):
        return parsed
    start, end = rest[0].start, rest[-1].end
    words = Part("words", start, end, _without_markup(typed[start:end]))
    return Parsed([*filters, words], [NOTE] if operators or parsed.notes else [])


def _is_pasted(text: str) -> bool:
    return len(text) > TYPED_CHARS or "\n" in text or _CLOSING_TAG.search(text) is not None


def _without_markup(text: str) -> str:
    """The text of a piece of HTML or XML; anything else as it is."""
    if _CLOSING_TAG.search(text) is None:
        return text
    return clean(unescaped(_TAG.sub(" ", _UNSHOWN.sub(" ", text)))).strip() or text
