"""The folders, as on the Index page; looked at again while the section is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ui.index.folders import FoldersCard
from ui.index.looking import Looking
from ui.settings.form import Form

if TYPE_CHECKING:
    from ui.tools import Tools


class FoldersSection(Form):
    """Asks the service for as long as it is seen."""

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        self.head(
            self.tr("Folders"),
            self.tr("What is in them is found, with all their subfolders. A change is noticed by itself."),
        )
        self.card = FoldersCard(tools)
        self.add(self.card)
        self.end()
        Looking(tools.link, self).seen.connect(self._take)

    def _take(self, status: Any) -> None:
        self.card.show_folders(status["folders"])
