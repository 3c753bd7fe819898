"""Whole documents, as the topics see them: one vector and an opening for each content. Works on a reading connection.

A content is known here by its *key*, the first eight bytes of its hash: unlike a row's id it is never used for another
content, and it is the same in a catalog that was made again. So copies of one content are one document.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence

import apsw
import numpy as np

from finder.store.folders import SUBTREE
from finder.types import FileType
from finder.vectors import Float32Array, Int64Array

_ROWS_AT_A_TIME = 8_192
"""Of vectors: 34 MB where they have 1,024 numbers."""

# All files with a text, or those in one of the folders (a JSON list) or below it.
_EVERY_FILE = "FROM files JOIN contents ON contents.id = content_id"
_FILES_BELOW = f"{_EVERY_FILE} WHERE folder_id IN (SELECT id FROM subtree)"
_SUBTREES = SUBTREE.replace("VALUES(?)", "SELECT value FROM json_each(?)")
_HAS_TEXT = "EXISTS (SELECT 1 FROM passages WHERE passages.content_id = contents.id)"


def key_of(hash: bytes) -> int:
    """The key of the content with this hash."""
    return int.from_bytes(hash[:8], "big", signed=True)


def documents(connection: apsw.Connection, folder_ids: Sequence[int] | None) -> tuple[Int64Array, Int64Array]:
    """The contents with a text in these folders and below, all where None: keys, ascending, and ids, (N,) each."""
    rows = _select(connection, f"contents.id, hash {{files}} {_HAS_TEXT}", folder_ids)
    ids = {key_of(hash): id for id, hash in rows}
    keys = np.sort(np.fromiter(ids, np.int64, count=len(ids)))
    return keys, np.fromiter((ids[key] for key in keys.tolist()), np.int64, count=len(ids))


def files_by_key(
    connection: apsw.Connection, folder_ids: Sequence[int] | None
) -> Iterator[tuple[int, int, bytes, FileType]]:
    """(key, folder id, name, type) of each file with a text in these folders and below, all where None."""
    rows = _select(connection, f"hash, folder_id, name, files.type {{files}} {_HAS_TEXT} ORDER BY files.id", folder_ids)
    return ((key_of(hash), folder_id, name, type) for hash, folder_id, name, type in rows)


def mean_vectors(
    connection: apsw.Connection, space_id: int, content_ids: Int64Array, dimension: int
) -> tuple[Float32Array, Int64Array]:
    """The mean of each content's passage vectors.

    Returns:
        (N, D) float32 of L2 norm 1, and how many vectors each is the mean of (N,); a row without any is 0.
    """
    sums = np.zeros((len(content_ids), dimension), np.float32)
    counts = np.zeros(len(content_ids), np.int64)
    rows = connection.execute(
        "SELECT wanted.key, vector FROM json_each(?) AS wanted"
        " CROSS JOIN passages ON passages.content_id = wanted.value"
        " CROSS JOIN vectors ON vectors.text_id = passages.text_id AND space_id = ?",
        (json.dumps(content_ids.tolist()), space_id),
    )
    while batch := list(itertools.islice(rows, _ROWS_AT_A_TIME)):
        at = np.fromiter((row for row, _ in batch), np.int64, count=len(batch))
        vectors = np.frombuffer(b"".join(vector for _, vector in batch), np.float16).reshape(len(batch), dimension)
        starts = np.flatnonzero(np.diff(at, prepend=-1))  # a content's rows stand together
        sums[at[starts]] += np.add.reduceat(vectors.astype(np.float32), starts)
        counts += np.bincount(at, minlength=len(counts))
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    sums /= np.maximum(norms, np.finfo(np.float32).tiny)  # in place: they may fill half of the memory
    return sums, counts


def opening(connection: apsw.Connection, content_id: int, passages: int, chars: int) -> str:
    """The first passages of a content under their headings, cut to `chars`."""
    rows = connection.execute(
        "SELECT heading, body FROM passages JOIN texts ON texts.id = text_id WHERE content_id = ?"
        " ORDER BY ordinal LIMIT ?",
        (content_id, passages),
    )
    return "\n".join(part for row in rows for part in row if part)[:chars]


def _select(connection: apsw.Connection, columns: str, folder_ids: Sequence[int] | None) -> apsw.Cursor:
    if folder_ids is None:
        return connection.execute(f"SELECT {columns.format(files=f'{_EVERY_FILE} WHERE')}")
    sql = f"{_SUBTREES} SELECT {columns.format(files=f'{_FILES_BELOW} AND')}"
    return connection.execute(sql, (json.dumps(list(folder_ids)),))
