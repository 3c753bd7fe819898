"""Text as every layer sees it: cleaned, split into sentences, told apart by script. Imports leaves alone.

Both documents and queries pass through `clean`, so that what was typed and what was read compare equal.
"""

from __future__ import annotations

import html
import re
import unicodedata

from finder.stop_words import stop_words_for

_REMOVED = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # controls of C0 and C1, but for tab and what ends a line
    "\xad"  # soft hyphen: a hint for line breaking inside a word, so the word is whole without it
    "\u061c\u200b-\u200f\u202a-\u202e\u2066-\u206f"  # zero width, joiners, direction marks
    "\u180e\u2060-\u2065\ufeff\ufff9-\ufffb\ufffe\uffff"  # separators, joiners, byte-order marks, non-characters
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f"  # shorthand, music, tag characters
)
_NEWLINES = "\x0b\x0c\x85\u2028\u2029"
_SPACES = "\xa0\u2000-\u200a\u202f\u205f"

_CARRIAGE_RETURN = re.compile("\r\n?")
_UNWANTED = re.compile(f"[{_REMOVED}]+")
_OTHER_NEWLINE = re.compile(f"[{_NEWLINES}]")
_OTHER_SPACE = re.compile(f"[{_SPACES}]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NO_CHARACTER = re.compile(r"&#\d{100,};?")
_MOST_MARKS = 30
"""On one letter: the Stream-Safe Text Format of Unicode Standard Annex #15. Ordering more takes quadratic time."""
_MAYBE_MARKS = re.compile(rf"[^\w\s\x00-\u02ff]{{{_MOST_MARKS + 1},}}")
"""Marks are neither letters nor space, and none comes before U+0300."""

_CJK = (
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3100-\u318f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_CJK_CHAR = re.compile(f"[{_CJK}]")

_SENTENCE_END = re.compile(
    r"""
    (?<![.!?\u2026])[.!?\u2026]                                            # the first of its run, or a run takes long
    (?<!\b[A-Z]\.)                                                     # an initial: J. Smith
    (?<!\b(?:Dr|Mr|Ms|St|vs|cf|al|No)\.)(?<!\b(?:Mrs|Fig|etc|e\.g|i\.e|z\.B)\.)
    [.!?\u2026]*["'\u201d\u2019\u00bb)\]]*(?=\s)                       # followed by white space
    | [\u3002\uff01\uff1f\uff61]+["'\u201d\u2019\u300d\u300f\uff09\u3011\u300b]*
    | \n(?=[^\S\n]*\n)                                                 # a blank line
    """,
    re.VERBOSE,
)
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


def clean(text: str) -> str:
    """`text` without what cannot be seen: `\\n` line ends, plain spaces, no controls, no lone surrogates, NFC.

    NFC, because the same word arrives composed from one program and decomposed from another, and both must be one
    word to the keyword index, to the hash of a passage and to a query. Not NFKC: it would rewrite what a person
    sees (x² as x2). Zero-width joiners go with the other invisible characters: they part words for a tokenizer.
    """
    text = _UNWANTED.sub("", text)  # before NFC: a letter and its accent may stand on either side of what goes
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
        text = _OTHER_SPACE.sub(" ", text)
        text = _MAYBE_MARKS.sub(_with_few_marks, text)
        if not unicodedata.is_normalized("NFC", text):
            text = unicodedata.normalize("NFC", text)
    if "\r" in text:
        text = _CARRIAGE_RETURN.sub("\n", text)
    return _OTHER_NEWLINE.sub("\n", text)


def unescaped(markup: str) -> str:
    """HTML's references (`&amp;`, `&#38;`) as the characters; Python makes no number of too many digits."""
    return html.unescape(_NO_CHARACTER.sub("\ufffd", markup))


def _with_few_marks(match: re.Match[str]) -> str:
    kept = []
    marks = 0
    for char in match[0]:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= _MOST_MARKS:
            kept.append(char)
    return "".join(kept)


def is_cjk(char: str) -> bool:
    """True for one character of Chinese, Japanese or Korean writing; their punctuation is none."""
    return _CJK_CHAR.match(char) is not None


def sentence_ends(text: str) -> list[int]:
    """Offsets right behind each sentence, its closing quotes included; the text's own end is not among them.

    A sentence ends at . ! ? before white space, at their full-width forms, and at a blank line.
    """
    return [match.end() for match in _SENTENCE_END.finditer(text)]


def sentences(text: str) -> list[tuple[int, int]]:
    """(start, end) of each sentence, in order, without the white space around it."""
    spans = []
    start = 0
    for end in [*sentence_ends(text), len(text)]:
        piece = text[start:end]
        if stripped := piece.strip():
            first = start + piece.index(stripped[0])
            spans.append((first, first + len(stripped)))
        start = end
    return spans


def is_too_short(query: str) -> bool:
    """True where a query says too little to have a meaning: it is then searched by name and words alone.

    Under three letters, under two of Chinese, Japanese or Korean, or nothing but stop words.
    """
    if len(_CJK_CHAR.findall(query)) >= 2:
        return False
    words = _WORD.findall(query.casefold())
    if sum(map(len, words)) < 3:
        return True
    return stop_words_for(words).issuperset(words)
