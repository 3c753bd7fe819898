"""Archives (.zip, .tar, .tar.gz and the like) and single compressed files: what is in them, member by member.

The text begins with the names of all members; then each is read as a file of its own kind. 7z is named and not read:
its only Python reader brings seven packages of compiled code.

Sources: APPNOTE.TXT 6.3 (zip), POSIX.1-2008 pax (tar).
"""

from __future__ import annotations

import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import BinaryIO, cast

from finder.errors import FileError
from finder.extract.containers.inflating import InflatedStream, is_compressed
from finder.extract.containers.inner import InnerFiles, shown_name
from finder.extract.containers.zipped import ZIP_MAGIC
from finder.extract.kinds import kind_of
from finder.extract.reader import CLAIMED, NAMED, Limits, ReadInner, TextBuilder
from finder.extract.text.encodings import decode
from finder.types import Document

_MOST_MEMBER_BYTES = 64 << 20
_TAR_BLOCK_BYTES = 512
_TAR_MAGIC = b"ustar"
_TAR_MAGIC_AT = 257
_EMPTY_ZIP = b"PK\x05\x06"
_SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c"
_FURNITURE = ("__MACOSX/", ".DS_Store", "Thumbs.db")
_NAME_IS_UTF8 = 0x800
_LISTED_CHARS = 100_000
_DAMAGE = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError),
    *(EOFError, OSError, ValueError, NotImplementedError),
)


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    size_bytes: int
    is_encrypted: bool = False


class ArchiveReader:
    """Archives, without unpacking them anywhere."""

    name = "archive"

    def __init__(self, read_inner: ReadInner) -> None:
        self._read_inner = read_inner

    def score(self, name: str, head: bytes) -> int | None:
        if kind_of(name).reader != self.name:
            return None
        is_known = head.startswith((ZIP_MAGIC, _EMPTY_ZIP, _SEVEN_ZIP)) or is_compressed(head) or _is_tar(head)
        return NAMED if is_known else CLAIMED

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        file.seek(0)
        head = file.read(_TAR_BLOCK_BYTES)
        builder = TextBuilder(limits.text_chars)
        inside = InnerFiles(builder, limits, self._read_inner)
        try:
            if head.startswith((ZIP_MAGIC, _EMPTY_ZIP)):
                _add_zip(file, inside)
            elif head.startswith(_SEVEN_ZIP):
                raise FileError("unsupported", "Files of this format are found by name")
            elif is_compressed(head) and not _is_tar(_inflated(file, limits).read(_TAR_BLOCK_BYTES)):
                return _single(file, name, inside)
            elif is_compressed(head):
                _add_tar(lambda: _inflated(file, limits), inside, limits.inflated_bytes)
            elif _is_tar(head):
                _add_tar(lambda: _rewound(file), inside, max(file.seek(0, io.SEEK_END), limits.inflated_bytes))
            else:
                raise FileError("corrupt", "Damaged", "It is incomplete or not what it claims to be.")
        except FileError as error:
            if builder.is_empty:
                raise
            inside.note(f"The rest was not read: {error.title}")
        except _DAMAGE as error:
            if builder.is_empty:
                raise FileError("corrupt", "Damaged", f"It cannot be unpacked ({type(error).__name__}).") from error
            inside.note(f"The rest of it is damaged ({type(error).__name__})")
        return builder.document(None, inside.notes, None, "archive")


def _is_tar(head: bytes) -> bool:
    """By its magic word; or, of tars older than that, by the sum over its first block."""
    if head[_TAR_MAGIC_AT : _TAR_MAGIC_AT + len(_TAR_MAGIC)] == _TAR_MAGIC:
        return True
    block = head[:_TAR_BLOCK_BYTES]
    try:
        sum_ = int(block[148:156].strip(b"\0 "), 8)
    except ValueError:
        return False
    return len(block) == _TAR_BLOCK_BYTES and sum_ == sum(block[:148]) + sum(block[156:]) + 8 * ord(" ")


