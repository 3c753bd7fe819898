"""How the quick search moves: it fades, unrolls from its line, and does neither where less motion is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from finder.paths import Home
from ui.link import Link
from ui.popup.motion import Motion, Shutter
from ui.popup.popup import Popup
from ui.preferences import Preferences
from ui.theme.look import Look

_LOW, _LEAST, _HIGH = 50, 80, 400
_END_MS = 60_000


class Moved(QWidget):
    """A window that notes how it is moved."""

    def __init__(self) -> None:
        super().__init__()
        self.heights: list[int] = []
        self.opacities: list[float] = []
        self.motion = Motion(self, True, self.setFixedHeight)
        self.setFixedHeight(_LOW)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.heights.append(event.size().height())

    def setWindowOpacity(self, level: float) -> None:
        self.opacities.append(level)
        super().setWindowOpacity(level)


@pytest.fixture
def moved(qtbot: QtBot) -> Moved:
    window = Moved()
    qtbot.addWidget(window)
    window.motion.come()
    window.show()
    window.heights.clear()
    return window


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The desktop asks for less motion."""
    monkeypatch.setattr(Look, "is_moving", False)


def test_it_fades_in_and_out_and_is_hidden_at_the_end(qtbot: QtBot, moved: Moved) -> None:
    qtbot.waitUntil(lambda: moved.windowOpacity() == 1.0, timeout=_END_MS)
    assert moved.opacities[0] == 0.0
    assert moved.opacities == sorted(moved.opacities)
    moved.opacities.clear()
    moved.motion.leave()
    assert moved.motion.is_leaving
    assert moved.isVisible()
    qtbot.waitUntil(lambda: not moved.isVisible(), timeout=_END_MS)
    assert moved.opacities == sorted(moved.opacities, reverse=True)
    assert not moved.motion.is_leaving


def test_called_while_it_goes_it_stays(qtbot: QtBot, moved: Moved) -> None:
    qtbot.waitUntil(lambda: moved.windowOpacity() == 1.0, timeout=_END_MS)
    moved.motion.leave()
    moved.motion.come()
    moved.show()
    qtbot.waitUntil(lambda: moved.windowOpacity() == 1.0, timeout=_END_MS)
    assert moved.isVisible()
    assert not moved.motion.is_leaving


def test_it_unrolls_from_what_has_to_be_seen_of_it_at_least(qtbot: QtBot, moved: Moved) -> None:
    moved.motion.grow(_HIGH, _LEAST)
    qtbot.waitUntil(lambda: moved.height() == _HIGH, timeout=_END_MS)
    assert moved.heights == sorted(moved.heights)
    assert moved.heights[0] >= _LEAST
    moved.motion.grow(_LOW, _LOW)
    qtbot.waitUntil(lambda: moved.height() == _LOW, timeout=_END_MS)


def test_what_nobody_sees_is_as_high_as_was_wanted_at_once(moved: Moved) -> None:
    moved.motion.grow(_HIGH, _LEAST)
    moved.hide()
    moved.motion.finish()
    assert moved.height() == _HIGH
    moved.motion.grow(_LOW, _LOW)
    assert moved.height() == _LOW


def test_where_less_motion_is_asked_for_it_neither_fades_nor_unrolls(still: None, qtbot: QtBot, moved: Moved) -> None:
    assert moved.opacities in ([], [1.0])
    moved.motion.grow(_HIGH, _LEAST)
    assert moved.heights == [_HIGH]
    moved.motion.leave()
    assert not moved.isVisible()


def test_what_is_unrolled_has_its_full_height_from_the_beginning(qtbot: QtBot) -> None:
    inner = QWidget()
    shutter = Shutter(inner)
    qtbot.addWidget(shutter)
    shutter.show()
    shutter.show_all_of(_HIGH)
    shutter.resize(300, _LOW)
    assert (inner.width(), inner.height()) == (300, _HIGH)
    shutter.resize(300, 2 * _HIGH)
    assert inner.height() == 2 * _HIGH


def test_the_key_calls_the_quick_search_back_while_it_fades(qtbot: QtBot, link: Link, tmp_path: Path) -> None:
    popup = Popup(link, Preferences(Home(tmp_path)), is_blended=True, can_fade=True)
    qtbot.addWidget(popup)
    popup.toggle()
    popup.toggle()
    assert popup.isVisible()
    popup.toggle()
    qtbot.waitUntil(lambda: popup.windowOpacity() == 1.0, timeout=_END_MS)
    assert popup.isVisible()
    popup.toggle()
    qtbot.waitUntil(lambda: not popup.isVisible(), timeout=_END_MS)


def test_a_click_on_the_tray_that_took_the_focus_does_not_call_it_back(
    qtbot: QtBot, link: Link, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.popup.popup._AGAIN_S", 60.0)  # however slow this computer is
    popup = Popup(link, Preferences(Home(tmp_path)), is_blended=True, can_fade=True)
    other = QWidget()
    qtbot.addWidget(popup)
    qtbot.addWidget(other)
    popup.call()
    qtbot.waitUntil(popup.isActiveWindow, timeout=_END_MS)
    other.show()
    other.activateWindow()
    qtbot.waitUntil(lambda: not popup._is_there, timeout=_END_MS)
    popup.toggle_by_click()
    assert not popup._is_there
    qtbot.waitUntil(lambda: not popup.isVisible(), timeout=_END_MS)
