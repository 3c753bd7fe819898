"""The keyword index: what goes into the FTS5 tables `words` and `names`, and the terms they are asked for.

SQLite's tokenizer knows words between spaces. What it does not know is prepared here, alike for texts and queries:
writing without spaces becomes overlapping pairs of characters (a trigram index cannot find words of two), accents
and vowel points are folded, `getUserName` is findable by its parts. Nothing that a user types is FTS5 syntax.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence

import apsw

from finder.stop_words import EVERY_LANGUAGES, stop_words_for

TOKENIZERS = {
    "words": ("porter", "unicode61", "remove_diacritics", "2", "categories", "L* N* Co M*"),
    "names": ("unicode61", "remove_diacritics", "2", "categories", "L* N* Co M*"),
}
"""Those of the tables, as `finder.store.schema` makes them; a test holds both together."""

_PAGES_PER_MERGE = 1_000
"""About 4 MB, a tenth of a second."""

_TERM_LIMIT = 64
"""A pasted page is a query too; more distinct terms than this add time and no telling words."""

_SHORTEST_OPEN_END = 4

_POINTS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640"
    "\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
"""Accents, Hebrew and Arabic points, the tatweel: words are the same without them. Vowel signs of Indic scripts and
the voiced marks of kana are not: there they make another word."""

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3100-\u318f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"  # Chinese, Japanese, Korean
)
UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")
COMPOUND_NAME = re.compile("(?<![A-Za-z0-9])[A-Za-z0-9]*?[a-z][A-Z][A-Za-z0-9]*")
"""Tried at the start of a word alone: else a long one without a capital costs the square of its length."""
_INNER_CAPITAL = re.compile("[a-z][A-Z]")
NAME_PART = re.compile("[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_MIDDLE_DOT = re.compile("[\u30a0\u30fb]")
"""Between the words of a foreign name in Japanese. The index of texts pairs it like a letter, and the tokenizer then
drops it."""
_APOSTROPHE = re.compile("[\u2018\u2019\u02bc\uff07]")
_BETWEEN_NAMES = re.compile(r"[/\\:?&=#()\[\]{}<>;|\"']+")
_POSSESSIVE = re.compile(r"'s?(?![^\W_])")


def index_text(text: str) -> str:
    """What goes into the keyword index for `text`. A deletion must pass the identical result again."""
    folded = fold(_with_name_parts(text))
    return folded if folded.isascii() else UNSPACED_RUN.sub(_indexed_run, folded)


def name_text(name: bytes) -> str:
    """What goes into the index of names for a file's name."""
    return index_text(name.decode("utf-8", "replace"))


def query_terms(query: str) -> list[tuple[str, bool]]:
    """The distinct terms of a cleaned query as (text, is a prefix), without stop words where others are there.

    What is written together ("error-404", "os.path") is a term as a whole and in its parts, and so are the host and
    each name in an address or a path. A single character of a writing without spaces stands for every word that begins
    with it.
    """
    text = _POSSESSIVE.sub("", _APOSTROPHE.sub("'", query))
    text = UNSPACED_RUN.sub(_asked_run, fold(_with_name_parts(text)))
    telling: dict[str, None] = {}
    other: dict[str, None] = {}
    stop_words = stop_words_for((*text.split(), *spaced(text).split()), _every_language())
    for chunk in text.split():
        parts = spaced(chunk).split()
        whole = " ".join(parts)
        is_compound = len(parts) > 1
        if is_compound and chunk not in stop_words:
            names = (spaced(name).split() for name in _BETWEEN_NAMES.split(chunk))
            telling |= dict.fromkeys((whole, *(" ".join(name) for name in names if len(name) > 1)))
        for part in parts:
            # What an elision or a contraction leaves over (l'avion, don't) says nothing.
            is_remainder = is_compound and len(part) == 1 and part.isalpha()
            says_nothing = is_remainder or part in stop_words or chunk in stop_words
            (other if says_nothing else telling)[part] = None
    chosen = list(telling or other)[:_TERM_LIMIT]
    return [(term, len(term) == 1 and UNSPACED_RUN.match(term) is not None) for term in chosen]


@functools.cache
def _every_language() -> tuple[frozenset[str], ...]:
    """The stop words of each language as a query's words are prepared: "für" is "fur" there."""
    return tuple(frozenset(map(fold, words)) for words in EVERY_LANGUAGES)


def with_open_end(terms: Sequence[tuple[str, bool]], typed: str) -> list[tuple[str, bool]]:
    """`terms` of a query that is being typed: where it ends in one, that is only the beginning of a word so far.

    Of fewer than four letters too much begins with it: collecting all of that takes longer than typing the next.
    """
    *first, last = terms or [("", False)]
    is_open = len(last[0]) >= _SHORTEST_OPEN_END and " " not in last[0] and fold(typed).endswith(last[0])
    return [*first, (last[0], True)] if is_open else list(terms)


def merge(connection: apsw.Connection, table: str, is_first: bool) -> bool:
    """A piece of writing the whole index anew, without what was deleted from it. False once nothing is left to do.

    Source: "merge" with a negative number at first, https://www.sqlite.org/fts5.html#the_merge_command
    """
    before = connection.total_changes()
    pages = -_PAGES_PER_MERGE if is_first else _PAGES_PER_MERGE
    connection.execute(f"INSERT INTO {table}({table}, rank) VALUES('merge', ?)", (pages,))
    return connection.total_changes() - before >= 2


def fold(text: str) -> str:
    """`text` as the index compares it: in small letters, without accents and points."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", _POINTS.sub("", unicodedata.normalize("NFKD", text))).casefold()


def _with_name_parts(text: str) -> str:
    """`text` and, behind it, the parts of names like getUserName; single letters (mRNA) are no parts."""
    if not _INNER_CAPITAL.search(text):  # as most texts: looking for whole names takes five times as long
        return text
    parts: list[str] = []
    for name in COMPOUND_NAME.findall(text):
        found = [part for part in NAME_PART.findall(name) if len(part) > 1]
        if len(found) > 1:
            parts += found
    return f"{text} {' '.join(parts)}" if parts else text


def _indexed_run(match: re.Match[str]) -> str:
    """Pairs, and the last character alone: so every character begins some term, and a prefix finds it."""
    run = match.group()
    return f" {' '.join(run[at : at + 2] for at in range(len(run)))} "


def _asked_run(match: re.Match[str]) -> str:
    words = _MIDDLE_DOT.sub(" ", match.group()).split()
    return f" {' '.join(word[at : at + 2] for word in words for at in range(max(1, len(word) - 1)))} "


def spaced(text: str) -> str:
    """`text`, of the same length, with a space for every character that parts words."""
    return text.translate(_PARTING)


class _Parting(dict[int, int]):
    """What stands in the place of a character: a space for all but letters, numbers, marks and private use.

    As the tables' tokenizer has it. Characters are learned as they are met.
    """

    _MOST_LEARNED = 8_192

    def __missing__(self, code: int) -> int:
        category = unicodedata.category(chr(code))
        found = code if category[0] in "LNM" or category == "Co" else ord(" ")
        if len(self) < self._MOST_LEARNED:
            self[code] = found
        return found


_PARTING = _Parting()