def _add_zip(file: BinaryIO, inside: InnerFiles) -> None:
    with zipfile.ZipFile(file) as archive:
        infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
        if len(infos) > inside.limits.members:
            raise FileError("too_large", "Too many files inside", f"It holds {len(infos)} files.")
        members = [_Member(_zip_name(info), info.file_size, bool(info.flag_bits & 1)) for info in infos]
        if members and all(member.is_encrypted for member in members):
            raise FileError("encrypted", "Protected by a password", "What is in it cannot be read without it.")
        _list(members, inside)
        left_bytes = inside.limits.inflated_bytes
        for info, member in zip(infos, members, strict=True):
            if inside.builder.is_cut:
                return
            if not _is_wanted(member, left_bytes, inside):
                continue
            try:
                with archive.open(info) as content:
                    data = content.read(_MOST_MEMBER_BYTES)
            except (*_DAMAGE, RuntimeError) as error:
                inside.note(f"member {shown_name(member.name)}: Damaged ({type(error).__name__})")
                continue
            left_bytes -= len(data)
            inside.add(io.BytesIO(data), member.name, "member")


def _zip_name(info: zipfile.ZipInfo) -> str:
    """Where no flag says that a name is in UTF-8, zipfile takes it for the first PC's; many are in neither."""
    if info.flag_bits & _NAME_IS_UTF8 or info.filename.isascii():
        return info.filename
    try:
        return decode(info.filename.encode("cp437")).text
    except (FileError, UnicodeEncodeError):
        return info.filename


def _single(file: BinaryIO, name: str, inside: InnerFiles) -> Document:
    """The one file that was compressed: its text has its own places."""
    stream = _inflated(file, inside.limits)
    data = stream.read(_MOST_MEMBER_BYTES)
    document = inside.read(io.BytesIO(data), name.rpartition(".")[0] or name)
    return replace(document, is_cut=document.is_cut or bool(stream.read(1)))


def _add_tar(opened: Callable[[], BinaryIO], inside: InnerFiles, most_bytes: int) -> None:
    """Gone through twice, for the names and for the rest: what is compressed cannot be gone back in.

    Args:
        most_bytes: more than this cannot be in it, whatever a member says of its size.
    """
    with tarfile.open(fileobj=opened(), mode="r|") as archive:
        members = [_Member(info.name, info.size) for info in _entries(archive, inside, most_bytes) if info.isreg()]
    _list(members, inside)
    left_bytes = inside.limits.inflated_bytes
    with tarfile.open(fileobj=opened(), mode="r|") as archive:
        for info in _entries(archive, inside, most_bytes):
            if inside.builder.is_cut:
                return
            member = _Member(info.name, info.size)
            if not (info.isreg() and _is_wanted(member, left_bytes, inside)):
                continue
            if content := archive.extractfile(info):
                data = content.read(_MOST_MEMBER_BYTES)
                left_bytes -= len(data)
                inside.add(io.BytesIO(data), member.name, "member")


def _entries(archive: tarfile.TarFile, inside: InnerFiles, most_bytes: int) -> Iterator[tarfile.TarInfo]:
    """
    Raises:
        FileError: too_large; tarfile would look for the next member behind bytes that are not there, without end.
    """
    for info in islice(archive, inside.limits.members):
        if info.size > most_bytes:
            raise FileError("too_large", "Too large when unpacked", "A file in it is larger than may be unpacked.")
        yield info


def _inflated(file: BinaryIO, limits: Limits) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(InflatedStream(file, limits.inflated_bytes)))


def _rewound(file: BinaryIO) -> BinaryIO:
    file.seek(0)
    return file


def _list(members: list[_Member], inside: InnerFiles) -> None:
    """The names, as text: an archive is often looked for by what is in it."""
    names = "\n".join(shown_name(member.name) for member in members if not _is_furniture(member))
    inside.builder.add(names[:_LISTED_CHARS])
    inside.builder.end_paragraph()


def _is_wanted(member: _Member, left_bytes: int, inside: InnerFiles) -> bool:
    """Whether a member is to be unpacked; the reason against it is noted."""
    if _is_furniture(member) or not member.size_bytes or kind_of(member.name.rpartition("/")[2]).reader is None:
        return False
    reason = None
    if member.is_encrypted:
        reason = "Protected by a password"
    elif member.size_bytes > min(_MOST_MEMBER_BYTES, left_bytes):
        reason = "Too large when unpacked"
    if reason:
        inside.note(f"member {shown_name(member.name)}: {reason}")
    return reason is None


def _is_furniture(member: _Member) -> bool:
    return member.name.startswith(_FURNITURE[0]) or member.name.rpartition("/")[2] in _FURNITURE
