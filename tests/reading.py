"""One made-up document read by the registry, for the tests of readers: its text, or the reason why there is none."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pytest

from finder.errors import FileError
from finder.extract.reader import Limits
from finder.extract.registry import read_document
from finder.types import Document


def read(name: str, data: bytes | str, limits: Limits | None = None) -> Document:
    data = data.encode() if isinstance(data, str) else data
    return read_document(io.BytesIO(data), name.encode(), limits)


def code_of(name: str, data: bytes | str, limits: Limits | None = None) -> str:
    """The reason why it cannot be read, which is said in words too."""
    with pytest.raises(FileError) as caught:
        read(name, data, limits)
    assert caught.value.title
    return caught.value.code


OUTCOMES = frozenset(("text", "corrupt", "encrypted", "no_text", "binary", "empty", "too_large", "unsupported"))
"""All that may come of a document, whatever was done to it."""


def outcome(name: str, data: bytes) -> str:
    """Either "text", "nothing", or the reason."""
    try:
        return "text" if read(name, data).text.strip() else "nothing"
    except FileError as error:
        return error.code


def outcomes_of_damage(wholes: Mapping[str, bytes], cuts: int = 40) -> set[str]:
    """What comes of each document, by its name, cut off at so many places and with a byte turned over at as many."""
    outcomes = set()
    for name, whole in wholes.items():
        step = max(1, len(whole) // cuts)
        damaged = [whole[:end] for end in range(1, len(whole), step)]
        damaged += [whole[:at] + bytes([whole[at] ^ 0xA5]) + whole[at + 1 :] for at in range(0, len(whole), step)]
        outcomes |= {outcome(name, data) for data in damaged}
    return outcomes
