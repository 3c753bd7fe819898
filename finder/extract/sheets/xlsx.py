"""Workbooks of XML (.xlsx and its kin), read as a stream: one row in memory at a time, and no more than is kept.

Source: ECMA-376 part 1, chapter 18.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from finder.errors import FileError
from finder.extract.containers.ooxml import main_part, relationships
from finder.extract.containers.zipped import Package, attribute, local_name, release
from finder.extract.sheets.tabular import Row, shown

_MAIN_PART = "xl/workbook.xml"
_COLUMN = re.compile("([A-Z]{1,3})([0-9]{1,7})")
_BESIDE = frozenset(("comments", "threadedComment", "drawing", "chart"))
_BUILT_IN_DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_BUILT_IN_PERCENTS = frozenset((9, 10))
_ELAPSED = 46
_NO_CODE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', re.IGNORECASE)
"""What in the code of a number format is literal, a colour or a condition."""
_DATE_CODE = re.compile("[ymdhs]", re.IGNORECASE)
_ELAPSED_CODE = re.compile(r"\[[hms]+\]", re.IGNORECASE)
_EPOCH_1900, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
_LAST_DAY = 2_958_466
"""Of the year 9999; what is beyond it is no date."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook."""

    name: str
    part: str


class Workbook:
    """The sheets of a workbook, and what their cells refer to."""

    def __init__(self, package: Package) -> None:
        """
        Raises:
            FileError: corrupt, encrypted.
        """
        self._package = package
        self._epoch = _EPOCH_1900
        self._seen: set[str] = set()
        self.sheets: list[Sheet] = []
        self.missing_sheets = 0
        """Those that are listed and not there."""
        self.has_lost_texts = False
        """True once a cell referred to a text that is not there."""
        main = main_part(package, _MAIN_PART)
        found = relationships(package, main)
        for event, element in package.elements(main):
            if event == "start":
                continue
            if local_name(element) == "workbookPr" and attribute(element, "date1904") in ("1", "true"):
                self._epoch = _EPOCH_1904
            elif local_name(element) == "sheet":
                id_ = next((str(value) for key, value in element.attrib.items() if key.endswith("}id")), "")
                if id_ in found and found[id_].part in package.names - self._seen:
                    self._seen.add(found[id_].part)
                    self.sheets.append(Sheet(attribute(element, "name") or "", found[id_].part))
                elif id_ not in found or found[id_].part not in package.names:
                    self.missing_sheets += 1
        parts = {other.type: other.part for other in found.values() if other.part in package.names}
        self._strings: list[str] = []
        self._more_strings = _strings(package, parts["sharedStrings"]) if "sharedStrings" in parts else iter(())
        self._formats: list[str] = []
        if "styles" in parts:
            with suppress(FileError):  # numbers are then shown as they are
                self._formats = _formats(package, parts["styles"])

    def rows(self, sheet: Sheet) -> Iterator[Row]:
        """The rows of a sheet that hold anything, in order.

        Raises:
            FileError: corrupt, encrypted.
        """
        number, column = 0, -1
        cells: dict[int, str] = {}
        for event, element in self._package.elements(sheet.part):
            tag = local_name(element)
            if event == "start" and tag == "row":
                number, column, cells = _number(attribute(element, "r"), number + 1), -1, {}
            elif event == "end" and tag == "c":
                column = _column(attribute(element, "r"), column + 1)
                if text := self._cell(element):
                    cells[column] = text
            elif event == "end" and tag == "row":
                if cells:
                    yield number, cells
                release(element)

    def beside(self, sheet: Sheet) -> list[str]:
        """The parts with what lies on a sheet and on none before: its comments, its drawings with their charts."""
        parts: list[str] = []
        waiting = [sheet.part]
        while waiting:
            for found in relationships(self._package, waiting.pop()).values():
                if found.type in _BESIDE and found.part in self._package.names - self._seen:
                    self._seen.add(found.part)
                    parts.append(found.part)
                    waiting.append(found.part)
        return parts

    def _cell(self, element: Any) -> str:
        type_ = attribute(element, "t") or "n"
        if type_ == "inlineStr":
            return "".join(child.text or "" for child in element.iter() if local_name(child) == "t")
        value = next((child.text or "" for child in element if local_name(child) == "v"), "")
        if type_ == "s":
            index = _number(value, -1)
            return self._string(index) if index >= 0 else ""
        if type_ == "b":
            return shown(value == "1")
        if type_ == "n" and value:
            return self._number(value, _number(attribute(element, "s"), 0))
        return value

    def _string(self, index: int) -> str:
        """A text that cells share. They lie in the order of their first use: the rest of a cut sheet is never read."""
        while len(self._strings) <= index:
            text = next(self._more_strings, None)
            if text is None:
                self.has_lost_texts = True
                return ""
            self._strings.append(text)
        return self._strings[index]

    def _number(self, value: str, style: int) -> str:
        try:
            number = float(value)
        except ValueError:
            return value
        kind = self._formats[style] if style < len(self._formats) else ""
        if kind == "percent":
            return f"{shown(round(number * 100, 10))}%"
        if kind and 0 <= number < _LAST_DAY:
            moment = timedelta(seconds=round(number * 86400))
            if kind == "elapsed":
                return shown(moment)
            return shown((self._epoch + moment).time() if number < 1 else self._epoch + moment)
        return shown(number)


def _strings(package: Package, part: str) -> Iterator[str]:
    """The texts that cells refer to by number; without the readings of Japanese names."""
    for event, element in package.elements(part):
        if event == "end" and local_name(element) == "si":
            readings = (child for child in element if local_name(child) == "rPh")
            for reading in list(readings):
                element.remove(reading)
            yield "".join(child.text or "" for child in element.iter() if local_name(child) == "t")
            release(element)


def _formats(package: Package, part: str) -> list[str]:
    """For each style of cells, how it shows a number: "date", "elapsed", "percent", or "" for as it is."""
    codes: dict[int, str] = {}
    formats: list[str] = []
    in_cell_styles = False
    for event, element in package.elements(part):
        tag = local_name(element)
        if tag == "cellXfs":
            in_cell_styles = event == "start"
        elif event == "end" and tag == "numFmt":
            codes[_number(attribute(element, "numFmtId"), 0)] = attribute(element, "formatCode") or ""
        elif event == "end" and tag == "xf" and in_cell_styles:
            id_ = _number(attribute(element, "numFmtId"), 0)
            formats.append(_format(id_, codes.get(id_)))
    return formats


def _format(id_: int, code: str | None) -> str:
    if code is None:
        built_in = "date" if id_ in _BUILT_IN_DATES else "percent" if id_ in _BUILT_IN_PERCENTS else ""
        return "elapsed" if id_ == _ELAPSED else built_in
    code = _NO_CODE.sub("", code).partition(";")[0]
    if _ELAPSED_CODE.search(code):
        return "elapsed"
    if "%" in code:
        return "percent"
    return "date" if _DATE_CODE.search(code.replace("General", "")) else ""


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and len(text) < 10 and text.isascii() and text.isdecimal() else otherwise


def _column(reference: str | None, otherwise: int) -> int:
    """The column of a cell, counted from 0."""
    match = _COLUMN.fullmatch(reference or "")
    if not match:
        return otherwise
    column = 0
    for letter in match[1]:
        column = 26 * column + ord(letter) - ord("A") + 1
    return column - 1
