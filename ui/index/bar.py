"""The bar: every file of the index in one of five shares, each with its count a button."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget

from ui.index.tallies import STANDINGS, Standing
from ui.index.wording import IndexWords
from ui.theme.fonts import font, metrics
from ui.theme.look import look
from ui.words.phrases import Phrases

_HEIGHT, _LEAST, _GAP, _SWATCH = 12, 8, 2, 11
_HALF = 120
"""The opacity of what is findable by text: half the way."""


class StateBar(QWidget):
    """The bar and its buttons. One share is chosen; its files are told of elsewhere."""

    chosen = Signal(str)
    """A `Standing`."""

    def __init__(self) -> None:
        super().__init__()
        words, phrases = IndexWords(self), Phrases(self)
        self._bar = _Bar()
        self._bar.pressed.connect(self.chosen)
        self.buttons = {standing: _Share(standing, words, phrases) for standing in STANDINGS}
        for standing, button in self.buttons.items():
            button.clicked.connect(lambda _=False, standing=standing: self.chosen.emit(standing))
        self._shares = _Shares(list(self.buttons.values()))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(look.px(6))
        layout.addWidget(self._bar)
        layout.addWidget(self._shares)

    def show_counts(self, counts: dict[Standing, int], chosen: Standing) -> None:
        """Show how many files stand where."""
        self._bar.show_counts(counts)
        for standing, button in self.buttons.items():
            button.show_count(counts[standing], is_chosen=standing == chosen)
        self._shares.place()


class _Bar(QWidget):
    pressed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._counts: dict[Standing, int] = {}
        self.setFixedHeight(look.px(_HEIGHT))
        look.changed.connect(self.update)

    def show_counts(self, counts: dict[Standing, int]) -> None:
        self._counts = {standing: count for standing, count in counts.items() if count}
        self.update()

    def _boxes(self) -> list[tuple[Standing, QRectF]]:
        """Each share with its place; a small one is at least wide enough to be seen and pressed."""
        if not self._counts:
            return []
        gap, total = look.px(_GAP), sum(self._counts.values())
        room = self.width() - gap * (len(self._counts) - 1)
        least = min(look.px(_LEAST), room / len(self._counts))
        free = room - least * len(self._counts)
        boxes, x = [], 0.0
        for standing, count in self._counts.items():
            width = least + free * count / total
            boxes.append((standing, QRectF(x, 0, width, self.height())))
            x += width + gap
        return boxes

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline = QPainterPath()
        radius = look.px(5)
        outline.addRoundedRect(QRectF(self.rect()), radius, radius)
        painter.setClipPath(outline)
        boxes = self._boxes()
        if not boxes:
            painter.fillRect(self.rect(), look.colour("line"))
        for standing, box in boxes:
            draw_share(painter, box, standing, 0)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for standing, box in self._boxes():
            if box.contains(event.position()):
                self.pressed.emit(standing)


def draw_share(painter: QPainter, box: QRectF, standing: Standing, radius: float) -> None:
    """A share's own shape: full, half, outlined, grey or red."""
    fills: dict[Standing, QColor] = {
        "meaning": look.colour("accent"),
        "text": look.colour("accent", _HALF),
        "name": look.colour("surface"),
        "left_out": look.colour("scroll"),
        "failed": look.colour("bad"),
    }
    painter.setBrush(fills[standing])
    is_outlined = standing in ("text", "name")
    painter.setPen(QPen(look.colour("accent"), 1) if is_outlined else Qt.PenStyle.NoPen)
    inner = box.adjusted(0.5, 0.5, -0.5, -0.5) if is_outlined else box
    painter.drawRoundedRect(inner, radius, radius)


class _Share(QAbstractButton):
    """A count with its swatch and its words."""

    def __init__(self, standing: Standing, words: IndexWords, phrases: Phrases) -> None:
        super().__init__()
        self._standing = standing
        self._words, self._phrases = words, phrases
        self._count = ""
        self.setCheckable(True)
        self.setText(words.standing(standing))
        self.setToolTip(words.standing_meaning(standing))
        look.changed.connect(self.update)

    def show_count(self, count: int, is_chosen: bool) -> None:
        self._count = self._phrases.number(count)
        self.setAccessibleName(f"{self._count} {self.text()}")
        self.setChecked(is_chosen)
        self.updateGeometry()
        self.update()

    def nextCheckState(self) -> None:
        """It is checked by what is shown, not by being pressed."""

    def sizeHint(self) -> QSize:
        count = metrics("body_strong").horizontalAdvance(self._count)
        words = metrics("body").horizontalAdvance(self.text())
        return QSize(round(look.px(36 + _SWATCH) + count + words), look.px(28))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        px = look.px
        room = QRectF(self.rect())
        if self.isChecked() or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("select" if self.isChecked() else "line"))
            painter.drawRoundedRect(room, px(7), px(7))
        if self.hasFocus():
            painter.setPen(QPen(look.colour("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(room.adjusted(1, 1, -1, -1), px(7), px(7))
        side = px(_SWATCH)
        draw_share(painter, QRectF(px(8), (self.height() - side) / 2, side, side), self._standing, px(3))
        upright = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        at = QPointF(px(16) + side, 0)
        painter.setFont(font("body_strong"))
        painter.setPen(look.colour("ink"))
        width = metrics("body_strong").horizontalAdvance(self._count)
        painter.drawText(QRectF(at.x(), 0, width + 2, self.height()), upright, self._count)
        painter.setFont(font("body"))
        painter.setPen(look.colour("ink2"))
        painter.drawText(room.adjusted(at.x() + width + px(6), 0, 0, 0), upright, self.text())
        painter.end()


class _Shares(QWidget):
    """The buttons in a line, or in as many as the width wants."""

    def __init__(self, buttons: list[_Share]) -> None:
        super().__init__()
        self._buttons = buttons
        for button in buttons:
            button.setParent(self)

    def place(self) -> None:
        """Put each behind the one before, or below where there is no room."""
        x = y = 0
        gap, height = look.px(8), look.px(28)
        for button in self._buttons:
            width = button.sizeHint().width()
            if x and x + width > self.width():
                x, y = 0, y + height
            button.setGeometry(x, y, width, height)
            x += width + gap
        self.setFixedHeight(y + height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.place()
