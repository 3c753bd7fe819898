"""From a document to its passages: pieces that are found, shown and embedded on their own. Imports the leaves alone.

Where a text is cut depends on the text around the cut alone, never on how far from the start it lies: one inserted
word changes the passage it falls in (at times its neighbour), and every other passage keeps its text, its hash and so
its vector. That is content-defined chunking, with boundaries that a reader would choose:

1. At headings. A section too small to stand alone goes with the next one, and the last with the one before it.
2. What is longer than a passage may be is cut at blank lines; what still is, at sentence ends; then at line ends,
   between words, and at last between any two characters. Among the candidates of one kind, those are taken whose
   following text has the highest hash within `_REACH_TOKENS` on either side.

Method of local maxima: N. Bjørner, A. Blass, Y. Gurevich, "Content-dependent chunking for differential compression,
the local maximum approach", J. Comput. Syst. Sci. 76 (2010). They find it better than cutting where a hash has a
certain remainder: chunks have a least size without breaking the locality.

Tokens are estimated, not counted: the splitter knows no model. The estimate follows WordPiece with an English
vocabulary, as the built-in model has it, and leans to the high side.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from zlib import crc32

from finder.text import sentence_ends
from finder.types import Document, Passage, Place

MAX_TOKENS = 216
"""The most estimated tokens of a passage: with its heading it stays within the 256 that the built-in model reads."""
_REACH_TOKENS = 80
"""A cut is the best candidate within so many tokens on either side, so cuts of one kind are further apart than this."""
_MARGIN_TOKENS = 40
"""Cuts of a lesser kind keep so far from those of a better kind."""
_TINY_TOKENS = 40
"""A section of fewer tokens says too little alone: its vector would be its heading's over again."""
_HASHED_CHARS = 24
"""So much of the text behind a candidate decides its rank: the insertion of a word moves few candidates."""

