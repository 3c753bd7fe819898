"""What the quick search stands on: a card with its shadow, or a square with an edge where nothing is blended."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
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
            painter.drawPixmap(0, 0, self._shadow_of(card, radius))
        painter.setPen(QPen(look.colour("line" if self._is_blended else "edge"), 1))
        painter.setBrush(look.colour("surface"))
        painter.drawRoundedRect(card.adjusted(-0.5, -0.5, 0.5, 0.5), radius, radius)
        painter.end()

    def _shadow_of(self, card: QRectF, radius: float) -> QPixmap:
        """The shadow, drawn once for each size: rounded shapes laid over each other, which fade as a blur does."""
        ratio = self.devicePixelRatioF()
        size = self.size() * ratio
        if self._shadow.size() != size:
            self._shadow = QPixmap(size)
            self._shadow.setDevicePixelRatio(ratio)
            self._shadow.fill(Qt.GlobalColor.transparent)
            painter = QPainter(self._shadow)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
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
