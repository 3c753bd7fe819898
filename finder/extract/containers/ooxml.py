"""What the formats of Office since 2007 share: relationships between parts, properties, text in drawings.

Imports no library. Source: ECMA-376 part 2 (packages) and part 1, chapters 20 and 21 (DrawingML).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from finder.errors import FileError
from finder.extract.containers.zipped import Package, attribute, local_name, release

_PROPERTIES = {
    "creator": "author",
    "modified": "date",
    "subject": "subject",
    "keywords": "keywords",
    "description": "comment",
}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_FURNITURE = frozenset(("sldNum", "dt", "ftr", "hdr", "sldImg"))
"""Placeholders that say the same on every slide."""
_SKIPPED = frozenset(("Fallback", "numCache", "numLit"))
"""The same once more for older programs, and the numbers that a chart is drawn from."""
_SHAPES = frozenset(("sp", "graphicFrame", "cxnSp", "pic"))


@dataclass(frozen=True, slots=True)
class Relationship:
    """What one part is to another."""

    type: str
    """The last word of its type: "slide", "notesSlide", "image"."""
    part: str
    """The other part's name."""


def main_part(package: Package, usual: str) -> str:
    """The part that all others hang on, which hardly ever has another name than the usual one."""
    if usual in package.names:
        return usual
    parts = (found.part for found in relationships(package, "").values() if found.type == "officeDocument")
    return next(parts, usual)


def relationships(package: Package, part: str) -> dict[str, Relationship]:
    """By id, in order, those of `part` to other parts of the package; "" is the package itself."""
    folder, _, name = part.rpartition("/")
    listed = posixpath.join(folder, "_rels", f"{name}.rels")
    found = {}
    if listed in package.names:
        for event, element in package.elements(listed):
            if event == "end" and local_name(element) == "Relationship" and attribute(element, "TargetMode") is None:
                type_ = (attribute(element, "Type") or "").rpartition("/")[2]
                target = posixpath.normpath(posixpath.join("/", folder, attribute(element, "Target") or ""))
                found[attribute(element, "Id") or ""] = Relationship(type_, target.lstrip("/"))
    return found


def core_properties(package: Package) -> tuple[str | None, dict[str, str | None]]:
    """The title and the metadata of a document; what is damaged says nothing."""
    title: str | None = None
    metadata: dict[str, str | None] = {}
    if "docProps/core.xml" in package.names:
        with suppress(FileError):
            for event, element in package.elements("docProps/core.xml"):
                if event == "end" and (name := local_name(element)) in _PROPERTIES:
                    metadata[_PROPERTIES[name]] = element.text
                elif event == "end" and name == "title":
                    title = element.text
    if day := _DAY.match(metadata.get("date") or ""):
        metadata["date"] = day[0]
    return title, metadata


@dataclass(slots=True)
class DrawnText:
    """One paragraph of a drawing, or one row of a table in it."""

    text: str
    placeholder: str | None
    """What the layout says that its shape is for: "title", "body", "ctrTitle"."""


def drawn_texts(package: Package, part: str) -> Iterator[DrawnText]:
    """The texts of a drawing in order, those in groups, tables, diagrams and charts too."""
    placeholder: str | None = None
    cells: list[str] | None = None
    pieces: list[str] = []
    skipping = 0
    for event, element in package.elements(part):
        tag = local_name(element)
        if tag in _SKIPPED:
            skipping += 1 if event == "start" else -1
        elif skipping:
            continue
        elif event == "start":
            if tag == "tr":
                cells = []
            elif tag == "tc" and cells is not None:
                cells.append("")
            elif tag in _SHAPES:
                placeholder = None
        elif tag == "ph":
            placeholder = attribute(element, "type") or "body"
        elif tag in ("t", "v"):
            pieces.append(element.text or "")
        elif tag in ("br", "tab"):
            pieces.append("\n" if tag == "br" else "\t")
        elif tag in ("p", "pt", "text", "si") and pieces:
            text, pieces = "".join(pieces).strip(), []
            if cells:
                cells[-1] = f"{cells[-1]} {text}".strip()
            elif text and placeholder not in _FURNITURE:
                yield DrawnText(text, placeholder)
        elif tag == "tr" and cells is not None:
            yield DrawnText(" | ".join(filter(None, cells)), placeholder)
            cells = None
        if event == "end" and tag in _SHAPES:
            release(element)
