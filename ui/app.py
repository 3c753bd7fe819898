"""The app's beginning and end. What may be missing is looked for before Qt is loaded, and said in words.

Qt itself ends a program that finds no screen with a core dump; nobody should have to read that.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from finder import __version__
from finder.errors import FinderError
from finder.paths import Home
from finder.service.app_door import Door, show

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from ui.resident import Resident

FAILED = 2
_X11_LIBRARY = "libxcb-cursor.so.0"
"""Qt's X11 plugin wants it since 6.5, and aborts the process without it."""


def main(argv: Sequence[str]) -> int:
    """Open the window; returns the exit status when the app ends."""
    parser = argparse.ArgumentParser(prog="inkling", description="Opens Inkling's window.", allow_abbrev=False)
    parser.add_argument("--home", metavar="DIR", help="keeps settings, index and logs there")
    parser.add_argument("--version", action="version", version=f"inkling {__version__}")
    parser.add_argument("--hidden", action="store_true", help="leave the window shut until it is called")
    options = parser.parse_args(argv)
    try:
        return _run(Home.locate(options.home), options.hidden)
    except (FinderError, OSError) as error:
        print(f"inkling: {error}\n  {getattr(error, 'hint', '')}".rstrip(), file=sys.stderr)
        return FAILED


def _what_is_missing() -> str | None:
    """Why no window can be opened here, and what to do about it; None where it can."""
    try:
        importlib.import_module("PySide6.QtWidgets")
    except ImportError as error:
        return (
            f"The window cannot be opened: Qt cannot be loaded ({error}).\n"
            "  Install what it names (on Debian: apt install libegl1 libgl1 libxkbcommon0), or search in the\n"
            "  terminal: inkling find QUERY"
        )
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return None
    if os.environ.get("WAYLAND_DISPLAY"):
        return None
    if not os.environ.get("DISPLAY"):
        return (
            "There is no screen to open the window on.\n  Search in the terminal: inkling find QUERY (inkling --help)"
        )
    try:
        ctypes.CDLL(_X11_LIBRARY)
    except OSError:
        return f"The window cannot be opened: {_X11_LIBRARY} is missing.\n  On Debian: apt install libxcb-cursor0"
    return None


def _run(home: Home, is_hidden: bool) -> int:
    """Be the app of this home; where one runs already, have it come to the front."""
    door = Door.claim(home)
    if door is None:
        if not is_hidden:
            show(home, {"show": "window"})
        return 0
    fault = _what_is_missing()
    if fault is not None:
        print(f"inkling: {fault}", file=sys.stderr)
        return FAILED
    from ui.faults import report_bugs

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Qt's loop would not let Python see Ctrl+C
    app = make_app()
    report_bugs(home)
    resident = open_resident(app, home)
    if not is_hidden:
        resident.show_window()
    resident.listen(door)
    status = app.exec()
    door.shut()
    resident.close()
    door.close()
    return status


def make_app() -> QApplication:
    """Qt's application object, named and with its icon."""
    from PySide6.QtCore import QCoreApplication
    from PySide6.QtGui import QGuiApplication
    from PySide6.QtWidgets import QApplication

    QCoreApplication.setApplicationName("inkling")
    QCoreApplication.setApplicationVersion(__version__)
    QGuiApplication.setApplicationDisplayName("Inkling")
    QGuiApplication.setDesktopFileName("inkling")
    app = QApplication(["inkling"])
    from ui.theme.icons import app_icon

    app.setWindowIcon(app_icon())
    return app


def open_resident(app: QApplication, home: Home) -> Resident:
    """Dress the app as its user likes it; nothing is shown yet, and the service comes up meanwhile."""
    from ui.link import Link
    from ui.preferences import Preferences
    from ui.resident import Resident, speak_as_chosen
    from ui.theme.look import look

    preferences = Preferences(home)
    look.follow(app, preferences.scheme)
    speak_as_chosen(app, preferences)
    return Resident(app, Link(home, app), preferences)
