"""What was once seen to be wrong on a picture of a screen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QTextCursor
from PySide6.QtWidgets import QApplication, QPushButton, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

import resources
from finder.paths import Home
from tests.screens.every import SCREENS
from tests.screens.looks import LOOKS
from tests.screens.readme import SHOWN
from tests.ui.conftest import ANSWER_TIMEOUT_MS
from tests.ui.files import found_file
from tests.ui.links import HeldLink
from ui.preferences import Preferences
from ui.preview.head import Whys
from ui.preview.paper import paint_page
from ui.preview.text import TextView
from ui.results.delegate import ResultDelegate
from ui.results.model import ResultModel
from ui.results.row import Row, row_of
from ui.search.empty import Emptiness, EmptyState
from ui.search.reasons import Reasons
from ui.search.summary import Summary
from ui.theme.fonts import font
from ui.theme.look import look
from ui.window import Window
from ui.words.phrases import Phrases
from ui.words.translator import speak

_HOME = "/home/ada"


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[tuple[Window, HeldLink]]:
    """A window in front of nobody."""
    link = HeldLink(Home(tmp_path))
    made = Window(link, Preferences(Home(tmp_path)))
    qtbot.addWidget(made)
    made.resize(1240, 800)
    made.show()
    yield made, link
    link.close()


def row(**changed: Any) -> Row:
    return row_of(found_file(**changed), Phrases(), _HOME)


def found(files: list[Any], **changed: Any) -> dict[str, Any]:
    coverage = {"indexed": 40, "pending": 0, "failed": 0, "filtered_out": 0}
    answer = {"query": "x", "typed": "x", "results": files, "understood": [], "kinds": {}, "notes": []}
    return {**answer, "elapsed_ms": 1.0, "coverage": coverage, **changed}


def test_a_passage_of_several_lines_is_shown_with_single_spaces_and_its_marks_in_place(qapp: QApplication) -> None:
    text = "def deadline():\n    return\tdeparture  - NOTICE\n"
    file = found_file("a.py", text=text)
    low = text.index("departure")
    file["passages"][0]["words"] = [(low, low + len("departure"))]
    file["passages"][0]["answer"] = (text.index("return"), len(text))
    shown = row_of(file, Phrases(), _HOME)
    assert shown.passage == "def deadline(): return departure - NOTICE "
    assert [shown.passage[slice(*span)] for span in shown.words] == ["departure"]
    assert shown.answer is not None
    assert shown.passage[slice(*shown.answer)] == "return departure - NOTICE "


def test_marks_stay_on_their_words_where_a_long_passage_begins_near_them(qapp: QApplication) -> None:
    text = "filler\n\n  " * 90 + "the  deposit\nis paid"
    file = found_file("a.txt", text=text)
    low = text.index("deposit")
    file["passages"][0]["words"] = [(low, low + len("deposit"))]
    shown = row_of(file, Phrases(), _HOME)
    assert shown.passage.startswith("… ")
    assert [shown.passage[slice(*span)] for span in shown.words] == ["deposit"]


def test_a_row_without_a_passage_leaves_no_room_for_one(qapp: QApplication) -> None:
    model = ResultModel(_HOME)
    model.show([found_file("a.txt"), found_file("b.txt", passages=[], reach="name")])
    delegate, option = ResultDelegate(), QStyleOptionViewItem()
    with_passage, without = (delegate.sizeHint(option, model.index(at, 0)).height() for at in (0, 1))
    assert without < with_passage


def test_a_list_that_only_filters_made_has_no_marks_of_strength(qapp: QApplication) -> None:
    assert row().is_ranked
    assert row(why=[], relation="copy").is_ranked
    assert not row(why=[]).is_ranked


@pytest.mark.parametrize(
    ("label", "english", "chinese"),
    [
        ("Slides 1-3", "Slides 1–3", "幻灯片 1–3"),
        ("rows 1-2", "Rows 1–2", "第 1–2 行"),
        ("message 4", "Message 4", "第 4 封"),
        ("sheet Q1-2, rent, rows 3-8", "Sheet Q1-2, rent, rows 3–8", "工作表 Q1-2, rent，第 3–8 行"),
        ("sheet Notes, row 5", "Sheet Notes, row 5", "工作表 Notes，第 5 行"),
        ("Rows of tulips", "Rows of tulips", "Rows of tulips"),
    ],
)
def test_a_place_is_said_in_the_windows_words(qapp: QApplication, label: str, english: str, chinese: str) -> None:
    passage = {**found_file()["passages"][0], "label": label}
    assert Phrases().place(passage) == english  # type: ignore[arg-type]
    speak(qapp, "zh")
    try:
        assert Phrases().place(passage) == chinese  # type: ignore[arg-type]
    finally:
        speak(qapp, "en")


def test_a_word_that_stands_there_in_two_cases_is_named_once(qapp: QApplication) -> None:
    file = found_file(text="Notice of the flat. A notice.", why=["words"])
    file["passages"][0]["words"] = [(0, 6), (14, 18), (22, 28)]
    assert Whys().text(row_of(file, Phrases(), _HOME)) == "By words: Notice, flat"


def test_words_in_a_name_are_named_where_the_name_was_found(qapp: QApplication) -> None:
    file = found_file("lease, Ada.txt", text="Notice of the lease.", why=["name"], name_words=[(0, 5)])
    assert Whys().text(row_of(file, Phrases(), _HOME)) == "By name; words: lease"
    file["why"], file["passages"][0]["words"] = ["name", "words"], [(0, 6), (14, 19)]
    assert Whys().text(row_of(file, Phrases(), _HOME)) == "By words: lease, Notice"
    file["why"] = ["words"]
    assert Whys().text(row_of(file, Phrases(), _HOME)) == "By words: Notice, lease"


def test_a_short_reason_after_a_long_one_takes_no_more_room_than_it_needs(qtbot: QtBot, qapp: QApplication) -> None:
    empty = EmptyState()
    qtbot.addWidget(empty)
    empty.show_reason(Emptiness("lens-none", "Nothing", "Short."))
    height = empty._text.height()
    empty.show_reason(Emptiness("lens-none", "Nothing", "A reason of many words. " * 9))
    assert empty._text.height() > height
    empty.show_reason(Emptiness("lens-none", "Nothing", "Short."))
    assert empty._text.height() == height


def test_one_filter_hides_as_many_files_as_fit_without_it(qapp: QApplication, held: HeldLink) -> None:
    chip = {"field": "ext", "text": ".xlsx", "value": "xlsx", "start": 2, "end": 10, "is_negated": False}
    coverage = {"indexed": 40, "pending": 0, "failed": 0, "filtered_out": 6}
    reasons = Reasons(held, *[lambda *_: None] * 5, qapp)
    answer = found([], understood=[{**chip, "fits_without": 2}], coverage=coverage)
    assert reasons.of_answer(answer, "x ext:xlsx").title == "2 files fit, hidden by filters"


def test_so_many_of_the_closest_are_shown_as_the_button_says(qtbot: QtBot, window: tuple[Window, HeldLink]) -> None:
    shown, link = window
    page = shown.find_page
    page.box.set_text("x")
    page.searching.ask()
    link.answer("find", found([found_file(f"{number}.txt", "weak") for number in range(9)]))
    said = shown._footer._text
    assert "weaker" not in said
    button = next(one for one in page.findChildren(QPushButton) if "closest" in one.text())
    assert "5" in button.text()
    button.click()
    assert page.model.rowCount() == 5
    assert "5 weaker" in shown._footer._text


def test_what_is_offered_stands_below_the_box(qtbot: QtBot, window: tuple[Window, HeldLink]) -> None:
    box = window[0].find_page.box
    box._offer(["deposit"])
    offers = box.completer.popup()
    assert offers is not None
    qtbot.waitUntil(offers.isVisible, timeout=ANSWER_TIMEOUT_MS)
    assert offers.mapToGlobal(QPoint(0, 0)).y() >= box.mapToGlobal(QPoint(0, box.height())).y()
    offers.hide()


def test_the_app_runs_as_its_words_do_whatever_the_desktop_speaks(qapp: QApplication) -> None:
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    speak(qapp, "en")
    assert qapp.layoutDirection() == Qt.LayoutDirection.LeftToRight


def test_each_picture_that_the_repository_shows_is_of_a_screen_that_can_be_made_and_is_small() -> None:
    for kept in SHOWN:
        assert kept.screen in SCREENS
        assert kept.look in LOOKS
        assert resources.path(f"screenshots/{kept.name}.png").stat().st_size < 400_000


def test_a_folder_in_another_script_leaves_the_face_of_the_line(qapp: QApplication) -> None:
    assert font("meta", "上海").families()[0] == font("meta").families()[0]
    assert font("name", "上海").families()[0] != font("name").families()[0]


@pytest.mark.parametrize(
    ("kinds", "understood", "said"),
    [
        ({"document": 2, "sheet": 1}, [], "3 files"),
        ({"document": 131_412}, [], "131,412 files"),
        ({"document": 9, "mail": 4}, [{"field": "type", "value": "mail", "is_negated": False}], "4 files"),
        ({"document": 9, "mail": 4}, [{"field": "type", "value": "mail", "is_negated": True}], "2 files"),
        ({}, [], "2 files"),
    ],
    ids=["with copies", "more than are shown", "of a kind", "without a kind", "uncounted"],
)
def test_the_line_counts_files_as_the_kinds_above_do(
    qapp: QApplication, kinds: dict[str, int], understood: list[dict[str, Any]], said: str
) -> None:
    files = [found_file("a.txt"), found_file("b.txt"), found_file("c.txt", "weak")]
    assert Summary().count(found(files, kinds=kinds, understood=understood)) == f"{said} · 1 weaker"
    assert Summary().count(found(files[2:], kinds=kinds, understood=understood)) == "0 files · 1 weaker"


def test_in_the_narrowest_window_the_box_has_the_tabs_room_and_the_menu_names_the_pages(
    qtbot: QtBot, window: tuple[Window, HeldLink]
) -> None:
    shown = window[0]
    header, box = shown._header, shown.find_page.box

    def pages() -> list[str]:
        return [action.text().split("\t")[0] for action in header.menu.actions()[:4] if action.isVisible()]

    assert pages() == []
    shown.resize(640, 480)
    qtbot.waitUntil(lambda: box.width() * 2 > shown.width(), timeout=ANSWER_TIMEOUT_MS)
    assert pages() == ["Find", "Topics", "Copies", "Index"]
    header.menu.actions()[3].trigger()
    assert shown.page_name == "index"
    assert [action.isChecked() for action in header.menu.actions()[:4]] == [False, False, False, True]
    shown.resize(1240, 800)
    qtbot.waitUntil(lambda: pages() == [], timeout=ANSWER_TIMEOUT_MS)


@pytest.mark.parametrize("direction", [Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft])
def test_a_menu_at_the_end_of_a_line_stays_within_the_window(
    qtbot: QtBot, window: tuple[Window, HeldLink], direction: Qt.LayoutDirection
) -> None:
    shown = window[0]
    shown.setLayoutDirection(direction)
    menu, button, middle = shown._header.menu, shown._header._more, shown.width() // 2
    qtbot.waitUntil(lambda: (button.x() < middle) == (direction == Qt.LayoutDirection.RightToLeft))
    menu.popup(button.mapToGlobal(QPoint(0, button.height())))
    qtbot.waitUntil(menu.isVisible, timeout=ANSWER_TIMEOUT_MS)
    left = shown.mapFromGlobal(menu.pos()).x()
    menu.hide()
    assert 0 <= left <= shown.width() - menu.width()


def test_the_wash_of_a_weak_match_is_fainter_than_that_of_an_answer(qapp: QApplication) -> None:
    """Whoever looks for yellow finds what answers first."""

    def yellow(strength: str) -> int:
        file = found_file("a.txt", strength)
        file["passages"][0]["answer"] = (0, 40)
        model, image = ResultModel(_HOME), QImage(500, 110, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.white)
        model.show([file])
        option, painter = QStyleOptionViewItem(), QPainter(image)
        option.rect = QRect(0, 0, 500, 103)
        ResultDelegate().paint(painter, option, model.index(0, 0))
        painter.end()
        colours = [image.pixelColor(x, y) for x in range(70, 400) for y in range(30, 110)]
        return sum(colour.blue() < 180 < colour.red() for colour in colours)

    assert yellow("strong") > 500
    assert yellow("weak") < yellow("strong") // 4


def test_the_wash_leaves_out_what_only_moves_a_line(qtbot: QtBot) -> None:
    text = "def deadline():\n" + " " * 40 + "return DAY\n"
    view = TextView()
    qtbot.addWidget(view)
    view.resize(900, 200)
    view.show_text({"text": text, "start": 0, "length": len(text), "first_line": 1, "places": []}, is_code=True)
    view.show_hit({"text": text, "start": 0, "end": len(text), "answer": (0, len(text) - 1), "words": []})
    view.show()
    qtbot.waitExposed(view)
    viewport = view.viewport()
    inner = viewport.geometry()
    image = view.grab().toImage()
    box = view.cursorRect(QTextCursor(view.document().findBlockByNumber(1)))
    ratio, y = image.devicePixelRatio(), inner.top() + box.center().y()
    indented = view.fontMetrics().horizontalAdvance(" " * 40)
    mark = QColor(look.name("mark"))

    def is_washed(x: int) -> bool:
        return image.pixelColor(round((inner.left() + x) * ratio), round(y * ratio)) == mark

    assert not any(is_washed(box.left() + x) for x in range(10, indented - 10))
    assert any(is_washed(box.left() + x) for x in range(indented, indented + 60))


def test_a_window_comes_back_where_it_was_and_never_larger_than_the_screen(
    qtbot: QtBot, window: tuple[Window, HeldLink], tmp_path: Path
) -> None:
    preferences, screen = Preferences(Home(tmp_path)), window[0].screen().availableGeometry()

    def comes_back(*kept: int) -> QRect:
        preferences.set("window", list(kept))
        made = Window(window[1], preferences)
        qtbot.addWidget(made)
        return made.geometry()

    least = window[0].minimumSize()
    inside = QRect(screen.topLeft() + QPoint(20, 30), least)
    assert comes_back(*inside.getRect()) == inside
    large = QRect(screen.topLeft() - QPoint(40, 40), screen.size() * 1.5)
    assert comes_back(*large.getRect()) == QRect(screen.topLeft(), screen.size().expandedTo(least))
    elsewhere = comes_back(screen.right() + 9_000, 0, 700, 500)
    assert screen.contains(elsewhere.topLeft())


def test_equal_words_on_a_line_of_a_page_are_underlined_at_one_height(qapp: QApplication) -> None:
    """Boxes end with the letters: a line under "notice" would run through its feet where "giving" stands beside it."""
    image, blank = QImage(400, 400, QImage.Format.Format_RGB32), QImage(40, 40, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    blank.fill(Qt.GlobalColor.white)
    line, giving, notice = [0.1, 0.5, 0.8, 0.1], [0.1, 0.5, 0.2, 0.1], [0.5, 0.5, 0.2, 0.07]
    painter = QPainter(image)
    paint_page(painter, QRectF(0, 0, 400, 400), blank, [[line], [], [giving], [notice]])
    painter.end()

    def lowest(x: int) -> int:
        return max(y for y in range(400) if image.pixelColor(x, y) != QColor(Qt.GlobalColor.white))

    assert lowest(60) == lowest(240) >= 240


_QUESTION = """
from PySide6.QtWidgets import QLabel, QWidget
from ui.app import make_app
from ui.asking import ask
from ui.theme.look import look
app = make_app()
look.follow(app, "light")
window = QWidget()
for folder in ("Flat", "Pictures and scans", "Work › Clients and others › Archive of the letters of 2019"):
    box = ask(window, f"Remove “Home › {folder}” from the index?", "Its files are not touched.", "Remove", lambda: None)
    app.processEvents()
    title = box.findChild(QLabel, "qt_msgbox_label")
    assert title.wordWrap() or title.sizeHint().width() <= title.width(), folder
