"""What is searched for: the request as it came in, and what is understood of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from finder.errors import UsageFaultError
from finder.store import keywords
from finder.text import clean, is_too_short
from finder.types import Mode

LIMIT = 1_000
"""Results asked for at one time."""
_CHARS_LIMIT = 20_000
"""Of a longer query the beginning is searched for."""


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """One search."""

    query: str
    folders: tuple[bytes, ...] = ()
    """Absolute paths; only files below any of them are found. All files where empty."""
    mode: Mode = "hybrid"
    limit: int = 20
    instruction: str | None = None
    """What the model is told that the search is for; the model's own words where None."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is understood of a request's words."""

    text: str
    """Without what cannot be seen; this is embedded."""
    terms: list[tuple[str, bool]]
    """For the index of words: (text, is a prefix)."""
    has_meaning: bool
    """False where it is too short to mean anything: it is then searched by names and words alone."""

    @property
    def name_terms(self) -> list[tuple[str, bool]]:
        """For the index of names, where the beginning of a word finds it too."""
        return [(text, is_prefix or len(text) > 2) for text, is_prefix in self.terms if " " not in text]


def understand(request: SearchRequest) -> Query:
    """Clean and split a request's query.

    Raises:
        UsageFaultError: it is empty, or its mode or limit makes no sense.
    """
    if request.mode not in get_args(Mode):
        raise UsageFaultError("Unknown mode", request.mode, f"Use one of {', '.join(get_args(Mode))}.")
    if not 1 <= request.limit <= LIMIT:
        raise UsageFaultError("Unusable limit", str(request.limit), f"Ask for 1 to {LIMIT} results.")
    text = clean(request.query[:_CHARS_LIMIT]).strip()
    if not text:
        raise UsageFaultError("Nothing to search for", "the query is empty", "Type what you remember of the file.")
    return Query(text, keywords.query_terms(text), not is_too_short(text))
