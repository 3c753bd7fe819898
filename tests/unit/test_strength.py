"""Strength is coarse, and what nothing supports is weak."""

from __future__ import annotations

import pytest

from finder.search.strength import Match, reasons_of, strength_of
from finder.types import Reason, Strength


def match(
    cosine: float = 0, z: float = 0, coverage: float = 0, share: float = 0, name: float = 0, trust: float = 1
) -> Match:
    return Match(cosine, z, coverage, share, name, trust)


@pytest.mark.parametrize(
    ("found", "strength"),
    [
        (match(cosine=0.25, z=4.5), "weak"),  # the nearest of an index that has nothing to do with the query
        (match(cosine=0.59, z=4.0, trust=0.2), "weak"),  # a writing the model does not know: everything is near
        (match(coverage=0.2, share=0.1), "weak"),  # one word of a sentence
        (match(cosine=0.55, z=4), "good"),
        (match(coverage=0.5), "good"),
        (match(name=0.4), "good"),
        (match(cosine=0.7, z=5, coverage=0.8), "strong"),
        (match(cosine=0.4, coverage=0.5, trust=0.2), "strong"),
        (match(coverage=1.0, trust=0), "strong"),
        (match(name=0.9), "strong"),
    ],
)
def test_strength(found: Match, strength: Strength) -> None:
    assert strength_of(found) == strength


@pytest.mark.parametrize(
    ("found", "reasons"),
    [
        (match(z=5, share=0.3, name=0.5), ["name", "words", "meaning"]),
        (match(z=1, share=0.02), ["meaning"]),
        (match(share=0.02), ["words"]),
        (match(name=0.05), ["name"]),
    ],
)
def test_every_result_has_a_reason(found: Match, reasons: list[Reason]) -> None:
    assert reasons_of(found) == reasons
