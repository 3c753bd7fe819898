"""XML: the words and not the tags, in the order of the document. Known vocabularies have headings, titles, authors.

What holds only elements is a block, and each of its children begins a line; what holds words is a text, and what lies
in it belongs to its line. That needs no list of names, so it also serves the vocabularies that nobody has heard of.

A document type is passed over and never loaded. Of the entities in it, plain words are put in where they are named;
one that refers to others or to files makes the document refused. XML that is not well formed is read as plain text.
"""

from __future__ import annotations

import html.entities
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from finder.errors import FileError
from finder.extract.containers.zipped import parse_xml
from finder.extract.kinds import extension, kind_of
from finder.extract.markup.html import HtmlReader
from finder.extract.markup.xml_vocabularies import Vocabulary, names, vocabulary_of
from finder.extract.reader import HEADING_CHARS, LIKELY, NAMED, Limits, TextBuilder, sensible_title
from finder.extract.text.plain import as_decoded, read_text, text_document
from finder.types import Document

_MORE_TAGS_THAN_TEXT = 8
_DEEPEST = 200
_MOST_ELEMENTS = 500_000
"""Some seconds' worth: more is data for programs, and is cut."""
_DECLARATION = re.compile(r"\s*<\?xml\b[^>]{0,1000}>")
_DOCTYPE_MARK = "<!DOCTYPE"
_DOCTYPE = re.compile(
    r"<!DOCTYPE[^\[>]{0,2000}"
    r"(?:\[(?P<own>(?>[^\]\"'<]|\"[^\"]*\"|'[^']*'|<!--(?>.*?-->)|<(?!!--))*+)\]\s*)?>",
    re.DOTALL,
)
_PROLOG_CHARS = 1 << 16
_ENTITY = re.compile(r"<!ENTITY\s+([\w.:-]{1,100})\s+(?:\"([^\"&%<]*)\"|'([^'&%<]*)')\s*>")
_REFERENCE = re.compile(r"&([A-Za-z_][\w.-]{0,99});")
_XML_ENTITIES = frozenset(("amp", "lt", "gt", "quot", "apos"))
_SPACE = re.compile(r"\s+")
_HTML = re.compile(
    r"<(?:p|br|a|b|i|div|img|ul|ol|li|h[1-6]|span|em|strong|table|blockquote|pre)\b[^<>]*>", re.IGNORECASE
)

_TEXTS = names(
    "p para simpara title subtitle head article-title book-title refname l v li description summary term label"
    " programlisting screen literallayout preformat eg h1 h2 h3 h4 h5 h6 text"
)
"""Whatever lies in these belongs to their line."""
_PARAGRAPHS = names(
    "p para simpara title head article-title book-title refname section sec chapter abstract div stanza poem lg cite"
    " programlisting screen literallayout preformat eg item entry table h1 h2 h3 h4 h5 h6"
)
_PREFORMATTED = names("programlisting screen literallayout preformat eg")
_RECORDS_TO_DEPTH = 3
"""An element with others in it so near to the root is a record, or a part of the document."""
_SPOKEN = names("text _note title label description caption alt summary")
"""Attributes that hold words in any vocabulary."""
_UNSPOKEN = names("style class id href src type schemaLocation d points path transform viewBox pattern format")


class XmlReader:
    """Documents, books, feeds, outlines and data in XML; and the words in a drawing (.svg)."""

    name = "xml"

    def score(self, name: str, head: bytes) -> int | None:
        if kind_of(name).reader == self.name:
            return NAMED
        return LIKELY if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<?xml ") else None

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        decoded, is_source_cut = read_text(file, Limits(text_chars=_MORE_TAGS_THAN_TEXT * limits.text_chars))
        source = _without_document_type(_DECLARATION.sub("", decoded.text, count=1))
        writer = _Writer(TextBuilder(limits.text_chars))
        try:
            parse_xml(source, writer)
        except FileError:
            if not is_source_cut:
                return text_document(file, limits, kind_of(name).type, lambda _: (None, ()))
            writer.close()
        if extension(name) == "svg" and writer.builder.is_empty:
            raise FileError("unsupported", "A picture without words: found by name")
        document = replace(writer.document(), type="image" if extension(name) == "svg" else "document")
        return as_decoded(document, decoded, writer.has_enough or is_source_cut)


def _without_document_type(source: str) -> str:
    """`source` without its document type, and with the characters that its entities name.

    Raises:
        FileError: corrupt, for entities that could grow or reach for files.
    """
    entities: dict[str, str] = {}
    at = source.find(_DOCTYPE_MARK, 0, _PROLOG_CHARS)
    if at >= 0 and (match := _DOCTYPE.match(source, at, at + _PROLOG_CHARS)):
        own = match["own"] or ""
        declared = _ENTITY.findall(own)
        if own.count("<!ENTITY") != len(declared):
            raise FileError(
                "corrupt", "Its XML declares entities", "They refer to each other or to files, and are not expanded."
            )
        entities = {name: double or single for name, double, single in declared}
        source = source[: match.start()] + source[match.end() :]

    def character(reference: re.Match[str]) -> str:
        name = reference[1]
        if name in _XML_ENTITIES:
            return reference[0]
        return entities.get(name) or html.entities.html5.get(f"{name};", " ").replace("&", "&amp;").replace("<", "&lt;")

    return _REFERENCE.sub(character, source)


@dataclass(slots=True)
class _Frame:
    """An open element."""

    name: str
    is_text: bool
    """True from its first word on: what lies in it then belongs to its line."""
    is_kept: bool
    has_children: bool = False


