"""Sound and film by their tags: title, artist, album, lyrics. The only importer of tinytag. Nothing is played.

A recording is large and its tags are small: they are read where they lie, and no more of the file than a bound.
"""

from __future__ import annotations

import io
from typing import Any, BinaryIO, cast

import tinytag

from finder.errors import FileError
from finder.extract.kinds import kind_of
from finder.extract.reader import CLAIMED, Limits, TextBuilder, sensible_title
from finder.types import Document

_MOST_BYTES = 32 << 20
_SHOWN = {
    "artist": "Artist",
    "albumartist": "Album artist",
    "album": "Album",
    "composer": "Composer",
    "genre": "Genre",
    "year": "Year",
}
_ALSO = ("subtitle", "description", "synopsis", "lyrics", "performer", "conductor", "publisher", "show", "keywords")
_MACHINE_WORDS = ("iTun", "Engineered by", "LAME", "Lavf", "Lavc")


class MediaReader:
    """What somebody wrote into a recording."""

    name = "media"

    def score(self, name: str, head: bytes) -> int | None:
        return CLAIMED if kind_of(name).reader == self.name else None

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        file.seek(0)
        try:
            tags = tinytag.TinyTag.get(file_obj=cast(BinaryIO, _Bounded(file)), duration=False)
        except tinytag.TinyTagException as error:
            raise FileError("unsupported", "A recording whose tags cannot be read: found by name") from error
        builder = TextBuilder(limits.text_chars)
        builder.add(tags.title or "")
        builder.end_line()
        for key, shown in _SHOWN.items():
            if value := getattr(tags, key):
                builder.add(f"{shown}: {value}")
                builder.end_line()
        builder.end_paragraph()
        for words in _written(tags):
            builder.add(words)
            builder.end_paragraph()
        if builder.is_empty:
            raise FileError("unsupported", "A recording without words: found by name")
        metadata = {
            "author": tags.artist or tags.albumartist,
            "album": tags.album,
            "date": tags.year,
            "genre": tags.genre,
            "composer": tags.composer,
        }
        return builder.document(sensible_title(tags.title), metadata=metadata, type_=kind_of(name).type)


def _written(tags: Any) -> list[str]:
    """Whatever is longer than a name: comments, descriptions, lyrics."""
    other = tags.other
    texts = [tags.comment or "", *(text for key in ("comment", *_ALSO) for text in other.get(key, ()))]
    return [text for text in dict.fromkeys(texts) if text.strip() and not text.startswith(_MACHINE_WORDS)]


class _Bounded(io.RawIOBase):
    """A file of which only so much is read, wherever it is: a lying length costs no memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left_bytes = _MOST_BYTES

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(self._left_bytes if size < 0 else min(size, self._left_bytes))
        self._left_bytes -= len(data)
        return data
