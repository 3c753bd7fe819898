"""Which files have the type, ending, date, size, folder or language that is asked for, told from columns in memory.

Every answer is a mask over the ids of files, so that what is asked for is put together by `&`, and left out by `~`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import apsw
import numpy as np

from finder.store.columns import IS_THERE, Columns, Table
from finder.types import FileType
from finder.vectors import BoolArray, Int64Array


def extension_of(name: bytes) -> str:
    """What stands behind a name's last dot, in small letters; "" where there is none."""
    return os.path.splitext(name)[1][1:].decode("utf-8", "replace").lower()


@dataclass(frozen=True, slots=True)
class Facets:
    """All files of the catalog at one moment. Masks are (M,) over their ids."""

    connection: apsw.Connection
    columns: Columns
    files: Table

    @classmethod
    def now(cls, connection: apsw.Connection, columns: Columns) -> Facets:
        return cls(connection, columns, columns.current(connection, "files"))

    @property
    def ids(self) -> Int64Array:
        """(M,) each file's own, 0 where there is none."""
        ids: Int64Array = self.files[IS_THERE]
        return ids

    @property
    def contents(self) -> Int64Array:
        """(M,) the content of each file, 0 where it has none."""
        contents: Int64Array = self.files["content_id"]
        return contents

    def all(self) -> BoolArray:
        return np.asarray(self.ids > 0)

    def of_types(self, types: Sequence[str]) -> BoolArray:
        return self._any_of(self.files, "type", types)

    def with_endings(self, endings: Sequence[str]) -> BoolArray:
        """Files whose name ends in a dot and any of these: "pdf", "tar.gz"."""
        found = self._any_of(self.files, "extension", [ending for ending in endings if "." not in ending])
        longer = {ending for ending in endings if "." in ending}
        return found | self._ending_in(longer) if longer else found

    def within(self, column: Literal["mtime_ns", "size_bytes"], least: int | None, below: int | None) -> BoolArray:
        """Files whose `column` is `least` or more, and less than `below`."""
        values, found = self.files[column], self.all()
        if least is not None:
            found &= values >= _in_64_bits(least)
        if below is not None:
            found &= values < _in_64_bits(below)
        return found

    def in_folders(self, folder_ids: Collection[int]) -> BoolArray:
        """Files directly in any of these folders."""
        return among(mask_of(np.array(list(folder_ids), np.int64)), self.files["folder_id"])

    def in_languages(self, codes: Sequence[str]) -> BoolArray:
        """Files whose text is in any of these languages."""
        contents = self.columns.current(self.connection, "contents")
        return among(self._any_of(contents, "language", codes), self.contents)

    def newest(self, chosen: BoolArray, limit: int) -> list[int]:
        """Up to `limit` of these files, the most recently changed first."""
        ids = np.flatnonzero(chosen)
        ages = -self.files["mtime_ns"][ids]
        if limit < len(ids):
            is_new = ages <= np.partition(ages, limit - 1)[limit - 1]
            ids, ages = ids[is_new], ages[is_new]
        return [int(id) for id in ids[np.lexsort((ids, ages))[:limit]]]

    def types_of(self, chosen: BoolArray) -> dict[FileType, int]:
        """How many of these files there are of each type."""
        counted = np.bincount(self.files["type"][chosen])
        codes = {type_: self.columns.code(type_) for type_ in get_args(FileType)}
        return {type_: int(counted[code]) for type_, code in codes.items() if 0 < code < len(counted) and counted[code]}

    def count(self, chosen: BoolArray, state: str) -> int:
        """How many of these files are in this state."""
        return int(np.count_nonzero(chosen & self._any_of(self.files, "state", [state])))

    def _any_of(self, table: Table, column: str, words: Sequence[str]) -> BoolArray:
        found = np.zeros(len(table[column]), bool)
        for word in words:
            found |= table[column] == self.columns.code(word)
        return found

    def _ending_in(self, endings: Collection[str]) -> BoolArray:
        """As `with_endings`, of several parts each: in one pass over the names with the same last part."""
        alike = np.flatnonzero(self._any_of(self.files, "extension", list({one.rpartition(".")[2] for one in endings})))
        names = self.connection.execute(
            "SELECT files.id, name FROM json_each(?) CROSS JOIN files ON files.id = value",
            (json.dumps(alike.tolist()),),
        )
        ids = [id for id, name in names if not _endings_of(name).isdisjoint(endings)]
        return among(mask_of(np.array(ids, np.int64)), self.ids)


def extensions(connection: apsw.Connection) -> dict[str, int]:
    """How many files there are with each ending, the commonest first."""
    sql = "SELECT extension, count(*) FROM files WHERE extension <> '' GROUP BY extension ORDER BY 2 DESC, 1"
    return {str(value): count for value, count in connection.execute(sql)}


def languages(connection: apsw.Connection) -> dict[str, int]:
    """How many contents there are in each language that can be told, the commonest first."""
    sql = "SELECT language, count(*) FROM contents WHERE language <> '' GROUP BY language ORDER BY 2 DESC, 1"
    return {str(value): count for value, count in connection.execute(sql)}


def mask_of(ids: Int64Array) -> BoolArray:
    """A mask over ids up to the highest of these."""
    mask = np.zeros(int(ids.max(initial=0)) + 1, bool)
    mask[ids] = True
    return mask


def among(mask: BoolArray, ids: Int64Array) -> BoolArray:
    """(N,) whether each id (N,) is in the mask; 0 is none."""
    if ids.max(initial=0) < len(mask):
        chosen: BoolArray = mask[ids]
    else:
        chosen = mask[np.where(ids < len(mask), ids, 0)] & (ids < len(mask))
    return chosen & (ids > 0)


def _in_64_bits(value: int) -> int:
    return max(-(2**63), min(value, 2**63 - 1))


def _endings_of(name: bytes) -> set[str]:
    """What stands behind each dot of a name, in small letters."""
    folded = name.decode("utf-8", "replace").lower()
    return {folded[at + 1 :] for at, char in enumerate(folded) if char == "."}
