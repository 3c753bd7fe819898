"""Paragraphs and rows of OpenDocument as text. Imports no library.

Source: OASIS OpenDocument 1.3, part 3, chapters 6 and 9.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from finder.extract.containers.zipped import attribute, local_name, release
from finder.extract.sheets.tabular import Row, shown

_MOST_REPEATED = 64
"""A cell that is repeated more often fills a background."""
_SPACE = re.compile("[ \t\r\n]+")
_DURATION = re.compile(r"PT(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S")
_ASIDE = frozenset(("note", "annotation"))
_SILENT = frozenset(("note-citation", "ruby-text", "title", "desc", "creator", "date", "creator-initials", "script"))

Events = Iterator[tuple[str, Any]]


def sheet_rows(events: Events, comments: list[str]) -> Iterator[Row]:
    """The rows of a sheet, up to its end; what is written beside its cells goes into `comments`."""
    number, column, depth = 1, 0, 0
    cells: dict[int, str] = {}
    for event, element in events:
        tag = local_name(element)
        if tag == "table":
            depth += 1 if event == "start" else -1
            if depth < 0:
                return
        elif event == "start" and tag == "table-row":
            column, cells = 0, {}
        elif event == "end" and tag in ("table-cell", "covered-table-cell"):
            repeated = _count(attribute(element, "number-columns-repeated"))
            if text := _cell(element, comments):
                cells.update(dict.fromkeys(range(column, column + min(repeated, _MOST_REPEATED)), text))
            column += repeated
        elif event == "end" and tag == "table-row":
            if cells:
                yield number, cells
            number += _count(attribute(element, "number-rows-repeated"))
            release(element)


def _cell(element: Any, comments: list[str]) -> str:
    type_, value = attribute(element, "value-type"), attribute(element, "value")
    text = []
    for child in element:
        if local_name(child) == "annotation":
            comments += filter(None, (words_of(each)[0] for each in child if local_name(each) == "p"))
        elif local_name(child) in ("p", "h"):
            words, beside = words_of(child)
            text.append(words)
            comments += beside
    try:
        if type_ == "date":
            return (attribute(element, "date-value") or "").replace("T00:00:00", "").replace("T", " ")
        if type_ == "time" and (match := _DURATION.fullmatch(attribute(element, "time-value") or "")):
            return f"{int(match[1])}:{match[2]}" + (f":{match[3]}" if int(match[3]) else "")
        if type_ == "percentage" and value:
            return f"{shown(round(float(value) * 100, 10))}%"
        if type_ == "float" and value:
            return shown(float(value))
    except ValueError:
        pass  # what the program showed is there all the same
    return " ".join(text)


def words_of(element: Any) -> tuple[str, list[str]]:
    """The text of a paragraph, and the texts of the notes and comments in it."""
    pieces: list[str] = []
    beside: list[str] = []
    _gather(element, pieces, beside)
    return "".join(pieces).strip(), beside


def _gather(element: Any, pieces: list[str], beside: list[str]) -> None:
    tag = local_name(element)
    if tag == "s":
        pieces.append(" " * min(_count(attribute(element, "c")), _MOST_REPEATED))
    elif tag in ("tab", "line-break"):
        pieces.append("\t" if tag == "tab" else "\n")
    elif tag not in _SILENT:
        pieces.append(_SPACE.sub(" ", element.text or ""))
    for child in element if tag not in _SILENT else ():
        if local_name(child) in _ASIDE:
            inner: list[str] = []
            for part in child:
                _gather(part, inner, beside)
            beside.append("".join(inner).strip())
        else:
            _gather(child, pieces, beside)
            if local_name(child) in ("p", "h", "table-row", "table-cell"):
                pieces.append(" " if local_name(child) == "table-cell" else "\n")
        pieces.append(_SPACE.sub(" ", child.tail or ""))


def _count(text: str | None) -> int:
    return max(1, int(text)) if text and len(text) < 10 and text.isascii() and text.isdecimal() else 1
