"""A list of files without passages, under headings where it has parts: a topic's files, groups of copies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from ui.results.files import FileList, FileModel, Index
from ui.results.layout import cut_name, cut_path, join_path
from ui.results.marks import draw_badge, draw_state, draw_thumb
from ui.results.row import Badge, Kind
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


class PlainModel(FileModel):
    """Files in the order in which they are shown."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[PlainRow] = []

    def show(self, rows: list[PlainRow]) -> None:
        """Show other files."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def uri(self, number: int) -> str:
        return self.rows[number].uri

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
        draw_state(painter, box, option.state)
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


class PlainView(FileList):
    """The list of a `PlainModel`."""

    def __init__(self, model: PlainModel, name: str) -> None:
        """Args: name: what a screen reader calls it."""
        super().__init__(model, name)
        self.setItemDelegate(_PlainDelegate(self))
