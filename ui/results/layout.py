"""How a row's text is cut and laid out: names, folders, passages with their marks. Paints nothing but text.

Spans count characters, as the service does; Qt counts UTF-16 units, and here one becomes the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPen,
    QTextCharFormat,
    QTextLayout,
    QTextLine,
    QTextOption,
)

from finder.text import is_cjk
from ui.results.row import Span
from ui.theme.extents import extents
from ui.theme.look import look

_BASELINE = 0.97
"""Of the font's size, from the top of a line: the same in every script, whatever the fallback's ascent."""
_WASH_ABOVE, _WASH_HEIGHT = 1.01, 1.36
"""Of the font's size: from the wash's top to the baseline, and to its bottom."""
_FAINT, _OPAQUE = 100, 255
_NAME_TAIL = 14
_CUT_AT_SPACE_WITHIN = 12
_LEAD_CHARS = 16
_ELLIPSIS = "…"


def cut_name(name: str, measure: QFontMetricsF, width: float) -> str:
    """Cut in the middle; of the last 14 characters (version, date, extension) whole words stay."""
    if measure.horizontalAdvance(name) <= width:
        return name
    tail = name[-_NAME_TAIL:]
    first = next((at + 1 for at, char in enumerate(tail[:-5]) if char in " _-–"), 0)
    tail = tail[first:].lstrip(" _-–")
    room = width - measure.horizontalAdvance(tail)
    if room < measure.horizontalAdvance("mm" + _ELLIPSIS):
        return measure.elidedText(name, Qt.TextElideMode.ElideMiddle, width)
    return measure.elidedText(name[: -len(tail)], Qt.TextElideMode.ElideRight, room) + tail


def moved_spans(whole: str, shown: str, spans: Sequence[Span]) -> list[Span]:
    """Spans of a name as they lie in `cut_name` of it: what was cut out is marked no more."""
    if whole == shown or _ELLIPSIS not in shown:
        return list(spans)
    head = shown.index(_ELLIPSIS)
    tail_from = len(whole) - (len(shown) - head - 1)
    shift = len(shown) - len(whole)
    kept = [(low, min(high, head)) for low, high in spans if low < head]
    return kept + [(max(low, tail_from) + shift, high + shift) for low, high in spans if high > tail_from]


def cut_path(parts: Sequence[str], measure: QFontMetricsF, width: float) -> str:
    """Drop folders from the middle: `Home › … › Letters`, then `… › Letters`, then the last one cut."""
    for keep in range(len(parts), 1, -1):
        shown = parts if keep == len(parts) else (parts[0], _ELLIPSIS, *parts[len(parts) - keep + 1 :])
        text = join_path(shown)
        if measure.horizontalAdvance(text) <= width:
            return text
    last = (f"{_ELLIPSIS} › " if len(parts) > 1 else "") + _isolated(parts[-1])
    return measure.elidedText(last, Qt.TextElideMode.ElideMiddle, width)


def join_path(parts: Sequence[str]) -> str:
    """`Home › Letters`, each part in its own direction."""
    return " › ".join(_isolated(part) for part in parts)


def _isolated(part: str) -> str:
    return f"\u2068{part}\u2069"  # a right-to-left folder does not turn its neighbours round


def from_answer(text: str, answer: Span | None, words: Sequence[Span]) -> tuple[str, Span | None, list[Span]]:
    """For one line: a passage that begins at most 16 characters before its answer, else `… ` and the answer."""
    at = answer[0] if answer else words[0][0] if words else 0
    if at <= _LEAD_CHARS:
        return text, answer, list(words)
    if not answer:
        at = max(0, text.rfind(" ", 0, at - 2) + 1)
    shift = 2 - at
    kept = [(low + shift, high + shift) for low, high in words if low >= at]
    return f"{_ELLIPSIS} {text[at:]}", (2, answer[1] + shift) if answer else None, kept


@dataclass(frozen=True, slots=True)
class Evidence:
    """Text laid out in lines of one width, with its marks, ready to be drawn anywhere."""

    layout: QTextLayout
    lines: tuple[QTextLine, ...]
    font: QFont
    answer: Span | None
    words: tuple[Span, ...]
    """Both in UTF-16 units."""
    line_height: float

    @property
    def height(self) -> float:
        return len(self.lines) * self.line_height

    def draw(self, painter: QPainter, at: QPointF, colour: QColor, is_faint: bool = False) -> None:
        """Draw it with its left upper corner `at`: the wash below, underlines next, the text on both.

        Args:
            is_faint: what is washed hardly answers, and the wash says no more than that.
        """
        if self.answer is not None:
            self._draw_wash(painter, at, self.answer, _FAINT if is_faint else _OPAQUE)
        painter.setPen(QPen(look.colour("accent"), 1.5))
        for span in self.words:
            for box, baseline in self._boxes(span):
                y = at.y() + baseline + 3.25
                painter.drawLine(QPointF(at.x() + box.left(), y), QPointF(at.x() + box.right(), y))
        painter.setPen(colour)
        self.layout.draw(painter, at)

    def _draw_wash(self, painter: QPainter, at: QPointF, span: Span, alpha: int) -> None:
        size = self.font.pixelSize()
        has_outline = look.is_high_contrast
        painter.setPen(QPen(look.colour("mark_ink"), 1) if has_outline else Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("mark", alpha))
        for box, baseline in self._boxes(span):
            top = at.y() + baseline - _WASH_ABOVE * size
            height = min(self.line_height, _WASH_HEIGHT * size)
            painter.drawRoundedRect(QRectF(at.x() + box.left() - 2, top, box.width() + 4, height), 3, 3)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _boxes(self, span: Span) -> list[tuple[QRectF, float]]:
        """What a span covers in each line it touches, and that line's baseline."""
        return [
            (QRectF(left, 0, right - left, 0), line.y() + line.ascent())
            for line in self.lines
            for left, right in extents(line, *span)
        ]


