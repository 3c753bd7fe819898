"""The pieces of a passage that may answer a question: sentences, items of lists, rows of tables, lines of programs
and logs.

Told by the text itself, not by the file's kind: programs stand in documents, and tables in mails. Imports the leaves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from finder.text import is_cjk, sentences

Span = tuple[int, int]
"""(start, end), in characters."""

_LONGEST_CHARS = 320
"""A longer sentence is cut: it says too many things for one vector, and marked it would mark nothing."""
_CUT_CHARS = 220
_MOST_UNITS = 24
"""Of one passage; passages hold fewer, but for what was split in a strange way."""
_LEAST_LETTERS = 8
_LEAST_CJK = 3
_LINES_TOGETHER = 3
"""Of a program: a statement, or the beginning of a block."""
_LINE_SHARE = 0.5

_LINE = re.compile(r"[^\n]+")
_ROW = re.compile(r".* \| |[^:\n]{1,50}: .*; |.*\t")
_CODE_LINE = re.compile(r"[ \t]+\S|[@#]\w|.*(?:[{}();,\[\]=:\\]|->|=>)$|\S+ (?:=|:=|\+=|<-) \S")
_LOG_LINE = re.compile(
    r"\s*(?:[\[(<]?\d{4}[-/.]\d\d[-/.]\d\d|[\[(]?\d\d:\d\d:\d\d\b|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
    r"|[\[(<]?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL)\b)"
)
"""A time at its beginning, or a level in capitals: an entry for itself, which ends in no full stop."""
_ITEM = re.compile(r"\n(?=[ \t]*(?:[-*+\u2022\u2023\u25aa]|\(?\d{1,3}[.)])[ \t])")
_HEADING = re.compile(r"#{1,6} [^\n]*\Z")
_PAUSE = re.compile(r"[,;:\u2013\u2014](?=\s)|[\u3001\uff0c\uff1b\uff1a]|\n|\s")


def units(text: str) -> list[Span]:
    """The pieces in order, not overlapping, without white space around them; headings and mere numbers are none."""
    found = [
        span for start, end in _pieces(text) for span in _cut(text, start, end) if _may_answer(text[span[0] : span[1]])
    ]
    return found[:_MOST_UNITS]


def _pieces(text: str) -> Iterator[Span]:
    lines = [match.span() for match in _LINE.finditer(text) if match[0].strip()]
    indent = min((_indent(text[start:end]) for start, end in lines), default=0)
    if len(lines) > 1 and any(_is_mostly(pattern, text, lines, 0) for pattern in (_LOG_LINE, _ROW)):
        yield from lines
    elif len(lines) > 1 and _is_mostly(_CODE_LINE, text, lines, indent):
        yield from _blocks(text, lines)
    else:
        for start, end in sentences(text):
            if _HEADING.match(text, start, end) is None:
                at = start
                for item in _ITEM.finditer(text, start, end):
                    yield at, item.start()
                    at = item.end()
                yield at, end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_mostly(pattern: re.Pattern[str], text: str, lines: list[Span], indent: int) -> bool:
    held = sum(pattern.match(text, min(start + indent, end), end) is not None for start, end in lines)
    return held > _LINE_SHARE * len(lines)


def _blocks(text: str, lines: list[Span]) -> Iterator[Span]:
    """Lines together, up to a blank one."""
    first = 0
    for number in range(1, len(lines) + 1):
        is_end = number == len(lines) or "\n" in text[lines[number - 1][1] + 1 : lines[number][0]]
        if is_end or number - first == _LINES_TOGETHER:
            yield lines[first][0], lines[number - 1][1]
            first = number


def _cut(text: str, start: int, end: int) -> Iterator[Span]:
    """`start` to `end` in pieces that are not too long, without the white space around them."""
    while end - start > _LONGEST_CHARS:
        pauses = [pause.end() for pause in _PAUSE.finditer(text, start + _CUT_CHARS // 2, start + _CUT_CHARS)]
        strong = [at for at in pauses if not text[at - 1].isspace()]
        at = (strong or pauses or [start + _CUT_CHARS])[-1]
        yield from _stripped(text, start, at)
        start = at
    yield from _stripped(text, start, end)


def _stripped(text: str, start: int, end: int) -> Iterator[Span]:
    piece = text[start:end]
    if stripped := piece.strip():
        first = start + len(piece) - len(piece.lstrip())
        yield first, first + len(stripped)


def _may_answer(piece: str) -> bool:
    letters = sum(char.isalpha() for char in piece)
    return letters >= _LEAST_LETTERS or sum(map(is_cjk, piece)) >= _LEAST_CJK
