"""Asks a question again while indexing goes on: what fits and is only read now appears by itself."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from ui.link import Link

_PAUSE_MS = 2_000
"""Between two times that it is asked again."""


class Following(QObject):
    """Follows how far indexing is, for as long as the last answer was given before all was indexed."""

    due = Signal()
    """There is more in the index than when it was asked last."""

    def __init__(self, link: Link, page: QWidget) -> None:
        """Args: page: what is not seen is not asked for."""
        super().__init__(page)
        self._page = page
        self._is_wanted = False
        self._seen: object = None
        self._asked: object = None
        """How far indexing was when the question was asked."""
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._ask)
        link.progressed.connect(self._follow)

    def begin(self) -> None:
        """A question is asked."""
        self._asked = self._seen

    def take(self, found: dict[str, Any] | None) -> None:
        """An answer has come that is the last word for now; None where nothing is asked any more."""
        coverage = found["coverage"] if found else {}
        self._is_wanted = found is not None and bool(coverage["pending"] or not coverage["indexed"])
        if self._is_wanted:
            self._wait()
        else:
            self._pause.stop()

    def _follow(self, progress: dict[str, Any]) -> None:
        self._seen = (progress["phase"] == "idle", progress["files_read"], progress["passages_embedded"])
        self._wait()

    def _wait(self) -> None:
        if self._is_wanted and self._seen != self._asked and not self._pause.isActive():
            self._pause.start()

    def look_again(self) -> None:
        """The page is seen again: much may have been indexed meanwhile."""
        self._wait()

    def _ask(self) -> None:
        if self._is_wanted and self._page.isVisible():
            self.due.emit()
