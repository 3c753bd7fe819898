"""Having folders taken into the index. The service goes on with it by itself once their names are known."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from finder.errors import FinderError, PausedError

if TYPE_CHECKING:
    from finder.types import JsonObject
    from ui.link import Call, Link


class Adding(QObject):
    """Asks for it, and lets the connection go as soon as every name is seen: it is not kept for hours."""

    failed = Signal(object)
    """The FinderError for which folders are not indexed."""

    def __init__(self, link: Link, parent: QObject) -> None:
        super().__init__(parent)
        self._link = link

    def add(self, uris: list[str]) -> None:
        """Index folders, or look at those again that are indexed."""
        own: list[Call] = []
        let_go = partial(self._let_go, own)
        own.append(self._link.call("index", {"folders": uris}, on_error=self._fail, on_progress=let_go))

    def _let_go(self, own: list[Call], progress: JsonObject) -> None:
        """Of the call that tells it, and no other: folders that were added since are still being looked through."""
        if progress["phase"] in ("reading", "embedding"):
            own[0].cancel()

    def _fail(self, error: FinderError) -> None:
        if not isinstance(error, PausedError):  # they are taken in all the same
            self.failed.emit(error)
