"""Vectors as int8 codes in one file that is a cache: appended, mapped, thrown away when in doubt. Imports numpy alone.

The file, little-endian: a header, then segments of equal size, each mapped on its own when it is needed.

    header     magic, version, dimension, SHA-256 of the space's key, CRC-32 of these; padded to 64 KiB
    segment    rows, and the CRC-32 of the rows of each column; padded to 64 bytes
               seqs    int64   (capacity,)     strictly ascending through the whole file
               scales  float32 (capacity,)     0 marks a vector that cannot be searched
               codes   int8    (capacity, D)   vector = codes * scale
               padded to 64 KiB

Rows are written before the segment's header that counts them, so a process that dies leaves a shorter file and nothing
worse; what a power loss or a bad disk does to the bytes shows in the sums, which are compared once, at the opening.
Not safe for several writing threads: `finder.store.exact` holds the locks.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from finder.crashpoints import crash_point
from finder.errors import StoreDamagedError
from finder.vectors import Float16Array, Float32Array, Int64Array, Space

Int8Array = NDArray[np.int8]
BoolArray = NDArray[np.bool_]

_MAGIC = b"inklcode"
_VERSION = 1
_HEADER = struct.Struct("<8sII32s")
_SUM = struct.Struct("<I")
_SEGMENT_HEADER = struct.Struct("<QIII")
_COLUMNS_START = 64
_PAGE_BYTES = 64 << 10
"""A multiple of what every system maps at: 4 KiB, 16 KiB on Apple silicon, 64 KiB on Windows."""
_SEGMENT_CODE_BYTES = 32 << 20
_SMALLEST_PEAK = 1e-30
"""Below it a scale is no longer a normal float32."""


class Columns(NamedTuple):
    """Mapped, read-only views of rows of a segment."""

    seqs: Int64Array
    """(N,)"""
    scales: Float32Array
    """(N,)"""
    codes: Int8Array
    """(N, D)"""

    def take(self, rows: slice | Int64Array) -> Columns:
        """Some of the rows: a slice is a view, an array of positions a copy."""
        return Columns(self.seqs[rows], self.scales[rows], self.codes[rows])


@dataclass(slots=True)
class Segment:
    """One stretch of the file."""

    offset: int
    """Of its header in the file, in bytes."""
    live: BoolArray
    """(capacity,): False for rows that have died, and for those that are not written yet."""
    rows: int = 0
    sums: tuple[int, ...] = (0, 0, 0)
    """CRC-32 of the written rows of seqs, scales and codes."""
    mapped: Columns | None = field(default=None, repr=False)
    """(capacity,) rows, None while nobody needs them."""


def quantise(vectors: Float16Array | Float32Array) -> tuple[Int8Array, Float32Array]:
    """The codes (N, D) int8 and scales (N,) float32 of `vectors` (N, D): symmetric, each vector by its largest element.

    A vector that is zero or not finite gets scale 0 and codes 0.
    """
    exact = vectors.astype(np.float32)
    peaks = np.abs(exact).max(axis=1)  # (N,)
    is_usable = np.isfinite(peaks) & (peaks > _SMALLEST_PEAK)
    exact[~is_usable] = 0
    scales = np.where(is_usable, peaks / np.float32(127), np.float32(0))
    divisors = np.where(is_usable, scales, np.float32(1))
    return np.rint(exact / divisors[:, None]).astype(np.int8), scales  # (N, D), (N,)


class CodesFile:
    """The file of one embedding space."""

    def __init__(self, path: Path, space: Space, *, create: bool) -> None:
        """Make an empty file in place of whatever is there, or open the one that is there and check its sums.

        Raises:
            StoreDamagedError: not such a file, of another space, or its bytes are not those that were written.
            OSError: cannot be read or written.
        """
        self.path = path
        self.dimension = space.dimension
        self.capacity = max(1024, _SEGMENT_CODE_BYTES // space.dimension // 64 * 64)
        self.segments: list[Segment] = []
        flags = os.O_RDWR | (os.O_CREAT | os.O_TRUNC if create else 0)
        # Unbuffered: what a full disk did not take is not tried again behind everybody's back, nor at the closing.
        self._file = open(os.open(path, flags, 0o600), "r+b", buffering=0)  # noqa: SIM115 - closed by close()
        header = _HEADER.pack(_MAGIC, _VERSION, space.dimension, hashlib.sha256(space.key.encode()).digest())
        header += _SUM.pack(zlib.crc32(header))
        try:
            if create:
                self._write(0, header)
                self._file.truncate(_PAGE_BYTES)
            else:
                self._check(header)
        except BaseException:
            self._file.close()
            raise

    @property
    def last_seq(self) -> int:
        """The highest sequence number in the file, 0 where it is empty."""
        filled = [segment for segment in self.segments if segment.rows]
        return int(self.columns(filled[-1]).seqs[-1]) if filled else 0

    @property
    def rows(self) -> int:
        return sum(segment.rows for segment in self.segments)

    @property
    def room(self) -> int:
        """How many rows the next `append` takes at most."""
        last = self.segments[-1].rows if self.segments else self.capacity
        return self.capacity - last or self.capacity

    def columns(self, segment: Segment) -> Columns:
        """The written rows of `segment`, mapped. The arrays stay valid for as long as somebody holds them."""
        mapped = segment.mapped  # taken once: another thread may unmap
        if mapped is None:
            mapped = segment.mapped = self._map(segment.offset)
        return mapped.take(slice(segment.rows))

    def unmap(self) -> None:
        """Let go of the mapped memory; the next `columns` maps it again."""
        for segment in self.segments:
            segment.mapped = None

    def write(self, columns: Columns) -> Segment:
        """Write at most `room` rows behind the last one; they count from `publish` on.

        Returns:
            The segment that they are in; it is not among `segments` yet where it is new.
        """
        segment = self.segments[-1] if self.segments else None
        if segment is None or segment.rows == self.capacity:
            segment = Segment(_PAGE_BYTES + len(self.segments) * self._segment_bytes, np.zeros(self.capacity, np.bool_))
            self._file.truncate(segment.offset + self._segment_bytes)  # sparse: takes room only as it is written
        sums: list[int] = []
        parts: tuple[NDArray[Any], ...] = columns
        for column, total, (start, item_bytes) in zip(parts, segment.sums, self._column_places(), strict=True):
            data = column.tobytes()
            self._write(segment.offset + start + segment.rows * item_bytes, data)
            sums.append(zlib.crc32(data, total))
        crash_point("exact.before_header")
        self._write(segment.offset, _SEGMENT_HEADER.pack(segment.rows + len(columns.seqs), *sums))
        segment.sums = tuple(sums)
        return segment

    def publish(self, segment: Segment, scales: Float32Array) -> None:
        """Count the rows just written; alive are those that have a scale."""
        segment.live[segment.rows : segment.rows + len(scales)] = scales > 0
        segment.rows += len(scales)
        if segment not in self.segments[-1:]:
            self.segments.append(segment)

    def close(self) -> None:
        """Close the file; what is mapped stays readable."""
        self._file.close()

    @property
    def _segment_bytes(self) -> int:
        used = _COLUMNS_START + self.capacity * (8 + 4 + self.dimension)
        return -(-used // _PAGE_BYTES) * _PAGE_BYTES

    def _column_places(self) -> Iterator[tuple[int, int]]:
        """Of each column, its start within a segment and the size of one row, in bytes."""
        start = _COLUMNS_START
        for item_bytes in (8, 4, self.dimension):
            yield start, item_bytes
            start += self.capacity * item_bytes

    def _write(self, offset: int, data: bytes) -> None:
        # Through the file, not the mapping: a full disk is then an error, where a mapping would kill the process.
        self._file.seek(offset)
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]

    def _map(self, offset: int) -> Columns:
        mapping = mmap.mmap(self._file.fileno(), self._segment_bytes, access=mmap.ACCESS_READ, offset=offset)

        def view(dtype: type[np.generic], start: int, count: int) -> NDArray[Any]:
            return np.frombuffer(mapping, dtype, count, start)

        seqs, scales, codes = (start for start, _ in self._column_places())
        return Columns(
            view(np.int64, seqs, self.capacity),
            view(np.float32, scales, self.capacity),
            view(np.int8, codes, self.capacity * self.dimension).reshape(self.capacity, self.dimension),
        )

    def _check(self, header: bytes) -> None:
        size_bytes = os.fstat(self._file.fileno()).st_size
        if self._file.read(len(header)) != header:
            raise self._damaged("it is of another embedding space or version")
        if (size_bytes - _PAGE_BYTES) % self._segment_bytes:
            raise self._damaged("it is cut off")
        previous = 0
        for offset in range(_PAGE_BYTES, size_bytes, self._segment_bytes):
            self._file.seek(offset)
            rows, *sums = _SEGMENT_HEADER.unpack(self._file.read(_SEGMENT_HEADER.size))
            if rows > self.capacity or (self.segments and self.segments[-1].rows < self.capacity):
                raise self._damaged("its segments do not follow each other")
            if rows == 0:
                break  # the process ended between making the segment and counting its first rows
            segment = Segment(offset, np.zeros(self.capacity, np.bool_), rows, tuple(sums))
            columns = self.columns(segment)
            if tuple(zlib.crc32(column.data) for column in columns) != segment.sums:
                raise self._damaged("its bytes are not those that were written")
            if columns.seqs[0] <= previous or (np.diff(columns.seqs) <= 0).any():
                raise self._damaged("its sequence numbers do not ascend")
            previous = int(columns.seqs[-1])
            segment.live[:rows] = columns.scales > 0
            self.segments.append(segment)

    def _damaged(self, detail: str) -> StoreDamagedError:
        return StoreDamagedError(
            "The exact search's cache cannot be used", detail, "It is built again.", str(self.path)
        )