@dataclass(slots=True)
class _Writer:
    """Is told the elements, and writes the lines."""

    builder: TextBuilder
    title: str | None = None
    _elements: int = 0
    _vocabulary: Vocabulary | None = None
    _is_known: bool = False
    _frames: list[_Frame] = field(default_factory=list)
    _line: list[str] = field(default_factory=list)
    _heading: list[str] | None = None
    """The lines of the heading that is open."""
    _heading_depth: int = 0
    _elsewhere: int = 0
    """How many of the open elements are other works."""
    _people: list[str] = field(default_factory=list)
    _date: str = ""
    _said: tuple[int, list[str]] | None = None
    """The depth of an open author or date, and the words in it."""

    @property
    def has_enough(self) -> bool:
        return self.builder.is_cut or self._elements > _MOST_ELEMENTS

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = tag.rpartition("}")[2]
        self._elements += 1
        if len(self._frames) >= _DEEPEST:
            raise FileError("corrupt", "Not a valid document", "Its XML is nested too deeply.")
        if not self._frames:
            self._vocabulary = vocabulary_of(tag)
            self._is_known = self._vocabulary is not None
        vocabulary = self._vocabulary or Vocabulary()
        parent = self._frames[-1] if self._frames else _Frame("", False, not vocabulary.only)
        parent.has_children = True
        if name in _PARAGRAPHS and not (parent.is_text and self._heading is not None):
            self._end_line()
            self.builder.end_paragraph()
        elif not parent.is_text:
            self._end_line()
        is_kept = (parent.is_kept or name in vocabulary.only) and name not in vocabulary.left_out
        self._frames.append(_Frame(name, name in _TEXTS or parent.is_text, is_kept))
        self._elsewhere += name in vocabulary.not_within
        called = {name, f"{parent.name}/{name}"}
        if self._heading is None and not self._elsewhere and called & vocabulary.headings:
            self._end_line()
            self._heading, self._heading_depth = [], len(self._frames)
        if self._said is None and not self._elsewhere and called & (vocabulary.authors | vocabulary.dates):
            self._said = len(self._frames), []
        if is_kept and (words := self._spoken(attributes)):
            self.data(words)
            self._frames[-1].is_text = name in _TEXTS
            self._end_line()

    def data(self, text: str) -> None:
        frame = self._frames[-1]
        if not frame.is_kept or not text:
            return
        if not frame.is_text and not text.isspace():
            frame.is_text = True
        self._line.append(text)
        if self._said is not None:
            self._said[1].append(text)

    def end(self, tag: str) -> None:
        depth = len(self._frames)
        frame = self._frames.pop()
        vocabulary = self._vocabulary or Vocabulary()
        self._elsewhere -= frame.name in vocabulary.not_within
        if self._said is not None and self._said[0] == depth:
            self._keep_said(frame.name)
        if self._heading is not None and self._heading_depth == depth:
            self._end_heading()
        elif frame.name in _PARAGRAPHS:
            self._end_line(is_preformatted=frame.name in _PREFORMATTED)
            if self._heading is None:
                self.builder.end_paragraph()
        elif frame.has_children and not frame.is_text and depth <= _RECORDS_TO_DEPTH:
            self._end_line()
            self.builder.end_paragraph()

    def close(self) -> None:
        self._end_line()

    def document(self) -> Document:
        metadata = {"author": ", ".join(dict.fromkeys(self._people)), "date": self._date}
        return self.builder.document(self.title, metadata=metadata)

    def _end_line(self, is_preformatted: bool = False) -> None:
        text = "".join(self._line)
        self._line.clear()
        if not text or text.isspace():
            return
        if self._heading is not None:
            self._heading.append(text)
        elif _HTML.search(text):
            self._add_html(text)
        else:
            self.builder.add(text.strip("\n") if is_preformatted else _SPACE.sub(" ", text).strip())
            self.builder.end_line()

    def _add_html(self, text: str) -> None:
        """Feeds carry pages as text."""
        limits = Limits(text_chars=max(1, self.builder.room_chars))
        try:
            page = HtmlReader().read(io.BytesIO(b"\xef\xbb\xbf" + text.encode("utf-8", "replace")), "", limits)
        except FileError:
            return
        self.builder.include(page, None)

    def _end_heading(self) -> None:
        self._heading, lines = None, [*(self._heading or ()), "".join(self._line)]
        self._line.clear()
        words = _SPACE.sub(" ", " ".join(lines)).strip()
        if not words:
            return
        if self.title is None:
            self.title = sensible_title(words)
        self.builder.end_paragraph()
        self.builder.heading(words[:HEADING_CHARS])
        self.builder.add(words)
        self.builder.end_paragraph()

    def _keep_said(self, name: str) -> None:
        _, pieces = self._said or (0, [])
        self._said = None
        words = " ".join(" ".join(pieces).split())
        is_date = any(named.rpartition("/")[2] == name for named in (self._vocabulary or Vocabulary()).dates)
        if is_date:
            self._date = self._date or words
        elif words and len(self._people) < 20:
            self._people.append(words)

    def _spoken(self, attributes: Mapping[str, str]) -> str:
        """The words in an element's attributes; of an unknown vocabulary all that look like words."""
        values = []
        for key, value in attributes.items():
            name = key.rpartition("}")[2]
            is_words = not self._is_known and name not in _UNSPOKEN and " " in value.strip()
            if (name in _SPOKEN or is_words) and any(map(str.isalpha, value)):
                values.append(value.replace("&#60;", "<").replace("&#38;", "&"))  # as libxml2 leaves them
        return ", ".join(dict.fromkeys(values))
