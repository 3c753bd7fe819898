"""Takes filters out of a query by their places in it. Imports no Qt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from finder.text import clean

Span = tuple[int, int]


def cut(shown: str, typed: str, spans: Iterable[Span]) -> str:
    """A query without parts of it.

    Args:
        shown: what stands in the box, which may have been typed on since.
        typed: the query that was answered, as the service cleaned it; the places count in it.
        spans: start and end of each part; what is not in the box any more is not looked for elsewhere.
    """
    text = clean(shown)
    for start, end in sorted(spans, reverse=True):
        part = typed[start:end]
        at = start if text[start:end] == part else text.find(part)
        if at >= 0:
            text = " ".join(kept for kept in (text[:at].strip(), text[at + len(part) :].strip()) if kept)
    return text


def places(chips: Iterable[dict[str, Any]]) -> list[Span]:
    """Where what was understood stands in the query."""
    return [(chip["start"], chip["end"]) for chip in chips]


def is_kind(chip: dict[str, Any]) -> bool:
    """True of a filter that asks for files of a kind."""
    return bool(chip["field"] == "type" and not chip["is_negated"])
