"""The keyword index: what goes into the FTS5 tables `words` and `names`, and how they are asked.

SQLite's tokenizer knows words between spaces. What it does not know is prepared here, alike for texts and queries:
writing without spaces becomes overlapping pairs of characters (a trigram index cannot find words of two), accents
and vowel points are folded, `getUserName` is findable by its parts. Nothing that a user types is FTS5 syntax.
"""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import apsw

from finder.text import STOP_WORDS

K1 = 1.2
"""Saturation of FTS5's own `bm25()`, a constant there: https://www.sqlite.org/fts5.html#the_bm25_function"""

COMMON_ROWS = 20_000
"""A term in more rows than this is common: it ranks what rarer terms have found, and finds nothing by itself."""

_LEAST_IDF = 1e-6
"""What FTS5 gives a term that stands in half of all rows or more: it decides between equals."""

_PAGES_PER_MERGE = 1_000
"""About 4 MB, a tenth of a second."""

_TERM_LIMIT = 64
"""A pasted page is a query too; more distinct terms than this add time and no telling words."""

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
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")
_COMPOUND_NAME = re.compile("(?<![A-Za-z0-9])[A-Za-z0-9]*?[a-z][A-Z][A-Za-z0-9]*")
"""Tried at the start of a word alone: else a long one without a capital costs the square of its length."""
_NAME_PART = re.compile("[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_APOSTROPHE = re.compile("[\u2018\u2019\u02bc\uff07]")
_POSSESSIVE = re.compile(r"'s?(?![^\W_])")


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a query, or several that belong together, and how telling it is."""

    text: str
    """As the index holds it; more than one word is a phrase."""
    is_prefix: bool
    rows: int
    """In how many rows it stands; above `COMMON_ROWS` an estimate."""
    idf: float
    """ln((N - n + 0.5) / (n + 0.5)), as FTS5 has it, never below 0: BM25's inverse document frequency."""

    @property
    def is_common(self) -> bool:
        return self.rows > COMMON_ROWS


@dataclass(frozen=True, slots=True)
class RowHit:
    """A row of `words` (its id is that of a text) or of `names` (that of a file)."""

    id: int
    score: float
    """BM25, higher is better."""


def index_text(text: str) -> str:
    """What goes into the keyword index for `text`. A deletion must pass the identical result again."""
    folded = _folded(_with_name_parts(text))
    return folded if folded.isascii() else _UNSPACED_RUN.sub(_indexed_run, folded)


def name_text(name: bytes) -> str:
    """What goes into the index of names for a file's name."""
    return index_text(name.decode("utf-8", "replace"))


def query_terms(query: str) -> list[tuple[str, bool]]:
    """The distinct terms of a cleaned query as (text, is a prefix), without stop words where others are there.

    What is written together ("error-404", "os.path") is a term as a whole and in its parts. A single character of
    a writing without spaces stands for every word that begins with it.
    """
    text = _POSSESSIVE.sub("", _APOSTROPHE.sub("'", query))
    text = _UNSPACED_RUN.sub(_asked_run, _folded(_with_name_parts(text)))
    telling: dict[str, None] = {}
    other: dict[str, None] = {}
    for chunk in text.split():
        parts = "".join(char if _is_token_char(char) else " " for char in chunk).split()
        whole = " ".join(parts)
        is_compound = len(parts) > 1
        if is_compound and chunk not in STOP_WORDS:
            telling[whole] = None
        for part in parts:
            # What an elision or a contraction leaves over (l'avion, don't) says nothing.
            is_remainder = is_compound and len(part) == 1 and part.isalpha()
            says_nothing = is_remainder or part in STOP_WORDS or chunk in STOP_WORDS
            (other if says_nothing else telling)[part] = None
    chosen = list(telling or other)[:_TERM_LIMIT]
    return [(term, len(term) == 1 and _UNSPACED_RUN.match(term) is not None) for term in chosen]


def weighed(connection: apsw.Connection, table: str, terms: Sequence[tuple[str, bool]]) -> list[Term]:
    """`terms` with their frequencies in `table` ("words" or "names"), the rarest first."""
    total = _row_count(connection, table)
    found = []
    for text, is_prefix in terms:
        rows = _rows_with(connection, table, _quoted(text, is_prefix))
        if not rows and " " in text:
            continue  # written together by nobody else: its parts say what there is to say
        found.append(Term(text, is_prefix, rows, max(0.0, math.log((total - rows + 0.5) / (rows + 0.5)))))
    return sorted(found, key=lambda term: term.rows)


def ideal_score(terms: Sequence[Term]) -> float:
    """The BM25 that a short text full of every term would come near: what a score is a share of."""
    return (K1 + 1) * sum(term.idf for term in terms)


def ranked(
    connection: apsw.Connection,
    table: str,
    terms: Sequence[Term],
    limit: int,
    is_allowed: Callable[[int], bool] | None = None,
) -> list[RowHit]:
    """The rows of `table` that hold any of `terms` and are allowed, by BM25, best first.

    Where a term is common, the rarer ones make the candidates and the common ones are only looked for among them:
    the time follows the rare terms, not the size of the index.
    """
    present = [term for term in terms if term.rows]
    rare = [term for term in present if not term.is_common] or present[:1]
    if not rare:
        return []
    common = present[len(rare) :]
    any_rare = " OR ".join(_quoted(term.text, term.is_prefix) for term in rare)
    rows = connection.execute(
        f"SELECT rowid, -bm25({table}) FROM {table} WHERE {table} MATCH ? ORDER BY rank", (any_rare,)
    )
    allowed = (row for row in rows if is_allowed is None or is_allowed(row[0]))
    scores: dict[int, float] = dict(itertools.islice(allowed, limit if not common else 4 * limit))
    for term in common:
        both = f"({any_rare}) AND {_quoted(term.text, term.is_prefix)}"
        for (row,) in connection.execute(f"SELECT rowid FROM {table} WHERE {table} MATCH ?", (both,)):
            if row in scores:
                scores[row] += max(term.idf, _LEAST_IDF)  # BM25 of one occurrence in a row of average length
    best = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:limit]
    return [RowHit(row, score) for row, score in best]


