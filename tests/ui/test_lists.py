"""Lists of files: what every one of them has in common, whatever comes in while one looks at it."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from tests.ui.files import found_files
from ui.results.model import ResultModel
from ui.results.view import ResultView


def entry(menu: QMenu, words: str) -> QAction:
    return next(action for action in menu.actions() if words in action.text())


def test_a_menu_acts_on_the_file_it_was_opened_for_though_another_answer_came(qtbot: QtBot) -> None:
    view = ResultView(ResultModel("/home/ada"))
    qtbot.addWidget(view)
    view.show_answer(found_files("a", "b"), is_final=False)
    menu = view._menu()
    view.show_answer(found_files("new", "b", "a"), is_final=True)
    with qtbot.waitSignal(view.wished) as wished:
        entry(menu, "Copy its path").trigger()
    assert wished.args == ["copy_path", ["file:///home/ada/flat/a"]]
