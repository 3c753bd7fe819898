"""Rows of files: what was seen on disk and how far each has come. Works on the writing connection.

Each change of a name goes to the table of names in the same transaction.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import apsw
import numpy as np

from finder.store import keywords
from finder.store.facets import extension_of
from finder.store.folders import SUBTREE
from finder.types import FileIdentity, FileState
from finder.vectors import Int64Array


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file as the catalog knows it."""

    id: int
    folder_id: int
    name: bytes
    identity: FileIdentity
    state: FileState
    reader: str | None
    content_id: int | None
    attempts: int


@dataclass(frozen=True, slots=True)
class SeenFile:
    """One file as a scan saw it, with what the rules make of it."""

    name: bytes
    identity: FileIdentity
    type: str
    name_only_code: str | None = None
    """None where its text is to be read, else the short code of the rule against it."""
    name_only_reason: str | None = None


_NEWEST_FIRST = "INDEXED BY files_waiting"
"""Left alone, SQLite takes the index by state and sorts all that wait, for each few that are wanted."""
AWAY = (
    "away(id) AS (SELECT folder_id FROM roots WHERE NOT is_online"
    " UNION ALL SELECT id FROM folders WHERE parent_id IS NULL AND id NOT IN (SELECT folder_id FROM roots)"
    " UNION ALL SELECT folders.id FROM folders JOIN away ON folders.parent_id = away.id)"
)
"""A common table expression: the folders that cannot be read now, because the drive of their root is away, or the
root was forgotten."""

_COLUMNS = "id, folder_id, name, device, inode, size_bytes, mtime_ns, ctime_ns, state, reader, content_id, attempts"


def _row(values: tuple[object, ...]) -> FileRow:
    id, folder, name, device, inode, size, mtime, ctime, state, reader, content, attempts = values
    identity = FileIdentity(device, inode, size, mtime, ctime)  # type: ignore[arg-type]  # STRICT columns
    return FileRow(id, folder, name, identity, FileState(state), reader, content, attempts)  # type: ignore[arg-type]


def in_folder(connection: apsw.Connection, folder_id: int) -> dict[bytes, FileRow]:
    """The files directly in a folder, by name."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM files WHERE folder_id = ?", (folder_id,))
    return {row[2]: _row(row) for row in rows}


def named(connection: apsw.Connection, folder_id: int, name: bytes) -> FileRow | None:
    """The file of this name directly in a folder."""
    sql = f"SELECT {_COLUMNS} FROM files WHERE folder_id = ? AND name = ?"
    values = connection.execute(sql, (folder_id, name)).fetchone()
    return _row(values) if values is not None else None


def get(connection: apsw.Connection, file_id: int) -> FileRow | None:
    values = connection.execute(f"SELECT {_COLUMNS} FROM files WHERE id = ?", (file_id,)).fetchone()
    return _row(values) if values is not None else None


def with_inode(connection: apsw.Connection, inode: int) -> list[FileRow]:
    """Files last seen under this inode: where a new name may have come from."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM files WHERE inode = ?", (inode,))
    return [_row(row) for row in rows]


def waiting(connection: apsw.Connection, limit: int, below: int | None = None) -> list[FileRow]:
    """Files whose text can be read now, the most recently changed first; only those below a folder where given."""
    tables, where, values = _waiting(below)
    rows = connection.execute(
        f"{tables} SELECT {_COLUMNS} FROM files {_NEWEST_FIRST} WHERE {where} ORDER BY mtime_ns DESC LIMIT ?",
        (*values, limit),
    )
    return [_row(row) for row in rows]


def waiting_ids(connection: apsw.Connection, below: int | None = None) -> Int64Array:
    """The ids of all files whose text can be read now, or of those below a folder: (N,), ascending.

    In eight bytes each: after the first look at a disk they are a million.
    """
    tables, where, values = _waiting(below)
    rows = connection.execute(f"{tables} SELECT id FROM files WHERE {where}", values)
    return np.sort(np.fromiter((id for (id,) in rows), np.int64))


def newest(connection: apsw.Connection) -> int:
    """The highest id of a file; 0 where there is none."""
    return int(connection.execute("SELECT coalesce(max(id), 0) FROM files").get)


def count_up_to(connection: apsw.Connection, newest: int) -> int:
    """Files up to an id: what is gone of them since it was the newest, later files do not hide."""
    return int(connection.execute("SELECT count(*) FROM files WHERE id <= ?", (newest,)).get)


def count_read_since(connection: apsw.Connection, below: int, since_ns: int) -> int:
    """Files below a folder whose text was read since a moment, or found to be unreadable."""
    where = "state IN ('read', 'failed') AND indexed_ns >= ? AND folder_id IN (SELECT id FROM subtree)"
    return int(connection.execute(f"{SUBTREE} SELECT count(*) FROM files WHERE {where}", (below, since_ns)).get)


def _waiting(below: int | None) -> tuple[str, str, tuple[int, ...]]:
    """The tables and the condition of a SELECT of files that wait, and the values to bind."""
    where = "state = 'waiting' AND folder_id NOT IN (SELECT id FROM away)"
    if below is None:
        return f"WITH RECURSIVE {AWAY}", where, ()
    return f"{SUBTREE}, {AWAY}", f"{where} AND folder_id IN (SELECT id FROM subtree)", (below,)


