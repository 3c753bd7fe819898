"""The settings' section on the desktop: a box is checked where something is added, and adds it or takes it away."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from finder.paths import Home
from ui.errors import ErrorDialog
from ui.settings.integration import Integration

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it would change this computer's own desktop")


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with a file manager and with the program that it is to call."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("inkling", "thunar", "systemctl"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    monkeypatch.setattr("sys.executable", str(programs / "python"))
    for name, value in {"HOME": tmp_path, "PATH": programs, "XDG_CONFIG_DIRS": tmp_path / "etc"}.items():
        monkeypatch.setenv(name, str(value))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def section(user: Path, qapp: QApplication, qtbot: QtBot) -> Integration:
    section = Integration(Home(user / "index"))
    qtbot.addWidget(section)
    section.show()
    return section


def test_a_box_adds_and_takes_away(section: Integration, user: Path) -> None:
    entry = user / ".config" / "autostart" / "inkling.desktop"
    assert {name: box.isChecked() for name, box in section.boxes.items()} == dict.fromkeys(
        ("autostart-app", "autostart-service", "thunar", "launcher"), False
    )
    section.boxes["autostart-app"].click()
    assert entry.exists()
    section.boxes["autostart-app"].click()
    assert not entry.exists()


def test_what_a_terminal_changed_is_seen_when_it_is_shown_again(section: Integration, user: Path) -> None:
    section.boxes["thunar"].click()
    section.hide()
    (user / ".config" / "Thunar" / "uca.xml").unlink()
    section.show()
    assert not section.boxes["thunar"].isChecked()


def test_a_failure_is_told_and_the_box_goes_back(section: Integration, user: Path) -> None:
    (user / ".config" / "Thunar").mkdir(parents=True)
    (user / ".config" / "Thunar" / "uca.xml").write_text("<actions>")
    section.boxes["thunar"].click()
    assert not section.boxes["thunar"].isChecked()
    assert section.findChildren(ErrorDialog)
