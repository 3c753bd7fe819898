"""A folder that can be chosen: its name, and how much there is in it as soon as that is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QDir, QObject, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from finder.errors import FinderError
from ui.first.suggestions import Kind, Suggestion
from ui.results.layout import join_path
from ui.results.row import folder_parts
from ui.theme.check import Check
from ui.theme.look import look
from ui.theme.widgets import Label, as_plain
from ui.words.phrases import Phrases

if TYPE_CHECKING:
    from finder.service.protocol.indexing import Surveyed
    from ui.link import Link

_HEIGHT = 40


class FolderNames(QObject):
    """What the usual folders are called."""

    def of(self, suggestion: Suggestion, phrases: Phrases) -> str:
        names: dict[Kind, str] = {
            "documents": self.tr("Documents", "a folder"),
            "desktop": self.tr("Desktop", "a folder"),
            "mail": self.tr("Mail (Thunderbird)"),
            "downloads": self.tr("Downloads", "a folder"),
            "pictures": self.tr("Pictures", "a folder"),
        }
        parts = folder_parts(suggestion.path, QDir.homePath(), phrases)
        return names.get(suggestion.kind) or join_path(parts[-3:])


class FolderRow(QWidget):
    """Counts what is in its folders, off the main thread, as soon as it is made."""

    changed = Signal()
    """It was checked or not, or its count has come."""

    def __init__(self, suggestion: Suggestion, link: Link) -> None:
        super().__init__()
        self.suggestion = suggestion
        self._phrases = Phrases(self)
        self._found: list[Surveyed] = []
        self._fault = ""
        name = FolderNames(self).of(suggestion, self._phrases)
        self.box = Check(name, "name")
        self.box.setChecked(suggestion.is_checked)
        self.box.setToolTip(as_plain(suggestion.path))
        self.box.toggled.connect(self.changed)
        self._count = Label(self.tr("counting …"), "body", "ink2")
        self._count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setFixedHeight(look.px(_HEIGHT))
        line = QHBoxLayout(self)
        line.setContentsMargins(look.px(13), 0, look.px(16), 0)  # a box keeps three of its own
        line.addWidget(self.box, 1)
        line.addWidget(self._count)
        for uri in suggestion.uris:
            link.call("survey", {"folder": uri}, on_final=self._take, on_error=self._fail)

    @property
    def is_wanted(self) -> bool:
        return self.box.isChecked() and not self._fault

    @property
    def is_counted(self) -> bool:
        """Every folder of it was counted to its end."""
        is_whole = all(found["is_complete"] for found in self._found)
        return bool(self._fault) or (len(self._found) == len(self.suggestion.uris) and is_whole)

    @property
    def files(self) -> int:
        """As far as they are counted."""
        return sum(found["files"] for found in self._found)

    @property
    def files_to_read(self) -> int:
        return sum(found["files"] - found["name_only"] for found in self._found)

    def _take(self, found: Any) -> None:
        self._found.append(found)
        if len(self._found) == len(self.suggestion.uris):
            words = self.tr("%Ln files, %1", "", self.files)
            if not self.is_counted:
                words = self.tr("over %Ln files, %1", "", self.files)
            size_bytes = sum(found["size_bytes"] for found in self._found)
            self._count.setText(words.replace("%1", self._phrases.size(size_bytes)))
            self.box.setAccessibleDescription(self._count.text())
        self.changed.emit()

    def _fail(self, error: FinderError) -> None:
        self._fault = error.title
        self._count.setText(error.title)
        self._count.setToolTip(as_plain(f"{error.detail} {error.hint}".strip()))
        self.box.setChecked(False)
        self.box.setEnabled(False)
        self.changed.emit()
