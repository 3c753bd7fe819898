"""Small mails and Outlook messages, made on the spot."""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

_FREE, _END, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SECTOR_BYTES = 512


def mail(headers: Mapping[str, str], body: str | bytes) -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return head.encode() + b"\r\n" + (body.encode() if isinstance(body, str) else body)


def multipart(kind: str, *parts: bytes, boundary: str = "=_b") -> tuple[dict[str, str], bytes]:
    """The header and the body of parts within one mail."""
    lines = b"".join(b"--" + boundary.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    header = {"MIME-Version": "1.0", "Content-Type": f'multipart/{kind}; boundary="{boundary}"'}
    return header, lines + b"--" + boundary.encode() + b"--\r\n"


def part(type_: str, content: str | bytes, name: str | None = None) -> bytes:
    data = content.encode() if isinstance(content, str) else content
    headers = {"Content-Type": type_, "Content-Transfer-Encoding": "base64"}
    if name:
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return mail(headers, base64.encodebytes(data))


@dataclass
class Storage:
    """A storage of a compound file: streams, and storages in it."""

    streams: dict[str, bytes] = field(default_factory=dict)
    storages: dict[str, Storage] = field(default_factory=dict)


def message(
    texts: Mapping[int, str], numbers: Mapping[int, int] | None = None, data: Mapping[int, bytes] | None = None
) -> Storage:
    """An Outlook message, recipient or attachment by its properties."""
    streams = {f"__substg1.0_{tag:04X}001F": text.encode("utf-16-le") for tag, text in texts.items()}
    streams |= {f"__substg1.0_{tag:04X}0102": value for tag, value in (data or {}).items()}
    table = b"".join(struct.pack("<IIQ", tag << 16 | 3, 0, value) for tag, value in (numbers or {}).items())
    streams["__properties_version1.0"] = table
    return Storage(streams)


def msg(top: Storage) -> bytes:
    """The bytes of a message: what the header of its properties holds differs by where the message lies."""
    return _compound(_headed(top, 32))


def _headed(storage: Storage, header_bytes: int) -> Storage:
    streams = dict(storage.streams)
    streams["__properties_version1.0"] = bytes(header_bytes) + streams["__properties_version1.0"]
    inner = {name: _headed(below, 24 if name.startswith("__substg") else 8) for name, below in storage.storages.items()}
    return Storage(streams, inner)


def _compound(root: Storage) -> bytes:
    """A compound file of sectors alone: its header says that no stream is small."""
    entries: list[list[object]] = []
    sectors: list[bytes] = []
    chains: list[int] = []

    def put(data: bytes) -> int:
        start = len(sectors)
        pieces = [data[at : at + _SECTOR_BYTES] for at in range(0, len(data), _SECTOR_BYTES)] or [b""]
        for piece in pieces:
            sectors.append(piece.ljust(_SECTOR_BYTES, b"\0"))
            chains.append(len(sectors))
        chains[-1] = _END
        return start

    def walk(storage: Storage) -> int:
        """The first of a storage's children; each is the right neighbour of the one before."""
        first = before = _FREE
        for name, content in (*storage.streams.items(), *storage.storages.items()):
            is_stream = isinstance(content, bytes)
            at = len(entries)
            entries.append([name, 2 if is_stream else 1, _FREE, _FREE, 0, 0])
            if is_stream:
                entries[at][4:] = [put(content), len(content)]
            else:
                entries[at][3] = walk(content)
            if before == _FREE:
                first = at
            else:
                entries[before][2] = at
            before = at
        return first

    entries.append(["Root Entry", 5, _FREE, _FREE, _END, 0])
    entries[0][3] = walk(root)
    directory = put(b"".join(_entry(*entry) for entry in entries))  # type: ignore[arg-type]
    table_sectors = (len(sectors) * 4) // (_SECTOR_BYTES - 4) + 1
    table_at = len(sectors)
    chains += [_TABLE] * table_sectors
    table = b"".join(struct.pack("<I", link) for link in chains).ljust(table_sectors * _SECTOR_BYTES, b"\xff")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<9I", 0, table_sectors, directory, 0, 0, _END, 0, _END, 0)
    difat = [table_at + at if at < table_sectors else _FREE for at in range(109)]
    return header + struct.pack("<109I", *difat) + b"".join(sectors) + table


def _entry(name: str, type_: int, right: int, child: int, start: int, size_bytes: int) -> bytes:
    encoded = name.encode("utf-16-le") + b"\0\0"
    head = encoded.ljust(64, b"\0") + struct.pack("<HBBIII", len(encoded), type_, 1, _FREE, right, child)
    return head + bytes(36) + struct.pack("<IQ", start, size_bytes)
