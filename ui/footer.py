"""The line at the bottom: what was found and how, on the left; the keys one needs most, on the right."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from ui.theme.fonts import font, metrics
from ui.theme.look import look

_HEIGHT = 32
_KEY_HEIGHT, _LEAST_KEY = 19, 20
_NARROW = 700

Keys = list[tuple[str, str]]
"""A key and what it does."""


class Footer(QWidget):
    """Painted, since it is text alone."""

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._keys: Keys = []
        self.setFixedHeight(look.px(_HEIGHT))
        look.changed.connect(self.update)

    def say(self, text: str) -> None:
        """Say something of what is shown above."""
        self._text = text
        self.setAccessibleName(text)
        self.setToolTip("")
        self.update()

    def show_keys(self, keys: Keys) -> None:
        """Show which keys there are; in a narrow window they are left out."""
        self._keys = keys
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(QRectF(0, 0, self.width(), 1), look.colour("line"))
        begin = self._draw_keys(painter) if self.width() >= look.px(_NARROW) else float(self.width())
        room = QRectF(look.px(18), 1, begin - look.px(34), self.height() - 1)
        painter.setFont(font("meta"))
        painter.setPen(look.colour("ink2"))
        shown = metrics("meta").elidedText(self._text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)
        painter.end()

    def _draw_keys(self, painter: QPainter) -> float:
        """Draw the keys from the right edge on; returns where they begin."""
        measure = metrics("meta")
        painter.setFont(font("meta"))
        x = float(self.width() - look.px(16))
        for key, words in reversed(self._keys):
            width = measure.horizontalAdvance(words)
            cap = max(look.px(_LEAST_KEY), measure.horizontalAdvance(key) + look.px(10))
            x -= width
            painter.setPen(look.colour("ink2"))
            upright = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            painter.drawText(QRectF(x, 1, width + 1, self.height() - 1), upright, words)
            x -= cap + look.px(6)
            draw_key(painter, QRectF(x, (self.height() - look.px(_KEY_HEIGHT)) / 2, cap, look.px(_KEY_HEIGHT)), key)
            x -= look.px(16)
        return x


def draw_key(painter: QPainter, box: QRectF, key: str) -> None:
    """A key as on a keyboard."""
    painter.setPen(QPen(look.colour("line"), 1))
    painter.setBrush(look.colour("surface"))
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), look.px(4), look.px(4))
    painter.setFont(font("meta"))
    painter.setPen(look.colour("ink2"))
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), key)
