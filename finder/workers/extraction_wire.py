"""An `Extraction` on its way from the extract worker to the service. Imports our types alone.

What arrives is not trusted: a hostile file may have taken its process over.
"""

from __future__ import annotations

import dataclasses
import operator
from typing import Any, get_args

from finder.types import Extraction, FileType, JsonObject, Passage

_PASSAGE_FIELDS = tuple(item.name for item in dataclasses.fields(Passage))
_PASSAGE_TYPES: tuple[tuple[type, ...], ...] = tuple(
    {
        "start": (int,),
        "end": (int,),
        "text": (str,),
        "heading": (str, type(None)),
        "page": (int, type(None)),
        "line": (int, type(None)),
        "label": (str, type(None)),
    }[name]
    for name in _PASSAGE_FIELDS
)
_values = operator.attrgetter(*_PASSAGE_FIELDS)


def to_json(extraction: Extraction) -> JsonObject:
    """Plain values; each passage is a list of its fields in their order."""
    data = {item.name: getattr(extraction, item.name) for item in dataclasses.fields(extraction)}
    return {**data, "passages": [_values(passage) for passage in extraction.passages]}


def from_json(data: JsonObject) -> Extraction:
    """The way back.

    Raises:
        ValueError: these are not the values of an extraction.
    """
    try:
        extraction = Extraction(
            type=_one_of(data["type"], get_args(FileType)),
            title=_checked(data["title"], str, type(None)),
            encoding=_checked(data["encoding"], str, type(None)),
            is_encoding_guessed=_checked(data["is_encoding_guessed"], bool),
            is_cut=_checked(data["is_cut"], bool),
            chars=_checked(data["chars"], int),
            metadata={_checked(key, str): _checked(value, str) for key, value in data["metadata"].items()},
            notes=tuple(_checked(note, str) for note in data["notes"]),
            passages=tuple(_passage(values) for values in data["passages"]),
            blank_pages=tuple(_checked(page, int) for page in data["blank_pages"]),
            is_recognised=_checked(data["is_recognised"], bool),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not an extraction: {type(error).__name__}") from None
    return extraction


def _passage(values: list[Any]) -> Passage:
    if len(values) != len(_PASSAGE_TYPES):
        raise ValueError("not a passage")
    checked = (_checked(value, *types) for value, types in zip(values, _PASSAGE_TYPES, strict=True))
    return Passage(*checked)


def _checked(value: Any, *types: type) -> Any:
    if type(value) not in types:  # exactly: a bool is no number here
        raise ValueError("a value of another type than agreed")
    if type(value) is str:
        value.encode()  # a lone surrogate is a ValueError: no store takes it
    return value


def _one_of(value: Any, known: tuple[Any, ...]) -> Any:
    if value not in known:
        raise ValueError("a value that is not known")
    return value
