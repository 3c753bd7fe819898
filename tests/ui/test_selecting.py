"""Several files at one time, and the order in which they stand."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from tests.ui.files import found_file
from tests.ui.links import HeldLink
from ui.preferences import Preferences
from ui.results.order import ordered
from ui.search.searching import FIRST_LIMIT, LAST_LIMIT
from ui.window import Window

SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
MEANING = {"indexed": 3, "pending": 0, "failed": 0, "filtered_out": 0}


@pytest.fixture
def link(held: HeldLink) -> HeldLink:
    """The window stands in front of nobody."""
    return held


def answer(window: Window, held: HeldLink, files: list[Any], query: str = "deposit") -> None:
    """Have a query answered with these files.

    Args:
        query: its words, without filters.
    """
    window.find_page.box.set_text("deposit")
    window.find_page.searching.ask()
    answered = {"query": query, "typed": "deposit", "results": files, "understood": [], "kinds": {}, "notes": []}
    held.answer("find", {**answered, "elapsed_ms": 1.0, "coverage": MEANING})


def files_of(*names: str) -> list[Any]:
    return [found_file(name) for name in names]


def shown(window: Window) -> list[str]:
    model = window.find_page.model
    return [model.row(number).name for number in range(model.rowCount())]


def said(window: Window) -> str:
    return window._footer.accessibleName()


def test_shift_and_the_arrows_select_several_files_from_the_box(qtbot: QtBot, window: Window, held: HeldLink) -> None:
    answer(window, held, files_of("a", "b", "c"))
    page = window.find_page
    opened: list[str] = []
    window.tools.opener.open = lambda uri: opened.append(uri)  # type: ignore[method-assign]
    qtbot.keyClick(page.box.edit, Qt.Key.Key_Down, SHIFT)
    assert page.view.selected_rows() == [0, 1]
    assert said(window) == "2 files are selected"
    qtbot.keyClick(page.box.edit, Qt.Key.Key_Return)
    assert [uri.rpartition("/")[2] for uri in opened] == ["a", "b"]
    qtbot.keyClick(page.box.edit, Qt.Key.Key_Down)
    assert page.view.selected_rows() == [2]
    assert said(window).startswith("3 files")


def test_paths_files_and_a_drag_are_of_all_that_are_selected(qtbot: QtBot, window: Window, held: HeldLink) -> None:
    answer(window, held, files_of("a", "b", "c"))
    page, clipboard = window.find_page, QGuiApplication.clipboard()
    page.view.setFocus()
    qtbot.keyClick(page.view, Qt.Key.Key_A, CONTROL)
    page.wish("copy_path")
    assert clipboard.text().splitlines() == [f"/home/ada/flat/{name}" for name in "abc"]
    assert said(window) == "3 paths are on the clipboard."
    page.wish("copy")
    assert len(clipboard.mimeData().urls()) == 3
    assert len(page.model.mimeData(page.view.selectedIndexes()).urls()) == 3
    assert page.view._menu().actions()[0].text() == "Open 3 files"


def test_what_is_like_several_files_is_asked_of_all_of_them(qtbot: QtBot, window: Window, held: HeldLink) -> None:
    answer(window, held, files_of("a", "b", "c"))
    page = window.find_page
    page.view.step(Qt.Key.Key_Down, is_extending=True)
    page.wish("similar")
    assert page.chips.subject == "Similar to 2 files"


def test_many_files_are_opened_after_a_question(qtbot: QtBot, window: Window, held: HeldLink) -> None:
    answer(window, held, files_of(*"abcdefghij"))
    opened: list[str] = []
    window.tools.opener.open = lambda uri: opened.append(uri)  # type: ignore[method-assign]
    window.find_page.view.selectAll()
    window.find_page.wish("open")
    assert opened == []
    box = next(box for box in window.findChildren(QMessageBox) if box.isVisible())
    assert box.text() == "Open 10 files?"
    next(button for button in box.buttons() if button.text() == "Open them").click()
    assert len(opened) == 10


def test_a_later_answer_moves_no_file_that_is_selected(qtbot: QtBot, window: Window, held: HeldLink) -> None:
    answer(window, held, files_of("a", "b", "c", "d"))
    view = window.find_page.view
    for _ in range(2):
        view.step(Qt.Key.Key_Down, is_extending=True)
    view.step(Qt.Key.Key_Up, is_extending=True)
    view.step(Qt.Key.Key_Down, is_extending=True)
    view.follows_up = True
    view.show_answer(files_of("new", "d", "c", "b", "a"), is_final=True)
    assert shown(window) == ["a", "b", "c", "new", "d"]
    assert view.selected_rows() == [0, 1, 2]


def test_results_stand_in_the_order_that_was_chosen_and_it_is_remembered(
    qtbot: QtBot, window: Window, held: HeldLink
) -> None:
    files = [
        found_file("b10.txt", size_bytes=1, modified="2024-03-14T10:00:00+02:00"),
        found_file("b9.txt", size_bytes=3, modified="2024-03-14T09:00:00+00:00"),
        found_file("a.txt", size_bytes=2, modified="broken"),
    ]
    answer(window, held, files)
    page = window.find_page
    assert page.sorting.isVisible()
    assert page.sorting.text() == "Best first"
    names = {"By name": ["a.txt", "b9.txt", "b10.txt"], "Newest first": ["b9.txt", "b10.txt", "a.txt"]}
    names["Largest first"] = ["b9.txt", "a.txt", "b10.txt"]
    menu = page.sorting.menu()
    assert menu is not None
    for action in menu.actions()[1:]:
        action.trigger()
        assert shown(window) == names[action.text()]
    assert page.sorting.accessibleName() == "Order: Largest first"
    assert Preferences(window.tools.link.home).order == "largest"
    answer(window, held, files)
    assert shown(window) == names["Largest first"]
    menu.actions()[0].trigger()
    assert shown(window) == ["b10.txt", "b9.txt", "a.txt"], "as they came"


def test_a_list_by_filters_alone_is_said_to_be_by_date_and_nothing_in_it_to_be_best(
    qtbot: QtBot, window: Window, held: HeldLink
) -> None:
    files = [found_file(name, why=[]) for name in ("new.txt", "b.txt", "old.txt")]
    answer(window, held, files, query="")
    sorting = window.find_page.sorting
    menu = sorting.menu()
    assert menu is not None

    def choose(words: str) -> None:
        next(action for action in menu.actions() if action.isVisible() and action.text() == words).trigger()

    def checked() -> list[str]:
        return [action.text() for action in menu.actions() if action.isVisible() and action.isChecked()]

    assert (sorting.text(), checked()) == ("Newest first", ["Newest first"])
    assert "Best first" not in [action.text() for action in menu.actions() if action.isVisible()]
    choose("By name")
    assert shown(window) == ["b.txt", "new.txt", "old.txt"]
    choose("Newest first")
    assert shown(window) == ["new.txt", "b.txt", "old.txt"]
    answer(window, held, files_of("b", "a"))
    assert (sorting.text(), checked()) == ("Best first", ["Best first"]), "where words rank, they do again"


def test_weak_matches_stay_behind_all_others_in_every_order() -> None:
    files = [found_file("a", "weak"), found_file("b")]
    for order in ("best", "name", "newest", "largest"):
        assert [file["name"] for file in ordered(files, order)] == ["b", "a"]


def test_an_order_is_one_of_all_files_that_fit(qtbot: QtBot, window: Window, held: HeldLink) -> None:
    answer(window, held, [found_file(f"{number}.txt") for number in range(FIRST_LIMIT)])
    page = window.find_page
    assert page.searching.limit == FIRST_LIMIT
    menu = page.sorting.menu()
    assert menu is not None
    menu.actions()[2].trigger()
    assert page.searching.limit == LAST_LIMIT


def test_the_order_is_offered_where_there_are_rows_to_be_sorted(qtbot: QtBot, window: Window, held: HeldLink) -> None:
    page = window.find_page
    assert not page.sorting.isVisible()
    answer(window, held, files_of("a"))
    assert not page.sorting.isVisible()
    answer(window, held, files_of("a", "b"))
    assert page.sorting.isVisible()
    window.show_page("index")
    assert not page.sorting.isVisible()
    window.show_page("find")
    assert page.sorting.isVisible()
    page.box.clear()
    assert not page.sorting.isVisible()


def test_files_or_a_text_on_the_clipboard_are_compared_with(qtbot: QtBot, window: Window, held: HeldLink) -> None:
    clipboard, page = QGuiApplication.clipboard(), window.find_page
    window.tools.opener.copy_file(["file:///home/ada/a%20b.txt", "file:///home/ada/%E5%90%88.txt"])
    qtbot.keyClick(page.box.edit, Qt.Key.Key_V, SHIFT | CONTROL)
    assert held.calls[-1].method == "similar"
    assert held.calls[-1].params["uris"] == ["file:///home/ada/a%20b.txt", "file:///home/ada/%E5%90%88.txt"]
    clipboard.setText("  the deposit is returned  ")
    qtbot.keyClick(page.box.edit, Qt.Key.Key_V, SHIFT | CONTROL)
    assert (held.calls[-1].params["uris"], held.calls[-1].params["text"]) == ([], "the deposit is returned")
    assert page.chips.subject == "Similar to a text"
    asked = len(held.calls)
    clipboard.clear()
    qtbot.keyClick(page.box.edit, Qt.Key.Key_V, SHIFT | CONTROL)
    assert len(held.calls) == asked
    assert said(window) == "There is neither a file nor a text on the clipboard."
