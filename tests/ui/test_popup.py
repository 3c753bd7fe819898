"""The quick search: the window's engine and keys in one line, which hides again and never shrinks while one types."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from finder.errors import ServiceError
from finder.paths import Home
from tests.ui.conftest import ANSWER_TIMEOUT_MS
from ui.link import Link
from ui.popup.card import Card
from ui.popup.popup import Popup
from ui.preferences import Preferences
from ui.search.empty import EmptyState
from ui.theme.look import look


@pytest.fixture
def popup(qtbot: QtBot, link: Link, tmp_path: Path) -> Popup:
    made = Popup(link, Preferences(Home(tmp_path)), is_blended=True)
    qtbot.addWidget(made)
    made.call()
    return made


def ask(qtbot: QtBot, popup: Popup, query: str) -> dict[str, Any]:
    with qtbot.waitSignal(
        popup.searching.answered, timeout=ANSWER_TIMEOUT_MS, check_params_cb=lambda found, is_final: is_final
    ) as waited:
        popup.box.edit.clear()
        qtbot.keyClicks(popup.box.edit, query)
    assert waited.args is not None
    found: dict[str, Any] = waited.args[0]
    return found


def test_it_is_one_line_until_something_is_typed_and_does_not_shrink_while_one_types(
    qtbot: QtBot, popup: Popup
) -> None:
    line, heights = popup.height(), Heights(popup)
    ask(qtbot, popup, "deposit")
    assert popup.model.rowCount() > 1
    qtbot.waitUntil(lambda: popup.height() == wanted_height(popup) > line, timeout=ANSWER_TIMEOUT_MS)
    qtbot.keyClicks(popup.box.edit, " landlord fourteen days")
    qtbot.waitUntil(lambda: not popup.searching.is_under_way, timeout=ANSWER_TIMEOUT_MS)
    qtbot.waitUntil(lambda: popup.height() == wanted_height(popup), timeout=ANSWER_TIMEOUT_MS)
    assert heights.seen == sorted(heights.seen)
    popup.box.clear()
    qtbot.waitUntil(lambda: popup.height() == line, timeout=ANSWER_TIMEOUT_MS)


class Heights(QObject):
    """Every height that a window takes."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.seen: list[int] = []
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QResizeEvent):
            self.seen.append(event.size().height())
        return False


def wanted_height(popup: Popup) -> int:
    """Of the line, what is below it, and the footer, when all is unrolled."""
    return popup.box.height() + 1 + popup._below + popup._footer.height() + 2 * popup._card.margin


def test_the_keyboard_is_in_the_box_and_the_old_query_is_typed_over(qtbot: QtBot, popup: Popup) -> None:
    assert popup.focusWidget() is popup.box.edit
    qtbot.keyClicks(popup.box.edit, "one")
    popup.hide()
    popup.call()
    assert popup.box.edit.selectedText() == "one"
    qtbot.keyClicks(popup.box.edit, "two")
    assert popup.box.text == "two"


