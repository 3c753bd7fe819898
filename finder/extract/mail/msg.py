"""Outlook's messages (.msg): a compound file with a stream for each property, and a storage for each attachment.

Sources: [MS-OXMSG] 2.1 to 2.4, [MS-OXPROPS] for the properties, [MS-OXRTFCP] 3.1 for compressed RTF.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import BinaryIO

from finder.errors import FileError
from finder.extract.containers.inner import InnerFiles, shown_name
from finder.extract.containers.ole import OLE_MAGIC, CompoundFile
from finder.extract.kinds import kind_of
from finder.extract.mail.letter import LOCKED, Letter
from finder.extract.markup.html import HtmlReader
from finder.extract.reader import SURE, Limits, ReadInner, TextBuilder, sensible_title
from finder.extract.text.codepages import codec_of_page
from finder.types import Document

_CLASS, _SUBJECT, _SENT, _ARRIVED = 0x001A, 0x0037, 0x0039, 0x0E06
_SENDER, _SENDER_ADDRESS, _SENDER_SMTP = 0x0C1A, 0x0C1F, 0x5D01
_COPIES, _RECIPIENTS = 0x0E03, 0x0E04
_BODY, _RTF, _HTML = 0x1000, 0x1009, 0x1013
_NAME, _ADDRESS, _SMTP, _RECIPIENT_TYPE = 0x3001, 0x3003, 0x39FE, 0x0C15
_DATA, _SHORT_NAME, _LONG_NAME, _MIME, _CONTENT_ID = 0x3701, 0x3704, 0x3707, 0x370E, 0x3712
_INTERNET_PAGE, _PAGE = 0x3FDE, 0x3FFD
_BYTES, _NARROW, _WIDE, _OBJECT = 0x0102, 0x001E, 0x001F, 0x000D
_TO, _COPY = 1, 2
_TOP_HEADER_BYTES, _EMBEDDED_HEADER_BYTES, _OTHER_HEADER_BYTES = 32, 24, 8
_MOST_RECIPIENTS = 200
_LAST_TICKS = 10**18
"""The year 4769."""
_UTF8_MARK = b"\xef\xbb\xbf"


class MsgReader:
    """Messages that Outlook saved."""

    name = "msg"

    def __init__(self, read_inner: ReadInner) -> None:
        self._read_inner = read_inner

    def score(self, name: str, head: bytes) -> int | None:
        return SURE if kind_of(name).reader == self.name and head.startswith(OLE_MAGIC) else None

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        builder = TextBuilder(limits.text_chars)
        message = _Storage(CompoundFile(file, limits), "", _TOP_HEADER_BYTES)
        letter, notes = self._write(message, builder, limits)
        return builder.document(sensible_title(letter.subject), notes, letter.metadata, "mail")

    def _write(self, message: _Storage, builder: TextBuilder, limits: Limits) -> tuple[Letter, tuple[str, ...]]:
        inside = InnerFiles(builder, limits, self._read_inner)
        attachments = [storage for storage in message.storages("__attach_version1.0_") if not _is_drawn(storage)]
        is_locked = _is_encrypted(message, attachments)
        letter = _letter(message, () if is_locked else attachments)
        letter.write(builder)
        if is_locked:
            return letter, (LOCKED,)
        if body := self._body(message, limits):
            builder.include(body, None)
        for attachment in islice(attachments, limits.members):
            name = _attached_name(attachment)
            embedded = attachment.below(_DATA)
            if embedded is None:
                inside.add(io.BytesIO(attachment.data(_DATA)), name, "attachment")
            elif limits.levels:
                self._add_embedded(embedded, name, inside)
            else:
                inside.note(f"attachment {name}: Nested too deeply")
        return letter, inside.notes

    def _add_embedded(self, message: _Storage, name: str, inside: InnerFiles) -> None:
        """A message within this one is no file: it shares this one's streams."""
        builder = TextBuilder(inside.builder.room_chars)
        limits = replace(inside.limits, levels=inside.limits.levels - 1)
        _, notes = self._write(message, builder, limits)
        inside.builder.include(builder.document(), f"attachment {name}")
        for note in notes:
            inside.note(f"attachment {name}: {note}")

    def _body(self, message: _Storage, limits: Limits) -> Document | None:
        if (text := message.text(_BODY)).strip():
            return Document(text)
        try:
            if html := message.data(_HTML) or message.text(_HTML).encode("utf-8", "replace"):
                if message.has(_HTML, _WIDE):
                    html = _UTF8_MARK + html
                elif codec := codec_of_page(message.number(_INTERNET_PAGE)):
                    html = _UTF8_MARK + html.decode(codec, "replace").encode("utf-8", "replace")
                return HtmlReader().read(io.BytesIO(html), "body.html", limits)
            if rtf := _unpacked_rtf(message.data(_RTF), limits):
                return self._read_inner(io.BytesIO(rtf), b"body.rtf", limits)
        except FileError:
            return None
        return None


