"""What the quick search stands on: a card with its shadow, or a square with an edge where nothing is blended."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.theme.look import look

_RADIUS = 14
_SHADOW, _SHADOW_DOWN = 36, 12
"""How far the shadow reaches, and how far it is moved down."""
_SHADOW_SHARE, _SHADOW_SHARE_DARK = 0.22, 0.45


class Card(QWidget):
    """A window's whole content. `layout_` takes what stands on the card.

    Args:
        is_blended: the desktop blends windows, so that corners and shadow can be seen through.
    """

    def __init__(self, is_blended: bool) -> None:
        super().__init__()
        self._is_blended = is_blended
        self._shadow = QPixmap()
        self.margin = look.px(_SHADOW + _SHADOW_DOWN) if is_blended else 1
        """Around the card, in pixels."""
        self.content = QVBoxLayout(self)
        self.content.setContentsMargins(*[self.margin] * 4)
        self.content.setSpacing(0)
        look.changed.connect(self._dress)

    def _dress(self) -> None:
        self._shadow = QPixmap()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        card = QRectF(self.rect()).adjusted(self.margin, self.margin, -self.margin, -self.margin)
        radius = look.px(_RADIUS) if self._is_blended else 0
        if self._is_blended:
            self._draw_shadow(painter, radius)
        painter.setPen(QPen(look.colour("line" if self._is_blended else "edge"), 1))
        painter.setBrush(look.colour("surface"))
        painter.drawRoundedRect(card.adjusted(-0.5, -0.5, 0.5, 0.5), radius, radius)
        painter.end()

    def _draw_shadow(self, painter: QPainter, radius: int) -> None:
        """Its two ends, and between them one of its rows as often as the card is high."""
        shadow, ratio = self._shadow_of(radius), self.devicePixelRatioF()
        width, row = self.width(), self.margin + radius + look.px(_SHADOW_DOWN)
        rest = shadow.height() / ratio - row - 1
        painter.drawPixmap(QRectF(0, 0, width, row), shadow, QRectF(0, 0, width * ratio, row * ratio))
        between = QRectF(0, row, width, self.height() - row - rest)
        painter.drawPixmap(between, shadow, QRectF(0, row * ratio, width * ratio, ratio))
        end = QRectF(0, self.height() - rest, width, rest)
        painter.drawPixmap(end, shadow, QRectF(0, (row + 1) * ratio, width * ratio, rest * ratio))

    def _shadow_of(self, radius: int) -> QPixmap:
        """The shadow of the lowest card, drawn once: rounded shapes laid over each other, which fade as a blur does."""
        ratio = self.devicePixelRatioF()
        height = 2 * (self.margin + radius) + 1
        size = QSize(self.width(), height) * ratio
        if self._shadow.size() != size:
            self._shadow = QPixmap(size)
            self._shadow.setDevicePixelRatio(ratio)
            self._shadow.fill(Qt.GlobalColor.transparent)
            painter = QPainter(self._shadow)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            card = QRectF(0, 0, self.width(), height).adjusted(self.margin, self.margin, -self.margin, -self.margin)
            reach = look.px(_SHADOW)
            share = _SHADOW_SHARE_DARK if look.is_dark else _SHADOW_SHARE
            darker = Qt.GlobalColor.black
            painter.translate(0, look.px(_SHADOW_DOWN))
            painter.setBrush(darker)
            for step in range(reach, -1, -1):
                painter.setOpacity(2 * share * (reach - step) / reach**2)
                painter.drawRoundedRect(card.adjusted(-step, -step, step, step), radius + step, radius + step)
            painter.end()
        return self._shadow
