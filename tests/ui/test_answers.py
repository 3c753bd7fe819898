"""How answers come into the Find page, in whatever order they come and whatever was done meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from finder.errors import ServiceError
from tests.ui.files import found_file
from tests.ui.links import HeldLink
from ui.search.cutting import cut
from ui.search.searching import FIRST_LIMIT, LAST_LIMIT
from ui.window import Window


@pytest.fixture
def link(held: HeldLink) -> HeldLink:
    """The window stands in front of nobody."""
    return held


def found(query: str, count: int, first: int = 0, **changed: Any) -> dict[str, Any]:
    """An answer with so many files."""
    files = [found_file(f"{number}.txt") for number in range(first, first + count)]
    coverage = {"indexed": count, "pending": 0, "failed": 0, "filtered_out": 0}
    answer = {"query": query, "typed": query, "results": files, "understood": [], "kinds": {}, "notes": []}
    return {**answer, "elapsed_ms": 1.0, "coverage": coverage, **changed}


def ask(window: Window, held: HeldLink, query: str) -> None:
    """Type a query whose writer has paused."""
    window.find_page.box.set_text(query)
    window.find_page.searching.ask()


def test_more_files_are_added_below_and_the_list_stays_where_it_was_scrolled_to(
    window: Window, held: HeldLink, qtbot: QtBot
) -> None:
    view = window.find_page.view
    ask(window, held, "deposit")
    held.answer("find", found("deposit", FIRST_LIMIT))
    for _ in range(FIRST_LIMIT - 3):
        view.step(Qt.Key.Key_Down)
    scrolled = view.verticalScrollBar().value()
    assert held.asked("find")[-1].params["limit"] == LAST_LIMIT
    held.answer("find", found("deposit", LAST_LIMIT // 2), "partial")
    held.answer("find", found("deposit", LAST_LIMIT))
    assert view.currentIndex().row() == FIRST_LIMIT - 3
    assert view.verticalScrollBar().value() == scrolled
    assert window.find_page.model.rowCount() == LAST_LIMIT


def test_files_that_were_found_stay_where_no_more_of_them_can_be_had(window: Window, held: HeldLink) -> None:
    page = window.find_page
    ask(window, held, "deposit")
    held.answer("find", found("deposit", FIRST_LIMIT))
    for _ in range(FIRST_LIMIT - 3):
        page.view.step(Qt.Key.Key_Down)
    held.refuse("find", ServiceError("The service went away"))
    assert page.view.isVisible()
    assert page.model.rowCount() == FIRST_LIMIT
    ask(window, held, "landlord")
    held.refuse("find", ServiceError("The service went away"))
    assert not page.view.isVisible()


def test_another_kind_is_shown_from_its_top_whatever_was_touched(window: Window, held: HeldLink) -> None:
    page = window.find_page
    ask(window, held, "deposit")
    held.answer("find", found("deposit", 10), "partial")
    page.view.step(Qt.Key.Key_Down)
    page.chips.kind_chosen.emit("mail")
    held.answer("find", found("deposit", 5, first=100))
    assert page.view.currentIndex().row() == 0
    assert page.model.row(0).name == "100.txt"
    assert page.model.rowCount() == 5


def test_a_filter_that_is_taken_off_while_one_types_on_takes_nothing_else_with_it(
    window: Window, held: HeldLink
) -> None:
    page = window.find_page
    chip = {"start": 8, "end": 15, "field": "ext", "value": "pdf", "text": "ends in .pdf", "is_negated": False}
    ask(window, held, "deposit ext:pdf")
    held.answer("find", found("deposit ext:pdf", 3, understood=[chip]))
    page.box.set_text("the landlord's deposit ext:pdf")  # not asked yet: the chip is that of the query before
    next(button for button in page.findChildren(QPushButton) if "ends in" in button.text()).click()
    assert page.box.text == "the landlord's deposit"


@pytest.mark.parametrize(
    ("shown", "typed", "spans", "left"),
    [
        ("deposit ext:pdf", "deposit ext:pdf", [(8, 15)], "deposit"),
        ("ext:pdf deposit", "ext:pdf deposit", [(0, 7)], "deposit"),
        ("a ext:pdf b in:x c", "a ext:pdf b in:x c", [(2, 9), (12, 16)], "a b c"),
        ("deposit", "deposit ext:pdf", [(8, 15)], "deposit"),
        ("new deposit ext:pdf", "deposit ext:pdf", [(8, 15)], "new deposit"),
        ("\u200bdeposit ext:pdf", "deposit ext:pdf", [(8, 15)], "deposit"),
    ],
)
def test_parts_are_cut_out_of_a_query_by_their_places_or_by_what_they_are(
    shown: str, typed: str, spans: list[tuple[int, int]], left: str
) -> None:
    assert cut(shown, typed, spans) == left
