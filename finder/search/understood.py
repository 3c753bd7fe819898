"""What was understood of a query, as chips that can be taken out again one by one. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from finder.search.found import Chip, ChipField, EmptyBecause, Found
from finder.search.language.parsing import Part
from finder.search.query import Query, query_of


def operators(query: Query) -> list[Part]:
    """The parts of a query that limit what is found: its filters, phrases and excluded words."""
    return [part for part in query.parts if part.kind != "words" or part.is_negated]


def without(query: Query, removed: Part) -> Query:
    """The query that is left when a part is taken out."""
    return _of(query, [part for part in query.parts if part is not removed])


def without_types(query: Query) -> Query:
    """The query before a kind of file was chosen; the same where none was."""
    return _of(query, [part for part in query.parts if part.filter is None or part.filter.field != "type"])


def _of(query: Query, parts: Sequence[Part]) -> Query:
    """What these of its parts mean."""
    return query_of(query.typed, parts, query.notes, query.is_typing)


def chips(query: Query, fits_without: Mapping[int, int]) -> list[Chip]:
    """One chip for each operator, in the order in which they were typed.

    Args:
        fits_without: {where a part starts: how many files fit without it}, as far as it was looked for.
    """
    return [
        Chip(
            start=part.start,
            end=part.end,
            field=_field(part),
            value=part.value,
            text=_text(part),
            is_negated=part.is_negated,
            fits_without=fits_without.get(part.start),
        )
        for part in operators(query)
    ]


def empty_because(found: Found) -> EmptyBecause:
    """Why an answer in which nothing fits is empty: the first of these that a person can do something about."""
    coverage = found["coverage"]
    if found["not_indexed"]:
        return "folder_not_indexed"
    if coverage["filtered_out"] or any(chip["fits_without"] for chip in found["understood"]):
        return "hidden_by_filters"
    return "still_indexing" if coverage["pending"] else "nothing_fits"


def _field(part: Part) -> ChipField:
    if part.filter is not None:
        return part.filter.field
    return "phrase" if part.kind == "phrase" else "word"


def _text(part: Part) -> str:
    words = part.filter.text if part.filter is not None else f"“{part.value}”"
    return f"not {words}" if part.is_negated else words
