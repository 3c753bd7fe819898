"""How fast indexing went in the last hour, from zero. A rest is a hatched gap that says why, not a fall to zero."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QLocale, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from ui.index.wording import IndexWords
from ui.theme.fonts import font, metrics
from ui.theme.look import look

if TYPE_CHECKING:
    from finder.index.pauses import Cause
    from finder.service.protocol.status import Rates

Series = Literal["bytes_read", "passages_embedded"]
_HOUR_S = 3600.0
_UNIT: dict[Series, float] = {"bytes_read": 1e6, "passages_embedded": 1.0}
_LEAST_TOP: dict[Series, float] = {"bytes_read": 0.04, "passages_embedded": 10.0}
_LINES = 4
_LEFT, _TOP, _RIGHT, _BOTTOM = 48, 10, 92, 26
_LEAST_BAND = 2
"""Pixels; a shorter rest is not shown."""
_CENTRED = int(Qt.AlignmentFlag.AlignCenter)
_BESIDE = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_BEFORE = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class RatePlot(QWidget):
    """One line over an hour."""

    def __init__(self) -> None:
        super().__init__()
        self._words = IndexWords(self)
        self._rates: Rates | None = None
        self._series: Series = "bytes_read"
        self.setMinimumHeight(look.px(170))
        look.changed.connect(self.update)

    def show_rates(self, rates: Rates, series: Series) -> None:
        """Show what the service has kept of the last hour."""
        self._rates, self._series = rates, series
        values = self._values()
        self.setAccessibleName(
            self.tr("Over the last hour: now %1, at most %2.", "what a plot shows")
            .replace("%1", self.rate(values[-1] if values else 0.0))
            .replace("%2", self.rate(max(values, default=0.0)))
        )
        self.update()

    def rate(self, value: float) -> str:
        """`5.3 MB/s`, or passages."""
        if self._series == "passages_embedded":
            return self.tr("%1 a second", "passages").replace("%1", QLocale().toString(round(value)))
        return f"{QLocale().toString(value, 'f', 1 if value >= 0.1 or not value else 2)} MB/s"

    def _values(self) -> list[float]:
        """Of each step that is over, oldest first, a second."""
        if self._rates is None:
            return []
        done = self._rates[self._series][:-1]
        return [amount / self._rates["step_s"] / _UNIT[self._series] for amount in done]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        px, values = look.px, self._values()
        box = QRectF(self.rect()).adjusted(px(_LEFT), px(_TOP), -px(_RIGHT), -px(_BOTTOM))
        top = nice_top(max([*values, _LEAST_TOP[self._series]]))
        self._draw_axes(painter, box, top)
        if self._rates is not None:
            self._draw_bands(painter, box)
            self._draw_line(painter, box, values, top, self._rates["step_s"])
            self._draw_causes(painter, box)
        painter.end()

    def _draw_axes(self, painter: QPainter, box: QRectF, top: float) -> None:
        px = look.px
        painter.setFont(font("meta"))
        decimals = max(0, math.ceil(-math.log10(top / _LINES) - 1e-9))
        for number in range(_LINES + 1):
            y = round(box.bottom() - box.height() * number / _LINES) + 0.5
            painter.setPen(QPen(look.colour("line"), 1))
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
            painter.setPen(look.colour("ink3"))
            words = QLocale().toString(top * number / _LINES, "f", decimals)
            painter.drawText(QRectF(0, y - px(9), box.left() - px(8), px(18)), _BEFORE, words)
        for minutes in (60, 45, 30, 15, 0):
            x = box.right() - box.width() * minutes * 60 / _HOUR_S
            words = f"−{minutes}" if minutes else self.tr("now")
            words = self.tr("%1 min", "a time on an axis").replace("%1", words) if minutes == 60 else words
            painter.drawText(QRectF(x - px(40), box.bottom() + px(5), px(80), px(18)), _CENTRED, words)

    def _pauses(self, box: QRectF) -> list[tuple[Cause, float, float]]:
        """Each rest that is wide enough to be seen: its cause, from x to x."""
        pauses = self._rates["pauses"] if self._rates is not None else []
        found = [(pause["cause"], _x(box, pause["begun_ago_s"]), _x(box, pause["ended_ago_s"])) for pause in pauses]
        return [(cause, left, right) for cause, left, right in found if right - left >= _LEAST_BAND]

    def _draw_bands(self, painter: QPainter, box: QRectF) -> None:
        for _, left, right in self._pauses(box):
            band = QRectF(left, box.top(), right - left, box.height())
            painter.fillRect(band, look.colour("surface"))
            painter.fillRect(band, QBrush(look.colour("edge", 110), Qt.BrushStyle.BDiagPattern))

    def _draw_causes(self, painter: QPainter, box: QRectF) -> None:
        """Above the line, whose neighbours a narrow rest's words reach over."""
        painter.setFont(font("label"))
        for cause, left, right in self._pauses(box):
            words = self._words.cause(cause)
            width = metrics("label").horizontalAdvance(words) + look.px(14)
            middle = min(max((left + right) / 2, box.left() + width / 2), box.right() - width / 2)
            tag = QRectF(middle - width / 2, box.center().y() - look.px(10), width, look.px(20))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("surface"))
            painter.drawRoundedRect(tag, look.px(4), look.px(4))
            painter.setPen(look.colour("ink2"))
            painter.drawText(tag, _CENTRED, words)

    def _draw_line(self, painter: QPainter, box: QRectF, values: list[float], top: float, step_s: float) -> None:
        surface = look.colour("surface")
        if not values:
            painter.setFont(font("meta"))
            painter.setPen(look.colour("ink2"))
            painter.fillRect(QRectF(box.left(), box.center().y() - look.px(10), box.width(), look.px(20)), surface)
            painter.drawText(box, _CENTRED, self.tr("The first minute is being measured."))
            return
        points = [
            QPointF(_x(box, (len(values) - number) * step_s - step_s / 2), box.bottom() - box.height() * value / top)
            for number, value in enumerate(values)
        ]
        points[-1].setX(box.right())
        for run in self._runs(points, box):
            line = QPainterPath(run[0])
            for point in run[1:]:
                line.lineTo(point)
            area = QPainterPath(line)
            area.lineTo(run[-1].x(), box.bottom())
            area.lineTo(run[0].x(), box.bottom())
            painter.fillPath(area, look.colour("accent", 26))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            round_ends = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
            painter.setPen(QPen(look.colour("accent"), 1.75, Qt.PenStyle.SolidLine, *round_ends))
            painter.drawPath(line)
        self._draw_end(painter, points[-1], values[-1])

    def _runs(self, points: list[QPointF], box: QRectF) -> Iterator[list[QPointF]]:
        """The points between the rests."""
        bands = [(left, right) for _, left, right in self._pauses(box)]
        run: list[QPointF] = []
        for point in points:
            if any(left <= point.x() <= right for left, right in bands):
                if run:
                    yield run
                run = []
            else:
                run.append(point)
        if run:
            yield run

    def _draw_end(self, painter: QPainter, end: QPointF, value: float) -> None:
        px = look.px
        painter.setBrush(look.colour("accent"))
        painter.setPen(QPen(look.colour("surface"), 2))
        painter.drawEllipse(end, px(4.5), px(4.5))
        painter.setFont(font("meta_strong"))
        painter.setPen(look.colour("ink"))
        painter.drawText(QRectF(end.x() + px(10), end.y() - px(10), px(_RIGHT - 10), px(20)), _BESIDE, self.rate(value))


def nice_top(most: float) -> float:
    """The least of 4, 8, 20 times a power of ten that is not below: a quarter of it is 1, 2 or 5 of something."""
    power = 10.0 ** math.floor(math.log10(most / _LINES))
    return float(next(_LINES * step * power for step in (1, 2, 5, 10) if _LINES * step * power >= most - 1e-12))


def _x(box: QRectF, ago_s: float) -> float:
    return box.right() - box.width() * min(ago_s, _HOUR_S) / _HOUR_S
