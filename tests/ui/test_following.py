"""What was asked too early is asked again while indexing goes on."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from finder.paths import Home, path_to_uri
from tests.ui.conftest import ANSWER_TIMEOUT_MS
from tests.ui.test_window import answer_to, empty_texts, shown
from ui.link import Link
from ui.preferences import Preferences
from ui.window import Window


def test_what_is_indexed_after_the_question_appears_by_itself(
    qtbot: QtBot, qapp: object, home: Home, documents: Path, tmp_path: Path
) -> None:
    link = Link(home)
    window = Window(link, Preferences(Home(tmp_path / "app")))
    qtbot.addWidget(window)
    window.show()
    link.start()
    answer_to(qtbot, window, "landlord deposit")
    assert "No folder is indexed" in empty_texts(window)
    link.call("index", {"folders": [path_to_uri(bytes(documents))], "is_watched": True})
    qtbot.waitUntil(lambda: shown(window)[:1] == ["lease.txt"], timeout=ANSWER_TIMEOUT_MS)
    qtbot.waitUntil(window.find_page.view.isVisible)
    link.close()
