"""One made-up document read by the registry, for the tests of readers: its text, or the reason why there is none."""

from __future__ import annotations

import io

import pytest

from finder.errors import FileError
from finder.extract.reader import Limits
from finder.extract.registry import read_document
from finder.types import Document


def read(name: str, data: bytes | str, limits: Limits | None = None) -> Document:
    data = data.encode() if isinstance(data, str) else data
    return read_document(io.BytesIO(data), name.encode(), limits)


def code_of(name: str, data: bytes, limits: Limits | None = None) -> str:
    """The reason why it cannot be read, which is said in words too."""
    with pytest.raises(FileError) as caught:
        read(name, data, limits)
    assert caught.value.title
    return caught.value.code


def outcome(name: str, data: bytes) -> str:
    """Either "text", "nothing", or the reason."""
    try:
        return "text" if read(name, data).text.strip() else "nothing"
    except FileError as error:
        return error.code
