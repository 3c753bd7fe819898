"""Tables as plain text: comma, tab, semicolon or bar between the cells of a row (.csv, .tsv, .psv).

Source: RFC 4180, and what programs write instead of it.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from finder.extract.kinds import extension, kind_of
from finder.extract.reader import CLAIMED, NAMED, Limits, TextBuilder
from finder.extract.sheets.tabular import Row, write_rows
from finder.extract.text.plain import as_decoded, read_text
from finder.types import Document

_DELIMITERS = ",\t;|"
_OF_EXTENSION = {"tsv": "\t", "psv": "|"}
_OLD_SHEETS = ("xls", "xlt")
"""What many a program calls its delimited text, so that Excel opens it."""
_DECLARED = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)
"""Excel's own first line."""
_JUDGED_CHARS = 64 << 10
_JUDGED_ROWS = 100
_MOST_FIELD_CHARS = 8 << 20


class DelimitedReader:
    """Rows with their header beside the values; a row's number is its own, not a line's."""

    name = "delimited"

    def score(self, name: str, head: bytes) -> int | None:
        if kind_of(name).reader == self.name:
            return NAMED
        return CLAIMED if extension(name) in _OLD_SHEETS else None

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        decoded, is_source_cut = read_text(file, limits)
        text = decoded.text
        declared = _DECLARED.match(text)
        if declared:
            text = text[declared.end() :]
        builder = TextBuilder(limits.text_chars)
        delimiter = declared[1] if declared else _delimiter(text[:_JUDGED_CHARS], extension(name))
        write_rows(builder, _rows(text, delimiter, 1 + bool(declared)), where="")
        return as_decoded(builder.document(type_="sheet"), decoded, is_source_cut)


def _rows(text: str, delimiter: str, first: int) -> Iterator[Row]:
    csv.field_size_limit(_MOST_FIELD_CHARS)
    # Lines keep their ends, or a quoted cell of several lines would lose them.
    rows = csv.reader(_lines(text), delimiter=delimiter, skipinitialspace=delimiter != "\t")
    return ((number, dict(enumerate(row))) for number, row in enumerate(rows, first))


def _lines(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def _delimiter(sample: str, ext: str) -> str:
    """The one that parts most rows into equally many cells; the extension's own, or a comma, where none does."""
    best, best_score = _OF_EXTENSION.get(ext, ","), 0.0
    for delimiter in dict.fromkeys((best, *_DELIMITERS)):
        score = _evenness(sample, delimiter)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _evenness(sample: str, delimiter: str) -> float:
    """0 where nothing is parted; else the share of rows with the commonest number of cells, a little for many cells."""
    counts: Counter[int] = Counter()
    for number, row in _rows(sample, delimiter, 1):
        if number > _JUDGED_ROWS:
            break
        if row:
            counts[len(row)] += 1
    if not counts:
        return 0.0
    cells, rows = max(counts.items(), key=lambda item: (item[0] > 1, item[1]))
    share = rows / counts.total()
    return 0.0 if cells < 2 else share + min(cells, 20) / 100
