"""One hostile file: how it is named, how it is made, and how reading it may end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

TEXT = "text"
"""Reading may end in text."""


@dataclass(frozen=True, slots=True)
class Case:
    """A file that means harm, or looks like it."""

    title: str
    name: str
    content: Callable[[], bytes]
    endings: frozenset[str]
    """Of `TEXT` and the codes of `FileError`, those in which reading may end."""
    hole_bytes: int = 0
    """So much nothing follows the content: a sparse file."""

    def write(self, folder: Path) -> Path:
        path = folder / self.name
        with path.open("wb") as file:
            file.write(self.content())
            if self.hole_bytes:
                file.truncate(file.tell() + self.hole_bytes)
        return path


def case(title: str, name: str, content: bytes | Callable[[], bytes], *endings: str, hole_bytes: int = 0) -> Case:
    """A case whose large contents are made when it is their turn."""
    make = content if callable(content) else lambda: content
    return Case(title, name, make, frozenset(endings), hole_bytes)


def cut(title: str, name: str, whole: bytes, places: Iterable[int], *endings: str) -> list[Case]:
    """`whole`, ending too early at each of `places`."""
    return [case(f"{title} cut at {place}", name, whole[:place], *endings) for place in places]
