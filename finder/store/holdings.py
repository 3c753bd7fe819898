"""Which content holds which text, and the vector of each text: columns in memory that follow the catalog.

From a set of files to what may be found in them, or from texts to the contents that hold them, is a few steps over
columns of numbers: some 15 ms at 1,000,000 passages, where a join takes a second. Loading them takes half a second at
that size, following what was added is a matter of what was added. 24 bytes for a passage.

What has left the catalog may stay in the columns: it leads to contents that no file points to, or to vectors that the
indexes hide.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import apsw
import numpy as np
from numpy.typing import NDArray

from finder.vectors import BoolArray, Int64Array

Int32Array = NDArray[np.int32]

_READ_AGAIN = 2_000
"""The newest so many passages are read again each time: only numbers at the end are ever used a second time."""
_ROWS_AT_ONCE = 100_000
_NONE = np.empty((3, 0), np.int32)
_GROWTH = 2
"""Everything is read again when the columns are so many times what they were: what is dead goes then."""


@dataclass(frozen=True, slots=True)
class _Vectors:
    """Those of one space, in order of their sequence numbers."""

    space_id: int
    seqs: Int64Array
    text_ids: Int32Array


class Holdings:
    """The columns of one catalog. Thread-safe."""

    def __init__(self, commits: Callable[[], object] = object) -> None:
        """Args: commits: equals what it was before only while the catalog has not changed."""
        self._commits = commits
        self._lock = threading.Lock()
        self._passages_as_of: object = None
        self._passages = _NONE
        self._loaded = 0
        self._vectors = _Vectors(0, np.empty(0, np.int64), np.empty(0, np.int32))

    def texts_in(self, connection: apsw.Connection, contents: BoolArray) -> BoolArray:
        """A mask over text ids: those that any of the contents, a mask over their ids, holds."""
        _, content_ids, text_ids = self._current(connection)
        mask = _empty_mask(text_ids)
        mask[text_ids[_chosen(contents, content_ids)]] = True
        return mask

    def contents_with(self, connection: apsw.Connection, texts: Int64Array) -> BoolArray:
        """A mask over content ids: those that hold any of these texts."""
        _, content_ids, text_ids = self._current(connection)
        wanted, mask = _empty_mask(text_ids), _empty_mask(content_ids)
        wanted[texts[texts < len(wanted)]] = True
        mask[content_ids[wanted[text_ids]]] = True
        return mask

    def seqs_of(self, connection: apsw.Connection, space_id: int, texts: BoolArray) -> Int64Array:
        """The sequence numbers in the space of these texts, a mask over their ids, ascending."""
        vectors = self._current_vectors(connection, space_id)
        return vectors.seqs[_chosen(texts, vectors.text_ids)]

    def without_vector(self, connection: apsw.Connection, space_id: int, contents: BoolArray) -> BoolArray:
        """Of these contents, a mask over their ids, those that hold a text without a vector in the space."""
        _, content_ids, text_ids = self._current(connection)
        with_vector = self._current_vectors(connection, space_id).text_ids
        has_vector, mask = _empty_mask(text_ids), np.zeros(len(contents), bool)
        has_vector[with_vector[with_vector < len(has_vector)]] = True
        mask[content_ids[_chosen(contents, content_ids) & ~has_vector[text_ids]]] = True
        return mask

    def _current(self, connection: apsw.Connection) -> Int32Array:
        """(3, N): passage, content and text, in order of the first."""
        with self._lock:
            as_of = self._commits()  # before reading: what is committed meanwhile is read the next time
            known = self._passages
            if as_of == self._passages_as_of:
                return known
            kept = known[:, :-_READ_AGAIN] if known.shape[1] < _GROWTH * self._loaded else _NONE
            if kept.shape[1] and not _is_there(connection, kept[:, -1]):
                kept = _NONE
            added = _passages_after(connection, int(kept[0, -1]) if kept.shape[1] else 0)
            self._passages = np.concatenate([kept, added], axis=1)
            self._passages_as_of = as_of
            if not kept.shape[1]:
                self._loaded = max(added.shape[1], 2 * _READ_AGAIN)
            return self._passages

    def _current_vectors(self, connection: apsw.Connection, space_id: int) -> _Vectors:
        with self._lock:
            known = self._vectors
            if known.space_id != space_id or not len(known.seqs):
                # Without the vectors themselves: they are most of the catalog.
                known = _Vectors(space_id, *_vectors(connection, "INDEXED BY sqlite_autoindex_vectors_1", space_id, -1))
            else:
                seqs, text_ids = _vectors(connection, "", space_id, int(known.seqs[-1]))
                joined = np.concatenate([known.seqs, seqs]), np.concatenate([known.text_ids, text_ids])
                known = _Vectors(space_id, *joined) if len(seqs) else known
            self._vectors = known
            return known


def _empty_mask(ids: Int32Array) -> BoolArray:
    return np.zeros(int(ids.max(initial=0)) + 1, bool)


def _chosen(mask: BoolArray, ids: Int32Array) -> BoolArray:
    """(N,) whether each id is in the mask; what lies behind its end is not."""
    if ids.max(initial=0) >= len(mask):
        mask = np.pad(mask, (0, int(ids.max()) + 1 - len(mask)))
    chosen: BoolArray = mask[ids]
    return chosen


def _is_there(connection: apsw.Connection, row: Int32Array) -> bool:
    passage_id, content_id, text_id = row.tolist()
    sql = "SELECT content_id, text_id FROM passages WHERE id = ?"
    return connection.execute(sql, (passage_id,)).fetchone() == (content_id, text_id)


def _passages_after(connection: apsw.Connection, passage_id: int) -> Int32Array:
    """(3, N) of the passages with higher ids, in their order."""
    sql = (
        "SELECT max(id), group_concat(id || ',' || content_id || ',' || text_id) FROM"
        " (SELECT id, content_id, text_id FROM passages WHERE id > ? ORDER BY id LIMIT ?)"
    )
    blocks = [_NONE]
    while True:
        last, joined = connection.execute(sql, (passage_id, _ROWS_AT_ONCE)).get
        if last is None:
            return np.concatenate(blocks, axis=1)
        blocks.append(_rows(joined, 3).T.astype(np.int32))
        passage_id = last


def _vectors(connection: apsw.Connection, index: str, space_id: int, seq: int) -> tuple[Int64Array, Int32Array]:
    """Sequence numbers above `seq` in the space, ascending, and the text of each."""
    sql = f"SELECT group_concat(seq || ',' || text_id) FROM vectors {index} WHERE space_id = ? AND seq > ?"
    pairs = _rows(connection.execute(sql, (space_id, seq)).get, 2)
    pairs = pairs[np.argsort(pairs[:, 0])]
    return pairs[:, 0].copy(), pairs[:, 1].astype(np.int32)


def _rows(joined: str | None, width: int) -> Int64Array:
    numbers = np.fromstring(joined, np.int64, sep=",") if joined else np.empty(0, np.int64)
    return numbers.reshape(-1, width)
