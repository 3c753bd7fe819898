"""Files that lie in another file: attachments, members of archives. Imports no reader: whoever uses it is handed one.

What cannot be read is named with its reason, and the rest goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import BinaryIO

from finder.errors import FileError
from finder.extract.reader import Limits, ReadInner, TextBuilder
from finder.types import Document

_MOST_NOTES = 20
_NAME_CHARS = 200


@dataclass(slots=True)
class InnerFiles:
    """Adds files to the text of the one they lie in, within what that one may still cost."""

    builder: TextBuilder
    limits: Limits
    _read: ReadInner
    _notes: list[str] = field(default_factory=list)
    _unnoted: int = 0
    is_any_read: bool = False

    def add(self, file: BinaryIO, name: str, kind: str) -> None:
        """Append the text of `file`, as "`kind` `name`"; or note why there is none."""
        label = f"{kind} {shown_name(name)}"
        if self.builder.is_cut:
            return
        try:
            document = self.read(file, name)
        except FileError as error:
            self.note(f"{label}: {error.title}")
            return
        self.builder.include(document, label)
        self.is_any_read = True
        for note in document.notes:
            self.note(f"{label}: {note}")

    def read(self, file: BinaryIO, name: str) -> Document:
        """What is in `file`, as long as the text has room for.

        Raises:
            FileError: why it cannot be read.
        """
        room = replace(self.limits, text_chars=max(self.builder.room_chars, 1))
        return self._read(file, name.rpartition("/")[2].encode("utf-8", "replace"), room)

    def note(self, words: str) -> None:
        """Say what was left out; after the first twenty, count."""
        if len(self._notes) < _MOST_NOTES:
            self._notes.append(words)
        else:
            self._unnoted += 1

    @property
    def notes(self) -> tuple[str, ...]:
        more = (f"{self._unnoted} more files inside were not read",) if self._unnoted else ()
        return (*self._notes, *more)


def shown_name(name: str) -> str:
    """A name from inside a file, on one line, not too long: its end says what it is."""
    return " ".join(name.split())[-_NAME_CHARS:]
