"""How the reading of one file ended, and the commit that says so. Knows no reader."""

from __future__ import annotations

from dataclasses import dataclass

import apsw

from finder.errors import FileError
from finder.extract.kinds import reader_key
from finder.store import contents, files
from finder.store.files import FileRow
from finder.types import Extraction, FileIdentity, FileState

_NAME_ONLY_CODES = frozenset({"empty", "binary", "unsupported", "not_regular", "secret"})
"""Nothing went wrong with these files: there is just no text to be had."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the reading of one file ended."""

    identity: FileIdentity
    reader: str = ""
    """The key under which it is recorded; empty for that which the name tells."""
    hash: bytes | None = None
    extraction: Extraction | None = None
    error: FileError | None = None


def record_outcome(connection: apsw.Connection, row: FileRow, outcome: Outcome) -> list[int] | None:
    """Commit one outcome. Returns the vectors that died, or None where the file changed meanwhile."""
    current = files.get(connection, row.id)
    if current is None or (current.folder_id, current.name) != (row.folder_id, row.name):
        return None
    if not current.identity.same_bytes_as(row.identity):
        return None
    reader = outcome.reader or reader_key(row.name)
    files.set_identity(connection, row.id, outcome.identity)
    if outcome.error is not None:
        state = FileState.NAME_ONLY if outcome.error.code in _NAME_ONLY_CODES else FileState.FAILED
        files.set_unread(connection, row.id, state, reader, outcome.error.code, outcome.error.title)
    else:
        assert outcome.hash is not None
        content_id = contents.find(connection, outcome.hash, reader)
        if content_id is None:
            if outcome.extraction is None:
                return None  # the content it was to share went in the meantime: read it after all
            content_id = contents.add(connection, outcome.hash, reader, outcome.extraction)
        files.set_read(connection, row.id, reader, content_id)
        if content_id == current.content_id:
            return []
    return contents.remove_unreferenced(connection, [] if current.content_id is None else [current.content_id])
