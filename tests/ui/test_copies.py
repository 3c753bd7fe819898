"""The Copies page: groups of equal files and of versions, what can be done with them, and nothing found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from finder.paths import Home
from tests.conftest import end_service, make_documents, make_home, run_inkling
from tests.ui.conftest import ANSWER_TIMEOUT_MS
from tests.ui.test_window import shown
from ui.link import Link
from ui.pages.copies import CopiesPage
from ui.preferences import Preferences
from ui.window import Window


@pytest.fixture(scope="module")
def doubled(tmp_path_factory: pytest.TempPathFactory, runtime_folder: Path) -> Iterator[Home]:
    """A home whose service has indexed four documents, and a copy of one of them."""
    folder = tmp_path_factory.mktemp("doubled")
    home, documents = make_home(folder / "home"), make_documents(folder / "documents")
    (documents / "lease copy.txt").write_bytes((documents / "lease.txt").read_bytes())
    done = run_inkling(home, folder, "index", documents)
    assert done.returncode == 0, done.stderr
    yield home
    end_service(home)


def opened(qtbot: QtBot, link: Link, folder: Path) -> tuple[Window, CopiesPage]:
    window = Window(link, Preferences(Home(folder)))
    qtbot.addWidget(window)
    window.resize(1240, 800)
    window.show()
    window.show_page("copies")
    page = window.findChild(CopiesPage)
    assert isinstance(page, CopiesPage)
    return window, page


def said(page: CopiesPage) -> str:
    return " ".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


def test_copies_are_shown_in_groups_and_nothing_is_deleted(
    qtbot: QtBot, doubled: Home, tmp_path: Path, qtmodeltester: ModelTester
) -> None:
    link = Link(doubled)
    window, page = opened(qtbot, link, tmp_path)
    qtbot.waitUntil(lambda: bool(page.model.rows), timeout=ANSWER_TIMEOUT_MS)
    rows = page.model.rows
    assert {row.name for row in rows} == {"lease.txt", "lease copy.txt"}
    assert rows[0].heading.startswith("2 equal files")
    assert rows[0].badge is not None
    assert rows[0].badge.text == "newest"
    assert rows[1].heading == ""
    assert "1 group of equal files" in said(page)
    assert "Nothing is deleted here" in said(page)
    qtmodeltester.check(page.model)
    asked: list[str] = []
    window.tools.opener.show_in_folder = asked.append  # type: ignore[assignment, method-assign]
    qtbot.keyClick(window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert asked == [rows[0].uri]
    qtbot.keyClick(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: shown(window) == [rows[1].name], timeout=ANSWER_TIMEOUT_MS)
    link.close()


def test_where_nothing_is_double_the_page_says_so(qtbot: QtBot, link: Link, tmp_path: Path) -> None:
    _, page = opened(qtbot, link, tmp_path)
    qtbot.waitUntil(lambda: "No copies" in said(page), timeout=ANSWER_TIMEOUT_MS)
    assert "None of 4 files" in said(page)
