"""A file's text: numbered lines, softly wrapped, what was found washed. Interprets no markup, changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFont,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTextBlock,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QMenu, QPlainTextEdit

from ui.preview.colouring import Colouring, Mark
from ui.preview.gutter import Gutter
from ui.preview.spacing import SpacedLayout
from ui.preview.units import Units
from ui.preview.zoom import stepped, wheel_steps
from ui.results.row import spans
from ui.theme.extents import extents
from ui.theme.fonts import font
from ui.theme.look import look
from ui.words.phrases import Phrases

_TOP, _RIGHT, _BAR = 12, 10, 3
_WASH_PAD = -1
_BODY_LINE, _CODE_LINE = 19, 20
_TINT_ALPHA = 60
_SAMPLE_CHARS = 4_000
"""Of a text, which say in which script it is written."""


class TextView(QPlainTextEdit):
    """Selectable with mouse and keyboard; only what is in sight is laid out."""

    more_wanted = Signal(int)
    """The end of what is shown was reached, and the file goes on: the offset around which more is to be asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setTabChangesFocus(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setAccessibleName(self.tr("Text"))
        self._layout = SpacedLayout(self.document())
        self.document().setDocumentLayout(self._layout)
        self.document().setDocumentMargin(look.px(_TOP))
        self._phrases = Phrases(self)
        self._gutter = Gutter(self)
        self._colouring = Colouring(self.document())
        self._zoom = 1.0
        self._text, self._units = "", Units("")
        self._start = self._length = 0
        self._first_line: int | None = None
        self._is_code = False
        self._places: dict[int, str] = {}
        self._passage: Mark | None = None
        self._answer: Mark | None = None
        self._words: list[Mark] = []
        self.verticalScrollBar().actionTriggered.connect(self._look_for_more)
        look.changed.connect(self._dress)

    def show_text(self, shown: dict[str, Any], is_code: bool) -> None:
        """Show another text, a `PreviewedText`."""
        self._text, self._start, self._length = shown["text"], shown["start"], shown["length"]
        self._first_line, self._is_code = shown["first_line"], is_code
        self._units = Units(self._text)
        self._passage, self._answer, self._words = None, None, []
        self._colouring.show_marks(None, [])
        self._colouring.show_tokens([])
        self.setPlainText(self._text.replace("\u2029", "\u2028").replace("\r", "\u2028"))
        self._places = dict(self._labels(shown["places"]))
        self._dress()

    def show_tokens(self, tokens: list[list[int]]) -> None:
        """Colour the program that is shown: what the service answers to `tokens`."""
        at = self._units.at
        self._colouring.show_tokens([(at(start), at(end), kind) for start, end, kind in tokens])

    def holds(self, passage: dict[str, Any]) -> bool:
        """True where the passage is in what is shown of the file."""
        low: int = passage["start"]
        high: int = passage["end"]
        return self._start <= low and high <= self._start + len(self._text)

    def show_hit(self, passage: dict[str, Any] | None) -> None:
        """Mark a passage and what answers in it, and bring it into sight; nothing with None."""
        self._passage, self._answer, self._words = None, None, []
        if passage is not None and (low := self._found(passage)) is not None:
            text: str = passage["text"]
            answer = next(iter(spans([passage.get("answer")], len(text))), None)
            self._passage = self._mark(low, (0, len(text)))
            self._answer = self._mark(low, answer) if answer else None
            self._words = [self._mark(low, word) for word in spans(passage.get("words"), len(text))]
            self._bring_into_sight((self._answer or next(iter(self._words), self._passage))[0])
        self._colouring.show_marks(self._answer, self._words)
        self.viewport().update()
        self._gutter.update()

    def place(self, passage: dict[str, Any]) -> float:
        """Where a passage stands, as a share of the whole text."""
        return min(1.0, float(passage["start"]) / max(1, self._length))

    def zoom(self, by: int) -> None:
        """One step larger or smaller; 0 as it was."""
        self._zoom = stepped(self._zoom, by)
        self._dress()

    def show_offset(self, offset: int) -> None:
        """Bring a place into sight, in characters of the whole text."""
        self._bring_into_sight(self._units.at(max(0, min(offset - self._start, len(self._text)))))

    # --- where things are

    def _found(self, passage: dict[str, Any]) -> int | None:
        """Where a passage begins in what is shown: where it was when it was indexed, or wherever it is now."""
        low: int = passage["start"] - self._start
        if low >= 0 and self._text.startswith(passage["text"], low):
            return low
        low = self._text.find(passage["text"])
        return low if low >= 0 else None

    def _mark(self, low: int, span: Mark) -> Mark:
        return self._units.at(low + span[0]), self._units.at(low + span[1])

    def _labels(self, places: list[dict[str, Any]]) -> Iterator[tuple[int, str]]:
        """Which block begins another page, slide or message, and its name."""
        for place in places:
            block = self.document().findBlock(self._units.at(max(0, place["start"] - self._start)))
            passage: Any = {**place, "line": None, "heading": None}
            if label := self._phrases.place(passage):
                yield block.blockNumber(), label

    def _bring_into_sight(self, unit: int) -> None:
        cursor = QTextCursor(self.document())
        cursor.setPosition(min(unit, max(0, self.document().characterCount() - 1)))
        self.setTextCursor(cursor)
        self.centerCursor()

    def _look_for_more(self) -> None:
        """Somebody scrolls to an end of what is shown, and the file goes on there."""
        value = self.verticalScrollBar().sliderPosition()
        end = self._start + len(self._text)
        if value and value == self.verticalScrollBar().maximum() and end < self._length:
            self.more_wanted.emit(end)
        elif value == 0 and self._start and self.verticalScrollBar().maximum():
            self.more_wanted.emit(self._start)

    # --- looks

    def _dress(self) -> None:
        chosen = QFont(font("code" if self._is_code else "body", self._text[:_SAMPLE_CHARS]))
        chosen.setPixelSize(max(6, round(chosen.pixelSize() * self._zoom)))
        self._layout.pitch = look.px(_CODE_LINE if self._is_code else _BODY_LINE) * self._zoom
        self.setFont(chosen)
        self.setTabStopDistance(self.fontMetrics().horizontalAdvance(" ") * 4)
        self._arrange_gutter()
        self.viewport().update()

    def _arrange_gutter(self) -> None:
        self.setViewportMargins(self._gutter.wanted_width(), 0, look.px(_RIGHT), 0)
        inner = self.contentsRect()
        self._gutter.setGeometry(QRect(inner.left(), inner.top(), self._gutter.wanted_width(), inner.height()))

    def numbered(self) -> Iterator[tuple[QRectF, str, bool]]:
        """Of each block in sight its box, in the viewport, its number or place, and whether it has the hit."""
        hit = self._answer or next(iter(self._words), None) or self._passage
        for block, box in self._visible():
            number = block.blockNumber()
            has_hit = hit is not None and _touches(block, (hit[0], max(hit[1], hit[0] + 1)))
            if self._first_line is not None:
                yield box, str(self._first_line + number), has_hit
            else:
                yield box, self._places.get(number, ""), has_hit

    @property
    def line_height(self) -> float:
        return self._layout.pitch

    def widest_label(self) -> str:
        """What the gutter must have room for."""
        if self._first_line is not None:
            return "0" * max(3, len(str(self._first_line + self.blockCount())))
        return max(self._places.values(), key=len, default="")

    def _visible(self) -> Iterator[tuple[QTextBlock, QRectF]]:
        block, offset = self.firstVisibleBlock(), self.contentOffset()
        while block.isValid():
            box = self.blockBoundingGeometry(block).translated(offset)
            if box.top() > self.viewport().height():
                return
            yield block, box
            block = block.next()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(event.rect(), look.colour("surface"))
        for block, box in self._visible():
            if self._passage is not None and _touches(block, self._passage):
                self._paint_marks(painter, block, box)
        painter.end()
        super().paintEvent(event)
        self._underline()

    def _paint_marks(self, painter: QPainter, block: QTextBlock, box: QRectF) -> None:
        painter.fillRect(QRectF(0, box.top(), _BAR, box.height()), look.colour("mark_edge"))
        hit = self._answer or next(iter(self._words), None)
        if self._is_code and hit is not None and _touches(block, hit):
            tinted = QRectF(_BAR, box.top(), self.viewport().width(), box.height())
            painter.fillRect(tinted, look.colour("mark", _TINT_ALPHA))
        if self._answer is None:
            return
        painter.setPen(QPen(look.colour("mark_ink"), 1) if look.is_high_contrast else Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("mark"))
        text = block.text()
        indented = block.position() + len(text) - len(text.lstrip())  # what only moves a line answers nothing
        for part, _ in _boxes(block, box.topLeft(), (max(self._answer[0], indented), self._answer[1])):
            painter.drawRoundedRect(part.adjusted(-2, _WASH_PAD, 2, -_WASH_PAD), 3, 3)

    def _underline(self) -> None:
        """Equal words: after the text, since Qt would draw their lines in the text's own colour."""
        painter = QPainter(self.viewport())
        painter.setPen(QPen(look.colour("accent"), 1.5))
        for block, box in self._visible():
            for word in self._words:
                if _touches(block, word):
                    for part, baseline in _boxes(block, box.topLeft(), word):
                        painter.drawLine(QPointF(part.left(), baseline + 3), QPointF(part.right(), baseline + 3))
        painter.end()

    # --- Qt's own

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        copy = menu.addAction(self.tr("Copy"))
        copy.setEnabled(self.textCursor().hasSelection())
        copy.triggered.connect(self.copy)
        menu.addAction(self.tr("Select all")).triggered.connect(self.selectAll)
        menu.exec(event.globalPos())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange_gutter()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if (by := wheel_steps(event)) is not None:
            self.zoom(by)
            return
        super().wheelEvent(event)


def _touches(block: QTextBlock, mark: Mark) -> bool:
    return block.position() < mark[1] and mark[0] < block.position() + block.length()


def _boxes(block: QTextBlock, origin: QPointF, mark: Mark) -> Iterator[tuple[QRectF, float]]:
    """What a mark covers in each line of a block, and that line's baseline."""
    layout, at = block.layout(), block.position()
    for number in range(layout.lineCount()):
        line = layout.lineAt(number)
        top = origin.y() + line.y()
        for left, right in extents(line, mark[0] - at, mark[1] - at):
            yield QRectF(origin.x() + left, top, right - left, line.height()), top + line.ascent()
