"""Finds words within the file of the preview: in its whole text, which is fetched piece by piece. Draws nothing.

What is found is handed on as a passage of its own, so that pages and text mark it as they mark every hit.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Any

from PySide6.QtCore import QObject, Signal

from finder.errors import FinderError
from ui.preview.asking import Asking

_PIECE_CHARS = 200_000
"""As much as the service gives at one time."""
_MOST_CHARS = 4_000_000
_MOST_FOUND = 5_000
_AROUND_CHARS = 120
"""Of the line that a find stands in, to each side: enough to know it again on its page."""


class Finding(QObject):
    """One file and one text sought in it at a time."""

    counted = Signal(int, int)
    """Which of the finds is shown, from 1, and how many there are so far; 0 and 0 where there are none."""
    shown = Signal(object)
    """A find that is to be brought into sight: a passage, whose answer it is."""

    def __init__(self, asking: Asking, parent: QObject) -> None:
        super().__init__(parent)
        self._asking = asking
        self.leave()

    def leave(self) -> None:
        """Another file is shown."""
        self._uri: str | None = None
        self._text, self._is_whole = "", False
        self._places: list[tuple[int, int | None]] = []
        self._sought = ""
        self._near = 0
        self._spans: list[tuple[int, int]] = []
        self._current = -1

    def seek(self, uri: str, words: str, near: int) -> None:
        """Find the first place at or after the offset `near`, or where there is none from the beginning on."""
        if uri != self._uri:
            self.leave()
            self._uri = uri
            self._fetch()
        self._sought, self._near, self._current = " ".join(words.split()), near, -1
        self._look()

    def step(self, by: int) -> None:
        """Show the next find, or with -1 the one before; behind the last comes the first."""
        if self._spans:
            self._show((self._current + by) % len(self._spans))

    def _fetch(self) -> None:
        around = len(self._text) + _PIECE_CHARS // 2
        params = {"uri": self._uri, "around": around if self._text else 0, "limit": _PIECE_CHARS}
        self._asking.ask("preview_text", params, self._take, self._fail)

    def _take(self, piece: dict[str, Any]) -> None:
        known, start = len(self._text), piece["start"]
        self._text += (
            "\n" * (start - known) + piece["text"][max(0, known - start) :]
        )  # offsets count from its beginning
        self._places += [(place["start"], place["page"]) for place in piece["places"] if place["start"] >= known]
        self._is_whole = len(self._text) == known or len(self._text) >= min(piece["length"], _MOST_CHARS)
        self._look()
        if not self._is_whole:
            self._fetch()

    def _fail(self, error: FinderError) -> None:
        """It has no text, or no more of it."""
        self._is_whole = True
        self._look()

    def _look(self) -> None:
        pattern = re.compile(r"\s+".join(map(re.escape, self._sought.split())), re.IGNORECASE)
        found = pattern.finditer(self._text) if self._sought else iter(())
        self._spans = [match.span() for match, _ in zip(found, range(_MOST_FOUND), strict=False)]
        if self._current < 0 and self._spans:
            behind = bisect_right(self._spans, (self._near, -1))
            if behind < len(self._spans) or self._is_whole:
                self._show(behind % len(self._spans))
                return
        self.counted.emit(self._current + 1, len(self._spans))

    def _show(self, number: int) -> None:
        self._current = number
        self.counted.emit(number + 1, len(self._spans))
        self.shown.emit(self._passage(*self._spans[number]))

    def _passage(self, start: int, end: int) -> dict[str, Any]:
        """What stands around a find on its line, as the service would send it."""
        place = bisect_right(self._places, start, key=lambda place: place[0]) - 1
        least = max(self._places[place][0] if place >= 0 else 0, start - _AROUND_CHARS)
        low = self._text.rfind("\n", least, start) + 1 or least
        line_end = self._text.find("\n", end, end + _AROUND_CHARS)
        high = line_end if line_end >= 0 else min(len(self._text), end + _AROUND_CHARS)
        page = self._places[place][1] if place >= 0 else None
        return {
            "text": self._text[low:high], "start": low, "end": high, "page": page, "line": None, "heading": None,
            "label": None, "answer": (start - low, end - low), "words": [],
        }  # fmt: skip
