"""The app that stays: wishes of other programs, the tray's words and menu, and what happens when the window is shut."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from finder.errors import ServiceError
from finder.paths import Home, path_to_uri
from finder.service.app_door import Door, reach
from tests.ui.conftest import ANSWER_TIMEOUT_MS
from ui.link import Link
from ui.preferences import Preferences
from ui.resident import Resident
from ui.settings.appearance import Appearance
from ui.theme.fonts import font
from ui.tray.state import IndexState
from ui.tray.tray import Tray, tray_icon
from ui.words.translator import speak

_PROGRESS: dict[str, Any] = {
    "phase": "reading", "files_seen": 10, "files_read": 5, "files_total": 10, "bytes_read": 42, "bytes_total": 100,
    "passages_embedded": 0, "passages_total": 0, "passages_per_second": 0.0, "seconds_left": 240.0,
}  # fmt: skip


@pytest.fixture
def resident(qtbot: QtBot, qapp: QApplication, link: Link, tmp_path: Path) -> Iterator[Resident]:
    made = Resident(qapp, link, Preferences(Home(tmp_path)))
    qtbot.waitUntil(lambda: made.hotkey is not None, timeout=ANSWER_TIMEOUT_MS)
    yield made
    made._end()
    for widget in (made._window, made._popup):
        if widget is not None:
            widget.close()
            widget.deleteLater()
    made.close()
    qapp.setQuitOnLastWindowClosed(True)


@pytest.fixture
def home_of_app(resident: Resident, tmp_path: Path, runtime_folder: Path) -> Iterator[Home]:
    """Where other programs find this app."""
    home = Home(tmp_path)
    door = Door.claim(home)
    assert door is not None
    resident.listen(door)
    yield home
    door.close()


def test_a_query_from_outside_is_shown_in_the_window(qtbot: QtBot, resident: Resident, home_of_app: Home) -> None:
    assert reach(home_of_app, {"show": "find", "query": "onions"})
    qtbot.waitUntil(
        lambda: resident.window.isVisible() and resident.window.find_page.box.text == "onions",
        timeout=ANSWER_TIMEOUT_MS,
    )


def test_the_quick_search_comes_without_the_window(qtbot: QtBot, resident: Resident, home_of_app: Home) -> None:
    assert reach(home_of_app, {"show": "popup"})
    qtbot.waitUntil(lambda: resident.popup.isVisible(), timeout=ANSWER_TIMEOUT_MS)
    assert resident._window is None


def test_files_from_outside_are_compared(
    qtbot: QtBot, resident: Resident, home_of_app: Home, indexed: tuple[Home, Path]
) -> None:
    uri = path_to_uri(bytes(indexed[1] / "lease.txt"))
    asked: list[dict[str, Any]] = []
    call = resident._link.call

    def noted(method: Any, params: Any = None, *others: Any, **named: Any) -> Any:
        asked.extend([params] if method == "similar" else [])
        return call(method, params, *others, **named)

    resident._link.call = noted  # type: ignore[method-assign]
    assert reach(home_of_app, {"show": "similar", "uris": [uri]})
    qtbot.waitUntil(lambda: bool(asked), timeout=ANSWER_TIMEOUT_MS)
    assert asked[0]["uris"] == [uri]
    assert resident.window.isVisible()


def test_the_popups_query_and_file_go_to_the_window(qtbot: QtBot, resident: Resident) -> None:
    resident.popup.carried.emit("barley")
    assert resident.window.isVisible()
    assert resident.window.find_page.box.text == "barley"


def test_the_popup_leads_to_the_settings(resident: Resident) -> None:
    resident.popup.settings_wanted.emit("profiles")
    settings = resident.window.settings
    assert settings is not None
    assert settings.isVisible()
    assert settings._stack.currentWidget().widget() is settings.section("profiles")  # type: ignore[attr-defined]


def test_without_a_tray_it_is_asked_once_whether_to_stay(
    qtbot: QtBot, resident: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[bool] = []
    monkeypatch.setattr(resident, "quit", lambda: ended.append(True))
    resident.show_window()
    resident.window.close()
    (box,) = boxes()
    assert "Keep Inkling ready" in box.text()
    assert not box.isModal()
    resident.show_window()
    resident.window.close()
    assert boxes() == [box]
    next(button for button in box.buttons() if button.text() == "Keep it ready").click()
    assert ended == []
    qtbot.waitUntil(lambda: not boxes(), timeout=ANSWER_TIMEOUT_MS)
    resident.show_window()
    resident.window.close()
    assert boxes() == []
    assert ended == []
    resident._preferences.set("stays", False)
    resident.show_window()
    resident.window.close()
    assert ended == [True]


@pytest.mark.parametrize("way", ["key", "button"])
def test_who_answers_neither_has_the_window_back_and_nothing_is_remembered(
    qtbot: QtBot, resident: Resident, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    ended: list[bool] = []
    monkeypatch.setattr(resident, "quit", lambda: ended.append(True))
    resident.show_window()
    resident.window.close()
    (box,) = boxes()
    if way == "key":
        qtbot.keyClick(box, Qt.Key.Key_Escape)
    else:
        box.close()
    qtbot.waitUntil(lambda: resident.window.isVisible() and not boxes())
    assert ended == []
    assert resident._preferences.stays is None
    resident.window.close()
    assert len(boxes()) == 1, "it is asked the next time"
    next(button for button in boxes()[0].buttons() if button.text() == "Quit").click()
    assert ended == [True]


def test_a_window_that_the_end_shuts_asks_nothing(resident: Resident) -> None:
    resident.show_window()
    resident._end()
    resident.window.close()
    assert boxes() == []


def test_the_question_whether_to_stay_is_not_answered_by_the_end_of_the_session(
    qtbot: QtBot, resident: Resident
) -> None:
    resident.show_window()
    resident.window.close()
    (box,) = boxes()
    resident._end()
    box.close()
    qtbot.waitUntil(lambda: not boxes(), timeout=ANSWER_TIMEOUT_MS)
    assert resident._preferences.stays is None


def boxes() -> list[QMessageBox]:
    return [
        widget for widget in QApplication.topLevelWidgets() if isinstance(widget, QMessageBox) and widget.isVisible()
    ]


@pytest.fixture
def tray(qtbot: QtBot, link: Link) -> Iterator[Tray]:
    parent = QObject()
    made = Tray(link, parent)
    link.start()
    qtbot.waitUntil(lambda: made.watch.state.standing == "current", timeout=ANSWER_TIMEOUT_MS)
    yield made
    parent.deleteLater()


def entries(tray: Tray) -> list[str]:
    return [action.text() for action in tray.menu.actions() if action.isVisible() and action.text()]


def choose(tray: Tray, words: str) -> None:
    next(action for action in tray.menu.actions() if action.text() == words and action.isVisible()).trigger()


def test_the_menu_begins_with_search_and_says_how_indexing_is(qtbot: QtBot, tray: Tray) -> None:
    assert entries(tray)[0] == "Search …"
    assert "Up to date" in entries(tray)
    with qtbot.waitSignal(tray.searched, timeout=ANSWER_TIMEOUT_MS):
        choose(tray, "Search …")
    with qtbot.waitSignal(tray.ended, timeout=ANSWER_TIMEOUT_MS):
        choose(tray, "Quit")


def test_a_tray_that_comes_after_the_service_says_how_indexing_is(qtbot: QtBot, link: Link) -> None:
    link.start()
    qtbot.waitUntil(lambda: link.progress is not None, timeout=ANSWER_TIMEOUT_MS)
    late = Tray(link, link)
    qtbot.waitUntil(lambda: late.watch.state.standing == "current", timeout=ANSWER_TIMEOUT_MS)
    late.deleteLater()


def test_pausing_for_an_hour_pauses_the_service_and_says_who_did(qtbot: QtBot, tray: Tray, link: Link) -> None:
    choose(tray, "Pause for an hour")
    qtbot.waitUntil(lambda: tray.watch.state.standing == "paused", timeout=ANSWER_TIMEOUT_MS)
    assert "Paused by you" in tray.watch.state.words
    told: list[dict[str, Any]] = []
    link.call("status", on_final=told.append)
    qtbot.waitUntil(lambda: bool(told), timeout=ANSWER_TIMEOUT_MS)
    assert told[0]["phase"] == "paused"
    choose(tray, "Resume now")
    qtbot.waitUntil(lambda: tray.watch.state.standing == "current", timeout=ANSWER_TIMEOUT_MS)
    assert "Pause for an hour" in entries(tray)


def test_a_share_is_said_and_drawn(tray: Tray, link: Link) -> None:
    link.progressed.emit(_PROGRESS)
    assert tray.watch.state.standing == "indexing"
    assert tray.watch.state.words == "Indexing 42%, about 4 minutes left"
    assert tray.watch.state.share == pytest.approx(0.42)


def test_the_icon_is_redrawn_at_most_every_five_seconds(tray: Tray, link: Link) -> None:
    drawn: list[IndexState] = []
    tray._draw = lambda: drawn.append(tray.watch.state)  # type: ignore[method-assign]
    tray._redraw.stop()
    for share in range(40, 60):
        link.progressed.emit({**_PROGRESS, "bytes_read": share})
    assert len(drawn) == 1
    assert tray._redraw.isActive()
    assert tray._redraw.interval() == 5_000


def test_a_service_that_fails_needs_a_look(tray: Tray, link: Link) -> None:
    link.fault.emit(ServiceError("The service does not start", "", "Make room."))
    assert tray.watch.state == IndexState("attention", "The service does not start")


@pytest.mark.parametrize(("desktop", "is_light"), [("XFCE", False), ("ubuntu:GNOME", True)])
def test_every_state_has_a_shape_of_its_own_and_the_colour_that_the_panel_asks_for(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, desktop: str, is_light: bool
) -> None:
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", desktop)
    states = [
        IndexState("starting", ""), IndexState("current", ""), IndexState("paused", ""), IndexState("attention", ""),
        IndexState("indexing", "", 0.25), IndexState("indexing", "", 0.75),
    ]  # fmt: skip
    images = [tray_icon(state).pixmap(22, 22).toImage() for state in states]
    assert all(one != other for number, one in enumerate(images) for other in images[:number])
    rim = images[0].pixelColor(2, 9)
    assert rim.alpha() > 200
    assert (rim.lightness() > 128) == is_light
    around = [images[0].pixelColor(x, y) for x in range(22) for y in range(22)]
    assert any(pixel.alpha() > 80 and (pixel.lightness() > 128) != is_light for pixel in around), "on a bar unlike that"


def test_a_key_that_cannot_be_had_is_said_once(resident: Resident, monkeypatch: pytest.MonkeyPatch) -> None:
    assert resident.hotkey is not None
    assert resident.tray is not None
    assert resident.hotkey.fault  # no desktop here has global keys
    said: list[tuple[str, str]] = []

    def tell(title: str, words: str) -> bool:
        said.append((title, words))
        return True

    resident.hotkey.choose("Ctrl+Alt+K")  # no icon can say it yet
    monkeypatch.setattr(resident.tray, "tell", tell)
    resident.tray.appeared.emit()
    resident.hotkey.choose("Ctrl+Alt+K")
    assert len(said) == 1
    assert "Ctrl+Alt+K" in said[0][0]
    assert json.loads((resident._preferences._file).read_text())["keys"] == "Ctrl+Alt+K"
    resident.hotkey.choose("")
    assert resident.hotkey.fault == ""
    resident.hotkey.choose("K")
    assert "Ctrl, Alt or Super" in resident.hotkey.fault


@pytest.fixture
def english_again(qapp: QApplication) -> Iterator[None]:
    yield
    speak(qapp, "en")
    qapp.setFont(font("body"))


@pytest.mark.usefixtures("english_again")
def test_another_language_is_spoken_at_once_and_what_was_typed_is_still_there(qtbot: QtBot, resident: Resident) -> None:
    resident._preferences.set("has_started", True)
    former, former_popup = resident.window, resident.popup
    resident.show_window()
    assert resident.tray is not None
    with qtbot.waitSignal(
        former.find_page.searching.answered, timeout=ANSWER_TIMEOUT_MS, check_params_cb=lambda found, is_final: is_final
    ):
        qtbot.keyClicks(former.find_page.box.edit, "landlord")
    former.show_settings("appearance")
    assert former.settings is not None
    section = former.settings.section("appearance")
    assert isinstance(section, Appearance)
    menu = section.language.menu()
    assert menu is not None
    menu.actions()[2].trigger()
    qtbot.waitUntil(lambda: resident._window is not former and resident._window is not None, timeout=ANSWER_TIMEOUT_MS)
    window, settings = resident.window, resident.window.settings
    assert window.isVisible()
    assert settings is not None
    assert settings.isVisible()
    assert settings.windowTitle() == "设置"
    assert window.find_page.box.text == "landlord"
    assert [action.text() for action in resident.tray.menu.actions()][-1] == "退出"
    assert resident.popup is not former_popup
    assert resident.popup.windowTitle() == "快速搜索"
    qtbot.waitUntil(lambda: window.find_page.model.rowCount() > 0, timeout=ANSWER_TIMEOUT_MS)
    qtbot.waitUntil(lambda: not isValid(former) and not isValid(former_popup), timeout=ANSWER_TIMEOUT_MS)


@pytest.mark.usefixtures("english_again")
def test_other_rows_are_there_at_once_and_the_page_in_front_stays(qtbot: QtBot, resident: Resident) -> None:
    resident._preferences.set("has_started", True)
    former = resident.window
    resident.show_window()
    former.find_page.box.set_text("landlord")
    former.show_page("index")
    former.show_settings("appearance")
    assert former.settings is not None
    section = former.settings.section("appearance")
    assert isinstance(section, Appearance)
    section.compact.click()
    qtbot.waitUntil(lambda: resident._window is not former and resident._window is not None, timeout=ANSWER_TIMEOUT_MS)
    assert resident.window.page_name == "index"
    assert resident.window.find_page.box.text == "landlord"
    assert resident.window.find_page.view._delegate.is_compact
