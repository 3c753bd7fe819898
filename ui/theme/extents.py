"""Which parts of a line of text a span covers, by its glyphs. Imports no widget."""

from __future__ import annotations

from PySide6.QtGui import QTextLine

_TOUCHING_PX = 0.5
"""Pieces of one stretch are as near as that: of one font, then of another."""


def extents(line: QTextLine, start: int, end: int) -> list[tuple[float, float]]:
    """From where to where a span reaches within a line, in pixels of its layout, from the left.

    Where text runs both ways a span may be in several places, with what is not in it between them.

    Args:
        start: in UTF-16 units of the whole layout; it may begin before the line, and `end` behind it.
    """
    low, high = max(start, line.textStart()), min(end, line.textStart() + line.textLength())
    if low >= high:
        return []
    boxes = [run.boundingRect() for run in line.glyphRuns(low, high - low)]
    pieces = sorted((box.left(), box.right()) for box in boxes)
    joined: list[tuple[float, float]] = []
    for left, right in pieces:
        if joined and left - joined[-1][1] <= _TOUCHING_PX:
            joined[-1] = joined[-1][0], max(right, joined[-1][1])
        else:
            joined.append((left, right))
    return joined