def test_enter_opens_and_hides_and_the_query_is_remembered(
    qtbot: QtBot, popup: Popup, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(qtbot, popup, "landlord")
    monkeypatch.setattr(popup._opener, "open", popup._opener.opened.emit)
    with qtbot.waitSignal(popup._opener.opened) as opened:
        qtbot.keyClick(popup.box.edit, Qt.Key.Key_Return)
    assert opened.args is not None
    assert opened.args[0].endswith("/lease.txt")
    assert not popup.isVisible()
    assert popup._preferences.queries == ["landlord"]


def test_enter_before_the_answer_opens_what_is_typed_and_never_an_old_row(
    qtbot: QtBot, popup: Popup, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(qtbot, popup, "landlord")
    opened: list[str] = []
    monkeypatch.setattr(popup._opener, "open", lambda uri: opened.append(uri) is None)
    popup.box.edit.selectAll()
    qtbot.keyClicks(popup.box.edit, "onions")
    qtbot.keyClick(popup.box.edit, Qt.Key.Key_Return)
    assert opened == []
    qtbot.waitUntil(lambda: bool(opened), timeout=ANSWER_TIMEOUT_MS)
    assert [uri.rpartition("/")[2] for uri in opened] == ["soup.md"]


def test_enter_right_after_the_key_that_calls_it_waits_for_a_fresh_answer(
    qtbot: QtBot, popup: Popup, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(qtbot, popup, "landlord")
    opened: list[str] = []
    monkeypatch.setattr(popup._opener, "open", lambda uri: opened.append(uri) is None)
    popup.dismiss()
    popup.call()
    qtbot.keyClick(popup.box.edit, Qt.Key.Key_Return)
    assert opened == []
    qtbot.waitUntil(lambda: bool(opened), timeout=ANSWER_TIMEOUT_MS)
    assert opened[0].endswith("/lease.txt")


def test_a_wish_for_what_is_not_found_is_forgotten(qtbot: QtBot, popup: Popup, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(popup._opener, "open", lambda uri: opened.append(uri) is None)
    with qtbot.waitSignal(
        popup.searching.answered, timeout=ANSWER_TIMEOUT_MS, check_params_cb=lambda found, is_final: is_final
    ):
        qtbot.keyClicks(popup.box.edit, "qqxzjv wwkkpp")
        qtbot.keyClick(popup.box.edit, Qt.Key.Key_Return)
    ask(qtbot, popup, "landlord")
    assert opened == []


def test_what_could_not_be_opened_leaves_it_there(qtbot: QtBot, popup: Popup, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(qtbot, popup, "landlord")
    monkeypatch.setattr(popup._opener, "open", lambda uri: None)
    qtbot.keyClick(popup.box.edit, Qt.Key.Key_Return)
    assert popup.isVisible()


def test_space_after_an_arrow_shows_the_preview_and_escape_goes_back_then_hides(qtbot: QtBot, popup: Popup) -> None:
    ask(qtbot, popup, "deposit")
    below = popup._below
    qtbot.keyClick(popup.box.edit, Qt.Key.Key_Down)
    qtbot.keyClick(popup.box.edit, Qt.Key.Key_Space)
    assert popup.preview.isVisible()
    assert popup._below >= below
    qtbot.keyClick(popup, Qt.Key.Key_Escape)
    assert popup.isVisible()
    assert popup.view.isVisible()
    qtbot.keyClick(popup, Qt.Key.Key_Escape)
    assert not popup.isVisible()
    assert popup.box.text == ""


def test_the_query_goes_into_the_window(qtbot: QtBot, popup: Popup) -> None:
    qtbot.keyClicks(popup.box.edit, "a letter")
    with qtbot.waitSignal(popup.carried, timeout=ANSWER_TIMEOUT_MS) as carried:
        qtbot.keyClick(
            popup, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        )
    assert carried.args == ["a letter"]
    assert not popup.isVisible()


def test_similar_files_are_wanted_of_the_current_one(qtbot: QtBot, popup: Popup) -> None:
    ask(qtbot, popup, "landlord")
    with qtbot.waitSignal(popup.similar_wanted, timeout=ANSWER_TIMEOUT_MS) as wanted:
        qtbot.keyClick(popup, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert wanted.args is not None
    assert [uri.rpartition("/")[2] for uri in wanted.args[0]] == ["lease.txt"]


def test_where_nothing_fits_it_says_so_and_enter_opens_nothing(
    qtbot: QtBot, popup: Popup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(popup._opener, "open", lambda uri: pytest.fail("opened"))
    found = ask(qtbot, popup, "qqxzjv wwkkpp")
    assert not any(file["strength"] != "weak" for file in found["results"])
    empty = popup.findChild(EmptyState)
    assert empty is not None
    assert empty.isVisible()
    assert "Nothing fits" in empty.accessibleName()
    assert [keys for keys, _ in popup._footer._keys] == ["Ctrl Shift ↵"], "there is nothing to be opened"
    qtbot.keyClick(popup.box.edit, Qt.Key.Key_Return)
    popup.searching.failed.emit(ServiceError("The service does not start", "", "Make room."))
    assert "The service does not start" in empty.accessibleName()
    ask(qtbot, popup, "deposit")
    assert [keys for keys, _ in popup._footer._keys] == ["↵", "Space", "Ctrl Shift ↵"]


def test_past_queries_are_offered_below_the_empty_line(qtbot: QtBot, popup: Popup) -> None:
    popup._preferences.remember_query("tax letter")
    qtbot.keyClick(popup.box.edit, Qt.Key.Key_Down)
    offers = popup.box.completer.popup()
    assert offers is not None
    assert offers.isVisible()
    offers.hide()


def test_it_stands_in_the_middle_and_is_called_and_sent_away_by_the_same_key(qtbot: QtBot, popup: Popup) -> None:
    screen = popup.screen().availableGeometry()
    assert abs(popup.geometry().center().x() - screen.center().x()) <= 1
    assert screen.top() < popup.geometry().top() + popup._card.margin < screen.center().y()
    popup.toggle()
    assert not popup.isVisible()
    popup.toggle_by_click()
    assert popup.isVisible()


@pytest.mark.parametrize("is_blended", [True, False])
def test_corners_can_be_seen_through_only_where_the_desktop_blends(
    qtbot: QtBot, qapp: QApplication, is_blended: bool
) -> None:
    card = Card(is_blended)
    card.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
    qtbot.addWidget(card)
    card.resize(300, 200)
    image = QImage(card.size(), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    card.render(image, renderFlags=card.RenderFlag.DrawChildren)
    middle, corner = image.pixelColor(150, 100), image.pixelColor(0, 0)
    assert middle == look.colour("surface")
    assert (corner.alpha() < 20) == is_blended
