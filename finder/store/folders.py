"""The tree of folders: between a path and its row. Every function takes the connection it works on.

A folder's row holds one component and its parent, so that renaming a folder is one UPDATE whatever it holds; the
folder of a root holds its whole path and no parent.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import apsw

from finder.paths import is_inside
from finder.store.keywords import fold

_SEPARATOR = os.fsencode(os.sep)
_STEP_UP = (
    "SELECT parent_id, name, parent_id IS NULL AND EXISTS (SELECT 1 FROM roots WHERE folder_id = folders.id)"
    " FROM folders WHERE id = ?"
)

SUBTREE = """
WITH RECURSIVE subtree(id) AS (
    VALUES(?) UNION ALL SELECT folders.id FROM folders JOIN subtree ON folders.parent_id = subtree.id
)
"""
"""A common table expression: the ids of one folder and of all below it."""


@dataclass(frozen=True, slots=True)
class Root:
    """One folder that the user chose, as the catalog knows it."""

    id: int
    folder_id: int
    path: bytes
    is_watched: bool
    is_online: bool
    scanned_ns: int | None
    filesystem: str
    """`mounts.filesystem_of` when it was last there; empty before."""


def roots(connection: apsw.Connection) -> list[Root]:
    """All roots, in the order in which they were added."""
    rows = connection.execute(
        "SELECT roots.id, folder_id, name, is_watched, is_online, scanned_ns, filesystem"
        " FROM roots JOIN folders ON folders.id = folder_id ORDER BY roots.id"
    )
    return [
        Root(id, folder, name, bool(is_watched), bool(is_online), scanned_ns, filesystem)
        for id, folder, name, is_watched, is_online, scanned_ns, filesystem in rows
    ]


def set_presence(connection: apsw.Connection, root_id: int, is_online: bool, filesystem: str) -> bool:
    """Note whether a root is there, and on which file system ("": as before). True where it came or went."""
    if filesystem:
        connection.execute("UPDATE roots SET filesystem = ? WHERE id = ?", (filesystem, root_id))
    connection.execute("UPDATE roots SET is_online = ?1 WHERE id = ?2 AND is_online <> ?1", (is_online, root_id))
    return connection.changes() > 0


def root_above(connection: apsw.Connection, path: bytes) -> Root | None:
    """The innermost root that holds `path`, or None."""
    return innermost(roots(connection), path)


def innermost(among: Iterable[Root], path: bytes) -> Root | None:
    """The innermost of these roots that holds `path`, or None."""
    holding = [root for root in among if is_inside(path, root.path)]
    return max(holding, key=lambda root: len(root.path), default=None)


def folder_at(connection: apsw.Connection, path: bytes) -> int | None:
    """The id of the folder at an absolute path, or None where the catalog knows none there."""
    root = root_above(connection, path)
    if root is None:
        return None
    folder_id = root.folder_id
    for name in components_below(path, root.path):
        found = child(connection, folder_id, name)
        if found is None:
            return None
        folder_id = found
    return folder_id


def called(connection: apsw.Connection, name: str) -> list[int]:
    """The folders with this name, wherever they are; "a/b" is a folder b in a folder a.

    Case and accents make no difference. Folders of roots that were forgotten are not among them.
    """
    names = [part for part in fold(name).split(os.sep) if part]
    if not names:
        return []
    tail = os.path.join(os.sep, *names)
    found = (id for id, own in _named_like(connection, _escaped(names[-1])) if own == names[-1])
    return [id for id in found if f"{os.sep}{fold(os.fsdecode(path_of(connection, id)))}".endswith(tail)]


def beginning_with(connection: apsw.Connection, prefix: str, limit: int) -> list[bytes]:
    """Paths of up to `limit` folders whose names begin so, the roots first; case and accents make no difference."""
    folded = fold(prefix)
    ids = (id for id, own in _named_like(connection, f"{_escaped(folded)}%") if own.startswith(folded))
    paths = (path_of(connection, id) for id in ids)
    return list(itertools.islice((path for path in paths if path), limit))


def _named_like(connection: apsw.Connection, pattern: str) -> Iterator[tuple[int, str]]:
    """(id, its own name, folded) of the folders whose name is LIKE `pattern`, or cannot be told by SQLite, which knows
    the case of Latin letters without accents alone; the roots first."""
    sql = (
        "SELECT id, name FROM folders WHERE parent_id IS NULL OR CAST(name AS TEXT) LIKE ? ESCAPE '\\'"
        " OR CAST(name AS TEXT) GLOB '*[^ -~]*' ORDER BY parent_id IS NOT NULL"
    )
    # A root's row holds its whole path.
    return ((id, fold(os.fsdecode(os.path.basename(name)))) for id, name in connection.execute(sql, (pattern,)))


def _escaped(text: str) -> str:
    """`text` in a LIKE pattern."""
    return "".join(f"\\{char}" if char in "%_\\" else char for char in text)


def everyone(connection: apsw.Connection) -> Iterator[tuple[int, int | None, bytes]]:
    """Every folder: (its id, that of the folder it lies in, its name); of a root None and its whole path."""
    return connection.execute("SELECT id, parent_id, name FROM folders")


def child(connection: apsw.Connection, parent_id: int, name: bytes) -> int | None:
    """The id of the folder `name` in the folder `parent_id`."""
    row = connection.execute("SELECT id FROM folders WHERE parent_id = ? AND name = ?", (parent_id, name)).fetchone()
    return row and row[0]


def components_below(path: bytes, root: bytes) -> list[bytes]:
    """The names that lead from `root` down to `path`; [] where they are equal."""
    return [name for name in path[len(root) :].split(_SEPARATOR) if name]


def entries(connection: apsw.Connection, folder_id: int, limit: int) -> list[bytes]:
    """Names of up to `limit` folders and files directly in a folder, folders first."""
    rows = connection.execute(
        "SELECT name FROM folders WHERE parent_id = ?1 UNION ALL SELECT name FROM files WHERE folder_id = ?1 LIMIT ?2",
        (folder_id, limit),
    )
    return [name for (name,) in rows]


def count_files(connection: apsw.Connection, folder_id: int) -> int:
    """How many files a folder holds, with all below it."""
    counted = f"{SUBTREE} SELECT count(*) FROM files WHERE folder_id IN (SELECT id FROM subtree)"
    return int(connection.execute(counted, (folder_id,)).get)


def path_of(connection: apsw.Connection, folder_id: int, known: dict[int, bytes] | None = None) -> bytes:
    """The absolute path of a folder; b"" where there is no such row, or it lies in a root that was forgotten.

    Args:
        known: paths by folder, which serve and to which those on the way are added.
    """
    known = {} if known is None else known
    passed: list[tuple[int, bytes]] = []
    at: int | None = folder_id
    while at is not None and at not in known:
        row = connection.execute(_STEP_UP, (at,)).fetchone()
        if row is None:
            return b""
        above, name, is_root = row
        if above is None and not is_root:
            return b""
        passed.append((at, name))
        at = above
    path = b"" if at is None else known[at]
    for id, name in reversed(passed):
        path = known[id] = os.path.join(path, name)
    return path


def add_root(connection: apsw.Connection, path: bytes, device: int, inode: int, is_watched: bool) -> int:
    """Make `path` a root, or change how it is watched where it is one. Returns its folder's id.

    A folder that a root above it holds already stays what it is: no file stands twice.
    """
    for root in roots(connection):
        if root.path == path:
            connection.execute("UPDATE roots SET is_watched = ? WHERE id = ?", (is_watched, root.id))
            return root.folder_id
    if (held := folder_at(connection, path)) is not None:
        return held
    connection.execute("INSERT INTO folders(name, device, inode) VALUES(?, ?, ?)", (path, device, inode))
    folder_id = connection.last_insert_rowid()
    connection.execute("INSERT INTO roots(folder_id, is_watched) VALUES(?, ?)", (folder_id, is_watched))
    return folder_id


def add(connection: apsw.Connection, parent_id: int, name: bytes, device: int, inode: int) -> int:
    """Insert the folder `name` below `parent_id` and return its id."""
    connection.execute(
        "INSERT INTO folders(parent_id, name, device, inode) VALUES(?, ?, ?, ?)", (parent_id, name, device, inode)
    )
    return connection.last_insert_rowid()


def move(connection: apsw.Connection, folder_id: int, parent_id: int, name: bytes) -> None:
    """Hang a folder, with all it holds, under another parent and name. A root that is moved is none any more."""
    connection.execute("DELETE FROM roots WHERE folder_id = ?", (folder_id,))
    connection.execute("UPDATE folders SET parent_id = ?, name = ? WHERE id = ?", (parent_id, name, folder_id))


def detach(connection: apsw.Connection, folder_id: int) -> None:
    """Forget a root: from now on it and all below it have no path, and are to be removed piece by piece."""
    connection.execute("DELETE FROM roots WHERE folder_id = ?", (folder_id,))


def detached(connection: apsw.Connection) -> list[int]:
    """The folders of roots that were forgotten and are still to be removed."""
    rows = connection.execute(
        "SELECT id FROM folders WHERE parent_id IS NULL AND id NOT IN (SELECT folder_id FROM roots)"
    )
    return [id for (id,) in rows]


def remove_empty(connection: apsw.Connection, folder_id: int) -> None:
    """Remove a folder, and the root that it may be, where it holds neither a file nor a folder."""
    connection.execute("DELETE FROM roots WHERE folder_id = ?", (folder_id,))
    connection.execute(
        "DELETE FROM folders WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM files WHERE folder_id = ?1)"
        " AND NOT EXISTS (SELECT 1 FROM folders AS inner WHERE inner.parent_id = ?1)",
        (folder_id,),
    )


def subtree(connection: apsw.Connection, folder_id: int) -> list[int]:
    """The ids of a folder and of all folders below it, parents before children."""
    return [row[0] for row in connection.execute(SUBTREE + "SELECT id FROM subtree", (folder_id,))]
