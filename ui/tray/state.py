"""How indexing is, for whoever has room for one icon and one line: current, indexing, paused, or in need of a look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal

from finder.errors import FinderError
from finder.types import JsonObject
from ui.header import share_done
from ui.index.wording import IndexWords
from ui.link import Link
from ui.words.phrases import Phrases
from ui.words.translator import in_own_language

Standing = Literal["starting", "current", "indexing", "paused", "attention"]
_WEIGHT: tuple[Literal["deaths", "disk", "user", "battery"], ...] = ("deaths", "disk", "user", "battery")
"""Of several causes for a rest, the one that is said."""


@dataclass(frozen=True, slots=True)
class IndexState:
    """What is shown of it."""

    standing: Standing
    words: str
    share: float = 0.0
    """Of `indexing`: how much is done, 0 to 1; 0 too where that is not known."""


class IndexWatch(QObject):
    """Follows the service. Why indexing rests, and what fails, it asks for when the phase changes."""

    changed = Signal(object)
    """An `IndexState`."""

    def __init__(self, link: Link, parent: QObject) -> None:
        super().__init__(parent)
        self._link = link
        self._words, self._phrases = IndexWords(self), Phrases(self)
        self._phase = ""
        self.state = IndexState("starting", self.tr("Starting"))
        link.progressed.connect(self._follow)
        link.state_changed.connect(self._show_link)
        link.fault.connect(self._show_fault)
        if link.progress is not None:  # the tray may come long after the service
            self._follow(link.progress)

    def look(self) -> None:
        """Ask how it is, beyond what comes by itself."""
        self._link.call("status", on_final=self._read)

    def _follow(self, progress: dict[str, Any]) -> None:
        if progress["phase"] != self._phase:
            self._phase = progress["phase"]
            self.look()
        if self._phase in ("idle", "paused"):
            if self.state.standing in ("starting", "indexing"):
                self._put(IndexState("current", self.tr("Up to date")) if self._phase == "idle" else self._paused({}))
        elif self.state.standing != "attention":
            share = share_done(progress)
            words = self.tr("Indexing %1").replace("%1", f"{int(share * 100)}%") if share else self.tr("Indexing")
            left = progress["seconds_left"]
            about = self.tr("about %1 left").replace("%1", self._phrases.duration(left)) if left else ""
            self._put(IndexState("indexing", ", ".join(filter(None, (words, about))), share))

    def _read(self, status: JsonObject) -> None:
        failing = next((stage for stage in status["stages"] if stage["state"] == "failing"), None)
        if failing is not None:
            words = self.tr("Needs a look: %1").replace("%1", in_own_language(failing["fault"] or failing["doing"]))
            self._put(IndexState("attention", words))
        elif status["pauses"]:
            self._put(self._paused(status["pauses"]))
        elif status["phase"] == "idle":
            self._put(IndexState("current", self.tr("Up to date")))
        elif self.state.standing != "indexing":
            self._put(IndexState("indexing", self.tr("Indexing")))

    def _paused(self, pauses: JsonObject) -> IndexState:
        cause = next((cause for cause in _WEIGHT if cause in pauses), None)
        if cause is None:
            return IndexState("paused", self.tr("Paused"))
        return IndexState("attention" if cause == "deaths" else "paused", self._words.rests(cause))

    def _show_link(self, state: str) -> None:
        self._phase = ""
        if state == "down":
            self._put(IndexState("attention", self.tr("Not running")))

    def _show_fault(self, error: FinderError) -> None:
        self._put(IndexState("attention", error.title))

    def _put(self, state: IndexState) -> None:
        if state != self.state:
            self.state = state
            self.changed.emit(state)
