"""An answer's shape, as it leaves the search and travels to whoever asked. Imports nothing of weight."""

from __future__ import annotations

from typing import TypedDict

from finder.types import FileType, Mode, Reason, Strength


class FoundPassage(TypedDict):
    text: str
    start: int
    end: int
    """Character offsets in the extracted text."""
    page: int | None
    line: int | None
    heading: str | None
    label: str | None
    """The place in words, for formats without pages or lines ("slide 4")."""


class FoundFile(TypedDict):
    uri: str
    path: str
    name: str
    score: float
    """0..1, higher is better; comparable within one answer only."""
    strength: Strength
    why: list[Reason]
    modified: str
    """ISO 8601 with offset, UTC."""
    size_bytes: int
    type: FileType
    copies: list[str]
    """Paths of files with equal content, this one left out."""
    passages: list[FoundPassage]
    """Best first."""


class Coverage(TypedDict):
    indexed: int
    """Files within the searched folders whose text, or whose name alone by rule, can be found."""
    pending: int
    """Files within them that still wait for text or meaning."""
    failed: int
    filtered_out: int
    """Files that would have matched but for a filter."""


class Found(TypedDict):
    query: str
    mode: Mode
    results: list[FoundFile]
    coverage: Coverage
    elapsed_ms: float
    notes: list[str]
    """What a person should know of this answer ("The model is still loading: found by words alone")."""
