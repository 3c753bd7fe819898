"""What searching reads from the catalog: from texts to the contents that hold them, to files, to paths and passages.

Works on a reading connection and changes nothing. A boilerplate text may stand in thousands of contents, and a
content in thousands of files: every step is bounded.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import apsw
import numpy as np

from finder.store import spaces
from finder.store.facets import mask_of
from finder.store.folders import SUBTREE, path_of
from finder.types import FileType
from finder.vectors import BoolArray, Float32Array, Int64Array

CONTENTS_PER_TEXT = 200
FILES_PER_CONTENT = 500
_WAITING_TEXTS_COUNTED, _FILES_LOOKED_AT = 2_000, 2_000
_PASSAGES_LOOKED_AT = 50

# From the folders downwards: left to itself the planner may begin with all vectors of the space.
_FILES_IN = "FROM json_each(?) AS wanted CROSS JOIN files ON files.folder_id = wanted.value"
_PASSAGES_IN = f"{_FILES_IN} CROSS JOIN passages ON passages.content_id = files.content_id"


@dataclass(frozen=True, slots=True)
class FileInfo:
    """One file as a result shows it."""

    id: int
    folder_id: int
    name: bytes
    type: FileType
    content_id: int | None
    hash: bytes | None
    """Of its content's bytes; None where it has no text."""


@dataclass(frozen=True, slots=True)
class PassageInfo:
    """One passage of a content, as a result shows it."""

    text: str
    start: int
    end: int
    page: int | None
    line: int | None
    heading: str | None
    label: str | None


@dataclass(frozen=True, slots=True)
class FileCounts:
    """Files within the searched folders."""

    findable: int
    """Their text, or their name alone by rule, can be found."""
    waiting: int
    failed: int


def contents_of(
    connection: apsw.Connection, text_ids: Iterable[int], is_wanted: Callable[[int], bool] = lambda content_id: True
) -> dict[int, list[tuple[int, int]]]:
    """For each text the wanted contents that hold it, as (content id, ordinal of its first passage there).

    At most `CONTENTS_PER_TEXT` for each, the oldest.
    """
    own = "SELECT content_id || ' ' || ordinal AS one FROM passages WHERE text_id = wanted.value ORDER BY id"
    found: dict[int, list[tuple[int, int]]] = {}
    for text_id, holders in _lists(connection, own, text_ids, CONTENTS_PER_TEXT):
        if len(holders) == CONTENTS_PER_TEXT:  # there may be more, and those that are wanted among them
            found[text_id] = _contents_of(connection, text_id, is_wanted)
            continue
        first: dict[int, int] = {}
        for content_id, ordinal in (map(int, holder.split()) for holder in holders):
            if content_id not in first and is_wanted(content_id):
                first[content_id] = ordinal
        found[text_id] = list(first.items())
    return found


def _contents_of(connection: apsw.Connection, text_id: int, is_wanted: Callable[[int], bool]) -> list[tuple[int, int]]:
    found: dict[int, int] = {}
    # A content's passages were inserted in their order, so the first one met is its first.
    rows = connection.execute("SELECT content_id, ordinal FROM passages WHERE text_id = ? ORDER BY id", (text_id,))
    for content_id, ordinal in rows:
        if content_id not in found and is_wanted(content_id):
            found[content_id] = ordinal
            if len(found) == CONTENTS_PER_TEXT:
                break
    return list(found.items())


def vectors_around(
    connection: apsw.Connection, space_id: int, content_id: int, ordinal: int, reach: int
) -> Float32Array:
    """The vectors of a content's passages from `reach` before `ordinal` to as many behind it: (N, D) float32."""
    rows = connection.execute(
        "SELECT vector FROM passages JOIN vectors ON vectors.text_id = passages.text_id AND space_id = ?"
        " WHERE content_id = ? AND ordinal BETWEEN ? AND ?",
        (space_id, content_id, ordinal - reach, ordinal + reach),
    )
    return _matrix([row[0] for row in rows])


def files_of(
    connection: apsw.Connection, content_id: int, is_wanted: Callable[[int], bool] = lambda file_id: True
) -> list[FileInfo]:
    """The wanted files that hold a content, at most `FILES_PER_CONTENT` of them."""
    rows = connection.execute(
        "SELECT files.id, folder_id, name, files.type, content_id, hash FROM files"
        " JOIN contents ON contents.id = content_id WHERE content_id = ? ORDER BY files.id",
        (content_id,),
    )
    wanted = (FileInfo(*row) for row in rows if is_wanted(row[0]))
    return list(itertools.islice(wanted, FILES_PER_CONTENT))


