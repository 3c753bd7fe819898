"""What two texts have in common word by word: runs of words, names and numbers, labels. Pure; knows no store.

A version of a text keeps its runs of words *and* its names and numbers; a form filled in anew keeps the runs and has
other names and numbers. That difference is what `Agreement` measures.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from finder.vectors import Int64Array

UInt64Array = NDArray[np.uint64]
BoolArray = NDArray[np.bool_]
Counted = tuple[UInt64Array, Int64Array]
"""Hashes, each once, ascending, and how often each stands there."""

RUN = 3
"""Words in a row that are compared as one: unrelated texts share few such runs, and an edited text keeps many."""
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
_GROUPED = r"\d+(?:\.\d+|,\d{3}(?!\d))+(?![^\W_])"
_WORD = re.compile(rf"[{_UNSPACED}](?=([{_UNSPACED}]?))|{_GROUPED}|[^\W_{_UNSPACED}]+")
"""Of Chinese, Japanese and Korean, which hardly part their words, each character with the next. A number is one word
with its point, and with commas between thousands: "1,204.50", "3.10.2024"."""
_LETTERS = re.compile(r"[^\W\d_]+")
_LABEL = re.compile(r"(?:^[ \t*_#>-]*|; )([^\W\d_][^:;\n|]{1,38}):", re.MULTILINE)
"""A few words and a colon where a line begins, or a cell of a table's row ("Name: Ada; Amount: 30")."""
_MOST_NAMES = 0.15
_FEWEST_PARTICULARS = 4
SAME_WORDS = 0.97
"""Where so much of the other words agrees, hardly anything but names and numbers was changed, ..."""
_FEWEST_CHANGED = 2
"""... and so many of them that nobody corrected a mistake."""
_FEWEST_LABELS = 3
_PHRASE_ENDS = frozenset(".!?:;\n\u3002\uff01\uff1f")
_FACTORS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
"""Odd numbers of 64 bits, one for each place in a run, so that the order of the words counts."""


class Wording:
    """A text as it is compared with others."""

    def __init__(self, text: str, headings: Iterable[str] = ()) -> None:
        """Args: headings: those of the text, which its form is known by as well as by its labels."""
        self.words, self._is_number, self._is_name = _words(text)
        """(N,) uint64: a hash for each word, in order; of writings without spaces for each pair of characters."""
        self._counted: dict[bool, tuple[Counted, list[Counted]]] = {}
        self.labels = _labels(text, headings)
        """Hashes of the headings and of what stands before a colon: what a form consists of."""

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def runs(self) -> UInt64Array:
        """(N - 2,) uint64: a hash for each three words in a row."""
        count = max(0, len(self.words) - RUN + 1)
        runs = np.zeros(count, np.uint64)
        for place, factor in enumerate(_FACTORS):
            runs += self.words[place : place + count] * factor  # wraps, as hashes do
        return runs

    @cached_property
    def run_set(self) -> UInt64Array:
        """Its runs, each once, ascending."""
        return np.unique(self.runs)

    @cached_property
    def has_names(self) -> bool:
        """False where so many words have a capital that it tells no name: in German, in headlines."""
        return bool(self._is_name.mean() <= _MOST_NAMES) if len(self) else False

    def counted(self, with_names: bool) -> tuple[Counted, list[Counted]]:
        """Its plain words; and its numbers, with names that are to be told also its names, and both together."""
        if with_names not in self._counted:
            kinds = [self._is_number]
            if with_names:
                kinds += [self._is_name & ~self._is_number, self._is_name | self._is_number]
            counted = [_counted(self.words[kind]) for kind in kinds]
            self._counted[with_names] = _counted(self.words[~kinds[-1]]), counted
        return self._counted[with_names]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two texts agree; every figure is 0..1."""

    share: float
    """Of both texts, what stands word for word in the other as well, in runs of three words at least."""
    contained: float
    """The same of the shorter one alone."""
    plain: float
    """Of the words that are neither names nor numbers, what both have."""
    particulars: float
    """Of the names and numbers, what both have; as `plain` where that says nothing: of hardly any, or of one that was
    corrected. Where hardly any other word differs, of the numbers or of the names alone, whichever is less: next
    year's letter goes to the same people."""
    labels: float
    """Of the headings and labels, what both have; 0 where there are fewer than three in common."""


