"""Has a screen reader say how much was found, once an answer has come to rest. Shows nothing."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget

_REST_MS = 500


class Speaking(QObject):
    """Says only the last of what it was told within half a second."""

    def __init__(self, widget: QWidget) -> None:
        """Args: widget: for which it speaks."""
        super().__init__(widget)
        self._widget, self._words = widget, ""
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._speak)

    def say(self, words: str) -> None:
        """Say so much after a while, unless something else comes; "" takes back what was to be said."""
        self._words = words
        self._rest.start()

    def _speak(self) -> None:
        if self._words and QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._widget, self._words))
