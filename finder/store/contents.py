"""Contents, passages, texts and their keyword rows: what reading a file writes. Works on the writing connection.

Everything below a content goes when its last file goes; a text goes, with its keyword row and its vectors, when its
last passage goes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import apsw

from finder.crashpoints import crash_point
from finder.languages import language_of
from finder.store import keywords
from finder.types import Extraction, Passage

PASSAGES_LOOKED_AT = 4
"""A text's first so many say which language it is in."""


def find(connection: apsw.Connection, hash: bytes, reader: str) -> int | None:
    """The id of the content that `reader` took out of bytes of this hash, or None where they were never read."""
    row = connection.execute("SELECT id FROM contents WHERE hash = ? AND reader = ?", (hash, reader)).fetchone()
    return row and row[0]


@dataclass(frozen=True, slots=True)
class About:
    """What reading said of a content beside its text."""

    title: str | None
    metadata: dict[str, str]
    notes: list[str]
    """What was left out, for a person."""


def about(connection: apsw.Connection, content_id: int) -> About:
    """What is known of a content that is there."""
    title, metadata, notes, is_cut, chars, encoding, is_encoding_guessed = connection.execute(
        "SELECT title, metadata, notes, is_cut, chars, encoding, is_encoding_guessed FROM contents WHERE id = ?",
        (content_id,),
    ).get
    said = json.loads(notes)
    if is_cut:
        said.append(f"It is longer than is kept: its first {chars:,} characters are indexed")
    if is_encoding_guessed:
        said.append(f"It does not say how it is encoded; {encoding} was guessed")
    return About(title, json.loads(metadata), said)


def add(connection: apsw.Connection, hash: bytes, reader: str, extraction: Extraction) -> int:
    """Insert what `reader` took out of bytes of this hash; texts that are known already are shared. Returns its id."""
    connection.execute(
        "INSERT INTO contents(hash, reader, type, title, encoding, is_encoding_guessed, is_cut, chars, metadata, notes,"
        " language) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            hash,
            reader,
            extraction.type,
            extraction.title,
            extraction.encoding,
            extraction.is_encoding_guessed,
            extraction.is_cut,
            extraction.chars,
            json.dumps(extraction.metadata, ensure_ascii=False),
            json.dumps(list(extraction.notes), ensure_ascii=False),
            language_of_passages(extraction.passages),
        ),
    )
    content_id = connection.last_insert_rowid()
    for ordinal, passage in enumerate(extraction.passages):
        text_id = _shared_text(connection, passage.heading or "", passage.text)
        connection.execute(
            "INSERT INTO passages(content_id, ordinal, text_id, start, end, page, line, label)"
            " VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
            (content_id, ordinal, text_id, passage.start, passage.end, passage.page, passage.line, passage.label),
        )
    return content_id


def language_of_passages(passages: Sequence[Passage]) -> str:
    """The language that a document is in, told from its first passages; "" where it cannot be told."""
    return language_of("\n".join(passage.text for passage in passages[:PASSAGES_LOOKED_AT]))


def text_hash(heading: str, body: str) -> bytes:
    """What a text is known by: 16 bytes, equal for equal passages under equal headings ("" for none)."""
    return hashlib.blake2b(f"{heading}\0{body}".encode(), digest_size=16).digest()


def _shared_text(connection: apsw.Connection, heading: str, body: str) -> int:
    digest = text_hash(heading, body)
    row = connection.execute("SELECT id FROM texts WHERE hash = ?", (digest,)).fetchone()
    if row is not None:
        return int(row[0])
    connection.execute("INSERT INTO texts(hash, heading, body) VALUES(?, ?, ?)", (digest, heading, body))
    text_id = connection.last_insert_rowid()
    connection.execute(
        "INSERT INTO words(rowid, heading, body) VALUES(?, ?, ?)",
        (text_id, keywords.index_text(heading), keywords.index_text(body)),
    )
    return text_id


def remove_unreferenced(connection: apsw.Connection, content_ids: Iterable[int]) -> list[int]:
    """Remove those of `content_ids` that no file points to, and what only they held.

    Returns:
        The sequence numbers of the vectors that went, so that the vector indexes can hide them.
    """
    gone: list[int] = []
    for content_id in set(content_ids):
        if connection.execute("SELECT 1 FROM files WHERE content_id = ? LIMIT 1", (content_id,)).fetchone():
            continue
        text_ids = [row[0] for row in connection.execute(
            "SELECT DISTINCT text_id FROM passages WHERE content_id = ?", (content_id,)
        )]  # fmt: skip
        connection.execute("DELETE FROM passages WHERE content_id = ?", (content_id,))
        connection.execute("DELETE FROM contents WHERE id = ?", (content_id,))
        crash_point("contents.half_removed")
        for text_id in text_ids:
            gone.extend(_remove_text_if_unused(connection, text_id))
    return gone


def _remove_text_if_unused(connection: apsw.Connection, text_id: int) -> list[int]:
    if connection.execute("SELECT 1 FROM passages WHERE text_id = ? LIMIT 1", (text_id,)).fetchone():
        return []
    seqs = [row[0] for row in connection.execute("SELECT seq FROM vectors WHERE text_id = ?", (text_id,))]
    connection.execute("DELETE FROM vectors WHERE text_id = ?", (text_id,))
    heading, body = connection.execute("SELECT heading, body FROM texts WHERE id = ?", (text_id,)).get
    connection.execute(
        "INSERT INTO words(words, rowid, heading, body) VALUES('delete', ?, ?, ?)",
        (text_id, keywords.index_text(heading), keywords.index_text(body)),
    )
    connection.execute("DELETE FROM texts WHERE id = ?", (text_id,))
    return seqs
