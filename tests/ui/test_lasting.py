"""What the app does over hours: nothing piles up, nothing runs that nobody sees, nothing gone is touched."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete, isValid

from finder.paths import Home
from tests.ui.links import HeldLink
from ui.errors import ErrorDialog
from ui.faults import Bug
from ui.index.adding import Adding
from ui.index.card import Card
from ui.index.looking import Looking
from ui.keys import KeysOverlay
from ui.preferences import Preferences
from ui.search.box import SearchBox
from ui.search.chips import ChipRow
from ui.search.following import Following
from ui.search.panes import Panes
from ui.theme.widgets import Button


def clear_away() -> None:
    """Delete what is to be deleted later."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_a_box_that_is_called_again_and_again_keeps_one_menu(qtbot: QtBot, held: HeldLink) -> None:
    """The quick search offers the profiles at every call, and lives as long as the session."""
    box = SearchBox(held, list)
    qtbot.addWidget(box)
    for _ in range(5):
        box.profile.offer({"mine": "Find mine"}, None)
    clear_away()
    assert len(box.findChildren(QMenu)) == 1


def test_a_chip_may_be_replaced_while_it_is_clicked(qtbot: QtBot) -> None:
    chips = ChipRow()
    qtbot.addWidget(chips)
    chips.subject = "Topic: boats"
    chips.show_understood([], {}, None)
    chips.show()
    (button,) = chips.findChildren(Button)
    alive: list[bool] = []

    def replace() -> None:
        chips.subject = ""
        chips.show_understood([], {}, None)
        alive.append(isValid(button))

    chips.subject_dropped.connect(replace)
    button.click()
    assert alive == [True]
    clear_away()
    assert chips.findChildren(Button) == []


def test_the_keys_go_away_though_what_had_the_keyboard_is_gone(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    box = QPushButton("a", window)
    overlay = KeysOverlay(window)
    window.show()
    box.setFocus()
    overlay.toggle()
    overlay._focus = box
    delete(box)
    qtbot.keyClick(overlay, Qt.Key.Key_Escape)
    assert not overlay.isVisible()


def scanned(phase: str) -> dict[str, Any]:
    return {"phase": phase}


def test_a_folder_that_is_being_looked_through_is_not_let_go_for_another(held: HeldLink) -> None:
    adding = Adding(held, held)
    adding.add(["file:///first"])
    adding.add(["file:///second"])
    first, second = held.asked("index")
    held._deliver(first, "progress", scanned("reading"))
    assert first.is_cancelled
    assert not second.is_cancelled
    held._deliver(second, "progress", scanned("scanning"))
    assert not second.is_cancelled
    held._deliver(second, "progress", scanned("embedding"))
    assert second.is_cancelled


def test_a_slow_service_is_asked_for_its_state_once_at_a_time_and_only_while_it_is_seen(
    qtbot: QtBot, held: HeldLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.index.looking._EVERY_MS", 1)
    widget = QWidget()
    qtbot.addWidget(widget)
    looking = Looking(held, widget)
    turns: list[None] = []
    looking._timer.timeout.connect(lambda: turns.append(None))
    assert held.calls == []
    widget.show()
    qtbot.waitUntil(lambda: len(turns) > 5)
    assert len(held.calls) == 1
    with qtbot.waitSignal(looking.seen):
        held.answer("status", {})
    qtbot.waitUntil(lambda: len(held.calls) == 2)
    widget.hide()
    assert not looking._timer.isActive()


def progress(read: int) -> dict[str, Any]:
    return {"phase": "reading", "files_read": read, "passages_embedded": 0}


def test_a_question_is_not_asked_again_while_the_window_is_shut_and_is_when_it_opens(
    qtbot: QtBot, held: HeldLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.search.following._PAUSE_MS", 1)
    page = QWidget()
    qtbot.addWidget(page)
    following = Following(held, page)
    asked: list[None] = []
    turns: list[None] = []
    following.due.connect(lambda: asked.append(None))
    following._pause.timeout.connect(lambda: turns.append(None))
    following.take({"coverage": {"pending": 5, "indexed": 1}})
    held.progressed.emit(progress(1))
    qtbot.waitUntil(lambda: bool(turns))
    assert asked == []
    page.show()
    following.look_again()
    qtbot.waitUntil(lambda: bool(asked))


class Counted(Preferences):
    """Counts how often it writes."""

    written = 0

    def set(self, name: str, value: Any) -> None:
        self.written += 1
        super().set(name, value)


def test_who_drags_the_split_writes_it_down_once(qtbot: QtBot, tmp_path: Path) -> None:
    preferences = Counted(Home(tmp_path))
    panes = Panes(QWidget(), QWidget(), preferences)  # type: ignore[arg-type]
    qtbot.addWidget(panes)
    panes.resize(1200, 600)
    panes.show_list()
    panes.show()
    for at in range(400, 600):
        panes._split.moveSplitter(at, 1)
    qtbot.waitUntil(lambda: preferences.written > 0)
    assert preferences.written == 1
    assert preferences.sizes("split") == panes._split.sizes()


def test_rows_that_are_made_anew_keep_the_keyboard_where_it_was(qtbot: QtBot) -> None:
    """Counts change every two seconds while one indexes."""
    window = QWidget()
    qtbot.addWidget(window)
    card = Card("Folders")
    QVBoxLayout(window).addWidget(card)
    window.show()
    window.activateWindow()
    card.show_rows([Button("", name="More about A"), Button("", name="More about B")])
    card.findChildren(Button)[1].setFocus()
    card.show_rows([Button("", name="More about B"), Button("", name="More about C")])
    clear_away()
    focused = window.focusWidget()
    assert focused is not None
    assert focused.accessibleName() == "More about B"


def test_rows_stay_while_a_menu_of_theirs_is_open(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    card = Card("Folders")
    QVBoxLayout(window).addWidget(card)
    more = Button("", name="More about A")
    menu = QMenu(more)
    menu.addAction("Remove …")
    more.setMenu(menu)
    card.show_rows([more])
    window.show()
    assert not card.is_in_use
    menu.popup(window.mapToGlobal(window.rect().center()))
    qtbot.waitUntil(menu.isVisible)
    assert card.is_in_use
    menu.close()
    assert not card.is_in_use


def told() -> list[ErrorDialog]:
    return [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, ErrorDialog)]


def test_a_bug_of_any_thread_is_told_of_once_in_a_box_that_stays(qtbot: QtBot, tmp_path: Path) -> None:
    bug = Bug(Home(tmp_path))
    fault = threading.ExceptHookArgs((ValueError, ValueError("quotes a query"), None, None))
    for _ in range(2):
        thread = threading.Thread(target=bug.tell_of_thread, args=(fault,))
        thread.start()
        thread.join()
    qtbot.waitUntil(lambda: bool(told()))
    bug.tell(ValueError, ValueError("another query"), None)
    (box,) = told()
    assert box.isVisible()
    assert "query" not in box.details
    box.close()
    clear_away()
    assert told() == []
    delete(bug)
