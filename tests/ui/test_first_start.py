"""The first start against a real service: what is suggested, what is counted, and what a click begins."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from finder.config import SettingsFile
from finder.errors import ServiceError
from finder.paths import Home, path_to_uri
from finder.service.client import connect
from tests.conftest import end_service, make_documents, make_home
from tests.ui.conftest import ANSWER_TIMEOUT_MS
from tests.ui.links import HeldLink
from ui.errors import ErrorDialog
from ui.first.estimate import estimate
from ui.first.page import FirstStart, is_first_start
from ui.first.suggestions import SUGGESTED, Kind, Suggestion, suggestion
from ui.link import Link
from ui.preferences import Preferences
from ui.resident import Resident
from ui.theme.widgets import Button
from ui.window import Window


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Somebody with documents, an empty desktop, and letters."""
    folder = tmp_path / "ada"
    make_documents(folder / "Documents")
    (folder / "Desktop").mkdir()
    mail = folder / ".thunderbird" / "x1.default" / "Mail"
    mail.mkdir(parents=True)
    (mail / "letter.eml").write_text("Subject: Boat\n\nThe harbour is closed.\n")
    usual = {"DocumentsLocation": "Documents", "DesktopLocation": "Desktop", "DownloadLocation": ""}
    places = {getattr(QStandardPaths.StandardLocation, key): str(folder / name) for key, name in usual.items()}
    monkeypatch.setattr(
        QStandardPaths, "writableLocation", lambda location: places.get(location, str(folder / "nowhere"))
    )
    monkeypatch.setattr("ui.first.page.QDir.homePath", lambda: str(folder))
    return folder


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, runtime_folder: Path) -> Iterator[Home]:
    """A home in which nothing is ever indexed."""
    made = make_home(tmp_path_factory.mktemp("fresh") / "home")
    yield made
    end_service(made)


@pytest.fixture
def first(qtbot: QtBot, qapp: QApplication, fresh: Home, person: Path) -> Iterator[FirstStart]:
    yield from _shown(qtbot, fresh, person)


def _shown(qtbot: QtBot, home: Home, person: Path, still_looked_for: int = 0) -> Iterator[FirstStart]:
    link = Link(home)
    window = Window(link, Preferences(Home(person)))
    qtbot.addWidget(window)
    page = FirstStart(window.tools)
    qtbot.addWidget(page)
    page.show()
    qtbot.waitUntil(lambda: page.looked_for == still_looked_for)
    yield page
    link.close()


def names(page: FirstStart) -> dict[str, bool]:
    return {row.box.text(): row.box.isChecked() for row in page.rows}


def test_folders_that_are_there_are_suggested_and_none_that_is_the_whole_home(person: Path) -> None:
    found = {kind: one for kind in SUGGESTED if (one := suggestion(kind, person)) is not None}
    assert list(found) == ["documents", "desktop", "mail"]  # downloads would be the home itself
    assert found["mail"].uris == (path_to_uri(os.fsencode(person / ".thunderbird" / "x1.default" / "Mail")),)


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """The folder of documents is on a server that answers once this is set."""
    answers = threading.Event()

    def look(kind: Kind, home: Path) -> Suggestion | None:
        if kind == "documents":
            answers.wait(120)
        return suggestion(kind, home)

    monkeypatch.setattr("ui.first.page.suggestion", look)
    return answers


@pytest.fixture
def waiting(qtbot: QtBot, fresh: Home, person: Path, hanging: threading.Event) -> Iterator[FirstStart]:
    yield from _shown(qtbot, fresh, person, still_looked_for=1)


def test_a_folder_on_a_server_that_hangs_holds_up_neither_the_page_nor_the_other_folders(
    qtbot: QtBot, waiting: FirstStart, hanging: threading.Event
) -> None:
    assert list(names(waiting)) == ["Desktop", "Mail (Thunderbird)"]
    assert waiting.start.isEnabled()
    hanging.set()
    qtbot.waitUntil(lambda: waiting.looked_for == 0)
    assert list(names(waiting)) == ["Documents", "Desktop", "Mail (Thunderbird)"]


def test_what_was_chosen_while_folders_were_looked_for_is_not_suggested_once_more_and_nothing_goes_on_behind(
    qtbot: QtBot, held: HeldLink, person: Path, hanging: threading.Event
) -> None:
    window = Window(held, Preferences(Home(person)))
    page, gone = FirstStart(window.tools), FirstStart(window.tools)
    for made in (window, page):
        qtbot.addWidget(made)
    qtbot.waitUntil(lambda: page.looked_for == gone.looked_for == 1)
    delete(gone)
    page.take_folder(path_to_uri(os.fsencode(person / "Documents")))
    hanging.set()
    qtbot.waitUntil(lambda: page.looked_for == 0)
    assert [row.suggestion.kind for row in page.rows] == ["desktop", "mail", "other"]
    qtbot.waitUntil(lambda: not any(thread.name.startswith("suggestion") for thread in threading.enumerate()))


