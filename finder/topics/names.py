"""Names for topics: the words that tell one from the others, in any script. Knows no model and no store.

Class-based tf-idf, in which a class is a topic and a word's frequency is the share of the topic's documents that it
stands in: a document that says one word a hundred times names nothing. (Grootendorst, BERTopic, arXiv:2203.05794, 4.3.)

What is written without spaces is taken in pairs of characters. The telling ones grow, character by character, as long
as most documents agree, so that what stands together becomes a word again.
"""

from __future__ import annotations

import heapq
import itertools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from finder.stop_words import EVERY_LANGUAGES, stop_words_for

WORDS = 3
_LEAST_DOCUMENTS = 2
_LEAST_OF_BEST = 0.25
"""A further word is this telling at least, compared with the first."""
_CANDIDATES = 24
_AGREEING = 0.7
"""Of the documents with a piece, in so many it stands in the longer one that it belongs to."""
_LONGEST = 12
"""Characters of a word that was put together."""
_SHORTEST_WORD = 3
_COMMON_STEM = 5
"""Two words that begin with so many equal characters, and end soon after, are one word twice."""

_UNSPACED = (
    "\u0e01-\u0e4e\u0e81-\u0ecd\u1000-\u109f\u1780-\u17d3"  # Thai, Lao, Burmese, Khmer
    "\u1100-\u11ff\u3005-\u3007\u3041-\u309f\u3100-\u318f\u31a0-\u31bf\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
_PIECE = re.compile(
    rf"(?P<unspaced>[{_UNSPACED}]+)"
    r"|[\u30a1-\u30fa\u30fc-\u30fe\uff66-\uff9f]+"  # katakana: borrowed words, each a run of its own
    rf"|(?:(?![{_UNSPACED}\u30a1-\u30fe\uff66-\uff9f])(?:[^\W\d_]|[\u0300-\u036f\u0591-\u05c7\u064b-\u0670\u0900-\u0dff]))+"
)
_NO_WORDS = re.compile(r"\b__\w+__\b|\b(?:[a-z][a-z0-9+.-]{0,20}://|www\.|[\w.+-]{1,64}@)[^\s<>\"')\]]+", re.IGNORECASE)
_SENTENCE_BEGINS = re.compile(r"(?:^|[.!?:;|\n])[\s\"'(\[*_#>\u2022-]*$")
_CAPITALS_BEFORE = re.compile(r"(?:[A-Z]{2,}[\s,]+|_)$")
_CAPITALS_BEHIND = re.compile(r"[\s,]+[A-Z]{2}|_")
"""A line in capitals, or a constant of a program: the word is not always written so."""
_BESIDE_CHARS = 8
"""So much before a word, and behind it, tells why it has its capitals."""
_MIXED_CAPITALS = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]")
_MIXED_CAPITALS_WEIGHT = 0.5
"""What a program calls something ("TextBuilder") tells less than a word for it that is as frequent."""
_FITS_ANYTHING = """
across along already also although always among another anything around become became best better cannot could
different due either else enough etc even ever every everything far first get gets getting give given gives good got
however including instead know last later least less like likely long made make makes making many may maybe might much
must need needed needs never new next nothing often old one others otherwise per perhaps please possible put quite
rather really said say says second see seen set several shall since something sometimes soon still take taken takes
than therefore though three thus together two upon use used useful user uses using usually various via want way well
whether within without works yes yet
"""
"""English words, beside the stop words."""
_PROGRAMS = """
argc args argv async await bool const def dict elif endif enum eval fixme func goto href impl import init int kwargs len
nbsp noqa none null num obj param params printf raise return returns self sizeof src stderr stdin stdout str struct tmp
todo tuple typedef uint usr val var void
"""
"""What programs in many languages consist of."""
_NAMES_NOTHING = frozenset((*_FITS_ANYTHING.split(), *_PROGRAMS.split()))
_HYPHENATED = re.compile(r"([^\W\d_])-\n\s*([^\W\d_])")
"""A word at the end of a line and its rest on the next."""
_PARTICLES = "\u3041-\u309f的了是在和與与及也就都而其之这這那们們着於"
"""Hiragana, and Chinese characters that hold a sentence together."""
_SAYS_NOTHING = re.compile(
    f".?[{_PARTICLES}]"
    "|一[个些种種个様样]|可以|可能|因[为此為]|由[于於]|所[以有]|[但如]果|但是|没有|沒有|自己|[他她它我你]|以[及后後前来來上下]"
    "|成为|成為|开始|開始|进行|進行|不[同能过過会會]|[具还還只]有|[使被]用|[认認]为|位于|包括|第[一二三四五]"
)
"""Pairs that name no subject."""
_HOLD_TOGETHER = frozenset(("", " ", *map(chr, range(0x3041, 0x30A0)), *_PARTICLES))
"""What no word grows by; the empty one is the end of a text."""


@dataclass(slots=True)
class _Class:
    """What the documents of one topic hold."""

    documents: int = 0
    holding: Counter[str] = field(default_factory=Counter)
    """In how many documents each term stands."""
    texts: list[str] = field(default_factory=list)
    """Their runs of writing without spaces, parted by a space."""


