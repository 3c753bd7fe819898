"""Larger and smaller, by steps and by the wheel."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent

_STEP = 1.2
_LEAST, _MOST = 0.5, 6.0


def stepped(zoom: float, by: int) -> float:
    """The zoom after one step larger (1) or smaller (-1); 1.0 after 0."""
    return min(_MOST, max(_LEAST, zoom * _STEP**by)) if by else 1.0


def wheel_steps(event: QWheelEvent) -> int | None:
    """Which way to zoom where Ctrl is held; None where the wheel scrolls."""
    if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
        return None
    turned = event.angleDelta().y()
    return (turned > 0) - (turned < 0) or None
