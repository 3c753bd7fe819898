"""What a query's words are written as elsewhere: DE89 3704 0044 for DE8937040044, 1,235 for 1235, ERR_2041 for ERR2041,
Kuendigung for Kündigung.

People remember a number and not its spaces, and a file's name is often written without the letters of its language.
Another writing counts only where some file has it. A word that stands in no file at all is taken in the forms in which
it does: Kündigung, too, for kündigen. What is no question of spaces, letters and endings is another word, and
`finder.search.spelling` asks whether that was meant.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import apsw

from finder.search.language.inflections import forms
from finder.search.pasted import TYPED_CHARS
from finder.search.query import Query
from finder.search.words import stems
from finder.store import keywords, postings, vocabulary

_TABLES = ("words", "names")
_MOST_TERMS = 16
"""A longer query was pasted from a text, and is written as that text is; so was what is as long as `TYPED_CHARS`."""
_MOST_UNKNOWN = 4
"""Words of a query that stand nowhere, of which each takes some milliseconds."""
_MOST_WRITINGS = 4
"""Of one word."""
_MOST_TRIED = 48
_MOST_JOINED = 9
"""Words of a query: the longest IBAN, of 34 characters, has nine groups."""
_SHORTEST_APART = 4
_LONGEST_APART = 40
_SHORTEST_LETTERS_APART = 8
"""Of letters alone: nearly every short word is made of two others."""
_LEAST_PIECE = {True: 2, False: 3}
"""Characters of a piece of what holds a digit, and of what does not."""
_LONGEST_PIECE = 12
_CHANGES = 2

_DIGIT = re.compile(r"\d")
_AMOUNT = re.compile(r"[1-9]\d{3,11}")
_YEAR = re.compile(r"(?:19|20)\d\d")
_GROUPED_AMOUNT = re.compile(r"[1-9]\d{0,2}(?:[., '\u2019]\d{3})+")
_GROUPS = re.compile(r"[^\W_]{2,}(?:[^\w.,:;]{1,2}|_)(?:[^\W_]{2,}(?:[^\w.,:;]{1,2}|_))*[^\W_]{2,}")
_TOKEN = re.compile(r"[^\W_]+")
_RUN = re.compile(r"\d+|[^\W\d]+")
_WORD = re.compile(r"[^\W\d_]+")
_SPELLED_OUT = (
    str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae", "œ": "oe", "þ": "th"}),
    str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "ı": "i"}),
)
"""Letters as they are written where a keyboard lacks them; other accents are folded by the index."""
_MEANT = (
    *(("ae", "a"), ("oe", "o"), ("ue", "u"), ("aa", "a"), ("ae", "æ"), ("oe", "ø"), ("oe", "œ")),
    *(("o", "ø"), ("l", "ł"), ("d", "đ"), ("i", "ı")),
)
"""The other way round, as the index has them: ä is a there."""


def with_other_writings(connection: apsw.Connection, query: Query) -> Query:
    """The query, with the other writings of its words that stand in some file."""
    words = [text for text, is_prefix in query.terms if " " not in text and not is_prefix]
    if not words or len(query.terms) > _MOST_TERMS or len(query.text) > TYPED_CHARS:
        return query
    others: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for word, writings in (*_joined(connection, query), *_spelled(connection, query.text)):
        others[word] |= dict.fromkeys(writings)
    for word in words:
        others[word] |= dict.fromkeys(_standing(connection, _usually_apart(word)))
    unknown = (word for word in words if not others[word] and not _is_known(connection, word))
    for word in itertools.islice(unknown, _MOST_UNKNOWN):
        others[word] |= dict.fromkeys(_apart(connection, word) or _meant(connection, word))
    found = {word: tuple(itertools.islice(writings, _MOST_WRITINGS)) for word, writings in others.items() if writings}
    return replace(query, others=found) if found else query


def _joined(connection: apsw.Connection, query: Query) -> Iterator[tuple[str, list[str]]]:
    """Neighbours of a query, of which one holds a digit, that stand in a file as one word: (term, writings)."""
    text = keywords.fold(query.text)
    tokens = list(_TOKEN.finditer(text))
    runs: dict[str, set[str]] = {}
    for first, length in itertools.product(range(len(tokens)), range(2, _MOST_JOINED + 1)):
        run = tokens[first : first + length]
        joined = "".join(token[0] for token in run)
        if len(joined) <= _LONGEST_APART and _is_one(text[run[0].start() : run[-1].end()]):
            runs[joined] = {token[0] for token in run}
    for joined in sorted(_known(connection, runs), key=lambda one: (-len(one), one)):
        yield from ((term, [joined]) for term, _ in query.terms if runs[joined].issuperset(term.split()))


def _is_one(written: str) -> bool:
    """True for words that may be one elsewhere: 0800 330-1000 and 1,235, not 1.4.2 or 549.90."""
    is_number = _DIGIT.search(written) is not None and _GROUPS.fullmatch(written) is not None
    return is_number or _GROUPED_AMOUNT.fullmatch(written) is not None


def _apart(connection: apsw.Connection, word: str) -> list[str]:
    """A word that stands nowhere as the several that it is in a file, which stand there side by side."""
    has_digit = _DIGIT.search(word) is not None
    shortest = _SHORTEST_APART if has_digit else _SHORTEST_LETTERS_APART
    if not shortest <= len(word) <= _LONGEST_APART or keywords.UNSPACED_RUN.search(word):
        return []
    partings = itertools.islice(_partings(connection, word, _LEAST_PIECE[has_digit]), _MOST_TRIED)
    return list(itertools.islice(_standing(connection, partings), 1))


def _usually_apart(word: str) -> Iterator[str]:
    """1 235 and ERR 2041: what is written apart even where another file has it as one word."""
    if _AMOUNT.fullmatch(word) and not _YEAR.fullmatch(word):
        first = len(word) % 3
        yield " ".join([word[:first], *(word[at : at + 3] for at in range(first, len(word), 3))]).strip()
    runs = _RUN.findall(word)
    if len(runs) == 2 and "".join(runs) == word:
        yield " ".join(runs)


def _partings(connection: apsw.Connection, word: str, least: int) -> Iterator[str]:
    """The word parted into words that stand in files, into few pieces before many."""
    spans = [
        (start, end)
        for start in range(len(word))
        for end in range(start + least, min(len(word), start + _LONGEST_PIECE) + 1)
        if end - start < len(word)
    ]
    known = _known(connection, {word[start:end] for start, end in spans})
    ways: list[list[tuple[str, ...]]] = [[()], *([] for _ in word)]
    for start, end in spans:  # by where they start, so that all ways to there are known
        if word[start:end] in known:
            ways[start] = sorted(ways[start], key=len)[:_MOST_TRIED]
            ways[end] += [(*way, word[start:end]) for way in ways[start]]
    return (" ".join(way) for way in sorted(ways[-1], key=len))


def _standing(connection: apsw.Connection, phrases: Iterable[str]) -> Iterator[str]:
    """Those that stand in a text or a name."""
    for phrase in phrases:
        query = postings.match_query(phrase, is_prefix=False)
        if any(postings.matching(connection, table, query, 1).size for table in _TABLES):
            yield phrase


def _spelled(connection: apsw.Connection, text: str) -> Iterator[tuple[str, list[str]]]:
    """The words of a query that hold letters of their language, as they are written without these."""
    for word in _WORD.findall(text.lower()):
        written = {keywords.fold(word.translate(table)) for table in _SPELLED_OUT} - {keywords.fold(word)}
        if known := _known(connection, written):
            yield keywords.fold(word), sorted(known)


def _meant(connection: apsw.Connection, word: str) -> list[str]:
    """The words that may be meant by one that stands nowhere: with the letters of its language, or in other forms."""
    written = {word}
    for _ in range(_CHANGES):
        written |= {one.replace(*change) for one in written for change in _MEANT}
    found = _known(connection, written - {word})
    if not found and word.isalpha():
        found = _known(connection, forms(word))
    nearest = sorted(found, key=lambda one: (abs(len(one) - len(word)), one))
    return list({stems(one): one for one in reversed(nearest)}.values())[::-1]


def _is_known(connection: apsw.Connection, word: str) -> bool:
    return bool(_known(connection, [word])) or any(vocabulary.beginning_with(connection, "names", word))


def _known(connection: apsw.Connection, words: Iterable[str]) -> set[str]:
    """Those that some text or name holds; the index of words has them by their stems."""
    wanted: Sequence[tuple[str, tuple[str, ...]]] = [(word, stems(word)) for word in words]
    held = vocabulary.known(connection, "words", {stem for _, own in wanted for stem in own})
    named = vocabulary.known(connection, "names", {word for word, _ in wanted})
    return {word for word, own in wanted if word in named or (len(own) == 1 and own[0] in held)}
