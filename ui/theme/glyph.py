"""An icon that stands beside text and is no button."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ui.theme import icons
from ui.theme.look import look
from ui.theme.tokens import Token


class Glyph(QWidget):
    """A line icon in a colour of the look. What it means is said by the text beside it."""

    def __init__(self, name: str, token: Token = "ink2", size: int = 16) -> None:  # noqa: S107 - a token of the design
        super().__init__()
        self._name, self._token = name, token
        self.setFixedSize(look.px(size), look.px(size))
        look.changed.connect(self.update)

    def show_as(self, name: str, token: Token) -> None:
        """Be another icon."""
        self._name, self._token = name, token
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        icons.draw(painter, self._name, QRectF(self.rect()), self._token)
        painter.end()
