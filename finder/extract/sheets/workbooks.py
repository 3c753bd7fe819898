"""Spreadsheets of Excel: sheet by sheet, hidden ones too. The only importer of python_calamine.

Workbooks of XML are read by `xlsx`, as a stream: calamine lays a sheet out in full, and one stray cell in the last
corner would be a table of 17,000 million cells. Its formats here, .xls and .xlsb, have no other permissive reader.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import python_calamine

from finder.errors import FileError
from finder.extract.containers.ole import OLE_MAGIC, CompoundFile, summary_of
from finder.extract.containers.ooxml import core_properties, drawn_texts
from finder.extract.containers.zipped import ZIP_MAGIC, Package
from finder.extract.kinds import extension, kind_of
from finder.extract.reader import CLAIMED, HEADING_CHARS, LIKELY, SURE, Limits, TextBuilder, sensible_title
from finder.extract.sheets.biff import check_binary_parts, check_workbook
from finder.extract.sheets.tabular import Row, shown, write_rows
from finder.extract.sheets.xlsx import Workbook
from finder.types import Document

_OLD_NAMES = ("xls", "xlt")
"""What bears these names may also be a web page or delimited text."""
_BINARY_PART = "xl/workbook.bin"


class SheetReader:
    """Rows with their header beside the values, each under the name of its sheet."""

    name = "sheet"

    def score(self, name: str, head: bytes) -> int | None:
        is_named = kind_of(name).reader == self.name
        if head.startswith(ZIP_MAGIC):
            return SURE if is_named else LIKELY if b"xl/" in head else None
        return CLAIMED if is_named and extension(name) not in _OLD_NAMES else None

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        builder = TextBuilder(limits.text_chars)
        notes: tuple[str, ...] = ()
        file.seek(0)
        if file.read(len(OLE_MAGIC)) == OLE_MAGIC:
            compound = CompoundFile(file, limits)
            check_workbook(compound.stream("Workbook") or compound.stream("Book"))
            title, metadata = summary_of(compound)
            _write_binary(builder, file)
        else:
            package = Package(file, limits)
            title, metadata = core_properties(package)
            if _BINARY_PART in package.names:
                check_binary_parts(package)
                _write_binary(builder, file)
            else:
                notes = _write_workbook(builder, package)
        return builder.document(sensible_title(title), notes, metadata, "sheet")


def _write_workbook(builder: TextBuilder, package: Package) -> tuple[str, ...]:
    """Append every sheet that can be read; returns what to say of the others.

    Raises:
        FileError: corrupt, where there is nothing but damage; encrypted.
    """
    workbook = Workbook(package)
    damaged = workbook.missing_sheets
    for sheet in workbook.sheets:
        try:
            _write_sheet(builder, sheet.name, workbook.rows(sheet))
            _write_beside(builder, package, sheet.name, workbook.beside(sheet))
        except FileError as error:
            if error.code != "corrupt":
                raise
            damaged += 1
        if builder.is_cut:
            break
    if builder.is_empty and (damaged or workbook.has_lost_texts):
        raise FileError("corrupt", "Damaged", "None of its cells can be read.")
    notes = (f"{damaged} of {len(workbook.sheets) + workbook.missing_sheets} sheets are damaged",) if damaged else ()
    return (*notes, "The texts of some cells are lost") if workbook.has_lost_texts else notes


def _write_beside(builder: TextBuilder, package: Package, name: str, parts: list[str]) -> None:
    for part in parts:
        builder.end_paragraph()
        builder.label(f"sheet {_short(name)}")
        for text in dict.fromkeys(drawn.text for drawn in drawn_texts(package, part)):
            builder.add(text)
            builder.end_line()


def _write_binary(builder: TextBuilder, file: BinaryIO) -> None:
    """
    Raises:
        FileError: encrypted, corrupt.
    """
    file.seek(0)
    try:
        with _muted(), python_calamine.CalamineWorkbook.from_filelike(file) as workbook:
            for name in workbook.sheet_names:
                _write_sheet(builder, name, _rows(workbook.get_sheet_by_name(name)))
                if builder.is_cut:
                    return
    except python_calamine.PasswordError as error:
        raise FileError("encrypted", "Protected by a password", "It cannot be read without it.") from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise _corrupt(error) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # Rust's, which has no other name here and is no Exception
            raise
        raise _corrupt(error) from error


@contextmanager
def _muted() -> Iterator[None]:
    """Without standard error, which is the worker's log: what Rust says when it panics may quote the document."""
    saved = os.dup(2)
    os.close(2)
    try:
        yield
    finally:
        # The lowest free number is taken, which is 2 again: the sandbox allows no dup2.
        os.set_inheritable(os.dup(saved), True)
        os.close(saved)


def _rows(sheet: python_calamine.CalamineSheet) -> Iterator[Row]:
    for number, values in enumerate(sheet.iter_rows(), 1):
        yield number, {column: shown(value) for column, value in enumerate(values) if value != ""}


def _write_sheet(builder: TextBuilder, name: str, rows: Iterator[Row]) -> None:
    builder.end_paragraph()
    builder.heading(_short(name) or None)
    write_rows(builder, rows, f"sheet {_short(name)}, ")
    builder.label(None)


def _short(name: str) -> str:
    return " ".join(name.split())[:HEADING_CHARS]


def _corrupt(error: BaseException) -> FileError:
    return FileError("corrupt", "Damaged", f"It is incomplete or not what it claims to be ({type(error).__name__}).")