def lay_out(
    text: str,
    font: QFont,
    width: float,
    max_lines: int,
    line_height: float,
    answer: Span | None = None,
    words: Sequence[Span] = (),
) -> Evidence:
    """Lay `text` out in at most so many lines of `width`; what does not fit ends in `…`, mostly at a space."""
    made = _laid_out(text, font, width, max_lines, line_height, answer, words)
    if not made.lines:
        return made
    last = made.lines[-1]
    begin = _characters(text, last.textStart())
    if _characters(text, last.textStart() + last.textLength()) >= len(text):
        return made
    shown = text[:begin] + _cut_right(text[begin:], QFontMetricsF(font), width - 8)
    kept = len(shown.rstrip(f"{_ELLIPSIS} "))
    left = [(low, min(high, kept)) for low, high in words if low < kept]
    answered = (answer[0], min(answer[1], kept)) if answer and answer[0] < kept else None
    return _laid_out(shown, font, width, max_lines, line_height, answered, left)


def _cut_right(text: str, measure: QFontMetricsF, width: float) -> str:
    shown = measure.elidedText(text[:400], Qt.TextElideMode.ElideRight, width)
    if shown == text:
        return text
    shown = shown.removesuffix(_ELLIPSIS)
    space = shown.rfind(" ", max(0, len(shown) - _CUT_AT_SPACE_WITHIN))
    is_han = bool(shown) and is_cjk(shown[-1])
    return (shown[:space] + " " if space > 0 and not is_han else shown) + _ELLIPSIS


def _laid_out(
    text: str,
    font: QFont,
    width: float,
    max_lines: int,
    line_height: float,
    answer: Span | None,
    words: Sequence[Span],
) -> Evidence:
    layout = QTextLayout(text, font)
    option = QTextOption(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute)
    option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)  # each text runs in its own direction
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    answered = _in_units(text, answer) if answer else None
    in_units = tuple(_in_units(text, span) for span in words)
    formats = [_format(span, _bold()) for span in in_units]
    if answered:
        formats.append(_format(answered, _on_mark()))
    layout.setFormats(formats)
    layout.setCacheEnabled(True)
    lines: list[QTextLine] = []
    layout.beginLayout()
    while len(lines) < max_lines and (line := layout.createLine()).isValid():
        line.setLineWidth(width)
        top = len(lines) * line_height + _BASELINE * font.pixelSize()
        line.setPosition(QPointF(0, top - line.ascent()))
        lines.append(line)
    layout.endLayout()
    return Evidence(layout, tuple(lines), font, answered, in_units, line_height)


def _format(span: Span, kind: QTextCharFormat) -> QTextLayout.FormatRange:
    made = QTextLayout.FormatRange()
    made.start, made.length, made.format = span[0], span[1] - span[0], kind
    return made


def _bold() -> QTextCharFormat:
    made = QTextCharFormat()
    made.setFontWeight(QFont.Weight.DemiBold)
    return made


def _on_mark() -> QTextCharFormat:
    made = QTextCharFormat()
    made.setForeground(QBrush(look.colour("mark_ink")))
    return made


def _in_units(text: str, span: Span) -> Span:
    """A span of characters in UTF-16 units."""
    if text.isascii():
        return span
    low = span[0] + _astral(text[: span[0]])
    return low, low + span[1] - span[0] + _astral(text[span[0] : span[1]])


def _astral(text: str) -> int:
    return sum(char > "\uffff" for char in text)


def _characters(text: str, units: int) -> int:
    """How many characters so many UTF-16 units are."""
    if text.isascii():
        return units
    return len(text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore"))
