"""Pictures by the words that people put into them: title, description, keywords, people, places. No pixel is read.

They stand in blocks (`picture_words`) that each format keeps in a way of its own (`picture_blocks`). A picture without
such words is found by its name: the camera and the day alone would make thousands of them alike.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import BinaryIO

from finder.errors import FileError
from finder.extract.kinds import kind_of
from finder.extract.media import exif
from finder.extract.media.picture_blocks import JPEG, PNG, find_words
from finder.extract.media.picture_words import PictureWords
from finder.extract.reader import CLAIMED, SURE, Limits, TextBuilder, sensible_title
from finder.extract.text.page_text import mended
from finder.types import Document


class ImageReader:
    """Photos and drawings in which somebody wrote something."""

    name = "image"

    def score(self, name: str, head: bytes) -> int | None:
        if kind_of(name).reader != self.name:
            return None
        is_picture = head.startswith((JPEG, PNG, b"RIFF")) or exif.is_tiff(head) or head[4:8] == b"ftyp"
        return SURE if is_picture else CLAIMED

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        return self.read_recognised(file, limits, {})

    def read_recognised(self, file: BinaryIO, limits: Limits, recognised: Mapping[int, str]) -> Document:
        """`read`, and what a text recognition program has read in the picture: page number -> text."""
        words = PictureWords()
        try:
            find_words(file, words)
        except (struct.error, zlib.error, ValueError, OverflowError) as error:
            if not (words.found or recognised):
                raise FileError("corrupt", "Damaged", f"Its header cannot be read ({type(error).__name__}).") from error
        if not (words.found or recognised):
            raise FileError("unsupported", "A picture without words: found by name")
        builder = TextBuilder(limits.text_chars)
        for kind, shown in _SHOWN.items():
            values = words.get(kind)
            lines = [shown + ", ".join(values)] if shown and values else values
            for line in lines:
                builder.add(line)
                builder.end_line()
        if words.taken or words.camera:
            with_ = f" with {words.camera}" if words.camera else ""
            builder.add(f"Photo{f' taken on {words.taken}' if words.taken else ''}{with_}")
        for page, text in recognised.items():
            builder.end_paragraph()
            if len(recognised) > 1:
                builder.page(page)
            builder.add(mended(text).strip())
        metadata = {
            "author": ", ".join(words.get("by")),
            "date": words.taken,
            "keywords": ", ".join(words.get("keywords")),
            "camera": words.camera,
        }
        titles = words.get("title")
        title = sensible_title(titles[0] if titles else None)
        notes = ("recognised from pictures",) if recognised else ()
        return replace(builder.document(title, notes, metadata, "image"), blank_pages=() if recognised else (1,))


_SHOWN = {
    "title": "",
    "description": "",
    "comment": "",
    "keywords": "Keywords: ",
    "people": "People: ",
    "place": "Place: ",
    "by": "By: ",
}
