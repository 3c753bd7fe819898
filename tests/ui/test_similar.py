"""Find similar: three parts in the place of the results, a chip that says of what, and the way back to the query."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from finder.paths import Home, path_to_uri
from finder.service.client import connect
from tests.ui.conftest import ANSWER_TIMEOUT_MS
from tests.ui.files import found_files
from tests.ui.test_window import answer_to, empty_texts, shown
from ui.results.model import ResultModel, ResultRole
from ui.window import Window

_LETTER = (
    "Dear Ms Okafor, we confirm that the heating in the flat on the second floor was repaired on Monday. "
    "The engineer replaced the valve and the pump, and tested both for an hour. Please call us if it fails again.\n"
)


@pytest.fixture(scope="module")
def letters(indexed: tuple[Home, Path]) -> Path:
    """A letter, a copy of it and a version, beside the four documents."""
    home, folder = indexed
    (folder / "letter.txt").write_text(_LETTER * 3)
    (folder / "letter copy.txt").write_text(_LETTER * 3)
    (folder / "letter new.txt").write_text(_LETTER * 3 + "With kind regards, the caretaker.\n")
    with connect(home, start=False) as client:
        client.call("index", {"folders": [path_to_uri(bytes(folder))]})
    return folder


def chips(window: Window) -> list[str]:
    buttons = window.find_page.chips.findChildren(QPushButton)
    return [button.text() for button in buttons if button.isVisible()]


def similar_to_the_letter(qtbot: QtBot, window: Window) -> None:
    answer_to(qtbot, window, "name:new name:letter")
    page = window.find_page
    assert shown(window) == ["letter new.txt"]
    with qtbot.waitSignal(page.model.modelReset, timeout=ANSWER_TIMEOUT_MS):
        qtbot.keyClick(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)


def test_ctrl_d_shows_copies_and_versions_under_a_heading(qtbot: QtBot, window: Window, letters: Path) -> None:
    similar_to_the_letter(qtbot, window)
    page = window.find_page
    assert shown(window)[0] in ("letter.txt", "letter copy.txt")  # one row for equal files
    assert "letter new.txt" not in shown(window)
    assert page.model.index(0, 0).data(ResultRole.DIVIDER) == "Copies and versions"
    qtbot.waitUntil(lambda: chips(window) == ["Similar to letter new.txt   ×"])
    qtbot.waitUntil(lambda: page.preview.isVisible())


@pytest.mark.parametrize("way", ["escape", "the chip", "backspace"])
def test_what_is_similar_is_left_for_the_query(qtbot: QtBot, window: Window, letters: Path, way: str) -> None:
    similar_to_the_letter(qtbot, window)
    page = window.find_page
    qtbot.waitUntil(lambda: bool(chips(window)))
    with qtbot.waitSignal(page.searching.answered, timeout=ANSWER_TIMEOUT_MS):
        if way == "escape":
            qtbot.keyClick(window, Qt.Key.Key_Escape)
        elif way == "the chip":
            page.chips.findChildren(QPushButton)[0].click()
        else:
            page.box.edit.setCursorPosition(0)
            qtbot.keyClick(page.box.edit, Qt.Key.Key_Backspace)
    assert page.box.text == "name:new name:letter"
    assert shown(window) == ["letter new.txt"]


def test_typing_takes_the_place_of_what_is_similar(qtbot: QtBot, window: Window, letters: Path) -> None:
    similar_to_the_letter(qtbot, window)
    answer_to(qtbot, window, "onions")
    assert shown(window)[0] == "soup.md"
    assert not any("Similar" in chip for chip in chips(window))


def test_a_text_that_nothing_is_like_is_said_to_be_so(qtbot: QtBot, window: Window, letters: Path) -> None:
    page = window.find_page
    page.find_similar([], "zzqx")
    qtbot.waitUntil(lambda: "Nothing is like it" in empty_texts(window), timeout=ANSWER_TIMEOUT_MS)


def test_a_file_that_is_gone_is_an_error_in_words(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    window.find_page.find_similar([path_to_uri(bytes(tmp_path / "gone.txt"))])
    qtbot.waitUntil(lambda: "No such file" in empty_texts(window), timeout=ANSWER_TIMEOUT_MS)


def test_parts_keep_their_order_and_bear_headings() -> None:
    model = ResultModel("/home/ada")
    weak_first = found_files("b", "a", weak=("b",))
    model.show_parts([("Copies", found_files("c")), ("Subject", weak_first)])
    assert [model.row(number).name for number in range(3)] == ["c", "b", "a"]
    assert [model.index(number, 0).data(ResultRole.DIVIDER) for number in range(3)] == ["Copies", "Subject", ""]
    model.show(found_files("x"))
    assert model.index(0, 0).data(ResultRole.DIVIDER) == ""
