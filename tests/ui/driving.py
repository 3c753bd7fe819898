"""What several tests do with the real window first: search, and go to a file."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from tests.ui.conftest import ANSWER_TIMEOUT_MS
from ui.window import Window


def find(qtbot: QtBot, window: Window, query: str, name: str) -> None:
    """Search, and go to the row of a file."""
    page = window.find_page
    page.box.set_text(query)
    with qtbot.waitSignal(
        page.searching.answered, timeout=ANSWER_TIMEOUT_MS, check_params_cb=lambda found, is_final: is_final
    ):
        page.searching.ask()
    page._panes.show_list()
    names = [page.model.row(number).name for number in range(page.model.rowCount())]
    page.view.setCurrentIndex(page.model.index(names.index(name)))
