"""The map of topics: what is on it, walking, pushing and zooming, a topic's files, and searching within a topic."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, QSizeF, Qt
from PySide6.QtGui import QImage, QPainter
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from finder.paths import Home
from tests.conftest import end_service, make_home, run_inkling
from tests.topical import SUBJECTS, write_notes
from tests.ui.conftest import ANSWER_TIMEOUT_MS
from tests.ui.test_window import shown
from ui.link import Link
from ui.preferences import Preferences
from ui.results.plain import PlainModel
from ui.theme.look import look
from ui.topics.map import TopicsMap
from ui.topics.names import NamesModel
from ui.topics.page import TopicsPage
from ui.topics.picture import Cloud, paint
from ui.topics.viewport import Viewport
from ui.window import Window

NOTES = 12


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory, runtime_folder: Path) -> Iterator[Home]:
    """A home whose service has indexed notes about three subjects."""
    folder = tmp_path_factory.mktemp("mapped")
    home = make_home(folder / "home")
    for subject in SUBJECTS:
        write_notes(folder / "notes" / subject, subject, NOTES)
    done = run_inkling(home, folder, "index", folder / "notes")
    assert done.returncode == 0, done.stderr
    yield home
    end_service(home)


@pytest.fixture
def page(qtbot: QtBot, mapped: Home, tmp_path: Path) -> Iterator[TopicsPage]:
    """The page in a window, with its map."""
    link = Link(mapped)
    window = Window(link, Preferences(Home(tmp_path)))
    qtbot.addWidget(window)
    window.resize(1240, 800)
    window.show()
    window.show_page("topics")
    page = window.findChild(TopicsPage)
    assert isinstance(page, TopicsPage)
    qtbot.waitUntil(lambda: page.map.isVisible(), timeout=ANSWER_TIMEOUT_MS)
    yield page
    link.close()


def window_of(page: TopicsPage) -> Window:
    window = page.window()
    assert isinstance(window, Window)
    return window


def test_every_topic_has_a_name_on_the_map_and_in_the_list(page: TopicsPage) -> None:
    listed = {topic["name"] for topic in page.side.names_model.topics}
    assert len(listed) == len(SUBJECTS)
    assert {pill.name for pill in page.map.shown_pills} == listed
    assert page.side.names.hasFocus()


def test_down_walks_through_topics_and_enter_shows_the_files(qtbot: QtBot, page: TopicsPage) -> None:
    names = page.side.names
    qtbot.keyClick(names, Qt.Key.Key_Down)
    second = page.side.names_model.topics[1]
    assert names.currentIndex().row() == 1
    qtbot.keyClick(names, Qt.Key.Key_Return)
    assert page.side.shows_files
    assert len(page.side.files_model.rows) == second["count"]
    assert len({row.name.partition("-")[0] for row in page.side.files_model.rows}) == 1
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert not page.side.shows_files
    assert names.currentIndex().row() == 1


def test_enter_on_a_file_opens_it(qtbot: QtBot, page: TopicsPage) -> None:
    opened: list[str] = []
    window_of(page).tools.opener.open = lambda uri: bool(opened.append(uri))  # type: ignore[method-assign]
    page.show_files(page.side.names_model.topics[0]["id"])
    qtbot.keyClick(page.side.files, Qt.Key.Key_Return)
    assert opened == [page.side.files_model.rows[0].uri]


def test_a_name_that_is_pressed_shows_its_files_and_a_point_its_row(qtbot: QtBot, page: TopicsPage) -> None:
    pill = page.map.shown_pills[-1]
    qtbot.mouseClick(page.map, Qt.MouseButton.LeftButton, pos=pill.box.center().toPoint())
    assert page.side.shows_files
    page.map.zoom(is_closer=False)
    boxes = [pill.box for pill in page.map.shown_pills]
    for row in page.side.files_model.rows[1:]:
        at = page.map.position_of(row.uri)
        assert at is not None
        if not any(box.contains(at) for box in boxes):
            break
    qtbot.mouseClick(page.map, Qt.MouseButton.LeftButton, pos=at.toPoint())
    current = page.side.files_model.rows[page.side.files.currentIndex().row()]
    chosen = page.map.position_of(current.uri)
    assert chosen is not None
    assert (chosen - at).manhattanLength() < 10  # two files may share a place


def test_search_in_a_topic_finds_only_its_files(qtbot: QtBot, page: TopicsPage) -> None:
    window = window_of(page)
    topic = page.side.names_model.topics[0]
    page.show_files(topic["id"])
    members = {row.name for row in page.side.files_model.rows}
    find = window.find_page
    with qtbot.waitSignal(find.searching.answered, timeout=ANSWER_TIMEOUT_MS):
        page.side.search_wanted.emit()
    assert set(shown(window)) == members
    qtbot.waitUntil(lambda: find.chips.isVisible())
    with qtbot.waitSignal(
        find.searching.answered, timeout=ANSWER_TIMEOUT_MS, check_params_cb=lambda found, is_final: is_final
    ):
        qtbot.keyClicks(find.box.edit, "number")  # a word of every note
    assert set(shown(window)) <= members
    assert len(shown(window)) > 1
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert find.box.text == ""
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert find.chips.subject == ""
    assert find.searching.topic is None


def test_a_topic_that_is_gone_is_an_error_in_words(qtbot: QtBot, page: TopicsPage) -> None:
    find = window_of(page).find_page
    find.searching.topic = 999_999
    find.searching.query = "soup"
    with qtbot.waitSignal(find.searching.failed, timeout=ANSWER_TIMEOUT_MS) as failed:
        find.searching.ask()
    assert failed.args is not None
    assert "not there any more" in failed.args[0].title


@pytest.mark.usefixtures("qapp")
def test_zooming_keeps_what_is_under_the_pointer_where_it_is() -> None:
    viewport = Viewport(QSizeF(800, 600), QPointF(3, -2), 50.0)
    at = QPointF(123, 456)
    held = viewport.to_map(at)
    moved = viewport.zoomed(3.0, at).to_widget(held.x(), held.y())
    assert (moved - at).manhattanLength() < 1e-6
    pushed = viewport.moved(QPointF(10, -5)).to_widget(held.x(), held.y())
    assert (pushed - at - QPointF(10, -5)).manhattanLength() < 1e-6


def test_the_wheel_zooms_and_zero_shows_everything_again(qtbot: QtBot, page: TopicsPage) -> None:
    uri = page.map._points()[0]["uri"]
    before = page.map.position_of(uri)
    page.map.zoom(is_closer=True)
    qtbot.waitUntil(lambda: page.map.position_of(uri) != before)
    qtbot.waitUntil(lambda: not page.map._is_moving)
    qtbot.keyClick(page, Qt.Key.Key_0)
    assert page.map.position_of(uri) == before


@pytest.mark.usefixtures("qapp")
def test_a_picture_has_its_points_where_the_viewport_has_them() -> None:
    viewport = Viewport(QSizeF(200, 100), QPointF(0, 0), 10.0)
    picture = paint([Cloud("topic1", [(5.0, 2.0)], has_blot=False)], viewport, 1.0)
    drawn = QImage(200, 100, QImage.Format.Format_RGB32)
    drawn.fill(look.colour("surface"))
    painter = QPainter(drawn)
    picture.draw(painter, viewport)
    painter.end()
    background = look.colour("surface").rgb()
    inked = [(x, y) for x in range(200) for y in range(100) if drawn.pixel(x, y) != background]
    assert all(abs(x - 150) <= 4 and abs(y - 30) <= 4 for x, y in inked)
    assert inked


def test_the_lists_keep_qts_rules(qtmodeltester: ModelTester, page: TopicsPage) -> None:
    qtmodeltester.check(page.side.names_model)
    page.show_files(page.side.names_model.topics[0]["id"])
    qtmodeltester.check(page.side.files_model)
    empty = PlainModel()
    qtmodeltester.check(empty)
    names = NamesModel()
    qtmodeltester.check(names)


def test_the_map_says_its_names_where_there_is_no_room_for_all(qtbot: QtBot, page: TopicsPage) -> None:
    narrow = TopicsMap()
    qtbot.addWidget(narrow)
    narrow.resize(60, 60)
    assert page._found is not None
    narrow.show_topics(page._found)
    smallest = page._found["topics"][-1]["id"]
    assert smallest not in [pill.id for pill in narrow.shown_pills]
    narrow.choose(smallest)
    assert smallest in [pill.id for pill in narrow.shown_pills]
