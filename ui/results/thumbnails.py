"""Small likenesses of pictures and first pages, for rows in sight: asked for one at a time, while the list rests.

They are kept in memory alone. Painting never waits: until a likeness is there, and where there is none to be had, the
row shows the drawing of its kind.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QSize, Qt, QTimer
from PySide6.QtGui import QPixmap

from finder.errors import FinderError, ServiceError, WorkerDiedError
from ui.preview.pixels import image_of
from ui.results.marks import THUMB
from ui.results.row import Row
from ui.theme.look import look

if TYPE_CHECKING:
    from ui.link import Call, Link
    from ui.results.model import ResultModel
    from ui.results.view import ResultView

_REST_MS = 250
"""After the list has come to rest, and after another row is current: the preview goes first."""
_KEPT = 300
"""20 kB each where the screen is fine."""
_LARGEST_BYTES = 30_000_000
"""Of a file that is read for so little."""

Key = tuple[str, str]
"""A file's URI and when it was changed."""


class Thumbnails(QObject):
    """Follows the list."""

    def __init__(self, link: Link, view: ResultView, model: ResultModel) -> None:
        super().__init__(view)
        self._link, self._view, self._model = link, view, model
        self._kept: OrderedDict[Key, QPixmap | None] = OrderedDict()
        """None: there is none to be had."""
        self._call: Call | None = None
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._ask)
        view.verticalScrollBar().valueChanged.connect(self._wait)
        view.row_changed.connect(self._wait)
        model.rowsInserted.connect(self._wait)
        link.state_changed.connect(self._follow)

    def of(self, row: Row) -> QPixmap | None:
        """The likeness of a row's file, where there is one by now."""
        return self._kept.get(_key(row))

    def _wait(self) -> None:
        """The list moves: nothing is asked for before it has come to rest."""
        if self._call is not None:
            self._call.cancel()
            self._call = None
        self._rest.start()

    def _ask(self) -> None:
        """Ask for the first one in sight that is not known yet."""
        if not self._view.isVisible():
            return
        rows = (self._model.row(number) for number in self._view.rows_in_sight())
        row = next((row for row in rows if _has_likeness(row) and _key(row) not in self._kept), None)
        if row is None:
            return
        side = round(look.px(THUMB) * self._view.devicePixelRatioF())
        take, fail = partial(self._take, row), partial(self._fail, row)
        if row.kind == "pdf":
            params: dict[str, Any] = {"uri": row.uri, "page": 1, "width_px": side}
            self._call = self._link.call("preview_page", params, take, fail)
        else:
            params = {"uri": row.uri, "longest_px": side}
            self._call = self._link.call("preview_picture", params, take, fail)

    def _take(self, row: Row, answer: dict[str, Any]) -> None:
        ratio = self._view.devicePixelRatioF()
        side = QSize(look.px(THUMB), look.px(THUMB)) * ratio
        fit, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        pixmap = QPixmap.fromImage(image_of(answer).scaled(side, fit, smooth))
        pixmap.setDevicePixelRatio(ratio)
        self._keep(row, None if pixmap.isNull() else pixmap)

    def _fail(self, row: Row, error: FinderError) -> None:
        """The file has none; or the service did not answer, and is asked again when it is back or the list moves."""
        if isinstance(error, ServiceError) and not isinstance(error, WorkerDiedError):
            self._call = None
        else:
            self._keep(row, None)

    def _follow(self, state: str) -> None:
        if state == "up":
            self._wait()

    def _keep(self, row: Row, pixmap: QPixmap | None) -> None:
        self._call = None
        self._kept[_key(row)] = pixmap
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        if (number := self._model.number_of(row.uri)) >= 0:
            self._view.update(self._model.index(number))
        self._ask()


def _key(row: Row) -> Key:
    return row.uri, row.file["modified"]


def _has_likeness(row: Row) -> bool:
    is_shown = row.kind == "pdf" or row.file["type"] == "image"
    return is_shown and row.file["size_bytes"] <= _LARGEST_BYTES
