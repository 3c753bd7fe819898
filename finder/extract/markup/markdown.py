"""Markdown, and light markup that is read as it stands: headings are found, nothing is rendered. Imports no library.

The text stays as it was written: it is readable, and line numbers stay those of the file. Headings deeper than
the third level make no place of their own: their text is in the passage anyway.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from finder.extract.kinds import extension, kind_of
from finder.extract.reader import HEAD_BYTES, HEADING_CHARS, NAMED, Limits, sensible_title
from finder.extract.text.plain import text_document
from finder.types import Document, Place

Heading = tuple[int, int, str]
"""Where it starts, its level counted from 1, its words."""

_DEEPEST_LEVEL = 3
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+")
_SETEXT = re.compile(r" {0,3}(=+|-{2,})[ \t]*$")
_NOT_A_PARAGRAPH = re.compile(r"\s*(?:$|[-*+>|#]|\d+[.)]|```|~~~)|    ")
_FRONT_MATTER = re.compile(r"---[ \t]*\n(?:.*\n){0,200}?(?:---|\.\.\.)[ \t]*\n")
_FRONT_TITLE = re.compile(r"^title:[ \t]*(.+)$", re.MULTILINE | re.IGNORECASE)
_INLINE = re.compile(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])|<[^>]*>|[*_`]{1,3}|\{#[^}]*\}")

_RST_RULE = re.compile(r"([=\-~^\"'#*+`:.])\1{2,}[ \t]*$")
_MARKED_HEADING = {
    "adoc": re.compile(r"(={1,6})[ \t]+(.+?)[ \t]*=*$"),
    "org": re.compile(
        r"(\*{1,6})[ \t]+(?:(?:TODO|NEXT|WAITING|DONE|CANCELLED)[ \t]+)?(?:\[#[A-Z]\][ \t]+)?(.+?)(?:[ \t]+:[\w:]+:)?$"
    ),
    "muse": re.compile(r"(\*{1,6})[ \t]+(.+)$"),
    "typ": re.compile(r"(={1,6})[ \t]+(.+)$"),
    "mediawiki": re.compile(r"={0,1}(={1,5})[ \t]*([^=].*?)[ \t]*=+[ \t]*$"),
}
_NUMBERED_HEADING = {
    "textile": re.compile(r"h([1-6])\.[ \t]+(.+)$"),
    "pod": re.compile(r"=head([1-6])[ \t]+(.+)$"),
}
_TEX = re.compile(r"\s*\\(part|chapter|section|subsection|subsubsection|title)\*?(?:\[[^\]]*\])?\{(.+?)\}")
_TEX_LEVELS = {"title": 1, "part": 1, "chapter": 1, "section": 1, "subsection": 2, "subsubsection": 3}
_ORG_TITLE = re.compile(r"^#\+TITLE:[ \t]*(.+)$", re.MULTILINE | re.IGNORECASE)
_SAME_AS = {"asciidoc": "adoc", "wiki": "mediawiki", "latex": "tex", "ltx": "tex"}


class MarkdownReader:
    """Markdown with ATX and setext headings; fenced code yields none."""

    name = "markdown"

    def score(self, name: str, head: bytes) -> int | None:
        return NAMED if kind_of(name).reader == self.name else None

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        return text_document(file, limits, "document", _markdown_places)


class MarkupReader:
    """reStructuredText, AsciiDoc, TeX, Org and their like, by the lines that mark their headings."""

    name = "markup"

    def score(self, name: str, head: bytes) -> int | None:
        return NAMED if kind_of(name).reader == self.name else None

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        ext = _SAME_AS.get(extension(name), extension(name))

        def find(text: str) -> tuple[str | None, tuple[Place, ...]]:
            title, places = _title_and_places(list(_markup_headings(text, ext)))
            named = _ORG_TITLE.search(text[:HEAD_BYTES]) if ext == "org" else None
            return (sensible_title(named[1]) if named else None) or title, places

        return text_document(file, limits, "document", find)


def _markdown_places(text: str) -> tuple[str | None, tuple[Place, ...]]:
    front = _FRONT_MATTER.match(text)
    title, places = _title_and_places(list(markdown_headings(text, front.end() if front else 0)))
    named = _FRONT_TITLE.search(front[0]) if front else None
    return (sensible_title(named[1].strip(" \"'")) if named else None) or title, places


def _title_and_places(headings: list[Heading]) -> tuple[str | None, tuple[Place, ...]]:
    """The title is the first heading where it is alone on the highest level."""
    kept = [heading for heading in headings if heading[1] <= _DEEPEST_LEVEL and heading[2]]
    places = tuple(Place(start, heading=words) for start, _, words in kept)
    if not kept:
        return None, ()
    top = min(level for _, level, _ in kept)
    is_title = kept[0][1] == top
    return sensible_title(kept[0][2]) if is_title else None, places


def _lines(text: str, start: int = 0) -> Iterator[tuple[int, str]]:
    for line in text[start:].split("\n"):
        yield start, line
        start += len(line) + 1


def markdown_headings(text: str, start: int = 0) -> Iterator[Heading]:
    """The headings from `start` on, of all levels; none within fenced code."""
    fence = ""
    before, before_start = "", start
    for at, line in _lines(text, start):
        if fence:
            if line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
            before = ""
            continue
        if match := _FENCE.match(line):
            fence, before = match[1], ""
            continue
        if match := _ATX.match(line):
            yield at, len(match[1]), _plain(_unclosed(line[match.end() :].strip()))
            line = ""
        elif (match := _SETEXT.match(line)) and not _NOT_A_PARAGRAPH.match(before):
            yield before_start, 1 if match[1][0] == "=" else 2, _plain(before)
            line = ""
        before, before_start = line, at


def _unclosed(words: str) -> str:
    """`words` without the hashes that close a heading: those behind white space."""
    rest = words.rstrip("#")
    return rest.rstrip() if not rest or rest[-1].isspace() else words


def _plain(words: str) -> str:
    cut = words[: 2 * HEADING_CHARS]  # before the markup goes: finding where it ends takes time, the longer the line
    return " ".join(_INLINE.sub(r"\1", cut).split())[:HEADING_CHARS]


def _markup_headings(text: str, ext: str) -> Iterator[Heading]:
    if ext == "tex":
        return _matches(text, _TEX, lambda mark: _TEX_LEVELS[mark])
    if ext in _NUMBERED_HEADING:
        return _matches(text, _NUMBERED_HEADING[ext], int)
    if ext in _MARKED_HEADING:
        return _matches(text, _MARKED_HEADING[ext], len)
    return _rst_headings(text)


def _matches(text: str, pattern: re.Pattern[str], level_of: Callable[[str], int]) -> Iterator[Heading]:
    for at, line in _lines(text):
        if match := pattern.match(line):
            yield at, level_of(match[1]), " ".join(match[2].split())[:HEADING_CHARS]


def _rst_headings(text: str) -> Iterator[Heading]:
    """A line with a rule under it; levels are numbered in the order in which their rules first appear."""
    levels: list[str] = []
    before, before_start = "", 0
    for at, line in _lines(text):
        rule = _RST_RULE.match(line)
        if rule and before.strip() and not _RST_RULE.match(before) and len(line.rstrip()) >= len(before.rstrip()):
            if rule[1] not in levels:
                levels.append(rule[1])
            yield before_start, levels.index(rule[1]) + 1, before.strip()[:HEADING_CHARS]
        before, before_start = line, at
