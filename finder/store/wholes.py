"""The text of a content, put together again from its passages. Works on a reading connection.

Every character but white space is in exactly one passage, and each passage says where it stood: what lay between two
of them was white space, and is blank lines here.
"""

from __future__ import annotations

from dataclasses import dataclass

import apsw

_MOST_BLANK_LINES = 2


@dataclass(frozen=True, slots=True)
class Part:
    """Some of a content's text."""

    text: str
    start: int
    """In characters of the whole text, as passages count them."""
    length: int
    """Of the whole text."""
    has_lines: bool
    first_line: int
    """The number of the line that `start` is on, from 1; where there are no lines, 1."""
    places: list[tuple[int, int | None, str | None]]
    """(start, page, label) wherever another begins."""


def part(connection: apsw.Connection, content_id: int, around: int, limit: int) -> Part:
    """About `limit` characters of a content's text, in whole passages, those around an offset."""
    length = int(connection.execute("SELECT chars FROM contents WHERE id = ?", (content_id,)).get)
    low = max(0, min(around, length) - limit // 2)
    rows = connection.execute(
        "SELECT body, start, end, page, line, label FROM passages JOIN texts ON texts.id = text_id"
        " WHERE content_id = ? AND end > ? AND start < ? ORDER BY ordinal",
        (content_id, low, low + limit),
    )
    pieces: list[str] = []
    places: list[tuple[int, int | None, str | None]] = []
    first, end, first_line, line = 0, 0, 1, 1
    has_lines = False
    for body, start, ends, page, starts_on, label in rows:
        if not pieces:
            first = end = start
            first_line = line = starts_on or 1
            has_lines = starts_on is not None
        pieces.append(_white(start - end, starts_on - line if starts_on else _MOST_BLANK_LINES))
        pieces.append(body)
        end, line = ends, (starts_on or 1) + body.count("\n")
        if (page, label) != (places[-1][1:] if places else (None, None)):
            places.append((start, page, label))
    return Part("".join(pieces), first, length, has_lines, first_line, places)


def _white(length: int, lines: int) -> str:
    breaks = max(0, min(length, lines))
    return "\n" * breaks + " " * (length - breaks)
