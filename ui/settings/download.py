"""The one download of a model that may be under way in this app: it goes on while its window is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from finder.errors import FinderError

if TYPE_CHECKING:
    from finder.types import JsonObject
    from ui.link import Call, Link


class Download(QObject):
    """What has come is kept where it ends early, and fetched no second time."""

    changed = Signal()
    ended = Signal(str)
    """The model is whole and here."""
    failed = Signal(object)
    """The FinderError for which it is not."""

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self._link = link
        self._call: Call | None = None
        self.model = ""
        """Which one comes; empty while none does."""
        self.done_bytes = self.total_bytes = 0
        self.host = ""

    def start(self, model: str) -> None:
        """Fetch a model from the hub. It was agreed to."""
        self.model, self.done_bytes, self.total_bytes = model, 0, 0
        self._call = self._link.call(
            "download_model", {"model": model}, on_final=self._end, on_error=self._fail, on_progress=self._go_on
        )
        self.changed.emit()

    def cancel(self) -> None:
        """Fetch no more of it for now."""
        if self._call is not None:
            self._call.cancel()
        self._is_over()

    def _go_on(self, progress: Any) -> None:
        self.done_bytes, self.total_bytes = progress["done_bytes"], progress["total_bytes"]
        self.host = progress["host"]
        self.changed.emit()

    def _end(self, result: JsonObject) -> None:
        model = self.model
        self._is_over()
        self.ended.emit(model)

    def _fail(self, error: FinderError) -> None:
        self._is_over()
        self.failed.emit(error)

    def _is_over(self) -> None:
        self._call, self.model = None, ""
        self.changed.emit()


def download_of(link: Link) -> Download:
    """The download of an app."""
    found = link.findChild(Download)
    return found if isinstance(found, Download) else Download(link)
