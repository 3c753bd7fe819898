"""Beside the map: all topics, or the files of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QDir, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ui.results.plain import PlainModel, PlainRow, PlainView
from ui.results.row import folder_parts, kind_of
from ui.theme.look import look
from ui.theme.widgets import Button, Elided, Label, filled, rule
from ui.topics.names import NamesModel, NamesView
from ui.words.phrases import Phrases

if TYPE_CHECKING:
    from finder.topics.found import Point, Topic, Topics

_WIDTH = 392
_LARGEST_SHARE = 2, 5
"""Of the page: in a narrow window most of it stays the map's."""


class Side(QStackedWidget):
    """One of two panes."""

    left = Signal()
    """Back to all topics."""
    search_wanted = Signal()
    """One wants to search in the topic that is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.share_room(look.px(_WIDTH) * _LARGEST_SHARE[1])
        self.names_model, self.files_model = NamesModel(self), PlainModel(self)
        self.names = NamesView(self.names_model)
        self.files = PlainView(self.files_model, self.tr("Files of the topic"))
        self._phrases = Phrases(self)
        self._count = Label("", "title")
        self._name, self._about = Elided("title"), Elided("meta", "ink2")
        self._all = self._pane(self._head(self._count, Label(self.tr("What the files are about"), "meta", "ink2")))
        self._all.addWidget(self.names, 1)
        self._one = self._pane(self._topic_head())
        self._one.addWidget(self.files, 1)

    def share_room(self, page_width: int) -> None:
        """Be as wide as a page of that width has room for."""
        part, whole = _LARGEST_SHARE
        self.setFixedWidth(min(look.px(_WIDTH), page_width * part // whole))

    @property
    def shows_files(self) -> bool:
        return self.currentIndex() == 1

    def show_topics(self, found: Topics) -> None:
        """Show all topics; the first one is current."""
        self._count.setText(self.tr("%Ln topics", "", len(found["topics"])))
        self.names_model.show(found["topics"])
        self.setCurrentIndex(0)
        if found["topics"]:
            self.names.setCurrentIndex(self.names_model.index(0, 0))

    def show_names(self) -> None:
        """Go back to all topics."""
        self.setCurrentIndex(0)
        self.names.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_files(self, topic: Topic, points: list[Point]) -> None:
        """Show the files of a topic, the most typical first."""
        self._name.say(topic["name"])
        files = self.tr("%Ln files", "", topic["count"])
        shown = self.tr("%1 of them shown").replace("%1", self._phrases.number(len(points)))
        self._about.say(f"{files}  ·  {shown}" if len(points) < topic["count"] else files)
        self.files_model.show([self._row(point) for point in points])
        self.setCurrentIndex(1)
        self.files.setCurrentIndex(self.files_model.index(0, 0))
        self.files.setFocus(Qt.FocusReason.OtherFocusReason)

    def _row(self, point: Point) -> PlainRow:
        folder = folder_parts(point["path"].removesuffix(point["name"]), QDir.homePath(), self._phrases)
        return PlainRow(point["uri"], point["name"], kind_of(point["name"], point["type"]), folder)

    def _pane(self, head: QVBoxLayout) -> QVBoxLayout:
        pane = filled(QWidget(), QPalette.ColorRole.Base)
        layout = QVBoxLayout(pane)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(rule())
        self.addWidget(pane)
        return layout

    def _head(self, title: QWidget, about: QWidget) -> QVBoxLayout:
        head = QVBoxLayout()
        head.setContentsMargins(look.px(18), look.px(14), look.px(12), look.px(12))
        head.setSpacing(look.px(4))
        head.addWidget(title)
        head.addWidget(about)
        return head

    def _topic_head(self) -> QVBoxLayout:
        head = self._head(self._name, self._about)
        search = Button(self.tr("Search in this topic"), "primary")
        search.clicked.connect(self.search_wanted)
        back = Button(self.tr("All topics"), "", "left")
        back.clicked.connect(self.left)
        line = QHBoxLayout()
        line.setContentsMargins(0, look.px(6), 0, 0)
        line.setSpacing(look.px(8))
        line.addWidget(search)
        line.addWidget(back)
        line.addStretch(1)
        head.addLayout(line)
        return head
