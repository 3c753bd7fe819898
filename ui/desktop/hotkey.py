"""The key that brings the quick search from anywhere: remembered, asked of the system, and told of where it is refused.

Whatever comes of it, `inkling popup` can be bound to a key in the desktop's own settings.
"""

from __future__ import annotations

import os
import sys

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from ui.desktop.grab import Grab
from ui.desktop.keys import DEFAULT, read_keys
from ui.preferences import Preferences


class Hotkey(QObject):
    """One for the app."""

    pressed = Signal()
    changed = Signal()
    """`keys` or `fault` are others now."""

    def __init__(self, preferences: Preferences, parent: QObject) -> None:
        super().__init__(parent)
        self._preferences = preferences
        chosen = preferences.keys
        self.keys = DEFAULT if chosen is None else chosen
        """As Qt writes it, "Ctrl+Alt+Space"; empty where none is wanted."""
        self.fault = ""
        """Why it does not work, in words; empty where it does."""
        self.told = ""
        """What the desktop calls the key, where that is no combination that could be chosen here."""
        self._grab: Grab | None = None
        self._ask()

    def choose(self, keys: str) -> None:
        """Have another key from now on; none with an empty text."""
        self._preferences.set("keys", keys)
        self.keys = keys
        self._ask()

    def close(self) -> None:
        """Give the key back."""
        if self._grab is not None:
            self._grab.release()
            self._grab.deleteLater()
            self._grab = None

    def _ask(self) -> None:
        self.close()
        self.told = ""
        keys = read_keys(self.keys)
        if keys is None:
            self._refuse(self.tr("This cannot be a global key: take one with Ctrl, Alt or Super.") if self.keys else "")
            return
        self._grab = self._made()
        if self._grab is None:
            self._refuse(self.tr("This desktop has no global keys for programs. Bind “inkling popup” in its settings."))
            return
        self._grab.pressed.connect(self.pressed)
        self._grab.granted.connect(self._accept)
        self._grab.refused.connect(self._refuse)
        self._grab.ask(keys)

    def _made(self) -> Grab | None:
        """The system's own way; None where it has none."""
        platform = QGuiApplication.platformName()
        try:
            if platform.startswith("wayland") or (platform == "xcb" and os.environ.get("WAYLAND_DISPLAY")):
                from ui.desktop.portal import PortalGrab  # through Xwayland a grab hears other X11 windows' keys alone

                return PortalGrab(self)
            if platform == "xcb":
                from ui.desktop.x11 import X11Grab

                return X11Grab(self)
            if sys.platform == "win32" and platform == "windows":
                from ui.desktop.windows import WindowsGrab

                return WindowsGrab(self)
            if sys.platform == "darwin" and platform == "cocoa":
                from ui.desktop.macos import MacGrab

                return MacGrab(self)
        except OSError:  # a library or a server is missing
            return None
        return None

    def _accept(self, keys: str) -> None:
        self.fault = ""
        if read_keys(keys) is not None:
            self.keys = keys
        else:
            self.told = keys
        self.changed.emit()

    def _refuse(self, why: str) -> None:
        self.fault = why
        self.changed.emit()
