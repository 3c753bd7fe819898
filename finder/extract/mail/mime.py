"""Mail as it travels: headers, and parts within parts, taken apart without copying. Imports the standard library.

The standard library's parser is not used for the structure: it looks at each line once for every level that is open,
and recurses. Here a part looks for its own boundary when asked for its parts, and whoever asks sets the depth.

Sources: RFC 5322 (headers), 2045-2047 (MIME, encoded words), 2231 (parameters).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from datetime import datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime
from functools import cached_property

from finder.errors import FileError
from finder.extract.text.encodings import decode, decode_as

_MOST_HEADER_BYTES = 1 << 20
_VALUE_BYTES = 16 << 10
"""The most of one header's value that is looked at."""
_END_OF_HEADERS = re.compile(rb"\r?\n[ \t]*\r?\n|\r[ \t]*\r(?!\n)")
_HEADER = re.compile(rb"([!-9;-~]{1,100})[ \t]*:[ \t]*([^\r\n]*(?:(?:\r\n|\n|\r)[ \t][^\r\n]*)*)(?:\r\n|\n|\r|$)")
_FOLD = re.compile(rb"(?:\r\n|\n|\r)[ \t]+")
_NO_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
_LOOKS_LIKE_HEADERS = re.compile(rb"(?:[!-9;-~]{1,60}:[ \t][^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n){2}")
_MAIL_HEADER = re.compile(
    rb"^(?:from|to|subject|date|received|return-path|delivered-to|message-id|mime-version|x-[\w-]+|content-type):",
    re.IGNORECASE | re.MULTILINE,
)


def looks_like_mail(head: bytes) -> bool:
    """True where a file begins with headers, three of them such as mail has."""
    begin = _LOOKS_LIKE_HEADERS.match(head)
    if not begin:
        return False
    end = _END_OF_HEADERS.search(head)
    return len({found.lower() for found in _MAIL_HEADER.findall(head[: end.start() if end else None])}) >= 3


class Part:
    """One part of a mail, or the mail itself."""

    def __init__(self, data: memoryview, fallback_type: str = "text/plain") -> None:
        self._fallback_type = fallback_type
        self._headers, start = _read_headers(data)
        self._body = data[start:]

    def header(self, name: str) -> str:
        """A header's value, decoded; "" where there is none."""
        return decode_words(self._headers.get(name.lower().encode(), b""))

    @property
    def has_headers(self) -> bool:
        return bool(self._headers)

    @property
    def date(self) -> datetime | None:
        """When it was sent, by the sender's clock; None where no date can be read."""
        try:
            return parsedate_to_datetime(self.header("date"))
        except (ValueError, TypeError, IndexError, OverflowError):
            return None

    @cached_property
    def type(self) -> str:
        """Such as "text/plain", in lower case."""
        type_ = self.header("content-type").partition(";")[0].strip().lower()
        return type_ if type_.count("/") == 1 else self._fallback_type

    @property
    def is_attachment(self) -> bool:
        return self.header("content-disposition").lower().startswith("attachment")

    @property
    def file_name(self) -> str:
        """The name that an attachment is to be saved under; "" where it has none."""
        return self.parameter("content-disposition", "filename") or self.parameter("content-type", "name")

    def parameter(self, header: str, name: str) -> str:
        """A parameter of a header, decoded; "" where there is none."""
        message = Message()
        message["Content-Type"] = self.header(header).replace("\n", " ").replace("\r", " ")
        value = message.get_param(name, "")
        if isinstance(value, tuple):  # RFC 2231: the character set, the language, the bytes as Latin-1
            charset, _, words = value
            return _decoded(words.encode("latin-1", "replace"), charset)
        return str(value).strip()

    def parts(self) -> Iterator[Part]:
        """What a multipart is made of; a missing end is borne with."""
        boundary = self.parameter("content-type", "boundary").encode("utf-8", "replace")
        if not boundary:
            return
        line = re.compile(rb"(?:^|(?<=[\r\n]))--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r\n|\r|\n|$)")
        fallback = "message/rfc822" if self.type == "multipart/digest" else "text/plain"
        start: int | None = None
        for match in line.finditer(self._body):
            if start is not None:
                yield Part(self._body[start : match.start()], fallback)
            start = None if match[1] else match.end()
            if match[1]:
                return
        if start is not None:
            yield Part(self._body[start:], fallback)

    def content(self) -> bytes:
        """The body without its transfer encoding; what cannot be decoded is left out."""
        encoding = self.header("content-transfer-encoding").strip().lower()
        if encoding == "base64":
            return _from_base64(self._body)
        if encoding == "quoted-printable":
            return binascii.a2b_qp(self._body)
        return bytes(self._body)

    def text(self) -> str:
        """The words of a text part; "" where they are none."""
        return _decoded(self.content(), self.parameter("content-type", "charset"))


def decode_words(value: bytes) -> str:
    """A header's value: unfolded, encoded words decoded, and raw bytes by a guess."""
    text = _decoded(_FOLD.sub(b" ", value[:_VALUE_BYTES]), None)
    if "=?" not in text:
        return text.strip()
    try:
        pieces = decode_header(text)
    except (HeaderParseError, ValueError):
        return text.strip()
    return "".join(_word(piece, charset) for piece, charset in pieces).strip()


def _word(piece: bytes | str, charset: str | None) -> str:
    if isinstance(piece, str):
        return piece
    return _decoded(piece, charset) if charset else piece.decode("raw-unicode-escape", "replace")


def _decoded(data: bytes, charset: str | None) -> str:
    if not data:
        return ""
    try:
        return (decode_as(data, charset) if charset else decode(data)).text
    except FileError:
        return ""


def _read_headers(data: memoryview) -> tuple[dict[bytes, bytes], int]:
    """The first value of each header, by its name in lower case; and where the body begins.

    Lines that are no headers are passed over: mail from the wild holds them.
    """
    head = bytes(data[:_MOST_HEADER_BYTES])
    if head[:1] in (b"\r", b"\n"):
        return {}, 2 if head[:2] == b"\r\n" else 1
    end = _END_OF_HEADERS.search(head)
    block = head[: end.start()] if end else head
    headers: dict[bytes, bytes] = {}
    at = 0
    while at < len(block):
        if match := _HEADER.match(block, at):
            headers.setdefault(match[1].lower(), match[2])
            at = match.end()
        else:
            at = block.find(b"\n", at) + 1 or len(block)
    return headers, end.end() if end else len(block)


def _from_base64(body: memoryview) -> bytes:
    kept = bytes(body).translate(None, _NO_BASE64)
    kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
    return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))
