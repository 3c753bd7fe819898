"""The box one types into: lens, query, profile, clear; past queries and completions below it.

The keyboard stays here: the keys that move through the results are passed on.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QObject, QRect, QRectF, QStringListModel, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QCompleter, QFrame, QHBoxLayout, QLineEdit, QWidget

from ui.link import Call, Link
from ui.search.profile_choice import ProfileChoice
from ui.theme import icons
from ui.theme.fonts import Role, font
from ui.theme.look import look
from ui.theme.widgets import Button

_HEIGHT = 42
_LENS = 20
_PASSED_ON = frozenset({Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown})


class _Lens(QWidget):
    """The lens at the box's beginning."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(look.px(_LENS))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        side = look.px(_LENS)
        icons.draw(painter, "search", QRectF(0, (self.height() - side) / 2, side, side), "accent")
        painter.end()


class QueryEdit(QLineEdit):
    """One line of text that says which keys are not its own."""

    passed_on = Signal(int, bool)
    """Up, Down, Page Up or Page Down: a `Qt.Key`; whether Shift is held, so that rows are selected on the way."""
    entered = Signal()
    chip_dropped = Signal()
    """Backspace at the very beginning."""
    previewed = Signal()
    """Space right after Up or Down, or Shift+Space at any time."""
    keys_wanted = Signal()
    """A question mark in an empty box."""
    history_wanted = Signal()
    """Down in an empty box."""
    copy_wanted = Signal()
    """Ctrl+C where no text is selected."""
    focused = Signal(bool)

    def __init__(self, role: Role) -> None:
        super().__init__()
        self._role: Role = role
        self._is_walking = False
        self.offers: QCompleter | None = None
        """What is shown below it."""
        self.setFrame(False)
        self.setMaxLength(20_000)
        self.setAccessibleName(self.tr("Search"))
        self.setPlaceholderText(self.tr("What do you remember of it?"))
        self._dress()
        look.changed.connect(self._dress)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, held = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        was_walking, self._is_walking = self._is_walking, False
        if key in _PASSED_ON and held in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
            self._walk(key, bool(held))
        elif key == Qt.Key.Key_Space and (held == Qt.KeyboardModifier.ShiftModifier or (was_walking and not held)):
            self._is_walking = was_walking
            self.previewed.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not held:
            if not self._leave_offers():
                self.entered.emit()
            else:
                event.ignore()  # and the completer takes what is chosen
        elif key == Qt.Key.Key_Question and not self.text():
            self.keys_wanted.emit()
        elif event.matches(QKeySequence.StandardKey.Copy) and not self.hasSelectedText():
            self.copy_wanted.emit()
        elif key == Qt.Key.Key_Backspace and self.cursorPosition() == 0 and not self.hasSelectedText():
            self.chip_dropped.emit()
        else:
            super().keyPressEvent(event)

    def _leave_offers(self) -> bool:
        """True where one of what is offered below is chosen; without a choice the offers go."""
        popup = self.offers.popup() if self.offers is not None else None
        if popup is None or not popup.isVisible():
            return False
        if not popup.currentIndex().isValid():
            popup.hide()
            return False
        return True

    def _walk(self, key: int, is_extending: bool) -> None:
        if key == Qt.Key.Key_Down and not self.text():
            self.history_wanted.emit()
            return
        self._is_walking = True
        self.passed_on.emit(key, is_extending)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focused.emit(False)

    def _dress(self) -> None:
        self.setFont(font(self._role))


