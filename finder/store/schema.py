"""The catalog's tables, and how a connection to it is opened. The catalog is the one source of truth.

The way of the data: `roots -> folders -> files -> contents -> passages -> texts -> words, vectors`.

A *content* is what one reader took out of one sequence of bytes: two equal files share it. A *text* is a passage's
heading and body: equal passages share it, so its keyword row and its vector exist once however many files hold it.
A rename touches one row of `files` or `folders` and nothing below it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import apsw

from finder.crashpoints import crash_point
from finder.errors import EnvironmentFaultError, NewerIndexError, StoreDamagedError
from finder.store.facets import extension_of

SCHEMA_VERSION = 3
"""In `PRAGMA user_version`. A migration to each next version stands in `MIGRATIONS`."""

DAMAGE = (apsw.CorruptError, apsw.NotADBError)
"""What SQLite raises over a file that is no sound database."""

_BUSY_TIMEOUT_MS = 10_000
_READERS_WAITED_FOR_MS = 100

_TABLES = """
CREATE TABLE folders(
    id        INTEGER PRIMARY KEY,
    parent_id INTEGER REFERENCES folders(id),  -- NULL for the folder of a root
    name      BLOB NOT NULL,                   -- one component; for the folder of a root its whole path
    device    INTEGER NOT NULL,
    inode     INTEGER NOT NULL,
    UNIQUE(parent_id, name)
) STRICT;
CREATE INDEX folders_by_inode ON folders(inode);

CREATE TABLE roots(
    id         INTEGER PRIMARY KEY,
    folder_id  INTEGER NOT NULL UNIQUE REFERENCES folders(id),
    is_watched INTEGER NOT NULL,
    is_online  INTEGER NOT NULL DEFAULT 1,
    scanned_ns INTEGER,                         -- end of the last complete scan, NULL before it
    filesystem TEXT NOT NULL DEFAULT ''         -- files.mounts.filesystem_of when it was last there, '' before
) STRICT;

CREATE TABLE contents(
    id         INTEGER PRIMARY KEY,
    hash       BLOB NOT NULL,                   -- of the bytes
    reader     TEXT NOT NULL,                   -- kinds.reader_key: name and version of what read them
    type       TEXT NOT NULL,
    title      TEXT,
    encoding   TEXT,
    is_encoding_guessed INTEGER NOT NULL,
    is_cut     INTEGER NOT NULL,
    chars      INTEGER NOT NULL,
    metadata   TEXT NOT NULL,                   -- JSON object
    notes      TEXT NOT NULL,                   -- JSON list
    language   TEXT NOT NULL DEFAULT '',        -- languages.language_of its beginning, '' where it cannot be told
    UNIQUE(hash, reader)
) STRICT;
CREATE INDEX contents_by_language ON contents(language);

CREATE TABLE files(
    id         INTEGER PRIMARY KEY,
    folder_id  INTEGER NOT NULL REFERENCES folders(id),
    name       BLOB NOT NULL,
    type       TEXT NOT NULL,
    device     INTEGER NOT NULL,
    inode      INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    mtime_ns   INTEGER NOT NULL,
    ctime_ns   INTEGER NOT NULL,
    state      TEXT NOT NULL,                   -- FileState
    code       TEXT,                            -- FileError.code where failed, or a rule's where name_only
    reason     TEXT,                            -- the same for a person
    attempts   INTEGER NOT NULL DEFAULT 0,      -- readings begun and not ended: what kills its reader shows here
    reader     TEXT,                            -- the reader_key that the state comes from
    content_id INTEGER REFERENCES contents(id), -- its latest text; NULL before the first reading
    indexed_ns INTEGER,                         -- when the state was reached
    extension  TEXT NOT NULL DEFAULT '',        -- facets.extension_of its name
    UNIQUE(folder_id, name)
) STRICT;
CREATE INDEX files_by_inode ON files(inode);
CREATE INDEX files_by_content ON files(content_id);
CREATE INDEX files_by_state ON files(state, size_bytes);
CREATE INDEX files_waiting ON files(mtime_ns) WHERE state = 'waiting';
-- Endings are counted and looked for without reading the rows themselves (store.facets).
CREATE INDEX files_by_facet ON files(type, extension, mtime_ns, size_bytes, folder_id, content_id);

