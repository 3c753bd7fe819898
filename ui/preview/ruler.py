"""The narrow strip at the preview's right edge: where in the file its hits are. A click goes to one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QWidget

from ui.theme.look import look
from ui.theme.widgets import filled

_WIDTH, _INSET, _MARK_WIDTH, _MARK_HEIGHT, _REACH = 24, 12, 10, 6, 12


class Ruler(QWidget):
    """The hit in hand in the accent's colour, the others in that of the marks."""

    chosen = Signal(int)
    """A hit was clicked: its number among the file's."""

    def __init__(self) -> None:
        super().__init__()
        filled(self)
        self._shares: Sequence[float] = ()
        self._current = 0
        self.setFixedWidth(look.px(_WIDTH))
        self.setAccessibleName(self.tr("Where the hits are"))
        look.changed.connect(self.update)

    def show_hits(self, shares: Sequence[float], current: int, is_sunken: bool) -> None:
        """Show where hits are, as shares of the file from its beginning, and which one is in hand.

        Args:
            is_sunken: it stands beside pages, on their ground.
        """
        self.setBackgroundRole(QPalette.ColorRole.AlternateBase if is_sunken else QPalette.ColorRole.Base)
        self._shares, self._current = shares, current
        self.setVisible(bool(shares))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("line"))
        centre, inset = self.width() / 2, look.px(_INSET)
        painter.drawRoundedRect(QRectF(centre - 2, inset, 4, max(0, self.height() - 2 * inset)), 2, 2)
        others = [number for number in range(len(self._shares)) if number != self._current]
        for number in [*others, *range(self._current, min(self._current + 1, len(self._shares)))]:
            painter.setBrush(look.colour("accent" if number == self._current else "mark_edge"))
            width, height = look.px(_MARK_WIDTH), look.px(_MARK_HEIGHT)
            painter.drawRoundedRect(QRectF(centre - width / 2, self._y(number) - height / 2, width, height), 2, 2)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._shares:
            return
        y = event.position().y()
        nearest = min(range(len(self._shares)), key=lambda number: abs(self._y(number) - y))
        if abs(self._y(nearest) - y) <= look.px(_REACH):
            self.chosen.emit(nearest)

    def _y(self, number: int) -> float:
        inset = look.px(_INSET + _MARK_HEIGHT / 2)
        return inset + self._shares[number] * max(0, self.height() - 2 * inset)
