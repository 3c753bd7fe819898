"""A picture, as large as there is room for it; larger with Ctrl and the wheel."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame

from finder.errors import FinderError
from ui.preview.asking import Asking
from ui.preview.pixels import image_of
from ui.preview.zoom import stepped, wheel_steps
from ui.theme.fonts import font
from ui.theme.look import look
from ui.theme.widgets import filled
from ui.words.phrases import Phrases

_MARGIN, _CAPTION = 24, 28
_LONGEST_PX = 8_000
_SETTLES_MS = 120


class PictureView(QAbstractScrollArea):
    """Fitted into the pane at first, and never larger than it is unless one zooms in."""

    ready = Signal()
    failed = Signal(object)
    """The FinderError for which it cannot be shown."""

    def __init__(self, asking: Asking) -> None:
        super().__init__()
        self._asking = asking
        self._phrases = Phrases(self)
        self._uri: str | None = None
        self._image = QImage()
        self._full = QSize()
        self._zoom = 1.0
        self._asked_px = 0
        self._settled = QTimer(self, singleShot=True, interval=_SETTLES_MS)
        self._settled.timeout.connect(self._ask)
        for part in (self, self.viewport()):
            filled(part, QPalette.ColorRole.AlternateBase)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAccessibleName(self.tr("Picture"))
        look.changed.connect(self.viewport().update)

    def show_file(self, uri: str) -> None:
        """Show another picture."""
        self._uri, self._image, self._zoom, self._asked_px = uri, QImage(), 1.0, 0
        self._settled.stop()
        self._ask()

    def clear(self) -> None:
        """Something else is shown: hold no picture any more."""
        self.leave()
        self._image = QImage()

    def leave(self) -> None:
        """Ask for nothing more: another file is to be shown. What is there stays until that is."""
        self._settled.stop()
        self._uri = None

    def zoom(self, by: int) -> None:
        """One step larger or smaller; 0 fits it again."""
        self._zoom = stepped(self._zoom, by)
        self._arrange()
        self._settled.start()

    def _ask(self) -> None:
        """Ask for as many pixels as are shown, unless there are more already."""
        if self._uri is None:
            return
        room = max(self.viewport().width(), self.viewport().height(), 200)
        wanted_px = min(_LONGEST_PX, round(room * self._zoom * self.devicePixelRatioF()))
        if wanted_px <= self._asked_px:
            return
        self._asked_px = wanted_px
        params = {"uri": self._uri, "longest_px": wanted_px}
        self._asking.ask("preview_picture", params, partial(self._show, wanted_px), partial(self._fail, wanted_px))

    def _fail(self, wanted_px: int, error: FinderError) -> None:
        """One that is shown stays: it could not be had any finer."""
        if wanted_px == self._asked_px and self._image.isNull():
            self.failed.emit(error)

    def _show(self, wanted_px: int, answer: dict[str, Any]) -> None:
        if wanted_px != self._asked_px:
            return  # a finer one has been asked for since, and may have come before this
        self._image = image_of(answer)
        self._full = QSize(answer["full_width"], answer["full_height"])
        self._arrange()
        self.ready.emit()

    def _size(self) -> QSize:
        """Of the picture as it is shown."""
        room = self.viewport().size() - QSize(2 * look.px(_MARGIN), 2 * look.px(_MARGIN) + look.px(_CAPTION))
        own = self._full / self.devicePixelRatioF()
        fitted = own if own.width() <= room.width() and own.height() <= room.height() else own.scaled(
            room, Qt.AspectRatioMode.KeepAspectRatio
        )  # fmt: skip
        return fitted * self._zoom

    def _arrange(self) -> None:
        size, room = self._size(), self.viewport().size()
        for bar, length, there in (
            (self.horizontalScrollBar(), size.width() + 2 * look.px(_MARGIN), room.width()),
            (self.verticalScrollBar(), size.height() + 2 * look.px(_MARGIN) + look.px(_CAPTION), room.height()),
        ):
            bar.setPageStep(there)
            bar.setRange(0, max(0, length - there))
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image.isNull():
            return
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        size, room, caption = self._size(), self.viewport().size(), look.px(_CAPTION)
        left = max((room.width() - size.width()) // 2, look.px(_MARGIN)) - self.horizontalScrollBar().value()
        top = max((room.height() - size.height() - caption) // 2, look.px(_MARGIN)) - self.verticalScrollBar().value()
        painter.drawImage(QRectF(left, top, size.width(), size.height()), self._image)
        painter.setFont(font("meta"))
        painter.setPen(look.colour("ink3"))
        words = f"{self._phrases.number(self._full.width())} × {self._phrases.number(self._full.height())}"
        below = QRectF(left, top + size.height(), size.width(), caption)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom), words)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
        self._settled.start()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if (by := wheel_steps(event)) is not None:
            self.zoom(by)
            return
        super().wheelEvent(event)