CREATE TABLE texts(
    id      INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice: words and vectors are keyed by it
    hash    BLOB NOT NULL UNIQUE,               -- of heading and body
    heading TEXT NOT NULL,                      -- '' where there is none
    body    TEXT NOT NULL
) STRICT;

CREATE TABLE passages(
    id         INTEGER PRIMARY KEY,
    content_id INTEGER NOT NULL REFERENCES contents(id),
    ordinal    INTEGER NOT NULL,                -- 0-based, in the order of the text
    text_id    INTEGER NOT NULL REFERENCES texts(id),
    start      INTEGER NOT NULL,                -- character offsets into the extracted text
    end        INTEGER NOT NULL,
    page       INTEGER,
    line       INTEGER,
    label      TEXT,
    UNIQUE(content_id, ordinal)
) STRICT;
CREATE INDEX passages_by_text ON passages(text_id);

-- Keyword rows. Contentless: the text stands once, in `texts`; what was indexed is derived from it again for a
-- deletion (keywords.index_text), which must therefore not change within one schema version. Without `secure-delete`,
-- with which a deletion takes twenty times as long: what must leave the file leaves it by keywords.merge.
CREATE VIRTUAL TABLE words USING fts5(
    heading, body, content='', tokenize="porter unicode61 remove_diacritics 2 categories 'L* N* Co M*'"
);
CREATE VIRTUAL TABLE names USING fts5(
    name, content='', tokenize="unicode61 remove_diacritics 2 categories 'L* N* Co M*'", prefix='2 3'
);

CREATE TABLE spaces(
    id        INTEGER PRIMARY KEY,
    key       TEXT NOT NULL UNIQUE,             -- Space.key
    model     TEXT NOT NULL,
    dimension INTEGER NOT NULL,
    state     TEXT NOT NULL                     -- active | building | retired; at most one is active
) STRICT;

CREATE TABLE vectors(
    seq      INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: the vector's id in Chroma
    space_id INTEGER NOT NULL REFERENCES spaces(id),
    text_id  INTEGER NOT NULL REFERENCES texts(id),
    vector   BLOB NOT NULL,                     -- (dimension,) float16, L2 norm 1
    UNIQUE(text_id, space_id)
) STRICT;
CREATE INDEX vectors_by_space ON vectors(space_id);  -- and by seq within it, as every index is

