"""A better spelling for words that stand in no file, from the words that do. Asked where nothing was found.

A word that is right and stands in no file must not become another one, so little is changed: one letter that is wrong,
missing, doubled or swapped, in long words two, and never the first. Of what fits, swapped and doubled letters go
before other changes, then the word that stands in most passages. Writing without spaces is found by pairs of
characters, in which a slip cannot be told from another word.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator

import apsw

from finder.search.query import Query
from finder.stop_words import STOP_WORDS
from finder.store import bm25, keywords, postings, vocabulary

_ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz",
    "\u0430\u0431\u0432\u0433\u0434\u0435\u0436\u0437\u0438\u043a\u043b\u043c\u043d\u043e\u043f\u0440\u0441\u0442"
    "\u0443\u0444\u0445\u0446\u0447\u0448\u0449\u044a\u044b\u044c\u044d\u044e\u044f",
    "\u03b1\u03b2\u03b3\u03b4\u03b5\u03b6\u03b7\u03b8\u03b9\u03ba\u03bb\u03bc\u03bd\u03be\u03bf\u03c0\u03c1\u03c3"
    "\u03c4\u03c5\u03c6\u03c7\u03c8\u03c9",
)
"""Latin, Cyrillic and Greek, folded."""
_TABLES = ("words", "names")
_SHORTEST = 5
"""Of fewer letters nearly everything is one letter from another word."""
_LONGEST = 40
"""Looking for all that is like a word costs the square of its length."""
_SHORTEST_WITH_TWO = 9
"""Letters of the longer of the two words: "sourdoh" lacks two of them."""
_SURE_LETTERS = 3
_WORDS_LOOKED_AT = 4
_SPELLINGS_LOOKED_AT = 5
_WORD = re.compile(r"[^\W\d_]+")
_DOUBLED = re.compile(r"(.)\1+")


def suggestion(connection: apsw.Connection, query: Query) -> str | None:
    """The query as typed, with each word that stands in no file replaced by the nearest that does; None without one.

    Filters and excluded words stay as they are.
    """
    searched = {term for term, _ in query.terms} - query.others.keys()
    better: dict[str, str | None] = {}

    def spelled(match: re.Match[str]) -> str:
        word, folded = match[0], keywords.fold(match[0])
        if word not in better and folded in searched and len(better) < _WORDS_LOOKED_AT:
            better[word] = _nearest(connection, folded) if _is_unknown(connection, folded) else None
        return better.get(word) or word

    pieces: list[str] = []
    end = 0
    for part in query.parts:
        if part.kind != "filter" and not part.is_negated:
            pieces += [query.typed[end : part.start], _WORD.sub(spelled, query.typed[part.start : part.end])]
            end = part.end
    return "".join([*pieces, query.typed[end:]]) if any(better.values()) else None


def _is_unknown(connection: apsw.Connection, word: str) -> bool:
    if not _SHORTEST <= len(word) <= _LONGEST or word in STOP_WORDS or keywords.UNSPACED_RUN.search(word):
        return False
    return not any(bm25.weighed(connection, table, [(word, table == "names")])[0].rows for table in _TABLES)


def _nearest(connection: apsw.Connection, word: str) -> str | None:
    """The likeliest word within the fewest changes, as it is written in a file."""
    found = _written(connection, word, _known_with_one_change(connection, word), 1)
    if not found and len(word) + 2 >= _SHORTEST_WITH_TWO:
        found = _written(connection, word, _known_with_two_changes(connection, word), 2)
    if not found:
        return None
    return max(found, key=lambda spelling: (_is_slip(word, keywords.fold(spelling)), found[spelling], spelling))


def _known_with_one_change(connection: apsw.Connection, word: str) -> set[str]:
    """The terms of the index that belong to a word one change away."""
    changed = set(_with_one_change(word))
    terms = {stem for one in changed for stem in postings.tokens_of(connection, "words", one)}
    return vocabulary.known(connection, "words", terms) | vocabulary.known(connection, "names", changed)


def _known_with_two_changes(connection: apsw.Connection, word: str) -> set[str]:
    stem = next(iter(postings.tokens_of(connection, "words", word)), word)
    in_words = vocabulary.beginning_with(connection, "words", word[:_SURE_LETTERS])
    in_names = vocabulary.beginning_with(connection, "names", word[:_SURE_LETTERS])
    return {term for term in in_words if is_within(term, stem, 2)} | {
        term for term in in_names if is_within(term, word, 2)
    }


def _written(connection: apsw.Connection, word: str, terms: set[str], changes: int) -> Counter[str]:
    """How the words of these terms are written in files, so far as that is near enough, and how often each term
    stands there: of the commonest terms alone."""
    found: Counter[str] = Counter()
    places = Counter({one: sum(vocabulary.count(connection, table, one) for table in _TABLES) for one in terms})
    for term, count in places.most_common(_SPELLINGS_LOOKED_AT):
        texts = vocabulary.some_texts(connection, term) + vocabulary.some_names(connection, term)
        spellings = Counter(written for text in texts for written in _WORD.findall(text))
        near = (written for written, _ in spellings.most_common() if _is_near(word, keywords.fold(written), changes))
        if (spelling := next(near, None)) is not None:
            found[spelling] += count
    return found


def _is_near(typed: str, written: str, changes: int) -> bool:
    """Whether `written` may be meant: what has another first letter, or is short and wants two changes, is not."""
    is_long_enough = changes < 2 or max(len(typed), len(written)) >= _SHORTEST_WITH_TWO
    return is_long_enough and written[:1] == typed[:1] and is_within(written, typed, changes)


def _is_slip(typed: str, written: str) -> bool:
    """Whether nothing but swapped or doubled letters is between the two."""
    return sorted(typed) == sorted(written) or _DOUBLED.sub(r"\1", typed) == _DOUBLED.sub(r"\1", written)


def _with_one_change(word: str) -> Iterator[str]:
    """Every word that one letter less, more, swapped with the next or another makes of it, behind the first."""
    letters = next((alphabet for alphabet in _ALPHABETS if word[0] in alphabet), _ALPHABETS[0])
    for at in range(1, len(word) + 1):
        left, right = word[:at], word[at:]
        for letter in letters:
            yield left + letter + right
            if right:
                yield left + letter + right[1:]
        if right:
            yield left + right[1:]
        if len(right) > 1:
            yield left + right[1] + right[0] + right[2:]


def is_within(left: str, right: str, changes: int) -> bool:
    """Whether so many letters less, more, other or swapped with their neighbour lead from one to the other.

    Source: optimal string alignment, a restricted Damerau-Levenshtein distance.
    """
    if abs(len(left) - len(right)) > changes:
        return False
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        following = [i]
        for j, b in enumerate(right, 1):
            best = min(row[j] + 1, following[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                best = min(best, before[j - 2] + 1)
            following.append(best)
        if min(itertools.chain(row, following)) > changes:
            return False
        before, row = row, following
    return row[-1] <= changes
