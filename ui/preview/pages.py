"""The pages of a PDF, one below the other, drawn by the service as they scroll into sight, with the passage marked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame

from finder.errors import FinderError
from ui.preview.asking import Asking
from ui.preview.paper import Boxes, paint_page, paint_sheet
from ui.preview.pixels import image_of
from ui.preview.sheets import Sheets
from ui.preview.zoom import stepped, wheel_steps
from ui.results.row import spans
from ui.theme.look import look
from ui.theme.widgets import filled

_MARGIN, _GAP = 28, 16
_KEPT = 12
"""Pages whose pictures are kept: 8 MB each where the screen is fine."""
_WIDEST_PX = 5_000
_WIDEST_FITTED = 960
"""In a large preview a page is not blown up to the window's width."""
_LOOKED_THROUGH = 40
"""Pages: slides hold so little that a passage goes on over many."""
_SETTLES_MS = 60
_FURTHEST_PX = 2**31 - 1
"""So far a scroll bar counts."""
_SHOWN_FROM = 0.22
"""A hit that is brought into sight stands so far down."""


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    """What was asked last of a page: of what was asked before, the answer is not wanted any more."""

    width_px: int


@dataclass(slots=True)
class _Page:
    """What is to be painted of one page."""

    image: QImage
    boxes: Boxes
    """Empty where the hit in hand is on another page."""