-- What must still be done after a kill, and follows from no other table.
CREATE TABLE marks(
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
"""

MIGRATIONS: dict[int, str] = {
    1: """
ALTER TABLE roots ADD COLUMN filesystem TEXT NOT NULL DEFAULT '';
CREATE TABLE marks(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
INSERT INTO words(words, rank) VALUES('secure-delete', 0);
INSERT INTO names(names, rank) VALUES('secure-delete', 0);
""",
    2: """
ALTER TABLE contents ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE files ADD COLUMN extension TEXT NOT NULL DEFAULT '';
INSERT INTO marks SELECT 'languages', CAST(max(id) AS TEXT) FROM contents HAVING max(id) IS NOT NULL;
UPDATE files SET extension = extension_of(name);
CREATE INDEX contents_by_language ON contents(language);
CREATE INDEX files_by_facet ON files(type, extension, mtime_ns, size_bytes, folder_id, content_id);
""",
}
"""SQL that leads from the version that is the key to the next one.

Nobody is answered meanwhile: what takes longer than copying the file is marked here, and done behind (`store.spoken`).
"""


def open_writer(path: Path) -> apsw.Connection:
    """The one writing connection, its tables made or brought up to date.

    COMMIT is the program's acknowledgement, so `synchronous` is FULL. Deleted bytes are overwritten.

    Raises:
        NewerIndexError: written by a newer version; nothing was touched.
        StoreDamagedError: not a sound SQLite database.
        EnvironmentFaultError: cannot be opened or written (rights, full disk).
    """
    connection = _opened(path, apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
    try:
        found = int(connection.pragma("user_version"))
        if found > SCHEMA_VERSION:
            raise NewerIndexError(
                "The index was made by a newer version of Inkling",
                f"its schema is {found}, this version knows {SCHEMA_VERSION}",
                "Update Inkling, or choose another --home. Nothing was changed.",
                str(path),
            )
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", "full")
        connection.pragma("secure_delete", True)
        connection.pragma("foreign_keys", True)
        if found < SCHEMA_VERSION:
            _bring_up_to_date(connection, found, path)
    except EnvironmentFaultError:
        connection.close()
        raise
    except apsw.Error as error:
        connection.close()  # before anybody sets the file aside: closing a log removes what bears its name by then
        if isinstance(error, DAMAGE):
            raise damaged(path, str(error)) from error
        raise _unusable(path, error) from error
    return connection


def open_reader(path: Path) -> apsw.Connection:
    """A read-only connection; one for each thread that reads. The writer must have made the catalog before."""
    connection = _opened(path, apsw.SQLITE_OPEN_READONLY)
    connection.pragma("query_only", True)
    connection.pragma("mmap_size", 1 << 36)  # addresses, not memory: more than any catalog takes
    return connection


def _opened(path: Path, flags: int) -> apsw.Connection:
    try:
        connection = apsw.Connection(str(path), flags=flags)
    except apsw.Error as error:
        raise _unusable(path, error) from error
    connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
    return connection


def _bring_up_to_date(connection: apsw.Connection, found: int, path: Path) -> None:
    """Make the tables, or copy the catalog aside and migrate it, all in one transaction."""
    if found == 0:
        with connection:
            connection.execute(_TABLES)
            crash_point("schema.tables_made")
            connection.pragma("user_version", SCHEMA_VERSION)
        path.chmod(0o600)
        return
    _copy_aside(connection, path)
    function: Callable[..., str] = extension_of
    connection.create_scalar_function("extension_of", function, 1, deterministic=True)
    with connection:
        for version in range(found, SCHEMA_VERSION):
            connection.execute(MIGRATIONS[version])
        connection.pragma("user_version", SCHEMA_VERSION)
        crash_point("migration.before_commit")
    crash_point("migration.committed")


def _copy_aside(connection: apsw.Connection, path: Path) -> None:
    """Keep the catalog as it is, whole or not at all; what a kill left of an earlier copy is written over."""
    unfinished = Path(f"{path}.before-{SCHEMA_VERSION}.new")
    try:
        unfinished.unlink(missing_ok=True)
        unfinished.touch(0o600)
        if emptied_log(connection):  # and nobody else writes: the file is all there is, and copied five times as fast
            shutil.copyfile(path, unfinished)
            with unfinished.open("rb+") as file:
                os.fsync(file.fileno())
        else:
            connection.execute("VACUUM INTO ?", (str(unfinished),))
        crash_point("migration.copied")
        os.replace(unfinished, path.with_name(f"{path.name}.before-{SCHEMA_VERSION}"))
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise EnvironmentFaultError(
            "The catalog cannot be copied before it is brought up to date",
            error.strerror or "",
            "Check that the disk has room for a copy of it. Nothing was changed.",
            str(path),
        ) from error


def emptied_log(connection: apsw.Connection) -> bool:
    """Move the log into the database file and empty it. False where somebody still reads from it."""
    timeout_ms = connection.pragma("busy_timeout")
    connection.set_busy_timeout(_READERS_WAITED_FOR_MS)  # all that is written waits as long
    try:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.BusyError:
        return False
    finally:
        connection.set_busy_timeout(timeout_ms)
    return True


def damaged(path: Path, detail: str) -> StoreDamagedError:
    """The words for a catalog that is no sound database."""
    return StoreDamagedError("The catalog is damaged", detail, "It is set aside and made again.", str(path))


def _unusable(path: Path, error: apsw.Error) -> EnvironmentFaultError:
    return EnvironmentFaultError(
        "The catalog cannot be opened or written",
        str(error),
        "Check that the folder exists, is yours, and that the disk is not full.",
        str(path),
    )
