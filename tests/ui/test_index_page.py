"""The Index page against a real service: what it shows, and what its buttons do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from finder.errors import EnvironmentFaultError
from finder.paths import Home, path_to_uri
from finder.service.client import connect
from tests.conftest import end_service, make_documents, make_home, run_inkling
from tests.ui.conftest import ANSWER_TIMEOUT_MS
from ui.errors import ErrorDialog, show_error
from ui.index.folders import FoldersCard
from ui.index.plot import RatePlot, nice_top
from ui.index.problems import FilesDialog
from ui.index.tallies import tallies
from ui.link import Link
from ui.pages.index import IndexPage
from ui.preferences import Preferences
from ui.theme.widgets import Label
from ui.window import Window


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory, runtime_folder: Path) -> Iterator[tuple[Home, Path]]:
    """A home with four documents, a broken one, and one that is found by its name alone."""
    folder = tmp_path_factory.mktemp("troubled")
    home, documents = make_home(folder / "home"), make_documents(folder / "documents")
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7\nno more of it")
    (documents / "disk.iso").write_bytes(b"x")
    run_inkling(home, folder, "index", documents)
    yield home, documents
    end_service(home)


@pytest.fixture
def page(qtbot: QtBot, qapp: QApplication, troubled: tuple[Home, Path], tmp_path: Path) -> Iterator[IndexPage]:
    link = Link(troubled[0])
    window = Window(link, Preferences(Home(tmp_path)))
    qtbot.addWidget(window)
    window.resize(1240, 800)
    window.show()
    link.start()
    window.show_page("index")
    shown = window._page("index")
    assert isinstance(shown, IndexPage)
    qtbot.waitUntil(lambda: "4" in shown._headline.text(), timeout=ANSWER_TIMEOUT_MS)
    yield shown
    link.close()


def press(qtbot: QtBot, button: Any) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def answer(qtbot: QtBot, verb: str) -> str:
    """Press a button of the question that is open; returns what it costs."""
    qtbot.waitUntil(lambda: any(isinstance(w, QMessageBox) and w.isVisible() for w in QApplication.topLevelWidgets()))
    box = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox) and w.isVisible())
    cost = box.informativeText()
    press(qtbot, next(button for button in box.buttons() if button.text() == verb))
    return cost


def status_of(home: Home) -> dict[str, Any]:
    with connect(home) as client:
        return client.call("status")


def test_every_file_stands_in_one_share_of_the_bar() -> None:
    files = {"waiting": 3, "read": 10, "name_only": 2, "failed": 1}
    counts = tallies({"files": files, "without_meaning": 4})  # type: ignore[typeddict-item]
    assert counts == {"meaning": 6, "text": 4, "name": 3, "left_out": 2, "failed": 1}
    more_than_read = tallies({"files": files, "without_meaning": 99})  # type: ignore[typeddict-item]
    assert (more_than_read["meaning"], more_than_read["text"]) == (0, 10)


def test_it_tells_how_far_the_index_is_and_what_needs_a_look(page: IndexPage) -> None:
    assert page._headline.text() == "4 of 6 files can be found by meaning"
    assert page.bar.buttons["failed"].accessibleName() == "1 Need a look"
    assert page.problems._title.text() == "1 file needs a look"


def test_a_page_made_while_files_are_indexed_says_how_long_it_takes(page: IndexPage, qtbot: QtBot) -> None:
    assert page._status is not None
    link, status = page._tools.link, {**page._status, "phase": "embedding"}
    link.progress = {
        "phase": "embedding", "files_seen": 0, "files_read": 0, "files_total": 0, "bytes_read": 0, "bytes_total": 0,
        "passages_embedded": 1, "passages_total": 9, "passages_per_second": 20.0, "seconds_left": 600.0,
    }  # fmt: skip
    later = IndexPage(page._tools)
    qtbot.addWidget(later)
    later._take_status(status)
    assert "20 passages a second" in later._line.text()
    link.progress = None
    unheard = IndexPage(page._tools)
    qtbot.addWidget(unheard)
    unheard._take_status(status)
    assert unheard._line.text() == "Indexing"


def test_a_share_of_the_bar_tells_of_its_files(page: IndexPage, qtbot: QtBot) -> None:
    press(qtbot, page.bar.buttons["left_out"])
    assert page.problems._title.text() == "By name on purpose"
    bar = page.bar._bar
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=QPoint(bar.width() - 2, bar.height() // 2))
    assert page.problems._title.text() == "1 file needs a look"


def test_pause_and_resume_say_why_and_what_happens(page: IndexPage, qtbot: QtBot, troubled: tuple[Home, Path]) -> None:
    press(qtbot, page.rest)
    qtbot.waitUntil(lambda: page.rest.text() == "Resume now", timeout=ANSWER_TIMEOUT_MS)
    assert page._line.text().startswith("Paused by you.")
    assert status_of(troubled[0])["pauses"]
    press(qtbot, page.rest)
    qtbot.waitUntil(lambda: page.rest.text() == "Pause", timeout=ANSWER_TIMEOUT_MS)
    assert not status_of(troubled[0])["pauses"]


def test_the_files_of_a_problem_are_named(page: IndexPage, qtbot: QtBot) -> None:
    assert page._status is not None
    dialog = FilesDialog(page._tools, page._status["failures"][0], page)
    qtbot.addWidget(dialog)
    qtbot.waitUntil(lambda: dialog.list.count() == 1, timeout=ANSWER_TIMEOUT_MS)
    assert dialog.list.item(0).text().endswith("broken.pdf")


def test_failed_files_are_tried_again_at_a_press(page: IndexPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.problems.changed, timeout=ANSWER_TIMEOUT_MS):
        press(qtbot, page.problems._again)


def test_a_folder_comes_and_goes_and_going_is_asked_about(
    page: IndexPage, qtbot: QtBot, troubled: tuple[Home, Path], tmp_path: Path
) -> None:
    folder = make_documents(tmp_path / "more & <b>more</b>")
    card: FoldersCard = page.folders
    card.add([path_to_uri(os.fsencode(folder))])
    qtbot.waitUntil(lambda: len(card._shown or []) == 2, timeout=ANSWER_TIMEOUT_MS)
    added = next(entry for entry in card._shown or [] if entry["path"] == str(folder))
    qtbot.waitUntil(lambda: status_of(troubled[0])["files"]["read"] == 8, timeout=ANSWER_TIMEOUT_MS)
    card._ask_to_remove(added)
    answer(qtbot, "Cancel")
    assert len(status_of(troubled[0])["folders"]) == 2
    card._ask_to_remove(added)
    assert "are not touched" in answer(qtbot, "Remove")
    qtbot.waitUntil(lambda: len(card._shown or []) == 1, timeout=ANSWER_TIMEOUT_MS)
    assert (folder / "lease.txt").exists()


def test_a_folder_that_cannot_be_indexed_is_an_error_to_act_on(page: IndexPage, qtbot: QtBot, tmp_path: Path) -> None:
    page.folders.add([path_to_uri(os.fsencode(tmp_path / "absent"))])
    qtbot.waitUntil(lambda: bool(page.folders.findChildren(ErrorDialog)), timeout=ANSWER_TIMEOUT_MS)
    (dialog,) = page.folders.findChildren(ErrorDialog)
    assert dialog.accessibleName().startswith("No such folder")
    dialog.close()


def test_the_details_of_an_error_are_copied_whole(qtbot: QtBot, page: IndexPage) -> None:
    error = EnvironmentFaultError("No room", "It takes 1.2 GB.", "Make room.", "/home/ada/models")
    dialog = show_error(error, page)
    press(qtbot, dialog._copy)
    copied = QApplication.clipboard().text()
    assert all(part in copied for part in ("No room", "It takes 1.2 GB.", "Make room.", "/home/ada/models"))
    assert "Traceback" not in copied
    dialog.close()


@pytest.mark.parametrize(
    ("most", "top"), [(0.04, 0.04), (0.05, 0.08), (3.9, 4), (4.1, 8), (8.1, 20), (21, 40), (7e3, 8e3)]
)
def test_the_axis_ends_at_a_number_whose_quarter_is_short(most: float, top: float) -> None:
    assert nice_top(most) == pytest.approx(top)


def test_a_pause_is_a_gap_in_the_line_and_not_a_fall_to_zero(qtbot: QtBot) -> None:
    plot = RatePlot()
    qtbot.addWidget(plot)
    plot.resize(900, 200)
    pauses = [{"cause": "battery", "begun_ago_s": 2400.0, "ended_ago_s": 1200.0}]
    rates: Any = {"step_s": 20.0, "bytes_read": [40_000_000] * 180, "passages_embedded": [0] * 180, "pauses": pauses}
    plot.show_rates(rates, "bytes_read")
    assert "now 2.0 MB/s" in plot.accessibleName()
    box = QRectF(0, 0, 3600, 100)
    points = [QPointF(3600 - ago_s, 0.0) for ago_s in range(3590, 0, -20)]
    before, after = plot._runs(points, box)
    assert before[-1].x() < 1200 < 2400 < after[0].x()
    assert not plot.grab().isNull()


def test_typing_into_the_box_goes_back_to_find_and_loses_no_letter(page: IndexPage, qtbot: QtBot) -> None:
    window = page.window()
    assert isinstance(window, Window)
    edit = window.find_page.box.edit
    edit.setFocus()
    qtbot.keyClicks(edit, "soup")
    assert window._stack.currentWidget() is window.find_page
    assert window.find_page.box.text == "soup"


def test_reasons_that_are_said_in_the_same_words_are_one_line(qtbot: QtBot, page: IndexPage) -> None:
    assert page._status is not None
    first = page._status["failures"][0]
    other = {**first, "reason": "another reader's words", "count": 2}
    status: Any = {**page._status, "failures": [first, other]}
    page.problems.show_standing("failed", 3, status)

    def shown() -> list[str]:
        return [label.text() for label in page.problems.findChildren(Label) if label.isVisible()]

    qtbot.waitUntil(lambda: "3" in shown())
    assert shown().count("Damaged, could not be read") == 1
