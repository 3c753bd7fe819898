"""What stands where no rows are: what is the case, then what can be done. Every reason has its own page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.theme import icons
from ui.theme.look import look
from ui.theme.widgets import Button, Label, filled

_MARK, _TEXT_WIDTH, _TOP = 48, 392, 64


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done about it."""

    text: str
    do: Callable[[], Any]
    is_primary: bool = False


@dataclass(frozen=True, slots=True)
class Emptiness:
    """One reason for there being nothing to show."""

    glyph: str
    """A lens with its state inside."""
    title: str
    text: str
    actions: list[Action] = field(default_factory=list)
    find_out: Callable[[Callable[[str], None]], object] | None = None
    """Asks for what is not known at once, and hands on the text that then stands in the place of this one."""


class _Mark(QWidget):
    """A lens, in the middle of its line."""

    def __init__(self) -> None:
        super().__init__()
        self.glyph = "lens-none"
        self.setFixedHeight(look.px(_MARK))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        side = look.px(_MARK)
        icons.draw(painter, self.glyph, QRectF((self.width() - side) / 2, 0, side, side), "accent")
        painter.end()


class EmptyState(QWidget):
    """One page for every reason."""

    def __init__(self) -> None:
        super().__init__()
        filled(self)
        px = look.px
        self._reason = Emptiness("lens-none", "", "")
        self._mark = _Mark()
        self._title = Label("", "title", is_wrapped=True)
        self._text = Label("", "body", "ink2", is_wrapped=True)
        for label in (self._title, self._text):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setFixedWidth(px(_TEXT_WIDTH))
        self._actions = QHBoxLayout()
        self._actions.setSpacing(px(8))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(px(16), px(_TOP), px(16), px(16))
        layout.setSpacing(0)
        layout.addWidget(self._mark)
        layout.addSpacing(px(14))
        layout.addWidget(self._title, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(px(8))
        layout.addWidget(self._text, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(px(18))
        layout.addLayout(self._actions)
        layout.addStretch(1)

    def show_reason(self, reason: Emptiness) -> None:
        """Say why there is nothing, and offer what can be done."""
        self._reason = reason
        self._mark.glyph = reason.glyph
        self._mark.update()
        self._say(reason.text)
        while (item := self._actions.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._actions.addStretch(1)
        for action in reason.actions:
            button = Button(action.text, "primary" if action.is_primary else "")
            button.clicked.connect(lambda _=False, do=action.do: do())
            self._actions.addWidget(button)
        self._actions.addStretch(1)
        if reason.find_out is not None:
            reason.find_out(partial(self._say_more, reason))

    def _say_more(self, reason: Emptiness, text: str) -> None:
        if reason is self._reason:
            self._say(text)

    def _say(self, text: str) -> None:
        title = self._reason.title
        self._title.setText(title)
        self._text.setText(text)
        for label in (self._title, self._text):  # a wrapped label in the middle of a layout does not get its height
            label.setMinimumHeight(0)  # nor does it measure less than it was told to have before
            label.setFixedHeight(max(0, label.heightForWidth(label.width())))
        self._text.setVisible(bool(text))
        self.setAccessibleName(f"{title}. {text}")
