"""Electronic books (.epub): the chapters in the order of reading, by the reader of pages, under their headings.

Sources: EPUB 3.3 (W3C) and EPUB Open Container Format 3.2; OPF 2.0.1 for the NCX of older books.
"""

from __future__ import annotations

import io
import posixpath
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO
from urllib.parse import unquote

from finder.errors import FileError
from finder.extract.containers.zipped import ZIP_MAGIC, Package, attribute, local_name
from finder.extract.kinds import kind_of
from finder.extract.markup.html import HtmlReader, table_of_contents
from finder.extract.reader import CLAIMED, NAMED, SURE, Limits, TextBuilder, sensible_title
from finder.extract.text.plain import read_text
from finder.types import Document

_MIMETYPE = b"mimetypeapplication/epub+zip"
_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PAGES = ("application/xhtml+xml", "text/html", "text/x-oeb1-document", "application/x-dtbook+xml")
_FONTS = (".otf", ".ttf", ".woff", ".woff2", ".ttc")
"""May be obfuscated in a book that anybody may read."""
_KEPT = {
    "creator": "author",
    "language": "language",
    "date": "date",
    "publisher": "publisher",
    "subject": "keywords",
    "description": "comment",
}
"""What a package document says of its book, and what that is called here."""
_MOST_PAGE_BYTES = 32 << 20


class EpubReader:
    """Electronic books that no key protects."""

    name = "epub"

    def score(self, name: str, head: bytes) -> int | None:
        if head.startswith(ZIP_MAGIC) and head[30 : 30 + len(_MIMETYPE)] == _MIMETYPE:
            return SURE
        is_named = kind_of(name).reader == self.name
        return (NAMED if head.startswith(ZIP_MAGIC) else CLAIMED) if is_named else None

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        package = Package(file, limits)
        _refuse_protected(package)
        book = _book(package)
        builder = TextBuilder(limits.text_chars)
        unread = 0
        headings = _headings(package, book)
        for path in book.spine:
            if builder.is_cut:
                break
            try:
                chapter = _chapter(package, path, builder.room_chars)
            except FileError as error:
                unread += error.code != "no_text"
                continue
            builder.heading(headings.get(path))
            builder.include(chapter, None)
            builder.heading(None)
        notes = (f"{unread} of its chapters could not be read",) if unread else ()
        metadata: dict[str, str | None] = {key: ", ".join(book.said.get(said, ())) for said, key in _KEPT.items()}
        return builder.document(sensible_title(" ".join(book.said.get("title", ())[:1])), notes, metadata)


@dataclass(slots=True)
class _Book:
    """What a package document says."""

    said: dict[str, list[str]] = field(default_factory=dict)
    spine: list[str] = field(default_factory=list)
    """The members to read, in order."""
    contents: str | None = None
    """The member with the table of contents."""


def _refuse_protected(package: Package) -> None:
    if _ENCRYPTION not in package.names:
        return
    for event, element in package.elements(_ENCRYPTION):
        if event == "end" and local_name(element) == "CipherReference":
            path = unquote(attribute(element, "URI") or "").lower()
            if not path.endswith(_FONTS):
                raise FileError("encrypted", "Protected by its seller", "It can be read in the seller's program alone.")


def _book(package: Package) -> _Book:
    """
    Raises:
        FileError: corrupt.
    """
    main = _package_document(package)
    book = _Book()
    members: dict[str, tuple[str, str]] = {}
    order: list[str] = []
    for event, element in package.elements(main):
        if event == "start":
            continue
        name = local_name(element)
        if name == "item":
            path = _resolved(main, attribute(element, "href") or "")
            members[attribute(element, "id") or ""] = path, (attribute(element, "media-type") or "").lower()
            is_contents = "nav" in (attribute(element, "properties") or "").split()
            is_old_contents = book.contents is None and "dtbncx" in members[attribute(element, "id") or ""][1]
            book.contents = path if is_contents or is_old_contents else book.contents
        elif name == "itemref":
            order.append(attribute(element, "idref") or "")
        elif name in ("title", *_KEPT) and (words := _words(element)):
            book.said.setdefault(name, []).append(words)
    wanted = (members[identifier] for identifier in dict.fromkeys(order) if identifier in members)
    book.spine = [path for path, type_ in wanted if type_ in _PAGES]
    return book


def _package_document(package: Package) -> str:
    if _CONTAINER in package.names:
        for event, element in package.elements(_CONTAINER):
            if event == "end" and local_name(element) == "rootfile":
                return attribute(element, "full-path") or ""
    found = sorted(name for name in package.names if name.lower().endswith(".opf"))
    if not found:
        raise FileError("corrupt", "Not a valid book", "Nothing in it says what its chapters are.")
    return found[0]


def _chapter(package: Package, path: str, room_chars: int) -> Document:
    limits = Limits(text_chars=max(1, room_chars))
    page = HtmlReader().read(io.BytesIO(package.beginning(path, _MOST_PAGE_BYTES)), path, limits)
    return replace(page, title=None)


def _headings(package: Package, book: _Book) -> dict[str, str]:
    """What the table of contents calls each member: a chapter's heading where its page has none."""
    if book.contents is None or book.contents not in package.names:
        return {}
    limits = Limits()
    decoded, _ = read_text(io.BytesIO(package.beginning(book.contents, limits.text_chars)), limits)
    headings: dict[str, str] = {}
    for address, words in table_of_contents(decoded.text):
        if words:
            headings.setdefault(_resolved(book.contents, address), words)
    return headings


def _resolved(base: str, address: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), unquote(address.partition("#")[0])))


def _words(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())
