"""The window in front of a real service: typing, walking, opening, filters, errors, and no markup anywhere."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from finder.errors import ServiceError
from finder.paths import Home, path_to_uri
from tests.ui.conftest import ANSWER_TIMEOUT_MS
from tests.ui.files import found_file
from ui.search.empty import EmptyState
from ui.window import Window


def answer_to(qtbot: QtBot, window: Window, query: str) -> dict[str, Any]:
    """Type a query, and wait for the last word on it."""
    page = window.find_page
    page.box.clear()
    with qtbot.waitSignal(
        page.searching.answered, timeout=ANSWER_TIMEOUT_MS, check_params_cb=lambda found, is_final: is_final
    ) as waited:
        qtbot.keyClicks(page.box.edit, query)
    assert waited.args is not None
    found: dict[str, Any] = waited.args[0]
    return found


def shown(window: Window) -> list[str]:
    model = window.find_page.model
    return [model.row(number).name for number in range(model.rowCount())]


def empty_texts(window: Window) -> str:
    (empty,) = window.find_page.findChildren(EmptyState)
    return empty.accessibleName() if empty.isVisible() else ""


def test_what_is_typed_is_found_and_shown_with_its_preview(qtbot: QtBot, window: Window) -> None:
    answer_to(qtbot, window, "deposit after moving out")
    assert shown(window)[0] == "lease.txt"
    row = window.find_page.view.current_row()
    assert row is not None
    assert row.name == "lease.txt"
    assert window.find_page.preview.isVisible()


def test_the_box_keeps_the_keyboard_while_one_walks_through_the_results(qtbot: QtBot, window: Window) -> None:
    answer_to(qtbot, window, "deposit")
    page = window.find_page
    assert page.model.rowCount() > 1
    page.box.edit.setFocus()
    qtbot.keyClick(page.box.edit, Qt.Key.Key_Down)
    assert page.view.currentIndex().row() == 1
    assert page.box.edit.text() == "deposit"
    qtbot.keyClick(page.box.edit, Qt.Key.Key_Space)  # right after an arrow: the large preview
    assert not page.view.isVisible()
    assert page.preview.isVisible()
    assert page.box.edit.text() == "deposit"
    qtbot.keyClick(page.box.edit, Qt.Key.Key_Escape)
    assert page.view.isVisible()
    qtbot.keyClick(page.box.edit, "x")
    qtbot.keyClick(page.box.edit, Qt.Key.Key_Space)
    assert page.box.edit.text() == "depositx "


def test_escape_clears_and_then_closes(qtbot: QtBot, window: Window) -> None:
    answer_to(qtbot, window, "deposit")
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert window.find_page.box.text == ""
    with qtbot.waitSignal(window.closed):
        qtbot.keyClick(window, Qt.Key.Key_Escape)


def test_enter_opens_and_the_query_is_remembered(qtbot: QtBot, window: Window) -> None:
    answer_to(qtbot, window, "deposit")
    with qtbot.waitSignal(window.find_page.view.wished) as wished:
        window.tools.opener.open = lambda uri: True  # type: ignore[method-assign]
        qtbot.keyClick(window.find_page.box.edit, Qt.Key.Key_Return)
    assert wished.args is not None
    assert wished.args[0] == "open"
    assert window.tools.preferences.queries == ["deposit"]


def test_nonsense_finds_nothing_and_the_page_says_so(qtbot: QtBot, window: Window) -> None:
    found = answer_to(qtbot, window, "qqxzjv wwkkpp")
    assert not any(file["strength"] != "weak" for file in found["results"])
    assert "Nothing fits" in empty_texts(window)
    for button in window.find_page.findChildren(QPushButton):
        if "closest" in button.text() and button.isVisible():
            button.click()
            assert window.find_page.view.isVisible()


def test_a_newer_question_is_never_answered_by_an_older_one(qtbot: QtBot, window: Window) -> None:
    page = window.find_page
    answers: list[str] = []
    page.searching.answered.connect(lambda found, is_final: answers.append(found["query"]))
    for query in ("landlord", "onions", "credentials"):
        page.box.set_text(query)
        page.searching.ask()
    qtbot.waitUntil(lambda: "credentials" in answers, timeout=ANSWER_TIMEOUT_MS)
    assert set(answers) == {"credentials"}


def test_typing_in_the_list_goes_to_the_box(qtbot: QtBot, window: Window) -> None:
    answer_to(qtbot, window, "deposit")
    window.find_page.view.setFocus()
    qtbot.keyClick(window.find_page.view, "s")
    assert window.find_page.box.text == "deposits"


def test_chips_are_cut_out_of_the_query_and_kinds_are_chosen(qtbot: QtBot, window: Window) -> None:
    page = window.find_page
    chip = {"start": 8, "end": 18, "field": "after", "value": "2022", "text": "after 2022", "is_negated": False}
    found = {
        "query": "deposit", "typed": "deposit after:2022", "results": [found_file("a")], "understood": [chip],
        "kinds": {"document": 15, "mail": 4}, "elapsed_ms": 8.0, "notes": [],
        "coverage": {"indexed": 4, "pending": 0, "failed": 0, "filtered_out": 0},
    }  # fmt: skip
    page.box.edit.blockSignals(True)  # nothing is asked: the answer is invented
    page.box.set_text("deposit after:2022")
    page.box.edit.blockSignals(False)
    page.searching.answered.emit(found, True)
    buttons = {button.text().split("  ")[0]: button for button in page.findChildren(QPushButton) if button.isVisible()}
    assert {"after 2022", "All", "Documents", "Mail"} <= buttons.keys()
    buttons["after 2022"].click()
    assert page.box.text == "deposit"
    asked: list[object] = []
    page.searching.begun.connect(lambda: asked.append(page.searching.kind))
    buttons["Mail"].click()
    assert asked == ["mail"]


def test_an_error_says_what_happened_and_what_to_do(qtbot: QtBot, window: Window) -> None:
    page = window.find_page
    qtbot.waitUntil(lambda: window.tools.link.state == "up", timeout=ANSWER_TIMEOUT_MS)
    page.searching.failed.emit(ServiceError("The service does not start", "the disk is full", "Make room."))
    assert empty_texts(window) == "The service does not start. the disk is full Make room."

    def offered() -> set[str]:
        return {button.text() for button in page.findChildren(QPushButton) if button.isVisible()}

    qtbot.waitUntil(lambda: {"Try again", "Copy the details"} <= offered())


def test_a_question_mark_in_an_empty_box_lists_the_keys(qtbot: QtBot, window: Window) -> None:
    qtbot.keyClick(window.find_page.box.edit, "?")
    overlay = window.findChild(type(window.keys))
    assert overlay is not None
    assert overlay.isVisible()
    qtbot.keyClick(overlay, Qt.Key.Key_Escape)
    assert not overlay.isVisible()
    assert window.isVisible()  # Escape is the overlay's then: it neither clears the box nor shuts the window


def test_a_narrow_window_keeps_room_for_the_query(qtbot: QtBot, window: Window) -> None:
    box = window.find_page.box
    box.set_text("landlord deposit")
    window.resize(640, 480)
    qtbot.waitUntil(lambda: window.width() < 700 and box.edit.width() * 5 > box.width() * 2)


def test_a_narrow_window_leaves_the_preview_out_until_space(qtbot: QtBot, window: Window) -> None:
    answer_to(qtbot, window, "deposit")
    window.resize(700, 600)
    page = window.find_page
    qtbot.waitUntil(lambda: not page.preview.isVisible())
    page.wish("preview")
    assert page.preview.isVisible()
    assert not page.view.isVisible()


def test_every_control_has_a_name_for_a_screen_reader(qtbot: QtBot, window: Window) -> None:
    answer_to(qtbot, window, "deposit")
    silent = [
        widget
        for widget in window.findChildren(QPushButton)
        if widget.isVisible() and not (widget.text() or widget.accessibleName())
    ]
    assert silent == []
    for widget in (window.find_page.view, window.find_page.box.edit, window.find_page.preview):
        assert widget.accessibleName()


@pytest.fixture
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """A port that nobody has a reason to connect to, and what came to it."""
    came: list[bytes] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def listen() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                came.append(connection.recv(64))
                connection.close()

        threading.Thread(target=listen, daemon=True).start()
        yield server.getsockname()[1], came
        server.shutdown(socket.SHUT_RDWR)


def test_markup_in_a_file_is_shown_as_text_and_asks_nothing_of_anybody(
    qtbot: QtBot, window: Window, listener: tuple[int, list[bytes]], qapp: QApplication
) -> None:
    port, came = listener
    evil = f"<img src=http://127.0.0.1:{port}/x.png><b>bold</b>"
    file = found_file(f"{evil}.html", text=f"{evil} deposit", reason=evil, path=f"/home/ada/{evil}/{evil}.html")
    file["passages"][0].update(heading=evil, label=evil, words=[(0, len(evil))])
    chip = {"start": 0, "end": 1, "field": "name", "value": evil, "text": evil, "is_negated": False, "fits_without": 3}
    found = {
        "query": evil, "mode": "hybrid", "results": [file], "understood": [chip], "kinds": {"document": 1, "mail": 1},
        "elapsed_ms": 1.0, "notes": [evil], "coverage": {"indexed": 1, "pending": 0, "failed": 0, "filtered_out": 1},
        "suggestion": evil,
    }  # fmt: skip
    page = window.find_page
    page.searching.answered.emit(found, True)
    window.grab()
    page.searching.answered.emit({**found, "results": []}, True)
    assert evil in empty_texts(window)
    window.grab()
    page.searching.failed.emit(ServiceError(evil, evil, evil))
    window.grab()
    for widget in window.findChildren(QPushButton):
        assert "<img" not in widget.toolTip()
    qapp.processEvents()
    assert came == []


def test_a_restarted_window_remembers_the_split_and_the_profile(
    qtbot: QtBot, window: Window, tmp_path: Path, indexed: tuple[Home, Path]
) -> None:
    window.tools.preferences.set("split", [300, 700])
    window.find_page.box.profile.chosen.emit("code")
    second = Window(window.tools.link, type(window.tools.preferences)(Home(tmp_path)))
    qtbot.addWidget(second)
    assert second.tools.preferences.profile == "code"
    assert second.find_page.searching.profile == "code"
    assert (tmp_path / "app.json").stat().st_mode & 0o777 == 0o600


def test_a_kind_that_is_chosen_takes_the_place_of_one_that_was_typed(qtbot: QtBot, window: Window) -> None:
    answer_to(qtbot, window, "type:code deposit")
    page = window.find_page
    with qtbot.waitSignal(page.searching.answered, timeout=ANSWER_TIMEOUT_MS):
        page.chips.kind_chosen.emit("document")
    assert page.box.text == "deposit"
    assert page.searching.kind == "document"


def test_filters_that_no_file_passes_are_named_and_can_be_taken_off(qtbot: QtBot, window: Window) -> None:
    answer_to(qtbot, window, "deposit ext:nosuch")
    assert "No file passes the filters" in empty_texts(window) or "hidden by filters" in empty_texts(window)
    page = window.find_page
    button = next(b for b in page.findChildren(QPushButton) if b.text() == "Remove all filters")
    with qtbot.waitSignal(
        page.searching.answered, timeout=ANSWER_TIMEOUT_MS, check_params_cb=lambda found, is_final: is_final
    ):
        button.click()
    assert page.box.text == "deposit"
    assert "lease.txt" in shown(window)


def test_a_service_that_comes_back_answers_what_it_could_not(qtbot: QtBot, window: Window) -> None:
    page = window.find_page
    qtbot.waitUntil(lambda: window.tools.link.state == "up", timeout=ANSWER_TIMEOUT_MS)
    window.tools.link.fault.emit(ServiceError("The service does not start", "", "Make room."))
    assert "The service does not start" in empty_texts(window)
    page.box.edit.blockSignals(True)
    page.box.set_text("deposit")
    page.box.edit.blockSignals(False)
    page.searching.query = "deposit"
    with qtbot.waitSignal(
        page.searching.answered, timeout=ANSWER_TIMEOUT_MS, check_params_cb=lambda found, is_final: is_final
    ):
        window.tools.link.state_changed.emit("up")
    assert "lease.txt" in shown(window)


def test_passages_that_scroll_into_view_are_marked_by_the_service(qtbot: QtBot, window: Window) -> None:
    """An answer marks its first files alone."""
    page = window.find_page
    answer_to(qtbot, window, "deposit")
    files = [found_file(f"{number}.txt") for number in range(30)]
    answer = {"query": "deposit", "results": files, "understood": [], "notes": [], "elapsed_ms": 1.0}
    page.searching.answered.emit({**answer, "coverage": {"indexed": 30, "pending": 0, "failed": 0}}, True)
    assert page.model.row(29).words == ()
    page.view.scrollToBottom()
    text = page.model.row(29).passage
    at = text.index("deposit")
    qtbot.waitUntil(lambda: page.model.row(29).words == ((at, at + 7),), timeout=ANSWER_TIMEOUT_MS)
    assert page.model.row(20).words == ()  # never in sight


def test_past_queries_are_offered_below_an_empty_box(qtbot: QtBot, window: Window) -> None:
    page = window.find_page
    for query in ("first", "second", "first"):
        window.tools.preferences.remember_query(query)
    page.box.clear()
    qtbot.keyClick(page.box.edit, Qt.Key.Key_Down)
    popup = page.box.completer.popup()
    assert popup is not None
    assert popup.isVisible()
    model = page.box.completer.model()
    assert [model.index(row, 0).data() for row in range(model.rowCount())] == ["first", "second"]
    popup.hide()


def test_at_the_end_of_the_list_more_is_asked_for_once(qtbot: QtBot, window: Window) -> None:
    searching = window.find_page.searching
    answer_to(qtbot, window, "deposit")
    first = searching.limit
    assert searching.ask_for_more()
    assert searching.limit > first
    with qtbot.waitSignal(
        searching.answered, timeout=ANSWER_TIMEOUT_MS, check_params_cb=lambda found, is_final: is_final
    ):
        pass
    assert not searching.ask_for_more()


def test_a_folder_that_is_not_indexed_can_be_added_from_the_empty_page(
    qtbot: QtBot, window: Window, tmp_path: Path
) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "garden.txt").write_text("Deposit the compost below the roses.\n")
    page = window.find_page
    page.box.edit.blockSignals(True)  # nothing is asked yet: the answer is invented
    page.box.set_text("deposit")
    page.box.edit.blockSignals(False)
    page.searching.query = "deposit"
    coverage = {"indexed": 0, "pending": 0, "failed": 0, "filtered_out": 0}
    found = {"query": "deposit", "results": [], "understood": [], "notes": [], "elapsed_ms": 1.0, "coverage": coverage}
    uri = path_to_uri(bytes(tmp_path / "more"))
    page.searching.answered.emit({**found, "empty_because": "folder_not_indexed", "not_indexed": [uri]}, True)
    assert "“more” is not indexed" in empty_texts(window)
    button = next(b for b in page.findChildren(QPushButton) if b.text() == "Add this folder")
    button.click()
    qtbot.waitUntil(lambda: "garden.txt" in shown(window), timeout=ANSWER_TIMEOUT_MS)


def test_enter_opens_nothing_that_was_found_for_what_stood_there_before(qtbot: QtBot, window: Window) -> None:
    """Who types fast and presses Enter means the new query, whose answer is not there yet."""
    page = window.find_page
    answer_to(qtbot, window, "deposit")
    opened: list[str] = []
    window.tools.opener.open = lambda uri: bool(opened.append(uri))  # type: ignore[method-assign]
    page.box.edit.selectAll()
    qtbot.keyClicks(page.box.edit, "onions")
    qtbot.keyClick(page.box.edit, Qt.Key.Key_Return)
    assert opened == []
    qtbot.waitUntil(lambda: bool(opened), timeout=ANSWER_TIMEOUT_MS)
    assert [uri.rpartition("/")[2] for uri in opened] == ["soup.md"]


@pytest.mark.parametrize("key", [Qt.Key.Key_F1, Qt.Key.Key_Comma, Qt.Key.Key_Q])
def test_a_key_that_the_menu_shows_too_is_obeyed(qtbot: QtBot, window: Window, key: Qt.Key) -> None:
    """Bound by the window and by an entry of its menu, it would be ambiguous, and do nothing."""
    quits: list[bool] = []
    window.quit_wanted.connect(lambda: quits.append(True))
    pressed = Qt.KeyboardModifier.NoModifier if key == Qt.Key.Key_F1 else Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(window, key, pressed)
    settings = window.settings is not None and window.settings.isVisible()
    assert [window.keys.isVisible(), settings, bool(quits)] == [
        key == one for one in (Qt.Key.Key_F1, Qt.Key.Key_Comma, Qt.Key.Key_Q)
    ]
