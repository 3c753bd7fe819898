"""What every reader is, what bounds it, and the builder that keeps places in step with the text. Imports no reader."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from finder.text import clean
from finder.types import Document, FileType, Place

HEAD_BYTES = 8192
"""So much of a file is looked at to tell its kind."""

HEADING_CHARS = 200
"""The most of a heading that is kept: it goes into every passage below it."""

METADATA_CHARS = 500
"""The most of one piece of metadata that is kept."""

SURE = 100
"""The bytes say so, beyond doubt."""
NAMED = 60
"""The name says so, and the bytes do not speak against it."""
LIKELY = 50
"""The bytes look like it, whatever the name says."""
CLAIMED = 20
"""The name alone says so; the bytes do not bear it out."""
FALLBACK = 10
"""Anything that can be read as text at all."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost at most."""

    text_chars: int = 2 << 20
    """More text than this is cut, and the document marked as cut."""
    inflated_bytes: int = 256 << 20
    """All members of an archive together, unpacked."""
    members: int = 10_000
    """Of one archive."""
    levels: int = 3
    """Files in files in files: what lies deeper is named and not read."""


class Reader(Protocol):
    """Takes the text out of one family of formats."""

    @property
    def name(self) -> str: ...

    def score(self, name: str, head: bytes) -> int | None:
        """How sure it is that a file with this name and these first bytes is its own; None for not at all."""
        ...

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        """The text of `file`, read from its start.

        Raises:
            FileError: what stands in the way, as a code and in words.
        """
        ...


ReadInner = Callable[[BinaryIO, bytes, Limits], Document]
"""Reads a file that lies in another one, with the limits that the outer one has left. Raises FileError, also where
`levels` is used up."""


@dataclass(slots=True)
class TextBuilder:
    """Collects a document's text piece by piece, cleaned, with its places, up to a limit."""

    limit_chars: int
    is_cut: bool = False
    _pieces: list[str] = field(default_factory=list)
    _places: list[Place] = field(default_factory=list)
    _length: int = 0
    _newlines: int = 0
    """Line ends owed before the next piece."""

    def add(self, text: str) -> None:
        """Append `text`; what lies past the limit is left out and the document marked as cut."""
        text = clean(text)
        if not text or self.is_cut:
            return
        if self._newlines and self._length:
            text = "\n" * self._newlines + text
        self._newlines = 0
        room = self.limit_chars - self._length
        self.is_cut = len(text) > room
        self._pieces.append(text[:room])
        self._length += len(self._pieces[-1])

    @property
    def is_empty(self) -> bool:
        return not self._length

    def end_line(self) -> None:
        self._newlines = max(self._newlines, 1)

    def end_paragraph(self) -> None:
        self._newlines = 2

    def heading(self, heading: str | None) -> None:
        """From here on the text stands under `heading`."""
        last = self._places[-1] if self._places else Place(0)
        self._put(Place(self._length, last.page, heading, last.label))

    def page(self, number: int) -> None:
        """From here on the text is on page `number`, counted from 1."""
        last = self._places[-1] if self._places else Place(0)
        self._put(Place(self._length, number, last.heading, last.label))

    def label(self, label: str | None) -> None:
        """From here on the text stands at a place with a name of its own: "slide 4", "sheet Budget, row 12"."""
        last = self._places[-1] if self._places else Place(0)
        self._put(Place(self._length, last.page, last.heading, label))

    @property
    def room_chars(self) -> int:
        """How much text may still be added."""
        return self.limit_chars - self._length

    def include(self, inner: Document, label: str | None) -> None:
        """Append the text of a file that lies in this one, with its places, as paragraphs of their own.

        Its own places follow `label` ("attachment plan.pptx, slide 4"): alone they would be taken for this file's.
        Without one it is a part of this file, such as a chapter.
        """
        self.end_paragraph()
        outer = self._places[-1] if self._places else Place(0)
        base = self._length + (2 if self._length else 0)
        heading = outer.heading if label is None else None
        for place in (Place(0), *inner.places):
            where = place.label or (f"page {place.page}" if place.page is not None else None)
            words = ", ".join(part for part in (outer.label, label, where) if part) or None
            self._put(Place(base + place.start, place.page, place.heading or heading, words))
        self.add(inner.text)
        self.is_cut |= inner.is_cut
        self.end_paragraph()
        self._put(Place(self._length, outer.page, outer.heading, outer.label))

    def _put(self, place: Place) -> None:
        heading, label = one_line(place.heading, HEADING_CHARS), one_line(place.label, METADATA_CHARS)
        place = Place(place.start, place.page, heading or None, label or None)
        if self._places and self._places[-1].start == place.start:
            self._places.pop()
        self._places.append(place)

    def document(
        self,
        title: str | None = None,
        notes: tuple[str, ...] = (),
        metadata: Mapping[str, str | None] | None = None,
        type_: FileType = "document",
    ) -> Document:
        """What was collected. Metadata without words is left out, and long metadata cut."""
        text = "".join(self._pieces)
        places = tuple(place for place in self._places if place.start < len(text))
        said = tuple(one_line(note, METADATA_CHARS) for note in notes)
        return Document(text, places, title, type_, is_cut=self.is_cut, notes=said, metadata=short(metadata or {}))


def one_line(words: str | None, most_chars: int) -> str:
    """`words` as they are shown: cleaned, on one line, and cut."""
    return " ".join(clean(words or "").split())[:most_chars]


def short(metadata: Mapping[str, str | None]) -> dict[str, str]:
    """Metadata as it is kept: one line each, at most 500 characters, nothing empty."""
    lines = {key: one_line(value, METADATA_CHARS) for key, value in metadata.items()}
    return {key: line for key, line in lines.items() if line}


_POOR_TITLE = re.compile(
    r"(?:untitled|unnamed|no title|title|document|microsoft word\b.*|powerpoint presentation|slide 1|.*[/\\].*\..*)\d*"
    r"|.*\.(?:docx?|pdf|tex|dvi|indd|rtf|odt|pptx?|xlsx?|html?|txt|qxd|pmd|wpd|cdr|ai)",
    re.IGNORECASE,
)


def sensible_title(text: str | None) -> str | None:
    """`text` as a title, or None where it is what programs write when nobody gave one."""
    title = " ".join(clean(text or "").split())
    has_letters = sum(map(str.isalpha, title)) >= 2
    return title if has_letters and len(title) <= 200 and not _POOR_TITLE.fullmatch(title) else None
