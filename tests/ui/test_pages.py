"""The pages of a document: where they stand, however many there are, and answers that come in another order."""

from __future__ import annotations

from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from tests.ui.files import found_file
from tests.ui.links import HeldLink
from ui.preview.asking import Asking
from ui.preview.pages import PageView
from ui.preview.pane import PreviewPane
from ui.preview.sheets import Sheets
from ui.results.model import ResultModel
from ui.results.view import ResultView

HOSTILE_COUNT = 1_048_575
"""Pages that a file of a few bytes may say it has."""


def sheets(count: int, width: float, aspects: dict[int, float]) -> Sheets:
    made = Sheets(20, 10)
    made.count, made.width = count, width
    for number, aspect in aspects.items():
        made.learn(number, aspect)
    return made


@pytest.mark.parametrize("aspects", [{}, {3: 1.0}, {3: 1.0, 1: 2.0, 5: 0.5}, {5: 0.5, 1: 0.5, 2: 3.0}])
def test_a_page_begins_where_those_before_it_end(aspects: dict[int, float]) -> None:
    made = sheets(6, 100, aspects)
    supposed = next(iter(aspects.values()), 842 / 595)
    top = 20.0
    for number in range(1, 7):
        assert made.top(number) == pytest.approx(top)
        assert made.height(number) == pytest.approx(100 * aspects.get(number, supposed))
        top += made.height(number) + 10
    assert made.end == pytest.approx(top)


def test_the_pages_in_sight_are_those_that_reach_into_it() -> None:
    made = sheets(5, 100, {1: 1.0, 2: 2.0})  # from 20 to 120, 130 to 330, 340 to 440, 450 to 550, 560 to 660
    assert list(made.between(0, 700)) == [1, 2, 3, 4, 5]
    assert list(made.between(150, 200)) == [2]
    assert list(made.between(120.5, 129)) == []
    assert list(made.between(100, 341)) == [1, 2, 3]
    assert list(made.between(800, 900)) == []


def test_of_a_page_that_is_seen_again_its_new_shape_counts_once() -> None:
    made = sheets(3, 100, {1: 1.0, 2: 2.0})
    made.learn(2, 3.0)
    made.learn(2, 3.0)
    assert made.top(3) == 20 + 100 + 10 + 300 + 10


def page(number: int, count: int, marked: bool = False, width: int = 8) -> dict[str, Any]:
    """A page as the service draws it: grey pixels, twice as high as wide."""
    boxes = [[[0.1, 0.5, 0.5, 0.1]], [[0.1, 0.5, 0.2, 0.1]]] if marked else []
    blob = bytes([120]) * (3 * width * 2 * width)
    sizes = {"width": width, "height": 2 * width, "stride_bytes": 3 * width}
    return {"page": number, "page_count": count, "boxes": boxes, "blobs": [blob], **sizes}


def passage(text: str) -> dict[str, Any]:
    return {"text": text, "start": len(text), "page": 1, "words": [], "answer": None}


def test_a_document_that_says_it_has_a_million_pages_is_walked_through_as_any_other(
    qtbot: QtBot, held: HeldLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = PageView(Asking(held))
    qtbot.addWidget(view)
    view.resize(600, 700)
    view.show_file("file:///a.pdf", HOSTILE_COUNT - 5, passage("the end"))
    held.answer("preview_page", page(HOSTILE_COUNT - 5, HOSTILE_COUNT))
    looked: list[int] = []
    height = Sheets.height
    monkeypatch.setattr(Sheets, "height", lambda self, number: (looked.append(number), height(self, number))[1])
    view.show()
    for _ in range(12):
        view.zoom(1)  # higher than a scroll bar counts
    view.grab()
    assert len(looked) < 2_000
    assert view.verticalScrollBar().value() > 0


def test_an_answer_to_what_was_asked_before_takes_no_mark_away(qtbot: QtBot, held: HeldLink) -> None:
    """Calls run beside each other: what was asked first may be answered last."""
    view = PageView(Asking(held))
    qtbot.addWidget(view)
    view.resize(600, 700)
    view.show_file("file:///a.pdf", 1, passage("before"))
    first = held.asked("preview_page")[-1]
    view.show_hit(1, passage("the one"))
    held.answer("preview_page", page(1, 3, marked=True))
    held._deliver(first, "final", page(1, 3))
    assert view._pages[1].boxes != []


def test_a_page_drawn_small_before_it_was_zoomed_does_not_take_the_large_ones_place(
    qtbot: QtBot, held: HeldLink
) -> None:
    view = PageView(Asking(held))
    qtbot.addWidget(view)
    view.resize(600, 700)
    view.show()
    view.show_file("file:///a.pdf", 1, None)
    small = held.asked("preview_page")[-1]
    view.zoom(1)
    qtbot.waitUntil(lambda: held.asked("preview_page")[-1] is not small)
    held.answer("preview_page", page(1, 3, width=16))
    held._deliver(small, "final", page(1, 3, width=8))
    assert view._pages[1].image.width() == 16


def test_the_list_names_the_page_of_the_hit_as_soon_as_that_was_seen_and_the_preview_stays(
    qtbot: QtBot, held: HeldLink
) -> None:
    """The service knows on which page a passage begins; what answers in it may be on the next."""
    model, pane = ResultModel("/home/ada"), PreviewPane(held)
    view = ResultView(model)
    view.row_changed.connect(pane.show_row)
    pane.placed.connect(model.place)
    for part in (view, pane):
        qtbot.addWidget(part)
        part.resize(600, 700)
        part.show()
    file = found_file("lease.pdf")
    file["passages"][0]["page"] = 2
    view.show_answer([file], is_final=True)
    assert model.row(0).place == "Page 2"
    qtbot.waitUntil(lambda: bool(held.asked("preview_page")))
    held.answer("preview_page", page(3, 4, marked=True))
    assert model.row(0).place == "Page 3"
    assert pane._head._place.text() == "Page 3"
    asked = len(held.calls)
    pane.show_row(model.row(0))
    assert len(held.calls) == asked, "it is the same"
    assert file["passages"][0]["page"] == 2, "where its passage begins, and is marked from"
    model.mark(file["uri"], (0, 12), [])
    assert model.row(0).place == "Page 2", "what answers now is to be seen first"
