"""Formats that are a zip archive of XML, opened so that a hostile one costs little. The only importer of lxml.

Sizes are checked before a byte is unpacked (zipfile never yields more than the directory declares). XML is read as a
stream, with no entities, no network, and libxml2's own bounds on depth and length left on. A document type, which books
before 2007 have, is passed over and never loaded.
"""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, BinaryIO, Protocol

from lxml import etree

from finder.errors import FileError
from finder.extract.reader import Limits

ZIP_MAGIC = b"PK\x03\x04"
_DEEPEST = 200
_FED_CHARS = 1 << 16
_READ_ERRORS = (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, OSError, ValueError, NotImplementedError)


class Package:
    """A zip archive whose members stay within limits."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        """
        Raises:
            FileError: corrupt, encrypted, too_large.
        """
        try:
            self._archive = zipfile.ZipFile(file)
        except _READ_ERRORS as error:
            raise _corrupt(error) from error
        members = self._archive.infolist()
        if len(members) > limits.members:
            raise FileError("too_large", "Too many parts", f"It holds {len(members)} parts.")
        if sum(member.file_size for member in members) > limits.inflated_bytes:
            raise FileError("too_large", "Too large when unpacked", f"More than {limits.inflated_bytes >> 20} MiB.")
        self.names = frozenset(member.filename for member in members)

    def elements(self, name: str) -> Iterator[tuple[str, Any]]:
        """("start" | "end", element) through one XML member; an element is emptied by whoever is done with it.

        Raises:
            FileError: corrupt, encrypted.
        """
        with self._member(name) as member:
            yield from _events(member)

    def beginning(self, name: str, size_bytes: int) -> bytes:
        """The first bytes of a member.

        Raises:
            FileError: corrupt, encrypted.
        """
        with self._member(name) as member:
            return member.read(size_bytes)

    @contextmanager
    def _member(self, name: str) -> Iterator[IO[bytes]]:
        try:
            with self._archive.open(name) as member:
                yield member
        except (KeyError, zlib.error, lzma.LZMAError, etree.XMLSyntaxError, *_READ_ERRORS) as error:
            raise _corrupt(error) from error
        except RuntimeError as error:  # zipfile's word for a member under a password
            raise FileError("encrypted", "Protected by a password", "It cannot be read without it.") from error


def xml_elements(file: BinaryIO) -> Iterator[tuple[str, Any]]:
    """The same for a file that is XML and lies in no archive.

    Raises:
        FileError: corrupt.
    """
    try:
        yield from _events(file)
    except etree.XMLSyntaxError as error:
        raise _corrupt(error) from error


def _events(member: Any) -> Iterator[tuple[str, Any]]:
    events = etree.iterparse(
        member,
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    depth = 0
    for event, element in events:
        if depth == 0 and _declares_entities(element.getroottree().docinfo.internalDTD):
            raise FileError("corrupt", "Not a valid document", "Its XML declares entities, which none does.")
        depth += 1 if event == "start" else -1
        if depth > _DEEPEST:
            raise FileError("corrupt", "Not a valid document", "Its XML is nested too deeply.")
        yield event, element


def _declares_entities(document_type: Any) -> bool:
    return document_type is not None and next(iter(document_type.iterentities()), None) is not None


class XmlTarget(Protocol):
    """Is told what stands in a document, in order: names as "{namespace}name", text in pieces."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None: ...

    def end(self, tag: str) -> None: ...

    def data(self, text: str) -> None: ...

    def close(self) -> None: ...

    @property
    def has_enough(self) -> bool:
        """True where nothing more need be read."""
        ...


def parse_xml(source: str, target: XmlTarget) -> None:
    """Read a document that lies in no archive, and keep nothing of it.

    Args:
        source: without an XML declaration and without a document type.
    Raises:
        FileError: corrupt, where it is not well formed; what came before has been told.
    """
    parser = etree.XMLParser(
        target=target, encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        for start in range(0, len(source), _FED_CHARS):
            if target.has_enough:
                return
            parser.feed(source[start : start + _FED_CHARS].encode("utf-8", "replace"))
        parser.close()
    except etree.XMLSyntaxError as error:
        raise _corrupt(error) from error


def local_name(element: Any) -> str:
    """The element's name without its namespace: transitional and strict files differ in nothing else."""
    return str(element.tag).rpartition("}")[2]


def attribute(element: Any, name: str) -> str | None:
    """An attribute by its name without namespace."""
    for key, value in element.attrib.items():
        if key.rpartition("}")[2] == name:
            return str(value)
    return None


def release(element: Any) -> None:
    """Free an element that has been read, and its elder siblings."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _corrupt(error: BaseException) -> FileError:
    return FileError("corrupt", "Damaged", f"It is incomplete or not what it claims to be ({type(error).__name__}).")
