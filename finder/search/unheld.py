"""Phrases that stand in no file: within a longer question their words are searched for, and the answer says so."""

from __future__ import annotations

from dataclasses import replace

import apsw

from finder.search.language.parsing import Part
from finder.search.query import Query, query_of
from finder.store import phrases


def with_held_phrases(connection: apsw.Connection, query: Query) -> Query:
    """The query, in which a phrase that no file holds is words, where it has other words.

    Who asks for a phrase alone wants nothing else: it stays one. Each has its note.
    """
    unheld = [part for part in query.parts if part.kind == "phrase" and not part.is_negated]
    unheld = [part for part in unheld if not _is_held(connection, part.value)]
    if not unheld:
        return query
    has_words = any(part.kind == "words" and not part.is_negated for part in query.parts)
    behind = ": searched for its words." if has_words else "."
    notes = [*query.notes, *dict.fromkeys(f"No file holds “{part.value}”{behind}" for part in unheld)]
    if not has_words:
        return replace(query, notes=notes)
    parts = [_as_words(part) if part in unheld else part for part in query.parts]
    return query_of(query.typed, parts, notes, query.is_typing)


def _as_words(part: Part) -> Part:
    return replace(part, kind="words")


def _is_held(connection: apsw.Connection, phrase: str) -> bool:
    return bool(len(phrases.texts_with(connection, phrase)) or len(phrases.files_named(connection, phrase)))
