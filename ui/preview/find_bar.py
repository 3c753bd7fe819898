"""The line below the preview's head into which one types what is to be found in the file."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from ui.theme.look import look
from ui.theme.widgets import Button, Label
from ui.words.phrases import Phrases

_MARGIN = 20


class _Edit(QLineEdit):
    """Keeps the keys that act in it: the window has Escape and Enter of its own."""

    stepped = Signal(int)
    left = Signal()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._is_own(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._is_own(event):
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            is_back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier) or event.key() == Qt.Key.Key_Up
            self.stepped.emit(-1 if is_back else 1)

    def _is_own(self, event: QKeyEvent) -> bool:
        own = (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Up, Qt.Key.Key_Down)
        return event.key() in own and not event.modifiers() & Qt.KeyboardModifier.ControlModifier


class FindBar(QWidget):
    """Says how many there are; Enter and Shift+Enter go through them, Escape closes it."""

    sought = Signal(str)
    """What is to be found; it follows every key."""
    stepped = Signal(int)
    """1: the next one; -1: the one before."""
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._phrases = Phrases(self)
        self.edit = _Edit()
        self.edit.setProperty("class", "field")
        self.edit.setPlaceholderText(self.tr("Find in this file"))
        self.edit.setAccessibleName(self.tr("Find in this file"))
        self._count = Label("", "meta", "ink2")
        back = Button("", "step", "up", self.tr("The find before (Shift+Enter)"))
        on = Button("", "step", "down", self.tr("Next find (Enter)"))
        close = Button("", "icon", "close", self.tr("Close (Esc)"))
        line = QHBoxLayout(self)
        line.setContentsMargins(look.px(_MARGIN), 0, look.px(12), look.px(8))
        line.setSpacing(look.px(8))
        line.addWidget(self.edit, 1)
        for widget in (self._count, back, on, close):
            line.addWidget(widget)
        self.edit.textChanged.connect(self.sought)
        self.edit.stepped.connect(self.stepped)
        self.edit.left.connect(self.closed)
        back.clicked.connect(lambda: self.stepped.emit(-1))
        on.clicked.connect(lambda: self.stepped.emit(1))
        close.clicked.connect(self.closed)
        self.hide()

    def open(self) -> None:
        """Come, or come back, with what was typed selected."""
        self.show()
        self.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.edit.selectAll()

    def show_count(self, number: int, count: int) -> None:
        """Say which of how many is shown."""
        words = ""
        if self.edit.text().strip():
            number_of = self.tr("%1 of %2").replace("%1", self._phrases.number(number))
            words = number_of.replace("%2", self._phrases.number(count)) if count else self.tr("Not found")
        self._count.setText(words)
        self.edit.setAccessibleDescription(words)
