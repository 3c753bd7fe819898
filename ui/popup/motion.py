"""How the quick search comes, grows and goes: it fades and unrolls, where the desktop does not ask for less motion."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QAbstractAnimation, QEasingCurve, QObject, QVariantAnimation
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from ui.theme.look import look

_COMES_MS, _GOES_MS, _GROWS_MS = 90, 60, 120


class Way(QObject):
    """From one number to another, quick at first."""

    def __init__(self, parent: QObject, go_to: Callable[[float], None], arrived: Callable[[], None]) -> None:
        super().__init__(parent)
        self._go_to = go_to
        self._from = self.end = 0.0
        self._share = QVariantAnimation(self, startValue=0.0, endValue=1.0)
        self._share.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._share.valueChanged.connect(self._go_on)
        self._share.finished.connect(arrived)

    @property
    def is_under_way(self) -> bool:
        return self._share.state() == QAbstractAnimation.State.Running

    def go(self, begin: float, end: float, duration_ms: int) -> None:
        """Leave another way, and begin this one."""
        self._share.stop()
        self._from, self.end = begin, end
        self._go_to(begin)  # an animation does not tell of its first value
        self._share.setDuration(duration_ms)
        self._share.start()

    def stop(self) -> None:
        self._share.stop()

    def _go_on(self, share: float) -> None:
        self._go_to(self._from + (self.end - self._from) * share)


class Motion:
    """Moves one window, which can be asked for anything else meanwhile.

    Args:
        can_fade: the window's opacity is its program's to set.
        set_height: makes the window so many pixels high.
    """

    def __init__(self, window: QWidget, can_fade: bool, set_height: Callable[[int], None]) -> None:
        self._window, self._can_fade, self._set_height = window, can_fade, set_height
        self._opacity = Way(window, window.setWindowOpacity, self._end_fade)
        self._height = Way(window, lambda height: set_height(round(height)), lambda: None)
        self.is_leaving = False
        """The window fades, and is hidden at the end of it."""

    def come(self) -> None:
        """Call it before the window is shown."""
        if self._is_fading:
            begin = self._window.windowOpacity() if self._window.isVisible() else 0.0
            self._opacity.go(begin, 1.0, _COMES_MS)
        elif self._can_fade:  # less motion is asked for since the last time
            self._opacity.stop()
            self._window.setWindowOpacity(1.0)
        self.is_leaving = False

    def leave(self) -> None:
        """Hide the window."""
        self.is_leaving = self._is_fading and self._window.isVisible()
        if self.is_leaving:
            self._opacity.go(self._window.windowOpacity(), 0.0, _GOES_MS)
        else:
            self._window.hide()

    def grow(self, height: int, least: int) -> None:
        """Have the window as high as that in the end; what is in it wants `least` pixels from the beginning."""
        if height == self._height.end and self._height.is_under_way:
            return
        if self._window.isVisible() and look.is_moving:
            self._height.go(max(least, self._window.height()), height, _GROWS_MS)
        else:
            self._height.stop()
            self._set_height(height)

    def finish(self) -> None:
        """Nobody looks any more: be as high as was wanted."""
        if self._height.is_under_way:
            self._height.stop()
            self._set_height(round(self._height.end))

    @property
    def _is_fading(self) -> bool:
        return self._can_fade and look.is_moving

    def _end_fade(self) -> None:
        if self.is_leaving:
            self.is_leaving = False
            self._window.hide()


class Shutter(QWidget):
    """Shows the upper part of a widget, which is laid out at its full height from the beginning."""

    def __init__(self, inner: QWidget) -> None:
        super().__init__()
        self._inner = inner
        self._full_height = 0
        inner.setParent(self)

    def show_all_of(self, height: int) -> None:
        """The height that it has when all is unrolled, in pixels."""
        self._full_height = height
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self._inner.setGeometry(0, 0, self.width(), max(self.height(), self._full_height))
