"""The languages of contents that were read before the catalog kept them: they are told afterwards, the newest first.

A migration marks the last of them (`marks.LANGUAGES`); the mark goes down with the work, and goes when it is done.
What was read since has its language from the beginning. `told` works on the writing connection, the rest on a reading
one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from finder.store import marks
from finder.store.contents import PASSAGES_LOOKED_AT


@dataclass(frozen=True, slots=True)
class Untold:
    """A content whose language is not told yet."""

    id: int
    hash: bytes
    """Of its bytes: an id may be given to another content meanwhile."""
    beginning: str
    """Of its text, which may be empty."""


def is_pending(connection: apsw.Connection) -> bool:
    """True while there are languages to be told."""
    return marks.get(connection, marks.LANGUAGES) is not None


def untold(connection: apsw.Connection, limit: int) -> list[Untold]:
    """Up to `limit` of the contents, the newest first."""
    last = marks.get(connection, marks.LANGUAGES)
    if last is None:
        return []
    rows: list[Any] = connection.execute(
        "SELECT id, hash, coalesce((SELECT group_concat(body, char(10)) FROM passages JOIN texts ON texts.id = text_id"
        " WHERE content_id = contents.id AND ordinal < ?), '')"
        " FROM contents WHERE id <= ? ORDER BY id DESC LIMIT ?",
        (PASSAGES_LOOKED_AT, int(last), limit),
    ).fetchall()
    return [Untold(*row) for row in rows]


def told(connection: apsw.Connection, languages: Sequence[tuple[Untold, str]]) -> None:
    """Write what was told of the contents that `untold` gave; of none, all is told."""
    for content, language in languages:
        connection.execute(
            "UPDATE contents SET language = ? WHERE id = ? AND hash = ?", (language, content.id, content.hash)
        )
    if languages:
        marks.put(connection, marks.LANGUAGES, str(languages[-1][0].id - 1))
    else:
        marks.clear(connection, marks.LANGUAGES)
