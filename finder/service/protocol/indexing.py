"""How indexing goes and what it came to; which files are in the index, and why."""

from __future__ import annotations

from typing import Literal, TypedDict

from finder.types import Reason

Phase = Literal["scanning", "reading", "embedding", "idle", "paused"]


class Progress(TypedDict):
    phase: Phase
    files_seen: int
    files_read: int
    files_total: int
    bytes_read: int
    bytes_total: int
    passages_embedded: int
    passages_total: int
    """Both count since the work in hand began."""
    passages_per_second: float
    seconds_left: float | None
    """From bytes and passages; None until it can be said."""


class FailedFile(TypedDict):
    uri: str
    path: str
    code: str
    reason: str
    tried_again: str
    """When, in words."""


class Indexed(TypedDict):
    folders: list[str]
    files: int
    """Eligible files within the folders now."""
    read: int
    """Files within the folders that were read in this request."""
    embedded: int
    """Passages of files within the folders whose vector came in this request."""
    name_only: int
    failed: list[FailedFile]
    """Every file within the folders that could not be read, with the reason; at most 1,000."""
    failed_count: int
    absorbed: list[str]
    """Paths of folders that were indexed on their own before and are part of these now."""
    seconds: float


class Forgotten(TypedDict):
    files: int
    is_erased: bool
    """False where they can be found no more, and their last bytes are still being erased."""


class Excluded(TypedDict):
    patterns: list[str]
    """All of the user's own, in order: gitignore syntax, or the `file:` URI of one file or folder."""
    files: int
    """Files that left the index."""
    is_erased: bool


class Surveyed(TypedDict):
    """What lies in a folder, after the rules."""

    files: int
    size_bytes: int
    """Of those that would be read."""
    name_only: int
    left_out: int
    """Entries, a folder counted once."""
    is_complete: bool
    """False where the time was up: there is at least so much."""


class WouldIndex(TypedDict):
    is_indexed: bool
    is_name_only: bool
    """It would be found by its name alone."""
    reason: str
    """Why not, or why by name alone; empty where nothing speaks against it."""
    rule: str | None
    """The rule of the user's own that leaves it out."""


class Why(TypedDict):
    uri: str
    path: str
    is_indexed: bool
    findable_by: list[Reason]
    reason: str
    """The rule, error or state that explains it, in a plain sentence."""
    title: str | None
    metadata: dict[str, str]
    """What the file says of itself: author, date, subject, from, to, keywords."""
    notes: list[str]
    """What of it was not read, or was guessed, and why."""
    modified: str | None
    indexed_at: str | None
