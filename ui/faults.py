"""The app's last door: a bug is written down without what it was about, and said in words; the app goes on.

A message may quote a query or a document ("invalid literal for ..."), so that only places and types are kept.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import traceback
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication

from finder import __version__
from finder.log import log_to_file
from finder.paths import Home
from ui.errors import ErrorDialog

_log = logging.getLogger(__name__)


class Bug(QObject):
    """Tells of a bug, once for each place, in a box that stands beside the work and not in its way."""

    _came = Signal(object, object, object)

    def __init__(self, home: Home) -> None:
        super().__init__(QApplication.instance())
        self._home = home
        self._told: dict[str, ErrorDialog] = {}
        """What was told, and the box that tells it, which nobody else keeps."""
        self._came.connect(self.tell, Qt.ConnectionType.QueuedConnection)

    def tell(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Python's `sys.excepthook`."""
        words = f"Inkling {__version__}\n{''.join(traceback.format_tb(trace))}{kind.__name__}"
        _log.error("a bug:\n%s", words)
        if words in self._told:
            return
        happened = self.tr("This is a bug in Inkling (%1). What you did may not have been done; the rest goes on.")
        to_do = self.tr("If it comes again, send us the details: they hold nothing of your files or queries.")
        title, happened = self.tr("Something went wrong."), happened.replace("%1", kind.__name__)
        self._told[words] = ErrorDialog(title, happened, to_do, words)
        self._told[words].show()

    def tell_of_thread(self, fault: threading.ExceptHookArgs) -> None:
        """Python's `threading.excepthook`: the box is made in the main thread."""
        if fault.exc_type is not SystemExit:
            self._came.emit(fault.exc_type, fault.exc_value, fault.exc_traceback)


def report_bugs(home: Home) -> None:
    """Have every error that nothing else catches told of and written into the home's log."""
    with contextlib.suppress(OSError):
        home.create()
        log_to_file(home.logs / "app.log")
    bug = Bug(home)
    sys.excepthook, threading.excepthook = bug.tell, bug.tell_of_thread
