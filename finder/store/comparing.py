"""What comparing files with each other reads from the catalog: their texts, and which of them may be equal.

Works on a reading connection and changes nothing. Every step is bounded, by files that are wanted: thousands of others
before them hide none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import apsw
import numpy as np

from finder.types import FileIdentity, FileState, FileType
from finder.vectors import Float32Array, Int64Array

_FILES = (
    "SELECT files.id, folder_id, name, files.type, state, device, inode, size_bytes, mtime_ns, ctime_ns, content_id,"
    " hash FROM files LEFT JOIN contents ON contents.id = content_id"
)
IsWanted = Callable[["IndexedFile"], bool]
_TEXTLESS = "state IN ('name_only', 'failed') AND content_id IS NULL"


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """One file as the catalog has it."""

    id: int
    folder_id: int
    name: bytes
    type: FileType
    state: FileState
    identity: FileIdentity
    """As of when it was last seen."""
    content_id: int | None
    hash: bytes | None
    """Of its content's bytes, or of samples of a recording's; None where it has no text."""


def file_at(connection: apsw.Connection, folder_id: int, name: bytes) -> IndexedFile | None:
    """The file of this name directly in a folder."""
    return next(_files(connection, "folder_id = ? AND name = ?", (folder_id, name)), None)


def file(connection: apsw.Connection, file_id: int) -> IndexedFile | None:
    """One file, or None where the catalog has it no more."""
    return next(_files(connection, "files.id = ?", (file_id,)), None)


def files_of_content(
    connection: apsw.Connection, content_id: int, limit: int, is_wanted: IsWanted = lambda file: True
) -> list[IndexedFile]:
    """Files that hold a content, the oldest first."""
    return _some(limit, is_wanted, _files(connection, "content_id = ? ORDER BY files.id", (content_id,)))


def files_with_hash(
    connection: apsw.Connection, hash: bytes, limit: int, is_wanted: IsWanted = lambda file: True
) -> list[IndexedFile]:
    """Files that had this hash when they were read, whatever read them; the oldest first."""
    contents = "content_id IN (SELECT id FROM contents WHERE hash = ?)"
    return _some(limit, is_wanted, _files(connection, f"{contents} ORDER BY files.id", (hash,)))


def textless_of_size(
    connection: apsw.Connection, size_bytes: int, limit: int, is_wanted: IsWanted = lambda file: True
) -> list[IndexedFile]:
    """Files of this size that have no text, so that the catalog knows no hash of them; the oldest first."""
    where = f"{_TEXTLESS} AND size_bytes = ? ORDER BY files.id"
    return _some(limit, is_wanted, _files(connection, where, (size_bytes,)))


def hashes_of_several(connection: apsw.Connection, folder_ids: Collection[int] | None) -> list[bytes]:
    """The hashes that several files in these folders have; in all folders where None."""
    where, values = _within(folder_ids)
    return _column(
        connection,
        f"SELECT hash FROM files JOIN contents ON contents.id = content_id WHERE state = 'read' {where}"
        " GROUP BY hash HAVING count(*) > 1",
        values,
    )


def sizes_of_several(connection: apsw.Connection, folder_ids: Collection[int] | None) -> list[int]:
    """The sizes that several files without text in these folders have, the largest first; not that of empty ones."""
    where, values = _within(folder_ids)
    return _column(
        connection,
        f"SELECT size_bytes FROM files WHERE {_TEXTLESS} AND size_bytes > 0 {where}"
        " GROUP BY size_bytes HAVING count(*) > 1 ORDER BY size_bytes DESC",
        values,
    )


def read_contents(connection: apsw.Connection, folder_ids: Collection[int] | None) -> Int64Array:
    """One content for each hash among the files read in these folders, ascending: (N,)."""
    where, values = _within(folder_ids)
    joined: str | None = connection.execute(
        "SELECT group_concat(id) FROM (SELECT min(contents.id) AS id FROM files"
        f" JOIN contents ON contents.id = content_id WHERE state = 'read' {where} GROUP BY hash)",
        values,
    ).get
    return np.sort(np.fromstring(joined, np.int64, sep=",")) if joined else np.empty(0, np.int64)


def sample_contents(connection: apsw.Connection, count: int, language: str | None = None) -> Int64Array:
    """About `count` contents, evenly over all of them or those in a language, the same each time: (N,), ascending."""
    where, values = ("true", ()) if language is None else ("language = ?", (language,))
    ends = f"SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM contents WHERE {where}"
    first, last = connection.execute(ends, values).get
    following = f"SELECT id FROM contents WHERE {where} AND id >= ? ORDER BY id LIMIT 1"
    found = {
        connection.execute(following, (*values, at)).get
        for at in np.linspace(first, last, count, dtype=np.int64).tolist()
    }
    return np.array(sorted(found - {None}), np.int64)


def languages_of(connection: apsw.Connection, content_ids: Int64Array) -> list[str]:
    """The language of each content; "" where it cannot be told, or is not told yet."""
    rows = connection.execute(
        "SELECT coalesce(language, '') FROM json_each(?) AS wanted LEFT JOIN contents ON contents.id = wanted.value"
        " ORDER BY wanted.key",
        (json.dumps(content_ids.tolist()),),
    )
    return [language for (language,) in rows]


def count_files(connection: apsw.Connection, folder_ids: Collection[int] | None) -> int:
    """How many files in these folders can be compared: those that were read, and those without text."""
    where, values = _within(folder_ids)
    return int(connection.execute(f"SELECT count(*) FROM files WHERE state <> 'waiting' {where}", values).get)


def texts_of(connection: apsw.Connection, content_id: int, limit: int) -> list[tuple[int, str, str]]:
    """(text id, heading, body) of a content's first passages, in their order."""
    rows: list[Any] = connection.execute(
        "SELECT text_id, heading, body FROM passages JOIN texts ON texts.id = text_id"
        " WHERE content_id = ? ORDER BY ordinal LIMIT ?",
        (content_id, limit),
    ).fetchall()
    return rows


