"""What was once seen to be wrong on a picture of a screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
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
from ui.results.delegate import ResultDelegate
from ui.results.model import ResultModel
from ui.results.row import Row, row_of
from ui.search.empty import Emptiness, EmptyState
from ui.search.reasons import Reasons
from ui.theme.fonts import font
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


def test_a_range_of_slides_has_a_dash(qapp: QApplication) -> None:
    passage = {**found_file()["passages"][0], "label": "Slides 1-3"}
    assert Phrases().place(passage) == "Slides 1–3"  # type: ignore[arg-type]


def test_a_word_that_stands_there_in_two_cases_is_named_once(qapp: QApplication) -> None:
    file = found_file(text="Notice of the flat. A notice.", why=["words"])
    file["passages"][0]["words"] = [(0, 6), (14, 18), (22, 28)]
    assert Whys().text(row_of(file, Phrases(), _HOME)) == "By words: Notice, flat"


def test_a_short_reason_after_a_long_one_takes_no_more_room_than_it_needs(qtbot: QtBot, qapp: QApplication) -> None:
    empty = EmptyState()
    qtbot.addWidget(empty)
    empty.show_reason(Emptiness("lens-none", "Nothing", "Short."))
    height = empty._text.height()
    empty.show_reason(Emptiness("lens-none", "Nothing", "A reason of many words. " * 9))
    assert empty._text.height() > height
    empty.show_reason(Emptiness("lens-none", "Nothing", "Short."))
    assert empty._text.height() == height


def test_one_filter_hides_as_many_files_as_fit_without_it(qapp: QApplication) -> None:
    chip = {"field": "ext", "text": ".xlsx", "value": "xlsx", "start": 2, "end": 10, "is_negated": False}
    coverage = {"indexed": 40, "pending": 0, "failed": 0, "filtered_out": 6}
    reasons = Reasons(*[lambda *_: None] * 5, qapp)
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
