"""The file itself: its pages, its text or its picture; until that is there, the passages that were found.

What cannot be drawn is read, what cannot be read is shown by its passages, and what has none by the reason.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Literal, cast

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from finder.errors import FinderError
from ui.link import Call, Link
from ui.preview.asking import Asking
from ui.preview.facts import Facts
from ui.preview.finding import Finding
from ui.preview.pages import PageView
from ui.preview.passages import Passages
from ui.preview.picture import PictureView
from ui.preview.ruler import Ruler
from ui.preview.text import TextView
from ui.results.row import Row

_LOOKED_AT_MS = 40
"""Who walks through the results by holding a key has none of them opened."""
_NOT_READY_MS = 150
_COLOURED_CHARS = 60_000

_How = Literal["pages", "picture", "text", "why"]


class Content(QWidget):
    """Shows one file at a time, at one of its hits."""

    hit_chosen = Signal(int)
    """A hit was clicked: its number among the file's passages."""

    page_found = Signal(int)
    """The page on which the hit in hand is: its passage began on one before."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self._asking = Asking(link)
        self._row: Row | None = None
        self._hit = 0
        self._how: _How = "text"
        self._is_asked = False
        self._has_text = False
        """The text view holds this file, and not the one before."""
        self._reading: Call | None = None
        self._colouring: Call | None = None
        self.finding = Finding(self._asking, self)
        self._find: dict[str, Any] | None = None
        """What was sought in the file and is shown instead of a hit."""
        self._passages, self._facts, self._ruler = Passages(), Facts(), Ruler()
        self._pages, self._text, self._picture = PageView(self._asking), TextView(), PictureView(self._asking)
        self._looked_at = QTimer(self, singleShot=True, interval=_LOOKED_AT_MS)
        self._not_ready = QTimer(self, singleShot=True, interval=_NOT_READY_MS)
        self._stack = QStackedWidget()
        for view in (self._passages, self._pages, self._text, self._picture, self._facts):
            self._stack.addWidget(view)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self._ruler)
        self._connect()

    def _connect(self) -> None:
        self._looked_at.timeout.connect(self._load)
        self._not_ready.timeout.connect(self._show_passages)
        self._passages.hit_chosen.connect(self.hit_chosen)
        self._ruler.chosen.connect(self.hit_chosen)
        self._pages.ready.connect(lambda: self._show(self._pages))
        self._pages.moved.connect(self._measure)
        self._pages.found.connect(self.page_found)
        self._pages.failed.connect(lambda error: self._read_instead())
        self._picture.ready.connect(lambda: self._show(self._picture))
        self._picture.failed.connect(lambda error: self._read_instead())
        self.finding.shown.connect(self._show_find)
        self._text.more_wanted.connect(self._read)

    def show_row(self, row: Row | None, hit: int) -> None:
        """Show another file; nothing with None."""
        self._asking.drop()
        self.finding.leave()
        self._find = None
        self._pages.leave()
        self._picture.leave()
        self._row, self._hit, self._is_asked, self._has_text = row, hit, False, False
        self._passages.show_row(row)
        if row is None:
            self._looked_at.stop()
            self._not_ready.stop()
            self._show(self._passages)
            return
        self._how = _how(row)
        self._looked_at.start()
        self._not_ready.start()

    def update_row(self, row: Row, hit: int) -> None:
        """Show the same file with other marks: what answers in it is found last."""
        self._row = row
        self._passages.show_row(row)
        if self._find is None:
            self.show_hit(hit)

    def show_hit(self, hit: int) -> None:
        """Bring another of the file's hits into sight."""
        self._hit, self._find = hit, None
        self._passages.show_hit(hit)
        self._bring_into_sight()

    def seek(self, words: str) -> None:
        """Bring into sight where these words stand in the file, from the hit that is shown on."""
        if self._row is not None:
            self.finding.seek(self._row.uri, words, self._passage["start"] if self._passage is not None else 0)

    def take_keyboard(self) -> None:
        """Let the arrows scroll the file."""
        if (shown := self._stack.currentWidget()) is not None:
            shown.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_find(self, passage: dict[str, Any]) -> None:
        self._find = passage
        self._bring_into_sight()

    def _bring_into_sight(self) -> None:
        passage = self._passage
        if self._is_asked and passage is not None:
            if self._how == "pages":
                self._pages.show_hit(passage["page"] or 1, passage)
            elif self._has_text and self._text.holds(passage):
                self._text.show_hit(passage)
            elif self._how == "text":
                self._read(passage["start"])
        self._measure()

    def zoom(self, by: int) -> None:
        """One step larger or smaller; 0 as it was at first."""
        shown = self._stack.currentWidget()
        if isinstance(shown, PageView | TextView | PictureView):
            shown.zoom(by)

    # --- loading

    @property
    def shows_hit(self) -> bool:
        """False where something else was sought in the file and found."""
        return self._find is None

    @property
    def _passage(self) -> dict[str, Any] | None:
        """What is to be in sight: a find, or the hit in hand."""
        if self._find is not None:
            return self._find
        passages = self._row.file["passages"] if self._row is not None else []
        return cast("dict[str, Any]", passages[self._hit]) if self._hit < len(passages) else None

    def _load(self) -> None:
        """Ask for the file, once it has been looked at for a moment and there is somebody to look."""
        if self._row is None or self._is_asked or not self.isVisible():
            return
        self._is_asked = True
        for view in (self._pages, self._picture):
            view.resize(self._stack.size())  # what is not shown yet has no size, and is to be drawn for the one it gets
        passage = self._passage
        if self._how == "pages":
            self._pages.show_file(self._row.uri, (passage["page"] or 1) if passage else 1, passage)
        elif self._how == "picture":
            self._picture.show_file(self._row.uri)
        elif self._how == "text":
            self._read(passage["start"] if passage else 0)
        else:
            self._ask_why()

    def _read_instead(self) -> None:
        """Neither its pages nor its picture can be had."""
        passage = self._passage
        if passage is None:
            self._ask_why()
            return
        self._how = "text"
        self._read(passage["start"])

    def _read(self, around: int) -> None:
        """Ask for the text around an offset; what was asked of it before is not wanted any more."""
        for call in (self._reading, self._colouring):
            if call is not None:
                call.cancel()
        if self._row is not None:
            params = {"uri": self._row.uri, "around": around}
            self._reading = self._asking.ask("preview_text", params, partial(self._show_text, around), self._fail)

    def _show_text(self, around: int, shown: dict[str, Any]) -> None:
        if (row := self._row) is None:
            return
        self._text.show_text(shown, is_code=row.kind == "code")
        passage = self._passage
        is_at_hit = passage is not None and (not self._has_text or around == passage["start"])
        self._has_text = True
        self._text.show_hit(passage if is_at_hit else None)
        if not is_at_hit:
            self._text.show_offset(around)
        self._show(self._text)
        if shown["first_line"] is not None and len(shown["text"]) <= _COLOURED_CHARS:
            params = {"text": shown["text"], "name": row.name}
            self._colouring = self._asking.ask("tokens", params, self._show_tokens)

    def _show_tokens(self, found: dict[str, Any]) -> None:
        self._text.show_tokens(found["tokens"])

    def _fail(self, error: FinderError) -> None:
        """Its text cannot be had."""
        if self._has_text:
            return  # no more of it: what is there stays
        if self._passage is not None:
            self._show(self._passages)
        else:
            self._ask_why()

    def _ask_why(self) -> None:
        if self._row is not None:
            self._asking.ask("why", {"uri": self._row.uri}, self._show_why, self._show_fault)

    def _show_why(self, why: dict[str, Any]) -> None:
        self._facts.show_why(why)
        self._show(self._facts)

    def _show_fault(self, error: FinderError) -> None:
        self._facts.show_error(error)
        self._show(self._facts)

    # --- showing

    def _show_passages(self) -> None:
        """The file is not ready: what was found in it is at hand."""
        self._passages.show_hit(self._hit)
        self._stack.setCurrentWidget(self._passages)
        self._measure()

    def _show(self, view: QWidget) -> None:
        self._not_ready.stop()
        self._stack.setCurrentWidget(view)
        for other in (self._pages, self._picture):
            if other is not view:
                other.clear()
        self._measure()

    def _measure(self) -> None:
        """Tell the ruler where the hits are."""
        shown = self._stack.currentWidget()
        found = cast("list[dict[str, Any]]", self._row.file["passages"]) if self._row is not None else []
        if shown is self._pages:
            shares = [self._pages.place(passage["page"] or 1, passage) for passage in found]
        elif shown is self._text:
            shares = [self._text.place(passage) for passage in found]
        else:
            shares = []
        self._ruler.show_hits(shares, self._hit, is_sunken=shown is self._pages)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._is_asked:
            self._looked_at.start()


def _how(row: Row) -> _How:
    if row.kind == "pdf":
        return "pages"
    if row.file["type"] == "image":
        return "picture"
    return "text" if row.file["passages"] or row.file.get("reach") != "name" else "why"
