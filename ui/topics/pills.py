"""The names of topics on the map, each in a pill with its count; where two would overlap, the larger topic's stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from ui.theme.fonts import font, metrics
from ui.theme.look import look

if TYPE_CHECKING:
    from finder.topics.found import Topic

_HEIGHT, _PAD, _GAP, _WIDEST = 26, 10, 8, 240
_APART = 4
_CENTRE = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


@dataclass(frozen=True, slots=True)
class Pill:
    """One name, where it stands in the widget."""

    id: int
    box: QRectF
    name: str
    count: str


def placed(
    topics: Sequence[Topic],
    chosen: int | None,
    to_widget: Callable[[float, float], QPointF],
    room: QRectF,
    number: Callable[[int], str],
) -> list[Pill]:
    """The pills that are shown: the chosen topic's always, then the larger before the smaller.

    Args:
        room: one whose place is in there does not reach out of it.
    """
    first = [topic for topic in topics if topic["id"] == chosen]
    pills: list[Pill] = []
    taken: list[QRectF] = []
    for topic in [*first, *(topic for topic in topics if topic["id"] != chosen)]:
        pill = _pill(topic, to_widget(topic["x"], topic["y"]), number(topic["count"]), room)
        if not any(pill.box.intersects(box) for box in taken):
            pills.append(pill)
            taken.append(pill.box.adjusted(-_APART, -_APART, _APART, _APART))
    return pills


def _pill(topic: Topic, at: QPointF, count: str, room: QRectF) -> Pill:
    measure = metrics("name", topic["name"])
    name = measure.elidedText(topic["name"], Qt.TextElideMode.ElideRight, look.px(_WIDEST))
    width = measure.horizontalAdvance(name) + metrics("meta").horizontalAdvance(count) + look.px(2 * _PAD + _GAP)
    height = look.px(_HEIGHT)
    box = QRectF(at.x() - width / 2, at.y() - height / 2, width, height)
    if room.contains(at):
        box.moveLeft(max(room.left(), min(box.left(), room.right() - width)))
        box.moveTop(max(room.top(), min(box.top(), room.bottom() - height)))
    return Pill(topic["id"], box, name, count)


def draw(painter: QPainter, pill: Pill, is_chosen: bool) -> None:
    """Draw one."""
    box, radius = pill.box, pill.box.height() / 2
    painter.setPen(QPen(look.colour("accent"), 2) if is_chosen else QPen(look.colour("line"), 1))
    painter.setBrush(look.colour("surface", 238))
    painter.drawRoundedRect(box, radius, radius)
    inner = box.adjusted(look.px(_PAD), 0, -look.px(_PAD), 0)
    painter.setFont(font("name", pill.name))
    painter.setPen(look.colour("ink"))
    painter.drawText(inner, _CENTRE, pill.name)
    painter.setFont(font("meta"))
    painter.setPen(look.colour("ink2"))
    painter.drawText(inner, _RIGHT, pill.count)
