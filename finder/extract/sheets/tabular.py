"""Rows of a table as text: each value beside the name of its column, so that a row means something when it is found.

Imports no library. Used by whatever reads spreadsheets and delimited text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import chain, islice

from finder.extract.reader import TextBuilder

Row = tuple[int, Mapping[int, str]]
"""The number of a row, counted from 1 as the program shows it, and its cells by column, in order of the columns.

A mapping, because a stray cell in the last corner must not cost all those before it."""

_JUDGED_ROWS = 30
_HEADER_AMONG = 10
"""A header is one of the first so many rows that hold anything."""
_NAME_CHARS = 50
"""Of a column's name at most, which is written in every row."""
_FILLED_SHARE = 0.6
_NUMBER = re.compile(r"[^\w\s]{0,3}\d[\d\s.,:/%()+-]*\D{0,4}")
_SPACES = re.compile(r"\s+")


def write_rows(builder: TextBuilder, rows: Iterable[Row], where: str) -> None:
    """Append the rows, each a line under its label: "Name: Ada; Amount: 30" below a header, "Ada | 30" without one.

    Rows and columns without words are skipped.

    Args:
        where: begins each label: "sheet Budget, " or nothing.
    """
    filled = ((number, tidy) for number, cells in rows if (tidy := _tidy(cells)))
    judged = list(islice(filled, _JUDGED_ROWS))
    header_at = _header_index([cells for _, cells in judged])
    names: dict[int, str] = {}
    for index, (number, cells) in enumerate(chain(judged, filled)):
        builder.label(f"{where}row {number}")
        builder.add("; ".join(_named(cells, names)) if names else " | ".join(cells.values()))
        builder.end_line()
        if builder.is_cut:
            return
        if index == header_at:
            names = {column: name.rstrip(" :") for column, name in cells.items()}


def _tidy(cells: Mapping[int, str]) -> dict[int, str]:
    tidy = {column: _SPACES.sub(" ", cell).strip() for column, cell in cells.items()}
    return {column: cell for column, cell in tidy.items() if cell}


def _named(cells: Mapping[int, str], names: Mapping[int, str]) -> Iterator[str]:
    for column, cell in cells.items():
        name = names.get(column)
        yield f"{name}: {cell}" if name else cell


def _header_index(rows: Sequence[Mapping[int, str]]) -> int | None:
    """Which of the first rows names the columns: the first that is words, and fills what the rows below it fill."""
    for index, row in enumerate(rows[:_HEADER_AMONG]):
        below = rows[index + 1 :]
        names = list(row.values())
        if len(names) < 2 or not below:
            continue
        usual = sorted(map(len, below))[(len(below) - 1) // 2]
        if len(names) < _FILLED_SHARE * usual or len(set(names)) < _FILLED_SHARE * len(names):
            continue
        if all(len(name) <= _NAME_CHARS and not _NUMBER.fullmatch(name) for name in names):
            return index
    return None


def shown(value: object) -> str:
    """A cell's value as people see it: 30, 1250.5, 2024-03-01, 14:30."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return _shown_number(value)
    if isinstance(value, datetime):
        clock = "" if value.time() == time() else f" {shown(value.time())}"
        return f"{value.date().isoformat()}{clock}"
    if isinstance(value, time):
        return value.strftime("%H:%M:%S" if value.second else "%H:%M")
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _shown_number(value: float) -> str:
    """Fifteen digits, which is what a spreadsheet keeps; no exponent where people would write none."""
    text = f"{value:.15g}"
    return f"{value:.12f}".rstrip("0") if "e-" in text and abs(value) > 1e-9 else text
