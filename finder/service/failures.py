"""Files whose text is not in the index: how many, why, which, and when they are tried again. Reads, changes nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import apsw

from finder.paths import display, path_to_uri
from finder.service.protocol.indexing import FailedFile
from finder.service.protocol.status import FailedFiles, FileGroup
from finder.store import folders
from finder.store.folders import SUBTREE
from finder.types import FileState

SHOWN = 1_000
"""Files in one answer."""
_ENDED = frozenset({"crashed_reader", "too_slow", "too_much_memory", "died"})
_COLUMNS = "files.id, folder_id, name, code, reason"


def below(connection: apsw.Connection, folder_ids: Sequence[int]) -> tuple[list[FailedFile], int]:
    """Files below these folders that could not be read: the first of them, and how many there are."""
    found: list[FailedFile] = []
    count = 0
    for folder_id in folder_ids:
        rows: list[Any] = connection.execute(
            f"{SUBTREE} SELECT {_COLUMNS} FROM files WHERE state = 'failed' AND folder_id IN (SELECT id FROM subtree)",
            (folder_id,),
        ).fetchall()
        count += len(rows)
        found += [_failed(connection, row) for row in rows[: SHOWN - len(found)]]
    return found, count


def page(connection: apsw.Connection, after: int) -> FailedFiles:
    """The files with ids past `after` that could not be read, in the order in which they were first seen."""
    rows: list[Any] = connection.execute(
        f"SELECT {_COLUMNS} FROM files WHERE state = 'failed' AND id > ? ORDER BY id LIMIT ?", (after, SHOWN)
    ).fetchall()
    following = int(rows[-1][0]) if len(rows) == SHOWN else None
    return FailedFiles(files=[_failed(connection, row) for row in rows], following=following)


def groups(connection: apsw.Connection, state: FileState) -> list[FileGroup]:
    """The files of a state by their reason, the most frequent first, each with its first and its last as examples."""
    # SQLite takes a bare column from the row that min() found (sqlite.org/lang_select.html#bareagg); max() beside it
    # would leave that open, so it is asked for apart.
    rows: list[Any] = connection.execute(
        "SELECT first.code, first.reason, n, low, high FROM"
        " (SELECT count(*) AS n, min(id) AS low, max(id) AS high FROM files WHERE state = ? GROUP BY code, reason)"
        " JOIN files AS first ON first.id = low ORDER BY n DESC",
        (str(state),),
    ).fetchall()
    return [
        FileGroup(
            code=code or "",
            reason=reason or "",
            count=count,
            examples=[_shown(connection, file_id) for file_id in sorted({low, high})],
            tried_again=tried_again(code or ""),
        )
        for code, reason, count, low, high in rows
    ]


def tried_again(code: str) -> str:
    """When a file that could not be read is tried again."""
    if code == "no_permission":
        return "tried again when it may be read"
    if code in _ENDED:
        return "in quarantine until it or its reader changes"
    if code == "ended_service":
        return "in quarantine until it changes"
    return "tried again when it or its reader changes"


def _failed(connection: apsw.Connection, row: Any) -> FailedFile:
    _, folder_id, name, code, reason = row
    path = os.path.join(folders.path_of(connection, folder_id), name)
    return FailedFile(
        uri=path_to_uri(path), path=display(path), code=code, reason=reason, tried_again=tried_again(code)
    )


def _shown(connection: apsw.Connection, file_id: int) -> str:
    folder_id, name = connection.execute("SELECT folder_id, name FROM files WHERE id = ?", (file_id,)).get
    return display(os.path.join(folders.path_of(connection, folder_id), name))
