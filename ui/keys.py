"""The keys of the window, listed in one place: what the overlay shows and what `?` answers."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from ui.footer import draw_key
from ui.theme.fonts import font, metrics
from ui.theme.look import look

_WIDTH, _LINE, _CLOSE_LINE, _MARGIN, _KEYS = 520, 30, 19, 28, 140
_TITLE, _CAP = 34, 21
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class KeysOverlay(QWidget):
    """Laid over the whole window; any key or click takes it away."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("All keys"))
        self.setAccessibleDescription(". ".join(f"{words}: {keys}" for keys, words in self.lines()))
        self._focus: QWidget | None = None
        self.hide()
        window.installEventFilter(self)

    def lines(self) -> list[tuple[str, str]]:
        """Every key and what it does."""
        space = self.tr("Space", "the key")
        return [
            ("↑ ↓", self.tr("Walk through the results while you type")),
            ("↵", self.tr("Open")),
            ("Ctrl ↵", self.tr("Show in folder")),
            (space, self.tr("Large preview, after an arrow key")),
            (f"Shift {space}", self.tr("Large preview at any time")),
            ("Alt ← →", self.tr("Hits within the file")),
            ("Ctrl F", self.tr("Find words within the file of the preview")),
            ("Shift ↑ ↓", self.tr("Select several files")),
            ("Ctrl + − 0", self.tr("Preview: larger, smaller, as it was")),
            ("Ctrl D", self.tr("Find similar")),
            ("Ctrl C", self.tr("Copy the file, or the text that is selected")),
            ("Ctrl Shift C", self.tr("Copy its path")),
            ("Ctrl Shift V", self.tr("Find what is like the clipboard")),
            ("Ctrl L", self.tr("To the search box")),
            ("Ctrl 1 … 4", self.tr("The pages")),
            ("⌫", self.tr("At the box's beginning: remove the last filter")),
            ("Esc", self.tr("Clear, then close")),
            ("Ctrl ,", self.tr("Settings")),
            ("Ctrl Q", self.tr("Quit; shutting the window leaves Inkling ready")),
            ("? F1", self.tr("These keys")),
        ]

    def toggle(self) -> None:
        """Show them, or take them away."""
        if self.isVisible():
            self._leave()
            return
        self._focus = self.window().focusWidget()
        self.setGeometry(self._window.rect())
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def _leave(self) -> None:
        self.hide()
        if self._focus is not None and shiboken6.isValid(self._focus):
            self._focus.setFocus(Qt.FocusReason.PopupFocusReason)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # any key takes it away: the window's own would act behind it
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._leave()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._leave()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self.setGeometry(self._window.rect())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        px, lines = look.px, self.lines()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(0, 0, 0, 140 if look.is_dark else 70))
        margin, pitch = self._spacing(len(lines))
        width, height = px(_WIDTH), 2 * margin + px(_TITLE) + pitch * len(lines)
        card = QRectF((self.width() - width) / 2, max(8, (self.height() - height) / 2), width, height)
        painter.setPen(QPen(look.colour("line"), 1))
        painter.setBrush(look.colour("surface"))
        painter.drawRoundedRect(card, px(14), px(14))
        inner = card.adjusted(px(_MARGIN), margin, -px(_MARGIN), -margin)
        painter.setFont(font("title"))
        painter.setPen(look.colour("ink"))
        painter.drawText(QRectF(inner.left(), inner.top() - px(4), inner.width(), px(26)), _LEFT, self.tr("All keys"))
        high = min(px(_CAP), pitch - 2)
        for number, (keys, words) in enumerate(lines):
            top = inner.top() + px(_TITLE) + pitch * number
            cap = max(px(22), metrics("meta").horizontalAdvance(keys) + px(12))
            draw_key(painter, QRectF(inner.left(), top + (pitch - high) / 2, cap, high), keys)
            painter.setFont(font("body"))
            painter.setPen(look.colour("ink"))
            room = QRectF(inner.left() + px(_KEYS), top, inner.width() - px(_KEYS), pitch)
            painter.drawText(room, _LEFT, words)
        painter.end()

    def _spacing(self, lines: int) -> tuple[int, int]:
        """Margin and height of a line, in pixels: closer in a low window, so that every key is on it."""
        px, room = look.px, self.height() - 16 - look.px(_TITLE)
        if room >= px(2 * _MARGIN + _LINE * lines):
            return px(_MARGIN), px(_LINE)
        margin = px(_MARGIN) // 2
        return margin, max(px(_CLOSE_LINE), min(px(_LINE), (room - 2 * margin) // lines))