def add(connection: apsw.Connection, folder_id: int, seen: SeenFile) -> int:
    """Insert a file, findable by its name from this commit on."""
    i = seen.identity
    connection.execute(
        "INSERT INTO files(folder_id, name, type, device, inode, size_bytes, mtime_ns, ctime_ns, state, code, reason,"
        " extension) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (folder_id, seen.name, seen.type, i.device, i.inode, i.size_bytes, i.mtime_ns, i.ctime_ns,
         _state_of(seen), seen.name_only_code, seen.name_only_reason, extension_of(seen.name)),
    )  # fmt: skip
    file_id = connection.last_insert_rowid()
    connection.execute("INSERT INTO names(rowid, name) VALUES(?, ?)", (file_id, keywords.name_text(seen.name)))
    return file_id


def update(connection: apsw.Connection, file_id: int, seen: SeenFile) -> None:
    """Take over what was seen. A file to be read waits again; its former content answers until then."""
    i = seen.identity
    connection.execute(
        "UPDATE files SET type = ?, device = ?, inode = ?, size_bytes = ?, mtime_ns = ?, ctime_ns = ?,"
        " state = ?, code = ?, reason = ?, attempts = 0 WHERE id = ?",
        (seen.type, i.device, i.inode, i.size_bytes, i.mtime_ns, i.ctime_ns,
         _state_of(seen), seen.name_only_code, seen.name_only_reason, file_id),
    )  # fmt: skip


def _state_of(seen: SeenFile) -> str:
    return str(FileState.WAITING if seen.name_only_code is None else FileState.NAME_ONLY)


def move(connection: apsw.Connection, row: FileRow, folder_id: int, name: bytes) -> None:
    """Give a file another folder and name; nothing else of it changes."""
    _forget_name(connection, row.id, row.name)
    connection.execute(
        "UPDATE files SET folder_id = ?, name = ?, extension = ? WHERE id = ?",
        (folder_id, name, extension_of(name), row.id),
    )
    connection.execute("INSERT INTO names(rowid, name) VALUES(?, ?)", (row.id, keywords.name_text(name)))


def set_identity(connection: apsw.Connection, file_id: int, identity: FileIdentity) -> None:
    """The bytes are the same, but the hints drifted (another inode after a reboot, a new ctime after a chmod)."""
    connection.execute(
        "UPDATE files SET device = ?, inode = ?, size_bytes = ?, mtime_ns = ?, ctime_ns = ? WHERE id = ?",
        (identity.device, identity.inode, identity.size_bytes, identity.mtime_ns, identity.ctime_ns, file_id),
    )


def set_read(connection: apsw.Connection, file_id: int, reader: str, content_id: int) -> None:
    """The file's text is in the catalog: findable by words from this commit on."""
    connection.execute(
        "UPDATE files SET state = 'read', code = NULL, reason = NULL, attempts = 0, reader = ?, content_id = ?,"
        " indexed_ns = ? WHERE id = ?",
        (reader, content_id, time.time_ns(), file_id),
    )


def set_unread(
    connection: apsw.Connection, file_id: int, state: FileState, reader: str, code: str, reason: str
) -> None:
    """Reading ended without text: findable by name alone, with the reason. A former content is let go."""
    connection.execute(
        "UPDATE files SET state = ?, reader = ?, code = ?, reason = ?, content_id = NULL, indexed_ns = ? WHERE id = ?",
        (str(state), reader, code, reason, time.time_ns(), file_id),
    )


def count_attempt(connection: apsw.Connection, file_id: int) -> int:
    """One more reading that took its worker down. Returns how many there were."""
    connection.execute("UPDATE files SET attempts = attempts + 1 WHERE id = ?", (file_id,))
    return int(connection.execute("SELECT attempts FROM files WHERE id = ?", (file_id,)).get)


def read_again(connection: apsw.Connection, below: int | None, code: str | None = None) -> int:
    """Let failed files wait again, all or those below a folder, or those that failed with a code. Returns how many."""
    where = "state = 'failed' AND (:code IS NULL OR code = :code)"
    if below is None:
        connection.execute(f"UPDATE files SET state = 'waiting', attempts = 0 WHERE {where}", {"code": code})
    else:
        connection.execute(
            f"{SUBTREE.replace('?', ':below')} UPDATE files SET state = 'waiting', attempts = 0"
            f" WHERE {where} AND folder_id IN (SELECT id FROM subtree)",
            {"below": below, "code": code},
        )
    return connection.changes()


def remove(connection: apsw.Connection, rows: Iterable[tuple[int, bytes, int | None]]) -> list[int]:
    """Remove files given as (id, name, content_id). Returns the contents that may have become unreferenced."""
    contents: list[int] = []
    for file_id, name, content_id in rows:
        _forget_name(connection, file_id, name)
        connection.execute("DELETE FROM files WHERE id = ?", (file_id,))
        if content_id is not None:
            contents.append(content_id)
    return contents


def _forget_name(connection: apsw.Connection, file_id: int, name: bytes) -> None:
    connection.execute(
        "INSERT INTO names(names, rowid, name) VALUES('delete', ?, ?)", (file_id, keywords.name_text(name))
    )
