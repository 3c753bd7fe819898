"""Which language a text is written in, guessed from its letters and its commonest words. The standard library alone.

What can be told apart: languages with a writing or with letters of their own, and seven in Latin letters by the words
that say nothing alone. Anything else, a list of figures, source code, a text in two languages alike, is no language:
it is better not to be found by `lang:` than to be found as what it is not.
"""

from __future__ import annotations

import collections
import re
import unicodedata

from finder.stop_words import STOP_WORDS_OF

LANGUAGES: dict[str, str] = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "pt": "Portuguese",
    "nl": "Dutch",
    "zh": "Chinese",
    "ja": "Japanese",
    "ko": "Korean",
    "ru": "Russian",
    "uk": "Ukrainian",
    "ar": "Arabic",
    "fa": "Persian",
    "he": "Hebrew",
    "el": "Greek",
    "th": "Thai",
}
"""ISO 639-1 code and English name of each language that can be told."""
OWN_NAMES: dict[str, tuple[str, ...]] = {
    "en": ("英文", "英语"),
    "de": ("deutsch", "德语", "德文"),
    "fr": ("français", "法语", "法文"),
    "es": ("español", "castellano", "西班牙语"),
    "it": ("italiano",),
    "pt": ("português",),
    "nl": ("nederlands",),
    "zh": ("中文", "汉语", "简体中文", "繁體中文"),
    "ja": ("日本語", "日语", "日文"),
    "ko": ("한국어", "韩语", "韩文"),
    "ru": ("русский", "俄语", "俄文"),
    "uk": ("українська",),
    "ar": ("العربية",),
    "fa": ("فارسی",),
    "he": ("עברית",),
    "el": ("ελληνικά",),
    "th": ("ไทย",),
}
"""What they are called by who speaks them, and in Chinese, in small letters."""

CHARS_LOOKED_AT = 4_000
_LEAST_LETTERS = 8
_LEAST_SHARE = 0.6
"""So much of the letters must be of one writing."""
_LEAST_WORDS = 3
"""So many common words of a language must stand in a text in Latin letters."""
_LEAST_WORD_SHARE = 0.08
_LEAD = 1.15
"""The best language must have so many times the common words of the next."""

_WORD = re.compile(r"[^\W\d_]+")
_BY_SCRIPT = {"HANGUL": "ko", "HEBREW": "he", "GREEK": "el", "THAI": "th", "CJK": "zh", "KANA": "ja"}
_KANA_SHARE = 0.05
"""From so much kana on, Chinese characters are Japanese."""
_UKRAINIAN, _RUSSIAN = frozenset("іїєґ"), frozenset("ыэъё")
_PERSIAN, _ARABIC = frozenset("پچژگی"), frozenset("ةيىك")


def language_of(text: str) -> str:
    """The code of the language that most of `text` is written in; "" where that cannot be told."""
    text = text[:CHARS_LOOKED_AT].casefold()
    letters = {char: count for char, count in collections.Counter(text).items() if char.isalpha()}
    scripts: collections.Counter[str] = collections.Counter()
    for char, count in letters.items():
        scripts[_script(char)] += count
    total = scripts.total()
    if total < 2:
        return ""
    if scripts["KANA"] > _KANA_SHARE * total:
        scripts["KANA"] += scripts.pop("CJK", 0)
    script, count = scripts.most_common(1)[0]
    if count < _LEAST_SHARE * total:
        return ""
    if script in _BY_SCRIPT:
        return _BY_SCRIPT[script]
    if total < _LEAST_LETTERS:
        return ""
    if script == "LATIN":
        return _by_words(text)
    if script == "CYRILLIC":
        return _by_letters(letters, ("uk", _UKRAINIAN), ("ru", _RUSSIAN))
    if script == "ARABIC":
        return _by_letters(letters, ("fa", _PERSIAN), ("ar", _ARABIC))
    return ""


def _script(char: str) -> str:
    first = unicodedata.name(char, "?").split(" ", 1)[0]
    return "KANA" if first in ("HIRAGANA", "KATAKANA") else first


def _by_letters(letters: dict[str, int], *rivals: tuple[str, frozenset[str]]) -> str:
    """The one of two languages whose own letters stand in the text, and hardly any of the other's."""
    counts = sorted(((sum(letters.get(char, 0) for char in own), code) for code, own in rivals), reverse=True)
    (most, code), (least, _) = counts
    return code if most > 10 * least else ""


def _by_words(text: str) -> str:
    words = collections.Counter(_WORD.findall(text))
    counts = sorted(
        ((sum(words[word] for word in words.keys() & common), code) for code, common in STOP_WORDS_OF.items()),
        reverse=True,
    )
    (most, code), (second, _) = counts[:2]
    is_clear = most >= _LEAST_WORDS and most >= _LEAST_WORD_SHARE * words.total() and most >= _LEAD * second
    return code if is_clear else ""
