"""Words are found within the file of the preview: in all of it, with its pages and its text marked as by a hit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from finder.paths import Home
from tests.conftest import end_service, make_home, run_inkling
from tests.documents import pdf
from tests.ui.conftest import ANSWER_TIMEOUT_MS
from tests.ui.driving import find
from tests.ui.links import HeldLink
from ui.preview.asking import Asking
from ui.preview.finding import Finding
from ui.preview.pages import PageView
from ui.preview.text import TextView
from ui.window import Window

V = TypeVar("V", bound=QWidget)
STRAWS = [f"straw number {number} of a long haystack" for number in range(6_000)]
NEEDLES = "\n".join([*STRAWS[:5_800], "a Needle", *STRAWS[5_800:], "the last  needle"])
PAGES = [[f"Page {number} of the agreement has nothing to say of it."] for number in range(1, 9)]


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory, runtime_folder: Path) -> Iterator[tuple[Home, Path]]:
    """In the place of the four documents of the other tests: a text longer than one answer, and a PDF."""
    folder = tmp_path_factory.mktemp("found")
    home, documents = make_home(folder / "home"), folder / "documents"
    documents.mkdir()
    (documents / "haystack.txt").write_text(NEEDLES)
    (documents / "agreement.pdf").write_bytes(pdf([*PAGES, ["The periscope is returned to the landlord."]]))
    done = run_inkling(home, folder, "index", documents)
    assert done.returncode == 0, done.stderr
    yield home, documents
    end_service(home)


class Found(QObject):
    """A `Finding` before a service that the test plays, and what it said."""

    def __init__(self, tmp_path: Path) -> None:
        super().__init__()
        self.link = HeldLink(Home(tmp_path))
        self.finding = Finding(Asking(self.link), self)
        self.counts: list[tuple[int, int]] = []
        self.passages: list[dict[str, Any]] = []
        self.finding.counted.connect(lambda number, count: self.counts.append((number, count)))
        self.finding.shown.connect(self.passages.append)

    def answer(self, text: str, start: int = 0, length: int | None = None, places: Any = ()) -> None:
        whole = start + len(text) if length is None else length
        piece = {"text": text, "start": start, "length": whole, "first_line": 1, "places": list(places)}
        self.link.answer("preview_text", piece)

    def shown(self) -> str:
        """The words that were brought into sight last, as they stand in the file."""
        low, high = self.passages[-1]["answer"]
        text: str = self.passages[-1]["text"]
        return text[low:high]


@pytest.fixture
def found(qapp: QApplication, tmp_path: Path) -> Iterator[Found]:
    made = Found(tmp_path)
    yield made
    made.link.close()


def test_finds_are_gone_through_in_a_ring_whatever_their_case_and_their_spaces(found: Found) -> None:
    found.finding.seek("file:///a", "big fox", 0)
    found.answer("A Big\nfox.\nA big  fox; a BIG FOX")
    assert found.counts[-1] == (1, 3)
    assert found.shown() == "Big\nfox"
    seen = []
    for by in (1, 1, 1, -1):
        found.finding.step(by)
        seen.append((found.shown(), found.counts[-1]))
    assert seen == [("big  fox", (2, 3)), ("BIG FOX", (3, 3)), ("Big\nfox", (1, 3)), ("BIG FOX", (3, 3))]


def test_the_first_that_is_shown_is_the_one_behind_what_was_in_sight(found: Found) -> None:
    found.finding.seek("file:///a", "x", 4)
    found.answer("x\nx\nx\nx")
    assert found.counts[-1] == (3, 4)
    found.finding.seek("file:///a", "x", 7)
    assert found.counts[-1] == (1, 4)  # none behind it: from the beginning on


def test_a_long_file_is_sought_through_piece_by_piece_and_offsets_are_those_of_the_whole(found: Found) -> None:
    found.finding.seek("file:///a", "needle", 0)
    found.answer("hay " * 10, start=2, length=100)  # white space at its beginning is not in the index
    assert found.counts[-1] == (0, 0)
    found.answer("hay needle", start=38, length=100)  # in whole passages: from a little before
    assert found.passages[-1]["start"] + found.passages[-1]["answer"][0] == 42
    found.answer("", start=48, length=100)
    assert len(found.link.calls) == 3
    assert found.counts[-1] == (1, 1)


def test_a_find_stands_on_its_page_with_its_line_alone(found: Found) -> None:
    text = "one\ntwo\nthree needle four\nfive"
    found.finding.seek("file:///a", "needle", 0)
    found.answer(text, places=[{"start": 0, "page": 1, "label": None}, {"start": 8, "page": 2, "label": None}])
    assert found.passages[-1]["page"] == 2
    assert found.passages[-1]["text"] == "three needle four"


def test_what_is_typed_is_no_pattern_and_nothing_is_found_of_nothing(found: Found) -> None:
    found.finding.seek("file:///a", "a.c(", 0)
    found.answer("abc( a.c(")
    assert found.counts[-1] == (1, 1)
    found.finding.seek("file:///a", "  ", 0)
    assert found.counts[-1] == (0, 0)
    found.finding.step(1)
    assert len(found.passages) == 1


def press_find(qtbot: QtBot, window: Window) -> None:
    keys = QKeySequence(QKeySequence.StandardKey.Find)[0]
    qtbot.keyClick(window.find_page.box.edit, keys.key(), keys.keyboardModifiers())
    qtbot.waitUntil(window.find_page.preview.find_bar.edit.hasFocus, timeout=ANSWER_TIMEOUT_MS)


def begin_find(qtbot: QtBot, window: Window, query: str, name: str, kind: type[V]) -> V:
    """Go to a file, wait until it is seen, and open the line; returns what shows the file."""
    find(qtbot, window, query, name)
    view = window.find_page.preview.findChild(kind)
    assert view is not None
    qtbot.waitUntil(view.isVisible, timeout=ANSWER_TIMEOUT_MS)
    press_find(qtbot, window)
    return view


def test_a_text_is_brought_to_what_is_found_far_behind_and_the_keys_lead_on(qtbot: QtBot, window: Window) -> None:
    text = begin_find(qtbot, window, "haystack straw number", "haystack.txt", TextView)
    bar = window.find_page.preview.find_bar
    qtbot.keyClicks(bar.edit, "needle")
    qtbot.waitUntil(lambda: bar._count.text() == "1 of 2", timeout=ANSWER_TIMEOUT_MS)
    qtbot.waitUntil(lambda: text.textCursor().block().text() == "a Needle", timeout=ANSWER_TIMEOUT_MS)
    qtbot.keyClick(bar.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: text.textCursor().block().text() == "the last  needle", timeout=ANSWER_TIMEOUT_MS)
    assert bar._count.text() == "2 of 2"
    qtbot.keyClick(bar.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert bar._count.text() == "1 of 2"
    qtbot.keyClicks(bar.edit, "xyz")
    assert bar._count.text() == "Not found"
    qtbot.keyClick(bar.edit, Qt.Key.Key_Escape)
    assert not bar.isVisible()
    assert window.isVisible()
    assert text.hasFocus()
    assert window.find_page.box.text == "haystack straw number"


def test_of_a_pdf_the_page_of_the_find_is_shown(qtbot: QtBot, window: Window) -> None:
    pages = begin_find(qtbot, window, "agreement name:agreement", "agreement.pdf", PageView)
    qtbot.keyClicks(window.find_page.preview.find_bar.edit, "periscope")
    qtbot.waitUntil(lambda: pages._hit_page == 9 and 9 in pages._pages, timeout=ANSWER_TIMEOUT_MS)
    qtbot.waitUntil(lambda: any(pages._pages[9].boxes), timeout=ANSWER_TIMEOUT_MS)


def test_the_keys_are_listed_from_the_file_too(qtbot: QtBot, window: Window) -> None:
    text = begin_find(qtbot, window, "haystack straw number", "haystack.txt", TextView)
    bar = window.find_page.preview.find_bar
    qtbot.keyClick(bar.edit, Qt.Key.Key_Question)
    assert bar.edit.text() == "?", "in a line it is a letter as any other"
    qtbot.keyClick(bar.edit, Qt.Key.Key_Escape)
    assert text.hasFocus()
    qtbot.keyClick(text, Qt.Key.Key_Question)
    assert window.keys.isVisible()
    qtbot.keyClick(window.keys, Qt.Key.Key_Escape)
    window.find_page.view.setFocus()
    qtbot.keyClick(window.find_page.view, Qt.Key.Key_Question)
    assert window.keys.isVisible()
    assert window.find_page.box.text == "haystack straw number"


def test_another_file_closes_the_line(qtbot: QtBot, window: Window) -> None:
    find(qtbot, window, "agreement haystack", "haystack.txt")
    press_find(qtbot, window)
    names = [window.find_page.model.row(number).name for number in range(window.find_page.model.rowCount())]
    window.find_page.view.setCurrentIndex(window.find_page.model.index(names.index("agreement.pdf")))
    assert not window.find_page.preview.find_bar.isVisible()