def telling_words(topics: Sequence[Iterable[str]]) -> list[list[str]]:
    """Up to three words for each topic, the most telling first; none where nothing tells it from the others.

    Args:
        topics: the texts of some documents of each.
    """
    spellings: dict[str, Counter[str]] = {}
    classes = [_class_of(texts, spellings) for texts in topics]
    frequencies: dict[str, float] = defaultdict(float)
    for one in classes:
        for term, count in one.holding.items():
            frequencies[term] += count / one.documents
    return [_named(one, len(classes), frequencies, spellings) for one in classes]


def _class_of(texts: Iterable[str], spellings: dict[str, Counter[str]]) -> _Class:
    found = _Class()
    for text in texts:
        words, runs = _pieces(text)
        folded = [word.casefold() for word, _ in words]
        unsaid = stop_words_for(folded) | EVERY_LANGUAGES[0]  # whatever a text is in, it quotes English
        terms = {pair for run in runs for pair in map("".join, itertools.pairwise(run))}
        spelled: dict[tuple[str, str], bool] = {}
        for word, (spelling, is_by_place) in zip(folded, words, strict=True):
            if word not in unsaid and word not in _NAMES_NOTHING:
                terms.add(word)
                spelled[word, spelling] = spelled.get((word, spelling), False) or not is_by_place
        for (word, spelling), is_meant in spelled.items():
            spellings.setdefault(word, Counter())[spelling] += is_meant
        found.documents += 1
        found.holding.update(terms)
        found.texts.append(" ".join(runs))
    return found


def _pieces(text: str) -> tuple[list[tuple[str, bool]], list[str]]:
    """The words of a text, each with whether its capitals say nothing; and its runs of writing without spaces."""
    words: list[tuple[str, bool]] = []
    runs: list[str] = []
    text = _NO_WORDS.sub(" ", _HYPHENATED.sub(r"\1\2", text))
    for match in _PIECE.finditer(text):
        piece = match[0]
        if match["unspaced"]:
            runs.append(piece)
        elif len(piece) >= (_SHORTEST_WORD if piece.isascii() else 2):
            before = text[max(0, match.start() - _BESIDE_CHARS) : match.start()]
            words.append((piece, _says_nothing(piece, before, text[match.end() : match.end() + _BESIDE_CHARS])))
    return words, runs


def _says_nothing(word: str, before: str, behind: str) -> bool:
    """True of capitals that the place demands, and not the word."""
    if word.isupper():
        return _CAPITALS_BEFORE.search(before) is not None or _CAPITALS_BEHIND.match(behind) is not None
    return word[1:].islower() and _SENTENCE_BEGINS.search(before) is not None


def _named(one: _Class, classes: int, frequencies: dict[str, float], spellings: dict[str, Counter[str]]) -> list[str]:
    """Args: frequencies: of each term, its shares of the documents of all `classes`, added up."""
    scores = {
        term: count / one.documents * math.log((1 + count / one.documents * classes / frequencies[term]) / 2)
        for term, count in one.holding.items()
        if count >= _LEAST_DOCUMENTS and not _SAYS_NOTHING.match(term)
    }
    for term in scores.keys() & spellings.keys():
        if _MIXED_CAPITALS.search(_most_common(spellings[term])):
            scores[term] *= _MIXED_CAPITALS_WEIGHT
    best = heapq.nsmallest(_CANDIDATES, scores, key=lambda term: (-scores[term], term))
    words: list[str] = []
    for term in best:
        if scores[term] <= max(0.0, _LEAST_OF_BEST * scores[best[0]]) or len(words) == WORDS:
            break
        word = _most_common(spellings[term]) if term in spellings else _grown(term, one.texts)
        if not any(_is_the_same(word, other) for other in words):
            words.append(word)
    return words


def _grown(pair: str, texts: Sequence[str]) -> str:
    """The longer word that most documents with this pair mean by it."""
    word = pair
    while len(word) < _LONGEST:
        texts = [text for text in texts if word in text]
        longer = Counter(itertools.chain.from_iterable(set(_one_longer(word, text)) for text in texts))
        following, count = max(longer.items(), key=lambda item: (item[1], item[0]), default=(word, 0))
        if count < max(_LEAST_DOCUMENTS, _AGREEING * len(texts)):
            break
        word = following
    return word


def _one_longer(word: str, text: str) -> Iterator[str]:
    """The word with the character before it, and with the one behind it, wherever it stands."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if text[at - 1 : at] not in _HOLD_TOGETHER:
            yield text[at - 1 : end]
        if text[end : end + 1] not in _HOLD_TOGETHER:
            yield text[at : end + 1]
        at = text.find(word, at + 1)


def _most_common(spellings: Counter[str]) -> str:
    """The one of most documents, of those that the place of the word does not demand."""
    spelling, count = max(spellings.items(), key=lambda item: (item[1], item[0]))
    return spelling if count or not spelling.isupper() else spelling.lower()


def _is_the_same(word: str, other: str) -> bool:
    """True where one is in the other, or both are forms of one word."""
    first, second = sorted((word.casefold(), other.casefold()), key=len)
    if first in second:
        return True
    if not (first.isalpha() and first.isascii()):
        return any(first[at : at + 2] in second for at in range(len(first) - 1)) if len(first) > 2 else False
    return first[:_COMMON_STEM] == second[:_COMMON_STEM] and len(second) - _COMMON_STEM <= _COMMON_STEM
