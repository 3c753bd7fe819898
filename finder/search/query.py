"""What is searched for: the request as it came in, and what is understood of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import get_args

from finder.errors import UsageFaultError
from finder.search.language.filters import Filter
from finder.search.language.parsing import Part, parse
from finder.search.pasted import TYPED_CHARS, as_pasted
from finder.stop_words import stop_words_for
from finder.store import keywords
from finder.text import clean, is_too_short
from finder.types import Mode

LIMIT = 1_000
"""Results asked for at one time."""
QUERY_CHARS = 20_000
"""Of a longer query the beginning is searched for."""
NOTES_ON_WORDS = {
    "NOT": "“NOT” is a word like any other: a dash before a word leaves out what holds it.",
    "OR": "“OR” is a word like any other: what holds one of several words is found anyway.",
}
"""For who is used to operators of other programs: what was asked for to be left out must not come first unsaid."""


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
    evidence: int = 0
    """For so many of the first results what answers is looked for within their best passage."""
    contents: frozenset[int] | None = None
    """Only files with one of these contents are found; all files where None."""
    is_typing: bool = False
    """True while the query is being typed: its last word may be the beginning of one."""
    now: datetime = field(default_factory=datetime.now)
    """What "today" and ages count from; without a time zone it is the computer's own."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is understood of a request's words."""

    typed: str
    """As it was typed, without what cannot be seen: what the places of `parts` count in."""
    parts: list[Part]
    text: str
    """Plain words and phrases, without operators: this is embedded. Empty where only filters were typed."""
    terms: list[tuple[str, bool]]
    """For the index of words: (text, is a prefix)."""
    has_meaning: bool
    """False where it is too short to mean anything: it is then searched by names and words alone."""
    phrases: list[str]
    """Each must occur in a file, in its text or its name; their words stand in `text` and `terms` too."""
    excluded: list[str]
    """Words and phrases: a file that holds any of them, in its text or its name, is not found."""
    filters: list[Filter]
    """What else a file must be."""
    notes: list[str]
    """What looks like a filter and is none."""
    is_typing: bool = False
    """True where the last term may be the beginning of a word."""
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)
    """How else its terms are written in files, by their text: `finder.search.writings` finds that."""

    @property
    def written(self) -> list[tuple[str, bool]]:
        """The terms and the words of their other writings, for marking; one character may stand anywhere."""
        words = dict.fromkeys(word for others in self.others.values() for one in others for word in one.split())
        return [*self.terms, *((word, False) for word in words if len(word) > 1)]

    @property
    def is_telling(self) -> bool:
        """False for a letter ("C++") and for words that say nothing alone: many names hold them by chance."""
        if self.has_meaning:
            return True
        words = [text for text, _ in self.terms if len(text) > 1 or keywords.UNSPACED_RUN.match(text)]
        return not stop_words_for(words).issuperset(words)

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
    typed = clean(request.query[:QUERY_CHARS])
    if not typed.strip() and request.contents is None:
        raise UsageFaultError("Nothing to search for", "the query is empty", "Type what you remember of the file.")
    parsed = as_pasted(parse(typed, request.now), typed)
    return query_of(typed, parsed.parts, [*parsed.notes, *_notes_on_words(parsed.parts)], request.is_typing)


def _notes_on_words(parts: Sequence[Part]) -> list[str]:
    """Notes on what was meant as an operator: in capitals behind a word that is not, and not in a pasted text."""
    typed = (
        one.value for one in parts if one.kind == "words" and len(one.value) <= TYPED_CHARS and "\n" not in one.value
    )
    words = [word for value in typed for word in value.split()]
    between = {word for before, word, _ in zip(words, words[1:], words[2:], strict=False) if not before.isupper()}
    return [note for word, note in NOTES_ON_WORDS.items() if word in between]


def query_of(typed: str, parts: Sequence[Part], notes: Sequence[str] = (), is_typing: bool = False) -> Query:
    """What these parts of a query mean together."""
    text = " ".join(part.value for part in parts if part.kind != "filter" and not part.is_negated)
    terms = keywords.query_terms(text)
    return Query(
        typed=typed,
        parts=list(parts),
        text=text,
        terms=keywords.with_open_end(terms, typed) if is_typing else terms,
        has_meaning=not is_too_short(text),
        phrases=[part.value for part in parts if part.kind == "phrase" and not part.is_negated],
        excluded=[part.value for part in parts if part.kind != "filter" and part.is_negated],
        filters=[part.filter for part in parts if part.filter is not None],
        notes=list(notes),
        is_typing=is_typing,
    )
