"""Plain widgets in the look: labels that interpret nothing, buttons with icons, the mark, hairlines."""

from __future__ import annotations

import html

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QMenu, QPushButton, QSizePolicy, QWidget

from ui.theme.fonts import Role, font
from ui.theme.icons import draw_mark, icon
from ui.theme.look import look
from ui.theme.tokens import Token


class Label(QLabel):
    """Text as it is: never markup, in a role of the type and a colour of the look."""

    def __init__(self, text: str = "", role: Role = "body", colour: Token = "ink", is_wrapped: bool = False) -> None:
        super().__init__()
        self._role: Role = role
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(is_wrapped)
        self.setProperty("colour", colour)  # the style sheet's: a label's palette loses against it
        self.setText(text)
        self._dress()
        look.changed.connect(self._dress)

    def _dress(self) -> None:
        self.setFont(font(self._role))


class Elided(Label):
    """A line that is cut at its end where there is no room, and then whole in its tooltip."""

    def __init__(self, role: Role = "body", colour: Token = "ink") -> None:
        super().__init__("", role, colour)
        self._colour: Token = colour
        self.setMinimumWidth(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(look.colour(self._colour))
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)
        painter.end()

    def say(self, text: str) -> None:
        """Show another text."""
        self.setText(text)
        self.setToolTip(as_plain(text))


class Button(QPushButton):
    """A button of a class of the style sheet, with an icon in the colour that the class has.

    Without text, `name` is what a screen reader says and a pointer that rests is told.
    """

    def __init__(self, text: str = "", kind: str = "", glyph: str = "", name: str = "", size: int = 16) -> None:
        super().__init__(text.replace("&", "&&"))
        self.setProperty("class", kind)
        self._glyph, self._size = glyph, size
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        if name:
            self.setAccessibleName(name)
            self.setToolTip(as_plain(name))
        self._dress()
        look.changed.connect(self._dress)

    def show_glyph(self, glyph: str) -> None:
        """Bear another icon."""
        self._glyph = glyph
        self._dress()

    def _dress(self) -> None:
        kind = self.property("class")
        self.setFont(font("body" if kind not in ("chip", "facet") else "meta"))
        if self._glyph:
            tokens: dict[str, Token] = {"primary": "on_accent", "link": "accent", "here": "ink"}
            self.setIcon(icon(self._glyph, tokens.get(kind, "ink2"), self._size))
            self.setIconSize(QSize(look.px(self._size), look.px(self._size)))


class EndMenu(QMenu):
    """The menu of a button at the end of a line: it ends where the button does, and stays within the window."""

    def __init__(self, button: Button) -> None:
        super().__init__(button)
        self._button = button
        button.setMenu(self)

    def showEvent(self, event: QShowEvent) -> None:
        """Before it is mapped: nothing jumps, and a compositor that lets no menu be moved has not seen it yet."""
        super().showEvent(event)
        button = self._button
        is_leftward = button.layoutDirection() == Qt.LayoutDirection.RightToLeft
        left = 0 if is_leftward else button.width() - self.width()
        self.move(button.mapToGlobal(QPoint(left, 0)).x(), self.y())


class Mark(QWidget):
    """Inkling's own mark, so many pixels of the design high and wide."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.setFixedSize(look.px(side), look.px(side))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        draw_mark(painter, QRectF(self.rect()))
        painter.end()


def as_plain(text: str) -> str:
    """`text` for a tooltip, which takes what looks like markup for markup: all of it is escaped."""
    return f"<p style='white-space: pre-wrap'>{html.escape(text)}</p>" if text else ""


def rule(is_upright: bool = False) -> QFrame:
    """A hairline."""
    line = QFrame()
    line.setProperty("class", "rule")
    if is_upright:
        line.setFixedWidth(1)
    else:
        line.setFixedHeight(1)
    return line


def filled(widget: QWidget, role: QPalette.ColorRole = QPalette.ColorRole.Base) -> QWidget:
    """`widget` with a background: Base is `surface`, Window `canvas`, AlternateBase `sunken`."""
    widget.setAutoFillBackground(True)
    widget.setBackgroundRole(role)
    return widget
