"""The quick search's global key, and whether the app stays ready for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QKeySequenceEdit

from ui.settings.form import Form
from ui.theme.check import Check
from ui.theme.widgets import Label

if TYPE_CHECKING:
    from ui.desktop.hotkey import Hotkey
    from ui.preferences import Preferences


class QuickSearch(Form):
    """A key that the desktop refuses is told at once."""

    def __init__(self, preferences: Preferences, hotkey: Hotkey | None) -> None:
        super().__init__()
        self._hotkey = hotkey
        self.keys, self.stays = QKeySequenceEdit(), Check()
        self.fault, self.told = Label("", "body", "warn", is_wrapped=True), Label("", "body", "ink2", is_wrapped=True)
        self.keys.setMaximumSequenceLength(1)
        self.keys.setClearButtonEnabled(True)
        self.head(self.tr("Quick search"), self.tr("A single line over whatever is on the screen."))
        self.line(self.tr("Key"), self.tr("From anywhere; press the one you want, or clear it."), self.keys)
        self.add(self.fault)
        self.add(self.told)
        self.line(
            self.tr("Stay ready without a tray"),
            self.tr("When the window is shut and the desktop has no tray, the app stays for the quick search."),
            self.stays,
        )
        self.end()
        self.stays.setChecked(preferences.stays is True)
        self.stays.toggled.connect(lambda is_on: preferences.set("stays", is_on))
        if hotkey is None:
            self.keys.setEnabled(False)
        else:
            hotkey.changed.connect(self._show)
            self.keys.editingFinished.connect(self._choose)
        self._show()

    def _show(self) -> None:
        if self._hotkey is not None:
            self.keys.setKeySequence(QKeySequence(self._hotkey.keys))
            self.fault.setText(self._hotkey.fault)
            words = self.tr("What the desktop says: %1").replace("%1", self._hotkey.told)
            self.told.setText(words if self._hotkey.told else "")
        for label in (self.fault, self.told):
            label.setVisible(bool(label.text()))

    def _choose(self) -> None:
        chosen = self.keys.keySequence().toString()
        if self._hotkey is not None and chosen != self._hotkey.keys:
            self._hotkey.choose(chosen)
