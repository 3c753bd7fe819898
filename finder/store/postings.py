"""What the keyword index tells of one term: in how many rows it stands, in which, how often, and how long these are.

Whatever is asked of FTS5 itself for `store.bm25`. Knows no query and no score.

Source: fts5vocab's "instance" tables, https://www.sqlite.org/fts5.html#the_fts5vocab_virtual_table_module; the records
in which FTS5 keeps totals and lengths, ext/fts5/fts5_index.c and fts5_storage.c.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import cast

import apsw
import numpy as np

from finder.store.keywords import TOKENIZERS, index_text
from finder.store.vocabulary import view
from finder.vectors import Float32Array, Int64Array

COUNTED_ROWS = 5_000
"""In how many rows a term stands is counted up to here, a quarter of a millisecond, and taken to go on alike beyond."""

_SOURCES = {
    "words": "SELECT texts.id, heading, body FROM json_each(?) CROSS JOIN texts ON texts.id = value",
    "names": "SELECT files.id, CAST(name AS TEXT) FROM json_each(?) CROSS JOIN files ON files.id = value",
}
"""What the rows of each table were made from."""


def match_query(text: str, is_prefix: bool) -> str:
    """A term in FTS5's syntax, of which nothing in it is any."""
    return '"' + text.replace('"', '""') + ('"*' if is_prefix else '"')


def tokens_of(connection: apsw.Connection, table: str, text: str) -> list[str]:
    """What the table's tokenizer makes of a term."""
    name, *options = TOKENIZERS[table]
    tokenizer = connection.fts5_tokenizer(name, options)
    prepared = text.encode("utf-8", "replace")
    found = tokenizer(prepared, apsw.FTS5_TOKENIZE_QUERY, None, include_offsets=False, include_colocated=False)
    return cast("list[str]", found)


def row_count(connection: apsw.Connection, table: str) -> int:
    """The number of rows, from the record in which FTS5 keeps its totals: counting a million rows takes 20 ms."""
    return next(iter(_varints(_averages(connection, table))), 0)


def count_matching(connection: apsw.Connection, table: str, query: str, total: int) -> int:
    """In how many rows `query` matches: counted up to `COUNTED_ROWS`, beyond it taken to be as frequent to the end.

    Without the estimate every common word would have one idf, and the more rows, the more telling it would seem.
    """
    rows, last = connection.execute(
        f"SELECT count(*), max(rowid) FROM (SELECT rowid FROM {table} WHERE {table} MATCH ? LIMIT ?)",  # a constant
        (query, COUNTED_ROWS + 1),
    ).get
    if rows <= COUNTED_ROWS:
        return int(rows)
    last_of_all = connection.execute(f"SELECT max(id) FROM {table}_docsize").get
    estimate: int = round(rows * last_of_all / last)
    return min(estimate, total)


def matching(connection: apsw.Connection, table: str, query: str, limit: int) -> Int64Array:
    """The rows in which `query` matches, ascending, the first `limit`; all where that is -1."""
    sql = f"SELECT group_concat(rowid) FROM (SELECT rowid FROM {table} WHERE {table} MATCH ? LIMIT ?)"
    return _ids(connection.execute(sql, (query, limit)).get)


def instances(connection: apsw.Connection, table: str, token: str, limit: int) -> Int64Array:
    """The row of each place where a token stands, ascending, so that a row comes as often as it holds the token."""
    places = view(connection, table, "instance")
    sql = f"SELECT group_concat(doc) FROM (SELECT doc FROM {places} WHERE term = ? LIMIT ?)"
    return _ids(connection.execute(sql, (token, limit)).get)


def indexed_texts(connection: apsw.Connection, table: str, rows: Int64Array) -> Iterator[tuple[int, str]]:
    """What was indexed as each of these rows, in no order."""
    for row, *columns in connection.execute(_SOURCES[table], (json.dumps(rows.tolist()),)):
        yield row, "\n".join(index_text(column) for column in columns)


def relative_lengths(connection: apsw.Connection, table: str, rows: Int64Array) -> Float32Array:
    """(N,), each row's number of words as a share of the average; 1 for what is gone by now."""
    count, *words = _varints(_averages(connection, table)) or [0]
    average = max(1.0, sum(words) / max(1, count))
    sizes = connection.execute(
        f"SELECT sizes.id, sz FROM json_each(?) AS wanted CROSS JOIN {table}_docsize AS sizes ON sizes.id = value",
        (json.dumps(rows.tolist()),),
    )
    known = {id: _sum_of_varints(size) / average for id, size in sizes}
    return np.array([known.get(row, 1.0) for row in rows.tolist()], np.float32)


def _ids(joined: str | None) -> Int64Array:
    """What `group_concat` gives: ten times as fast as a row for each id."""
    return np.fromstring(joined, np.int64, sep=",") if joined else np.empty(0, np.int64)


def _averages(connection: apsw.Connection, table: str) -> bytes:
    """The record in which FTS5 keeps its totals: the number of rows, then each column's number of words."""
    return connection.execute(f"SELECT block FROM {table}_data WHERE id = 1").get or b""


@functools.lru_cache(maxsize=4_096)
def _sum_of_varints(record: bytes) -> int:
    """Of a row's numbers of words; most rows are as long as some other."""
    return sum(_varints(record))


def _varints(record: bytes) -> list[int]:
    """SQLite's variable-length integers, as in the records of FTS5; these stay below 2^56."""
    values, value = [], 0
    for byte in record:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            values.append(value)
            value = 0
    return values
