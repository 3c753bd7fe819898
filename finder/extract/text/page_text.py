"""The text of a printed page made findable: broken words whole, shapes of letters as letters. Imports no PDF library.

A page knows glyphs and lines, not words and paragraphs; what typesetting did to the words is undone here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from finder.text import clean

_BROKEN_WORD = re.compile(
    "[\ufffe\x02\xad\u2010-](?:"  # begun with what is rare, it is found fast
    "(?<=[\ufffe\x02])\\s*(?=(.?))"
    "|(?<=[^\\W\\d_]{2}[-\u2010])\r?\n(?=[a-zß-öø-ÿ\u0101-\u017f\u03ac-\u03ce\u0430-\u045f])"
    "|(?<=\xad)\r?\n)",
    re.DOTALL,
)
"""pdfium writes U+FFFE (older: U+0002) for a hyphen at a line's end and joins the lines."""
_DOUBLED = re.compile(r"^(?=.{10})(?:(\S)\1| )+\r?$", re.MULTILINE)
"""A line whose letters were printed twice, a hair apart, to look bold."""
_COMPATIBILITY = re.compile("[\u2f00-\u2fd5\ufb00-\ufdff\ufe30-\ufe4f\ufe70-\ufefc]+")
"""Ligatures, radicals, Arabic presentation forms: shapes that a font needs and nobody types. NFKC on these alone
leaves superscripts and the like as they are."""
_HAN_KANA = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_SPACED_CJK = re.compile(f"[{_HAN_KANA}](?<![{_HAN_KANA}]{{2}}) (?:[{_HAN_KANA}] ){{2,}}[{_HAN_KANA}](?![{_HAN_KANA}])")
"""Characters set apart to fill a line. Korean is written with spaces and left alone."""
_CJK_LINE_END = re.compile(f"\n(?<=[{_HAN_KANA}\u3001\uff0c]{{10}}\n)(?=[{_HAN_KANA}])")
"""Within a paragraph of Chinese or Japanese: the next line goes on, and no space belongs there."""
_MOST_RUNS = 10
_RTL = "\u0590-\u05ff\u0620-\u064a\u066e-\u06d3"
_ANY_RTL = re.compile(f"[{_RTL}]")
_DIRECTION_CHANGE = re.compile(f"(?<=[{_RTL}])(?=[A-Za-z])|(?<=[A-Za-z])(?=[{_RTL}])")
"""Put in reading order, a Latin word loses the space on one side to the other."""


def mended(text: str) -> str:
    """A page's text, cleaned, with words that a line's end broke made whole."""
    text = _BROKEN_WORD.sub(_joint, text)
    text = _DOUBLED.sub(lambda match: re.sub(r"(\S)\1", r"\1", match[0]) if len(set(match[0])) > 4 else match[0], text)
    text = clean(_COMPATIBILITY.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text))
    if text.isascii():
        return text
    text = _CJK_LINE_END.sub("", _SPACED_CJK.sub(lambda match: match[0].replace(" ", ""), text))
    return _DIRECTION_CHANGE.sub(" ", text) if _ANY_RTL.search(text) else text


def _joint(match: re.Match[str]) -> str:
    """What stays of a hyphen at a line's end: Anglo- and 1990- keep theirs."""
    following = match[1] or ""
    return "-" if following.isupper() or following.isdigit() else ""


def in_words(numbers: Iterable[int]) -> str:
    """Page numbers for a person: "page 3", "pages 1-3, 7"; after the tenth run it breaks off."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    words = [str(first) if first == last else f"{first}-{last}" for first, last in runs]
    more = [] if len(words) <= _MOST_RUNS else ["..."]
    return ("page " if runs and runs[0][0] == runs[-1][1] else "pages ") + ", ".join(words[:_MOST_RUNS] + more)


def under_headings(text: str, headings: list[str]) -> Iterator[tuple[str, str | None]]:
    """`text` cut where each heading stands in it; a heading that does not is taken to stand at the page's top."""
    start = 0
    current: str | None = None
    for heading in headings:
        pattern = r"\s+".join(map(re.escape, heading.split()))
        match = re.compile(rf"^[^\w\n]{{0,9}}(?:[\dIVX.]{{1,9}}\s+)?{pattern}", re.IGNORECASE | re.MULTILINE).search(
            text, start
        )
        if match and match.start() > start:
            yield text[start : match.start()], current
            start = match.start()
        current = heading
    yield text[start:], current
