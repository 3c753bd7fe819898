"""The words that every layer shares, as plain typed values. Imports the standard library alone.

A `FileIdentity` is what the disk says, a `Document` is what a reader took out of a file, a `Passage` is a piece of it
that can be found. What has vectors in it stands in `finder.vectors`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

JsonObject = dict[str, Any]

Mode = Literal["hybrid", "semantic", "keyword"]
Strength = Literal["strong", "good", "weak"]
Reason = Literal["name", "words", "meaning"]
Reach = Literal["name", "text", "meaning"]
"""How far a file has come: what it can be found by, each with those before it."""
FileType = Literal[
    "document", "code", "image", "mail", "sheet", "slides", "notebook", "archive", "audio", "video", "other"
]


class FileState(StrEnum):
    """How far a file has come. Meaning is not a state here: it follows from the vectors that exist."""

    WAITING = "waiting"
    """Known by name; its text is to be read, or read again. Until then its former text, if any, still answers."""
    READ = "read"
    """Its text is in the catalog and findable by words."""
    NAME_ONLY = "name_only"
    """Findable by name alone, by rule or because nothing can read it; `reason` says why."""
    FAILED = "failed"
    """Reading was tried and ended in an error; `reason` says which. Tried again when the file or the reader changes."""


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """What `stat` says of one regular file. inode and device are hints only: they drift over reboots and USB."""

    device: int
    inode: int
    size_bytes: int
    mtime_ns: int
    ctime_ns: int

    def same_bytes_as(self, other: FileIdentity) -> bool:
        """True where nothing suggests that the bytes differ: size and both times are equal."""
        return (self.size_bytes, self.mtime_ns, self.ctime_ns) == (other.size_bytes, other.mtime_ns, other.ctime_ns)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a document the text from `start` on stands, until the next place begins."""

    start: int
    """Character offset into `Document.text`."""
    page: int | None = None
    """1-based page, None where the format has none."""
    heading: str | None = None
    """The heading (or symbol, sheet, slide title) above the text; embedded together with it."""
    label: str | None = None
    """A place in words, for formats without pages: "slide 4", "sheet Budget, row 12", "cell 7"."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a reader took out of one file.

    `text` is what offsets count in: plain characters, `\\n` line ends, no NUL, no lone surrogates, invisible
    characters (zero width, byte-order marks, controls but for tab and newline) removed.
    """

    text: str
    places: tuple[Place, ...] = ()
    """In order of `start`."""
    title: str | None = None
    type: FileType = "document"
    encoding: str | None = None
    """The codec that decoded it, for plain text formats."""
    is_encoding_guessed: bool = False
    is_cut: bool = False
    """True where the text kept was limited by size."""
    has_lines: bool = False
    """True where line numbers mean something to a person (plain text, code)."""
    metadata: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """What was left out and why, in plain words ("3 pages hold no text")."""
    blank_pages: tuple[int, ...] = ()
    """Pages that show something and hold no text: a text recognition program may read them."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document that is found, shown and embedded on its own."""

    start: int
    end: int
    """Character offsets into `Document.text`; `text == document.text[start:end]`."""
    text: str
    heading: str | None = None
    page: int | None = None
    line: int | None = None
    """1-based line of `start`, None where lines mean nothing."""
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Extraction:
    """What reading and splitting one file gave: a `Document` without its text, and its passages."""

    type: FileType
    title: str | None
    encoding: str | None
    is_encoding_guessed: bool
    is_cut: bool
    chars: int
    """Length of the extracted text."""
    metadata: dict[str, str]
    notes: tuple[str, ...]
    passages: tuple[Passage, ...]
    blank_pages: tuple[int, ...] = ()
    is_recognised: bool = False
    """True where what pictures show was looked for; what was found is in the passages."""
