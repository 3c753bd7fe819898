"""Paints the points of a map and the blots they make together into a picture, once for each place and size.

A frame then only draws the picture: 20,000 points cost a frame what ten cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from ui.theme.look import look
from ui.theme.tokens import Token
from ui.topics.viewport import Viewport

_BLOT, _POINT = 30.0, 4.4
"""Diameters, in pixels of the design."""
_SPACING = 4
"""Blots nearer to each other than this are one: it cannot be seen."""
_MARGIN = 0.25
"""Of the widget's size: so much more is painted on every side, for a map that is pushed."""
_POINT_ALPHA, _POINT_ALPHA_CHOSEN = 130, 235

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Cloud:
    """The points of one topic; those of none have the colour of lesser text."""

    colour: Token
    places: Sequence[Place]
    """On the map."""
    has_blot: bool = True


@dataclass(frozen=True, slots=True)
class Picture:
    """What was painted, and where on the map it lies."""

    image: QImage
    box: QRectF
    """On the map, its top the largest y."""

    def draw(self, painter: QPainter, viewport: Viewport) -> None:
        """Draw it where it belongs in another viewport, smaller or larger if need be."""
        top_left = viewport.to_widget(self.box.left(), self.box.top())
        size = QSizeF(self.box.width() * viewport.scale, self.box.height() * viewport.scale)
        painter.drawImage(QRectF(top_left, size), self.image)


def paint(clouds: Sequence[Cloud], viewport: Viewport, ratio: float, is_chosen: bool = False) -> Picture:
    """Paint clouds, the first ones lowest.

    Args:
        viewport: what is seen.
        ratio: the screen's pixels for one of the widget.
        is_chosen: as the topic that is chosen, over a picture in which it is not.
    """
    size = viewport.size * (1 + 2 * _MARGIN)
    wide = viewport.resized(size)
    image = _empty(size, ratio)
    painter = QPainter(image)
    placed = [(cloud, _seen(cloud, wide)) for cloud in clouds]
    for cloud, points in placed:
        if cloud.has_blot and points:
            _draw_blot(painter, look.colour(cloud.colour), points, size, _wash(is_chosen))
    for cloud, points in placed:
        _draw_points(painter, cloud.colour, points, ratio, _POINT_ALPHA_CHOSEN if is_chosen else _POINT_ALPHA)
    painter.end()
    top_left = wide.to_map(QPointF(0, 0))
    return Picture(image, QRectF(top_left, size / viewport.scale))


def _wash(is_chosen: bool) -> float:
    """How much a blot covers; that of a chosen topic lies over its own."""
    plain, chosen = (0.10, 0.20) if look.is_dark else (0.07, 0.15)
    return (chosen - plain) / (1 - plain) if is_chosen else plain


def _seen(cloud: Cloud, viewport: Viewport) -> list[QPointF]:
    reach = look.px(_BLOT)
    box = QRectF(QPointF(0, 0), viewport.size).adjusted(-reach, -reach, reach, reach)
    points = (viewport.to_widget(x, y) for x, y in cloud.places)
    return [point for point in points if box.contains(point)]


def _draw_blot(painter: QPainter, colour: QColor, points: list[QPointF], size: QSizeF, opacity: float) -> None:
    """The blot is drawn opaque and then laid down thinly, so that where points are many it is no darker."""
    side = look.px(_BLOT)
    cells = {(int(point.x()) // _SPACING, int(point.y()) // _SPACING) for point in points}
    left, top = (min(cell[axis] for cell in cells) * _SPACING - side // 2 for axis in (0, 1))
    right, bottom = (max(cell[axis] for cell in cells) * _SPACING + side for axis in (0, 1))
    blot = _empty(QSizeF(right - left, bottom - top), 1.0)
    disc = _disc(side, colour)
    stamp = QPainter(blot)
    for column, row in cells:
        at = QPoint(column * _SPACING - left, row * _SPACING - top) - QPoint(side // 2, side // 2)
        stamp.drawImage(at, disc)
    stamp.end()
    painter.setOpacity(opacity)
    painter.drawImage(QPointF(left, top), blot)
    painter.setOpacity(1.0)


def _draw_points(painter: QPainter, token: Token, points: list[QPointF], ratio: float, alpha: int) -> None:
    side = look.px(10 * _POINT) / 10
    disc = _disc(side, look.colour(token, alpha), ratio)
    offset = QPointF(side / 2, side / 2)
    for point in points:
        painter.drawImage(point - offset, disc)


def _disc(side: float, colour: QColor, ratio: float = 1.0) -> QImage:
    image = _empty(QSizeF(side + 1, side + 1), ratio)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(QRectF(0.5, 0.5, side, side))
    painter.end()
    return image


def _empty(size: QSizeF, ratio: float) -> QImage:
    width, height = max(1, round(size.width() * ratio)), max(1, round(size.height() * ratio))
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    return image
