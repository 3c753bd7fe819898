"""A way to the service whose answers the test gives, when it wants to: for what must hold in any order of answers."""

from __future__ import annotations

from typing import Any

from finder.errors import FinderError
from finder.paths import Home
from finder.types import JsonObject
from ui.link import Call, Link


class HeldLink(Link):
    """Connects to nothing and keeps every call; answers go the way of real ones, from a thread or not."""

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self.calls: list[Call] = []

    def start(self) -> None:
        """Nobody is there to be listened to."""

    def call(self, method: Any, params: JsonObject | None = None, *handlers: Any, **named: Any) -> Call:
        names = ("on_final", "on_error", "on_partial", "on_progress")
        given = dict(zip(names, handlers, strict=False)) | named
        call = Call(method, params or {}, *(given.get(name) for name in names))
        self.calls.append(call)
        return call

    def asked(self, method: str) -> list[Call]:
        """Calls of a method that nobody has taken back."""
        return [call for call in self.calls if call.method == method and not call.is_cancelled]

    def answer(self, method: str, result: JsonObject, kind: str = "final") -> None:
        """Answer the last call of a method."""
        self._deliver(self.asked(method)[-1], kind, result)

    def refuse(self, method: str, error: FinderError) -> None:
        """Let the last call of a method fail."""
        self._deliver(self.asked(method)[-1], "error", error)
