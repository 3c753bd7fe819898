"""The Find page: chips, results, preview, and the empty page, and how an answer of the service comes into them."""

from __future__ import annotations

from typing import Any, cast

from PySide6.QtCore import QDir, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from finder.errors import FinderError
from finder.text import clean
from finder.types import FileType
from ui.footer import Keys
from ui.pages.files import FilesPage
from ui.preview.pane import PreviewPane
from ui.results.model import ResultModel
from ui.results.view import ResultView, Wish
from ui.search.box import KeysBelow, SearchBox
from ui.search.chips import ChipRow
from ui.search.empty import Action, EmptyState
from ui.search.following import Following
from ui.search.marking import Marking
from ui.search.reasons import Reasons
from ui.search.searching import Searching
from ui.search.similar import SimilarFiles
from ui.search.summary import Summary
from ui.search.within import TopicChosen
from ui.theme.look import look
from ui.theme.widgets import rule
from ui.tools import Tools

_NO_PREVIEW_BELOW = 860
_LIST_SHARE, _PREVIEW_SHARE = 49, 51
_SPOKEN_AFTER_MS = 500


class FindPage(FilesPage):
    """What is typed into `box` is searched for. The box itself stands in the window's header."""

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        preferences = tools.preferences
        self.box = SearchBox(tools.link, lambda: tools.preferences.queries)
        self.box.offer_profiles([], preferences.profile)
        self.searching = Searching(tools.link, self)
        self.searching.profile = preferences.profile
        self._following = Following(tools.link, self)
        self._similar = SimilarFiles(tools.link, self)
        self._topic: TopicChosen | None = None
        self.model = ResultModel(QDir.homePath(), self)
        self.view = ResultView(self.model, preferences.is_compact)
        self.preview = PreviewPane(tools.link)
        self.chips, self._empty, self._summary = ChipRow(), EmptyState(), Summary(self)
        self.reasons = Reasons(self.box.set_text, self._cut, self._show_list, self._ask_again, self._add_folder, self)
        self._is_first_answer = True
        self._is_preview_wide = False
        self._shows_closest = False
        self._is_at_fault = False
        self._is_refreshing = False
        self._is_outdated = False
        self._last: dict[str, Any] | None = None
        self._spoken = QTimer(self, singleShot=True, interval=_SPOKEN_AFTER_MS)
        self._build()
        self._connect()
        Marking(tools.link, self.searching, self.view, self.model)
        self._show_nothing()

    def _build(self) -> None:
        self._split = QSplitter()
        self._split.setHandleWidth(1)
        self._split.setChildrenCollapsible(False)
        self._split.addWidget(self.view)
        self._split.addWidget(self.preview)
        self._split.setStretchFactor(0, _LIST_SHARE)
        self._split.setStretchFactor(1, _PREVIEW_SHARE)
        self._split.setSizes(self._tools.preferences.sizes("split") or [_LIST_SHARE * 12, _PREVIEW_SHARE * 12])
        for part in (self.view, self.preview):
            part.setMinimumWidth(look.px(300))
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._split)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.chips)
        layout.addWidget(rule())
        layout.addWidget(self._stack, 1)

    def _connect(self) -> None:
        box, edit = self.box, self.box.edit
        box.typed.connect(self._type)
        box.profile_changed.connect(self._choose_profile)
        edit.passed_on.connect(self._step)
        edit.entered.connect(lambda: self.wish("open"))
        edit.previewed.connect(lambda: self.wish("preview"))
        edit.chip_dropped.connect(self._drop_last_chip)
        self.chips.dropped.connect(lambda start, end: self._cut([(start, end)]))
        self.chips.kind_chosen.connect(self._choose_kind)
        self.searching.answered.connect(self._show_answer)
        self.searching.failed.connect(self._show_error)
        self.searching.begun.connect(self._leave_similar)
        self.searching.begun.connect(self._following.begin)
        self._following.due.connect(self._refresh)
        self._similar.begun.connect(self._show_subject)
        self._similar.answered.connect(self._show_similar)
        self._similar.failed.connect(self._show_error)
        self.chips.subject_dropped.connect(self._drop_subject)
        self.view.row_changed.connect(self.preview.show_row)
        self.view.wished.connect(self.do)
        self.view.end_neared.connect(self._want_more)
        self.preview.wished.connect(self.do)
        self._split.splitterMoved.connect(lambda: self._tools.preferences.set("split", self._split.sizes()))
        self._tools.link.fault.connect(self._show_fault)
        self._tools.link.state_changed.connect(self._show_state)
        self._spoken.timeout.connect(self._speak)
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

    def enter(self) -> None:
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
        if self._is_preview_wide:
            self._widen_preview(False)
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

    def do(self, wish: str, uri: str) -> None:
        """Do what one wishes with a file; a `Wish` of `ui.results.view`."""
        if wish in ("open", "show", "copy", "copy_path") and self.box.text.strip():
            self._tools.preferences.remember_query(self.box.text.strip())
        if wish == "similar":
            self.find_similar([uri])
        elif wish == "preview":
            self._widen_preview(not self._is_preview_wide)
        else:
            super().do(wish, uri)

    def wish(self, wish: Wish) -> None:
        """Do something with the file of the current row, where rows are shown that answer what was typed."""
        if self._stack.currentWidget() is self._split and not self._is_outdated:
            self.view.wish(wish)

    def _step(self, key: int) -> None:
        if self._stack.currentWidget() is self._split:
            self.view.step(key)

    def step_hit(self, by: int) -> None:
        """Show the next hit within the file, or the one before."""
        self.preview.step(by)

    # --- asking

    def _type(self, text: str) -> None:
        self._is_first_answer = True
        self._shows_closest = False
        self._leave_similar()
        self._is_outdated = True
        self.searching.type(text)
        if not self.searching.is_question:
            self._show_nothing()

    def _choose_profile(self, name: str | None) -> None:
        self._tools.preferences.set("profile", name)
        self.searching.profile = name
        self.searching.ask()

    def _choose_kind(self, kind: FileType | None) -> None:
        """A kind that was typed gives way to the one that is chosen: both would be alternatives."""
        chips = (self._last or {}).get("understood") or []
        self._cut([(chip["start"], chip["end"]) for chip in chips if _is_typed_kind(chip)])
        self.searching.choose(kind)

    def _want_more(self) -> None:
        if len(self._files) >= self.searching.limit:
            self.searching.ask_for_more()

    def _cut(self, spans: list[tuple[int, int]]) -> None:
        """Take parts out of the query; their places count in it as the service cleaned it."""
        typed = str((self._last or {}).get("typed", ""))
        text = typed if clean(self.box.text).strip() == typed.strip() else self.box.text
        for start, end in sorted(spans, reverse=True):
            text = " ".join(part for part in (text[:start].strip(), text[end:].strip()) if part)
        if spans:
            self.box.set_text(text)

    def _drop_last_chip(self) -> None:
        chips = (self._last or {}).get("understood") or []
        if chips and not self._similar.is_shown:
            self._cut([(chips[-1]["start"], chips[-1]["end"])])
        elif self.chips.subject:
            self._drop_subject()

    def _limit_to(self, topic: TopicChosen | None) -> None:
        """Search within a topic; everywhere with None."""
        self._topic = topic
        self.searching.topic = topic.id if topic else None
        self._leave_similar()
        self._is_first_answer = True
        self._ask_again()

    def _leave_similar(self) -> None:
        self._is_refreshing = False
        self._similar.leave()
        name = self._topic.name if self._topic else ""
        self.chips.subject = self.tr("Topic: %1").replace("%1", name) if name else ""

    def _drop_subject(self) -> None:
        self._limit_to(self._topic if self._similar.is_shown else None)

    # --- answers

    @property
    def _files(self) -> list[Any]:
        return cast("list[Any]", (self._last or {}).get("results", []))

    def _show_answer(self, found: dict[str, Any], is_final: bool) -> None:
        if self._is_refreshing and not is_final:
            return  # what is shown was found by meaning too
        self._is_refreshing = False
        self._last = found
        self._is_at_fault = False
        typed = next((chip["value"] for chip in found["understood"] if _is_typed_kind(chip)), None)
        self.chips.show_understood(found["understood"], found.get("kinds") or {}, self.searching.kind or typed)
        self.chips.setVisible(self.chips.has_content)
        has_match = any(file["strength"] != "weak" for file in found["results"])
        if not is_final and not has_match and self._stack.currentWidget() is self._empty:
            return  # the page stays as it is until meaning has had its say
        self._is_outdated = False
        if self._is_first_answer:
            self.model.show(found["results"])
        else:
            self.model.merge(found["results"], self.view.kept_rows())
            self.view.settle()
        self._is_first_answer = is_final
        if is_final and not has_match and not self._shows_closest:
            self._empty.show_reason(self.reasons.of_answer(found, self.box.text))
            self._show(self._empty)
        else:
            self._show(self._split)
        self.said.emit(self._summary.text(found, is_final))
        if is_final:
            self._spoken.start()
            self._following.take(found)

    def _show_subject(self, words: str) -> None:
        self._last = None
        self.chips.subject = words
        self.chips.show_understood([], {}, None)
        self.chips.show()
        self.said.emit(self.tr("Comparing"))

    def _show_similar(self, found: dict[str, Any]) -> None:
        self._is_at_fault = False
        parts = self._similar.parts(found)
        self._is_outdated = False
        self.model.show_parts(parts)
        if parts:
            self._show(self._split)
        else:
            back = Action(self.tr("Back"), self._drop_subject, is_primary=True)
            self._empty.show_reason(self._similar.nothing(found, back))
            self._show(self._empty)
        self.said.emit(self._similar.summary(found))

    def _refresh(self) -> None:
        """Ask the same once more: rows that are shown stay where they are."""
        if not self.searching.is_under_way and not self.searching.is_set_aside:
            self._is_first_answer = False
            self.searching.ask()
            self._is_refreshing = True

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
            on_final=lambda indexed: self.searching.ask(),
            on_error=self._show_error,
        )

    def _show_list(self) -> None:
        self._shows_closest = True
        self._show(self._split)

    def _show_error(self, error: FinderError) -> None:
        self._is_at_fault = True
        self._empty.show_reason(self.reasons.of_error(error))
        self._show(self._empty)
        self.said.emit(error.title)

    def _show_fault(self, error: FinderError) -> None:
        """The service does not start: said at once where nothing else is shown."""
        if self._stack.currentWidget() is self._empty:
            self._show_error(error)

    def _show_state(self, state: str) -> None:
        """The service is back: what could not be answered is asked again."""
        if state == "up" and self._is_at_fault:
            self._ask_again()

    def _show_nothing(self) -> None:
        self._last = None
        self._following.take(None)
        self._is_at_fault = False
        self.chips.hide()
        self._empty.show_reason(self.reasons.before_typing())
        self._show(self._empty)
        self.said.emit("")

    def _show(self, widget: QWidget) -> None:
        self._stack.setCurrentWidget(widget)

    def _speak(self) -> None:
        """Have a screen reader say how much was found, once the answer has come to rest."""
        from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent

        if self._last is not None and QAccessible.isActive():
            words = self._summary.count(self._last)
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.view, words))

    # --- width

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _widen_preview(self, is_wide: bool) -> None:
        self._is_preview_wide = is_wide and self.view.current_row() is not None
        self._arrange()

    def _arrange(self) -> None:
        """List and preview side by side, or one of them where there is no room, or where the preview is to be large."""
        is_narrow = self.width() < look.px(_NO_PREVIEW_BELOW)
        self.view.setVisible(not self._is_preview_wide)
        self.preview.setVisible(self._is_preview_wide or not is_narrow)


def _is_typed_kind(chip: dict[str, Any]) -> bool:
    return chip["field"] == "type" and not chip["is_negated"]
