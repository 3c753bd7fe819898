"""Which of the three ways two documents are alike, from their wording. Pure; the figures were measured.

Source of the thresholds: tests/benchmarks/RESULTS.md, "Files like others".
"""

from __future__ import annotations

from finder.search.likeness.portrait import Portrait
from finder.search.likeness.related import Relation
from finder.search.likeness.wording import SAME_WORDS, Agreement, agreement

_VERSION_SHARE = 0.25
"""Unrelated real texts share at most a twentieth, versions edited by 40 % more than a half."""
_EXCERPT_CONTAINED = 0.5
_EXCERPT_WORDS = 60
"""A text of so many words, most of which stand in a longer one, is an early version, or a part of it."""
_FILLED_ANEW = 0.66
"""Where names and numbers agree by less than so much of what the other words do, a form was filled in anew."""
_FILLED_ANEW_TABLE = 0.75
"""The same where most labels are equal: a table's words come back in every row, whatever it is about."""
_FILLED_ANEW_ALONE = 0.8
"""The same where hardly any other word differs: an edited text differs in its other words too."""
_KIND_LABELS = 0.5
_KIND_SHARE = 0.15


def judged(one: Portrait, other: Portrait) -> tuple[Relation | None, Agreement]:
    """Version, same kind, or None; and how far they agree. Equal bytes and meaning are the caller's to see."""
    found = agreement(one.wording, other.wording)
    is_form = found.labels >= _KIND_LABELS
    line = _FILLED_ANEW_ALONE if found.plain >= SAME_WORDS else _FILLED_ANEW_TABLE if is_form else _FILLED_ANEW
    is_filled_anew = found.particulars < line * found.plain
    shorter = min(len(one.wording), len(other.wording))
    is_part = found.contained >= _EXCERPT_CONTAINED and shorter >= _EXCERPT_WORDS
    if (found.share >= _VERSION_SHARE or is_part) and not is_filled_anew:
        return "version", found
    if one.type == other.type and (is_form or (is_filled_anew and found.share >= _KIND_SHARE)):
        return "kind", found
    return None, found
