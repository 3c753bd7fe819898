"""A check box in the look: its border is as strong as every control's, in the dark too."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox

from ui.theme import icons
from ui.theme.fonts import Role, font
from ui.theme.look import look

_SIDE, _GAP, _LEAST = 18, 10, 24


class Check(QCheckBox):
    """With its text in a role of the type; without text the box alone."""

    def __init__(self, text: str = "", role: Role = "body") -> None:
        super().__init__(text.replace("&", "&&"))
        self._shown = text
        self.setFont(font(role))
        look.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        words = self.fontMetrics().horizontalAdvance(self._shown) + look.px(_GAP) if self._shown else 0
        return QSize(look.px(_LEAST) + words, max(look.px(_LEAST), self.fontMetrics().height()))

    def minimumSizeHint(self) -> QSize:
        return QSize(look.px(_LEAST), self.sizeHint().height())

    def hitButton(self, at: QPoint) -> bool:
        return self.rect().contains(at)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side, radius = look.px(_SIDE), look.px(5)
        box = QRectF(look.px(3), (self.height() - side) / 2, side, side)
        is_on = self.isChecked() and self.isEnabled()
        painter.setPen(QPen(look.colour("accent" if is_on else "edge" if self.isEnabled() else "line"), 1))
        painter.setBrush(look.colour("accent" if is_on else "surface"))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        if self.isChecked():
            inset = side / 8
            icons.draw(painter, "check", box.adjusted(inset, inset, -inset, -inset), "on_accent" if is_on else "ink3")
        if self.hasFocus():
            painter.setPen(QPen(look.colour("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(-2, -2, 2, 2), radius + 2, radius + 2)
        if self._shown:
            painter.setFont(self.font())
            painter.setPen(look.colour("ink" if self.isEnabled() else "ink3"))
            room = QRectF(self.rect()).adjusted(box.right() + look.px(_GAP), 0, 0, 0)
            shown = self.fontMetrics().elidedText(self._shown, Qt.TextElideMode.ElideMiddle, round(room.width()))
            painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)
        painter.end()
