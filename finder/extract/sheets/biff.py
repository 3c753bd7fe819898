"""Looks through the binary workbooks of Excel before a library lays their sheets out in full. Imports no library.

One cell that claims to lie in the last corner would make it ask for more memory than there is, and end the process.

Sources: [MS-XLS] 2.1.4 and 2.4, [MS-XLSB] 2.1.4.
"""

from __future__ import annotations

import struct

from finder.errors import FileError
from finder.extract.containers.zipped import Package

_MOST_CELLS = 12_000_000
"""Of all sheets, empty ones between others included; 32 bytes each."""
_FILE_PASS, _BEGIN = 0x002F, 0x0809
_CELLS = frozenset((0x0006, 0x00BD, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E))
"""Records with a value; formatted cells without one are not laid out."""
_LAST_COLUMN = 0xFF
_ROW_12, _CELLS_12 = 0, range(2, 12)
_LAST_ROW_12, _LAST_COLUMN_12 = 0xFFFFF, 0x3FFF
_MOST_PART_BYTES = 128 << 20


def check_workbook(stream: bytes) -> None:
    """Excel 97 and 95.

    Raises:
        FileError: encrypted, corrupt, too_large.
    """
    at = cells = last_row = last_column = 0
    while at + 4 <= len(stream):
        type_, length = struct.unpack_from("<HH", stream, at)
        if type_ == _FILE_PASS:
            raise FileError("encrypted", "Protected by a password", "It cannot be read without it.")
        if type_ == _BEGIN:
            cells += (last_row + 1) * (last_column + 1)
            last_row = last_column = 0
        elif type_ in _CELLS and length >= 6 and at + 8 <= len(stream):
            row, column = struct.unpack_from("<HH", stream, at + 4)
            _refuse_outside(column <= _LAST_COLUMN)
            last_row, last_column = max(last_row, row), max(last_column, column)
        at += 4 + length
    _refuse_too_many(cells + (last_row + 1) * (last_column + 1))


def check_binary_parts(package: Package) -> None:
    """Excel's binary format since 2007.

    Raises:
        FileError: encrypted, corrupt, too_large.
    """
    cells = 0
    for part in package.names:
        if part.startswith("xl/worksheets/") and part.endswith(".bin"):
            last_row, last_column = _last_of_part(package.beginning(part, _MOST_PART_BYTES))
            cells += (last_row + 1) * (last_column + 1)
    _refuse_too_many(cells)


def _last_of_part(data: bytes) -> tuple[int, int]:
    at = last_row = last_column = 0
    while at < len(data):
        type_, at = _varint(data, at, 2)
        length, at = _varint(data, at, 4)
        if type_ == _ROW_12 and at + 4 <= len(data):
            (row,) = struct.unpack_from("<I", data, at)
            _refuse_outside(row <= _LAST_ROW_12)
            last_row = max(last_row, row)
        elif type_ in _CELLS_12 and at + 4 <= len(data):
            (column,) = struct.unpack_from("<I", data, at)
            _refuse_outside(column <= _LAST_COLUMN_12)
            last_column = max(last_column, column)
        at += length
    return last_row, last_column


def _varint(data: bytes, at: int, most_bytes: int) -> tuple[int, int]:
    """A number in groups of seven bits, and where it ends."""
    number = 0
    for shift in range(0, 7 * most_bytes, 7):
        byte = data[at] if at < len(data) else 0
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
    return number, at


def _refuse_outside(is_inside: bool) -> None:
    if not is_inside:
        raise FileError("corrupt", "Damaged", "One of its cells lies outside of every sheet.")


def _refuse_too_many(cells: int) -> None:
    if cells > _MOST_CELLS:
        raise FileError("too_large", "Too large", f"Its sheets span {cells:,} cells.")
