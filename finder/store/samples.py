"""Passages of the catalog by chance: what `evaluate --mine` asks for again. Works on a reading connection."""

from __future__ import annotations

import random
from dataclasses import dataclass

import apsw

_LEAST_CHARS = 80
"""A shorter passage is a title or a number, and nobody could ask for it."""
_LEAST_CHARS_CJK = 30
_MOST_CONTENTS = 2
"""What stands in more of them is boilerplate: asking for it asks for any of them."""
_TEXTS_TRIED = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """One passage and the content that holds it."""

    content_id: int
    text: str


def passage(connection: apsw.Connection, rng: random.Random) -> Sample | None:
    """A passage of a content, both by chance, so that long files are no likelier than short ones.

    Not of a file: looking for the next one with a text may mean passing by a million pictures. None where chance met a
    content that holds no passage that is fit.
    """
    first, last = connection.execute("SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM contents").get
    content_id = connection.execute(
        "SELECT id FROM contents WHERE id >= ? ORDER BY id LIMIT 1", (rng.randint(first, last),)
    ).get
    if content_id is None:
        return None
    count: int = connection.execute("SELECT count(*) FROM passages WHERE content_id = ?", (content_id,)).get
    for ordinal in rng.sample(range(count), min(_TEXTS_TRIED, count)):
        text = _text_at(connection, content_id, ordinal)
        if text is not None:
            return Sample(content_id, text)
    return None


def _text_at(connection: apsw.Connection, content_id: int, ordinal: int) -> str | None:
    """The passage at a place in a content; None where it is too short, or stands in many contents."""
    row = connection.execute(
        "SELECT text_id, body FROM passages JOIN texts ON texts.id = text_id WHERE content_id = ? AND ordinal = ?",
        (content_id, ordinal),
    ).fetchone()
    if row is None:
        return None
    text_id, text = row
    if len(text) < (_LEAST_CHARS if text.isascii() else _LEAST_CHARS_CJK):
        return None
    holders: int = connection.execute(
        "SELECT count(DISTINCT content_id) FROM (SELECT content_id FROM passages WHERE text_id = ? LIMIT 100)",
        (text_id,),
    ).get
    return str(text) if holders <= _MOST_CONTENTS else None
