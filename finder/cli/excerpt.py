"""The part of a passage that answers, cut to a few lines, with what is to be marked. Knows no terminal.

Where the query's words and the answer stand is said by the service, in characters of the passage; here it is carried
over to what is shown. What is measured is cells, the columns of a terminal: a Chinese character takes two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from rich.cells import cell_len

from finder.cli.screen import printable
from finder.text import sentences

_LEAD_CHARS = 16
"""An excerpt that cannot begin with a sentence begins at most so far before its first marked word."""
_STEM_CHARS = 4
"""Marked words that begin alike are taken for forms of one."""
_FULL_SHARE = 0.6
"""An excerpt may end with a sentence that fills so much of its room."""
_ELLIPSES_CELLS = 4
_CODE_LINES = 3
_TAB_CELLS = 4

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Printable text; several lines for code alone."""

    text: str
    marks: tuple[Span, ...] = ()
    """Where the query's words stand in `text`, in order, not overlapping."""
    answer: Span | None = None
    """What answers, as far as it is shown."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A piece of a passage as it is shown, and where each of its characters went."""

    text: str
    start: int
    """Of the piece, in the passage."""
    places: list[int]
    """For each character of the piece, and its end, the place in `text`."""

    def span(self, span: Sequence[int]) -> Span:
        """Where a span of the passage is shown; empty where it is not."""
        low, high = (min(max(0, at - self.start), len(self.places) - 1) for at in span)
        return self.places[low], self.places[high]


def excerpt(text: str, words: Sequence[Sequence[int]], answer: Sequence[int] | None, cells: int) -> Excerpt:
    """The part of a passage around its answer, else that with most of `words`, in at most `cells` columns.

    It begins with a sentence where that costs no word, and never within a word. A passage that fits is shown whole.
    """
    flat = _flat(text)
    marks = [flat.span(span) for span in words]
    wash = flat.span(answer) if answer is not None else None
    if cell_len(flat.text) <= cells:
        return Excerpt(flat.text, tuple(marks), wash)
    start = _best_start(flat.text, marks, cells) if wash is None else _start_for(flat.text, wash, cells)
    end = _end_of(flat.text, start, cells)
    before = "… " if start else ""
    after = " …" if end < len(flat.text) else ""
    shift = len(before) - start
    kept = tuple((low + shift, high + shift) for low, high in marks if start <= low and high <= end)
    body = flat.text[start:end].rstrip()
    shown = (wash[0] + shift, min(wash[1] + shift, len(before) + len(body))) if wash is not None else None
    return Excerpt(before + body + after, kept, shown)


def code_excerpt(text: str, words: Sequence[Sequence[int]], answer: Sequence[int] | None, cells: int) -> Excerpt:
    """Like `excerpt`, but as lines with their indentation, each at most `cells` wide."""
    ends = list(accumulate(len(line) for line in text.splitlines(keepends=True)))
    spans = [(start, end) for start, end in zip([0, *ends], ends, strict=False) if text[start:end].strip()]
    first = _first_line(text, spans, words, answer)
    lines = [_line(text, start, end) for start, end in spans[first : first + _CODE_LINES]]
    indent = min((len(line.text) - len(line.text.lstrip()) for line in lines), default=0)
    kept = ""
    marks: list[Span] = []
    washes: list[Span] = []
    for line in lines:
        body = cut_right(line.text[indent:].rstrip(), cells)
        for found, wanted in ((marks, words), (washes, [answer] if answer is not None else [])):
            shown = (line.span(span) for span in wanted)
            shifted = ((max(0, low - indent), min(high - indent, len(body))) for low, high in shown)
            found += [(low + len(kept), high + len(kept)) for low, high in shifted if low < high]
        kept += body + "\n"
    return Excerpt(kept.rstrip("\n"), tuple(marks), (washes[0][0], washes[-1][1]) if washes else None)


def cut_right(text: str, cells: int) -> str:
    """`text` in at most `cells` columns, its end replaced by an ellipsis where it is longer."""
    return text if cell_len(text) <= cells else text[: _fitting(text, 0, cells - 1)] + "…"


