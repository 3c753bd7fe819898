"""The settings against a real service: what is changed, what is asked first, what is refused while it is typed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from finder.config import SERVER, Settings, SettingsFile
from finder.errors import EnvironmentFaultError
from finder.paths import Home
from finder.service.client import connect
from tests.conftest import end_service, make_documents, make_home, run_inkling
from tests.ui.conftest import ANSWER_TIMEOUT_MS
from tests.ui.test_index_page import answer
from ui.errors import ErrorDialog
from ui.link import Link
from ui.opening import Opener
from ui.preferences import Preferences
from ui.settings.appearance import Appearance
from ui.settings.dialog import SettingsDialog
from ui.settings.download import Download, download_of
from ui.settings.left_out import LeftOut
from ui.settings.limits import Limits
from ui.settings.models import ModelsSection
from ui.settings.quick_search import QuickSearch
from ui.settings.server import ServerSection
from ui.theme.check import Check
from ui.theme.look import look
from ui.tools import Tools


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, runtime_folder: Path) -> Iterator[tuple[Home, Path]]:
    """A home of four documents whose settings the tests change."""
    folder = tmp_path_factory.mktemp("own")
    home, documents = make_home(folder / "home"), make_documents(folder / "documents")
    run_inkling(home, folder, "index", documents)
    yield home, documents
    end_service(home)


@pytest.fixture
def dialog(qtbot: QtBot, qapp: QApplication, own: tuple[Home, Path], tmp_path: Path) -> Iterator[SettingsDialog]:
    from PySide6.QtWidgets import QWidget

    parent = QWidget()
    qtbot.addWidget(parent)
    link = Link(own[0], parent)
    made = SettingsDialog(Tools(link, Opener(parent), Preferences(Home(tmp_path))), None, parent)
    made.show_section("folders")
    yield made
    link.close()


def settings_of(own: tuple[Home, Path]) -> Settings:
    return SettingsFile(own[0].settings).load()


def test_every_section_opens_and_every_control_has_a_name(dialog: SettingsDialog, qtbot: QtBot) -> None:
    for name in dialog._sections:
        dialog.show_section(name)
        assert dialog._stack.currentWidget().widget() is dialog.section(name)  # type: ignore[attr-defined]
        for box in dialog.section(name).findChildren(Check):
            assert box.accessibleName()


def test_a_box_changes_its_setting_and_follows_a_change_made_elsewhere(
    dialog: SettingsDialog, qtbot: QtBot, own: tuple[Home, Path]
) -> None:
    section = dialog.section("limits")
    assert isinstance(section, Limits)
    box = next(box for box in section.findChildren(Check) if box.accessibleName() == "Rest on battery")
    assert not box.isChecked()
    box.click()
    qtbot.waitUntil(lambda: settings_of(own).pauses_on_battery, timeout=ANSWER_TIMEOUT_MS)
    with connect(own[0]) as client:
        client.call("change_setting", {"name": "pauses_on_battery", "value": "false"})
    dialog.choices.look_again()
    assert not box.isChecked()


def test_what_costs_is_asked_about_and_declined_changes_nothing(
    dialog: SettingsDialog, qtbot: QtBot, own: tuple[Home, Path]
) -> None:
    section = dialog.section("limits")
    box = next(box for box in section.findChildren(Check) if box.accessibleName() == "Read what is in archives")
    box.click()
    assert "grows" in answer(qtbot, "Cancel")
    qtbot.waitUntil(lambda: not box.isChecked())
    assert not settings_of(own).reads_archives
    box.click()
    answer(qtbot, "Read them")
    qtbot.waitUntil(lambda: settings_of(own).reads_archives, timeout=ANSWER_TIMEOUT_MS)


def test_a_path_is_judged_while_it_is_typed_with_the_pattern_that_is_typed(
    dialog: SettingsDialog, qtbot: QtBot, own: tuple[Home, Path]
) -> None:
    dialog.show_section("left_out")
    section = dialog.section("left_out")
    assert isinstance(section, LeftOut)
    section.path.setText(str(own[1] / "notes" / "soup.md"))
    qtbot.waitUntil(lambda: section.verdict.text() == "It would be indexed.", timeout=ANSWER_TIMEOUT_MS)
    section.pattern.setText("*.md")
    qtbot.waitUntil(lambda: section.verdict.text() == "Left out by “*.md”", timeout=ANSWER_TIMEOUT_MS)
    section.pattern.setText("!")
    qtbot.waitUntil(lambda: section.verdict.text().startswith("Not a pattern"), timeout=ANSWER_TIMEOUT_MS)


def test_a_pattern_leaves_out_after_a_question_and_is_taken_back_in(
    dialog: SettingsDialog, qtbot: QtBot, own: tuple[Home, Path]
) -> None:
    dialog.show_section("left_out")
    section = dialog.section("left_out")
    assert isinstance(section, LeftOut)
    assert not section._add.isEnabled()
    section.pattern.setText("soup.*")
    section._add.click()
    assert "are not touched" in answer(qtbot, "Leave out")
    qtbot.waitUntil(lambda: section._rules() == ["soup.*"], timeout=ANSWER_TIMEOUT_MS)
    assert settings_of(own).exclude == ("soup.*",)
    section.patterns.setCurrentRow(0)
    section._remove.click()
    answer(qtbot, "Take back in")
    qtbot.waitUntil(lambda: section._rules() == [], timeout=ANSWER_TIMEOUT_MS)
    assert settings_of(own).exclude == ()


def test_models_are_listed_and_use_says_what_it_takes(dialog: SettingsDialog, qtbot: QtBot) -> None:
    dialog.show_section("models")
    section = dialog.section("models")
    assert isinstance(section, ModelsSection)
    qtbot.waitUntil(lambda: section._models is not None, timeout=ANSWER_TIMEOUT_MS)
    section._ask_to_use("all-MiniLM-L6-v2")
    qtbot.waitUntil(lambda: len(_questions()) == 1, timeout=ANSWER_TIMEOUT_MS)
    cost = answer(qtbot, "Cancel")
    assert cost.startswith("4 passages are embedded again")
    assert "The present model answers meanwhile." in cost


def test_a_download_tells_how_far_it_is_and_can_be_ended(qtbot: QtBot, qapp: QApplication) -> None:
    link = _Recorded()
    download = Download(link)
    download.start("Qwen3-Embedding-0.6B")
    link.handlers["on_progress"]({"host": "hub", "done_bytes": 3, "total_bytes": 9})
    assert (download.model, download.done_bytes, download.total_bytes) == ("Qwen3-Embedding-0.6B", 3, 9)
    download.cancel()
    assert link.is_cancelled
    assert download.model == ""
    assert download_of(link) is download


def test_a_download_that_fails_says_why_and_may_be_begun_again(qtbot: QtBot, qapp: QApplication) -> None:
    link = _Recorded()
    download = Download(link)
    download.start("Qwen3-Embedding-0.6B")
    with qtbot.waitSignal(download.failed) as failed:
        link.handlers["on_error"](EnvironmentFaultError("The hub cannot be reached", "", "Connect, and try again."))
    assert failed.args[0].hint
    assert download.model == ""


@pytest.mark.parametrize("name", ["url", "model", "key_file"])
def test_what_is_typed_of_a_server_outlives_a_change_elsewhere(qtbot: QtBot, dialog: SettingsDialog, name: str) -> None:
    section = dialog.section("server")
    assert isinstance(section, ServerSection)
    field = getattr(section, name)
    qtbot.keyClicks(field, "typed")
    dialog.choices.changed.emit()
    assert field.text() == "typed"


@pytest.mark.parametrize(
    ("url", "model", "fault"),
    [
        ("ftp://gpu/v1", "m", "An address begins with"),
        ("gpu:8000", "m", "An address begins with"),
        ("http://[::1", "m", "An address begins with"),
        ("http://gpu/v1", "m", "To another computer"),
        ("https://gpu/v1", "", "The model's name is missing."),
        ("http://localhost:8000/v1", "m", ""),
        ("https://gpu/v1, https://other/v1", "m", ""),
    ],
)
def test_a_server_is_checked_while_it_is_typed(dialog: SettingsDialog, url: str, model: str, fault: str) -> None:
    section = dialog.section("server")
    assert isinstance(section, ServerSection)
    section.url.setText(url)
    section.model.setText(model)
    assert section.fault.text().startswith(fault)
    assert section.use.isEnabled() == (not fault)


def test_who_is_sent_texts_is_named_before_anything_is_sent(
    dialog: SettingsDialog, qtbot: QtBot, own: tuple[Home, Path]
) -> None:
    section = dialog.section("server")
    assert isinstance(section, ServerSection)
    section.url.setText("http://localhost:9/v1")
    section.model.setText("m")
    section.use.click()
    qtbot.waitUntil(lambda: len(_questions()) == 1, timeout=ANSWER_TIMEOUT_MS)
    assert "http://localhost:9" in _questions()[0].text()
    answer(qtbot, "Cancel")
    assert settings_of(own).model != SERVER


def test_colours_change_at_once_and_are_remembered(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> None:
    section = Appearance(Preferences(Home(tmp_path)))
    qtbot.addWidget(section)
    try:
        section.scheme.menu().actions()[2].trigger()
        assert look.is_dark
        assert section.scheme.text() == "Dark"
        section.language.menu().actions()[2].trigger()
    finally:
        look.choose("light")
    again = Preferences(Home(tmp_path))
    assert (again.scheme, again.language) == ("dark", "zh")


def test_a_refused_key_is_told(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> None:
    from ui.desktop.hotkey import Hotkey

    preferences = Preferences(Home(tmp_path))
    hotkey = Hotkey(preferences, qapp)
    section = QuickSearch(preferences, hotkey)
    qtbot.addWidget(section)
    assert section.fault.text() == hotkey.fault != ""
    assert section.keys.keySequence().toString() == hotkey.keys
    hotkey.close()
    hotkey.deleteLater()


def test_an_error_of_a_change_leaves_what_holds_on_the_screen(
    dialog: SettingsDialog, qtbot: QtBot, own: tuple[Home, Path]
) -> None:
    dialog.choices.change("no_such_setting", True)
    qtbot.waitUntil(lambda: bool(dialog.findChildren(ErrorDialog)), timeout=ANSWER_TIMEOUT_MS)
    (told,) = dialog.findChildren(ErrorDialog)
    assert told.accessibleName().startswith("There is no such setting")
    told.close()


def _questions() -> list[Any]:
    from PySide6.QtWidgets import QMessageBox

    return [one for one in QApplication.topLevelWidgets() if isinstance(one, QMessageBox) and one.isVisible()]


class _Recorded(Link):
    """Records what is asked, and asks nobody."""

    def __init__(self) -> None:
        super().__init__(Home(Path("/nonexistent")))
        self.handlers: dict[str, Any] = {}
        self.is_cancelled = False

    def call(self, method: Any, params: Any = None, *arguments: Any, **handlers: Any) -> Any:
        self.handlers = handlers
        return self

    def cancel(self) -> None:
        self.is_cancelled = True
