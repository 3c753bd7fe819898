"""The Find page: what is typed, chosen and wished for there, and what is asked of the service for it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QDir, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from finder.errors import FinderError
from finder.types import FileType
from ui.footer import Keys
from ui.pages.files import FilesPage
from ui.preview.pane import PreviewPane
from ui.results.files import Wish
from ui.results.model import ResultModel
from ui.results.order import Order
from ui.results.thumbnails import Thumbnails
from ui.results.view import ResultView
from ui.search.box import KeysBelow, SearchBox
from ui.search.chips import ChipRow
from ui.search.cutting import Span, cut, is_kind, places
from ui.search.empty import Action
from ui.search.following import Following
from ui.search.marking import Marking
from ui.search.panes import Panes
from ui.search.profiles import Profiles
from ui.search.reasons import Reasons
from ui.search.searching import Searching
from ui.search.showing import Showing
from ui.search.similar import SimilarFiles
from ui.search.sorting import Sorting
from ui.search.within import TopicChosen
from ui.theme.widgets import rule
from ui.tools import Tools


class FindPage(FilesPage):
    """What is typed into `box` is searched for. The box itself stands in the window's header."""

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        preferences = tools.preferences
        self.box = SearchBox(tools.link, lambda: tools.preferences.queries)
        self.searching = Searching(tools.link, self)
        self.profiles = Profiles(tools.link.home, preferences, self.box.profile, self.searching)
        self._following = Following(tools.link, self)
        self._similar = SimilarFiles(tools.link, self)
        self._topic: TopicChosen | None = None
        self.model = ResultModel(QDir.homePath(), self)
        self.model.order = preferences.order
        self.view = ResultView(self.model, preferences.is_compact)
        self.sorting = Sorting(preferences.order)
        self.preview = PreviewPane(tools.link)
        self.chips = ChipRow()
        self._panes = Panes(self.view, self.preview, preferences)
        self.reasons = Reasons(
            tools.link, self.box.set_text, self._cut, self._show_closest, self._ask_again, self._add_folder, self
        )
        self._showing = Showing(self, self.view, self._panes, self.chips, self.sorting, self.reasons)
        self._build()
        self._connect()
        Marking(tools.link, self.searching, self.view, self.model)
        self.view.show_likenesses(Thumbnails(tools.link, self.view, self.model).of)
        self._show_nothing()

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.chips)
        layout.addWidget(rule())
        layout.addWidget(self._panes, 1)

    def _connect(self) -> None:
        box, edit = self.box, self.box.edit
        box.typed.connect(self._type)
        box.profile.edit_wanted.connect(lambda: self.page_wanted.emit("settings", "profiles"))
        self.profiles.changed.connect(self._ask_otherwise)
        edit.passed_on.connect(self._step)
        edit.entered.connect(lambda: self.wish("open"))
        edit.previewed.connect(lambda: self.wish("preview"))
        edit.chip_dropped.connect(self._drop_last_chip)
        self.chips.dropped.connect(lambda start, end: self._cut([(start, end)]))
        self.chips.kind_chosen.connect(self._choose_kind)
        self.searching.answered.connect(self._show_answer)
        self.searching.failed.connect(self._showing.fail)
        self._showing.said.connect(self.said)
        self.searching.begun.connect(self._start_over)
        self.searching.begun.connect(self._following.begin)
        self._following.due.connect(self._refresh)
        self._similar.begun.connect(self._showing.show_subject)
        self._similar.answered.connect(self._show_similar)
        self._similar.failed.connect(self._showing.show_error)
        self.chips.subject_dropped.connect(self._drop_subject)
        self.view.row_changed.connect(self.preview.show_row)
        self.view.wished.connect(self.do)
        self.sorting.chosen.connect(self._sort)
        self.view.end_neared.connect(self._want_more)
        self.preview.wished.connect(self.do)
        self.preview.placed.connect(self.model.place)
        self._tools.link.fault.connect(self._show_fault)
        self._tools.link.state_changed.connect(self._show_state)
        self.view.installEventFilter(KeysBelow(box))

    # --- the window's side

    @property
    def keys(self) -> Keys:
        return [
            ("↵", self.tr("Open")),
            ("Ctrl ↵", self.tr("Show in folder")),
            (self.tr("Space", "the key"), self.tr("Preview")),
            ("Ctrl D", self.tr("Similar")),
            ("?", self.tr("All keys")),
        ]

    @property
    def tool(self) -> QWidget:
        return self.sorting

    def enter(self) -> None:
        self._showing.say_again()
        self.box.edit.setFocus(Qt.FocusReason.OtherFocusReason)
        self.box.edit.selectAll()

    def receive(self, value: object) -> None:
        if isinstance(value, str):
            self.box.set_text(value)
        elif isinstance(value, TopicChosen):
            self._limit_to(value)
        elif isinstance(value, list):
            self.find_similar(value)

    def find_similar(self, uris: list[str], text: str | None = None) -> None:
        """Show what is like all of these files, or like a text, instead of what the query finds."""
        self.searching.set_aside()
        self._similar.ask(uris, text)

    def go_back(self) -> bool:
        if self._panes.is_preview_wide:
            self._panes.widen_preview(False)
            return True
        if self._similar.is_shown:
            self._drop_subject()
            return True
        if self.box.text:
            self.box.clear()
            return True
        if self.chips.subject:
            self._drop_subject()
            return True
        return False

    def do(self, wish: str, uris: list[str]) -> None:
        """Do what one wishes with files; a `Wish` of `ui.results.files`."""
        if wish in ("open", "show", "copy", "copy_path") and self.box.text.strip():
            self._tools.preferences.remember_query(self.box.text.strip())
        if wish == "similar":
            self.find_similar(uris)
        elif wish == "preview":
            self._panes.widen_preview(not self._panes.is_preview_wide)
        else:
            super().do(wish, uris)

    def wish(self, wish: Wish) -> None:
        """Do something with the file of the current row, as soon as rows are shown that answer what was typed."""
        self._showing.wish(wish)

    def _step(self, key: int, is_extending: bool) -> None:
        if self._panes.shows_list:
            self.view.step(key, is_extending)

    def step_hit(self, by: int) -> None:
        """Show the next hit within the file, or the one before."""
        self.preview.step(by)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._following.look_again()

    # --- asking

    def _type(self, text: str) -> None:
        self._start_over()
        self._showing.begin_query()
        self.searching.type(text)
        if not self.searching.is_question:
            self._show_nothing()

    def _ask_otherwise(self) -> None:
        """The model is told something else of what the search is for."""
        if not self.searching.is_set_aside:
            self.searching.ask()

    def _choose_kind(self, kind: FileType | None) -> None:
        """A kind that was typed gives way to the one that is chosen: both would be alternatives."""
        self._cut(places(chip for chip in self._showing.understood if is_kind(chip)))
        self.searching.choose(kind)

    def _sort(self, order: Order) -> None:
        self._tools.preferences.set("order", order)
        self.model.order = order
        self.model.show(self._showing.files)
        self._want_all()

    def _want_all(self) -> None:
        """What is not ordered by how well it fits is ordered among all that fit, not among the best of them."""
        if self.model.order != "best":
            self._want_more()

    def _want_more(self) -> None:
        if len(self._showing.files) >= self.searching.limit and self.searching.ask_for_more():
            self._showing.keep_rows()

    def _cut(self, spans: list[Span]) -> None:
        """Take parts out of the query that was answered."""
        if spans and self._showing.last is not None:
            self.box.set_text(cut(self.box.text, self._showing.last["typed"], spans))

    def _drop_last_chip(self) -> None:
        if self._showing.understood and not self._similar.is_shown:
            self._cut(places(self._showing.understood[-1:]))
        elif self.chips.subject:
            self._drop_subject()

    def _limit_to(self, topic: TopicChosen | None) -> None:
        """Search within a topic; everywhere with None."""
        self._topic = topic
        self.searching.topic = topic.id if topic else None
        self._start_over()
        self._ask_again()

    def _start_over(self) -> None:
        """What is answered next is shown from its top."""
        self._showing.begin_question()
        self._similar.leave()
        name = self._topic.name if self._topic else ""
        self.chips.subject = self.tr("Topic: %1").replace("%1", name) if name else ""

    def _drop_subject(self) -> None:
        self._limit_to(self._topic if self._similar.is_shown else None)

    # --- answers

    def _show_answer(self, found: dict[str, Any], is_final: bool) -> None:
        self._showing.show_answer(found, is_final, self.box.text, self.searching.kind)
        if is_final:
            self._following.take(found)
            self._want_all()

    def _show_similar(self, found: dict[str, Any]) -> None:
        back = Action(self.tr("Back"), self._drop_subject, is_primary=True)
        similar = self._similar
        self._showing.show_similar(similar.parts(found), similar.summary(found), similar.nothing(found, back))

    def _refresh(self) -> None:
        """Ask the same once more: rows that are shown stay where they are."""
        if not self.searching.is_under_way and not self.searching.is_set_aside:
            self.searching.ask()
            self._showing.keep_rows()

    def _ask_again(self) -> None:
        if self._similar.is_shown:
            self._similar.ask_again()
        elif self.searching.is_question:
            self.searching.ask()
        else:
            self._show_nothing()

    def _add_folder(self, uri: str) -> None:
        """Have a folder indexed and watched, and ask again when it is."""
        self.said.emit(self.tr("The folder is being indexed."))
        self._tools.link.call(
            "index",
            {"folders": [uri], "is_watched": True},
            on_final=self._has_added,
            on_error=self._showing.show_error,
        )

    def _has_added(self, indexed: dict[str, Any]) -> None:
        self._ask_again()

    def _show_closest(self) -> None:
        self._showing.show_closest()
        if self._showing.last is not None:
            self._show_answer(self._showing.last, is_final=True)

    def _show_fault(self, error: FinderError) -> None:
        """The service does not start: said at once where nothing else is shown."""
        if not self._panes.shows_list:
            self._showing.show_error(error)

    def _show_state(self, state: str) -> None:
        """The service is back: what could not be answered is asked again."""
        if state == "up" and self._showing.is_at_fault:
            self._ask_again()

    def _show_nothing(self) -> None:
        self._following.take(None)
        self._showing.show_nothing()
