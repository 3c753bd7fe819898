"""PowerPoint 97-2003 presentations (.ppt): slide by slide, each with its notes.

They are read here, behind the sandbox, so that no office suite is needed and none is started on a hostile file. Text of
pictures, charts and embedded objects is not read.

Source: [MS-PPT] 2.1.2 (which parts of the stream are alive), 2.3 (records), 2.4.14 (slides and their outline), 2.9.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from finder.errors import FileError
from finder.extract.containers.ole import CompoundFile, summary_of
from finder.extract.reader import HEADING_CHARS, Limits, TextBuilder, sensible_title
from finder.types import Document

_ENCRYPTED_TOKEN = 0xF3D1C4DF
_CONTAINER = 0xF
_DOCUMENT, _SLIDE, _NOTES, _SLIDE_ATOM = 0x03E8, 0x03EE, 0x03F0, 0x03EF
_LIST, _PERSIST, _OUTLINE_REF = 0x0FF0, 0x03F3, 0x0F9E
_TEXT_KIND, _WIDE_TEXT, _BYTE_TEXT = 0x0F9F, 0x0FA0, 0x0FA8
_EDIT, _DIRECTORY = 0x0FF5, 0x1772
_SLIDES, _NOTES_LIST = 0, 2
_TITLES = frozenset((0, 6))
"""Kinds of text: a slide's title, and one in the middle of a slide."""
_MOST_EDITS = 1000
_FIELD = "*"
"""What stands where a slide shows its number or the date."""
_BREAKS = str.maketrans("\r\x0b", "\n\n")


@dataclass(slots=True)
class _Text:
    kind: int
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.pieces)


@dataclass(slots=True)
class _SlideEntry:
    """One slide, or one page of notes, in a list of them."""

    persist_id: int
    slide_id: int
    texts: list[_Text] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Record:
    type: int
    instance: int
    start: int
    """Of its content."""
    end: int


class MsPowerPointReader:
    """Presentations of PowerPoint before 2007."""

    name = "mspowerpoint"

    def score(self, name: str, head: bytes) -> int | None:
        return None  # compound files are told apart by what they hold

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        compound = CompoundFile(file, limits)
        data = compound.stream("PowerPoint Document")
        try:
            presentation = _Presentation(data, compound.stream("Current User"))
        except struct.error as error:
            raise FileError("corrupt", "Damaged", "Its list of parts is incomplete.") from error
        builder = TextBuilder(limits.text_chars)
        for number, entry in enumerate(presentation.slides, 1):
            presentation.write_slide(builder, number, entry)
            if builder.is_cut:
                break
        title, metadata = summary_of(compound)
        return builder.document(sensible_title(title), metadata=metadata, type_="slides")


