"""What every way to a global key has in common."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from ui.desktop.keys import Keys


class Grab(QObject):
    """Asks one system for one key. Its end gives the key back."""

    pressed = Signal()
    granted = Signal(str)
    """The key is ours: the combination as the system says it, where its user chose another; else empty."""
    refused = Signal(str)
    """Why not, in words."""

    def ask(self, keys: Keys) -> None:
        """Ask for a key; `granted` or `refused` follows, at once or when its user has answered."""
        raise NotImplementedError

    def release(self) -> None:
        """Give it back."""
        raise NotImplementedError
