"""How a section of the settings is laid out: headings, and lines of a name, what it means, and a control."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QFrame,
    QHBoxLayout,
    QKeySequenceEdit,
    QLineEdit,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from ui.theme.look import look
from ui.theme.widgets import Button, Label, filled

_CONTROL_WIDTH, _FIELD_WIDTH = 190, 280


class Form(QWidget):
    """A column. Controls say their line's name to a screen reader."""

    def __init__(self) -> None:
        super().__init__()
        filled(self, self.backgroundRole())
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(look.px(24), look.px(20), look.px(24), look.px(20))
        self._column.setSpacing(look.px(12))

    def head(self, title: str, text: str = "") -> None:
        """Begin a part."""
        if self._column.count():
            self._column.addSpacing(look.px(8))
        self._column.addWidget(Label(title, "title"))
        if text:
            self.text(text)

    def text(self, text: str) -> Label:
        """A sentence."""
        label = Label(text, "body", "ink2", is_wrapped=True)
        self._column.addWidget(label)
        return label

    def add(self, widget: QWidget) -> None:
        """Something as wide as the form."""
        self._column.addWidget(widget)

    def line(self, name: str, meaning: str, control: QWidget) -> None:
        """A setting: its name and meaning at the left, what changes it at the right."""
        if not isinstance(control, QAbstractButton):
            control.setFixedWidth(look.px(_FIELD_WIDTH if isinstance(control, QLineEdit) else _CONTROL_WIDTH))
            control.setMinimumHeight(look.px(30))
        control.setAccessibleName(name)
        control.setAccessibleDescription(meaning)
        words = QVBoxLayout()
        words.setSpacing(look.px(1))
        words.addWidget(Label(name, "body_strong"))
        if meaning:
            words.addWidget(Label(meaning, "meta", "ink2", is_wrapped=True))
        line = QHBoxLayout()
        line.setSpacing(look.px(16))
        line.addLayout(words, 1)
        shown = _framed(control) if isinstance(control, QAbstractSpinBox | QKeySequenceEdit) else control
        line.addWidget(shown, 0, Qt.AlignmentFlag.AlignVCenter)
        self._column.addLayout(line)

    def end(self) -> None:
        """What follows is empty."""
        self._column.addStretch(1)


def _framed(control: QAbstractSpinBox | QKeySequenceEdit) -> QFrame:
    """In a border as strong as that of every control: Fusion's own cannot be seen in the dark."""
    box = QFrame()
    box.setProperty("class", "box")
    inner = QHBoxLayout(box)
    inner.setContentsMargins(look.px(6), 1, look.px(6), 1)
    if isinstance(control, QAbstractSpinBox):
        control.setFrame(False)
    control.setFixedWidth(look.px(_CONTROL_WIDTH - 14))
    inner.addWidget(control)
    return box


def in_card(widget: QWidget) -> QFrame:
    """A list in a frame with round corners."""
    card = QFrame()
    card.setProperty("class", "card")
    inner = QVBoxLayout(card)
    inner.setContentsMargins(look.px(6), look.px(6), look.px(6), look.px(6))
    inner.addWidget(widget)
    return card


def field(name: str = "", placeholder: str = "") -> QLineEdit:
    """A field for a line of text."""
    made = QLineEdit()
    made.setProperty("class", "field")
    made.setAccessibleName(name)
    made.setPlaceholderText(placeholder)
    return made


class Choice(Button):
    """One of a few: a button that bears the chosen one's name, and a menu."""

    chosen = Signal(object)
    """The value of what was chosen."""

    def __init__(self, options: Sequence[tuple[str, object]], value: object) -> None:
        super().__init__("", "", "down")
        self.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the arrow stands behind the words
        menu = QMenu(self)
        for words, option in options:
            menu.addAction(words).triggered.connect(
                lambda _=False, words=words, option=option: self._choose(words, option)
            )
        self.setMenu(menu)
        self.setText(next((words for words, option in options if option == value), options[0][0]))

    def _choose(self, words: str, option: object) -> None:
        self.setText(words)
        self.chosen.emit(option)


def beside(*widgets: QWidget, widest: int = 0) -> QWidget:
    """Widgets in a line, one of them as wide as there is room."""
    made = QWidget()
    line = QHBoxLayout(made)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(look.px(8))
    for number, widget in enumerate(widgets):
        line.addWidget(widget, 1 if number == widest else 0)
    return made
