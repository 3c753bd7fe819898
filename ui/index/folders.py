"""The folders of the index: how each is, and how one comes and goes. Stands on the Index page and in the settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QDir, Qt
from PySide6.QtGui import QFontMetricsF, QResizeEvent
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from finder.errors import FinderError
from finder.paths import path_to_uri
from ui.asking import ask
from ui.errors import show_error
from ui.index.adding import Adding
from ui.index.card import Card, note, row
from ui.index.wording import IndexWords
from ui.results.layout import cut_path
from ui.results.row import folder_parts
from ui.theme.glyph import Glyph
from ui.theme.look import look
from ui.theme.widgets import Button, EndMenu, Label, as_plain
from ui.words.phrases import Phrases
from ui.words.translator import in_own_language

if TYPE_CHECKING:
    from finder.service.protocol.status import FolderStatus
    from ui.tools import Tools

_STATE_WIDTH, _COUNT_WIDTH = 190, 90


class PathLabel(Label):
    """A folder as a person calls it: `Home › Documents`, shortened in the middle; exact in its tooltip."""

    def __init__(self, path: str, phrases: Phrases) -> None:
        super().__init__()
        self._parts = folder_parts(path, QDir.homePath(), phrases)
        self.setToolTip(as_plain(path))
        self.setAccessibleName(path)
        self.setMinimumWidth(1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setText(cut_path(self._parts, QFontMetricsF(self.font()), self.width() - 2))


class FoldersCard(Card):
    """Adds, removes and shows folders; asks before it removes one."""

    def __init__(self, tools: Tools) -> None:
        add = Button(self.tr("Add folder"), "quiet", "plus")
        super().__init__(self.tr("Folders"), add)
        self._tools = tools
        self._words, self._phrases = IndexWords(self), Phrases(self)
        self._shown: list[FolderStatus] | None = None
        self._adding = Adding(tools.link, self)
        self._adding.failed.connect(self._tell)
        add.clicked.connect(self.choose)

    def show_folders(self, folders: list[FolderStatus]) -> None:
        """Show how they are; rows are made anew only where something changed."""
        if folders == self._shown or self.is_in_use:
            return
        self._shown = folders
        if not folders:
            self.show_rows([note(self.tr("No folder is indexed yet. Add one, and its files can be found in seconds."))])
        else:
            self.show_rows([self._row(folder) for folder in folders])

    def choose(self) -> None:
        """Have a folder chosen, and add it."""
        choose_folder(self, self.tr("Which folder is to be indexed?"), lambda uri: self.add([uri]))

    def add(self, uris: list[str]) -> None:
        """Have folders indexed, or looked at again."""
        self._adding.add(uris)

    def _row(self, folder: FolderStatus) -> QWidget:
        count = Label(self._phrases.number(folder["files"]), "body", "ink2")
        count.setFixedWidth(look.px(_COUNT_WIDTH))
        count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        count.setAccessibleName(self.tr("%Ln files", "", folder["files"]))
        glyph, token, words = self._words.folder_state(folder)
        state = Label(words, "body", "ink2")
        state.setFixedWidth(look.px(_STATE_WIDTH))
        state.setToolTip(as_plain(in_own_language(folder["away_because"] or "")))
        more = Button("", "icon", "more", self.tr("More about %1").replace("%1", folder["path"]))
        self._fill(EndMenu(more), folder)
        path = PathLabel(folder["path"], self._phrases)
        return row(Glyph("folder"), path, 1, count, Glyph(glyph, token), state, more)

    def _fill(self, menu: QMenu, folder: FolderStatus) -> None:
        show = menu.addAction(self.tr("Show in file manager"))
        show.triggered.connect(lambda: self._tools.opener.open(folder["uri"]))
        look_again = menu.addAction(self.tr("Look again now"))
        look_again.setEnabled(folder["state"] != "offline")
        look_again.triggered.connect(lambda: self.add([folder["uri"]]))
        menu.addSeparator()
        remove = menu.addAction(self.tr("Remove from the index …"))
        remove.triggered.connect(lambda: self._ask_to_remove(folder))

    def _ask_to_remove(self, folder: FolderStatus) -> None:
        name = " › ".join(folder_parts(folder["path"], QDir.homePath(), self._phrases))
        ask(
            self,
            self.tr("Remove “%1” from the index?").replace("%1", name),
            self.tr(
                "Its %Ln files can be found no more, and what was read of them is erased from the index. The files "
                "themselves are not touched. To have them back later, all of them are read again.",
                "",
                folder["files"],
            ),
            self.tr("Remove"),
            lambda: self._tools.link.call("forget", {"folder": folder["uri"]}, on_error=self._tell),
        )

    def _tell(self, error: FinderError) -> None:
        show_error(error, self)


def choose_folder(parent: QWidget, title: str, do: Callable[[str], None]) -> None:
    """Have a folder chosen, and `do` something with its URI; nothing where none is."""
    dialog = QFileDialog(parent, title, QDir.homePath())
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda path: do(path_to_uri(os.fsencode(path))))
    dialog.open()
