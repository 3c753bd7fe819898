"""Paints a page and the marks on it. Pages stay light in the dark, and so do the marks on them."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from ui.theme.look import look
from ui.theme.tokens import LIGHT, Token

Boxes = list[list[list[float]]]
"""Of a passage, of what answers in it, of each equal word: left, top, width and height as shares of the page."""
_WASH_PAD, _UNDERLINE_GAP = 2, 1
_BAR, _BAR_GAP = 3, 8


def paint_sheet(painter: QPainter, box: QRectF) -> None:
    """An empty page."""
    painter.setPen(QPen(look.colour("line"), 1))
    painter.setBrush(look.colour("page"))
    painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))


def paint_page(painter: QPainter, box: QRectF, image: QImage, boxes: Boxes) -> None:
    """What is on a page, and what is marked on it."""
    painter.save()
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)  # the dark's paper is not white
    painter.drawImage(box, image)
    if boxes and boxes[0]:
        _paint_marks(painter, box, boxes)
    painter.restore()


def _paint_marks(painter: QPainter, box: QRectF, boxes: Boxes) -> None:
    """The wash on what answers, lines under equal words, and a bar beside the passage."""
    passage, answer, *words = ([_on(box, share) for share in shares] for shares in boxes)
    painter.setPen(QPen(_on_paper("mark_ink"), 1) if look.is_high_contrast else Qt.PenStyle.NoPen)
    painter.setBrush(_on_paper("mark"))
    for line in answer:
        painter.drawRoundedRect(line.adjusted(-_WASH_PAD, -_WASH_PAD, _WASH_PAD, _WASH_PAD), 3, 3)
    painter.setPen(QPen(_on_paper("accent"), 1.5))
    for word in (line for lines in words for line in lines):
        y = _below(word, passage)
        painter.drawLine(QPointF(word.left(), y), QPointF(word.right(), y))
    left = min(line.left() for line in passage) - look.px(_BAR_GAP) - _BAR
    top, bottom = min(line.top() for line in passage), max(line.bottom() for line in passage)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
    bar = QRectF(max(box.left() + 2, left), top - _WASH_PAD, _BAR, bottom - top + 2 * _WASH_PAD)
    painter.fillRect(bar, _on_paper("mark_edge"))


def _below(word: QRectF, lines: list[QRectF]) -> float:
    """Where a word is underlined: a box ends with its letters, and "g" reaches lower than "n" beside it."""
    middle = word.center().y()
    bottoms = [line.bottom() for line in lines if line.top() <= middle <= line.bottom()]
    return max(word.bottom(), min(bottoms, default=0.0)) + _UNDERLINE_GAP


def _on_paper(token: Token) -> QColor:
    return QColor(LIGHT[token])


def _on(page: QRectF, share: list[float]) -> QRectF:
    left, top, width, height = share
    return QRectF(
        page.left() + left * page.width(),
        page.top() + top * page.height(),
        width * page.width(),
        height * page.height(),
    )
