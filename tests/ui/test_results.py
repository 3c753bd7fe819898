"""The list of results: its model, the way late answers come in, and what its rows say."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from tests.ui.files import found_file, found_files
from ui.results.layout import lay_out
from ui.results.model import ResultModel, ResultRole
from ui.results.view import ResultView
from ui.theme.extents import extents
from ui.theme.fonts import font

HOME = "/home/ada"


def names(model: ResultModel) -> list[str]:
    return [model.row(number).name for number in range(model.rowCount())]


def test_the_model_keeps_qts_rules_through_answers_of_every_kind(qtmodeltester: ModelTester) -> None:
    model = ResultModel(HOME)
    qtmodeltester.check(model)
    model.show(found_files("a", "b", "c", weak=("b",)))
    model.merge(found_files("d", "a", "e", "c"), 1)
    model.merge(found_files("a"), 0)
    model.merge(found_files("b", "c"), 1)
    model.show([])
    model.merge(found_files("x", "y"), 0)
    qtmodeltester.check(model)


def test_weak_matches_stand_behind_all_others_below_one_divider(qapp: QApplication) -> None:
    model = ResultModel(HOME)
    model.show(found_files("weak1", "strong1", "weak2", "strong2", weak=("weak1", "weak2")))
    assert names(model) == ["strong1", "strong2", "weak1", "weak2"]
    dividers = [model.index(number).data(ResultRole.DIVIDER) for number in range(4)]
    assert dividers == ["", "", "Weaker matches", ""]


def test_a_late_answer_moves_nothing_that_the_user_has_chosen(qtbot: QtBot) -> None:
    model = ResultModel(HOME)
    view = ResultView(model)
    qtbot.addWidget(view)
    view.show_answer(found_files("a", "b", "c"), is_final=False)
    view.step(Qt.Key.Key_Down)
    assert view.current_row() is not None
    view.show_answer(found_files("new", "c", "b", "a"), is_final=True)
    assert names(model) == ["a", "b", "new", "c"]
    row = view.current_row()
    assert row is not None
    assert row.name == "b"
    assert view.currentIndex().row() == 1


def test_a_late_answer_brings_the_best_to_the_top_where_nothing_was_chosen(qtbot: QtBot) -> None:
    model = ResultModel(HOME)
    view = ResultView(model)
    qtbot.addWidget(view)
    view.show_answer(found_files("a", "b"), is_final=False)
    view.show_answer(found_files("new", "b", "a"), is_final=True)
    assert names(model) == ["new", "b", "a"]
    row = view.current_row()
    assert row is not None
    assert row.name == "new"


def test_a_chosen_file_that_is_gone_from_a_late_answer_stays_where_it_is(qtbot: QtBot) -> None:
    """It was there when it was chosen; opening it says what has become of it."""
    model = ResultModel(HOME)
    view = ResultView(model)
    qtbot.addWidget(view)
    view.show_answer(found_files("a", "b"), is_final=False)
    view.step(Qt.Key.Key_Down)
    view.show_answer(found_files("a", "c"), is_final=True)
    assert names(model) == ["a", "b", "c"]


def test_the_answer_to_another_question_is_shown_from_its_top(qtbot: QtBot) -> None:
    model = ResultModel(HOME)
    view = ResultView(model)
    qtbot.addWidget(view)
    view.show_answer(found_files("a", "b"), is_final=False)
    view.step(Qt.Key.Key_Down)
    view.begin_question()
    view.show_answer(found_files("c", "a"), is_final=False)
    assert names(model) == ["c", "a"]
    assert view.currentIndex().row() == 0
    assert not view.has_been_touched


def test_a_screen_reader_is_told_the_name_the_strength_the_place_and_the_passage(qapp: QApplication) -> None:
    model = ResultModel(HOME)
    model.show([found_file("lease.txt", text="Paid back.")])
    spoken = model.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "lease.txt. Strong match. Line 1. Paid back."


def test_a_row_is_dragged_as_the_files_exact_uri(qapp: QApplication) -> None:
    model = ResultModel(HOME)
    uri = "file:///home/ada/caf%E9%20%E5%90%88.txt"  # a name that is not UTF-8
    model.show([found_file("x", uri=uri)])
    data: QMimeData = model.mimeData([model.index(0)])
    assert bytes(data.urls()[0].toEncoded().data()).decode() == uri


def test_a_mark_that_comes_later_is_shown_without_moving_a_row(qapp: QApplication) -> None:
    model = ResultModel(HOME)
    model.show(found_files("a", "b"))
    model.mark("file:///home/ada/flat/b", (4, 12), [(4, 12)])
    assert model.row(1).answer == (4, 12)
    assert names(model) == ["a", "b"]


def test_what_the_service_marks_outside_a_text_is_ignored(qapp: QApplication) -> None:
    model = ResultModel(HOME)
    file = found_file("a", text="short")
    file["passages"][0]["answer"] = (3, 900)
    file["passages"][0]["words"] = [(-4, 2), (9, 12), (1, 3)]
    model.show([file])
    assert model.row(0).answer == (3, 5)
    assert model.row(0).words == ((1, 3),)


def test_an_answer_deep_in_a_long_passage_is_in_what_is_shown(qapp: QApplication) -> None:
    text = "filler " * 600 + "The deposit is paid back." + " more" * 300
    at = text.index("The deposit")
    file = found_file("a", text=text)
    file["passages"][0]["answer"] = (at, at + 25)
    model = ResultModel(HOME)
    model.show([file])
    row = model.row(0)
    assert row.answer is not None
    assert row.passage[slice(*row.answer)] == "The deposit is paid back."


def test_of_thousands_of_files_only_those_in_sight_are_made_ready(qtbot: QtBot) -> None:
    model = ResultModel(HOME)
    view = ResultView(model)
    qtbot.addWidget(view)
    view.resize(600, 700)
    view.show()
    view.show_answer(found_files(*(f"{number}.txt" for number in range(3_000))), is_final=True)
    view.grab()
    assert 0 < len(model._rows) < 100


def test_rows_of_every_kind_are_painted_in_both_sizes(qtbot: QtBot) -> None:
    kinds = ("document", "code", "image", "mail", "sheet", "slides", "notebook", "archive", "audio", "video", "other")
    model = ResultModel(HOME)
    view = ResultView(model)
    qtbot.addWidget(view)
    view.resize(600, 1400)
    model.show([found_file(f"{kind} נוסח 合同.x", type=kind, copies=["/a"], reach="name") for kind in kinds])
    for is_compact in (False, True):
        view.set_compact(is_compact)
        for width in (320, 600, 1400):
            view.resize(width, 1400)
            picture = QPixmap(view.grab()).toImage()
            assert len({picture.pixel(x, y) for x in range(0, 300, 3) for y in range(0, 600, 3)}) > 20


def test_a_passage_begins_so_that_what_answers_is_seen() -> None:
    model = ResultModel(HOME)
    before, answer = "The tenant reports damage without delay. " * 4, "Notice is given three months before."
    file = found_file("lease.txt", text=before + answer)
    file["passages"][0]["answer"] = (len(before), len(before) + len(answer))
    model.show([file])
    row = model.row(0)
    assert row.answer is not None
    assert row.passage[row.answer[0] : row.answer[1]] == answer
    assert row.answer[0] < 60
    assert row.passage.startswith("… ")


def test_of_words_that_run_both_ways_nothing_between_the_marked_ones_is_washed(qapp: QApplication) -> None:
    text = "deposit פיקדון שכירות"
    span = (text.index("deposit"), text.index(" שכירות"))  # what stands at the far right and what begins the line
    made = lay_out(text, font("body", text), 600, 1, 19, span, ())
    (line,) = made.lines
    washed = extents(line, *span)
    rest = extents(line, span[1] + 1, len(text))
    assert len(washed) == 2
    assert all(right <= rest[0][0] + 1 or left >= rest[0][1] - 1 for left, right in washed)
    assert extents(line, 3, 3) == []


ONE_LINE = "The deposit is returned within fourteen days."


def heights(view: ResultView) -> list[int]:
    model = view.model()
    return [view.visualRect(model.index(row, 0)).height() for row in range(model.rowCount())]


def test_the_place_stands_directly_below_a_passage_of_one_line_and_nothing_below_that(qtbot: QtBot) -> None:
    view = ResultView(ResultModel("/home/ada"))
    qtbot.addWidget(view)
    view.resize(620, 700)
    view.show()
    files = [found_file("one.txt", text=ONE_LINE), found_file("two.txt", text=f"{ONE_LINE} " * 3)]
    view.show_answer([*files, found_file("none.txt", passages=[])], is_final=True)
    one, two, none = heights(view)
    assert (one - none, two - one) == (19, 19)
    view.resize(320, 700)
    qtbot.waitUntil(lambda: heights(view)[0] == heights(view)[1] == two)


@pytest.mark.parametrize("type_", ["document", "code"])
@pytest.mark.parametrize(
    "text",
    [
        ONE_LINE,
        "iiiiiiil " * 20,
        "MWMW " * 20,
        "押金应在搬走后十四天内退还，" * 5,
        "הפיקדון מוחזר תוך שבועיים " * 4,
        "a\n\n b\t" * 30,
    ],
)
def test_no_passage_needs_more_lines_than_its_row_has_room_for_however_it_is_marked(
    qtbot: QtBot, text: str, type_: str
) -> None:
    model = ResultModel("/home/ada")
    view = ResultView(model)
    qtbot.addWidget(view)
    view.resize(600, 700)
    delegate = view._delegate
    option = QStyleOptionViewItem()
    option.widget = view  # type: ignore[attr-defined]
    beside = 2 * 18 + 36 + 12  # what stands at the passage's left and right
    for length in range(5, len(text), 3):
        file = found_file(text=text[:length], type=type_)
        file["passages"][0].update(answer=(0, length), words=[(0, length)])
        model.show([file])
        room = delegate._lines(option, model.index(0))
        for scroll_bar in (0, 10):
            width = view.width() - beside - scroll_bar
            assert len(delegate._passage(model.row(0), width).lines) <= room, text[:length]
