"""Compressed streams read piece by piece, so that a small file never becomes a large one in memory.

Sources: RFC 1952 (gzip), and the formats of bzip2 and xz as Python's standard library knows them.
"""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

from finder.errors import FileError

_PIECE_BYTES = 1 << 16
_MOST_DICTIONARY_BYTES = 128 << 20
_GZIP = 31
"""zlib's word for a gzip header with the widest window."""

_CODECS: dict[bytes, Callable[[], Any]] = {
    b"\x1f\x8b": lambda: zlib.decompressobj(_GZIP),
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\x00": lambda: lzma.LZMADecompressor(memlimit=_MOST_DICTIONARY_BYTES),
}


def is_compressed(head: bytes) -> bool:
    """True where a file begins as gzip, bzip2 or xz does."""
    return head.startswith(tuple(_CODECS))


class InflatedStream(io.RawIOBase):
    """The bytes behind a compression, forwards only, up to a limit."""

    def __init__(self, file: BinaryIO, limit_bytes: int) -> None:
        self._file = file
        self._left_bytes = limit_bytes
        file.seek(0)
        self._waiting = file.read(_PIECE_BYTES)
        self._begin = next(begin for magic, begin in _CODECS.items() if self._waiting.startswith(magic))
        self._codec = self._begin()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """
        Raises:
            FileError: too_large, corrupt.
        """
        try:
            data = self._next(len(buffer))
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
            raise FileError("corrupt", "Damaged", f"It cannot be unpacked ({type(error).__name__}).") from error
        self._left_bytes -= len(data)
        if self._left_bytes < 0:
            raise FileError("too_large", "Too large when unpacked", "More than one file may be.")
        buffer[: len(data)] = data
        return len(data)

    def _next(self, size_bytes: int) -> bytes:
        while True:
            if self._codec.eof:  # several may stand one behind the other
                self._waiting = self._codec.unused_data or self._file.read(_PIECE_BYTES)
                if not self._waiting.strip(b"\0"):
                    return b""
                self._codec = self._begin()
            if not self._waiting and getattr(self._codec, "needs_input", True):
                self._waiting = self._file.read(_PIECE_BYTES)
            is_last = not self._waiting
            data = bytes(self._codec.decompress(self._waiting, size_bytes))
            self._waiting = getattr(self._codec, "unconsumed_tail", b"")
            if data:
                return data
            if is_last and not self._codec.eof:
                raise EOFError
