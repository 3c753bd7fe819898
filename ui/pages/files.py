"""A page that shows files, and does what one wishes with some of them."""

from __future__ import annotations

from ui.pages.page import Page
from ui.tools import Tools


class FilesPage(Page):
    """Wishes are those of `ui.results.files`."""

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        self._tools = tools

    def do(self, wish: str, uris: list[str]) -> None:
        """Do what one wishes with files."""
        opener = self._tools.opener
        if wish == "open":
            opener.open_all(uris)
        elif wish == "show":
            opener.show_in_folder(uris[0])
        elif wish == "copy":
            opener.copy_file(uris)
            self.said.emit(self.tr("%Ln files are on the clipboard.", "", len(uris)))
        elif wish == "copy_path":
            opener.copy_paths(uris)
            self.said.emit(self.tr("%Ln paths are on the clipboard.", "", len(uris)))
        elif wish == "similar":
            self.page_wanted.emit("find", uris)
