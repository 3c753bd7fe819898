"""The global key on macOS: RegisterEventHotKey of Carbon's event manager, which needs no right to watch the keyboard.

Written against CarbonEvents.h and Events.h of the HIToolbox framework.
"""

from __future__ import annotations

import ctypes
from typing import Any

from PySide6.QtCore import QObject

from ui.desktop.grab import Grab
from ui.desktop.keys import Keys, Modifier

_CARBON = "/System/Library/Frameworks/Carbon.framework/Carbon"
_MODIFIERS: dict[Modifier, int] = {"ctrl": 0x0100, "shift": 0x0200, "alt": 0x0800, "meta": 0x1000}
"""Qt's Ctrl is the Command key here, and its Meta is Control."""
_ALREADY_EXISTS = -9878
_KEYBOARD = int.from_bytes(b"keyb", "big")
_PRESSED = 5
_SIGNATURE = int.from_bytes(b"Inkl", "big")
_PLACES = "asdfhgzxcv bqweryt123465=97-80]ou[ip lj'k;\\,/nm."
"""The letters by the place of their key on an ANSI keyboard, kVK_ANSI_A = 0 onwards."""
_F_KEYS = (122, 120, 99, 118, 96, 97, 98, 100, 101, 109, 103, 111, 105, 107, 113, 106, 64, 79, 80, 90)
_SPACE = 49


class _EventType(ctypes.Structure):
    _fields_ = (("kind", ctypes.c_uint32), ("event", ctypes.c_uint32))


class _KeyId(ctypes.Structure):
    _fields_ = (("signature", ctypes.c_uint32), ("number", ctypes.c_uint32))


_Handler = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)


def key_code(key: str) -> int | None:
    """The virtual key code; None where the keyboard has no such key."""
    if key == "Space":
        return _SPACE
    if len(key) > 1:
        number = int(key[1:])
        return _F_KEYS[number - 1] if number <= len(_F_KEYS) else None
    place = _PLACES.find(key.lower())
    return place if place >= 0 else None


class MacGrab(Grab):
    """Args: carbon: the library; the system's where None."""

    def __init__(self, parent: QObject, carbon: Any = None) -> None:
        super().__init__(parent)
        self._carbon = carbon or ctypes.CDLL(_CARBON)
        self._carbon.GetApplicationEventTarget.restype = ctypes.c_void_p
        self._carbon.InstallEventHandler.argtypes = [ctypes.c_void_p, _Handler, ctypes.c_ulong, *[ctypes.c_void_p] * 3]
        self._carbon.RegisterEventHotKey.argtypes = [
            *(ctypes.c_uint32, ctypes.c_uint32, _KeyId, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p)
        ]
        self._carbon.UnregisterEventHotKey.argtypes = [ctypes.c_void_p]
        self._carbon.RemoveEventHandler.argtypes = [ctypes.c_void_p]
        self._key = ctypes.c_void_p()
        self._handler = _Handler(self._hear)  # kept: Carbon holds no reference
        self._installed = ctypes.c_void_p()
        self._target = self._carbon.GetApplicationEventTarget()
        pressed = _EventType(_KEYBOARD, _PRESSED)
        self._carbon.InstallEventHandler(
            self._target, self._handler, 1, ctypes.byref(pressed), None, ctypes.byref(self._installed)
        )

    def ask(self, keys: Keys) -> None:
        self._let_go()
        code = key_code(keys.key)
        if code is None:
            self.refused.emit(self.tr("This keyboard has no such key."))
            return
        modifiers = sum(_MODIFIERS[modifier] for modifier in keys.modifiers)
        key_id = _KeyId(_SIGNATURE, 1)
        error = self._carbon.RegisterEventHotKey(code, modifiers, key_id, self._target, 0, ctypes.byref(self._key))
        if error == 0:
            self.granted.emit("")
        elif error == _ALREADY_EXISTS:
            self.refused.emit(self.tr("Another program has this key already."))
        else:
            self.refused.emit(self.tr("The desktop refuses this key."))

    def release(self) -> None:
        self._let_go()
        if self._installed:
            self._carbon.RemoveEventHandler(self._installed)
            self._installed = ctypes.c_void_p()

    def _let_go(self) -> None:
        if self._key:
            self._carbon.UnregisterEventHotKey(self._key)
            self._key = ctypes.c_void_p()

    def _hear(self, _call: int, _event: int, _data: int) -> int:
        self.pressed.emit()
        return 0