def coverage(connection: apsw.Connection, table: str, terms: Sequence[Term], ids: Sequence[int]) -> dict[int, float]:
    """Which share of the query each of these rows covers, 0..1: by the idf of the terms that stand in it."""
    mass = sum(term.idf for term in terms)
    covered = dict.fromkeys(ids, 0.0)
    if not mass or not ids:
        return covered
    among = f"rowid IN ({','.join(map(str, ids))})"
    for term in terms:
        if term.rows and term.idf:
            query = _quoted(term.text, term.is_prefix)
            for (row,) in connection.execute(f"SELECT rowid FROM {table} WHERE {table} MATCH ? AND {among}", (query,)):
                covered[row] += term.idf / mass
    return covered


def merge(connection: apsw.Connection, table: str, is_first: bool) -> bool:
    """A piece of writing the whole index anew, without what was deleted from it. False once nothing is left to do.

    Source: "merge" with a negative number at first, https://www.sqlite.org/fts5.html#the_merge_command
    """
    before = connection.total_changes()
    pages = -_PAGES_PER_MERGE if is_first else _PAGES_PER_MERGE
    connection.execute(f"INSERT INTO {table}({table}, rank) VALUES('merge', ?)", (pages,))
    return connection.total_changes() - before >= 2


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", _POINTS.sub("", unicodedata.normalize("NFKD", text))).casefold()


def _with_name_parts(text: str) -> str:
    """`text` and, behind it, the parts of names like getUserName; single letters (mRNA) are no parts."""
    parts: list[str] = []
    for name in _COMPOUND_NAME.findall(text):
        found = [part for part in _NAME_PART.findall(name) if len(part) > 1]
        if len(found) > 1:
            parts += found
    return f"{text} {' '.join(parts)}" if parts else text


def _indexed_run(match: re.Match[str]) -> str:
    """Pairs, and the last character alone: so every character begins some term, and a prefix finds it."""
    run = match.group()
    return f" {' '.join(run[at : at + 2] for at in range(len(run)))} "


def _asked_run(match: re.Match[str]) -> str:
    run = match.group()
    return f" {' '.join(run[at : at + 2] for at in range(max(1, len(run) - 1)))} "


def _is_token_char(char: str) -> bool:
    """As the tables' tokenizer has it: letters, numbers, marks, private use."""
    category = unicodedata.category(char)
    return category[0] in "LNM" or category == "Co"


def _quoted(text: str, is_prefix: bool) -> str:
    return '"' + text.replace('"', '""') + ('"*' if is_prefix else '"')


def _rows_with(connection: apsw.Connection, table: str, query: str) -> int:
    """In how many rows `query` matches: counted up to `COMMON_ROWS`, beyond it taken to be as frequent to the end.

    Without the estimate every common word would have one idf, and the more rows, the more telling it would seem.
    """
    rows, last = connection.execute(
        f"SELECT count(*), max(rowid) FROM (SELECT rowid FROM {table} WHERE {table} MATCH ? LIMIT ?)",  # a constant
        (query, COMMON_ROWS + 1),
    ).get
    if rows <= COMMON_ROWS:
        return int(rows)
    last_of_all = connection.execute(f"SELECT max(id) FROM {table}_docsize").get
    estimate: int = round(rows * last_of_all / last)
    return min(estimate, _row_count(connection, table))


def _row_count(connection: apsw.Connection, table: str) -> int:
    """The number of rows, from the record in which FTS5 keeps its totals: counting a million rows takes 20 ms.

    Source: "averages record", a varint that begins the blob of id 1, ext/fts5/fts5_index.c and fts5_storage.c.
    """
    block = connection.execute(f"SELECT block FROM {table}_data WHERE id = 1").get
    total = 0
    for byte in block or b"":
        total = total << 7 | byte & 0x7F
        if byte < 0x80:
            break
    return total
