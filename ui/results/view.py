"""The list of results: its keys, its drag, its menu. What is to be done with a file it only asks for."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QDrag, QKeyEvent, QMouseEvent, QPixmap, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QMenu

from ui.results.delegate import ResultDelegate
from ui.results.model import Index, ResultModel
from ui.results.row import Row

Wish = Literal["open", "show", "preview", "similar", "copy", "copy_path"]
"""What one may want done with a file."""
_NEAR_END = 20


class ResultView(QListView):
    """One row is always current while there are any; it keeps its look whether or not the list has the keyboard."""

    wished = Signal(str, str)
    """A `Wish` and the URI of the file."""
    row_changed = Signal(object)
    """The `Row` that is current; None where there is none."""
    end_neared = Signal()
    """The last rows are in sight: more may be wanted."""

    def __init__(self, model: ResultModel, is_compact: bool = False) -> None:
        super().__init__()
        self._results = model
        self.has_been_touched = False
        """The user has chosen a row, or scrolled: what is above the current row stays."""
        self.setModel(model)
        self._delegate = ResultDelegate(is_compact, self)
        self.setItemDelegate(self._delegate)
        self.setAccessibleName(self.tr("Results"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setMouseTracking(True)
        self.setViewportMargins(0, 6, 0, 6)
        self.doubleClicked.connect(lambda: self.wish("open"))
        self.verticalScrollBar().valueChanged.connect(self._look_for_end)
        model.modelReset.connect(self._begin)
        model.dataChanged.connect(lambda: self.row_changed.emit(self.current_row()))

    def set_compact(self, is_compact: bool) -> None:
        """Rows of two lines, or of four."""
        self._delegate.is_compact = is_compact
        self.scheduleDelayedItemsLayout()
        self.viewport().update()

    def current_row(self) -> Row | None:
        """The row that keys act on."""
        index = self.currentIndex()
        return self._results.row(index.row()) if index.isValid() else None

    def kept_rows(self) -> int:
        """How many rows a late answer leaves in their places: once touched, those down to the current one."""
        return self.currentIndex().row() + 1 if self.has_been_touched else 0

    def settle(self) -> None:
        """After a late answer: where nothing has been chosen yet, the best match is current."""
        if not self.has_been_touched and self.model().rowCount():
            self.setCurrentIndex(self.model().index(0, 0))
            self.scrollToTop()

    def step(self, key: int) -> None:
        """Move the current row by an arrow or page key that was pressed elsewhere, in the search box."""
        self.keyPressEvent(QKeyEvent(QKeyEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier))

    def wish(self, wish: Wish) -> None:
        """Ask for something to be done with the current file."""
        row = self.current_row()
        if row is not None:
            self.wished.emit(wish, row.uri)

    # --- Qt's own

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        self.row_changed.emit(self.current_row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            self.wish("preview")
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.wish("open")
            return
        if event.text().isprintable() and event.text():
            event.ignore()  # typing goes to the search box
            return
        self.has_been_touched = True
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.has_been_touched = True
        super().mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.has_been_touched = True
        super().wheelEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.current_row() is not None:
            self._menu().exec(event.globalPos())

    def startDrag(self, supported: Qt.DropAction) -> None:
        row = self.current_row()
        if row is None:
            return
        drag = QDrag(self)
        drag.setMimeData(self._results.mimeData(self.selectedIndexes()))
        drag.setPixmap(self._likeness())
        drag.exec(Qt.DropAction.CopyAction | Qt.DropAction.LinkAction, Qt.DropAction.CopyAction)

    def sizeHint(self) -> QSize:
        return QSize(600, 600)

    def _begin(self) -> None:
        self.has_been_touched = False
        if self.model().rowCount():
            self.setCurrentIndex(self.model().index(0, 0))
        self.row_changed.emit(self.current_row())

    def _look_for_end(self, value: int) -> None:
        last = self.indexAt(QPoint(10, self.viewport().height() - 10))
        if last.isValid() and last.row() >= self.model().rowCount() - _NEAR_END:
            self.end_neared.emit()

    def _likeness(self) -> QPixmap:
        """The thumbnail, carried along with the pointer."""
        box = self.visualRect(self.currentIndex())
        return self.viewport().grab(box.adjusted(12, 8, 60 - box.width(), 48 - box.height()))

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        wishes: list[tuple[Wish, str, str]] = [
            ("open", self.tr("Open"), "Return"),
            ("show", self.tr("Show in folder"), "Ctrl+Return"),
            ("similar", self.tr("Find similar"), "Ctrl+D"),
            ("copy", self.tr("Copy the file"), "Ctrl+C"),
            ("copy_path", self.tr("Copy its path"), "Ctrl+Shift+C"),
        ]
        for wish, text, keys in wishes:
            action = menu.addAction(text)
            action.setShortcut(keys)
            action.triggered.connect(lambda _=False, wish=wish: self.wish(wish))
        return menu
