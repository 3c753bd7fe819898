"""The folders that `in:` names: among those that are indexed, and, where none is called so, on the disk."""

from __future__ import annotations

import os
import shlex

import apsw

from finder.paths import display
from finder.search.query import Query
from finder.store import folders


def folders_named(connection: apsw.Connection, name: str) -> list[int]:
    """The indexed folders that `in:` with this value stands for: an absolute path, one below ~, or a name anywhere.

    Of a path that is not indexed itself, the indexed folders below it; of links, what they lead to.
    """
    path = _absolute(name)
    if path is None:
        return folders.called(connection, name)
    return _at_or_below(connection, path) or _at_or_below(connection, os.path.realpath(path))


def _at_or_below(connection: apsw.Connection, path: bytes) -> list[int]:
    folder_id = folders.folder_at(connection, path)
    if folder_id is not None:
        return [folder_id]
    below = os.path.join(path, b"")
    return [root.folder_id for root in folders.roots(connection) if root.path.startswith(below)]


def not_indexed(connection: apsw.Connection, query: Query) -> tuple[list[bytes], list[str]]:
    """Folders that `in:` names, that are on the disk and hold nothing indexed; and a note for each name without one."""
    there: list[bytes] = []
    notes: list[str] = []
    for one in query.filters:
        for name in one.values if one.field == "in" and not one.is_negated else ():
            if folders_named(connection, name):
                continue
            path = _absolute(name) or os.fsencode(os.path.normpath(os.path.join(os.path.expanduser("~"), name)))
            if os.path.isdir(path):
                there.append(path)
                notes.append(not_searched(path))
            else:
                notes.append(f"No indexed folder is called “{name}”.")
    return there, notes


def not_searched(path: bytes) -> str:
    """That a folder is not indexed, and how to add it."""
    return f"Not indexed: {display(path)}. To add it: inkling index {shlex.quote(display(path))}"


def _absolute(name: str) -> bytes | None:
    path = os.path.expanduser(name)
    return os.fsencode(os.path.normpath(path)) if os.path.isabs(path) else None
