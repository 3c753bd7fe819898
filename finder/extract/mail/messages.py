"""Mail in files of its own (.eml, .emlx, a maildir's), many in one (mbox), and pages saved as mail (.mht).

The text begins with subject, names, day, and the names of what is attached; then the body, as text where it was also
sent as text; then what is attached, read as files of their own kinds. Pictures that belong to the body are left out.

Sources: RFC 2046, RFC 4155 (mbox), RFC 2557 (MHTML).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import BinaryIO

from finder.errors import FileError
from finder.extract.containers.inner import InnerFiles, shown_name
from finder.extract.kinds import extension, kind_of
from finder.extract.mail.letter import LOCKED, Letter
from finder.extract.mail.mime import Part, looks_like_mail
from finder.extract.markup.html import HtmlReader
from finder.extract.reader import LIKELY, NAMED, Limits, ReadInner, TextBuilder, sensible_title
from finder.types import Document

_MOST_BYTES = 64 << 20
"""Of one mail: more than servers carry. What lies behind is not read."""
_DEEPEST = 20
_ARMOURED = re.compile(r"-----BEGIN PGP MESSAGE-----.*?(?:-----END PGP MESSAGE-----|\Z)", re.DOTALL)
_LEFT_OUT = ("image/", "text/css", "text/javascript", "application/javascript", "font/", "application/x-javascript")
"""What a body or a saved page is drawn with."""
_EMLX_LENGTH = re.compile(rb"\s*(\d{1,12})\s*\n")
_EXTENSIONS = {
    "text/plain": "txt",
    "text/html": "html",
    "text/calendar": "ics",
    "text/csv": "csv",
    "text/rtf": "rtf",
    "application/rtf": "rtf",
    "application/pdf": "pdf",
    "message/rfc822": "eml",
}
_HTML_SAYS_MORE = 3
"""From so many times the length on, the text beside a page is only a word of apology."""

_HEADER = re.compile(rb"[!-9;-~]{1,60}:[ \t\r\n]")
_DATED_FROM = re.compile(rb"From [^\r\n]{0,300}\d\d:\d\d")
_THUNDERBIRD_FROM = re.compile(rb"From (?:- [^\r\n]*\d\d:\d\d[^\r\n]*)?\r?\n?$")
"""It puts no blank line before."""
_BARE_FROM_BYTES = 300
_MOST_LINE_BYTES = 1 << 20
_QUOTED_FROM = re.compile(rb"^>(?=>*From )", re.MULTILINE)


class MailReader:
    """One mail, or one saved page."""

    name = "mail"

    def __init__(self, read_inner: ReadInner) -> None:
        self._read_inner = read_inner

    def score(self, name: str, head: bytes) -> int | None:
        is_mail = looks_like_mail(head)
        if kind_of(name).reader == self.name:
            is_headed = Part(memoryview(_without_length(head))).has_headers
            return NAMED if is_mail or is_headed else None
        return LIKELY if is_mail else None

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        file.seek(0)
        data = file.read(_MOST_BYTES)
        builder = TextBuilder(limits.text_chars)
        inside = InnerFiles(builder, limits, self._read_inner)
        is_page = extension(name) in ("mht", "mhtml")
        mail = _Mail(Part(memoryview(_without_length(data))), inside, is_page)
        letter = mail.write()
        if mail.is_locked:
            inside.note(LOCKED)
        document = builder.document(sensible_title(letter.subject), inside.notes, letter.metadata)
        return replace(document, type="document" if is_page else "mail", is_cut=document.is_cut or bool(file.read(1)))


class MboxReader:
    """Mails one behind the other. A mail that cannot be read is named, and the next one is read."""

    name = "mbox"

    def __init__(self, read_inner: ReadInner) -> None:
        self._read_inner = read_inner

    def score(self, name: str, head: bytes) -> int | None:
        first, _, rest = head.partition(b"\n")
        if not _is_from_line(first, rest.partition(b"\n")[0] + b"\n"):
            return None
        return NAMED if kind_of(name).reader == self.name else LIKELY

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        builder = TextBuilder(limits.text_chars)
        inside = InnerFiles(builder, limits, self._read_inner)
        count = 0
        is_cut = False
        for number, (data, is_whole) in enumerate(islice(_messages(file, limits), limits.members), 1):
            builder.label(f"message {number}")
            mail = _Mail(Part(memoryview(data)), inside)
            mail.write()
            if mail.is_locked:
                inside.note(f"message {number}: {LOCKED}")
            builder.end_paragraph()
            count, is_cut = number, not is_whole
            if builder.is_cut or is_cut:
                break
        document = builder.document(None, inside.notes, {"messages": str(count)}, "mail")
        return replace(document, is_cut=document.is_cut or is_cut)


class _Mail:
    """Writes one mail into a text."""

    def __init__(self, mail: Part, inside: InnerFiles, is_page: bool = False) -> None:
        self._mail = mail
        self._inside = inside
        self._is_page = is_page
        self._left = inside.limits.members
        self._attached: list[Part] = []
        self.is_locked = False
        """What was met of the body is encrypted; who wrote to whom, when and about what is not."""

    def write(self) -> Letter:
        mail, builder = self._mail, self._inside.builder
        bodies = list(self._bodies(mail, 0))
        letter = Letter(
            subject=mail.header("subject"),
            sender="" if self._is_page else mail.header("from"),
            recipients=mail.header("to"),
            copies=mail.header("cc"),
            date=mail.date,
            attachments=tuple(shown_name(part.file_name) for part in self._attached if part.file_name),
        )
        letter.write(builder)
        for body in bodies:
            builder.include(body, None)
        for part in self._attached:
            self._inside.add(io.BytesIO(part.content()), _name(part), "attachment")
        return letter

    def _bodies(self, part: Part, depth: int) -> Iterator[Document]:
        """The texts to read; on the way, what is attached is gathered."""
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            return
        if part.type == "multipart/encrypted" or _is_enveloped(part):
            self.is_locked = True
        elif part.type.startswith("multipart/"):
            parts = list(islice(part.parts(), self._left))
            if part.type == "multipart/alternative":
                yield from self._best(parts, depth)
            else:
                for inner in parts:
                    yield from self._bodies(inner, depth + 1)
        elif part.type in ("text/plain", "text/html") and not part.is_attachment and not _is_other_file(part):
            if body := self._body(part):
                yield body
        elif not part.type.startswith(_LEFT_OUT) or part.is_attachment:
            self._attached.append(part)

    def _best(self, parts: list[Part], depth: int) -> Iterator[Document]:
        """Of versions that say the same, the plain one; unless it says only that there is another."""
        versions = [list(self._bodies(part, depth + 1)) for part in parts]
        lengths = [sum(len(body.text) for body in version) for version in versions]
        said = [index for index, length in enumerate(lengths) if length]
        if said:
            first = said[0]
            best = next((index for index in said if lengths[index] > _HTML_SAYS_MORE * lengths[first]), first)
            yield from versions[best]

    def _body(self, part: Part) -> Document | None:
        text = part.text()
        if "-----BEGIN PGP MESSAGE-----" in text:
            self.is_locked = True
            text = _ARMOURED.sub("", text)
        if part.type == "text/plain":
            return Document(text) if text.strip() else None
        page = io.BytesIO(b"\xef\xbb\xbf" + text.encode("utf-8", "replace"))
        try:
            return HtmlReader().read(page, "body.html", Limits())
        except FileError:
            return None


def _is_enveloped(part: Part) -> bool:
    if part.type not in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
        return False
    return part.parameter("content-type", "smime-type").lower() in ("", "enveloped-data", "authenveloped-data")


def _is_other_file(part: Part) -> bool:
    """True for a text with the name of a file that has a reader of its own: a table, a calendar, a program."""
    return bool(part.file_name) and kind_of(part.file_name).reader not in ("text", "html", "sniff")


def _name(part: Part) -> str:
    name = part.file_name.replace("\\", "/").rpartition("/")[2] or "unnamed"
    return name if extension(name) else f"{name}.{_EXTENSIONS.get(part.type, '')}".rstrip(".")


def _without_length(data: bytes) -> bytes:
    """Apple Mail begins a mail with its length, and ends it with a list of properties."""
    if match := _EMLX_LENGTH.match(data[:64]):
        return data[match.end() : match.end() + int(match[1])]
    return data


def _messages(file: BinaryIO, limits: Limits) -> Iterator[tuple[bytes, bool]]:
    """The mails of an mbox, each without the line that begins it; and False with the one that the limit cut short."""
    file.seek(0)
    lines: list[bytes] = []
    size_bytes = total_bytes = 0
    before, line = b"", file.readline(_MOST_LINE_BYTES)
    while line:
        after = file.readline(_MOST_LINE_BYTES)
        total_bytes += len(line)
        if total_bytes > limits.inflated_bytes:
            yield _joined(lines), False
            return
        if _is_from_line(line, after) and (not before.strip() or _THUNDERBIRD_FROM.match(line)):
            if total_bytes > len(line):
                yield _joined(lines), True
            lines, size_bytes = [], 0
        elif (size_bytes := size_bytes + len(line)) <= _MOST_BYTES:
            lines.append(line)
        before, line = line, after
    yield _joined(lines), True


def _is_from_line(line: bytes, after: bytes) -> bool:
    if not line.startswith(b"From "):
        return False
    is_headed = bool(_HEADER.match(after))
    return len(line) < _BARE_FROM_BYTES if is_headed else not after.strip() and bool(_DATED_FROM.match(line))


def _joined(lines: list[bytes]) -> bytes:
    return _QUOTED_FROM.sub(b"", b"".join(lines))
