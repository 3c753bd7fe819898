"""A page that shows files, and does what one wishes with one of them."""

from __future__ import annotations

from ui.pages.page import Page
from ui.tools import Tools


class FilesPage(Page):
    """Wishes are those of `ui.results.view`."""

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        self._tools = tools

    def do(self, wish: str, uri: str) -> None:
        """Do what one wishes with a file."""
        opener = self._tools.opener
        if wish == "open":
            opener.open(uri)
        elif wish == "show":
            opener.show_in_folder(uri)
        elif wish == "copy":
            opener.copy_file([uri])
            self.said.emit(self.tr("The file is on the clipboard."))
        elif wish == "copy_path":
            opener.copy_path(uri)
            self.said.emit(self.tr("The path is on the clipboard."))
        elif wish == "similar":
            self.page_wanted.emit("find", [uri])