def agreement(one: Wording, other: Wording) -> Agreement:
    """How far two texts agree."""
    covered = _covered(one, other), _covered(other, one)
    lengths = len(one), len(other)
    shorter = 0 if lengths[0] <= lengths[1] else 1
    with_names = one.has_names and other.has_names
    (plain_here, kinds_here), (plain_there, kinds_there) = one.counted(with_names), other.counted(with_names)
    plain = _overlap(plain_here, plain_there)
    kinds = list(zip(kinds_here, kinds_there, strict=True))
    if plain >= SAME_WORDS:
        telling = [pair for pair in kinds if _changed(*pair) >= _FEWEST_CHANGED]
    else:
        telling = [pair for pair in kinds[-1:] if _held(*pair) >= _FEWEST_PARTICULARS]
    common = len(one.labels & other.labels)
    return Agreement(
        share=sum(covered) / max(1, sum(lengths)),
        contained=covered[shorter] / max(1, lengths[shorter]),
        plain=plain,
        particulars=min((_overlap(*pair) for pair in telling), default=plain),
        labels=2 * common / (len(one.labels) + len(other.labels)) if common >= _FEWEST_LABELS else 0.0,
    )


def _covered(one: Wording, other: Wording) -> int:
    """How many words of `one` stand in a run that `other` has too."""
    if min(len(one), len(other)) < RUN:
        return len(one) if len(one) and np.array_equal(one.words, other.words) else 0
    _, shared = _found(one.runs, other.run_set)
    covered = np.zeros(len(one), bool)
    for place in range(RUN):
        covered[place : place + len(shared)] |= shared
    return int(covered.sum())


def _counted(words: UInt64Array) -> Counted:
    return np.unique(words, return_counts=True)


def _overlap(one: Counted, other: Counted) -> float:
    """Twice what both have, of what both are: Dice's coefficient over counted words; 1 where neither has any."""
    total = int(one[1].sum() + other[1].sum())
    return 2 * _common(one, other) / total if total else 1.0


def _common(one: Counted, other: Counted) -> int:
    there, is_common = _found(one[0], other[0])
    return int(np.minimum(one[1], other[1][there])[is_common].sum()) if len(there) else 0


def _found(wanted: UInt64Array, ascending: UInt64Array) -> tuple[Int64Array, BoolArray]:
    """Where each of `wanted` (N,) stands in `ascending`, and whether it does: (N,) each; of an empty one nothing."""
    if not len(ascending):
        return np.empty(0, np.int64), np.zeros(len(wanted), bool)
    at = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return at, ascending[at] == wanted


def _changed(one: Counted, other: Counted) -> int:
    """How many words, each once, the one of them holds alone that holds fewer such."""
    _, is_common = _found(one[0], other[0])
    common = int(is_common.sum())
    return min(len(one[0]), len(other[0])) - common


def _held(one: Counted, other: Counted) -> int:
    """How many words the one of them holds that holds fewer."""
    return int(min(one[1].sum(), other[1].sum()))


def _words(text: str) -> tuple[UInt64Array, BoolArray, BoolArray]:
    """A hash for each word, and whether it is a number, and whether it is a name."""
    hashes: list[int] = []
    numbers: list[bool] = []
    names: list[bool] = []
    end = 0
    for match in _WORD.finditer(text):
        word = match[0] + (match[1] or "")
        if word[0].isupper():  # where a phrase begins, every word has a capital
            names.append(end > 0 and _PHRASE_ENDS.isdisjoint(text[end : match.start()]))
        else:
            names.append(False)
        hashes.append(_hash(word))
        numbers.append(not word.isalpha())
        end = match.end()
    return np.array(hashes, np.uint64), np.array(numbers, bool), np.array(names, bool)


@lru_cache(maxsize=1 << 14)
def _hash(word: str) -> int:
    """Of 64 bits, the same whatever the case."""
    folded = word.casefold().encode("utf-8", "surrogatepass")
    return crc32(folded) << 32 | crc32(folded, 0x5BD1E995)


def _labels(text: str, headings: Iterable[str]) -> frozenset[int]:
    return frozenset(map(hash, _label_texts(text, headings)))


def _label_texts(text: str, headings: Iterable[str]) -> Iterator[str]:
    """Folded and without numbers: "Invoice 17" is the label "invoice"."""
    for found in (*headings, *(match[1] for match in _LABEL.finditer(text))):
        words = " ".join(word.casefold() for word in _LETTERS.findall(found))
        if words:
            yield words
