"""Pages that are drawn (.vsdx of Visio, .xps and .oxps): the words on them, page by page; shapes are not read.

Sources: [MS-VSDX] 2.2.5 (Text), ECMA-388 12.1 (Glyphs).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from finder.extract.containers.zipped import ZIP_MAGIC, Package, attribute, local_name, release
from finder.extract.kinds import kind_of
from finder.extract.reader import CLAIMED, SURE, Limits, TextBuilder
from finder.types import Document

_VISIO_PAGE = re.compile(r"visio/pages/page(\d{1,9})\.xml", re.IGNORECASE)
_FIXED_PAGE = re.compile(r".{0,500}?/Pages/(\d{1,9})\.fpage", re.IGNORECASE)


class DrawnPageReader:
    """Drawings and printed pages."""

    name = "drawn"

    def score(self, name: str, head: bytes) -> int | None:
        if kind_of(name).reader != self.name:
            return None
        return SURE if head.startswith(ZIP_MAGIC) else CLAIMED

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        package = Package(file, limits)
        builder = TextBuilder(limits.text_chars)
        for number, part in _pages(package):
            if builder.is_cut:
                break
            builder.page(number)
            for event, element in package.elements(part):
                if event == "end":
                    builder.add(_words(element))
                    builder.end_line()
                    if local_name(element) in ("Shape", "Glyphs"):
                        release(element)
            builder.end_paragraph()
        return builder.document()


def _pages(package: Package) -> Iterator[tuple[int, str]]:
    """(page number, part), in order: the numbers in the names follow it in all that the two programs write."""
    found = [
        (int(match[1]), part)
        for part in package.names
        if (match := _VISIO_PAGE.fullmatch(part) or _FIXED_PAGE.fullmatch(part))
    ]
    for number, (_, part) in enumerate(sorted(found), 1):
        yield number, part


def _words(element: Any) -> str:
    if local_name(element) == "Text":
        return " ".join("".join(element.itertext()).split())
    if local_name(element) == "Glyphs":
        return (attribute(element, "UnicodeString") or "").removeprefix("{}").strip()
    return ""
