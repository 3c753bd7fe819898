"""PowerPoint presentations (.pptx and its kin): slide by slide, hidden ones too, each with its notes and comments.

Source: ECMA-376 part 1, chapter 19.
"""

from __future__ import annotations

import re
from typing import BinaryIO

from finder.errors import FileError
from finder.extract.containers.ooxml import DrawnText, core_properties, drawn_texts, main_part, relationships
from finder.extract.containers.zipped import ZIP_MAGIC, Package, local_name
from finder.extract.kinds import kind_of
from finder.extract.reader import CLAIMED, HEADING_CHARS, LIKELY, SURE, Limits, TextBuilder, sensible_title
from finder.types import Document

_MAIN_PART = "ppt/presentation.xml"
_TITLES = frozenset(("title", "ctrTitle"))
_BESIDE = {"diagramData": "", "chart": "", "notesSlide": ", notes", "comments": ", comments"}
"""What belongs to a slide and lies in parts of its own, in the order in which it is read, and what its label adds."""
_SLIDE_NUMBER = re.compile(r"slide(\d+)\.xml")


class PptxReader:
    """Presentations of PowerPoint since 2007."""

    name = "pptx"

    def score(self, name: str, head: bytes) -> int | None:
        is_named = kind_of(name).reader == self.name
        if head.startswith(ZIP_MAGIC):
            return SURE if is_named else LIKELY if b"ppt/" in head else None
        return CLAIMED if is_named else None

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        package = Package(file, limits)
        builder = TextBuilder(limits.text_chars)
        slides = _slides(package)
        seen = set(slides)
        damaged = 0
        for number, slide in enumerate(slides, 1):
            try:
                _write_slide(builder, package, slide, f"slide {number}", seen)
            except FileError:
                damaged += 1
            if builder.is_cut:
                break
        if damaged and builder.is_empty:
            raise FileError("corrupt", "Damaged", "None of its slides can be read.")
        notes = (f"{damaged} of {len(slides)} slides are damaged",) if damaged else ()
        title, metadata = core_properties(package)
        return builder.document(sensible_title(title), notes, metadata, "slides")


def _slides(package: Package) -> list[str]:
    """The slides' parts in the order of the presentation; by their numbers where that is damaged."""
    main = main_part(package, _MAIN_PART)
    try:
        found = relationships(package, main)
        ids = (
            next((value for key, value in element.attrib.items() if key.startswith("{") and key.endswith("}id")), "")
            for event, element in package.elements(main)
            if event == "end" and local_name(element) == "sldId"
        )
        slides = [found[id_].part for id_ in ids if id_ in found]
        if slides:
            return [slide for slide in dict.fromkeys(slides) if slide in package.names]
    except FileError as error:
        if error.code == "encrypted":
            raise
    numbered = ((match, part) for part in package.names if (match := _SLIDE_NUMBER.fullmatch(part.rpartition("/")[2])))
    return [part for _, part in sorted((int(match[1]), part) for match, part in numbered)]


def _write_slide(builder: TextBuilder, package: Package, slide: str, label: str, seen: set[str]) -> None:
    """Append a slide, and of the parts beside it those not `seen` beside another."""
    texts = list(drawn_texts(package, slide))
    title = next((text.text for text in texts if text.placeholder in _TITLES), "")
    builder.end_paragraph()
    builder.heading(" ".join(title.split())[:HEADING_CHARS] or None)
    builder.label(label)
    _write(builder, texts)
    beside = relationships(package, slide).values()
    for type_, addition in _BESIDE.items():
        for part in {found.part for found in beside if found.type == type_} & package.names - seen:
            seen.add(part)
            builder.end_paragraph()
            builder.label(f"{label}{addition}")
            texts = list(drawn_texts(package, part))
            # A chart has the names of its categories once for each series.
            _write(builder, list({text.text: text for text in texts}.values()) if type_ == "chart" else texts)


def _write(builder: TextBuilder, texts: list[DrawnText]) -> None:
    for text in texts:
        builder.add(text.text)
        builder.end_line()
        if text.placeholder in _TITLES:
            builder.end_paragraph()
