"""What is asked about, when files like others are looked for: files as the index knows them or as they are, and texts.

Like `finder.search.likeness.similar`, which goes on from here, it knows no model, only how to ask one.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import apsw

from finder.errors import CancelledError, FinderError, UsageFaultError
from finder.files.identity import lstat
from finder.paths import display
from finder.search.likeness.outside import EmbedTexts, Outside
from finder.search.likeness.portrait import Portrait, of_file
from finder.search.likeness.rows import LiveFiles
from finder.search.likeness.same_bytes import FileBytes
from finder.store import comparing, folders
from finder.text import clean
from finder.vectors import Float32Array

TEXT_LIMIT = 1_000_000
"""Characters of a text."""
NO_MEANING = "The model is not ready: files of the same subject are not found yet."
NO_TEXT = "has no text to compare: files of the same type are compared with it by their names."


@dataclass(frozen=True, slots=True)
class AskedDocument:
    """A file, or a text."""

    name: str
    """For showing; "text" of a text."""
    portrait: Portrait
    size_bytes: int = 0
    file_bytes: FileBytes | None = None
    """None of a text."""


def _missing(path: bytes, error: OSError) -> UsageFaultError:
    """Qt names a file whose name is not UTF-8 by one that is not there, U+FFFD in the place of what it cannot say."""
    if "\ufffd".encode() not in path:
        return UsageFaultError("No such file", os.strerror(error.errno or 0), "Check the path.", display(path))
    words = "Its name seems not to be UTF-8; the program that named it here can only name files that are."
    hint = "Rename it, or choose it in another file manager or in a terminal: inkling similar FILE"
    return UsageFaultError("No such file", words, hint, display(path))


class Asked:
    """Everything that one request asks about."""

    def __init__(
        self,
        connection: apsw.Connection,
        space_id: int,
        live: LiveFiles,
        outside: Outside,
        embed: EmbedTexts,
        checkpoint: Callable[[], None],
    ) -> None:
        """
        Args:
            embed: makes vectors, in the space, for what is not indexed.
            checkpoint: called between the steps; it may raise to end this.
        """
        self._connection = connection
        self._space_id = space_id
        self._live = live
        self._outside = outside
        self._embed = embed
        self._checkpoint = checkpoint
        self.documents: list[AskedDocument] = []
        self.inodes: set[tuple[int, int]] = set()
        """Device and inode of each file: under none of its names is it shown."""
        self.notes: list[str] = []

    def add_file(self, path: bytes) -> None:
        """A file: as the index knows it, or read now.

        Raises:
            UsageFaultError: there is none, or it is a folder, a link, a pipe.
            FileError: it is not indexed, and cannot be read.
        """
        if os.path.isdir(path):
            hint = "Name files; copies within a folder: inkling duplicates DIR"
            raise UsageFaultError("It is a folder", hint=hint, path=display(path))
        try:
            status = lstat(path)
        except OSError as error:
            raise _missing(path, error) from None
        if not stat.S_ISREG(status.st_mode):
            hint = "Name a file, or give a text: inkling similar - < FILE"
            raise UsageFaultError("Not a regular file", hint=hint, path=display(path))
        portrait = self._indexed(path)
        if portrait is None:
            portrait = self._outside.file(self._connection, self._space_id, path, self._embedded)
        if not portrait.has_text:
            self.notes.append(f"{display(os.path.basename(path))} {NO_TEXT}")
        self.inodes.add((status.st_dev, status.st_ino))
        self._add(AskedDocument(display(path), portrait, status.st_size, FileBytes(path, self._checkpoint)))

    def add_text(self, text: str) -> None:
        """A text.

        Raises:
            UsageFaultError: it is empty.
        """
        cleaned = clean(text[:TEXT_LIMIT])
        if not cleaned.strip():
            raise UsageFaultError("The text is empty", hint="Give the text that files are to be like.")
        if len(text) > TEXT_LIMIT:
            self.notes.append(f"The text is long: its first {TEXT_LIMIT:,} characters are compared.")
        self._add(AskedDocument("text", self._outside.text(self._connection, self._space_id, cleaned, self._embedded)))

    def _add(self, document: AskedDocument) -> None:
        self.documents.append(document)
        if document.portrait.has_text and document.portrait.vector is None:
            self._add_note(NO_MEANING)

    def _indexed(self, path: bytes) -> Portrait | None:
        """The portrait of a file that is indexed as it is now; None of any other."""
        folder_id = folders.folder_at(self._connection, os.path.dirname(path))
        file = None if folder_id is None else comparing.file_at(self._connection, folder_id, os.path.basename(path))
        live = self._live.live(file) if file is not None and file.content_id is not None else None
        if live is None or not live.is_as_indexed:
            return None
        return of_file(self._connection, self._space_id, live.file)

    def _embedded(self, texts: Sequence[str]) -> Float32Array | None:
        """Words are compared whatever the model is doing."""
        self._checkpoint()
        try:
            return self._embed(texts)
        except CancelledError:
            raise
        except FinderError as error:
            self._add_note(f"{NO_MEANING} {error.title}.")
            return None

    def _add_note(self, note: str) -> None:
        if not any(known.startswith(note) for known in self.notes):
            self.notes.append(note)
