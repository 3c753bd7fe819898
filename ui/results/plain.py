"""A list of files without passages, under headings where it has parts: a topic's files, groups of copies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from ui.opening import dragged
from ui.results.layout import cut_name, cut_path, join_path
from ui.results.marks import draw_badge, draw_thumb
from ui.results.model import Index
from ui.results.row import Badge, Kind
from ui.results.view import Wish
from ui.theme.fonts import font, metrics
from ui.theme.look import look
from ui.theme.widgets import as_plain

_ROW, _HEADING = 58, 40
_INSET, _PAD, _THUMB, _GAP, _NAME_LINE, _LINE = 6, 12, 36, 12, 20, 18
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_ROW_ROLE, _HEADING_ROLE = int(Qt.ItemDataRole.UserRole), int(Qt.ItemDataRole.UserRole) + 1


@dataclass(frozen=True, slots=True)
class PlainRow:
    """One file."""

    uri: str
    name: str
    kind: Kind
    folder: tuple[str, ...]
    """The parts of its path, as `ui.results.row.folder_parts` gives them."""
    details: str = ""
    """Behind the folder: date and size."""
    heading: str = ""
    """Above it, where it is the first of its part."""
    badge: Badge | None = None


class PlainModel(QAbstractListModel):
    """Files in the order in which they are shown."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[PlainRow] = []

    def show(self, rows: list[PlainRow]) -> None:
        """Show other files."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row = self.rows[index.row()]
        if role == _ROW_ROLE:
            return row
        if role == _HEADING_ROLE:
            return row.heading
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return as_plain("\n".join((row.name, join_path(row.folder))))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            badge = row.badge.text if row.badge else ""
            parts = (row.heading, row.name, badge, join_path(row.folder), row.details)
            return ". ".join(part for part in parts if part)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        usual = super().flags(index)
        return usual | Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else usual

    def mimeTypes(self) -> list[str]:
        return ["text/uri-list"]

    def mimeData(self, indexes: Any) -> Any:
        return dragged([self.rows[index.row()].uri for index in indexes])


class _PlainDelegate(QStyledItemDelegate):
    """Name above, folder and details below."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(look.px(200), look.px(_ROW + (_HEADING if index.data(_HEADING_ROLE) else 0)))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: PlainRow = index.data(_ROW_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(option.rect)
        if row.heading:
            self._draw_heading(painter, QRectF(whole.left(), whole.top(), whole.width(), look.px(_HEADING)), row)
            whole.setTop(whole.top() + look.px(_HEADING))
        box = whole.adjusted(look.px(_INSET), 1, -look.px(_INSET), -1)
        self._draw_state(painter, box, option.state)
        self._draw_file(painter, box.adjusted(look.px(_PAD), look.px(9), -look.px(_PAD), 0), row)
        painter.restore()

    def _draw_heading(self, painter: QPainter, box: QRectF, row: PlainRow) -> None:
        left = box.left() + look.px(_INSET + _PAD)
        painter.setFont(font("label"))
        painter.setPen(look.colour("ink2"))
        painter.drawText(box.adjusted(left - box.left(), look.px(12), 0, 0), _LEFT, row.heading)
        end = left + metrics("label").horizontalAdvance(row.heading) + look.px(12)
        y = round(box.center().y() + look.px(6)) + 0.5
        painter.setPen(QPen(look.colour("line"), 1))
        painter.drawLine(QPointF(end, y), QPointF(box.right() - look.px(_INSET + _PAD), y))

    def _draw_state(self, painter: QPainter, box: QRectF, state: QStyle.StateFlag) -> None:
        is_selected = bool(state & QStyle.StateFlag.State_Selected)
        painter.setPen(Qt.PenStyle.NoPen)
        if is_selected or state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(look.colour("select" if is_selected else "hover"))
            painter.drawRoundedRect(box, look.px(8), look.px(8))
        if is_selected:
            painter.setBrush(look.colour("accent"))
            painter.drawRoundedRect(QRectF(box.left(), box.top() + 10, 3, box.height() - 20), 1.5, 1.5)

    def _draw_file(self, painter: QPainter, box: QRectF, row: PlainRow) -> None:
        px = look.px
        draw_thumb(painter, QRectF(box.left(), box.top(), px(_THUMB), px(_THUMB + 2)), row.kind)
        box.setLeft(box.left() + px(_THUMB + _GAP))
        width = box.width()
        if row.badge is not None:
            width = draw_badge(painter, box.right(), box.top() + px(1), row.badge) - box.left()
        painter.setFont(font("name", row.name))
        painter.setPen(look.colour("ink"))
        name = cut_name(row.name, metrics("name", row.name), width)
        painter.drawText(QRectF(box.left(), box.top(), width, px(_NAME_LINE)), _LEFT, name)
        tail = f"  ·  {row.details}" if row.details else ""
        sample = "".join(row.folder)
        measure = metrics("meta", sample)
        folder = cut_path(row.folder, measure, box.width() - measure.horizontalAdvance(tail) - 4)
        painter.setFont(font("meta", sample))
        painter.setPen(look.colour("ink3"))
        painter.drawText(QRectF(box.left(), box.top() + px(_NAME_LINE), box.width(), px(_LINE)), _LEFT, folder + tail)


class PlainView(QListView):
    """The list; what is to be done with a file it only asks for."""

    wished = Signal(str, str)
    """A `Wish` and the URI of the file."""

    def __init__(self, model: PlainModel, name: str) -> None:
        """Args: name: what a screen reader calls it."""
        super().__init__()
        self._files = model
        self.setModel(model)
        self.setItemDelegate(_PlainDelegate(self))
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setMouseTracking(True)
        self.setViewportMargins(0, 6, 0, 6)
        self.doubleClicked.connect(lambda: self.wish("open"))

    def choose(self, uri: str) -> None:
        """Make a file's row the current one."""
        number = next((number for number, row in enumerate(self._files.rows) if row.uri == uri), -1)
        if number >= 0:
            index = self._files.index(number, 0)
            self.setCurrentIndex(index)
            self.scrollTo(index)

    def wish(self, wish: Wish) -> None:
        """Ask for something to be done with the current file."""
        index: QModelIndex = self.currentIndex()
        if index.isValid():
            self.wished.emit(wish, self._files.rows[index.row()].uri)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.wish("open")
            return
        if event.text().isprintable() and event.text():
            event.ignore()
            return
        super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if not self.currentIndex().isValid():
            return
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
        menu.exec(event.globalPos())
