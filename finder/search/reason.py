"""Why a result was found, in a plain line: a coarse word for each reason, and the words that are equal. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from finder.search.found import FoundPassage
from finder.search.words import Span, named_words
from finder.types import Reason


def reason_of(
    why: Sequence[Reason], passages: Sequence[FoundPassage], name: str = "", name_words: Sequence[Span] = ()
) -> str:
    """Such as "By name; words: lease", "By meaning; words: landlord, moving out", "By name".

    What is found by meaning and holds no word of the query says so: "Found by meaning, not by equal words".

    Args:
        why: at least one reason.
        passages: those that are shown, the best first.
        name: the file's, with the words of the query in it: what was found by its name was found by these.
    """
    texts: list[tuple[str, Sequence[Span]]] = [(passage["text"], passage["words"]) for passage in passages]
    if "name" in why:
        texts.insert(0, (name, name_words))
    words = ", ".join(named_words(texts))
    parts = [reason for reason in ("name", "meaning") if reason in why]
    if parts == ["meaning"] and not words:
        return "Found by meaning, not by equal words"
    if parts and words:
        return f"By {' and '.join(parts)}; words: {words}"
    if parts:
        return f"By {' and '.join(parts)}"
    return f"By words: {words}" if words else "By words"
