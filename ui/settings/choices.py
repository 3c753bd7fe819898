"""One setting of the service as a control: shows what is chosen, changes it, and goes back where that fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSignalBlocker, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QWidget

from finder.config import Settings, SettingsFile
from finder.errors import FinderError
from ui.asking import ask
from ui.errors import show_error
from ui.theme.check import Check

if TYPE_CHECKING:
    from finder.types import JsonObject
    from ui.tools import Tools


Cost = tuple[str, str, str]
"""Of a change: the question, what it costs, and the verb of the button that agrees."""


class Choices(QObject):
    """The settings as the service has written them; asks it to change one."""

    changed = Signal()
    """Every control is to show what stands there now."""

    def __init__(self, tools: Tools, window: QWidget) -> None:
        super().__init__(window)
        self._tools, self._window = tools, window
        self.now = self._load()

    def look_again(self) -> None:
        """Read what stands there: it may have been changed in a terminal."""
        self.now = self._load()
        self.changed.emit()

    def change(self, name: str, value: bool | int | float) -> None:
        """Have one setting changed."""
        typed = str(value).lower()
        self._tools.link.call(
            "change_setting", {"name": name, "value": typed}, on_final=self._has_changed, on_error=self.tell
        )

    def ask_and_change(self, name: str, value: bool | int | float, question: str, cost: str, verb: str) -> None:
        """The same, once its cost is agreed to."""
        box = ask(self._window, question, cost, verb, lambda: self.change(name, value))
        box.finished.connect(self.look_again)  # declined: the control goes back

    def check(self, name: str, cost: Callable[[bool], Cost | None] | None = None) -> Check:
        """A box for a setting that is on or off.

        Args:
            cost: of turning it on or off: question, cost, verb; None where it costs nothing.
        """
        box = Check()

        def show() -> None:
            with QSignalBlocker(box):
                box.setChecked(getattr(self.now, name))

        def chosen(is_on: bool) -> None:
            asked = cost(is_on) if cost is not None else None
            if asked is None:
                self.change(name, is_on)
            else:
                self.ask_and_change(name, is_on, *asked)

        show()
        box.toggled.connect(chosen)
        self.changed.connect(show)
        return box

    def number(
        self,
        name: str,
        unit: float,
        suffix: str,
        least: float,
        most: float,
        zero: str = "",
        cost: Callable[[], Cost] | None = None,
    ) -> QDoubleSpinBox:
        """A field for a setting that is a number; what does not fit cannot be typed.

        Args:
            unit: what one of the field is in the setting.
            zero: what is said instead of the least value.
            cost: of any change.
        """
        field = _Number()
        field.setRange(least, most)
        field.setDecimals(1 if unit >= 1 << 30 else 0)
        field.setSuffix(f" {suffix}")
        field.setSpecialValueText(zero)
        field.setKeyboardTracking(False)
        field.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)  # Up and Down step it all the same
        is_whole = isinstance(getattr(Settings(), name), int)

        def show() -> None:
            with QSignalBlocker(field):
                field.setValue(getattr(self.now, name) / unit)

        def chosen(shown: float) -> None:
            value = round(shown * unit) if is_whole else shown * unit
            if cost is None:
                self.change(name, value)
            else:
                self.ask_and_change(name, value, *cost())

        show()
        field.valueChanged.connect(chosen)
        self.changed.connect(show)
        return field

    def tell(self, error: FinderError) -> None:
        """Say what could not be done, and show what holds."""
        show_error(error, self._window)
        self.look_again()

    def _has_changed(self, result: JsonObject) -> None:
        self.look_again()

    def _load(self) -> Settings:
        try:
            return SettingsFile(self._tools.link.home.settings).load()
        except FinderError:  # the service says what is wrong with them
            return Settings()


class _Number(QDoubleSpinBox):
    """The wheel scrolls the page that it stands on, and changes nothing in passing."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
