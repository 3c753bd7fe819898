"""Columns of a table in memory, by row id, that follow the catalog: what every filter asks of every file.

A pass over 200,000 rows takes SQLite 40 ms and more, an array in memory less than one. Loading takes half a
second at that size; after it only what was changed is read (`store.row_changes`).
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import apsw
import numpy as np

from finder.store.row_changes import RowChanges

Array = np.ndarray[tuple[int], np.dtype[Any]]
Table = Mapping[str, Array]
"""{column: (M,) by row id}; all 0 where there is no such row."""

IS_THERE = "id"
"""A column of every table: the row's own id, 0 where there is no such row."""

FOLLOWED: dict[str, dict[str, type[np.int32 | np.int64]]] = {
    "files": {
        "type": np.int32,
        "extension": np.int32,
        "state": np.int32,
        "content_id": np.int32,
        "folder_id": np.int32,
        "mtime_ns": np.int64,
        "size_bytes": np.int64,
    },
    "contents": {"language": np.int32},
}
"""{table: {column: how it is kept}}. Words are kept as numbers (`Columns.code`), what is NULL as 0.

A column holds words or numbers, and no word of it is NULL.
"""


_ROWS_AT_ONCE = 2_000
"""As Python's own objects, of which a row takes ten times what it takes in the columns."""


class Columns:
    """The columns of one catalog. Thread-safe."""

    def __init__(self, changes: RowChanges | None = None) -> None:
        """Args: changes: those of the catalog; without them everything is read each time."""
        self._changes = changes
        self._lock = threading.Lock()
        self._codes: dict[str, int] = {}
        self._tables: dict[str, Table] = {}
        self._revisions = dict.fromkeys(FOLLOWED, -1)

    def current(self, connection: apsw.Connection, name: str) -> Table:
        """A table as it is now: what is committed later changes nothing of it."""
        with self._lock:
            # In the middle of a statement a connection may look at a moment before the last commit: of use to it alone.
            is_of_now = connection.txn_state("main") == apsw.SQLITE_TXN_NONE
            known = self._tables.get(name)
            revision, changed = self._changes.since(name, self._revisions[name]) if self._changes else (0, None)
            if known is None or changed is None:
                table = self._read(connection, name, None)
            else:
                table = _replaced(known, changed, self._read(connection, name, changed)) if changed else known
            if is_of_now:
                self._tables[name], self._revisions[name] = table, revision
            return table

    def code(self, word: str) -> int:
        """The number that stands for a word in every column; -1 where no row was met with it."""
        return self._codes.get(word, -1)

    def _read(self, connection: apsw.Connection, name: str, row_ids: list[int] | None) -> Table:
        """All rows, or these."""
        kept = {IS_THERE: np.int32, **FOLLOWED[name]}
        where = "" if row_ids is None else "WHERE id IN (SELECT value FROM json_each(?))"
        rows = connection.execute(
            f"SELECT {', '.join(kept)} FROM {name} {where}", () if row_ids is None else (json.dumps(row_ids),)
        )
        blocks: list[list[Array]] = []
        while block := list(itertools.islice(rows, _ROWS_AT_ONCE)):
            columns = zip(kept.values(), zip(*block, strict=True), strict=True)
            blocks.append([np.array(self._numbers(values), np.dtype(dtype)) for dtype, values in columns])
        empty: list[Array] = [np.empty(0, np.dtype(dtype)) for dtype in kept.values()]
        ids, *_ = joined = [np.concatenate(parts) for parts in zip(empty, *blocks, strict=True)]
        table: dict[str, Array] = {}
        for column, values in zip(kept, joined, strict=True):
            table[column] = np.zeros(1 + int(ids.max(initial=0)), values.dtype)
            table[column][ids] = values
        return table

    def _numbers(self, values: Sequence[Any]) -> Sequence[int]:
        """Words as their numbers, what is NULL as 0."""
        if not values or not isinstance(values[0], str):
            return [value or 0 for value in values] if None in values else values
        for word in dict.fromkeys(values):
            self._codes.setdefault(word, len(self._codes) + 1)
        return [self._codes[word] for word in values]


def _replaced(known: Table, row_ids: list[int], read: Table) -> Table:
    """`known` with these rows as they were read now, gone where they were not found."""
    length = max(len(known[IS_THERE]), max(row_ids) + 1)
    replaced: dict[str, Array] = {}
    for column, values in known.items():
        new = np.zeros(length, values.dtype)
        new[: len(values)] = values
        new[row_ids] = 0
        found = np.flatnonzero(read[IS_THERE])
        new[found] = read[column][found]
        replaced[column] = new
    return replaced