class SearchBox(QFrame):
    """The query and what belongs to it. `typed` follows every change that a person makes."""

    typed = Signal(str)

    def __init__(self, link: Link, queries: Callable[[], list[str]], role: Role = "query") -> None:
        super().__init__()
        self._link, self._queries = link, queries
        self._completing: Call | None = None
        self.setProperty("class", "box")
        self.setProperty("isActive", "false")
        self.edit = QueryEdit(role)
        self.profile = ProfileChoice()
        self._clear = Button("", "icon", "close", self.tr("Clear"))
        self._clear.hide()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(look.px(12), 0, look.px(4), 0)
        layout.setSpacing(look.px(8))
        layout.addWidget(_Lens())
        layout.addWidget(self.edit, 1)
        layout.addWidget(self.profile)
        layout.addWidget(self._clear)
        self.setFixedHeight(look.px(_HEIGHT))
        self.setFocusProxy(self.edit)
        self.completer = _completer(self.edit)
        self._connect()

    def _connect(self) -> None:
        self.edit.focused.connect(self._show_focus)
        self.edit.textChanged.connect(lambda text: self._clear.setVisible(bool(text)))
        self.edit.textChanged.connect(self.typed)
        self.edit.textEdited.connect(self._complete)
        self.edit.history_wanted.connect(self._offer_history)
        self._clear.clicked.connect(self.clear)
        self.profile.chosen.connect(lambda: self.edit.setFocus(Qt.FocusReason.OtherFocusReason))
        self.completer.activated.connect(self.edit.setText)

    @property
    def text(self) -> str:
        return self.edit.text()

    def set_text(self, text: str) -> None:
        """Put a query into the box, as if it had been typed."""
        self.edit.setText(text)

    def clear(self) -> None:
        """Empty it, and be ready for another query."""
        self.edit.clear()
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_narrow(self, is_narrow: bool) -> None:
        """Leave the room to the query."""
        self.profile.set_narrow(is_narrow)

    def _show_focus(self, is_active: bool) -> None:
        self.setProperty("isActive", "true" if is_active else "false")
        self.style().unpolish(self)
        self.style().polish(self)

    # --- completion

    def _offer_history(self) -> None:
        queries = self._queries()
        if queries:
            self._offer(queries)

    def _complete(self, text: str) -> None:
        """Ask which filter the word under the cursor may become."""
        if self._completing is not None:
            self._completing.cancel()
            self._completing = None
        if (popup := self.completer.popup()) is not None:
            popup.hide()
        word = text[: self.edit.cursorPosition()].rpartition(" ")[2]
        if ":" not in word:
            return
        params = {"text": text, "cursor": self.edit.cursorPosition()}
        self._completing = self._link.call("complete", params, partial(self._offer_completions, text))

    def _offer_completions(self, text: str, answer: dict[str, Any]) -> None:
        """Offer what was answered on `text`, unless something else stands in the box now."""
        self._completing = None
        if text != self.edit.text():
            return
        items = [f"{text[: item['start']]}{item['text']}{text[item['end'] :]}" for item in answer["items"]]
        if items and items != [text] and self.edit.hasFocus():
            self._offer(items)

    def _offer(self, items: list[str]) -> None:
        model = self.completer.model()
        assert isinstance(model, QStringListModel)
        model.setStringList(items)
        below = self.height() - self.edit.y() + look.px(2)  # the box, not the field within it, stays free
        self.completer.complete(QRect(0, 0, self.edit.width(), below))
        if (popup := self.completer.popup()) is not None:
            popup.setCurrentIndex(QModelIndex())  # none of them before the person says so


def _completer(edit: QueryEdit) -> QCompleter:
    """A list below the box that shows what it is given: the service has chosen already."""
    completer = QCompleter(QStringListModel(edit), edit)
    completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
    completer.setMaxVisibleItems(8)
    completer.setWidget(edit)
    edit.offers = completer
    if (popup := completer.popup()) is not None:
        popup.setProperty("class", "offers")
    return completer


class KeysBelow(QObject):
    """Sends what is typed anywhere in a widget to the search box, as long as the widget has no use for it."""

    def __init__(self, box: SearchBox) -> None:
        super().__init__(box)
        self._box = box

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        held = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
        if held or not event.text().strip() or not event.text().isprintable():
            return False
        self._box.edit.setFocus(Qt.FocusReason.OtherFocusReason)
        self._box.edit.end(False)
        self._box.edit.insert(event.text())
        return True
