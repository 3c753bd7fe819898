"""The preview in the real window, of real files, by the real service: the thing itself at the place that was found."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PIL import Image
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from finder.paths import Home
from tests.conftest import end_service, make_home, run_inkling
from tests.documents import pdf
from tests.ui.conftest import ANSWER_TIMEOUT_MS
from tests.ui.driving import find
from ui.preview.facts import Facts
from ui.preview.pages import PageView
from ui.preview.picture import PictureView
from ui.preview.ruler import Ruler
from ui.preview.text import TextView
from ui.preview.units import Units
from ui.results.thumbnails import Thumbnails
from ui.theme.look import look
from ui.theme.tokens import DARK, LIGHT, Token
from ui.theme.widgets import Label
from ui.window import Window

MARKUP = "<img src=http://127.0.0.1:1/x.png><b>bold</b>"
PROGRAM = "".join(f"def helper_{n}():\n    return {n}\n\n\n" for n in range(200)) + (
    f"WORD = '{MARKUP} \U0001f600\U0001f600 the zeppelin is moored'  # zeppelin\n"
)
HAY = "".join(f"straw number {n} of a long haystack\n" for n in range(10_000))
PAGES = [[f"Page {n} of the agreement has nothing to say of it."] for n in range(1, 6)]
V = TypeVar("V", bound=QWidget)


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory, runtime_folder: Path) -> Iterator[tuple[Home, Path]]:
    """In the place of the four documents of the other tests: files of several kinds, each with a word of its own."""
    folder = tmp_path_factory.mktemp("previewed")
    home, documents = make_home(folder / "home"), folder / "documents"
    documents.mkdir()
    (documents / "agreement.pdf").write_bytes(pdf([*PAGES, ["The periscope is returned to the landlord."], *PAGES]))
    (documents / "moored.py").write_text(PROGRAM, encoding="utf-8")
    (documents / "periscope.txt").write_text("A periscope in a text, and nothing else.\n", encoding="utf-8")
    half = len(HAY) // 2
    (documents / "haystack.txt").write_text(f"{HAY[:half]}\nthe knitting needle\n{HAY[half:]}the last straw\n")
    (documents / "lighthouse.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    (documents / "damaged submarine.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
    picture = io.BytesIO()
    Image.new("RGB", (600, 300), (200, 30, 30)).save(picture, "PNG")
    (documents / "gondola.png").write_bytes(picture.getvalue())
    done = run_inkling(home, folder, "index", documents)
    assert done.returncode == 0, done.stderr
    yield home, documents
    end_service(home)


def shown(qtbot: QtBot, window: Window, kind: type[V]) -> V:
    """The part of the preview of that kind, once it is seen."""
    part = window.find_page.preview.findChild(kind)
    assert part is not None
    qtbot.waitUntil(part.isVisible, timeout=ANSWER_TIMEOUT_MS)
    return part


def colours(image: QImage) -> set[str]:
    pixels = memoryview(image.convertToFormat(QImage.Format.Format_RGB32).constBits()).cast("B").cast("I")
    return {QColor(pixel).name().upper() for pixel in set(pixels)}


def marks(view: QWidget, token: Token) -> bool:
    return LIGHT[token].upper() in colours(view.grab().toImage())


def test_of_a_pdf_the_page_is_shown_with_the_hit_marked(qtbot: QtBot, window: Window) -> None:
    find(qtbot, window, "periscope", "agreement.pdf")
    pages = shown(qtbot, window, PageView)
    qtbot.waitUntil(lambda: marks(pages, "mark_edge"), timeout=ANSWER_TIMEOUT_MS)
    assert "Page 6" in [label.text() for label in window.find_page.preview.findChildren(Label)]
    assert pages._sheets.top(6) <= pages.verticalScrollBar().value() + pages.viewport().height()
    assert pages._sheets.top(7) > pages.verticalScrollBar().value()


def test_further_pages_are_drawn_when_they_come_into_sight(qtbot: QtBot, window: Window) -> None:
    find(qtbot, window, "periscope", "agreement.pdf")
    pages = shown(qtbot, window, PageView)
    assert 1 not in pages._pages
    interval_ms = pages._settled.interval()
    pages.verticalScrollBar().setValue(3_000)
    assert pages._settled.interval() == interval_ms  # however far one scrolls
    pages.verticalScrollBar().setValue(0)
    qtbot.waitUntil(lambda: 1 in pages._pages, timeout=ANSWER_TIMEOUT_MS)
    assert pages._sheets.count == 11


def test_a_page_grows_with_ctrl_and_the_wheel_and_is_drawn_anew(qtbot: QtBot, window: Window) -> None:
    find(qtbot, window, "periscope", "agreement.pdf")
    pages = shown(qtbot, window, PageView)
    qtbot.waitUntil(lambda: 6 in pages._pages and not pages._settled.isActive(), timeout=ANSWER_TIMEOUT_MS)
    before = pages._sheets.width
    wheel = QWheelEvent(
        QPointF(100, 100), pages.mapToGlobal(QPointF(100, 100)), QPointF(0, 0).toPoint(), QPointF(0, 120).toPoint(),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.ControlModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(pages.viewport(), wheel)
    assert pages._sheets.width == pytest.approx(before * 1.2)
    qtbot.waitUntil(
        lambda: any(page.image.width() > before * 1.1 for page in pages._pages.values()), timeout=ANSWER_TIMEOUT_MS
    )
    window.find_page.preview._content.zoom(0)
    assert pages._sheets.width == pytest.approx(before, rel=0.05)


def test_a_program_is_shown_at_its_line_with_numbers_and_colours(qtbot: QtBot, window: Window) -> None:
    find(qtbot, window, "zeppelin", "moored.py")
    text = shown(qtbot, window, TextView)
    qtbot.waitUntil(lambda: bool(text._colouring._by_block), timeout=ANSWER_TIMEOUT_MS)
    labels = {label: has_hit for _, label, has_hit in text.numbered()}
    assert labels["801"]
    assert marks(text, "mark_edge")
    assert text.toPlainText() == PROGRAM  # as it is: nothing in it was taken for markup


def test_what_is_marked_is_what_was_found_whatever_stands_before_it(qtbot: QtBot, window: Window) -> None:
    find(qtbot, window, "zeppelin", "moored.py")
    text = shown(qtbot, window, TextView)
    qtbot.waitUntil(lambda: bool(text._words), timeout=ANSWER_TIMEOUT_MS)
    units = text.toPlainText().encode("utf-16-le")
    assert {units[2 * low : 2 * high].decode("utf-16-le") for low, high in text._words} == {"zeppelin"}


def test_a_long_file_is_shown_around_the_hit_and_goes_on_where_one_scrolls(qtbot: QtBot, window: Window) -> None:
    find(qtbot, window, "knitting", "haystack.txt")
    text = shown(qtbot, window, TextView)
    qtbot.waitUntil(lambda: bool(text._words), timeout=ANSWER_TIMEOUT_MS)
    assert 0 < text._start < len(HAY) // 2
    assert "the last straw" not in text.toPlainText()
    visible = [label for _, label, has_hit in text.numbered() if has_hit]
    assert str(HAY.count("\n", 0, len(HAY) // 2) + 2) in visible
    bar = text.verticalScrollBar()
    bar.setValue(bar.maximum())
    bar.triggerAction(bar.SliderAction.SliderToMaximum)
    qtbot.waitUntil(lambda: "the last straw" in text.toPlainText(), timeout=ANSWER_TIMEOUT_MS)
    bar.setValue(bar.maximum())
    *_, (box, label, _) = text.numbered()
    assert label == str((HAY + "x").count("\n") + 4)  # of the empty line behind the last
    assert box.bottom() <= text.viewport().height() + 1


def test_a_picture_is_shown_decoded(qtbot: QtBot, window: Window) -> None:
    find(qtbot, window, "gondola", "gondola.png")
    picture = shown(qtbot, window, PictureView)
    assert "#C81E1E" in colours(picture.grab().toImage())


@pytest.mark.parametrize(
    ("query", "name", "words"),
    [("lighthouse", "lighthouse.zip", "archive"), ("submarine", "damaged submarine.png", "picture")],
)
def test_what_has_nothing_to_show_says_why(qtbot: QtBot, window: Window, query: str, name: str, words: str) -> None:
    find(qtbot, window, query, name)
    facts = shown(qtbot, window, Facts)
    said = [label.text() for label in facts.findChildren(Label)]
    assert any(words in text for text in said)


def test_who_walks_on_sees_the_last_file_alone(qtbot: QtBot, window: Window) -> None:
    find(qtbot, window, "periscope", "agreement.pdf")
    page = window.find_page
    names = [page.model.row(number).name for number in range(page.model.rowCount())]
    asked: list[str] = []
    asking = page.preview._content._asking  # what the list asks for its thumbnails does not count
    ask = asking.ask

    def counted(method: Any, params: Any, *handlers: Any) -> Any:
        asked.append(f"{method} {params.get('uri', '')}")
        return ask(method, params, *handlers)

    asking.ask = counted  # type: ignore[method-assign]
    for name in ["periscope.txt", "agreement.pdf"] * 5 + ["periscope.txt"]:
        page.view.setCurrentIndex(page.model.index(names.index(name)))
    text = shown(qtbot, window, TextView)
    qtbot.waitUntil(lambda: "in a text" in text.toPlainText(), timeout=ANSWER_TIMEOUT_MS)
    assert not any("agreement" in question for question in asked)


def test_nobody_is_asked_while_there_is_nobody_to_look(qtbot: QtBot, window: Window) -> None:
    window.resize(700, 600)
    find(qtbot, window, "periscope", "agreement.pdf")
    pages = window.find_page.preview.findChild(PageView)
    assert pages is not None
    qtbot.waitUntil(lambda: not window.find_page.preview._content._looked_at.isActive())
    assert pages._uri is None
    window.find_page.wish("preview")
    qtbot.waitUntil(pages.isVisible, timeout=ANSWER_TIMEOUT_MS)


def test_the_ruler_goes_to_the_hit_that_is_clicked(qtbot: QtBot) -> None:
    ruler = Ruler()
    qtbot.addWidget(ruler)
    ruler.resize(ruler.width(), 400)
    ruler.show_hits([0.0, 0.5, 1.0], 0, is_sunken=False)
    ruler.show()
    with qtbot.waitSignal(ruler.chosen) as chosen:
        qtbot.mouseClick(ruler, Qt.MouseButton.LeftButton, pos=ruler.rect().center())
    assert chosen.args == [1]
    assert marks(ruler, "accent")
    assert marks(ruler, "mark_edge")


def test_in_the_dark_pages_are_on_paper_that_does_not_glare(qtbot: QtBot, window: Window) -> None:
    look.choose("dark")
    try:
        find(qtbot, window, "periscope", "agreement.pdf")
        pages = shown(qtbot, window, PageView)
        seen = colours(pages.grab().toImage())
        assert DARK["page"].upper() in seen
        assert "#FFFFFF" not in seen
    finally:
        look.choose("light")


@pytest.mark.parametrize(
    ("text", "character", "unit"), [("plain", 3, 3), ("\U0001f600a\U0001f600b", 2, 3), ("\U0001f600", 1, 2), ("", 0, 0)]
)
def test_characters_become_utf_16_units(text: str, character: int, unit: int) -> None:
    assert Units(text).at(character) == unit


@pytest.mark.parametrize(("query", "name"), [("gondola", "gondola.png"), ("periscope landlord", "agreement.pdf")])
def test_the_list_shows_what_a_picture_and_a_first_page_look_like(
    qtbot: QtBot, window: Window, query: str, name: str
) -> None:
    find(qtbot, window, query, name)
    view = window.find_page.view
    likenesses, row = view.findChild(Thumbnails), view.current_row()
    assert likenesses is not None
    assert row is not None
    qtbot.waitUntil(lambda: likenesses.of(row) is not None, timeout=ANSWER_TIMEOUT_MS)
