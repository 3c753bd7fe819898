"""An answer's shape, as it leaves the search and travels to whoever asked. Imports nothing of weight."""

from __future__ import annotations

from typing import Literal, TypedDict

from finder.types import FileType, Mode, Reach, Reason, Strength

ChipField = Literal["ext", "type", "in", "name", "modified", "before", "after", "size", "lang", "phrase", "word"]
ItemKind = Literal["field", "type", "folder", "extension", "language", "time", "size"]
EmptyBecause = Literal["nothing_fits", "still_indexing", "hidden_by_filters", "folder_not_indexed"]


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
    words: list[tuple[int, int]]
    """(start, end) in `text` of the query's words, in order, not overlapping."""
    answer: tuple[int, int] | None
    """(start, end) in `text` of what answers by meaning. None where nothing stands out, or it was not looked for."""


class FoundFile(TypedDict):
    uri: str
    path: str
    name: str
    score: float
    """0..1, higher is better; comparable within one answer only."""
    strength: Strength
    why: list[Reason]
    reason: str
    """The same in a plain line, with the words that are equal ("By meaning; words: landlord, moving out")."""
    reach: Reach
    name_words: list[tuple[int, int]]
    """(start, end) in `name` of the query's words."""
    modified: str
    """ISO 8601 with offset, UTC."""
    size_bytes: int
    type: FileType
    copies: list[str]
    """Paths of files with equal content, this one left out."""
    passages: list[FoundPassage]
    """Best first."""
    is_offline: bool
    """Its drive is away: it is shown as it was when it was last seen, and cannot be opened now."""


class Chip(TypedDict):
    """One operator of the query as it was understood. Cut [start, end) out of `Found.typed` to search without it."""

    start: int
    end: int
    field: ChipField
    value: str
    """As typed, without quotes."""
    text: str
    """What it means, in plain English ("before March 2024", "not in archive")."""
    is_negated: bool
    fits_without: int | None
    """At least so many files fit without it. None where something fits as it is, or it was not looked for."""


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
    """What was searched for: words and phrases without operators; empty where only filters were typed, and the newest
    files are listed."""
    typed: str
    """The query as it was typed, without what cannot be seen."""
    understood: list[Chip]
    """Filters, phrases and excluded words, in the order in which they were typed."""
    mode: Mode
    results: list[FoundFile]
    kinds: dict[FileType, int]
    """Files that fit, by type, before a type was chosen: at least so many."""
    coverage: Coverage
    empty_because: EmptyBecause | None
    """Why nothing fits; None where something does, and in a partial answer."""
    suggestion: str | None
    """The query with a better spelling of words that stand in no file; None where there is none, or something fits."""
    not_indexed: list[str]
    """Folders that were asked for and are not indexed, as URIs."""
    elapsed_ms: float
    notes: list[str]
    """What a person should know of this answer ("The model is still loading: found by words alone")."""


class Completion(TypedDict):
    """Put `text` in the place of [start, end) of the query."""

    text: str
    kind: ItemKind
    start: int
    end: int
    about: str
    """What it stands for, where `text` does not say it: an example of a field, a folder's path, a language's name."""


def line_of(passage: FoundPassage) -> int | None:
    """The line of what was found: of what answers, else of the first equal word, else of the passage's beginning."""
    if passage["line"] is None:
        return None
    places = [passage["answer"]] if passage["answer"] is not None else passage["words"]
    start = places[0][0] if places else 0
    return passage["line"] + passage["text"].count("\n", 0, start)
