"""Opening a file: by the desktop's program, with its exact name, and a program only after a question."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from finder.paths import path_to_uri
from tests.ui.conftest import ANSWER_TIMEOUT_MS
from ui.opening import Opener, may_run


class Desktop(QObject):
    """Stands where the desktop's programs would: remembers what it was asked to open."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(bytes(url.toEncoded().data()).decode())


@pytest.fixture
def desktop(qapp: QApplication) -> Iterator[Desktop]:
    made = Desktop()
    QDesktopServices.setUrlHandler("file", made, "open")
    yield made
    QDesktopServices.unsetUrlHandler("file")


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def opener(window: QWidget) -> Opener:
    return Opener(window)


def box_of(qtbot: QtBot, window: QWidget) -> QMessageBox:
    """The box that is put before the window."""
    qtbot.waitUntil(lambda: bool(window.findChildren(QMessageBox)), timeout=ANSWER_TIMEOUT_MS)
    return window.findChildren(QMessageBox)[0]


@pytest.mark.parametrize("name", [b"plain.txt", "合同 2023.txt".encode(), b"caf\xe9 100%.txt", b"a?b#c.txt"])
def test_a_file_is_opened_by_its_exact_name(
    qtbot: QtBot, opener: Opener, desktop: Desktop, tmp_path: Path, name: bytes
) -> None:
    path = bytes(tmp_path) + b"/" + name
    with open(path, "wb") as file:
        file.write(b"text")
    uri = path_to_uri(path)
    with qtbot.waitSignal(opener.opened, timeout=ANSWER_TIMEOUT_MS):
        opener.open(uri)
    assert desktop.opened == [uri]


def answer(qtbot: QtBot, window: QWidget, button_text: str) -> None:
    """Press a button of the question that is asked."""
    box = box_of(qtbot, window)
    next(button for button in box.buttons() if button_text in button.text()).click()
    qtbot.waitUntil(lambda: not window.findChildren(QMessageBox), timeout=ANSWER_TIMEOUT_MS)


def test_a_program_is_opened_only_after_a_question(
    qtbot: QtBot, window: QWidget, opener: Opener, desktop: Desktop, tmp_path: Path
) -> None:
    launcher = tmp_path / "invoice.desktop"
    launcher.write_text("[Desktop Entry]\nExec=true\n")
    uri = path_to_uri(bytes(launcher))
    opener.open(uri)
    answer(qtbot, window, "Cancel")
    assert desktop.opened == []
    opener.open(uri)
    answer(qtbot, window, "Open all the same")
    assert desktop.opened == [uri]


def test_a_file_that_is_gone_is_told_of_and_not_opened(
    qtbot: QtBot, window: QWidget, opener: Opener, desktop: Desktop, tmp_path: Path
) -> None:
    opener.open(path_to_uri(bytes(tmp_path / "gone.txt")))
    assert "not there any more" in box_of(qtbot, window).text()
    assert desktop.opened == []


def test_a_file_on_a_drive_that_is_away_is_not_said_to_be_gone(
    qtbot: QtBot, opener: Opener, desktop: Desktop, window: QWidget, tmp_path: Path
) -> None:
    opener.open(path_to_uri(bytes(tmp_path / "drive" / "photos" / "lisbon.txt")))
    box = box_of(qtbot, window)
    assert "away" in box.text()
    assert "lisbon.txt opens when it is back" in box.informativeText()
    assert desktop.opened == []


def test_a_drive_that_hangs_holds_nothing_up_and_opens_nothing_long_after(
    qtbot: QtBot, window: QWidget, opener: Opener, desktop: Desktop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_back, is_looked_at = threading.Event(), threading.Event()

    def hangs(path: bytes) -> str:
        is_looked_at.set()
        is_back.wait()
        return "file"

    monkeypatch.setattr("ui.opening._seen", hangs)
    monkeypatch.setattr("ui.opening._PATIENCE_MS", 1)
    seen: list[str] = []
    opener._seen.connect(lambda uri, what: seen.append(what))
    file = tmp_path / "on a server.txt"
    file.write_text("text")
    opener.open(path_to_uri(bytes(file)))
    opener.open(path_to_uri(bytes(file)))  # a second press asks no second time
    assert "does not answer" in box_of(qtbot, window).text()
    assert len(window.findChildren(QMessageBox)) == 1
    qtbot.waitUntil(is_looked_at.is_set, timeout=ANSWER_TIMEOUT_MS)
    is_back.set()
    qtbot.waitUntil(lambda: seen == ["file"], timeout=ANSWER_TIMEOUT_MS)
    assert desktop.opened == []


@pytest.mark.parametrize(
    ("name", "content", "mode", "runs"),
    [
        ("a.desktop", b"", 0o644, True),
        ("a.SH", b"", 0o644, True),
        ("a.py", b"print()", 0o644, True),
        ("setup.exe", b"", 0o644, True),
        ("no-extension", b"\x7fELF....", 0o755, True),
        ("no-extension", b"#!/bin/sh\n", 0o755, True),
        ("no-extension", b"#!/bin/sh\n", 0o644, False),
        ("letter.txt", b"Dear", 0o755, False),
        ("letter.pdf", b"%PDF", 0o644, False),
    ],
)
def test_what_might_run_is_known_by_name_content_and_rights(
    tmp_path: Path, name: str, content: bytes, mode: int, runs: bool
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    path.chmod(mode)
    assert may_run(bytes(path)) is runs


def test_the_clipboard_gets_a_file_as_file_managers_take_it(opener: Opener, tmp_path: Path) -> None:
    uri = path_to_uri(bytes(tmp_path / "合同.txt"))
    opener.copy_file([uri])
    data = QGuiApplication.clipboard().mimeData()
    assert bytes(data.data("x-special/gnome-copied-files").data()).decode() == f"copy\n{uri}"
    assert [bytes(url.toEncoded().data()).decode() for url in data.urls()] == [uri]
    opener.copy_paths([uri])
    assert QGuiApplication.clipboard().text() == str(tmp_path / "合同.txt")


def test_without_a_file_manager_on_the_bus_the_folder_is_opened(
    opener: Opener, desktop: Desktop, tmp_path: Path
) -> None:
    (tmp_path / "a b").mkdir()
    file = tmp_path / "a b" / "x.txt"
    file.write_text("x")
    opener.show_in_folder(path_to_uri(bytes(file)))
    assert desktop.opened == [path_to_uri(bytes(tmp_path / "a b"))]
