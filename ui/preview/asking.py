"""What the preview asks of the service for the file it shows; for another file, all of it is taken back.

Nobody who walks through results quickly has every file on the way opened: a question is put only when a file has been
looked at for a moment, and answers to a file that was left are never heard.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from finder.errors import FinderError
from finder.types import JsonObject

if TYPE_CHECKING:
    from finder.service.protocol import Method
    from ui.link import Call, Link


class Asking:
    """Questions about one file at a time."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._calls: list[Call] = []

    def ask(
        self,
        method: Method,
        params: JsonObject,
        on_final: Callable[[Any], None],
        on_error: Callable[[FinderError], None] | None = None,
    ) -> Call:
        """Put a question; it is answered in the main thread, or taken back by `drop`."""
        call = self._link.call(method, params, on_final, on_error)
        self._calls.append(call)
        return call

    def drop(self) -> None:
        """Take back every question: another file is shown now."""
        for call in self._calls:
            call.cancel()
        self._calls.clear()
