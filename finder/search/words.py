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

_ASCII_TOKEN = re.compile(r"[A-Za-z0-9]+")
_TOKEN = re.compile(r"\S+")
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
        self._prefixes = {term for term, is_prefix in terms if is_prefix and term in single and term not in unspaced}
        self._stems = {stem for term in single if term not in self._unspaced for stem in stems(term)}
        self._beginnings = tuple(term for term, is_prefix in terms if is_prefix and term not in self._unspaced)
        self._others: set[str] = set()
        """Words met that are none of these: most words of a text come again."""

    def __len__(self) -> int:
        return len(self._stems) + len(self._unspaced)

    def hits(self, text: str) -> list[Hit]:
        """In order of their start; pairs of characters may overlap."""
        if not self:
            return []
        found: list[Hit] = []
        for start, token in _tokens(text):
            if token in self._others:
                continue
            in_token = list(self._hits_in(token, start))
            if not in_token:
                self._others.add(token)
            found += in_token
        return found

    def spans(self, text: str) -> list[Span]:
        """Where any of the words stands: in order, not overlapping."""
        found: list[Span] = []
        for hit in self.hits(text):
            if found and hit.start < found[-1][1]:
                found[-1] = found[-1][0], max(found[-1][1], hit.end)
            else:
                found.append((hit.start, hit.end))
        return found

    def _hits_in(self, token: str, offset: int) -> Iterator[Hit]:
        if not token.isascii():
            yield from self._hits_in_folded(token, offset)
        elif term := self._known(token):
            yield Hit(offset, offset + len(token), term)
        elif keywords.COMPOUND_NAME.fullmatch(token):
            for part in keywords.NAME_PART.finditer(token):
                if term := self._known(part[0]):
                    yield Hit(offset + part.start(), offset + part.end(), term)

    def _hits_in_folded(self, token: str, offset: int) -> Iterator[Hit]:
        """Folding changes lengths, so each folded character keeps the place of what it came from."""
        places = [(char, start, end) for start, end, chars in _clusters(token) for char in chars]
        folded = "".join(char for char, _, _ in places)
        at = 0
        while at < len(folded):
            run = keywords.UNSPACED_RUN.match(folded, at)
            end = run.end() if run else _next_unspaced(folded, at)
            if run:
                found = self._unspaced_hits(folded, at, end)
            else:
                found = [(at, end, term)] if (term := self._known(folded[at:end])) else []
            for first, last, term in found:
                yield Hit(offset + places[first][1], offset + places[last - 1][2], term)
            at = end

    def _unspaced_hits(self, text: str, start: int, end: int) -> list[tuple[int, int, str]]:
        """The longest word of the query that begins at each character of a run."""
        longest = (
            (at, next((term for term in self._unspaced if text.startswith(term, at, end)), ""))
            for at in range(start, end)
        )
        return [(at, at + len(term), term) for at, term in longest if term]

    def _known(self, word: str) -> str | None:
        if self._beginnings and (folded := keywords.fold(word)).startswith(self._beginnings):
            return folded
        known = next((stem for stem in stems(word) if stem in self._stems), None)
        if known is None and self._prefixes:
            folded = keywords.fold(word)
            known = next((prefix for prefix in self._prefixes if folded.startswith(prefix)), None)
        return known


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


def _tokens(text: str) -> Iterator[tuple[int, str]]:
    """Runs of letters, digits and marks with their offsets, as the index parts them."""
    if text.isascii():
        return ((match.start(), match[0]) for match in _ASCII_TOKEN.finditer(text))
    spaced = "".join(char if _is_token_char(char) else " " for char in text)
    return ((match.start(), match[0]) for match in _TOKEN.finditer(spaced))


_is_token_char = functools.lru_cache(maxsize=8192)(keywords.is_token_char)


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
