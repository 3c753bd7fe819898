"""What a library has to say of a PDF, and in which errors. Imports no PDF library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from finder.errors import FileError


@dataclass(frozen=True, slots=True)
class PdfContents:
    """What a library has to say of a file; texts are taken one by one."""

    texts: Iterable[str | None]
    """None for a damaged page."""
    count: int
    info: Mapping[str, str]
    """The information dictionary (ISO 32000-1, 14.3.3): Title, Author, ..."""
    outline: Mapping[int, list[str]] = field(default_factory=dict)
    """Page index -> the headings that the outline puts on it, in order."""
    attachments: Iterable[tuple[str, Callable[[], bytes]]] = ()
    """(name, what gives its bytes)."""
    can_be_drawn: Callable[[int], bool] = lambda index: False
    """Whether a page shows anything, and can be drawn for a text recognition program."""


def corrupt(how: str) -> FileError:
    return FileError("corrupt", "Damaged", f"It is incomplete or not what it claims to be {how}".strip() + ".")


def encrypted() -> FileError:
    return FileError("encrypted", "Protected by a password", "It cannot be read without it.")
