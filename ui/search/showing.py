"""How an answer comes onto the Find page: as rows or as the reason why there are none, with its chips and its line."""

from __future__ import annotations

from typing import Any, cast

from PySide6.QtCore import QObject, Signal

from finder.errors import FinderError
from finder.types import FileType
from ui.pages.page import Page
from ui.results.files import Wish
from ui.results.view import ResultView
from ui.search.chips import ChipRow
from ui.search.cutting import is_kind
from ui.search.empty import Emptiness
from ui.search.panes import Panes
from ui.search.reasons import CLOSEST, Reasons
from ui.search.sorting import Sorting
from ui.search.speaking import Speaking
from ui.search.summary import Summary
from ui.search.waiting import Waiting


class Showing(QObject):
    """Knows what is shown, and for what; asks nobody."""

    said = Signal(str)
    """What the footer is to say."""

    def __init__(
        self, page: Page, view: ResultView, panes: Panes, chips: ChipRow, sorting: Sorting, reasons: Reasons
    ) -> None:
        super().__init__(page)
        self._page, self._view, self._panes, self._chips = page, view, panes, chips
        self._sorting, self._reasons = sorting, reasons
        self._summary, self._speaking = Summary(self), Speaking(view)
        self._waiting = Waiting(self._act)
        self.last: dict[str, Any] | None = None
        """The answer that is shown; None where it is none to a query."""
        self.is_at_fault = False
        """What was asked could not be answered."""
        self._is_refreshing = False
        self._shows_closest = False
        self._line, self._can_sort = "", False
        """What is said of the rows while no more than one is selected."""
        view.selection_counted.connect(self._say_selected)

    @property
    def files(self) -> list[Any]:
        """The files of the answer, as they came."""
        return cast("list[Any]", (self.last or {}).get("results", []))

    @property
    def understood(self) -> list[dict[str, Any]]:
        """Its filters."""
        return (self.last or {}).get("understood") or []

    # --- before an answer

    def begin_query(self) -> None:
        """Another query is typed: what is shown does not answer it, and wishes wait until something does."""
        self._shows_closest = False
        self._waiting.begin()

    def begin_question(self) -> None:
        """What is answered next is shown from its top."""
        self._is_refreshing = False
        self._view.begin_question()

    def keep_rows(self) -> None:
        """What was asked just now is the question whose files are shown: its answer comes below what was touched."""
        self._is_refreshing = self._view.follows_up = True

    def wish(self, wish: Wish) -> None:
        """Do something with the file of the current row, as soon as rows are shown that answer what was typed."""
        self._waiting.wish(wish)

    def _act(self, wish: Wish) -> None:
        if self._panes.shows_list:
            self._view.wish(wish)

    # --- answers

    def show_answer(self, found: dict[str, Any], is_final: bool, query: str, kind: FileType | None) -> None:
        """Show a `Found`.

        Args:
            is_final: the last word on the question.
            query: what stands in the box.
            kind: that was chosen; one that was typed is seen in the answer.
        """
        if self._is_refreshing and not is_final:
            return  # what is shown was found by meaning too
        self._is_refreshing = self.is_at_fault = False
        self.last = found
        typed = next((chip["value"] for chip in found["understood"] if is_kind(chip)), None)
        self._chips.show_understood(found["understood"], found.get("kinds") or {}, kind or typed)
        self._chips.setVisible(self._chips.has_content)
        has_match = any(file["strength"] != "weak" for file in found["results"])
        if not is_final and not has_match and not self._panes.shows_list:
            return  # the page stays as it is until meaning has had its say
        if self._shows_closest and not has_match:
            found = self.last = {**found, "results": found["results"][:CLOSEST]}
        self._view.show_answer(found["results"], is_final)
        if is_final and not has_match and not self._shows_closest:
            self._panes.show_reason(self._reasons.of_answer(found, query))
            found = {**found, "results": []}  # the weak ones are not to be seen
            self._waiting.give_up()
        else:
            self._panes.show_list()
            self._waiting.end()
        self._sorting.set_ranked(any(file["why"] for file in found["results"]))
        self._say_of_rows(self._summary.text(found, is_final, kind), can_sort=len(found["results"]) > 1)
        if is_final:
            self._speaking.say(self._summary.count(found, kind))

    def show_closest(self) -> None:
        """From now on show the best of the weak matches, too, where there are no others."""
        self._shows_closest = True
        self._view.begin_question()

    def show_subject(self, words: str) -> None:
        """Files are compared with something, in words."""
        self.last = None
        self._chips.subject = words
        self._chips.show_understood([], {}, None)
        self._chips.show()
        self.said.emit(self.tr("Comparing"))

    def show_similar(self, parts: list[tuple[str, list[Any]]], words: str, nothing: Emptiness) -> None:
        """Show files under headings; where there are none, why."""
        self.is_at_fault = False
        self._waiting.give_up()
        self._view.show_parts(parts)
        if parts:
            self._panes.show_list()
        else:
            self._panes.show_reason(nothing)
        self._say_of_rows(words, can_sort=False)

    def show_nothing(self) -> None:
        """Nothing is asked."""
        self.last = None
        self.is_at_fault = False
        self._waiting.give_up()
        self._chips.hide()
        self._panes.show_reason(self._reasons.before_typing())
        self._speaking.say("")
        self._say_of_rows("", can_sort=False)

    def fail(self, error: FinderError) -> None:
        """A search was not answered: what was found before stays where only more of it was asked for."""
        if self._is_refreshing and self._panes.shows_list:
            self.said.emit(error.title)
        else:
            self.show_error(error)

    def show_error(self, error: FinderError) -> None:
        """Something could not be done, and nothing else is to be seen."""
        self.is_at_fault = True
        self._waiting.give_up()
        self._panes.show_reason(self._reasons.of_error(error))
        self._say_of_rows(error.title, can_sort=False)

    # --- the line

    def say_again(self) -> None:
        """The page is seen again."""
        self._sorting.setVisible(self._can_sort and self._panes.shows_list and self._page.isVisible())
        self.said.emit(self._line)

    def _say_of_rows(self, words: str, can_sort: bool) -> None:
        self._line, self._can_sort = words, can_sort
        self.say_again()

    def _say_selected(self, count: int) -> None:
        if count > 1:
            self.said.emit(self.tr("%Ln files are selected", "", count))
        elif self._line:
            self.said.emit(self._line)
