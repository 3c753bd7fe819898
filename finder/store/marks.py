"""What must still be done after a kill, and follows from no other table. Works on the connection it is given.

A mark is set in the transaction that makes the work necessary, and cleared in the one that ends it.
"""

from __future__ import annotations

import apsw

PURGE = "purge"
"""Bytes that left the index may still stand in its files: see `finder.index.purging`."""
LANGUAGES = "languages"
"""The last content whose language is not told yet: see `finder.store.spoken`."""


def put(connection: apsw.Connection, name: str, value: str = "") -> None:
    """Set a mark, or change its value."""
    connection.execute(
        "INSERT INTO marks(name, value) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value",
        (name, value),
    )


def get(connection: apsw.Connection, name: str) -> str | None:
    """The value of a mark, None where it is not set."""
    row = connection.execute("SELECT value FROM marks WHERE name = ?", (name,)).fetchone()
    return row and row[0]


def clear(connection: apsw.Connection, name: str, value: str | None = None) -> None:
    """Remove a mark; where `value` is given, only if it still has that one."""
    connection.execute("DELETE FROM marks WHERE name = ?1 AND (?2 IS NULL OR value = ?2)", (name, value))
