"""The global key under X11: a passive grab on the root window (XGrabKey), seen by Qt's own loop."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSocketNotifier

from ui.desktop.grab import Grab
from ui.desktop.keys import Keys, Modifier
from ui.desktop.xcb import BAD_ACCESS, KEY_PRESS, KEY_RELEASE, MAPPING_NOTIFY, XConnection

_SHIFT, _LOCK, _CONTROL, _ALT, _NUM_LOCK, _SUPER = 1, 2, 4, 8, 16, 64
_MODIFIERS: dict[Modifier, int] = {"shift": _SHIFT, "ctrl": _CONTROL, "alt": _ALT, "meta": _SUPER}
_IGNORED = (0, _LOCK, _NUM_LOCK, _LOCK | _NUM_LOCK)
"""Caps Lock and Num Lock count as modifiers to X: the key is grabbed with and without them."""
_XK_F1 = 0xFFBE


def keysym_of(key: str) -> int:
    """The X symbol of a key (X11/keysymdef.h): Latin-1 is itself, in lower case."""
    if len(key) > 1 and key[0] == "F":
        return _XK_F1 + int(key[1:]) - 1
    return 0x20 if key == "Space" else ord(key.lower())


class X11Grab(Grab):
    """Over a connection of its own: a key that is held repeats, and counts once."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._x = XConnection()
        self._keys: Keys | None = None
        self._held: list[tuple[int, int]] = []
        self._released_ms = -1
        self._notifier = QSocketNotifier(self._x.descriptor, QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)

    def ask(self, keys: Keys) -> None:
        self._let_go()
        self._keys = keys
        modifiers = sum(_MODIFIERS[modifier] for modifier in keys.modifiers)
        keycodes = self._x.keycodes(keysym_of(keys.key))
        if not keycodes:
            self.refused.emit(self.tr("This keyboard has no such key."))
            return
        for keycode in keycodes:
            for ignored in _IGNORED:
                error = self._x.grab(keycode, modifiers | ignored)
                if error:
                    self._let_go()
                    taken = self.tr("Another program has this key already.")
                    self.refused.emit(taken if error == BAD_ACCESS else self.tr("The desktop refuses this key."))
                    return
                self._held.append((keycode, modifiers | ignored))
        self.granted.emit("")

    def release(self) -> None:
        self._notifier.setEnabled(False)
        self._x.close()

    def _follow_layout(self) -> None:
        """With another layout the key may lie elsewhere; where it does not, it is not let go for a moment."""
        if self._keys is not None:
            held = {keycode for keycode, _ in self._held}
            if held != set(self._x.keycodes(keysym_of(self._keys.key))):
                self.ask(self._keys)

    def _let_go(self) -> None:
        for keycode, modifiers in self._held:
            self._x.ungrab(keycode, modifiers)
        self._held.clear()

    def _read(self) -> None:
        while (event := self._x.next_event()) is not None:
            if event.kind == MAPPING_NOTIFY:
                self._follow_layout()
            elif event.kind == KEY_RELEASE:
                self._released_ms = event.time_ms
            elif event.kind == KEY_PRESS and event.time_ms != self._released_ms:  # else it repeats
                self.pressed.emit()