def files_of_each(
    connection: apsw.Connection, content_ids: Iterable[int], is_wanted: Callable[[int], bool] = lambda file_id: True
) -> dict[int, list[FileInfo]]:
    """The same for several contents."""
    own = "SELECT id AS one FROM files WHERE content_id = wanted.value ORDER BY id"
    held = dict(_lists(connection, own, content_ids, FILES_PER_CONTENT))
    ids = {content_id: [id for id in map(int, file_ids) if is_wanted(id)] for content_id, file_ids in held.items()}
    known = files(connection, [id for own_ids in ids.values() for id in own_ids])
    return {
        content_id: [known[id] for id in own_ids if id in known]
        if len(held[content_id]) < FILES_PER_CONTENT
        else files_of(connection, content_id, is_wanted)  # there may be more, and those that are wanted among them
        for content_id, own_ids in ids.items()
    }


def _lists(connection: apsw.Connection, sql: str, wanted: Iterable[int], limit: int) -> Iterator[tuple[int, list[str]]]:
    """What `sql` gives as `one` for each `wanted.value`, at most so many: one statement for all."""
    rows = connection.execute(
        f"SELECT value, (SELECT group_concat(one) FROM ({sql} LIMIT ?)) FROM json_each(?) AS wanted",
        (limit, json.dumps(list(wanted))),
    )
    return ((value, joined.split(",") if joined else []) for value, joined in rows)


def size_and_time(connection: apsw.Connection, file_id: int) -> tuple[int, int] | None:
    """Size in bytes and time of change in nanoseconds of a file when it was last seen."""
    row: tuple[int, int] | None = connection.execute(
        "SELECT size_bytes, mtime_ns FROM files WHERE id = ?", (file_id,)
    ).fetchone()
    return row


def files(connection: apsw.Connection, file_ids: Sequence[int]) -> dict[int, FileInfo]:
    """{file id: the file} for those that the catalog has, in the order of `file_ids`."""
    rows = connection.execute(
        "SELECT files.id, folder_id, name, files.type, content_id, hash FROM json_each(?) AS wanted"
        " CROSS JOIN files ON files.id = wanted.value LEFT JOIN contents ON contents.id = content_id",
        (json.dumps(file_ids),),
    )
    return {row[0]: FileInfo(*row) for row in rows}


def passages(connection: apsw.Connection, content_id: int, text_ids: Sequence[int]) -> list[PassageInfo]:
    """The first passage of a content for each of `text_ids`, in their order."""
    found = []
    for text_id in text_ids:
        row = connection.execute(
            "SELECT body, start, end, page, line, nullif(heading, ''), label FROM passages"
            " JOIN texts ON texts.id = text_id WHERE content_id = ? AND text_id = ? ORDER BY ordinal LIMIT 1",
            (content_id, text_id),
        ).fetchone()
        if row is not None:
            found.append(PassageInfo(*row))
    return found


def first_texts(connection: apsw.Connection, content_id: int, limit: int) -> list[int]:
    """The texts a content begins with: what is shown of a file that was found by its name."""
    rows = connection.execute(
        "SELECT text_id FROM passages WHERE content_id = ? ORDER BY ordinal LIMIT ?", (content_id, limit)
    )
    return [row[0] for row in rows]


def titles_and_authors(connection: apsw.Connection, content_ids: Sequence[int]) -> dict[int, str]:
    """What each content says of itself, in one line; empty where it says nothing."""
    rows = connection.execute(
        "SELECT contents.id, coalesce(title, '') || ' ' || coalesce(metadata ->> '$.author', '')"
        " FROM json_each(?) AS wanted CROSS JOIN contents ON contents.id = wanted.value",
        (json.dumps(list(content_ids)),),
    )
    return dict(rows)


def words_of(connection: apsw.Connection, text_ids: Sequence[int]) -> str:
    """Headings and bodies of these texts, in one."""
    rows = connection.execute(
        "SELECT heading || ' ' || body FROM json_each(?) CROSS JOIN texts ON texts.id = value", (json.dumps(text_ids),)
    )
    return "\n".join(row[0] for row in rows)