class _Presentation:
    """The living parts of a presentation: what an earlier saving left behind is not among them.

    Raises:
        FileError: encrypted, corrupt.
    """

    def __init__(self, data: bytes, current_user: bytes) -> None:
        self._data = data
        token, edit_at = struct.unpack_from("<II", current_user, 12) if len(current_user) >= 20 else (0, 0)
        if token == _ENCRYPTED_TOKEN:
            raise _encrypted()
        self._offsets: dict[int, int] = {}
        """Where each part lies, by its persist id; one that has been read is no longer there."""
        document_id = self._read_edits(edit_at)
        self.slides: list[_SlideEntry] = []
        self._notes: dict[int, _SlideEntry] = {}
        document = self._part(document_id, _DOCUMENT)
        if document is None:
            raise FileError("corrupt", "Damaged", "Its main part is missing.")
        for record in _records(data, document):
            if record.type == _LIST and record.instance == _SLIDES:
                self.slides += _entries(data, record)
            elif record.type == _LIST and record.instance == _NOTES_LIST:
                self._notes.update((entry.slide_id, entry) for entry in _entries(data, record))

    def write_slide(self, builder: TextBuilder, number: int, entry: _SlideEntry) -> None:
        slide = self._part(entry.persist_id, _SLIDE)
        texts = self._texts(slide, entry.texts)
        title = next((text.text for text in texts if text.kind in _TITLES), "")
        builder.end_paragraph()
        builder.heading(" ".join(title.split())[:HEADING_CHARS] or None)
        builder.label(f"slide {number}")
        _write(builder, texts)
        notes = self._notes.get(self._notes_id(slide))
        if notes is not None:
            builder.end_paragraph()
            builder.label(f"slide {number}, notes")
            _write(builder, self._texts(self._part(notes.persist_id, _NOTES), notes.texts))

    def _read_edits(self, at: int) -> int:
        """Fills `_offsets` from the newest edit back to the first; the id of the document's main part."""
        document_id = 0
        for _ in range(_MOST_EDITS):
            edit = self._record_at(at, _EDIT)
            if edit is None:
                break
            if edit.end - edit.start >= 32 and not document_id:  # names a part that says how all is encrypted
                raise _encrypted()
            _, _, before, directory_at, own_document_id = struct.unpack_from("<5I", self._data, edit.start)
            document_id = document_id or own_document_id
            self._read_directory(self._record_at(directory_at, _DIRECTORY))
            if before >= at:
                break
            at = before
        return document_id

    def _read_directory(self, directory: _Record | None) -> None:
        if directory is None:
            return
        numbers = struct.unpack_from(f"<{(directory.end - directory.start) // 4}I", self._data, directory.start)
        at = 0
        while at < len(numbers):
            first, count = numbers[at] & 0xFFFFF, numbers[at] >> 20
            for index, offset in enumerate(numbers[at + 1 : at + 1 + count]):
                self._offsets.setdefault(first + index, offset)
            at += 1 + count

    def _part(self, persist_id: int, type_: int) -> _Record | None:
        return self._record_at(self._offsets.pop(persist_id, -1), type_)

    def _record_at(self, at: int, type_: int) -> _Record | None:
        if not 0 <= at <= len(self._data) - 8:
            return None
        version, found, length = struct.unpack_from("<HHI", self._data, at)
        end = min(at + 8 + length, len(self._data))
        return _Record(found, version >> 4, at + 8, end) if found == type_ else None

    def _notes_id(self, slide: _Record | None) -> int:
        for record in _records(self._data, slide):
            if record.type == _SLIDE_ATOM and record.end - record.start >= 20:
                return int(struct.unpack_from("<I", self._data, record.start + 16)[0])
        return 0

    def _texts(self, part: _Record | None, outline: list[_Text]) -> list[_Text]:
        """The texts of a slide in the order of its shapes; those that only the outline holds come last."""
        texts: list[_Text] = []
        used = set()
        for record in _records(self._data, part):
            if record.type == _OUTLINE_REF and record.end - record.start >= 4:
                (index,) = struct.unpack_from("<I", self._data, record.start)
                if index < len(outline) and index not in used:
                    used.add(index)
                    texts.append(outline[index])
            else:
                _collect(self._data, record, texts)
        return texts + [text for index, text in enumerate(outline) if index not in used]


def _records(data: bytes, part: _Record | None) -> Iterator[_Record]:
    """Every record within another at any depth, in order."""
    if part is None:
        return
    at = part.start
    while at + 8 <= part.end:
        version, type_, length = struct.unpack_from("<HHI", data, at)
        end = min(at + 8 + length, part.end)
        yield _Record(type_, version >> 4, at + 8, end)
        at = at + 8 if version & 0xF == _CONTAINER else end


def _entries(data: bytes, list_: _Record) -> list[_SlideEntry]:
    entries: list[_SlideEntry] = []
    for record in _records(data, list_):
        if record.type == _PERSIST and record.end - record.start >= 16:
            persist_id, _, _, slide_id = struct.unpack_from("<4I", data, record.start)
            entries.append(_SlideEntry(persist_id, slide_id))
        elif entries:
            _collect(data, record, entries[-1].texts)
    return entries


def _collect(data: bytes, record: _Record, texts: list[_Text]) -> None:
    """A kind of text opens a text, and what follows fills it."""
    content = data[record.start : record.end] if record.type in (_TEXT_KIND, _WIDE_TEXT, _BYTE_TEXT) else b""
    if record.type == _TEXT_KIND:
        texts.append(_Text(int.from_bytes(content[:4], "little")))
    elif content and texts:
        codec = "utf-16-le" if record.type == _WIDE_TEXT else "latin-1"
        texts[-1].pieces.append(content.decode(codec, "replace"))


def _write(builder: TextBuilder, texts: list[_Text]) -> None:
    for text in texts:
        words = text.text.translate(_BREAKS).strip()
        if words not in ("", _FIELD):
            builder.add(words)
            builder.end_paragraph()


def _encrypted() -> FileError:
    return FileError("encrypted", "Protected by a password", "It cannot be read without it.")
