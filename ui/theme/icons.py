"""The icons drawn for Inkling, in a colour of the look and at the screen's own resolution."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

import resources
from ui.theme.look import look
from ui.theme.tokens import Token

_SMALL_PX = 24
_APP_SIZES_PX = (16, 22, 24, 32, 48, 64, 128, 256)


def icon(name: str, token: Token = "ink2", size: int = 16) -> QIcon:  # noqa: S107 - a token of the design
    """A line icon for a button. Made anew when the look changes: it holds its colour."""
    made = QIcon()
    for ratio in (1.0, 2.0, 3.0):
        made.addPixmap(_pixmap(name, look.name(token), look.px(size), ratio))
    return made


def draw(painter: QPainter, name: str, box: QRectF, token: Token) -> None:
    """Draw a line icon into `box`."""
    device = painter.device()
    ratio = device.devicePixelRatioF() if device is not None else 1.0
    painter.drawPixmap(box.topLeft(), _pixmap(name, look.name(token), round(box.width()), ratio))


def pixmap(name: str, colour: str, size_px: int) -> QPixmap:
    """A line icon in the pixels of the screen, to be painted on."""
    return QPixmap(_pixmap(name, colour, size_px, 1.0))


def draw_mark(painter: QPainter, box: QRectF) -> None:
    """Draw Inkling's own mark, its plate filling `box`."""
    is_small = box.width() <= _SMALL_PX
    bleed = box.width() * (3 / 122 if is_small else 6 / 116)  # the plate, not its margin, stands on the grid
    _mark(is_small).render(painter, box.adjusted(-bleed, -bleed, bleed, bleed))


def app_icon() -> QIcon:
    """Inkling's icon in every usual size; the small ones have a wider lens."""
    made = QIcon()
    for size in _APP_SIZES_PX:
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        _mark(size <= _SMALL_PX).render(painter)
        painter.end()
        made.addPixmap(pixmap)
    return made


@lru_cache(maxsize=2)
def _mark(is_small: bool) -> QSvgRenderer:
    return QSvgRenderer(str(resources.path("icons/inkling-small.svg" if is_small else "icons/inkling.svg")))


@lru_cache(maxsize=512)
def _pixmap(name: str, colour: str, size_px: int, ratio: float) -> QPixmap:
    source = resources.path(f"icons/{name}.svg").read_text(encoding="utf-8").replace("currentColor", colour)
    pixmap = QPixmap(QSize(size_px, size_px) * ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(source.encode())).render(painter)
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