class PageView(QAbstractScrollArea):
    """As wide as the pane at first; wider with Ctrl and the wheel."""

    ready = Signal()
    """The page of the hit is there."""
    failed = Signal(object)
    """The FinderError for which it cannot be shown."""
    found = Signal(int)
    """The page on which the hit is, where its passage began on one before."""
    moved = Signal()
    """Where pages stand has changed."""

    def __init__(self, asking: Asking) -> None:
        super().__init__()
        self._asking = asking
        self._settled = QTimer(self, singleShot=True, interval=_SETTLES_MS)
        self._settled.timeout.connect(self._ask_for_visible)
        self._zoom = 1.0
        self._sheets = Sheets(look.px(_MARGIN), look.px(_GAP))
        self._forget(None)
        for part in (self, self.viewport()):
            filled(part, QPalette.ColorRole.AlternateBase)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAccessibleName(self.tr("Pages"))
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.verticalScrollBar().actionTriggered.connect(self._let_go)
        look.changed.connect(self.viewport().update)

    def _forget(self, uri: str | None) -> None:
        self._uri = uri
        self._pages: dict[int, _Page] = {}
        self._asked: dict[int, _Question] = {}
        self._sheets.forget()
        self._hit_page = self._first_page = 1
        self._passage: dict[str, Any] = {}
        self._is_to_be_shown = self._follows_hit = False
        self._settled.stop()

    def clear(self) -> None:
        """Something else is shown: hold no picture any more."""
        self._forget(None)

    def leave(self) -> None:
        """Ask for nothing more: another file is to be shown. What is there stays until that is."""
        self._settled.stop()
        self._asked.clear()
        self._uri = None

    def show_file(self, uri: str, page: int, passage: dict[str, Any] | None) -> None:
        """Show another document from a page on, with a passage marked."""
        self._forget(uri)
        self._zoom = 1.0
        self.show_hit(page, passage)

    def show_hit(self, page: int, passage: dict[str, Any] | None) -> None:
        """Mark another passage, and bring it into sight."""
        before = range(self._first_page, self._hit_page + 2)
        self._first_page = self._hit_page = page
        self._passage = passage or {}
        for number in {*before, page, page + 1}:
            self._asked.pop(number, None)
            if number in self._pages:
                self._pages[number].boxes = []
        self._sheets.count = max(self._sheets.count, page)
        self._is_to_be_shown = True
        self._arrange()
        self._ask(page)

    def place(self, page: int, passage: dict[str, Any]) -> float:
        """Where a passage stands, as a share of all pages; of those that are not drawn yet, their beginning."""
        is_hit = page == self._first_page and passage.get("start") == self._passage.get("start")
        page = self._hit_page if is_hit else page
        known = self._pages.get(page)
        down = known.boxes[0][0][1] if is_hit and known is not None and known.boxes and known.boxes[0] else 0.0
        return min(1.0, (self._sheets.top(page) + down * self._sheets.height(page)) / self._sheets.end)

    def zoom(self, by: int) -> None:
        """One step larger or smaller; 0 fits it to the width again."""
        self._let_go()
        bar = self.verticalScrollBar()
        share = (bar.value() + self.viewport().height() / 2) / self._sheets.end
        self._zoom = stepped(self._zoom, by)
        self._arrange()
        self._scroll_to(share * self._sheets.end - self.viewport().height() / 2)
        across = self.horizontalScrollBar()
        across.setValue(across.maximum() // 2)
        self._settled.start()

    # --- asking

    def _ask_for_visible(self) -> None:
        for number in self._in_sight():
            self._ask(number)

    def _ask(self, number: int) -> None:
        width_px = min(_WIDEST_PX, round(self._sheets.width * self.devicePixelRatioF()))
        asked = self._asked.get(number)
        if self._uri is None or (asked is not None and asked.width_px == width_px):
            return
        question = self._asked[number] = _Question(width_px)
        params: dict[str, Any] = {"uri": self._uri, "page": number, "width_px": width_px}
        if self._is_marked(number):
            text: str = self._passage["text"]
            answer = spans([self._passage.get("answer")], len(text)) or [(0, 0)]
            marks = [*answer[:1], *spans(self._passage.get("words"), len(text))[:32]]
            params |= {"passage": text, "spans": [list(span) for span in marks]}
            if self._is_to_be_shown and number == self._hit_page:
                params["last"] = number + _LOOKED_THROUGH
        take, fail = partial(self._take, number, question), partial(self._fail, number, question)
        self._asking.ask("preview_page", params, take, fail)

    def _is_marked(self, number: int) -> bool:
        """A passage may begin on a page before the hit, and end on the one behind."""
        return bool(self._passage.get("text")) and self._first_page <= number <= self._hit_page + 1

    def _fail(self, number: int, question: _Question, error: FinderError) -> None:
        if self._asked.get(number) is not question:
            return
        del self._asked[number]
        if number == self._hit_page and number not in self._pages:
            self.failed.emit(error)

    def _take(self, number: int, question: _Question, answer: dict[str, Any]) -> None:
        if self._asked.get(number) is not question:
            return
        self._sheets.count = answer["page_count"]
        if answer["page"] != number:
            self._asked[answer["page"]] = self._asked.pop(number)
            if number == self._hit_page:
                self._hit_page = answer["page"]
                self.found.emit(answer["page"])
            number = answer["page"]
        self._sheets.learn(number, answer["height"] / max(1, answer["width"]))
        boxes = answer["boxes"] if self._is_marked(number) else []
        self._pages.pop(number, None)
        self._pages[number] = _Page(image_of(answer), boxes)
        for old in [kept for kept in self._pages if abs(kept - number) > 1][: max(0, len(self._pages) - _KEPT)]:
            del self._pages[old]
            self._asked.pop(old, None)
        self._arrange()
        if number == self._hit_page:
            if self._is_to_be_shown:
                self._is_to_be_shown = False
                self._bring_into_sight()
            self.ready.emit()
        self.moved.emit()
        self._settled.start()

    # --- where pages stand

    def _in_sight(self) -> range:
        low = self.verticalScrollBar().value()
        return self._sheets.between(low, low + self.viewport().height())

    def _arrange(self) -> None:
        room = self.viewport().size()
        fitted = min(room.width() - 2 * look.px(_MARGIN), look.px(_WIDEST_FITTED))
        self._sheets.width = max(100.0, fitted * self._zoom)
        down, across = self.verticalScrollBar(), self.horizontalScrollBar()
        down.setPageStep(room.height())
        down.setSingleStep(look.px(40))
        down.setRange(0, min(_FURTHEST_PX, max(0, round(self._sheets.end) - room.height())))
        across.setPageStep(room.width())
        across.setRange(0, max(0, round(self._sheets.width) + 2 * look.px(_MARGIN) - room.width()))
        self.viewport().update()

    def _scroll_to(self, y: float) -> None:
        self.verticalScrollBar().setValue(round(min(y, _FURTHEST_PX)))

    def _scrolled(self) -> None:
        self._settled.start()  # not the slot itself: it would take the scroll bar's value for milliseconds

    def _let_go(self) -> None:
        """Somebody scrolls: the hit is kept in its place no more."""
        self._follows_hit = False

    def _bring_into_sight(self) -> None:
        self._follows_hit = True
        page = self._pages[self._hit_page]
        marked = (page.boxes[1] or page.boxes[0]) if page.boxes else []
        top = self._sheets.top(self._hit_page)
        if not marked:
            self._scroll_to(top - look.px(_GAP))
            return
        low = top + marked[0][1] * self._sheets.height(self._hit_page)
        self._scroll_to(low - _SHOWN_FROM * self.viewport().height())

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        sheets, scrolled = self._sheets, self.verticalScrollBar().value()
        beside = (self.viewport().width() - sheets.width) / 2
        left = max(look.px(_MARGIN), beside) - self.horizontalScrollBar().value()
        for number in self._in_sight():
            box = QRectF(left, round(sheets.top(number) - scrolled), sheets.width, sheets.height(number))
            paint_sheet(painter, box)
            if (page := self._pages.get(number)) is not None:
                paint_page(painter, box, page.image, page.boxes)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        share = self.verticalScrollBar().value() / self._sheets.end
        self._arrange()
        if self._follows_hit and self._hit_page in self._pages:
            self._bring_into_sight()
        else:
            self._scroll_to(share * self._sheets.end)
        self._settled.start()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if (by := wheel_steps(event)) is not None:
            self.zoom(by)
            return
        self._let_go()
        super().wheelEvent(event)
