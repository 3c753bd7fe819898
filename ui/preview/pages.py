"""The pages of a PDF, one below the other, drawn by the service as they scroll into sight, with the passage marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPalette, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame

from ui.preview.asking import Asking
from ui.preview.pixels import image_of
from ui.preview.zoom import stepped, wheel_steps
from ui.results.row import spans
from ui.theme.look import look
from ui.theme.tokens import LIGHT, Token
from ui.theme.widgets import filled

_MARGIN, _GAP, _BAR, _BAR_GAP = 28, 16, 3, 8
_WASH_PAD = 2
_A4 = 842 / 595
_KEPT = 12
"""Pages whose pictures are kept: 8 MB each where the screen is fine."""
_WIDEST_PX = 5_000
_WIDEST_FITTED = 960
"""In a large preview a page is not blown up to the window's width."""
_LOOKED_THROUGH = 40
"""Pages: slides hold so little that a passage goes on over many."""
_SETTLES_MS = 60
_SHOWN_FROM = 0.22
"""A hit that is brought into sight stands so far down."""


@dataclass(slots=True)
class _Page:
    """What is known of one page."""

    aspect: float
    """Height by width."""
    image: QImage
    width_px: int
    """As it was asked for; 0 where an answer is not marked for the hit in hand."""
    boxes: list[list[list[float]]]
    """Of the hit's passage, of what answers, of each equal word; shares of the page."""


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
        self._asked: dict[int, int] = {}
        self._count = 1
        self._aspect = _A4
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
        self._count = max(self._count, page)
        self._is_to_be_shown = True
        self._arrange()
        self._ask(page)

    def place(self, page: int, passage: dict[str, Any]) -> float:
        """Where a passage stands, as a share of all pages; of those that are not drawn yet, their beginning."""
        is_hit = page == self._first_page and passage.get("start") == self._passage.get("start")
        page = self._hit_page if is_hit else page
        known = self._pages.get(page)
        down = known.boxes[0][0][1] if is_hit and known is not None and known.boxes and known.boxes[0] else 0.0
        whole = self._top(self._count + 1) or 1.0
        return min(1.0, (self._top(page) + down * self._height(page)) / whole)

    def zoom(self, by: int) -> None:
        """One step larger or smaller; 0 fits it to the width again."""
        self._let_go()
        bar = self.verticalScrollBar()
        share = (bar.value() + self.viewport().height() / 2) / max(1.0, self._top(self._count + 1))
        self._zoom = stepped(self._zoom, by)
        self._arrange()
        bar.setValue(round(share * self._top(self._count + 1) - self.viewport().height() / 2))
        across = self.horizontalScrollBar()
        across.setValue(across.maximum() // 2)
        self._settled.start()

    # --- asking

    def _ask_for_visible(self) -> None:
        low, high = self.verticalScrollBar().value(), self.verticalScrollBar().value() + self.viewport().height()
        for number in range(1, self._count + 1):
            if self._top(number) < high and self._top(number) + self._height(number) > low:
                self._ask(number)

    def _ask(self, number: int) -> None:
        width_px = min(_WIDEST_PX, round(self._width() * self.devicePixelRatioF()))
        if self._uri is None or self._asked.get(number) == width_px:
            return
        self._asked[number] = width_px
        params: dict[str, Any] = {"uri": self._uri, "page": number, "width_px": width_px}
        if self._is_marked(number):
            text: str = self._passage["text"]
            answer = spans([self._passage.get("answer")], len(text)) or [(0, 0)]
            marks = [*answer[:1], *spans(self._passage.get("words"), len(text))[:32]]
            params |= {"passage": text, "spans": [list(span) for span in marks]}
            if self._is_to_be_shown and number == self._hit_page:
                params["last"] = number + _LOOKED_THROUGH
        uri, passage = self._uri, self._passage

        def show(answer: dict[str, Any]) -> None:
            if uri == self._uri:
                self._take(number, answer, is_marked=passage is self._passage)

        self._asking.ask("preview_page", params, show, lambda error: self._fail(number, error))

    def _is_marked(self, number: int) -> bool:
        """A passage may begin on a page before the hit, and end on the one behind."""
        return bool(self._passage.get("text")) and self._first_page <= number <= self._hit_page + 1

    def _fail(self, number: int, error: object) -> None:
        self._asked.pop(number, None)
        if number == self._hit_page and number not in self._pages:
            self.failed.emit(error)

    def _take(self, number: int, answer: dict[str, Any], is_marked: bool) -> None:
        self._count = answer["page_count"]
        if answer["page"] != number:
            self._asked[answer["page"]] = self._asked.pop(number, 0)
            if is_marked and number == self._hit_page:
                self._hit_page = answer["page"]
                self.found.emit(answer["page"])
            number = answer["page"]
        aspect = answer["height"] / max(1, answer["width"])
        if not self._pages:
            self._aspect = aspect
        boxes = answer["boxes"] if is_marked and self._is_marked(number) else []
        self._pages.pop(number, None)
        self._pages[number] = _Page(aspect, image_of(answer), answer["width"], boxes)
        for old in [kept for kept in self._pages if abs(kept - number) > 1][: max(0, len(self._pages) - _KEPT)]:
            del self._pages[old]
            self._asked.pop(old, None)
        self._arrange()
        if number == self._hit_page:
            if self._is_to_be_shown and is_marked:
                self._is_to_be_shown = False
                self._bring_into_sight()
            self.ready.emit()
        self.moved.emit()
        self._settled.start()

    # --- where pages stand, in pixels from the first one's top margin

    def _width(self) -> float:
        """Of a page."""
        fitted = min(self.viewport().width() - 2 * look.px(_MARGIN), look.px(_WIDEST_FITTED))
        return max(100.0, fitted * self._zoom)

    def _height(self, number: int) -> float:
        known = self._pages.get(number)
        return self._width() * (known.aspect if known is not None else self._aspect)

    def _top(self, number: int) -> float:
        """Of a page; of the one behind the last, the end of all."""
        before = [page for page in self._pages if page < number]
        known = sum(self._height(page) for page in before)
        unknown = (number - 1 - len(before)) * self._width() * self._aspect
        return look.px(_MARGIN) + known + unknown + (number - 1) * look.px(_GAP)

    def _arrange(self) -> None:
        room = self.viewport().size()
        down, across = self.verticalScrollBar(), self.horizontalScrollBar()
        down.setPageStep(room.height())
        down.setSingleStep(look.px(40))
        down.setRange(0, max(0, round(self._top(self._count + 1)) - room.height()))
        across.setPageStep(room.width())
        across.setRange(0, max(0, round(self._width()) + 2 * look.px(_MARGIN) - room.width()))
        self.viewport().update()

    def _scrolled(self) -> None:
        self._settled.start()  # not the slot itself: it would take the scroll bar's value for milliseconds

    def _let_go(self) -> None:
        """Somebody scrolls: the hit is kept in its place no more."""
        self._follows_hit = False

    def _bring_into_sight(self) -> None:
        self._follows_hit = True
        page, bar = self._pages[self._hit_page], self.verticalScrollBar()
        marked = (page.boxes[1] or page.boxes[0]) if page.boxes else []
        top = self._top(self._hit_page)
        if not marked:
            bar.setValue(round(top - look.px(_GAP)))
            return
        low = top + marked[0][1] * self._height(self._hit_page)
        bar.setValue(round(low - _SHOWN_FROM * self.viewport().height()))

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        scrolled, room = self.verticalScrollBar().value(), self.viewport().size()
        left = max(look.px(_MARGIN), (room.width() - self._width()) / 2) - self.horizontalScrollBar().value()
        for number in range(1, self._count + 1):
            top = self._top(number) - scrolled
            if top > room.height():
                break
            if top + self._height(number) >= 0:
                self._paint_page(painter, number, QRectF(left, round(top), self._width(), self._height(number)))
        painter.end()

    def _paint_page(self, painter: QPainter, number: int, box: QRectF) -> None:
        painter.setPen(QPen(look.colour("line"), 1))
        painter.setBrush(look.colour("page"))
        painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))
        page = self._pages.get(number)
        if page is None:
            return
        painter.save()
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)  # the dark's paper is not white
        painter.drawImage(box, page.image)
        self._paint_marks(painter, page, box)
        painter.restore()

    def _paint_marks(self, painter: QPainter, page: _Page, box: QRectF) -> None:
        """The wash on what answers, lines under equal words, and a bar beside the passage."""
        if not page.boxes or not page.boxes[0]:
            return
        passage, answer, *words = ([_on(box, share) for share in shares] for shares in page.boxes)
        has_outline = look.is_high_contrast
        painter.setPen(QPen(_on_paper("mark_ink"), 1) if has_outline else Qt.PenStyle.NoPen)
        painter.setBrush(_on_paper("mark"))
        for line in answer:
            painter.drawRoundedRect(line.adjusted(-_WASH_PAD, -_WASH_PAD, _WASH_PAD, _WASH_PAD), 3, 3)
        painter.setPen(QPen(_on_paper("accent"), 1.5))
        for word in (line for lines in words for line in lines):
            painter.drawLine(word.bottomLeft(), word.bottomRight())
        left = min(line.left() for line in passage) - look.px(_BAR_GAP) - _BAR
        top, bottom = min(line.top() for line in passage), max(line.bottom() for line in passage)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        bar = QRectF(max(box.left() + 2, left), top - _WASH_PAD, _BAR, bottom - top + 2 * _WASH_PAD)
        painter.fillRect(bar, _on_paper("mark_edge"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        share = self.verticalScrollBar().value() / max(1.0, self._top(self._count + 1))
        self._arrange()
        if self._follows_hit and self._hit_page in self._pages:
            self._bring_into_sight()
        else:
            self.verticalScrollBar().setValue(round(share * self._top(self._count + 1)))
        self._settled.start()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if (by := wheel_steps(event)) is not None:
            self.zoom(by)
            return
        self._let_go()
        super().wheelEvent(event)


def _on_paper(token: Token) -> QColor:
    """Pages stay light in the dark, and so do the marks on them."""
    return QColor(LIGHT[token])


def _on(page: QRectF, share: list[float]) -> QRectF:
    left, top, width, height = share
    return QRectF(
        page.left() + left * page.width(),
        page.top() + top * page.height(),
        width * page.width(),
        height * page.height(),
    )
