"""Equal words: where the words of a query stand in a text, for marking. Knows no terminal.

Two words are equal where the keyword index takes them for one: whatever their case, accents and English endings
("moving", "moved"), the parts of a name like getUserName, and of a writing without spaces each pair of characters.
"""

from __future__ import annotations

import functools
import re
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import apsw

from finder.store import keywords

Span = tuple[int, int]
"""(start, end), in characters."""

_WORDS_NAMED = 4


@dataclass(frozen=True, slots=True)
class Hit:
    """One place in a text where a word of the query stands."""

    start: int
    end: int
    term: str
    """The word, as the index knows it."""


class EqualWords:
    """The words of one query."""

    def __init__(self, terms: Sequence[tuple[str, bool]]) -> None:
        """
        Args:
            terms: (text, is a prefix) as `keywords.query_terms` gives them. What is a prefix marks the words that begin
                with it, as names are found.
        """
        terms = list(terms)
        single = [term for term, _ in terms if " " not in term]
        unspaced = [term for term in single if keywords.UNSPACED_RUN.match(term)]
        self._unspaced = sorted(unspaced, key=len, reverse=True)
        # The longest at each character, though they overlap: so nothing is consumed.
        self._longest_unspaced = re.compile(f"(?=({'|'.join(map(re.escape, self._unspaced)) or '(?!)'}))")
        self._stems = {stem for term in single if term not in self._unspaced for stem in stems(term)}
        self._beginnings = tuple(term for term, is_prefix in terms if is_prefix and term not in self._unspaced)
        self._openings = tuple({opening for stem in self._stems for opening in _openings(stem)} | set(self._beginnings))
        self._met: dict[str, tuple[Hit, ...]] = {}
        """Runs of letters that were met, with what is equal in each: most words of a text come again."""

    def __len__(self) -> int:
        return len(self._stems) + len(self._unspaced)

    def hits(self, text: str) -> list[Hit]:
        """In order of their start; pairs of characters may overlap."""
        if not self:
            return []
        spaced = keywords.spaced(text)
        here = set(spaced.split())
        for token in here.difference(self._met):
            self._met[token] = tuple(self._hits_in(token))
        found = [
            Hit(at + hit.start, at + hit.end, hit.term)
            for token in here
            if (hits := self._met[token])
            for at in _places(spaced, token)
            for hit in hits
        ]
        return sorted(found, key=lambda hit: hit.start)

    def spans(self, text: str) -> list[Span]:
        """Where any of the words stands: in order, not overlapping."""
        found: list[Span] = []
        for hit in self.hits(text):
            if found and hit.start < found[-1][1]:
                found[-1] = found[-1][0], max(found[-1][1], hit.end)
            else:
                found.append((hit.start, hit.end))
        return found

    def _hits_in(self, token: str) -> Iterator[Hit]:
        if not token.isascii():
            yield from self._hits_in_folded(token)
        elif term := self._known_ascii(token):
            yield Hit(0, len(token), term)
        elif not token.islower() and keywords.COMPOUND_NAME.fullmatch(token):
            for part in keywords.NAME_PART.finditer(token):
                if term := self._known_ascii(part[0]):
                    yield Hit(part.start(), part.end(), term)

    def _hits_in_folded(self, token: str) -> Iterator[Hit]:
        if keywords.fold(token) == token:
            yield from self._found_in_folded(token)
            return
        # Folding changes lengths, so each folded character keeps the place of what it came from.
        places = [(char, start, end) for start, end, chars in _clusters(token) for char in chars]
        for hit in self._found_in_folded("".join(char for char, _, _ in places)):
            yield Hit(places[hit.start][1], places[hit.end - 1][2], hit.term)

    def _found_in_folded(self, folded: str) -> Iterator[Hit]:
        at = 0
        while at < len(folded):
            run = keywords.UNSPACED_RUN.match(folded, at)
            end = run.end() if run else _next_unspaced(folded, at)
            if run:
                for match in self._longest_unspaced.finditer(folded, at, end):
                    yield Hit(match.start(), match.end(1), match[1])
            elif term := self._known(folded[at:end]):
                yield Hit(at, end, term)
            at = end

    def _known_ascii(self, word: str) -> str | None:
        """Most words begin otherwise than any of the query's, and need no stemming to be told apart."""
        return self._known(word) if word.lower().startswith(self._openings) else None

    def _known(self, word: str) -> str | None:
        if self._beginnings and (folded := keywords.fold(word)).startswith(self._beginnings):
            return folded
        return next((stem for stem in stems(word) if stem in self._stems), None)


