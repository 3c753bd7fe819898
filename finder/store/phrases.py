"""Words that must stand in a row: what a phrase, or a word asked to occur or not to, means to the keyword index.

Compared as the index compares: case, accents and English endings make no difference.
"""

from __future__ import annotations

import re

import apsw
import numpy as np

from finder.store.keywords import UNSPACED_RUN, fold
from finder.vectors import Int64Array

_PREFIX_CHARS = 2
"""From so many characters on a word asked of names may be the beginning of one."""


def texts_with(connection: apsw.Connection, phrase: str) -> Int64Array:
    """The texts in which the words of `phrase` stand in a row."""
    return _rows(connection, "words", expression(phrase))


def files_named(connection: apsw.Connection, phrase: str, is_beginning: bool = False) -> Int64Array:
    """The files in whose name the words of `phrase` stand in a row.

    Args:
        is_beginning: the last word may go on in the name.
    """
    asked = expression(phrase)
    if is_beginning and len(phrase) >= _PREFIX_CHARS and not asked.endswith("*"):
        asked += " *"
    return _rows(connection, "names", asked)


def expression(phrase: str) -> str:
    """`phrase` in FTS5's syntax, of which nothing in it is a part.

    Writing without spaces is indexed as pairs of characters and the last one alone. So is a run in the phrase that
    something follows; the last run may go on in the text.
    """
    folded = fold(phrase).rstrip()
    runs = list(UNSPACED_RUN.finditer(folded))
    last = runs[-1] if runs and runs[-1].end() == len(folded) else None

    def paired(match: re.Match[str]) -> str:
        run = match[0]
        pairs = [run[at : at + 2] for at in range(max(1, len(run) - 1))]
        is_open = last is not None and match.start() == last.start()
        return f" {' '.join(pairs if is_open or len(run) == 1 else [*pairs, run[-1]])} "

    tokens = UNSPACED_RUN.sub(paired, folded).split()
    quoted = '"' + " ".join(tokens).replace('"', '""') + '"'
    return f"{quoted} *" if last is not None and len(last[0]) == 1 else quoted


def _rows(connection: apsw.Connection, table: str, asked: str) -> Int64Array:
    joined = connection.execute(f"SELECT group_concat(rowid) FROM {table} WHERE {table} MATCH ?", (asked,)).get
    return np.fromstring(joined, np.int64, sep=",") if joined else np.empty(0, np.int64)
