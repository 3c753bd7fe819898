"""Which rows of a table were changed, for whoever keeps a copy of it in memory. Knows no rows, only their ids."""

from __future__ import annotations

import threading
from collections.abc import Iterable

_MOST_REMEMBERED = 50_000
"""Ids for each table: where more have changed, everything is read again, which takes no longer."""


class RowChanges:
    """What the one writing connection changed in some tables. Thread-safe."""

    def __init__(self, tables: Iterable[str]) -> None:
        self._lock = threading.Lock()
        self._noted: dict[str, set[int]] = {table: set() for table in tables}
        """Not committed yet; only the thread that writes knows of them."""
        self._changed: dict[str, dict[int, int]] = {table: {} for table in self._noted}
        """{table: {row: the revision that it was changed in}}."""
        self._forgotten = dict.fromkeys(self._noted, 0)
        """{table: the last revision of which not every row is remembered}."""
        self._revision = 0

    def note(self, kind: int, database: str, table: str, row_id: int) -> None:
        """SQLite's update hook: a row was inserted, changed or deleted. What is rolled back may be noted too.

        It is not told of what INSERT OR REPLACE replaces, nor of a DELETE without WHERE: nothing here does either.
        """
        if table in self._noted:
            self._noted[table].add(row_id)

    def publish(self) -> None:
        """What was noted is committed."""
        if not any(self._noted.values()):  # most commits are of other tables
            return
        with self._lock:
            for table, noted in self._noted.items():
                changed = self._changed[table]
                if len(changed) > _MOST_REMEMBERED:
                    changed.clear()
                    self._forgotten[table] = self._revision
                changed.update(dict.fromkeys(noted, self._revision + 1))
                noted.clear()
            self._revision += 1

    def since(self, table: str, revision: int) -> tuple[int, list[int] | None]:
        """The revision now, and the rows of `table` that changed since the other; None where all may have.

        Who asks before reading those rows misses nothing: what is committed meanwhile comes with the next answer.
        """
        with self._lock:
            if revision < self._forgotten[table]:
                return self._revision, None
            if revision == self._revision:
                return revision, []
            return self._revision, [row for row, changed_in in self._changed[table].items() if changed_in > revision]
