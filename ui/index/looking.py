"""Asks how the index is, again and again, for as long as somebody looks at what shows it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from finder.errors import FinderError
from finder.types import JsonObject
from ui.link import Link

_EVERY_MS = 2_000


class Looking(QObject):
    """One question at a time: a service that is slow is not asked the faster for it."""

    seen = Signal(dict)
    """A `Status`, as in finder.service.protocol.status."""
    failed = Signal(object)
    """The FinderError for which it could not be asked."""

    def __init__(self, link: Link, widget: QWidget) -> None:
        """Args: widget: asks while this one is visible."""
        super().__init__(widget)
        self._link = link
        self._is_asking = False
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self.look)
        widget.installEventFilter(self)

    def look(self) -> None:
        """Ask now."""
        if not self._is_asking:
            self._is_asking = True
            self._link.call("status", on_final=self._take, on_error=self._fail)

    def _take(self, status: JsonObject) -> None:
        self._is_asking = False
        self.seen.emit(status)

    def _fail(self, error: FinderError) -> None:
        self._is_asking = False
        self.failed.emit(error)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show:
            self._timer.start()
            self.look()
        elif event.type() == QEvent.Type.Hide:
            self._timer.stop()
        return False
