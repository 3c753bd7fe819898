"""From a file to its text: the reader is chosen by the bytes first and by the name after. Imports every reader.

The worker that reads files calls `preload` before it locks itself in: from then on nothing can be opened or imported.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import replace
from typing import BinaryIO

from finder.errors import FileError
from finder.extract.code.notebook import NotebookReader
from finder.extract.code.source import CodeReader
from finder.extract.containers.archive import ArchiveReader
from finder.extract.containers.ole import OLE_MAGIC, reader_of
from finder.extract.kinds import kind_of
from finder.extract.mail.messages import MailReader, MboxReader
from finder.extract.mail.msg import MsgReader
from finder.extract.markup.bibtex import BibtexReader
from finder.extract.markup.epub import EpubReader
from finder.extract.markup.html import HtmlReader
from finder.extract.markup.markdown import MarkdownReader, MarkupReader
from finder.extract.markup.xml import XmlReader
from finder.extract.media.image import ImageReader
from finder.extract.media.recordings import MediaReader
from finder.extract.office.docx import DocxReader
from finder.extract.office.mspowerpoint import MsPowerPointReader
from finder.extract.office.msword import MsWordReader
from finder.extract.office.odf import OdfReader
from finder.extract.office.pptx import PptxReader
from finder.extract.office.rtf import RtfReader
from finder.extract.pages import pdf_by_pypdf
from finder.extract.pages.drawn import DrawnPageReader
from finder.extract.pages.pdf import PdfReader
from finder.extract.reader import FALLBACK, HEAD_BYTES, Limits, Reader
from finder.extract.sheets.delimited import DelimitedReader
from finder.extract.sheets.workbooks import SheetReader
from finder.extract.text.codepages import CODECS
from finder.extract.text.legacy_codecs import LEGACY_CODECS
from finder.extract.text.plain import TextReader
from finder.extract.text.subtitles import SubtitleReader
from finder.types import Document


def _read_inner(file: BinaryIO, name: bytes, limits: Limits) -> Document:
    """What readers of files that hold others are handed: see `ReadInner`."""
    if not limits.levels:
        raise FileError("too_large", "Nested too deeply", "It is a file in a file in a file, and was not opened.")
    return read_document(file, name, replace(limits, levels=limits.levels - 1))


READERS: tuple[Reader, ...] = (
    PdfReader(_read_inner),
    DocxReader(),
    PptxReader(),
    SheetReader(),
    OdfReader(),
    RtfReader(),
    MsWordReader(),
    MsPowerPointReader(),
    DelimitedReader(),
    HtmlReader(),
    XmlReader(),
    EpubReader(),
    DrawnPageReader(),
    NotebookReader(),
    SubtitleReader(),
    BibtexReader(),
    MarkdownReader(),
    MarkupReader(),
    MailReader(_read_inner),
    MboxReader(_read_inner),
    MsgReader(_read_inner),
    ArchiveReader(_read_inner),
    ImageReader(),
    MediaReader(),
    CodeReader(),
    TextReader(),
)

_BINARY_MAGIC = (
    (b"\x89PNG\r\n", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"BM", "a picture"),
    (b"II*\0", "a picture"),
    (b"MM\0*", "a picture"),
    (b"RIFF", "a media file"),
    (b"OggS", "a media file"),
    (b"ID3", "a media file"),
    (b"fLaC", "a media file"),
    (b"\x1aE\xdf\xa3", "a media file"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\xfe\xed\xfa", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"PK\x03\x04", "an archive"),
    (b"\x1f\x8b", "an archive"),
    (b"BZh", "an archive"),
    (b"\xfd7zXZ", "an archive"),
    (b"7z\xbc\xaf", "an archive"),
    (b"Rar!", "an archive"),
    (b"SQLite format 3", "a database"),
)
_NO_TEXT = bytes((*range(9), *range(14, 27), *range(28, 32)))
"""Short magic numbers are also how a text may begin; a control character soon after settles it."""


def read_document(
    file: BinaryIO, name: bytes, limits: Limits | None = None, recognised: Mapping[int, str] | None = None
) -> Document:
    """The text of `file`.

    Args:
        file: seekable; read from its start wherever it stands.
        name: the file's name without its folders; only a hint.
        recognised: page number -> what a text recognition program has read there; None where it was not asked.
    Raises:
        FileError: empty, binary, encrypted, corrupt, no_text, too_large, unsupported.
    """
    limits = limits or Limits()
    shown = _shown(name)
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if not head:
        raise FileError("empty", "An empty file", "It is 0 bytes long.")
    reader = _choose(shown, head, file, limits)
    if recognised is not None and isinstance(reader, PdfReader | ImageReader):
        document = reader.read_recognised(file, limits, recognised)
    else:
        document = reader.read(file, shown, limits)
    if not document.text.strip():
        raise FileError("no_text", "No text inside", "It was read, and there are no words in it.")
    return document


def preload() -> None:
    """Import whatever reading may need later, for a process that is about to give up opening files."""
    pdf_by_pypdf.preload()
    for name in (
        *LEGACY_CODECS,
        *CODECS,
        "iso2022_kr",
        "iso2022_jp",
        "iso2022_jp_2",
        "utf-7",
        "utf-8-sig",
        "utf-16",
        "utf-32",
        "utf-16-le",
        "utf-16-be",
    ):
        codecs.getincrementaldecoder(name)("replace").decode(b"")
    for name in ("utf-32-le", "utf-32-be", "cp437", "latin-1", "raw-unicode-escape", "idna"):
        codecs.lookup(name)


def _shown(name: bytes) -> str:
    return name.decode("utf-8", "replace")


def _choose(name: str, head: bytes, file: BinaryIO, limits: Limits) -> Reader:
    """
    Raises:
        FileError: unsupported or binary, where no reader is for such a file; encrypted or corrupt, where that is all
            that can be told of it.
    """
    kind = kind_of(name)
    if kind.reader is None:
        raise FileError("unsupported", kind.reason)
    if head.startswith(OLE_MAGIC):
        inside = reader_of(file, limits)
        return next(reader for reader in READERS if reader.name == inside)
    scores = [(score, reader) for reader in READERS if (score := reader.score(name, head)) is not None]
    score, reader = max(scores, key=lambda scored: scored[0])
    if score <= FALLBACK or reader.name in ("text", "code", "markdown", "markup"):
        _refuse_binary(head)
    return reader


def _refuse_binary(head: bytes) -> None:
    for magic, what in _BINARY_MAGIC:
        if head.startswith(magic) and head[:64].translate(None, _NO_TEXT) != head[:64]:
            raise FileError("binary", f"It is {what}", "Whatever its name says, its bytes are no text.")
