"""The files of an answer as a Qt list. Rows are made when first shown; a late answer moves none above the hand."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, QObject, Qt

from ui.results.files import FileModel, Index
from ui.results.order import Order, ordered
from ui.results.row import Row, Span, kind_of, row_of
from ui.words.phrases import Phrases

if TYPE_CHECKING:
    from finder.search.found import FoundFile


class ResultRole(IntEnum):
    """What the delegate asks for, beside Qt's own roles."""

    ROW = int(Qt.ItemDataRole.UserRole)
    """A `Row`."""
    DIVIDER = int(Qt.ItemDataRole.UserRole) + 1
    """The words of the divider above it; empty without one."""
    TEXT = int(Qt.ItemDataRole.UserRole) + 2
    """Of its passage, as it came: known without a `Row`, since the heights of all rows are asked for at once."""
    IS_CODE = int(Qt.ItemDataRole.UserRole) + 3
    """Likewise: it is written in the type of code."""


class ResultModel(FileModel):
    """Results in the order they are shown: weak matches behind all others, parted by a divider."""

    def __init__(self, home: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._home = home
        self._phrases = Phrases(self)
        self._files: list[FoundFile] = []
        self._rows: dict[str, Row] = {}
        self._dividers: dict[int, str] = {}
        self._pages: dict[str, int] = {}
        """On which the hits of best passages are that begin on a page before."""
        self.order: Order = "best"
        """Of every answer from now on."""

    def show(self, files: list[FoundFile]) -> None:
        """Show the first answer to another query."""
        self.beginResetModel()
        self._rows.clear()
        self._pages.clear()
        self._set(ordered(files, self.order))
        self.endResetModel()

    def show_parts(self, parts: list[tuple[str, list[FoundFile]]]) -> None:
        """Show files under headings, in the order in which they come."""
        self.beginResetModel()
        self._rows.clear()
        self._pages.clear()
        self._files, self._dividers = [], {}
        for title, files in parts:
            self._dividers[len(self._files)] = title
            self._files += files
        self.endResetModel()

    def merge(self, files: list[FoundFile], kept: int) -> None:
        """Show a later answer to the same query.

        Args:
            kept: so many of the first rows stay where they are, with what is now known of them.
        """
        by_uri = {file["uri"]: file for file in files}
        top = [by_uri.get(file["uri"], file) for file in self._files[:kept]]
        held = {file["uri"] for file in top}
        rest = [file for file in ordered(files, self.order) if file["uri"] not in held]
        self._rows.clear()
        self._replace_below(len(top), top, rest)

    def _replace_below(self, kept: int, top: list[FoundFile], rest: list[FoundFile]) -> None:
        nowhere = QModelIndex()
        shared = min(len(self._files) - kept, len(rest))
        if len(self._files) > kept + shared:
            self.beginRemoveRows(nowhere, kept + shared, len(self._files) - 1)
            del self._files[kept + shared :]
            self.endRemoveRows()
        self._set(top + rest[:shared])
        if len(rest) > shared:
            self.beginInsertRows(nowhere, kept + shared, kept + len(rest) - 1)
            self._set(top + rest)
            self.endInsertRows()
        if self._files:
            self.dataChanged.emit(self.index(0), self.index(len(self._files) - 1))

    def _set(self, files: list[FoundFile]) -> None:
        self._files = files
        weak = [number for number, file in enumerate(files) if file["strength"] == "weak"]
        is_behind_all = bool(weak) and weak[0] == len(files) - len(weak)
        self._dividers = {weak[0]: self.tr("Weaker matches")} if is_behind_all else {}

    def mark(self, uri: str, answer: Span | None, words: list[Span]) -> None:
        """Mark what answers in the best passage of a file."""
        number = self.number_of(uri)
        if number < 0 or not self._files[number]["passages"]:
            return
        best = self._files[number]["passages"][0]
        best["answer"], best["words"] = answer, words
        self._pages.pop(uri, None)
        self._renew(number)

    def place(self, uri: str, page: int) -> None:
        """Name the page that the hit of a file's best passage is on, where it was seen to be another than the first."""
        if (number := self.number_of(uri)) >= 0:
            self._pages[uri] = page
            self._renew(number)

    def _renew(self, number: int) -> None:
        self._rows.pop(self.uri(number), None)
        self.dataChanged.emit(self.index(number), self.index(number))

    def row(self, number: int) -> Row:
        """What the row of that number shows."""
        file = self._files[number]
        found = self._rows.get(file["uri"])
        if found is None:
            found = self._rows[file["uri"]] = row_of(file, self._phrases, self._home, self._pages.get(file["uri"]))
        return found

    def uri(self, number: int) -> str:
        return self._files[number]["uri"]

    # --- Qt's own

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._files)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        number = index.row()
        if not index.isValid() or number >= len(self._files):
            return None
        if role == ResultRole.ROW:
            return self.row(number)
        if role == ResultRole.DIVIDER:
            return self._dividers.get(number, "")
        if role == ResultRole.TEXT:
            return next((passage["text"] for passage in self._files[number]["passages"]), "")
        if role == ResultRole.IS_CODE:
            return kind_of(self._files[number]["name"], self._files[number]["type"]) == "code"
        if role == Qt.ItemDataRole.DisplayRole:
            return self.row(number).name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(self.row(number))
        return None

    def _spoken(self, row: Row) -> str:
        parts = (row.name, self._phrases.strength(row.strength), row.place, row.passage)
        return ". ".join(part for part in parts if part)