def cut_middle(text: str, cells: int, tail_cells: int = 14) -> str:
    """`text` in at most `cells` columns; its last `tail_cells`, where a name's version and suffix stand, are kept."""
    if cell_len(text) <= cells:
        return text
    tail = len(text)
    while tail > 0 and cell_len(text[tail - 1 :]) <= min(tail_cells, cells // 2):
        tail -= 1
    return text[: _fitting(text, 0, cells - 1 - cell_len(text[tail:]))] + "…" + text[tail:]


def _first_line(text: str, lines: Sequence[Span], words: Sequence[Sequence[int]], answer: Sequence[int] | None) -> int:
    """Which of `lines` an excerpt begins with: that of the answer, else where most different words follow."""
    if answer is not None:
        return next((number for number, (_, end) in enumerate(lines) if answer[0] < end), 0)
    hits = [{_stem(text, span) for span in words if start <= span[0] < end} for start, end in lines]
    windows = range(max(1, len(lines) - _CODE_LINES + 1))
    return max(windows, key=lambda at: (len(set().union(*hits[at : at + _CODE_LINES])), -at))


def _stem(text: str, span: Sequence[int]) -> str:
    return text[span[0] : span[1]].casefold()[:_STEM_CHARS]


def _flat(text: str) -> _Shown:
    """`text` on one line, white space as single spaces."""
    parts: list[str] = []
    places: list[int] = []
    length = 0
    for char in text:
        places.append(length)
        if char.isspace():
            part = " " if parts and parts[-1] != " " else ""
        else:
            part = char if char.isprintable() else printable(char)
        if part:
            parts.append(part)
            length += len(part)
    whole = "".join(parts).rstrip(" ")
    return _Shown(whole, 0, [min(place, len(whole)) for place in (*places, length)])


def _line(text: str, start: int, end: int) -> _Shown:
    """One line with its tabs as spaces."""
    shown = ""
    places = []
    for char in text[start:end]:
        places.append(len(shown))
        shown += " " * (_TAB_CELLS - len(shown) % _TAB_CELLS) if char == "\t" else printable(char)
    return _Shown(shown, start, [*places, len(shown)])


def _start_for(text: str, answer: Span, cells: int) -> int:
    """The beginning of the passage where the whole answer is shown then, else the answer's own."""
    return 0 if answer[1] <= _end_of(text, 0, cells) else answer[0]


def _best_start(text: str, marks: Sequence[Span], cells: int) -> int:
    """The start whose window holds the most different words; of equals a sentence's, then the nearest to a word."""
    starts = {start for start, _ in sentences(text)} | {0}
    leads = {_word_start(text, low) for low, _ in marks}

    def worth(start: int) -> tuple[int, bool, int, int]:
        end = _end_of(text, start, cells)
        held = [span for span in marks if start <= span[0] and span[1] <= end]
        lead = held[0][0] - start if held else 0
        return len({_stem(text, span) for span in held}), start in starts, -lead, -start

    return max(starts | leads, key=worth)


def _word_start(text: str, low: int) -> int:
    """The first start of a word at most `_LEAD_CHARS` before `low`."""
    space = text.find(" ", max(0, low - _LEAD_CHARS), low)
    return low if space < 0 else space + 1


def _end_of(text: str, start: int, cells: int) -> int:
    """Where an excerpt from `start` ends: after a sentence if most of the room is used, else after a word."""
    end = _fitting(text, start, cells - _ELLIPSES_CELLS)
    if end >= len(text):
        return len(text)
    sentence_ends = [start + high for _, high in sentences(text[start:end])[:-1]]
    if sentence_ends and cell_len(text[start : sentence_ends[-1]]) > cells * _FULL_SHARE:
        return sentence_ends[-1]
    space = text.rfind(" ", start, end + 1)
    return space if space > start and end - space <= 2 * _LEAD_CHARS else end


def _fitting(text: str, start: int, cells: int) -> int:
    """The end of the longest part of `text` from `start` that takes at most `cells` columns."""
    low, high = start, min(len(text), start + max(0, cells))
    while low < high:
        middle = (low + high + 1) // 2
        if cell_len(text[start:middle]) <= cells:
            low = middle
        else:
            high = middle - 1
    return low