def files_in(connection: apsw.Connection, folder_id: int) -> Iterator[int]:
    """The files directly in a folder, by name."""
    rows = connection.execute("SELECT id FROM files WHERE folder_id = ? ORDER BY name", (folder_id,))
    return (row[0] for row in rows)


def has_meaning(connection: apsw.Connection, content_id: int, space_id: int) -> bool:
    """True where a content's passages have vectors; of many the last are looked at, which get theirs last."""
    waiting: int = connection.execute(
        "SELECT count(*) FROM (SELECT text_id FROM passages WHERE content_id = ? ORDER BY ordinal DESC LIMIT ?) AS last"
        " WHERE NOT EXISTS (SELECT 1 FROM vectors WHERE space_id = ? AND vectors.text_id = last.text_id)",
        (content_id, _PASSAGES_LOOKED_AT, space_id),
    ).get
    return not waiting


def texts_of_seqs(connection: apsw.Connection, space_id: int, seqs: Iterable[int]) -> dict[int, int]:
    """{sequence number: text id} for those that are alive in the space."""
    found = {}
    for seq in seqs:
        row = connection.execute(
            "SELECT text_id FROM vectors WHERE seq = ? AND space_id = ?", (seq, space_id)
        ).fetchone()
        if row is not None:
            found[seq] = row[0]
    return found


def vectors_of_texts(
    connection: apsw.Connection, space_id: int, text_ids: Iterable[int]
) -> tuple[list[int], Float32Array]:
    """Those of `text_ids` that have a vector in the space, and the vectors: (N, D) float32."""
    found: list[int] = []
    blobs: list[bytes] = []
    for text_id in text_ids:
        row = connection.execute(
            "SELECT vector FROM vectors WHERE space_id = ? AND text_id = ?", (space_id, text_id)
        ).fetchone()
        if row is not None:
            found.append(text_id)
            blobs.append(row[0])
    return found, _matrix(blobs)


def sample_vectors(
    connection: apsw.Connection, space_id: int, count: int, chars: int
) -> tuple[Float32Array, list[str]]:
    """About `count` vectors of the space, evenly over the texts, the same each time.

    Returns:
        (N, D) float32, and the first `chars` characters of each one's text.
    """
    found: dict[int, tuple[bytes, str]] = {}
    # Not over sequence numbers: those leave wide gaps.
    for at in np.linspace(*text_range(connection), count, dtype=np.int64).tolist():
        row = connection.execute(
            # Left alone, SQLite takes the index by space and sorts all of it, each time.
            "SELECT text_id, vector, substr(body, 1, ?) FROM vectors INDEXED BY sqlite_autoindex_vectors_1"
            " CROSS JOIN texts ON texts.id = text_id WHERE text_id >= ? AND space_id = ? ORDER BY text_id LIMIT 1",
            (chars, at, space_id),
        ).fetchone()
        if row is not None:
            found[row[0]] = row[1:]
    return _matrix([vector for vector, _ in found.values()]), [text for _, text in found.values()]


def last_seq(connection: apsw.Connection) -> int:
    """The newest sequence number of any space; 0 where there is no vector."""
    return int(connection.execute("SELECT coalesce(max(seq), 0) FROM vectors").get)


def text_range(connection: apsw.Connection) -> tuple[int, int]:
    """The first and the newest id of a text; (0, 0) where there is none."""
    ids: tuple[int, int] = connection.execute("SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM texts").get
    return ids


class IdSet:
    """Ids of one table, for asking whether one is among them: a byte for each id there is, whatever is in it."""

    def __init__(self, mask: BoolArray) -> None:
        """Args: mask: over ids."""
        self._mask = mask.tobytes()

    def __contains__(self, id: int) -> bool:
        return id < len(self._mask) and self._mask[id] == 1

    def among(self, ids: Int64Array) -> BoolArray:
        """(N,) which of `ids` (N,) are in it."""
        mask = np.frombuffer(self._mask, bool)
        found = np.zeros(len(ids), bool)
        known = ids < len(mask)
        found[known] = mask[ids[known]]
        return found


