"""The margin beside a text: numbers beside lines; beside pages, slides and messages their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from ui.theme.fonts import Role, font, metrics
from ui.theme.look import look

if TYPE_CHECKING:
    from ui.preview.text import TextView

_MARGIN, _GAP, _NUDGE = 20, 14, 4


class Gutter(QWidget):
    """As wide as its widest label; scrolls with the text."""

    def __init__(self, view: TextView) -> None:
        super().__init__(view)
        self._view = view
        view.updateRequest.connect(self._follow)

    def wanted_width(self) -> int:
        """In pixels."""
        widest = self._view.widest_label()
        own = round(metrics(_role(widest)).horizontalAdvance(widest)) if widest else 0
        return look.px(_MARGIN) + own + (look.px(_GAP) if own else 0) - look.px(_NUDGE)

    def _follow(self, area: QRect, scrolled: int) -> None:
        if scrolled:
            self.scroll(0, scrolled)
        else:
            self.update(0, area.y(), self.width(), area.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), look.colour("surface"))
        right = self.width() - look.px(_GAP) + look.px(_NUDGE)
        for box, label, has_hit in self._view.numbered():
            painter.setFont(font(_role(label)))
            painter.setPen(look.colour("ink" if has_hit else "ink3"))
            line = QRectF(0, box.top(), right, self._view.line_height)
            painter.drawText(line, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), label)
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._view.wheelEvent(event)


def _role(label: str) -> Role:
    return "code" if label.isdecimal() else "meta"