def test_what_is_in_each_folder_is_counted_and_start_says_how_much(first: FirstStart, qtbot: QtBot) -> None:
    assert names(first) == {"Documents": True, "Desktop": True, "Mail (Thunderbird)": True}
    assert first.focusWidget() is first.start, "Enter begins"
    qtbot.waitUntil(lambda: first.start.text() == "Start with 5 files", timeout=ANSWER_TIMEOUT_MS)
    qtbot.mouseClick(first.rows[2].box, Qt.MouseButton.LeftButton)
    assert first.start.text() == "Start with 4 files"
    for row in first.rows:
        row.box.setChecked(False)
    assert not first.start.isEnabled()


def test_a_click_begins_and_the_files_are_found(qtbot: QtBot, qapp: QApplication, home: Home, person: Path) -> None:
    shown = _shown(qtbot, home, person)
    first = next(shown)
    qtbot.waitUntil(lambda: first.start.text() == "Start with 5 files", timeout=ANSWER_TIMEOUT_MS)
    assert is_first_start(first._tools.link, first._tools.preferences)
    with qtbot.waitSignal(first.finished):
        qtbot.mouseClick(first.start, Qt.MouseButton.LeftButton)

    def is_found() -> bool:
        with connect(home) as client:
            found = client.call("find", {"query": "harbour", "folders": [], "mode": "keyword", "limit": 5})
        return any(file["name"] == "letter.eml" for file in found["results"])

    qtbot.waitUntil(is_found, timeout=ANSWER_TIMEOUT_MS)
    assert len(SettingsFile(home.settings).load().folders) == 3
    assert not is_first_start(first._tools.link, Preferences(Home(person)))
    assert not is_first_start(first._tools.link, Preferences(home)), "an index that was made in a terminal is one"
    assert list(shown) == []


def test_put_off_it_does_not_come_again_and_nothing_is_indexed(
    first: FirstStart, qtbot: QtBot, fresh: Home, person: Path
) -> None:
    later = next(button for button in first.findChildren(Button) if button.text() == "Not now")
    with qtbot.waitSignal(first.finished):
        qtbot.mouseClick(later, Qt.MouseButton.LeftButton)
    assert not is_first_start(first._tools.link, Preferences(Home(person)))
    assert SettingsFile(fresh.settings).load().folders == ()


def test_another_folder_is_offered_once_and_one_that_may_not_be_read_says_so(
    first: FirstStart, qtbot: QtBot, tmp_path: Path
) -> None:
    other = make_documents(tmp_path / "papers")
    for _ in range(2):
        first.take_folder(path_to_uri(os.fsencode(other)))
    assert len(first.rows) == 4
    first.take_folder(path_to_uri(os.fsencode(tmp_path / "absent")))
    qtbot.waitUntil(lambda: not first.rows[4].box.isEnabled(), timeout=ANSWER_TIMEOUT_MS)
    assert first.rows[4]._count.text() == "No such folder"
    assert not first.rows[4].is_wanted


@pytest.mark.usefixtures("chinese")
def test_it_speaks_chinese(first: FirstStart, qtbot: QtBot) -> None:
    assert names(first) == {"文档": True, "桌面": True, "邮件（Thunderbird）": True}
    qtbot.waitUntil(lambda: first.start.text() == "开始（5 个文件）", timeout=ANSWER_TIMEOUT_MS)


def test_times_grow_with_the_files_and_meaning_is_never_before_text() -> None:
    few, many = estimate(100, 0.01), estimate(100_000, 0.01)
    assert few.names_s < few.text_s <= few.meaning_s < many.meaning_s
    assert estimate(100_000, None).meaning_s >= estimate(100_000, None).text_s


def test_the_app_begins_with_it_and_goes_on_with_the_window(
    qtbot: QtBot, qapp: QApplication, fresh: Home, person: Path
) -> None:
    resident = Resident(qapp, Link(fresh), Preferences(Home(person)))
    try:
        resident.show_window()
        first = resident._first
        assert first is not None
        assert first.isVisible()
        assert not resident.window.isVisible()
        first._finish()
        assert resident.window.isVisible()
        assert not first.isVisible()
        assert resident._first_start() is None
        first.adding.failed.emit(ServiceError("The folder cannot be indexed", "", "Choose another."))
        (told,) = resident.window.findChildren(ErrorDialog)
        assert "cannot be indexed" in told.accessibleName()
    finally:
        resident.window.hide()
        resident.close()
        resident.window.deleteLater()
        resident.deleteLater()
