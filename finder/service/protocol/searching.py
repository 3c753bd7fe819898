"""What questions are answered with beside results: completions, marks in passages, passages to be asked for."""

from __future__ import annotations

from typing import TypedDict

from finder.search.found import Completion


class Completions(TypedDict):
    items: list[Completion]
    """The likeliest first."""


class Marks(TypedDict):
    """For each of N texts, in characters of it."""

    answers: list[tuple[int, int] | None]
    """What answers by meaning. None where nothing stands out, or the model is not at hand."""
    words: list[list[tuple[int, int]]]
    """The query's words: in order, not overlapping."""


class SampledPassage(TypedDict):
    path: str
    """Of a file that holds it, for showing, as a result has it."""
    text: str


class Sampled(TypedDict):
    passages: list[SampledPassage]
    """Of as many files, as far as there are; fewer where the index holds fewer that are fit."""
