"""How names, folders and passages are cut, and that marks stay on what they mark."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from ui.results.layout import cut_name, cut_path, from_answer, join_path, lay_out, moved_spans
from ui.theme.fonts import font, metrics

LONG = "Handover_protocol_and_condition_report_third_floor_left_with_meter_readings_final_FINAL_v7_scan.pdf"
ANY_FOLDER = ("Home", "Scans", "Household papers", "2019 – 2024", "Letters received", "Management")


def test_a_long_name_keeps_the_whole_words_of_its_end(qapp: QApplication) -> None:
    measure = metrics("name")
    shown = cut_name(LONG, measure, 400)
    assert shown.startswith("Handover_protocol")
    assert shown.endswith("…v7_scan.pdf")
    assert measure.horizontalAdvance(shown) <= 400


@pytest.mark.parametrize("width", [20, 60, 120, 300, 900])
@pytest.mark.parametrize("name", [LONG, "合同" * 40 + ".docx", "a.txt", "נוסח סופי " * 12, "🎉" * 60])
def test_no_name_is_wider_than_its_room(qapp: QApplication, name: str, width: int) -> None:
    measure = metrics("name", name)
    assert measure.horizontalAdvance(cut_name(name, measure, width)) <= max(width, measure.horizontalAdvance("…"))


def test_a_folder_loses_its_middle_first(qapp: QApplication) -> None:
    measure = metrics("meta")
    whole = measure.horizontalAdvance(join_path(ANY_FOLDER))
    assert cut_path(ANY_FOLDER, measure, whole) == join_path(ANY_FOLDER)
    cut = cut_path(ANY_FOLDER, measure, whole * 0.6)
    assert cut.startswith("\u2068Home\u2069 › \u2068…\u2069")
    assert cut.endswith("\u2068Management\u2069")
    assert "Home" not in cut_path(ANY_FOLDER, measure, measure.horizontalAdvance("… › Management") + 4)


def test_a_mark_that_was_cut_out_of_a_name_is_not_shown_elsewhere() -> None:
    whole, shown = "first middle last.pdf", "first …last.pdf"
    at = whole.index("last")
    spans = [(0, 5), (6, 12), (at, at + 4)]
    assert [shown[low:high] for low, high in moved_spans(whole, shown, spans)] == ["first", "last"]


def test_one_line_of_a_passage_begins_shortly_before_its_answer() -> None:
    text = "Something else comes first here. The deposit is paid back. And more."
    at = text.index("The deposit")
    word = text.index("paid")
    shown, answer, words = from_answer(text, (at, at + 25), [(0, 9), (word, word + 4)])
    assert shown.startswith("… The deposit")
    assert answer is not None
    assert shown[slice(*answer)] == text[at : at + 25]
    assert [shown[low:high] for low, high in words] == ["paid"]
    assert from_answer(text, (10, 20), [])[0] == text


def test_marks_count_characters_where_qt_counts_utf_16_units(qapp: QApplication) -> None:
    text = "🎉🎉 the deposit 🎉"
    at = text.index("deposit")
    made = lay_out(text, font("body"), 500, 2, 19, (at, at + 7), [(at, at + 7)])
    assert made.answer == (at + 2, at + 9)
    assert made.words == (made.answer,)


@pytest.mark.parametrize("text", ["word " * 200, "租客搬走之后房东应当退还押金" * 30, "🎉 " * 300, "x" * 900])
def test_a_passage_fills_its_lines_and_says_that_it_goes_on(qapp: QApplication, text: str) -> None:
    made = lay_out(text, font("body", text), 400, 2, 19, (len(text) - 5, len(text)))
    assert len(made.lines) == 2
    assert made.layout.text().endswith("…")
    assert made.answer is None  # it lies behind the cut
    last = made.lines[-1]
    assert last.textStart() + last.textLength() >= len(made.layout.text())


def test_a_short_passage_is_shown_whole(qapp: QApplication) -> None:
    assert lay_out("Short.", font("body"), 400, 2, 19).layout.text() == "Short."
    assert lay_out("", font("body"), 400, 2, 19).height <= 19
