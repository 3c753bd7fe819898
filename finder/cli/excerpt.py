"""The part of a passage that answers, cut to a few lines, with the query's words marked. Knows no terminal.

What is measured is cells, the columns of a terminal: a Chinese character takes two.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from rich.cells import cell_len

from finder.cli.screen import printable
from finder.text import STOP_WORDS, is_cjk, sentences

_WORD = re.compile(r"[^\W_]+")

_LEAD_CHARS = 16
"""An excerpt that cannot begin with a sentence begins at most so far before its first marked word."""
_STEM_CHARS = 4
"""Two words are taken for forms of one where the shorter has so many letters and begins the longer one."""
_ENDING_CHARS = 3
"""So much may the longer one have behind it."""
_FULL_SHARE = 0.6
"""An excerpt may end with a sentence that fills so much of its room."""
_ELLIPSES_CELLS = 4
_CODE_LINES = 3

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Printable text; several lines for code alone."""

    text: str
    marks: tuple[Span, ...] = ()
    """Where the query's words stand in `text`, in order, not overlapping."""


def query_words(query: str) -> tuple[str, ...]:
    """The words of a query that are worth marking; of Chinese, Japanese and Korean its pairs of characters."""
    words: dict[str, None] = {}
    for _, token in _tokens(query):
        if is_cjk(token[0]):
            words.update(dict.fromkeys(token[at : at + 2] for at in range(max(1, len(token) - 1))))
        elif token.casefold() not in STOP_WORDS:
            words[token.casefold()] = None
    return tuple(words)


def marks_in(text: str, words: Iterable[str]) -> list[tuple[Span, str]]:
    """Each place in `text` where one of `words` stands, and which one; in order, not overlapping."""
    wanted = tuple(words)
    found: list[tuple[Span, str]] = []
    for at, token in _tokens(text):
        if is_cjk(token[0]):
            found += _marks_in_run(token, at, wanted)
        elif word := next((word for word in wanted if _is_form_of(token.casefold(), word)), None):
            found.append(((at, at + len(token)), word))
    return found


def excerpt(text: str, words: tuple[str, ...], cells: int) -> Excerpt:
    """The part of a passage that holds most of `words`, in at most `cells` columns.

    It begins with a sentence where that costs no word, and never within a word. A passage that fits is shown whole.
    """
    flat = printable(" ".join(text.split()))
    marks = marks_in(flat, words)
    if cell_len(flat) <= cells:
        return Excerpt(flat, tuple(span for span, _ in marks))
    start = _best_start(flat, marks, cells)
    end = _end_of(flat, start, cells)
    before = "… " if start else ""
    after = " …" if end < len(flat) else ""
    shift = len(before) - start
    kept = tuple((low + shift, high + shift) for (low, high), _ in marks if start <= low and high <= end)
    return Excerpt(before + flat[start:end].rstrip() + after, kept)


def code_excerpt(text: str, words: tuple[str, ...], cells: int) -> Excerpt:
    """Like `excerpt`, but as lines with their indentation, each at most `cells` wide."""
    lines = [line for line in text.expandtabs(4).splitlines() if line.strip()]
    hits = [{word for _, word in marks_in(line, words)} for line in lines]
    windows = range(max(1, len(lines) - _CODE_LINES + 1))
    best = max(windows, key=lambda at: (len(set().union(*hits[at : at + _CODE_LINES])), -at))
    shown = textwrap.dedent("\n".join(lines[best : best + _CODE_LINES])).split("\n")
    kept = "\n".join(cut_right(printable(line), cells) for line in shown)
    return Excerpt(kept, tuple(span for span, _ in marks_in(kept, words)))


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


def _tokens(text: str) -> Iterator[tuple[int, str]]:
    """Each word with its offset; a run of Chinese, Japanese or Korean is a token of its own."""
    for match in _WORD.finditer(text):
        at = match.start()
        for _, letters in groupby(match.group(), is_cjk):
            token = "".join(letters)
            yield at, token
            at += len(token)


def _marks_in_run(run: str, offset: int, words: tuple[str, ...]) -> list[tuple[Span, str]]:
    found: list[tuple[Span, str]] = []
    for at in range(len(run)):
        word = next((word for word in words if run.startswith(word, at)), None)
        low = offset + at
        if word is None:
            continue
        if found and found[-1][0][1] > low:
            low = found[-1][0][1]
        found.append(((low, offset + at + len(word)), word))
    return found


def _is_form_of(token: str, word: str) -> bool:
    shorter, longer = sorted((token, word), key=len)
    if len(shorter) < _STEM_CHARS:
        return token == word
    stem = shorter[:-1] if len(shorter) > _STEM_CHARS and shorter[-1] in "ey" else shorter
    return longer.startswith(stem) and len(longer) - len(stem) <= _ENDING_CHARS


def _best_start(text: str, marks: list[tuple[Span, str]], cells: int) -> int:
    """The start whose window holds the most different words; of equals a sentence's, then the nearest to a word."""
    starts = {start for start, _ in sentences(text)} | {0}
    leads = {_word_start(text, low) for (low, _), _ in marks}

    def worth(start: int) -> tuple[int, bool, int, int]:
        end = _end_of(text, start, cells)
        held = [(low, word) for (low, high), word in marks if start <= low and high <= end]
        lead = held[0][0] - start if held else 0
        return len({word for _, word in held}), start in starts, -lead, -start

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
