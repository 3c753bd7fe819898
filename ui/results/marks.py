"""The small drawings of a row: its ground, a likeness of the file, the drop of ink for how well it fits, badges."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen, QPixmap, QPixmapCache
from PySide6.QtWidgets import QStyle

from finder.types import Strength
from ui.results.row import Badge, Kind
from ui.theme import icons
from ui.theme.fonts import font, metrics
from ui.theme.look import look

DROP_WIDTH, DROP_HEIGHT = 10, 14
_LYING = frozenset({"slides", "mail", "folder"})
_FOLD = 7
THUMB = 36
BADGE_HEIGHT = 18
_BAR_INSET = 10


def draw_state(painter: QPainter, box: QRectF, state: QStyle.StateFlag, inset: int = _BAR_INSET) -> None:
    """The ground of a row that is chosen, with a bar at its beginning `inset` shorter at both ends, or pointed at."""
    is_chosen = bool(state & QStyle.StateFlag.State_Selected)
    painter.setPen(Qt.PenStyle.NoPen)
    if is_chosen or state & QStyle.StateFlag.State_MouseOver:
        painter.setBrush(look.colour("select" if is_chosen else "hover"))
        painter.drawRoundedRect(box, look.px(8), look.px(8))
    if is_chosen:
        painter.setBrush(look.colour("accent"))
        width = look.px(3)
        bar = QRectF(box.left(), box.top() + inset, width, box.height() - 2 * inset)
        painter.drawRoundedRect(bar, width / 2, width / 2)


def draw_thumb(painter: QPainter, box: QRectF, kind: Kind) -> None:
    """A small likeness: a page stands, a slide lies, a letter is an envelope. Drawn once, then kept as a picture."""
    device = painter.device()
    ratio = device.devicePixelRatioF() if device is not None else 1.0
    side = look.px(THUMB)
    key = f"inkling-thumb-{kind}-{look.is_dark}-{side}-{ratio}"
    pixmap = QPixmap()
    if not QPixmapCache.find(key, pixmap):
        pixmap = _thumb(kind, side, ratio)
        QPixmapCache.insert(key, pixmap)
    painter.drawPixmap(QPointF(box.center().x() - side / 2, box.center().y() - side / 2).toPoint(), pixmap)


def draw_likeness(painter: QPainter, box: QRectF, likeness: QPixmap) -> None:
    """A file as it looks, as large as the drawing of its kind, in a hairline."""
    size = likeness.deviceIndependentSize()
    at = QPointF(box.center().x() - size.width() / 2, box.center().y() - size.height() / 2).toPoint()
    painter.drawPixmap(at, likeness)
    painter.setPen(QPen(look.colour("line"), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(QRectF(at.x() + 0.5, at.y() + 0.5, size.width() - 1, size.height() - 1))


def _thumb(kind: Kind, side: int, ratio: float) -> QPixmap:
    pixmap = QPixmap(round(side * ratio), round(side * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(side / THUMB, side / THUMB)
    width, height = (34, 25) if kind in _LYING else (27, 35)
    x, y = (THUMB - width) // 2 + 0.5, (THUMB - height) // 2 + 0.5
    frame = QRectF(x, y, width - 1, height - 1)
    shape = _frame(frame, is_folded=kind not in _LYING)
    painter.setPen(QPen(look.colour(kind, 150 if look.is_dark else 130), 1))
    painter.setBrush(look.colour("surface"))
    painter.drawPath(shape)
    painter.fillPath(shape, look.colour(kind, 34 if look.is_dark else 20))
    if kind not in _LYING:
        fold = QPointF(frame.right() - _FOLD, frame.top())
        painter.drawPolyline([fold, fold + QPointF(0, _FOLD), fold + QPointF(_FOLD, _FOLD)])
    painter.setPen(
        QPen(look.colour(kind), 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    )
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.translate(frame.topLeft())
    for line in _GLYPHS[kind]:
        painter.drawPolyline([QPointF(*point) for point in line])
    if kind == "pdf":
        painter.fillRect(QRectF(5, 6, 8, 4), look.colour("pdf"))
    if kind == "image":
        painter.drawEllipse(QPointF(10, 12), 1.6, 1.6)
    painter.end()
    return pixmap


_TEXT_LINES = [[(6.0, 15.0), (19.6, 15.0)], [(6.0, 20.0), (19.6, 20.0)], [(6.0, 25.0), (14.8, 25.0)]]
_GLYPHS: dict[Kind, list[list[tuple[float, float]]]] = {
    "pdf": _TEXT_LINES,
    "document": _TEXT_LINES,
    "code": [[(10, 14), (6, 19), (10, 24)], [(16, 14), (20, 19), (16, 24)]],
    "sheet": [[(6, 15), (20, 15)], [(6, 20), (20, 20)], [(6, 25), (20, 25)], [(11, 15), (11, 25)]],
    "image": [[(5, 25), (10, 18), (14, 22), (17, 19), (21, 25)]],
    "mail": [[(5, 6), (16.5, 14), (28, 6)]],
    "slides": [
        [(6, 7), (18, 7)],
        [(6, 12), (12, 12)],
        [(18, 19), (18, 14)],
        [(22, 19), (22, 10)],
        [(26, 19), (26, 12)],
    ],
    "folder": [[(6, 7), (27, 7)], [(16.5, 12), (16.5, 18)]],
}
"""Polylines within the frame, from its left upper corner."""


def _frame(frame: QRectF, is_folded: bool) -> QPainterPath:
    shape = QPainterPath()
    if not is_folded:
        shape.addRoundedRect(frame, 3, 3)
        return shape
    left, top, right, bottom = frame.left(), frame.top(), frame.right(), frame.bottom()
    shape.moveTo(left + 2, top)
    shape.lineTo(right - _FOLD, top)
    shape.lineTo(right, top + _FOLD)
    shape.lineTo(right, bottom - 2)
    shape.quadTo(right, bottom, right - 2, bottom)
    shape.lineTo(left + 2, bottom)
    shape.quadTo(left, bottom, left, bottom - 2)
    shape.lineTo(left, top + 2)
    shape.quadTo(left, top, left + 2, top)
    return shape


def draw_strength(painter: QPainter, at: QPointF, strength: Strength) -> None:
    """A drop of ink: full is strong, half is good, an outline is weak."""
    painter.save()
    painter.translate(at)
    grown = look.px(DROP_HEIGHT) / DROP_HEIGHT
    painter.scale(grown, grown)
    drop = _drop()
    colour = look.colour("ink3" if strength == "weak" else "accent")
    if strength == "strong":
        painter.fillPath(drop, colour)
    elif strength == "good":
        lower = QPainterPath()
        lower.addRect(QRectF(-1, 7.6, 12, 8))
        painter.fillPath(drop.intersected(lower), colour)
    painter.setPen(QPen(colour, 1.3))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(drop)
    painter.restore()


def _drop() -> QPainterPath:
    drop = QPainterPath(QPointF(5, 0))
    drop.cubicTo(6.2, 3.4, 10, 5.8, 10, 9)
    drop.cubicTo(10, 11.8, 7.8, 14, 5, 14)
    drop.cubicTo(2.2, 14, 0, 11.8, 0, 9)
    drop.cubicTo(0, 5.8, 3.8, 3.4, 5, 0)
    return drop


def draw_badge(painter: QPainter, right: float, top: float, badge: Badge) -> float:
    """Draw a badge that ends at `right`; returns where the next one may end."""
    px = look.px
    width = metrics("label").horizontalAdvance(badge.text) + px(26)
    box = QRectF(right - width, top, width, px(BADGE_HEIGHT))
    painter.setPen(QPen(look.colour("line"), 1))
    painter.setBrush(look.colour("canvas"))
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
    side = px(12)
    icons.draw(painter, badge.glyph, QRectF(box.left() + px(5), box.center().y() - side / 2, side, side), "ink2")
    painter.setFont(font("label"))
    painter.setPen(look.colour("ink2"))
    painter.drawText(
        box.adjusted(px(20), 0, 0, 0), int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), badge.text
    )
    return box.left() - px(6)
