"""The passages that were found in a file, as text with their marks, one below the other. Interprets no markup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from ui.results.layout import Evidence, lay_out
from ui.results.row import Row, spans
from ui.theme.fonts import font
from ui.theme.look import look
from ui.theme.widgets import filled
from ui.words.phrases import Phrases

if TYPE_CHECKING:
    from finder.search.found import FoundPassage

_MARGIN, _GAP, _HEADING, _LINE = 24, 22, 24, 20
_BAR = 3
_MOST_LINES = 400


@dataclass(frozen=True, slots=True)
class _Block:
    """A passage laid out."""

    top: float
    place: str
    body: Evidence

    @property
    def bottom(self) -> float:
        return self.top + look.px(_HEADING) + self.body.height


class Passages(QAbstractScrollArea):
    """Scrolls by pixels; the passage in hand has a bar beside it."""

    hit_chosen = Signal(int)
    """A passage was clicked: its number among the file's."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        filled(self.viewport())
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Passages"))
        self._phrases = Phrases(self)
        self._row: Row | None = None
        self._blocks: list[_Block] = []
        self._hit = 0
        look.changed.connect(self._lay_out)

    def show_row(self, row: Row | None) -> None:
        """Show another file's passages; none with None."""
        self._row = row
        self._lay_out()

    def show_hit(self, hit: int) -> None:
        """Bring a passage into sight."""
        self._hit = hit
        if hit < len(self._blocks):
            block, bar, room = self._blocks[hit], self.verticalScrollBar(), self.viewport().height()
            if block.top < bar.value() or block.bottom > bar.value() + room:
                bar.setValue(max(0, round(block.top - look.px(_GAP))))
        self.viewport().update()

    def _lay_out(self) -> None:
        passages: list[FoundPassage] = self._row.file["passages"] if self._row is not None else []
        is_code = self._row is not None and self._row.kind == "code"
        top = float(look.px(_GAP))
        self._blocks = []
        for passage in passages:
            block = _Block(top, self._heading(passage), self._body(cast("dict[str, Any]", passage), is_code))
            self._blocks.append(block)
            top = block.bottom + look.px(_GAP)
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(look.px(_LINE))
        bar.setRange(0, max(0, round(top - self.viewport().height())))
        self.viewport().update()

    def _heading(self, passage: FoundPassage) -> str:
        place, heading = self._phrases.place(passage), passage["heading"]
        return "  ·  ".join(part for part in (place, heading if heading != place else None) if part)

    def _body(self, passage: dict[str, Any], is_code: bool) -> Evidence:
        text: str = passage["text"].replace("\n", "\u2028")  # Qt's line separator: within one layout, as long as before
        answer = next(iter(spans([passage.get("answer")], len(text))), None)
        words = spans(passage.get("words"), len(text))
        width = self.viewport().width() - look.px(2 * _MARGIN)
        role = font("code", text) if is_code else font("body", text)
        return lay_out(text, role, max(80, width), _MOST_LINES, look.px(_LINE), answer, words)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(0, -self.verticalScrollBar().value())
        left, width = look.px(_MARGIN), self.viewport().width() - look.px(2 * _MARGIN)
        for number, block in enumerate(self._blocks):
            below = block.top + look.px(_HEADING)
            painter.setFont(font("meta_strong", block.place))
            painter.setPen(look.colour("ink2"))
            painter.drawText(QRectF(left, block.top, width, look.px(18)), int(Qt.AlignmentFlag.AlignLeft), block.place)
            if number == self._hit:
                bar = QRectF(left - look.px(12), below, _BAR, block.body.height)
                painter.fillRect(bar, look.colour("mark_edge"))
            block.body.draw(painter, QPointF(left, below), look.colour("ink"))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        y = event.position().y() + self.verticalScrollBar().value()
        for number, block in enumerate(self._blocks):
            if block.top <= y <= block.bottom:
                self.hit_chosen.emit(number)
