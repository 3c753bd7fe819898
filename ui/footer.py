"""The line at the bottom: what was found and how, on the left; the keys one needs most, on the right."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from ui.theme.fonts import font, metrics
from ui.theme.look import look
from ui.theme.widgets import as_plain

_HEIGHT = 32
_KEY_HEIGHT, _LEAST_KEY = 19, 20
_NARROW = 700
_TOOL = 24

Keys = list[tuple[str, str]]
"""A key and what it does."""


class Footer(QWidget):
    """Painted, since it is text, but for what a page has it hold."""

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._keys: Keys = []
        self._tool: QWidget | None = None
        self._room = QRectF()
        """For what is said."""
        self.setFixedHeight(look.px(_HEIGHT))
        look.changed.connect(self._arrange)

    def say(self, text: str) -> None:
        """Say something of what is shown above."""
        self._text = text
        self.setAccessibleName(text)
        self.setToolTip(as_plain(text))
        self._arrange()

    def show_keys(self, keys: Keys) -> None:
        """Show which keys there are; in a narrow window they are left out."""
        self._keys = keys
        self._arrange()

    def hold(self, tool: QWidget | None) -> None:
        """Have something that can be pressed behind what is said, when it is shown, and nothing else any more."""
        if self._tool is not None:
            self._tool.hide()
        if tool is not None and tool.parentWidget() is not self:
            tool.setParent(self)
            tool.installEventFilter(self)
        self._tool = tool
        self._arrange()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """What is held comes, goes, or bears another text."""
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.LayoutRequest):
            self._arrange()
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Where what is said stands, and behind it what is held."""
        px = look.px
        end = min((left for _, left, _, _ in self._placed_keys()), default=float(self.width())) - px(16)
        self._room = QRectF(px(18), 1, end - px(18), self.height() - 1)
        if self._tool is not None and not self._tool.isHidden():
            wanted = metrics("meta").horizontalAdvance(self._text) + 1
            width = self._tool.sizeHint().width()
            self._room.setWidth(min(wanted, self._room.width() - width - px(8)))
            top = (self.height() - px(_TOOL)) // 2
            self._tool.setGeometry(round(self._room.right()) + px(8), top, width, px(_TOOL))
        self.update()

    def _placed_keys(self) -> Iterator[tuple[str, float, str, float]]:
        """Each key and its left edge, what it does and where that is written: from the right, where there is room."""
        measure, px = metrics("meta"), look.px
        x = float(self.width() - px(16))
        for key, words in reversed(self._keys if self.width() >= px(_NARROW) else []):
            written = x - measure.horizontalAdvance(words)
            x = written - px(6) - _cap(key)
            yield key, x, words, written
            x -= px(16)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(QRectF(0, 0, self.width(), 1), look.colour("line"))
        upright = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        measure, high = metrics("meta"), look.px(_KEY_HEIGHT)
        painter.setFont(font("meta"))
        for key, left, words, written in self._placed_keys():
            painter.setPen(look.colour("ink2"))
            painter.drawText(QRectF(written, 1, self.width(), self.height() - 1), upright, words)
            draw_key(painter, QRectF(left, (self.height() - high) / 2, _cap(key), high), key)
        painter.setPen(look.colour("ink2"))
        shown = measure.elidedText(self._text, Qt.TextElideMode.ElideRight, self._room.width())
        painter.drawText(self._room, upright, shown)
        painter.end()


def _cap(key: str) -> float:
    """How wide a key is drawn."""
    return max(look.px(_LEAST_KEY), metrics("meta").horizontalAdvance(key) + look.px(10))


def draw_key(painter: QPainter, box: QRectF, key: str) -> None:
    """A key as on a keyboard."""
    painter.setPen(QPen(look.colour("line"), 1))
    painter.setBrush(look.colour("surface"))
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), look.px(4), look.px(4))
    painter.setFont(font("meta"))
    painter.setPen(look.colour("ink2"))
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), key)
