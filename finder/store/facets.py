"""Which files have the type, ending, date, size, folder or language that is asked for: one pass over one index.

Works on a reading connection. Everything that a filter asks is in the index `files_by_facet`, so that a pass over
200,000 files takes some 20 ms whatever is asked; what stands in folders or languages is decided in memory.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import apsw
import numpy as np

from finder.types import FileType
from finder.vectors import Int64Array

FEW = 500
"""Up to so many folders, files or contents are looked up one by one; of more, every file is asked for its own."""


def extension_of(name: bytes) -> str:
    """What stands behind a name's last dot, in small letters; "" where there is none."""
    return os.path.splitext(name)[1][1:].decode("utf-8", "replace").lower()


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that the rows of `files` are asked for."""

    sql: str
    values: tuple[object, ...] = ()

    def negated(self) -> Condition:
        return Condition(f"NOT ({self.sql})", self.values)


@dataclass(frozen=True, slots=True)
class Among:
    """Ids of folders or files of which a file must, or must not, be in one, or be one."""

    column: Literal["folder_id", "id"]
    ids: Int64Array
    is_negated: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What files are asked for; everything must hold."""

    conditions: tuple[Condition, ...] = ()
    among: tuple[Among, ...] = ()

    @property
    def where(self) -> str:
        return " AND ".join(f"({condition.sql})" for condition in self.conditions) or "TRUE"

    @property
    def values(self) -> tuple[object, ...]:
        return tuple(value for condition in self.conditions for value in condition.values)


def of_types(types: Sequence[str]) -> Condition:
    return Condition(f"type IN ({_marks(types)})", tuple(types))


def with_endings(endings: Sequence[str]) -> Condition:
    """Files whose name ends in a dot and any of these: "pdf", "tar.gz"."""
    plain = [ending for ending in endings if "." not in ending]
    parts = [f"extension IN ({_marks(plain)})"] if plain else []
    values: list[object] = list(plain)
    for ending in endings:
        if "." in ending:
            parts.append("extension = ? AND lower(CAST(name AS TEXT)) LIKE ? ESCAPE '\\'")
            values += [ending.rpartition(".")[2], f"%.{_escaped(ending)}"]
    return Condition(" OR ".join(f"({part})" for part in parts), tuple(values))


def within(column: str, least: int | None, below: int | None) -> Condition:
    """Files whose `column` ("mtime_ns" or "size_bytes") is `least` or more, and less than `below`."""
    limits = [(f"{column} >= ?", least), (f"{column} < ?", below)]
    chosen = [(sql, max(-(2**63), min(limit, 2**63 - 1))) for sql, limit in limits if limit is not None]
    return Condition(" AND ".join(sql for sql, _ in chosen) or "TRUE", tuple(limit for _, limit in chosen))


@dataclass(frozen=True, slots=True)
class FileRows:
    """Files, in no order."""

    ids: Int64Array
    contents: Int64Array
    """(N,) the content of each, 0 where it has none."""

    def kept(self, mask: np.typing.NDArray[np.bool_]) -> FileRows:
        return FileRows(self.ids[mask], self.contents[mask])


def files_where(connection: apsw.Connection, asked: Asked) -> FileRows:
    """The files for which everything that is asked holds."""
    where, values, index = asked.where, asked.values, "INDEXED BY files_by_facet"
    few = next((one for one in asked.among if not one.is_negated and len(one.ids) <= FEW), None)
    if few is not None:
        where, index = f"{few.column} IN (SELECT value FROM json_each(?)) AND {where}", ""
        values = (json.dumps(few.ids.tolist()), *values)
    columns = "group_concat(id), group_concat(coalesce(content_id, 0)), group_concat(folder_id)"
    columns = columns if any(one.column == "folder_id" for one in asked.among) else columns.rpartition(",")[0]
    found = [
        _numbers(joined)
        for joined in connection.execute(f"SELECT {columns} FROM files {index} WHERE {where}", values).get
    ]
    kept = np.ones(len(found[0]), bool)
    for one in asked.among:
        if one is not few:
            kept &= np.isin(found[2 if one.column == "folder_id" else 0], one.ids, kind="table") != one.is_negated
    return FileRows(found[0], found[1]).kept(kept)


def files_with(connection: apsw.Connection, content_ids: Int64Array) -> Int64Array:
    """The files with any of these contents: for those that are few."""
    sql = "SELECT group_concat(id) FROM files WHERE content_id IN (SELECT value FROM json_each(?))"
    return _numbers(connection.execute(sql, (json.dumps(content_ids.tolist()),)).get)


def in_state(connection: apsw.Connection, state: str) -> Int64Array:
    """The files in this state: for those that are mostly few."""
    return _numbers(connection.execute("SELECT group_concat(id) FROM files WHERE state = ?", (state,)).get)


def contents_in_languages(connection: apsw.Connection, codes: Sequence[str]) -> Int64Array:
    """The contents whose text is in any of these languages."""
    sql = f"SELECT group_concat(id) FROM contents WHERE language IN ({_marks(codes)})"
    return _numbers(connection.execute(sql, tuple(codes)).get)


def types_of(connection: apsw.Connection, file_ids: Int64Array) -> dict[FileType, int]:
    """How many of these files there are of each type."""
    wanted = np.zeros(int(file_ids.max(initial=0)) + 1, bool)
    wanted[file_ids] = True
    counts: dict[FileType, int] = {}
    for type_ in get_args(FileType):
        ids = _numbers(connection.execute("SELECT group_concat(id) FROM files WHERE type = ?", (type_,)).get)
        if count := int(np.count_nonzero(wanted[ids[ids < len(wanted)]])):
            counts[type_] = count
    return counts


def newest(connection: apsw.Connection, file_ids: Int64Array, limit: int) -> list[int]:
    """Up to `limit` of these files, the most recently changed first."""
    joined = connection.execute(
        "SELECT group_concat(id), group_concat(mtime_ns) FROM files INDEXED BY files_by_facet"
    ).get
    ids, times = (_numbers(column) for column in joined)
    here = np.isin(ids, file_ids)
    ids, times = ids[here], times[here]
    return [int(id) for id in ids[np.lexsort((ids, -times))[:limit]]]


def extensions(connection: apsw.Connection) -> dict[str, int]:
    """How many files there are with each ending, the commonest first."""
    sql = "SELECT extension, count(*) FROM files WHERE extension <> '' GROUP BY extension ORDER BY 2 DESC, 1"
    return {str(value): count for value, count in connection.execute(sql)}


def languages(connection: apsw.Connection) -> dict[str, int]:
    """How many contents there are in each language that can be told, the commonest first."""
    sql = "SELECT language, count(*) FROM contents WHERE language <> '' GROUP BY language ORDER BY 2 DESC, 1"
    return {str(value): count for value, count in connection.execute(sql)}


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in "%_\\" else char for char in text)


def _numbers(joined: str | None) -> Int64Array:
    """What `group_concat` gives, as numbers: four times as fast as a row for each."""
    return np.fromstring(joined, np.int64, sep=",") if joined else np.empty(0, np.int64)
