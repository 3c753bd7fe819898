"""The Topics page: the map, the topics and their files, and what stands there while or because there is no map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from finder.errors import FinderError
from ui.footer import Keys
from ui.link import Call
from ui.pages.files import FilesPage
from ui.search.empty import Action, Emptiness, EmptyState
from ui.search.within import TopicChosen
from ui.theme.widgets import rule
from ui.tools import Tools
from ui.topics.map import TopicsMap
from ui.topics.side import Side
from ui.words.phrases import Phrases

if TYPE_CHECKING:
    from finder.topics.found import Topic, Topics
    from ui.results.files import Wish


class TopicsPage(FilesPage):
    """Asks for the map whenever it is shown; what was shown before stays until another one is there."""

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self._phrases = Phrases(self)
        self._call: Call | None = None
        self._found: Topics | None = None
        self._topic: Topic | None = None
        self.map, self.side, self._empty = TopicsMap(), Side(), EmptyState()
        both = QWidget()
        line = QHBoxLayout(both)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        for part in (self.map, rule(is_upright=True), self.side):
            line.addWidget(part, 1 if part is self.map else 0)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(both)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(rule())
        layout.addWidget(self._stack, 1)
        self._connect()

    def _connect(self) -> None:
        self.map.topic_chosen.connect(self.show_files)
        self.map.point_chosen.connect(self._show_point)
        self.map.point_opened.connect(lambda uri: self.do("open", [uri]))
        self.side.names.walked.connect(self.map.choose)
        self.side.names.entered.connect(self.show_files)
        self.side.left.connect(self._show_names)
        self.side.search_wanted.connect(self._search_within)
        self.side.files.wished.connect(self.do)
        self.side.files.selectionModel().currentChanged.connect(lambda index, _: self._mark(index.row()))

    # --- the window's side

    @property
    def keys(self) -> Keys:
        return [
            ("+ −", self.tr("Zoom")),
            ("↑ ↓", self.tr("Topic")),
            ("↵", self.tr("Its files")),
            ("Esc", self.tr("Back")),
        ]

    def enter(self) -> None:
        (self.side.files if self.side.shows_files else self.side.names).setFocus()
        self._say_shown()
        if self._call is None:
            if self._found is None:
                self._show_progress({})
            self._call = self._tools.link.call(
                "topics", {"folders": []}, on_final=self._show, on_error=self._fail, on_progress=self._show_progress
            )

    def go_back(self) -> bool:
        if not self.side.shows_files:
            return False
        self._show_names()
        return True

    def wish(self, wish: Wish) -> None:
        if self.side.shows_files:
            self.side.files.wish(wish)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.side.share_room(self.width())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text() in ("+", "=", "-", "−"):
            self.map.zoom(event.text() in "+=")
        elif event.text() == "0":
            self.map.show_whole()
        else:
            super().keyPressEvent(event)

    # --- the answer

    def _show(self, answer: dict[str, Any]) -> None:
        self._call = None
        found = cast("Topics", answer)
        if self._found is not None and found["computed_at"] == self._found["computed_at"]:
            return
        self._found = found
        if not found["topics"]:
            self._show_empty(found)
            return
        self.map.show_topics(found)
        self.side.show_topics(found)
        self._stack.setCurrentIndex(1)
        if self.isVisible():
            self.side.names.setFocus()
        self._say_shown()

    def _say_shown(self) -> None:
        if self._found is None or not self._found["topics"]:
            return
        number = self._phrases.number
        shown = self.tr("%1 of %2 files shown").replace("%1", number(len(self._found["points"])))
        near = self.tr("two points near each other are about the same things")
        self.said.emit(f"{shown.replace('%2', number(self._found['files']))}  ·  {near}")

    def _show_empty(self, found: Topics) -> None:
        with_meaning = found["files"] - found["without_vectors"]
        if found["without_vectors"] or with_meaning < found["files"] or not found["outliers"]:
            text = self.tr(
                "%Ln files can be found by meaning so far. A map of topics needs some more.", "", with_meaning
            )
        else:
            text = self.tr("No subject is shared by enough of the files.")
        self._show_reason(Emptiness("lens-none", self.tr("No topics yet"), text, [self._again()]))

    def _show_progress(self, progress: dict[str, Any]) -> None:
        if self._found is None:
            share = progress["done"] / progress["total"] if progress.get("total") else 0.0
            text = f"{int(share * 100)}%" if share else ""
            self._show_reason(Emptiness("lens-indexing", self.tr("Looking for topics"), text))

    def _fail(self, error: FinderError) -> None:
        self._call = None
        if self._found is None:
            text = " ".join(part for part in (error.detail, error.hint) if part)
            self._show_reason(Emptiness("lens-attention", error.title, text, [self._again()]))
        self.said.emit(error.title)

    def _again(self) -> Action:
        return Action(self.tr("Try again"), self._ask_again, is_primary=True)

    def _ask_again(self) -> None:
        self._found = None
        self.enter()

    def _show_reason(self, reason: Emptiness) -> None:
        self._empty.show_reason(reason)
        self._stack.setCurrentIndex(0)

    # --- topics and files

    def show_files(self, id: int) -> None:
        """Show the files of a topic."""
        found = self._found
        topic = next((topic for topic in found["topics"] if topic["id"] == id), None) if found else None
        if found is None or topic is None:
            return
        self._topic = topic
        self.side.names.choose(id)
        self.map.choose(id)
        self.side.show_files(topic, [point for point in found["points"] if point["topic"] == id])

    def _show_point(self, uri: str) -> None:
        point = next((point for point in self._found["points"] if point["uri"] == uri), None) if self._found else None
        if point is None or point["topic"] is None:
            self.map.mark(uri)
            self.said.emit(point["path"] if point else "")
            return
        if not self.side.shows_files or self._topic is None or self._topic["id"] != point["topic"]:
            self.show_files(point["topic"])
        self.side.files.choose(uri)

    def _mark(self, number: int) -> None:
        rows = self.side.files_model.rows
        self.map.mark(rows[number].uri if 0 <= number < len(rows) else None)

    def _show_names(self) -> None:
        self.map.mark(None)
        self.side.show_names()

    def _search_within(self) -> None:
        if self._topic is not None:
            self.page_wanted.emit("find", TopicChosen(self._topic["id"], self._topic["name"]))
