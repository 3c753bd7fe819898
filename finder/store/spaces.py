"""Embedding spaces and their vectors in the catalog: the truth that every vector index is built from.

Texts without a vector in a space *are* its embedding queue; nothing else keeps it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import apsw
import numpy as np

from finder.store.folders import SUBTREE
from finder.vectors import Float16Array, Float32Array, Int64Array, Space

_NO_LIMIT = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class QueuedText:
    """A text that has no vector yet."""

    id: int
    heading: str
    body: str

    @property
    def words(self) -> str:
        """What is embedded: the passage under its heading (once, where it begins with it), never its file's name."""
        return self.body if self.body.startswith(self.heading) else f"{self.heading}\n{self.body}"


def activate(connection: apsw.Connection, space: Space) -> int:
    """Make `space` the one that answers, adding it where it is new; every other is retired. Returns its id."""
    space_id = begin(connection, space)
    connection.execute("UPDATE spaces SET state = CASE key WHEN ? THEN 'active' ELSE 'retired' END", (space.key,))
    return space_id


def begin(connection: apsw.Connection, space: Space) -> int:
    """The id of `space`, which is built from now on where it does not answer already."""
    connection.execute(
        "INSERT INTO spaces(key, model, dimension, state) VALUES(?, ?, ?, 'building')"
        " ON CONFLICT(key) DO UPDATE SET model = excluded.model, state = iif(state = 'retired', 'building', state)",
        (space.key, space.model, space.dimension),
    )
    return int(connection.execute("SELECT id FROM spaces WHERE key = ?", (space.key,)).get)


def active(connection: apsw.Connection) -> tuple[int, Space] | None:
    """The space that answers and its id; None in a new catalog."""
    row = connection.execute("SELECT id, key, model, dimension FROM spaces WHERE state = 'active'").fetchone()
    return None if row is None else (row[0], Space(*row[1:]))


def others(connection: apsw.Connection, kept: Collection[str]) -> list[int]:
    """The ids of all spaces but those with the keys `kept`."""
    rows: list[Any] = connection.execute("SELECT id, key FROM spaces").fetchall()
    return [id for id, key in rows if key not in kept]


def remove_some(connection: apsw.Connection, space_id: int, limit: int) -> bool:
    """Remove up to `limit` vectors of a space, and with the last of them the space. False once it is gone."""
    connection.execute(
        "DELETE FROM vectors WHERE seq IN (SELECT seq FROM vectors WHERE space_id = ? LIMIT ?)", (space_id, limit)
    )
    if connection.changes():
        return True
    connection.execute("DELETE FROM spaces WHERE id = ?", (space_id,))
    return False


def begin_numbers(connection: apsw.Connection) -> None:
    """Let sequence numbers go on past any that was ever given, also by a catalog that has lost its last commits.

    They go on from the time in microseconds, which no index of vectors that outlived the loss has come to.
    """
    now_us = time.time_ns() // 1_000
    connection.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'vectors'", (now_us,))
    if not connection.changes():
        connection.execute("INSERT INTO sqlite_sequence(name, seq) VALUES('vectors', ?)", (now_us,))


def queued(
    connection: apsw.Connection, space_id: int, limit: int, after: int = 0, below: int | None = None
) -> list[QueuedText]:
    """Texts without a vector, in the order in which they came; only those of files below a folder where given."""
    where = "id > ? AND NOT EXISTS (SELECT 1 FROM vectors WHERE text_id = texts.id AND space_id = ?)"
    if below is None:
        tables = ""
        values: tuple[int, ...] = (after, space_id, limit)
    else:
        # From the texts to the files: what it costs depends on how many texts are new, not on how large the folder is.
        tables, values = SUBTREE, (below, after, space_id, limit)
        where += (
            " AND EXISTS (SELECT 1 FROM passages JOIN files ON files.content_id = passages.content_id"
            " WHERE passages.text_id = texts.id AND folder_id IN (SELECT id FROM subtree))"
        )
    rows = connection.execute(f"{tables} SELECT id, heading, body FROM texts WHERE {where} ORDER BY id LIMIT ?", values)
    return [QueuedText(*row) for row in rows]


