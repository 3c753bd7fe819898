"""How sure a result is, and why it was found: coarse words from measured thresholds. Pure numbers.

The score orders one answer and says nothing about whether anything fits. These thresholds do: measured on judged
sets and on questions that nothing answers (tests/benchmarks/RESULTS.md).
"""

from __future__ import annotations

from dataclasses import dataclass

from finder.types import Reason, Strength

_TRUSTED = 0.4
"""From this trust on the cosine means something for the query. Below it, as for a writing that the model does not
know, unrelated passages have high cosines too."""


@dataclass(frozen=True, slots=True)
class Match:
    """The evidence for one result that its strength follows from."""

    cosine: float
    """Of its best passage, 0 where it has no vector."""
    z: float
    """The same above unrelated passages in standard deviations, 0 where it has no vector."""
    coverage: float
    """The greatest share of the query's idf mass in one of its passages."""
    share: float
    name: float
    """0..1, how well its name matches."""
    trust: float
    """0..1, in the model for this query; 0 where it was not asked."""


def strength_of(match: Match) -> Strength:
    """Strong is for what meaning and words say together, or words alone where the model sees nothing in them."""
    is_seen = match.trust >= _TRUSTED
    if match.name >= 0.6 or match.coverage >= 0.95:
        return "strong"
    if is_seen and match.cosine >= 0.65 and match.coverage >= 0.7:
        return "strong"
    if 0 < match.trust < _TRUSTED and match.coverage >= 0.45:
        return "strong"
    if match.name >= 0.3 or match.coverage >= 0.35 or (is_seen and match.cosine >= 0.4):
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
    if not reasons:
        weights: dict[Reason, float] = {"name": match.name, "words": match.share, "meaning": match.z / 10}
        reasons.append(max(weights, key=lambda reason: weights[reason]))
    return reasons