def subtrees(connection: apsw.Connection, folder_ids: Iterable[int]) -> frozenset[int]:
    """The ids of the given folders and of all folders below them."""
    found: set[int] = set()
    for folder_id in folder_ids:
        found.update(row[0] for row in connection.execute(f"{SUBTREE} SELECT id FROM subtree", (folder_id,)))
    return frozenset(found)


def contents_in(connection: apsw.Connection, folder_ids: Collection[int]) -> IdSet:
    """The contents of the files directly in any of these folders."""
    return IdSet(mask_of(_ids(connection, f"SELECT group_concat(content_id) {_FILES_IN}", folder_ids)))


def seqs_in(connection: apsw.Connection, folder_ids: Collection[int], space_id: int) -> Int64Array:
    """The sequence numbers in the space of the texts in the files directly in these folders, ascending."""
    sql = (
        f"SELECT group_concat(seq) {_PASSAGES_IN}"
        " CROSS JOIN vectors ON vectors.text_id = passages.text_id AND space_id = ?"
    )
    return np.unique(_ids(connection, sql, folder_ids, space_id))


def _ids(connection: apsw.Connection, sql: str, folder_ids: Collection[int], *values: int) -> Int64Array:
    """What `sql` gives as one text: four times as fast as a row for each of them."""
    joined: str | None = connection.execute(sql, (json.dumps(list(folder_ids)), *values)).get
    return np.fromstring(joined, np.int64, sep=",") if joined else np.empty(0, np.int64)


def count_files(connection: apsw.Connection) -> FileCounts:
    """How far all files are."""
    total, waiting, failed = connection.execute(
        "SELECT (SELECT count(*) FROM files), (SELECT count(*) FROM files WHERE state = 'waiting'),"
        " (SELECT count(*) FROM files WHERE state = 'failed')"
    ).get
    return FileCounts(total - waiting - failed, waiting, failed)


def count_files_without_meaning(connection: apsw.Connection, space_id: int) -> int:
    """Files that hold a text without a vector in the space.

    Exact where few texts wait. Else of very many files a share is looked at, evenly spread over their contents: the
    texts that wait are those of the last files read, and none of these stands for the others.
    """
    waiting = spaces.count_queued(connection, space_id)
    if waiting <= 0:
        return 0
    if waiting <= _WAITING_TEXTS_COUNTED:
        return _count_files_of_waiting_texts(connection, space_id, waiting)
    files = int(connection.execute("SELECT count(content_id) FROM files").get)
    looked_at, found = connection.execute(
        "SELECT count(*), total(EXISTS (SELECT 1 FROM passages WHERE passages.content_id = files.content_id AND"
        " NOT EXISTS (SELECT 1 FROM vectors WHERE space_id = ? AND text_id = passages.text_id)))"
        " FROM files WHERE content_id % ? = 0",
        (space_id, 1 + files // _FILES_LOOKED_AT),
    ).get
    share: float = found / max(1, looked_at)
    return max(1, round(files * share))  # a single one is most likely not among them


def _count_files_of_waiting_texts(connection: apsw.Connection, space_id: int, waiting: int) -> int:
    """The same from the texts that wait, of which there are so many."""
    files: int = connection.execute(
        "SELECT count(DISTINCT files.id) FROM files JOIN passages ON passages.content_id = files.content_id"
        " JOIN (SELECT id FROM texts WHERE NOT EXISTS"
        " (SELECT 1 FROM vectors WHERE space_id = ? AND text_id = texts.id) ORDER BY id DESC LIMIT ?) AS newest"
        " ON newest.id = text_id",
        (space_id, waiting),
    ).get
    return files


class FolderPaths:
    """The absolute paths of folders, each folder on the way looked up once."""

    def __init__(self, connection: apsw.Connection, known: dict[int, bytes] | None = None) -> None:
        """Args: known: those that were looked up before, to be added to; true as long as no folder is moved."""
        self._connection = connection
        self._known = {} if known is None else known

    def path(self, folder_id: int) -> bytes | None:
        """None where the folder was taken out of the catalog a moment ago."""
        return path_of(self._connection, folder_id, self._known) or None


def _matrix(blobs: Sequence[bytes]) -> Float32Array:
    dimension = len(blobs[0]) // 2 if blobs else 0
    return np.frombuffer(b"".join(blobs), np.float16).reshape(len(blobs), dimension).astype(np.float32)  # (N, D)
