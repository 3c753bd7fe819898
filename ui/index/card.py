"""A card with a heading, rows below each other, and hairlines between them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ui.theme.look import look
from ui.theme.widgets import Button, Label, rule

ROW_HEIGHT = 38
_HEAD_HEIGHT = 30


class Card(QFrame):
    """The heading's buttons, where there are any, stand at its right."""

    def __init__(self, title: str, *buttons: Button) -> None:
        super().__init__()
        self.setProperty("class", "card")
        self._title = Label(title, "body_strong")
        self._title.setMinimumHeight(look.px(_HEAD_HEIGHT))  # with buttons and without
        px = look.px
        head = QHBoxLayout()
        head.setContentsMargins(px(16), px(5), px(8), px(5))
        head.setSpacing(px(4))
        head.addWidget(self._title, 1)
        for button in buttons:
            head.addWidget(button)
        self._body = QVBoxLayout()
        self._body.setSpacing(0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, px(4))
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addLayout(self._body)
        layout.addStretch(1)

    def set_title(self, title: str) -> None:
        """Head the card otherwise."""
        self._title.setText(title)

    def hold(self, widget: QWidget) -> None:
        """Hold one thing for good, with no line above it."""
        self._body.addWidget(widget)

    def show_rows(self, rows: Sequence[QWidget]) -> None:
        """Hold these rows instead of those before; the keyboard stays with the button of the same name."""
        focused = self.window().focusWidget()
        name = focused.accessibleName() if focused is not None and self._body_holds(focused) else ""
        while (item := self._body.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for row in rows:
            self._body.addWidget(rule())
            self._body.addWidget(row)
            row.show()  # what is not seen yet cannot have the keyboard
        buttons = [button for row in rows for button in (row, *row.findChildren(QAbstractButton))] if name else []
        if (same := next((button for button in buttons if button.accessibleName() == name), None)) is not None:
            same.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def is_in_use(self) -> bool:
        """A menu of one of its rows is open: with the row it would go from under the hand."""
        popup = QApplication.activePopupWidget()
        owner = popup.parentWidget() if popup is not None else None
        return owner is not None and self._body_holds(owner)

    def _body_holds(self, widget: QWidget) -> bool:
        items = (self._body.itemAt(number) for number in range(self._body.count()))
        rows = [row for item in items if item is not None and (row := item.widget()) is not None]
        return any(row is widget or row.isAncestorOf(widget) for row in rows)


def row(*parts: QWidget | int, height: int = ROW_HEIGHT) -> QWidget:
    """Widgets in a line; a number stretches what stands before it. Buttons without a border bring room of their own."""
    made = QWidget()
    made.setMinimumHeight(look.px(height))
    line = QHBoxLayout(made)
    last = parts[-1]
    is_flush = isinstance(last, Label) or (isinstance(last, Button) and not last.property("class"))
    line.setContentsMargins(look.px(16), look.px(2), look.px(16 if is_flush else 8), look.px(2))
    line.setSpacing(look.px(10))
    for part in parts:
        if isinstance(part, int):
            line.setStretch(line.count() - 1, part)
        else:
            line.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
    return made


def note(text: str) -> QWidget:
    """A sentence of its own in a card."""
    label = Label(text, "meta", "ink2", is_wrapped=True)
    label.setContentsMargins(look.px(16), look.px(8), look.px(16), look.px(8))
    return label
