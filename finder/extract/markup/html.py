"""HTML and XHTML. The only importer of selectolax. Nothing is loaded, run or rendered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

from selectolax.lexbor import LexborHTMLParser

from finder.errors import FileError
from finder.extract.kinds import kind_of
from finder.extract.reader import HEADING_CHARS, LIKELY, NAMED, Limits, TextBuilder, sensible_title
from finder.extract.text.plain import as_decoded, read_text
from finder.types import Document

_LOOKS_LIKE = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]*>")
_LEFT_OUT = frozenset(
    (
        "script", "style", "template", "noscript", "nav", "svg", "math", "iframe", "object", "select", "button",
        "dialog", "head", "rt", "rp",
    )
)  # fmt: skip
_PARAGRAPHS = frozenset(
    (
        "p", "h1", "h2", "h3", "h4", "h5", "h6", "article", "section", "main", "header", "footer", "aside",
        "blockquote", "pre", "ul", "ol", "dl", "table", "figure", "form", "body",
    )
)  # fmt: skip
_LINES = frozenset(
    (
        "div", "li", "dt", "dd", "tr", "br", "hr", "caption", "figcaption", "address", "details", "summary",
        "option", "legend", "fieldset",
    )
)  # fmt: skip
_CELLS = frozenset(("td", "th"))
_HEADINGS = frozenset(("h1", "h2", "h3"))
_HEADING_NODES = 100
_AUTHORS = 20
"""Read of one page."""
_SPACE = re.compile(r"\s+")
_XHTML = re.compile(r"<\?xml\b|<html[^>]{0,500}xmlns", re.IGNORECASE)
_XHTML_WITHIN_CHARS = 2000
_SELF_CLOSED = re.compile(r"<(title|script|style|iframe|textarea|noscript)\b([^<>]*)/>", re.IGNORECASE)
"""Empty in XHTML; an HTML parser takes all that follows for what is in it."""
_MORE_TAGS_THAN_TEXT = 8
"""A page's source may be so many times as long as the text that is kept of it."""


class HtmlReader:
    """The words of a page in its block structure, without menus and scripts."""

    name = "html"

    def score(self, name: str, head: bytes) -> int | None:
        if kind_of(name).reader == self.name:
            return NAMED
        return LIKELY if _LOOKS_LIKE.match(head.removeprefix(b"\xef\xbb\xbf")) else None

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        source_limits = Limits(text_chars=_MORE_TAGS_THAN_TEXT * limits.text_chars)
        decoded, is_source_cut = read_text(file, source_limits)
        tree = _parsed(decoded.text)
        builder = TextBuilder(limits.text_chars)
        if tree.root is not None:
            _walk(tree.root, builder, _LEFT_OUT)
            if builder.is_empty:  # a table of contents is all menu
                _walk(tree.root, builder, _LEFT_OUT - {"nav"})
        title = tree.css_first("head > title")
        document = builder.document(
            sensible_title(title.text() if title else None) or _first_heading(tree),
            metadata={"author": _authors(tree)},
        )
        if not document.text.strip():
            raise FileError("no_text", "A page without text", "Its words may be loaded by scripts, or be in pictures.")
        return as_decoded(document, decoded, is_source_cut)


def table_of_contents(source: str) -> list[tuple[str, str]]:
    """(address, words) of each entry in a book's table of contents: an EPUB's navigation page, or its NCX."""
    entries = []
    words = ""
    for node in _parsed(source).css("a[href], navlabel > text, content[src]"):
        if node.tag == "content":
            entries.append((node.attributes.get("src") or "", words))
            continue
        words = _words_of(node, _LEFT_OUT) or ""
        if node.tag == "a":
            entries.append((node.attributes.get("href") or "", words))
    return entries


def _parsed(source: str) -> LexborHTMLParser:
    if _XHTML.search(source, 0, _XHTML_WITHIN_CHARS):
        source = _SELF_CLOSED.sub(r"<\1\2></\1>", _XML_DECLARATION.sub("", source, count=1))
    return LexborHTMLParser(source)


def _authors(tree: Any) -> str:
    """As the page says it: HTML 4.2.5.1, "author". Pages with several authors say it several times."""
    said = (node.attributes.get("content") for node in tree.css("head > meta[name='author' i]")[:_AUTHORS])
    return ", ".join(" ".join(one.split()) for one in said if one and one.strip())


def _first_heading(tree: Any) -> str | None:
    heading = tree.css_first("h1")
    return sensible_title(_words_of(heading, _LEFT_OUT)) if heading else None


def _walk(root: Any, builder: TextBuilder, left_out: frozenset[str]) -> None:
    """Text in document order. Iterative: a hostile page nests a hundred thousand deep."""
    words = _Words(builder)
    for node, is_end in _visits(root, left_out):
        tag = node.tag
        if tag == "-text":
            words.add(node.text_content or "")
            continue
        if tag in _PARAGRAPHS or tag in _LINES:
            words.end_line()
            if tag in _PARAGRAPHS:
                builder.end_paragraph()
        elif tag in _CELLS:
            words.add(" ")
        if tag in _HEADINGS and not is_end:
            builder.heading(_words_of(node, left_out))
        if tag == "pre":
            words.is_preformatted = not is_end
    words.end_line()


def _words_of(heading: Any, left_out: frozenset[str]) -> str | None:
    """The words in a heading, of its first nodes: a hostile page has all of itself in each of its headings."""
    nodes = islice(_visits(heading, left_out), _HEADING_NODES)
    pieces = []
    for node, _ in nodes:
        if node.tag == "-text":
            pieces.append((node.text_content or "")[: 5 * HEADING_CHARS])
        elif node.tag in _LINES or node.tag in _PARAGRAPHS or node.tag in _CELLS:
            pieces.append(" ")
    text = "".join(pieces)
    return _SPACE.sub(" ", text).strip()[:HEADING_CHARS] or None


def _visits(root: Any, left_out: frozenset[str]) -> Iterator[tuple[Any, bool]]:
    """Each node from `root` down on entering, and each element on leaving too."""
    node = root
    depth = 0
    while True:
        tag = node.tag or ""  # None where its name is no UTF-8
        child = None if tag in left_out or tag[:1] in "-_!" else node.child
        if tag not in left_out:
            yield node, False
        if child is not None:
            node = child
            depth += 1
            continue
        while True:
            tag = node.tag or ""
            if tag not in left_out and tag[:1] != "-":
                yield node, True
            if depth == 0:
                return
            if node.next is not None:
                node = node.next
                break
            node = node.parent
            depth -= 1


class _Words:
    """The text of one line in the making: white space collapses across elements, but for preformatted text."""

    def __init__(self, builder: TextBuilder) -> None:
        self._builder = builder
        self._pieces: list[str] = []
        self.is_preformatted = False

    def add(self, text: str) -> None:
        self._pieces.append(text if self.is_preformatted else _SPACE.sub(" ", text))

    def end_line(self) -> None:
        text = "".join(self._pieces)
        self._pieces.clear()
        if text := text.strip("\n") if self.is_preformatted else _SPACE.sub(" ", text).strip():
            self._builder.add(text)
            self._builder.end_line()