_OTHER_TOKENS = (
    r"|\d{1,3}"
    r"|[\u0e00-\u0eff]{1,2}"
    r"|[^\s\w]|_"
    r"|\w"  # other scripts: a vocabulary for English spells them out
    r")\s{0,40}|\s{1,40}"  # each token takes the white space behind it along; much of it fills the screen like words
)
_ENGLISH_TOKEN = re.compile(r"(?:[A-Z]?[a-z]{1,8}|[A-Z]{1,4}" + _OTHER_TOKENS)
_LATIN_TOKEN = re.compile(r"(?:[A-Z]?[a-z]{1,3}|[A-Z]{1,2}|[\u00c0-\u024f]{1,2}" + _OTHER_TOKENS)
_ENGLISH_WORD = re.compile(r"\b(?:the|of|and|to|in|is|for|that|with|on|as|are|was|it|this)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_JUDGED_CHARS = 20_000
_ENGLISH_SHARE = 0.08
"""One word in four is one of these fifteen in English prose, hardly one in fifty in code or other languages."""

_BEGINNING_CHARS = 2_000
_TITLE_CHARS = 100

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")
_LINE_END = re.compile(r"\n\s*")
_WORD_GAP = re.compile(r"\s+")
_SPACES = re.compile(r"\s*")
_COUNTED = re.compile(r"(.*\b)?(row|slide|cell|message|page) (\d+)(?:, (?:notes|comments))?", re.DOTALL)
"""A label that ends in a number."""


def split(document: Document) -> list[Passage]:
    """The passages of `document`, in order: every character but white space is in exactly one.

    A passage stands under the heading of most of its text, and on the page on which it starts; rows, slides, cells and
    the like are named from its first to its last. The first one stands under the title and the author too, where the
    text begins with neither: so they find the document.
    """
    splitter = _Splitter(document)
    passages = [passage for start, end in splitter.spans() if (passage := splitter.passage(start, end))]
    if passages and (said := _said_of(document)):
        heading = " · ".join(part for part in (*said, passages[0].heading) if part)
        passages[0] = replace(passages[0], heading=heading)
    return passages


class _Splitter:
    """One document on its way to passages."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._text = document.text
        token = _ENGLISH_TOKEN if _is_english(document.text) else _LATIN_TOKEN
        self._token_ends = list(accumulate(map(len, token.findall(document.text))))
        self._headings = _heading_changes(document.places)
        self._place_starts = [place.start for place in document.places]
        self._line = 1
        self._line_counted_to = 0

    def spans(self) -> Iterator[tuple[int, int]]:
        """(start, end) characters of each passage, white space still around them."""
        cuts = [0, *self._section_cuts(), len(self._text)]
        for start, end in pairwise(cuts):
            yield from pairwise([start, *self._cuts_within(start, end, 0), end])

    def passage(self, start: int, end: int) -> Passage | None:
        """The passage between two offsets without the white space around it; None where nothing else is there."""
        piece = self._text[start:end]
        text = piece.strip()
        if not text:
            return None
        start += len(piece) - len(piece.lstrip())
        place = self._place_at(start)
        return Passage(
            start,
            start + len(text),
            text,
            heading=self._heading_over(start, start + len(text)),
            page=place.page if place else None,
            line=self._line_at(start) if self._document.has_lines else None,
            label=_from_to(place, self._place_at(start + len(text) - 1)),
        )

    def _tokens_before(self, offset: int) -> int:
        return bisect_right(self._token_ends, offset)

    def _section_cuts(self) -> list[int]:
        """Offsets at which another heading begins; tiny sections joined to what follows."""
        bounds = [(start, self._tokens_before(start)) for start, _ in self._headings]
        last = len(self._token_ends)
        cuts = []
        before = 0
        for (start, tokens), (_, following) in pairwise([*bounds, (0, last)]):
            is_tiny_end = following == last and last - tokens < _TINY_TOKENS
            if tokens - before >= _TINY_TOKENS and not is_tiny_end:
                cuts.append(start)
            before = tokens
        return cuts

    def _cuts_within(self, start: int, end: int, kind: int) -> list[int]:
        """The cuts that leave no piece between two offsets longer than a passage may be."""
        first, last = self._tokens_before(start), self._tokens_before(end)
        if last - first <= MAX_TOKENS:
            return []
        if kind == _SENTENCES and self._document.type == "code":
            return self._cuts_within(start, end, _LINES)
        if kind > _CHARACTERS:  # a text that repeats itself: every candidate ranks the same
            chars_per_token = round((end - start) / (last - first))
            step = (MAX_TOKENS - _MARGIN_TOKENS) * chars_per_token
            return list(range(start + step, end - _MARGIN_TOKENS * chars_per_token, step))
        inner = self._token_ends[first + _MARGIN_TOKENS - 1], self._token_ends[last - _MARGIN_TOKENS - 1]
        reach = _REACH_TOKENS
        if kind == _CHARACTERS:  # where nothing parts them, an estimate of tokens depends on where it begins
            reach *= round((end - start) / (last - first))
        best = self._best(kind, *inner, reach)
        if not best:
            return self._cuts_within(start, end, kind + 1)
        cuts: list[int] = []
        for low, high in pairwise([start, *best, end]):
            # The same kind again is worth its while where little is left; in a long rest it repeats itself.
            is_long = self._tokens_before(high) - self._tokens_before(low) > 4 * MAX_TOKENS
            cuts += [*self._cuts_within(low, high, kind + is_long), high]
        return cuts[:-1]

    def _best(self, kind: int, start: int, end: int, reach: int) -> list[int]:
        """The candidates of a kind between two offsets that outrank all others within `reach`."""
        offsets = self._candidates(kind, start, end)
        positions = offsets if kind == _CHARACTERS else list(map(self._tokens_before, offsets))
        best = _local_maxima(positions, list(map(self._rank, offsets)), reach)
        return [offsets[index] for index in best]

    def _candidates(self, kind: int, start: int, end: int) -> Sequence[int]:
        """Offsets between two others where a paragraph, sentence, line, word or character begins."""
        if kind == _CHARACTERS:
            return range(start, end)
        if kind == _SENTENCES:
            return self._sentence_starts(start, end)
        return [match.end() for match in _PATTERNS[kind].finditer(self._text, start, end)]

    def _sentence_starts(self, start: int, end: int) -> list[int]:
        starts = [start]
        for stop in sentence_ends(self._text[start:end]):
            # Where a sentence ends at a blank line there are two ends with one start behind them.
            if start + stop >= starts[-1] and (spaces := _SPACES.match(self._text, start + stop)):
                starts.append(spaces.end())
        return starts[1:]

    def _rank(self, offset: int) -> int:
        return crc32(self._text[offset : offset + _HASHED_CHARS].encode("utf-8", "replace"))

    def _place_at(self, start: int) -> Place | None:
        index = bisect_right(self._place_starts, start) - 1
        return self._document.places[index] if index >= 0 else None

    def _heading_over(self, start: int, end: int) -> str | None:
        """The heading that most of the text between two offsets stands under; the earlier one where they tie."""
        index = bisect_right(self._headings, start, key=lambda change: change[0]) - 1
        heading = self._headings[index][1] if index >= 0 else None
        best, longest, at = heading, 0, start
        while index + 1 < len(self._headings) and (change := self._headings[index + 1])[0] < end:
            index += 1
            if change[0] - at > longest:
                longest, best = change[0] - at, heading
            at, heading = change
        return heading if end - at > longest else best

    def _line_at(self, start: int) -> int:
        """Asked for in ascending order, so that line ends are counted once."""
        self._line += self._text.count("\n", self._line_counted_to, start)
        self._line_counted_to = start
        return self._line


_PARAGRAPHS, _SENTENCES, _LINES, _WORDS, _CHARACTERS = range(5)
_PATTERNS = {_PARAGRAPHS: _BLANK_LINE, _LINES: _LINE_END, _WORDS: _WORD_GAP}


def _said_of(document: Document) -> list[str]:
    """The title and the author, in one line each, as far as the text does not begin with them."""
    beginning = " ".join(document.text[:_BEGINNING_CHARS].split()).casefold()
    about = (" ".join((one or "").split())[:_TITLE_CHARS] for one in (document.title, document.metadata.get("author")))
    return [one for one in about if one and one.casefold() not in beginning]


def _is_english(text: str) -> bool:
    sample = text[:_JUDGED_CHARS]
    return len(_ENGLISH_WORD.findall(sample)) > _ENGLISH_SHARE * len(_WORD.findall(sample))


def _from_to(first: Place | None, last: Place | None) -> str | None:
    """The label of a passage that starts at one place and ends at another: "sheet Budget, rows 3-8"."""
    if first is None or last is None or first.label is None or last.label is None:
        return first.label if first else None
    begin, end = _COUNTED.fullmatch(first.label), _COUNTED.fullmatch(last.label)
    if begin and end and begin[1] == end[1] and begin[2] == end[2] and int(begin[3]) < int(end[3]):
        return f"{begin[1] or ''}{begin[2]}s {begin[3]}-{end[3]}"
    return first.label


def _heading_changes(places: Sequence[Place]) -> list[tuple[int, str | None]]:
    """(start, heading) wherever the heading is another than before."""
    changes: list[tuple[int, str | None]] = []
    heading: str | None = None
    for place in places:
        if place.heading != heading:
            heading = place.heading
            changes.append((place.start, heading))
    return changes


def _local_maxima(positions: Sequence[int], ranks: list[int], reach: int) -> list[int]:
    """Indices of those whose rank is above every other's within `reach` of their position; of equals, none.

    One pass each way, each with a stack of falling ranks: linear time whatever the text.
    """
    count = len(positions)
    is_best = [True] * count
    for order in (range(count), range(count - 1, -1, -1)):
        stack: list[int] = []
        for index in order:
            rank = ranks[index]
            while stack and ranks[stack[-1]] < rank:
                stack.pop()
            if stack and abs(positions[stack[-1]] - positions[index]) <= reach:
                is_best[index] = False
            stack.append(index)
    return [index for index in range(count) if is_best[index]]