"""


def test_the_title_of_a_question_is_never_cut_off(tmp_path: Path) -> None:
    """On a usual screen: Qt lets a title wrap at a width that goes with the screen's, and elsewhere trusts its size."""
    screen = {"name": "screen", "x": 0, "y": 0, "width": 1440, "height": 900, "logicalDpi": 96, "dpr": 1}
    (tmp_path / "screen.json").write_text(json.dumps({"screens": [screen]}))
    variables = os.environ | {"QT_QPA_PLATFORM": f"offscreen:configfile={tmp_path / 'screen.json'}"}
    done = subprocess.run([sys.executable, "-c", _QUESTION], env=variables, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_enter_takes_what_was_chosen_below_the_box_and_opens_no_file(
    qtbot: QtBot, window: tuple[Window, HeldLink]
) -> None:
    box = window[0].find_page.box
    entered: list[str] = []
    box.edit.entered.connect(lambda: entered.append(box.text))
    box.set_text("type:")
    box._offer(["type:document", "type:code"])
    offers = box.completer.popup()
    assert offers is not None
    qtbot.waitUntil(offers.isVisible, timeout=ANSWER_TIMEOUT_MS)
    qtbot.keyClick(offers, Qt.Key.Key_Down)
    qtbot.keyClick(offers, Qt.Key.Key_Down)
    qtbot.keyClick(offers, Qt.Key.Key_Return)
    assert (box.text, entered) == ("type:code", [])
    assert not offers.isVisible()
    box._offer(["type:code", "type:mail"])
    qtbot.waitUntil(offers.isVisible, timeout=ANSWER_TIMEOUT_MS)
    qtbot.keyClick(offers, Qt.Key.Key_Return)
    assert entered == ["type:code"], "nothing was chosen: it is the query that is meant"
    assert not offers.isVisible()