def known_text(connection: apsw.Connection, hash: bytes) -> int | None:
    """The id of the text with this hash (`contents.text_hash`), or None."""
    row = connection.execute("SELECT id FROM texts WHERE hash = ?", (hash,)).fetchone()
    return row and row[0]


def vectors_of(connection: apsw.Connection, space_id: int, content_id: int, limit: int) -> Float32Array:
    """The vectors of a content's first passages in the space, in their order: (N, D) float32."""
    rows = connection.execute(
        "SELECT vector FROM passages JOIN vectors ON vectors.text_id = passages.text_id AND space_id = ?"
        " WHERE content_id = ? ORDER BY ordinal LIMIT ?",
        (space_id, content_id, limit),
    )
    blobs = [row[0] for row in rows]
    dimension = len(blobs[0]) // 2 if blobs else 0
    return np.frombuffer(b"".join(blobs), np.float16).reshape(len(blobs), dimension).astype(np.float32)


def _within(folder_ids: Collection[int] | None) -> tuple[str, tuple[str, ...]]:
    if folder_ids is None:
        return "", ()
    return "AND folder_id IN (SELECT value FROM json_each(?))", (json.dumps(sorted(folder_ids)),)


def _files(connection: apsw.Connection, where: str, values: tuple[int | bytes, ...]) -> Iterator[IndexedFile]:
    return map(_file, connection.execute(f"{_FILES} WHERE {where}", values))


def _some(limit: int, is_wanted: IsWanted, found: Iterator[IndexedFile]) -> list[IndexedFile]:
    return list(islice(filter(is_wanted, found), limit))


def _column(connection: apsw.Connection, sql: str, values: tuple[str, ...]) -> list[Any]:
    return [value for (value,) in connection.execute(sql, values)]


def _file(row: tuple[Any, ...]) -> IndexedFile:
    id, folder_id, name, type, state, *numbers, content_id, hash = row
    return IndexedFile(id, folder_id, name, type, FileState(state), FileIdentity(*numbers), content_id, hash)
