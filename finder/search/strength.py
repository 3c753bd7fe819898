"""How sure a result is, and why it was found: coarse words from measured thresholds. Pure numbers.

The score orders one answer and says nothing about whether anything fits. What does: among N passages that have
nothing to do with a query, the best reaches ln N nats of evidence by chance alone, since one in N is as good as one
in N. So evidence is counted in multiples of ln N, and the floor rises as the index grows. Weak is what chance may
explain. Strong is what stands as far again above whatever else was found. The figures were chosen leaving out one
judged set at a time, and questions that nothing answers: tests/benchmarks/RESULTS.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from finder.types import Reason, Strength

FLOOR = 1.6
"""In multiples of chance: below it a result is weak."""
LEAST_REACH = 0.2
"""Of a long question some words stand somewhere, and what each tells adds up: a result that holds less of the query's
idf mass, and whose meaning does not stand out either, is weak."""
STANDING_OUT_Z = 2.5
"""Where it does, in standard deviations above unrelated passages."""
LEAD = 2.5
"""The same, before the second best of the others: from it on a result is strong."""
NAMED = 0.6
"""From here on a name is what the query asks for."""
FULL_COVERAGE = 0.95
"""From this share of the query's idf mass on, one passage holds every telling word."""
MOST_FULL = 2
"""Where more results than this hold every telling word, that singles out none of them."""


@dataclass(frozen=True, slots=True)
class Match:
    """The evidence for one result that its strength follows from."""

    surprise: float = 0.0
    """Evidence of meaning and words, as a multiple of what the best of as many unrelated passages has by chance. Where
    the model does not know the query's writing, of names and words."""
    lead: float = 0.0
    """The same, before the second best of the other results: one other may be as good, such as a second version."""
    coverage: float = 0.0
    """The greatest share of the query's idf mass in one of its passages."""
    reach: float = 0.0
    """The same with its title, its author's name, its own name and those of its folders."""
    is_singled_out: bool = False
    """True where no more than `MOST_FULL` results hold every telling word, and chance brings these together nowhere."""
    z: float = 0.0
    """The cosine of its best passage above unrelated ones in standard deviations, 0 where it has no vector."""
    share: float = 0.0
    """Its BM25 as a share of the query's ideal."""
    name: float = 0.0
    """0..1, how well its name matches."""


def strength_of(match: Match, floor: float = FLOOR, lead: float = LEAD) -> Strength:
    if match.name >= NAMED or (match.coverage >= FULL_COVERAGE and match.is_singled_out):
        return "strong"
    is_no_chance = match.surprise >= floor and (match.reach >= LEAST_REACH or match.z >= STANDING_OUT_Z)
    if is_no_chance and match.lead >= lead:
        return "strong"
    if match.name >= 0.3 or match.reach >= FULL_COVERAGE or is_no_chance:
        return "good"
    return "weak"


def reasons_of(match: Match) -> list[Reason]:
    """What speaks for a result; at least one."""
    reasons: list[Reason] = []
    if match.name >= 0.1:
        reasons.append("name")
    if match.share >= 0.1:
        reasons.append("words")
    if match.z >= 2.0:
        reasons.append("meaning")
    if not reasons and match.reach > match.coverage:
        reasons.append("name")
    if not reasons:
        weights: dict[Reason, float] = {"meaning": max(0.0, match.z / 10), "words": match.share, "name": match.name}
        reasons.append(max(weights, key=lambda reason: weights[reason]))  # the first of equal ones
    return reasons
