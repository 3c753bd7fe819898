"""The app's last door: a bug is written down without what it was about, and said in words; the app goes on.

A message may quote a query or a document ("invalid literal for ..."), so that only places and types are kept.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import traceback
from types import TracebackType

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from finder import __version__
from finder.log import log_to_file
from finder.paths import Home
from ui.errors import ErrorDialog

_log = logging.getLogger(__name__)


class Bug(QObject):
    """Tells of a bug, once for each place, in a box that stands beside the work and not in its way."""

    def __init__(self, home: Home) -> None:
        super().__init__(QApplication.instance())
        self._home = home
        self._told: set[str] = set()

    def tell(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Python's `sys.excepthook`."""
        words = f"Inkling {__version__}\n{''.join(traceback.format_tb(trace))}{kind.__name__}"
        _log.error("a bug:\n%s", words)
        if words in self._told:
            return
        self._told.add(words)
        happened = self.tr("This is a bug in Inkling (%1). What you did may not have been done; the rest goes on.")
        to_do = self.tr("If it comes again, send us the details: they hold nothing of your files or queries.")
        ErrorDialog(self.tr("Something went wrong."), happened.replace("%1", kind.__name__), to_do, words).show()


def report_bugs(home: Home) -> None:
    """Have every error that nothing else catches told of and written into the home's log."""
    with contextlib.suppress(OSError):
        home.create()
        log_to_file(home.logs / "app.log")
    sys.excepthook = Bug(home).tell
