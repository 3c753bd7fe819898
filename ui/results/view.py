"""The list of results: what of it stays in its place when a later answer comes, and what it looks like in a drag."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QDrag, QKeyEvent, QMouseEvent, QPixmap, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QListView

from ui.results.delegate import ResultDelegate
from ui.results.files import FileList, Index
from ui.results.model import ResultModel
from ui.results.row import Row

if TYPE_CHECKING:
    from finder.search.found import FoundFile

_NEAR_END = 20
_MOVES: dict[int, QAbstractItemView.CursorAction] = {
    Qt.Key.Key_Up: QAbstractItemView.CursorAction.MoveUp,
    Qt.Key.Key_Down: QAbstractItemView.CursorAction.MoveDown,
    Qt.Key.Key_PageUp: QAbstractItemView.CursorAction.MovePageUp,
    Qt.Key.Key_PageDown: QAbstractItemView.CursorAction.MovePageDown,
}


class ResultView(FileList):
    """One row is always current while there are any; it keeps its look whether or not the list has the keyboard."""

    row_changed = Signal(object)
    """The `Row` that is current; None where there is none."""
    end_neared = Signal()
    """The last rows are in sight: more may be wanted."""

    def __init__(self, model: ResultModel, is_compact: bool = False) -> None:
        super().__init__(model, self.tr("Results"))
        self._results = model
        self.has_been_touched = False
        """The user has chosen a row, or scrolled: what is above the current row stays."""
        self.follows_up = False
        """The next answer is a later one to the question whose files are shown."""
        self._delegate = ResultDelegate(is_compact, self)
        self.setItemDelegate(self._delegate)
        self.setResizeMode(QListView.ResizeMode.Adjust)  # passages take fewer lines, or more
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

    def show_likenesses(self, likeness_of: Callable[[Row], QPixmap | None]) -> None:
        """Have rows show what their files look like, as far as that is known when they are painted."""
        self._delegate.likeness_of = likeness_of

    def rows_in_sight(self) -> range:
        """The numbers of the rows that are seen, if only in part."""
        first = self.indexAt(QPoint(20, 2))
        last = self.indexAt(QPoint(20, self.viewport().height() - 2))
        return range(max(0, first.row()), last.row() + 1 if last.isValid() else self.model().rowCount())

    def begin_question(self) -> None:
        """Another question is asked: its first answer takes the place of all rows."""
        self.follows_up = False

    def show_answer(self, files: list[FoundFile], is_final: bool) -> None:
        """Show the first answer to a question from its top, and a later one below what has been touched.

        Args:
            is_final: the last word on this question.
        """
        if self.follows_up:
            last = max([self.currentIndex().row(), *self.selected_rows()])
            self._results.merge(files, last + 1 if self.has_been_touched else 0)
            self._settle()
        else:
            self._results.show(files)
        self.follows_up = not is_final

    def show_parts(self, parts: list[tuple[str, list[FoundFile]]]) -> None:
        """Show files under headings."""
        self._results.show_parts(parts)

    def _settle(self) -> None:
        """Where nothing has been chosen yet, the best match is current."""
        if not self.has_been_touched and self.model().rowCount():
            self.setCurrentIndex(self.model().index(0, 0))
            self.scrollToTop()

    def step(self, key: int, is_extending: bool = False) -> None:
        """Move the current row by an arrow or page key that was pressed elsewhere, in the search box.

        Args:
            is_extending: what lies between stays selected, as with Shift.
        """
        self.has_been_touched = True
        held = Qt.KeyboardModifier.NoModifier
        anchor, aim = self._anchor(), self.moveCursor(_MOVES[key], held)
        if not aim.isValid():
            return
        self.setCurrentIndex(aim)
        if is_extending and anchor is not None:
            between = QItemSelection(*(self._results.index(row) for row in sorted((anchor, aim.row()))))
            self.selectionModel().select(between, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _anchor(self) -> int | None:
        """Where the rows begin that are selected in a row up to the current one."""
        current, rows = self.currentIndex().row(), self.selected_rows()
        if not rows or rows != list(range(rows[0], rows[-1] + 1)):
            return current if current >= 0 else None
        return rows[0] if current == rows[-1] else rows[-1] if current == rows[0] else current

    # --- Qt's own

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.scheduleDelayedItemsLayout()  # Qt follows the height alone

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        self.row_changed.emit(self.current_row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.wish("preview")
            return
        super().keyPressEvent(event)
        self.has_been_touched |= event.isAccepted()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.has_been_touched = True
        super().mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.has_been_touched = True
        super().wheelEvent(event)

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
