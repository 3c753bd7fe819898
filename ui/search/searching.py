"""Search as one types: waits for a pause, asks, tells of words at once and of meaning after. The newest counts."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from finder.errors import FinderError
from finder.types import FileType, JsonObject
from ui.link import Call, Link

_PAUSE_MS = 80
"""After a key before it is asked: shorter than between two keys of a fast typist (100 to 150 ms)."""
FIRST_LIMIT, LAST_LIMIT = 60, 1_000
ANSWERS_MARKED = 12
"""For so many of the first files the service marks the sentence that answers."""


class Searching(QObject):
    """One question at a time. Offsets of what was understood are made to count in the query as it was typed."""

    begun = Signal()
    answered = Signal(dict, bool)
    """`Found`, and whether it is the last word on this question."""
    failed = Signal(object)
    """A FinderError."""

    def __init__(self, link: Link, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._call: Call | None = None
        self.limit = FIRST_LIMIT
        """Files asked for."""
        self.query = ""
        """As it was typed."""
        self.kind: FileType | None = None
        """Only files of this kind."""
        self.profile: str | None = None
        self.topic: int | None = None
        """Only files of this topic; all of them where nothing is typed."""
        self.is_set_aside = False
        """Something else is shown, until the next question."""
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self.ask)

    @property
    def is_under_way(self) -> bool:
        return self._call is not None or self._pause.isActive()

    @property
    def is_question(self) -> bool:
        """False where there is nothing to ask for."""
        return bool(self.query.strip()) or self.topic is not None

    def type(self, query: str) -> None:
        """Ask for what is in the box, once its writer pauses."""
        if query.strip() != self.query.strip():
            self.kind = None
            self.limit = FIRST_LIMIT
        self.query = query
        self._end()
        if self.is_question:
            self._pause.start()

    def choose(self, kind: FileType | None) -> None:
        """Ask for files of one kind; of every kind with None."""
        self.kind = kind
        self.ask()

    def set_aside(self) -> None:
        """Answer no more: something else is shown."""
        self._end()
        self.is_set_aside = True

    def ask(self) -> None:
        """Ask now."""
        self._end()
        self.is_set_aside = False
        if not self.is_question:
            return
        params: JsonObject = {"query": self._lead + self.query, "limit": self.limit, "evidence": ANSWERS_MARKED}
        if self.profile is not None:
            params["profile"] = self.profile
        if self.topic is not None:
            params["topic"] = self.topic
        self._call = self._link.call(
            "find", params, on_final=self._finish, on_error=self._fail, on_partial=self._show_words
        )
        self.begun.emit()

    def ask_for_more(self) -> bool:
        """Ask for as many files as the service gives; False where that was asked already."""
        if self.limit == LAST_LIMIT or self.is_under_way:
            return False
        self.limit = LAST_LIMIT
        self.ask()
        return True

    @property
    def _lead(self) -> str:
        """The chosen kind stands before the query: a quote left open behind would take it for its own."""
        return f"type:{self.kind} " if self.kind else ""

    def _end(self) -> None:
        self._pause.stop()
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _show_words(self, found: JsonObject) -> None:
        self.answered.emit(self._as_typed(found), False)

    def _finish(self, found: JsonObject) -> None:
        self._call = None
        self.answered.emit(self._as_typed(found), True)

    def _fail(self, error: FinderError) -> None:
        self._call = None
        self.failed.emit(error)

    def _as_typed(self, found: JsonObject) -> JsonObject:
        shift = len(self._lead)
        found["typed"] = str(found.get("typed", self._lead + self.query))[shift:]
        chips: list[dict[str, Any]] = found.get("understood") or []
        found["understood"] = [
            {**chip, "start": chip["start"] - shift, "end": chip["end"] - shift}
            for chip in chips
            if chip["start"] >= shift
        ]
        return found
