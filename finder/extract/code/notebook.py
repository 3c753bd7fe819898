"""Jupyter notebooks: words, source and what it printed, cell by cell. Pictures and widgets are left out.

Source: nbformat 4.5, and 3.0 with its worksheets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from finder.errors import FileError
from finder.extract.kinds import kind_of
from finder.extract.markup.markdown import markdown_headings
from finder.extract.reader import HEADING_CHARS, NAMED, Limits, TextBuilder, sensible_title
from finder.extract.text.plain import read_text
from finder.types import Document

_MORE_JSON_THAN_TEXT = 16
"""Pictures among the outputs make a notebook so many times as long as its words."""
_OUTPUT_CHARS = 4000
"""The most of one output that is kept: beyond that it is a table or a log."""
_DEEPEST_HEADING = 3
_BARE_OBJECT = re.compile(r"[\s\[(]*<[^<>\n]*>[\s\]),]*")
"""What a figure or a widget prints for want of words."""
_TERMINAL_COLOUR = re.compile(r"\x1b\[[\d;]*[A-Za-z]")


class NotebookReader:
    """Notebooks, of whatever language."""

    name = "notebook"

    def score(self, name: str, head: bytes) -> int | None:
        is_object = head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
        return NAMED if kind_of(name).reader == self.name and is_object else None

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        decoded, is_source_cut = read_text(file, Limits(text_chars=_MORE_JSON_THAN_TEXT * limits.text_chars))
        if is_source_cut:
            raise FileError("too_large", "Too large", f"Over {len(decoded.text) >> 20} MiB of outputs.")
        try:
            notebook = json.loads(decoded.text)
        except (ValueError, RecursionError) as error:
            raise FileError("corrupt", "Not a valid notebook", f"Its JSON cannot be read ({error!s:.60}).") from error
        builder = TextBuilder(limits.text_chars)
        title = None
        for number, cell in enumerate(_cells(notebook), 1):
            if builder.is_cut:
                break
            builder.label(f"cell {number}")
            heading = _add_cell(cell, builder)
            title = title or heading
        metadata = _metadata(notebook)
        return builder.document(sensible_title(metadata.pop("title")) or title, (), metadata, "notebook")


def _cells(notebook: Any) -> Iterator[dict[str, Any]]:
    for sheet in [notebook, *_list(notebook, "worksheets")]:
        yield from (cell for cell in _list(sheet, "cells") if isinstance(cell, dict))


def _list(holder: Any, key: str) -> list[Any]:
    value = holder.get(key) if isinstance(holder, dict) else None
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    """Text is stored whole, or as a list of lines."""
    if isinstance(value, list):
        return "".join(line for line in value if isinstance(line, str))
    return value if isinstance(value, str) else ""


def _add_cell(cell: dict[str, Any], builder: TextBuilder) -> str | None:
    """Append one cell; returns its first heading, cleared for a title."""
    source = _text(cell.get("source")) or _text(cell.get("input"))
    kind = cell.get("cell_type")
    if kind == "heading":  # of format 3; a cell of its own, with a level
        builder.heading(" ".join(source.split())[:HEADING_CHARS] or None)
    headings = list(markdown_headings(source)) if kind == "markdown" else []
    bounds = [at for at, level, _ in headings if level <= _DEEPEST_HEADING]
    words = [words for _, level, words in headings if level <= _DEEPEST_HEADING]
    for start, end, heading in zip([0, *bounds], [*bounds, len(source)], [None, *words], strict=True):
        if heading:
            builder.heading(heading)
        builder.add(source[start:end].strip("\n"))
        builder.end_paragraph()
    for output in _list(cell, "outputs"):
        if text := _printed(output):
            builder.add(text)
            builder.end_paragraph()
    return sensible_title(words[0] if words else source if kind == "heading" else None)


def _printed(output: Any) -> str:
    """The words of one output, whichever way it was shown; "" where it is a picture or a widget."""
    if not isinstance(output, dict):
        return ""
    if output.get("output_type") in ("error", "pyerr"):
        return f"{_text(output.get('ename'))}: {_text(output.get('evalue'))}"[:_OUTPUT_CHARS]
    data = output.get("data")
    forms = data if isinstance(data, dict) else output
    text = _text(forms.get("text/markdown")) or _text(forms.get("text/plain")) or _text(output.get("text"))
    text = _TERMINAL_COLOUR.sub("", text[: 2 * _OUTPUT_CHARS])[:_OUTPUT_CHARS].strip("\n")
    return "" if _BARE_OBJECT.fullmatch(text) else text


def _metadata(notebook: Any) -> dict[str, str | None]:
    own = notebook.get("metadata") if isinstance(notebook, dict) else None
    about = own if isinstance(own, dict) else {}
    kernel = about.get("kernelspec") if isinstance(about.get("kernelspec"), dict) else {}
    names = [author.get("name") for author in _list(about, "authors") if isinstance(author, dict)]
    return {
        "title": _text(about.get("title")),
        "author": ", ".join(name for name in names if isinstance(name, str)),
        "language": _text(kernel.get("language")) if isinstance(kernel, dict) else None,
    }
