"""The folders, as on the Index page; looked at again while the section is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent

from ui.index.folders import FoldersCard
from ui.settings.form import Form

if TYPE_CHECKING:
    from ui.tools import Tools

_LOOK_MS = 2_000


class FoldersSection(Form):
    """Asks the service for as long as it is seen."""

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        self._tools = tools
        self.head(
            self.tr("Folders"),
            self.tr("What is in them is found, with all their subfolders. A change is noticed by itself."),
        )
        self.card = FoldersCard(tools)
        self.add(self.card)
        self.end()
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self._look)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()
        self._look()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _look(self) -> None:
        self._tools.link.call("status", on_final=self._take)

    def _take(self, status: Any) -> None:
        self.card.show_folders(status["folders"])
