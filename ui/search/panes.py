"""What stands below the box: list and preview side by side, one of them where there is no room, or the empty page."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget

from ui.preferences import Preferences
from ui.preview.pane import PreviewPane
from ui.results.view import ResultView
from ui.search.empty import Emptiness, EmptyState
from ui.theme.look import look

_NO_PREVIEW_BELOW = 860
_LEAST_WIDTH = 300
_SETTLES_MS = 300
_LIST_SHARE, _PREVIEW_SHARE = 49, 51


class Panes(QStackedWidget):
    """Remembers how its width was parted."""

    def __init__(self, view: ResultView, preview: PreviewPane, preferences: Preferences) -> None:
        super().__init__()
        self._view, self._preview, self._preferences = view, preview, preferences
        self.is_preview_wide = False
        """The preview lies over the list."""
        self._empty = EmptyState()
        self._split = QSplitter()
        self._split.setHandleWidth(1)
        self._split.setChildrenCollapsible(False)
        for part, share in ((view, _LIST_SHARE), (preview, _PREVIEW_SHARE)):
            part.setMinimumWidth(look.px(_LEAST_WIDTH))
            self._split.addWidget(part)
            self._split.setStretchFactor(self._split.indexOf(part), share)
        self._split.setSizes(preferences.sizes("split") or [_LIST_SHARE * 12, _PREVIEW_SHARE * 12])
        self._settled = QTimer(self, singleShot=True, interval=_SETTLES_MS)  # not a file written for every pixel
        self._settled.timeout.connect(self._remember)
        self._split.splitterMoved.connect(lambda: self._settled.start())
        self.addWidget(self._empty)
        self.addWidget(self._split)

    @property
    def shows_list(self) -> bool:
        return self.currentWidget() is self._split

    def show_list(self) -> None:
        """Show the rows, and the preview where there is room."""
        self.setCurrentWidget(self._split)

    def show_reason(self, reason: Emptiness) -> None:
        """Show why there are no rows."""
        self._empty.show_reason(reason)
        self.setCurrentWidget(self._empty)

    def widen_preview(self, is_wide: bool) -> None:
        """Lay the preview over the list, or take it back; without a row there is nothing to lay."""
        self.is_preview_wide = is_wide and self._view.current_row() is not None
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        self._view.setVisible(not self.is_preview_wide)
        self._preview.setVisible(self.is_preview_wide or self.width() >= look.px(_NO_PREVIEW_BELOW))

    def _remember(self) -> None:
        self._preferences.set("split", self._split.sizes())
