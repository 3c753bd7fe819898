"""The global key on Windows: RegisterHotKey, whose message comes by the thread's own queue.

Written against learn.microsoft.com, "RegisterHotKey function (winuser.h)".
"""

from __future__ import annotations

import ctypes
from typing import Any

from PySide6.QtCore import QAbstractNativeEventFilter, QByteArray, QCoreApplication, QObject

from ui.desktop.grab import Grab
from ui.desktop.keys import Keys, Modifier

_MODIFIERS: dict[Modifier, int] = {"alt": 1, "ctrl": 2, "shift": 4, "meta": 8}
_NO_REPEAT = 0x4000
_WM_HOTKEY = 0x0312
_ALREADY_REGISTERED = 1409
_VK_SPACE, _VK_F1 = 0x20, 0x70
_NUMBER = 1
"""Ours among this program's keys."""


class _Message(ctypes.Structure):
    """As far as it is read here."""

    _fields_ = (("window", ctypes.c_void_p), ("message", ctypes.c_uint), ("number", ctypes.c_size_t))


def virtual_key(key: str) -> int:
    """The virtual-key code: letters and digits are their own in ASCII."""
    if len(key) > 1 and key[0] == "F":
        return _VK_F1 + int(key[1:]) - 1
    return _VK_SPACE if key == "Space" else ord(key)


class _Ear(QAbstractNativeEventFilter):
    """Hears the message; Qt wants an object of this kind for it."""

    def __init__(self, grab: WindowsGrab) -> None:
        super().__init__()
        self._grab = grab

    def nativeEventFilter(self, kind: QByteArray | bytes | bytearray | memoryview, message: int) -> tuple[bool, int]:
        if bytes(kind) == b"windows_generic_MSG":  # type: ignore[arg-type]
            said = _Message.from_address(int(message))
            if said.message == _WM_HOTKEY and said.number == _NUMBER:
                self._grab.pressed.emit()
        return False, 0


class WindowsGrab(Grab):
    """Args: user32: the library; the system's where None."""

    def __init__(self, parent: QObject, user32: Any = None) -> None:
        super().__init__(parent)
        self._user32 = user32 or ctypes.WinDLL("user32", use_last_error=True)  # type: ignore[attr-defined]
        self._ear = _Ear(self)
        app = QCoreApplication.instance()
        assert app is not None
        app.installNativeEventFilter(self._ear)

    def ask(self, keys: Keys) -> None:
        modifiers = sum(_MODIFIERS[modifier] for modifier in keys.modifiers) | _NO_REPEAT
        self._user32.UnregisterHotKey(None, _NUMBER)
        if self._user32.RegisterHotKey(None, _NUMBER, modifiers, virtual_key(keys.key)):
            self.granted.emit("")
        elif ctypes.get_last_error() == _ALREADY_REGISTERED:  # type: ignore[attr-defined]
            self.refused.emit(self.tr("Another program has this key already."))
        else:
            self.refused.emit(self.tr("The desktop refuses this key."))

    def release(self) -> None:
        self._user32.UnregisterHotKey(None, _NUMBER)
        app = QCoreApplication.instance()
        if app is not None:
            app.removeNativeEventFilter(self._ear)
