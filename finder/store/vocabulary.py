"""The words that the keyword index holds, as they stand in it: SQLite's own view of it, opened where it is asked for.

Source: fts5vocab, https://www.sqlite.org/fts5.html#the_fts5vocab_virtual_table_module
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import apsw

Kind = Literal["instance", "row"]
"""A row for each place where a word stands; a row for each word."""

_LAST = "\U0010ffff"
_LOOKED_AT = 20
_MOST_COUNTED = 10_000


def view(connection: apsw.Connection, table: str, kind: Kind) -> str:
    """The name of a view of `table` ("words" or "names"); it is made once, and goes with the connection."""
    name = f"{table}_by_{kind}"
    if connection.execute("SELECT 1 FROM temp.sqlite_schema WHERE name = ?", (name,)).get is None:
        is_reader = bool(connection.pragma("query_only"))
        connection.pragma("query_only", False)  # the view is written nowhere
        connection.execute(f"CREATE VIRTUAL TABLE temp.{name} USING fts5vocab(main, '{table}', '{kind}')")
        connection.pragma("query_only", is_reader)
    return f"temp.{name}"


def known(connection: apsw.Connection, table: str, words: Iterable[str]) -> set[str]:
    """Those of `words` that stand in the index, given as it has them."""
    sql = f"SELECT 1 FROM {view(connection, table, 'instance')} WHERE term = ? LIMIT 1"
    return {word for word in words if connection.execute(sql, (word,)).get is not None}


def beginning_with(connection: apsw.Connection, table: str, beginning: str) -> Iterator[str]:
    """The words of the index that begin so; with three letters some hundreds, in 20 ms at 1,000,000 passages."""
    sql = f"SELECT term FROM {view(connection, table, 'row')} WHERE term >= ? AND term < ?"
    return (word for (word,) in connection.execute(sql, (beginning, beginning + _LAST)))


def count(connection: apsw.Connection, table: str, word: str) -> int:
    """At how many places a word of the index stands, up to a number that no longer matters."""
    places = view(connection, table, "instance")
    counted = f"SELECT count(*) FROM (SELECT 1 FROM {places} WHERE term = ? LIMIT ?)"
    return int(connection.execute(counted, (word, _MOST_COUNTED)).get)


def some_texts(connection: apsw.Connection, word: str) -> list[str]:
    """A few texts that hold a word of the index, to see how it is written there."""
    places = view(connection, "words", "instance")
    rows = connection.execute(
        f"SELECT heading || ' ' || body FROM texts WHERE id IN (SELECT doc FROM {places} WHERE term = ? LIMIT ?)",
        (word, _LOOKED_AT),
    )
    return [text for (text,) in rows]


def some_names(connection: apsw.Connection, word: str) -> list[str]:
    """The same for files' names."""
    places = view(connection, "names", "instance")
    rows = connection.execute(
        f"SELECT name FROM files WHERE id IN (SELECT doc FROM {places} WHERE term = ? LIMIT ?)", (word, _LOOKED_AT)
    )
    return [name.decode("utf-8", "replace") for (name,) in rows]
