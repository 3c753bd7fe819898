"""How windows stand on this desktop: whether they blend, and how one comes to the front at a key."""

from __future__ import annotations

import contextlib

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget


def is_blended() -> bool:
    """True where a window may have round corners and a shadow; under X11 that takes a compositor."""
    if QGuiApplication.platformName() != "xcb":
        return True
    from ui.desktop.xcb import XConnection

    try:
        with contextlib.closing(XConnection()) as x:
            return x.is_composited()
    except OSError:
        return False


def can_fade() -> bool:
    """True where a window's opacity is its program's to set; a Wayland compositor has motion of its own."""
    return QGuiApplication.platformName() in ("xcb", "windows", "cocoa") and is_blended()


def bring_forward(widget: QWidget) -> None:
    """Show a window and give it the keyboard, though another program had it."""
    widget.show()
    if QGuiApplication.platformName() != "offscreen":  # there is no order of windows, and Qt complains
        widget.raise_()
    widget.activateWindow()
    if QGuiApplication.platformName() == "xcb":  # the key went past Qt, so a window manager would doubt its time
        from ui.desktop.xcb import XConnection

        with contextlib.suppress(OSError), contextlib.closing(XConnection()) as x:
            x.activate(int(widget.winId()))
