"""What every list of files has in common: its model's way out to other programs, its keys, its drag, its menu.

What is to be done with a file a list only asks for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from PySide6.QtCore import QAbstractListModel, QItemSelection, QMimeData, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QMenu

from ui.opening import dragged

Index = QModelIndex | QPersistentModelIndex
Wish = Literal["open", "show", "preview", "similar", "copy", "copy_path"]
"""What one may want done with a file."""


class FileModel(QAbstractListModel):
    """Files by their numbers; they can be dragged out."""

    def uri(self, number: int) -> str:
        """The file of the row of that number."""
        raise NotImplementedError

    def number_of(self, uri: str) -> int:
        """The row of a file; -1 where it is not shown."""
        return next((number for number in range(self.rowCount()) if self.uri(number) == uri), -1)

    def flags(self, index: Index) -> Qt.ItemFlag:
        usual = super().flags(index)
        return usual | Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else usual

    def mimeTypes(self) -> list[str]:
        return ["text/uri-list"]

    def mimeData(self, indexes: Iterable[Index]) -> QMimeData:
        return dragged([self.uri(index.row()) for index in indexes])


class FileList(QListView):
    """Enter and a double click open; letters are not its own and go on to whoever wants them."""

    wished = Signal(str, list)
    """A `Wish` and the URIs of the files, one at least, from the top."""
    selection_counted = Signal(int)
    """So many files are selected now."""

    def __init__(self, model: FileModel, name: str) -> None:
        """Args: name: what a screen reader calls it."""
        super().__init__()
        self._files = model
        self.setModel(model)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setMouseTracking(True)
        self.setViewportMargins(0, 6, 0, 6)
        self.doubleClicked.connect(lambda: self.wish("open"))

    def choose(self, uri: str) -> None:
        """Make a file's row the current one."""
        number = self._files.number_of(uri)
        if number >= 0:
            self.setCurrentIndex(self._files.index(number, 0))
            self.scrollTo(self.currentIndex())

    def wish(self, wish: Wish) -> None:
        """Ask for something to be done with the selected files; with the current one where it is for one alone."""
        if uris := self._meant(wish):
            self.wished.emit(wish, uris)

    def _meant(self, wish: Wish) -> list[str]:
        """The files that a wish is about now."""
        current = [self.currentIndex().row()] if self.currentIndex().isValid() else []
        rows = current if wish in ("show", "preview") else self.selected_rows() or current
        return [self._files.uri(row) for row in rows]

    def selected_rows(self) -> list[int]:
        """Their numbers, from the top."""
        return sorted(index.row() for index in self.selectedIndexes())

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        self.selection_counted.emit(len(self.selectedIndexes()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.wish("open")
        elif _is_typing(event):
            event.ignore()  # typing goes to the search box
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.currentIndex().isValid():
            self._menu().popup(event.globalPos())

    def _menu(self) -> QMenu:
        """For the files that are meant as it opens: answers come while it is open, and others are current then."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        count = len(self.selectedIndexes())
        is_one = count < 2
        wishes: list[tuple[Wish, str, str]] = [
            ("open", self.tr("Open") if is_one else self.tr("Open %Ln files", "", count), "Return"),
            ("show", self.tr("Show in folder"), "Ctrl+Return"),
            ("similar", self.tr("Find similar") if is_one else self.tr("Find what is like all of them"), "Ctrl+D"),
            ("copy", self.tr("Copy the file") if is_one else self.tr("Copy %Ln files", "", count), "Ctrl+C"),
            ("copy_path", self.tr("Copy its path") if is_one else self.tr("Copy their paths"), "Ctrl+Shift+C"),
        ]
        for wish, text, keys in wishes:
            action = menu.addAction(text)
            action.setShortcut(keys)
            uris = self._meant(wish)
            action.triggered.connect(lambda _=False, wish=wish, uris=uris: self.wished.emit(wish, uris))
        return menu


def _is_typing(event: QKeyEvent) -> bool:
    is_command = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
    return bool(event.text()) and event.text().isprintable() and not is_command