class _Storage:
    """A message, an attachment or a recipient: properties as streams, and the small ones in a table."""

    def __init__(self, compound: CompoundFile, path: str, header_bytes: int) -> None:
        self._compound = compound
        self._path = path
        self._small: dict[int, int] = {}
        table = compound.stream(f"{path}__properties_version1.0")[header_bytes:]
        for at in range(0, len(table) - 15, 16):
            tag, _, value = struct.unpack_from("<IIQ", table, at)
            self._small[tag >> 16] = value
        self._codec = codec_of_page(self.number(_PAGE)) or "cp1252"

    def has(self, tag: int, type_: int) -> bool:
        return self._stream_name(tag, type_) in self._compound.names

    def text(self, tag: int) -> str:
        if self.has(tag, _WIDE):
            return self._stream(tag, _WIDE).decode("utf-16-le", "replace").rstrip("\0")
        return self._stream(tag, _NARROW).decode(self._codec, "replace").rstrip("\0")

    def data(self, tag: int) -> bytes:
        return self._stream(tag, _BYTES)

    def number(self, tag: int) -> int:
        return self._small.get(tag, 0) & 0xFFFFFFFF

    def date(self, tag: int) -> datetime | None:
        """From tenths of a microsecond since 1601, in universal time: the sender's clock is not told."""
        ticks = self._small.get(tag, 0)
        return (
            datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10) if 0 < ticks < _LAST_TICKS else None
        )

    def storages(self, prefix: str) -> list[_Storage]:
        start = self._path + prefix
        level = start.count("/")
        found = sorted(name for name in self._compound.names if name.startswith(start) and name.count("/") == level)
        return [_Storage(self._compound, f"{name}/", _OTHER_HEADER_BYTES) for name in found]

    def below(self, tag: int) -> _Storage | None:
        """The message that an attachment is."""
        path = self._stream_name(tag, _OBJECT)
        if f"{path}/__properties_version1.0" not in self._compound.names:
            return None
        return _Storage(self._compound, f"{path}/", _EMBEDDED_HEADER_BYTES)

    def _stream(self, tag: int, type_: int) -> bytes:
        return self._compound.stream(self._stream_name(tag, type_))

    def _stream_name(self, tag: int, type_: int) -> str:
        return f"{self._path}__substg1.0_{tag:04x}{type_:04x}"


def _letter(message: _Storage, attachments: Sequence[_Storage]) -> Letter:
    people = message.storages("__recip_version1.0_")[:_MOST_RECIPIENTS]
    return Letter(
        subject=message.text(_SUBJECT),
        sender=_person(message.text(_SENDER), message.text(_SENDER_SMTP) or message.text(_SENDER_ADDRESS)),
        recipients=_people(people, _TO) or message.text(_RECIPIENTS),
        copies=_people(people, _COPY) or message.text(_COPIES),
        date=message.date(_SENT) or message.date(_ARRIVED),
        attachments=tuple(_attached_name(attachment) for attachment in attachments),
    )


def _people(storages: list[_Storage], type_: int) -> str:
    chosen = [storage for storage in storages if storage.number(_RECIPIENT_TYPE) == type_]
    return ", ".join(_person(one.text(_NAME), one.text(_SMTP) or one.text(_ADDRESS)) for one in chosen)


def _person(name: str, address: str) -> str:
    """Within one firm an address is no address but a path."""
    return f"{name} <{address}>" if "@" in address and address != name else name


def _attached_name(attachment: _Storage) -> str:
    name = attachment.text(_LONG_NAME) or attachment.text(_SHORT_NAME) or attachment.text(_NAME) or "unnamed"
    return shown_name(name.replace("\\", "/").rpartition("/")[2])


def _is_drawn(attachment: _Storage) -> bool:
    """True for a picture that the body shows."""
    return bool(attachment.text(_CONTENT_ID)) and attachment.text(_MIME).lower().startswith("image/")


def _is_encrypted(message: _Storage, attachments: list[_Storage]) -> bool:
    """By the sender's key, by PGP, or by a firm's rights management."""
    if message.text(_CLASS).lower() == "ipm.note.smime":
        return True
    return any(
        attachment.text(_MIME).lower() == "application/pgp-encrypted"
        or _attached_name(attachment).lower() == "message.rpmsg"
        for attachment in attachments
    )


_RTF_BEGINNING = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n"
    b"\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
"""What the dictionary holds before the first byte ([MS-OXRTFCP] 2.1.3.1.1)."""


def _unpacked_rtf(data: bytes, limits: Limits) -> bytes:
    """RTF from its packed form; b"" where it is none."""
    if len(data) < 16:
        return b""
    size_bytes = min(int.from_bytes(data[4:8], "little"), limits.inflated_bytes)
    if data[8:12] == b"MELA":
        return data[16 : 16 + size_bytes]
    if data[8:12] != b"LZFu":
        return b""
    out = bytearray(_RTF_BEGINNING)
    at, size_bytes = 16, size_bytes + len(out)
    while at < len(data) and len(out) < size_bytes:
        flags = data[at]
        at += 1
        for bit in range(8):
            if flags >> bit & 1:
                if at + 1 >= len(data):
                    return bytes(out[len(_RTF_BEGINNING) :])
                pair = data[at] << 8 | data[at + 1]
                at += 2
                back = (len(out) - (pair >> 4)) % 4096
                if not back:  # a reference to where it stands is the end
                    return bytes(out[len(_RTF_BEGINNING) :])
                for _ in range((pair & 15) + 2):
                    out.append(out[-back] if back <= len(out) else 32)
            else:
                out += data[at : at + 1]
                at += 1
    return bytes(out[len(_RTF_BEGINNING) : size_bytes])