def last_text(connection: apsw.Connection) -> int:
    """The highest id that a text ever had; later texts have higher ones."""
    return int(connection.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'texts'").get)


def count_queued(connection: apsw.Connection, space_id: int, below: int | None = None, up_to: int | None = None) -> int:
    """How many texts wait for a vector: all or those of files below a folder, and up to a text's id where given."""
    texts = int(connection.execute("SELECT count(*) FROM texts").get)
    waiting = texts - count_vectors(connection, space_id)
    if below is None or not waiting:
        return waiting
    return int(
        connection.execute(
            f"{SUBTREE} SELECT count(DISTINCT passages.text_id) FROM files"
            " JOIN passages ON passages.content_id = files.content_id"
            " WHERE folder_id IN (SELECT id FROM subtree) AND passages.text_id <= ?"
            " AND NOT EXISTS (SELECT 1 FROM vectors WHERE space_id = ? AND text_id = passages.text_id)",
            (below, up_to if up_to is not None else _NO_LIMIT, space_id),
        ).get
    )


def count_vectors(connection: apsw.Connection, space_id: int) -> int:
    # All of them less those of other spaces, of which there are mostly none: SQLite counts a whole table by its pages.
    total: int = connection.execute(
        "SELECT (SELECT count(*) FROM vectors) - (SELECT count(*) FROM vectors WHERE space_id < ?1)"
        " - (SELECT count(*) FROM vectors WHERE space_id > ?1)",
        (space_id,),
    ).get
    return total


def last_vector(connection: apsw.Connection) -> int:
    """The highest sequence number that a vector ever had; later ones have higher ones."""
    return int(connection.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'vectors'").get)


def count_vectors_since(connection: apsw.Connection, space_id: int, below: int, after: int) -> int:
    """How many vectors past a sequence number are of passages in files below a folder."""
    where = (
        "space_id = ? AND seq > ? AND EXISTS (SELECT 1 FROM passages"
        " JOIN files ON files.content_id = passages.content_id"
        " WHERE passages.text_id = vectors.text_id AND folder_id IN (SELECT id FROM subtree))"
    )
    return int(
        connection.execute(f"{SUBTREE} SELECT count(*) FROM vectors WHERE {where}", (below, space_id, after)).get
    )


def count_vectors_of(connection: apsw.Connection, key: str) -> int:
    """How many vectors the space with this key has; 0 where there is no such space."""
    rows = "SELECT count(*) FROM vectors WHERE space_id = (SELECT id FROM spaces WHERE key = ?)"
    return int(connection.execute(rows, (key,)).get)


def add_vectors(connection: apsw.Connection, space_id: int, text_ids: Sequence[int], vectors: Float32Array) -> int:
    """Store one vector a text, as float16 under a new sequence number. A text that is gone by now gets none.

    Args:
        vectors: (N, D) float32, checked by whoever computed them.
    Returns:
        How many were stored.
    """
    before = connection.total_changes()
    connection.executemany(
        "INSERT INTO vectors(space_id, text_id, vector) SELECT ?1, id, ?3 FROM texts WHERE id = ?2"
        " ON CONFLICT(text_id, space_id) DO NOTHING",
        (
            (space_id, text_id, vector.tobytes())
            for text_id, vector in zip(text_ids, vectors.astype(np.float16), strict=True)
        ),
    )
    return connection.total_changes() - before


class SpaceVectors:
    """The vectors of one space, read by sequence number: what the vector indexes are built from and rescored with."""

    def __init__(self, connect: Callable[[], apsw.Connection], space_id: int, dimension: int) -> None:
        """Args: connect: gives the calling thread's reading connection."""
        self._connect = connect
        self._space_id = space_id
        self._dimension = dimension

    def read_after(self, seq: int, limit: int) -> tuple[Int64Array, Float16Array]:
        """Up to `limit` vectors past `seq`, in order: (N,) int64 and (N, D) float16."""
        rows = self._connect().execute(
            "SELECT seq, vector FROM vectors WHERE space_id = ? AND seq > ? ORDER BY seq LIMIT ?",
            (self._space_id, seq, limit),
        )
        return self._arrays(rows.fetchall())

    def read(self, seqs: Int64Array) -> tuple[Int64Array, Float16Array]:
        """Those of `seqs` that are alive, with their vectors, in the order given."""
        connection = self._connect()
        found = []
        for seq in seqs.tolist():
            row = connection.execute(
                "SELECT seq, vector FROM vectors WHERE seq = ? AND space_id = ?", (seq, self._space_id)
            ).fetchone()
            if row is not None:
                found.append(row)
        return self._arrays(found)

    def seqs_after(self, seq: int) -> Int64Array:
        """The sequence numbers of the space past `seq`, ascending."""
        rows = self._connect().execute(
            "SELECT seq FROM vectors WHERE space_id = ? AND seq > ? ORDER BY seq", (self._space_id, seq)
        )
        return np.fromiter((row[0] for row in rows), np.int64)

    def live_seqs(self) -> Int64Array:
        """All sequence numbers of the space, ascending."""
        return self.seqs_after(0)

    def count(self) -> int:
        return count_vectors(self._connect(), self._space_id)

    def _arrays(self, rows: Sequence[Any]) -> tuple[Int64Array, Float16Array]:
        seqs = np.fromiter((row[0] for row in rows), np.int64, count=len(rows))
        vectors = np.frombuffer(b"".join(row[1] for row in rows), np.float16)
        return seqs, vectors.reshape(len(rows), self._dimension)  # (N,), (N, D)