def _places(spaced: str, token: str) -> Iterator[int]:
    """Where a token stands, in order: looking for the few that are equal is faster than passing all others."""
    padded, wanted = f" {spaced} ", f" {token} "
    at = padded.find(wanted)
    while at >= 0:
        yield at
        at = padded.find(wanted, at + len(token) + 1)


def _openings(stem: str) -> Iterator[str]:
    """How words with this stem begin: Porter's rules take from the end and leave two letters, of which y may become i.

    Source: M. F. Porter, An algorithm for suffix stripping, 1980.
    """
    yield stem[:2]
    if stem[1:2] == "i":
        yield f"{stem[0]}y"


def named_words(texts: Sequence[tuple[str, Sequence[Span]]]) -> list[str]:
    """A few of the marked words as they stand in texts, none twice; neighbours are named together ("moving out")."""
    phrases = [" ".join(text[start:end].split()) for text, spans in texts for start, end in _joined(text, spans)]
    said = {phrase: {stem for word in phrase.split() for stem in stems(word)} for phrase in phrases}
    named: list[str] = []
    known: set[str] = set()
    for phrase in sorted(said, key=lambda phrase: -len(said[phrase])):
        is_part = keywords.UNSPACED_RUN.search(phrase) is not None and any(phrase in name for name in named)
        if not said[phrase] <= known and not is_part:
            named.append(phrase)
            known |= said[phrase]
    return named[:_WORDS_NAMED]


def _joined(text: str, spans: Sequence[Span]) -> list[Span]:
    """Spans with nothing but white space between them made one."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and not text[joined[-1][1] : start].strip():
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    return joined


@functools.lru_cache(maxsize=16_384)
def stems(word: str) -> tuple[str, ...]:
    """What the keyword index makes of a word: mostly one, none where nothing of it is a letter or a digit."""
    with _lock:
        tokenize = _tokenizer()
        found = tokenize(
            keywords.fold(word).encode("utf-8", "replace"), apsw.FTS5_TOKENIZE_QUERY, None, include_offsets=False
        )
    return tuple(str(stem) for colocated in found for stem in colocated)


_lock = threading.Lock()
"""A tokenizer serves one thread at a time."""


@functools.cache
def _tokenizer() -> apsw.FTS5Tokenizer:
    name, *options = keywords.TOKENIZERS["words"]
    return apsw.Connection(":memory:").fts5_tokenizer(name, options)


def _clusters(token: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, folded) for each character with the marks that follow it."""
    start = 0
    for end in range(1, len(token) + 1):
        if end == len(token) or not _is_mark(token[end]):
            yield start, end, _folded(token[start:end])
            start = end


@functools.lru_cache(maxsize=8192)
def _folded(cluster: str) -> str:
    return keywords.fold(cluster)


@functools.lru_cache(maxsize=8192)
def _is_mark(char: str) -> bool:
    """True for what belongs to the letter before it: accents, and the half-width voiced marks of kana too."""
    return unicodedata.combining(unicodedata.normalize("NFKD", char)[0]) != 0


def _next_unspaced(text: str, at: int) -> int:
    run = keywords.UNSPACED_RUN.search(text, at)
    return run.start() if run else len(text)
