"""Why a result was found, in a plain line: a coarse word for each reason, and the words that are equal. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from finder.search.found import FoundPassage
from finder.search.words import named_words
from finder.types import Reason


def reason_of(why: Sequence[Reason], passages: Sequence[FoundPassage]) -> str:
    """Such as "By name", "By meaning; words: landlord, moving out", "Found by meaning, not by equal words".

    Args:
        why: at least one reason.
        passages: those that are shown, the best first.
    """
    words = ", ".join(named_words([(passage["text"], passage["words"]) for passage in passages]))
    parts = [reason for reason in ("name", "meaning") if reason in why]
    if parts == ["meaning"] and not words:
        return "Found by meaning, not by equal words"
    if parts and words and ("words" in why or "meaning" in why):
        return f"By {' and '.join(parts)}; words: {words}"
    if parts:
        return f"By {' and '.join(parts)}"
    return f"By words: {words}" if words else "By words"
