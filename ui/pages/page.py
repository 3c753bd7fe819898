"""What a page of the window is. A new page is a `Page` and a line in `ui.pages.kinds`."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ui.footer import Keys
from ui.results.files import Wish


class Page(QWidget):
    """One of the window's pages. It is made when it is first shown."""

    said = Signal(str)
    """What the footer is to say."""
    page_wanted = Signal(str, object)
    """Another page is to be shown, by its name, with something for its `receive`."""

    @property
    def keys(self) -> Keys:
        """The keys that the footer shows while the page is open."""
        return []

    @property
    def tool(self) -> QWidget | None:
        """What stands in the footer behind what the page says; the page shows it when it has come to the front."""
        return None

    def enter(self) -> None:
        """The page has come to the front."""

    def receive(self, value: object) -> None:
        """Take what another page sent along: the Find page takes a query."""

    def wish(self, wish: Wish) -> None:
        """Do something with the file that is current, where the page shows files."""

    def go_back(self) -> bool:
        """Escape was pressed; False where there is nothing to undo, and the window may close."""
        return False
