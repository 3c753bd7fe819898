"""Dates, sizes, places and kinds as a person says them, in the interface's language."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QDate, QLocale, QObject

if TYPE_CHECKING:
    from finder.search.found import FoundPassage
    from finder.types import FileType, Strength

_RANGE = re.compile(r"(?<=\d)-(?=\d)")
_LABELS = re.compile(r"((?:slide|row|cell|message)s?(?= \d)|sheet) (\S.*)", re.IGNORECASE)
_IN_SHEET = re.compile(r"sheet (\S.*), (rows? \d\S*)", re.IGNORECASE)


class Phrases(QObject):
    """What many rooms of the window say alike."""

    def date(self, modified: str) -> str:
        """`14 Mar 2024` of an ISO 8601 time, in the computer's time zone; as it came where it is none."""
        try:
            when = datetime.fromisoformat(modified).astimezone()
        except (ValueError, OverflowError):
            return modified
        shape = self.tr("d MMM yyyy", "a date, as QLocale writes it")
        return QLocale().toString(QDate(when.year, when.month, when.day), shape)

    def size(self, size_bytes: int) -> str:
        """`1.2 MB`: powers of ten, as file managers have it."""
        kind = QLocale.DataSizeFormat.DataSizeSIFormat
        return QLocale().formattedDataSize(size_bytes, 0 if size_bytes < 1_000_000 else 1, kind)

    def number(self, count: int) -> str:
        """`51,016`."""
        return QLocale().toString(count)

    def place(self, passage: FoundPassage, page: int | None = None) -> str:
        """`Page 4`, `Line 42`, `Slide 3`; empty where a place means nothing.

        Args:
            page: on which what was found is, where that is another than the one on which its passage begins.
        """
        if passage["label"] is not None:
            return self._label(passage["label"])
        if passage["page"] is not None:
            return self.tr("Page %1").replace("%1", str(page or passage["page"]))
        if passage["line"] is not None:
            return self.tr("Line %1").replace("%1", str(passage["line"] + _lines_before_hit(passage)))
        return passage["heading"] or ""

    def _label(self, label: str) -> str:
        if (within := _IN_SHEET.fullmatch(label)) is not None:
            rows = self._label(within[2])
            shape = self.tr("Sheet %1, %2", "rows")
            return shape.replace("%2", rows[0].lower() + rows[1:]).replace("%1", within[1])
        match = _LABELS.fullmatch(label)
        if match is None:
            return label
        shape = {
            "slide": self.tr("Slide %1"),
            "slides": self.tr("Slides %1"),
            "row": self.tr("Row %1"),
            "rows": self.tr("Rows %1"),
            "cell": self.tr("Cell %1"),
            "cells": self.tr("Cells %1"),
            "message": self.tr("Message %1"),
            "messages": self.tr("Messages %1"),
            "sheet": self.tr("Sheet %1"),
        }[match[1].lower()]
        return shape.replace("%1", _RANGE.sub("–", match[2]))

    def kind(self, kind: FileType) -> str:
        """A kind of file, in the plural."""
        return {
            "document": self.tr("Documents"),
            "code": self.tr("Code"),
            "image": self.tr("Pictures"),
            "mail": self.tr("Mail"),
            "sheet": self.tr("Sheets"),
            "slides": self.tr("Slides"),
            "notebook": self.tr("Notebooks"),
            "archive": self.tr("Archives"),
            "audio": self.tr("Audio"),
            "video": self.tr("Video"),
            "other": self.tr("Other"),
        }[kind]

    def strength(self, strength: Strength) -> str:
        """How well a file fits, in words."""
        return {
            "strong": self.tr("Strong match"),
            "good": self.tr("Good match"),
            "weak": self.tr("Weak match"),
        }[strength]

    def copies(self, count: int) -> str:
        """How many equal files there are of one that was found, itself counted."""
        return self.tr("%Ln copies", "", count)

    def offline(self) -> str:
        """Of a file on a drive that is away."""
        return self.tr("offline")

    def name_only(self) -> str:
        """Of a file whose text is not in the index."""
        return self.tr("name only")

    def text_only(self) -> str:
        """Of a file whose meaning is not in the index."""
        return self.tr("text only")

    def home(self) -> str:
        """The user's own folder."""
        return self.tr("Home")

    def duration(self, seconds: float) -> str:
        """`4 minutes`: rounded as one would say it."""
        if seconds < 90:
            return self.tr("%Ln minutes", "", 1)
        if seconds < 90 * 60:
            return self.tr("%Ln minutes", "", round(seconds / 60))
        return self.tr("%Ln hours", "", round(seconds / 3600))


def _lines_before_hit(passage: FoundPassage) -> int:
    """Lines of a passage before what was found in it: what answers, else the first equal word."""
    marks = [passage["answer"]] if passage["answer"] is not None else passage["words"]
    return passage["text"].count("\n", 0, marks[0][0]) if marks else 0
