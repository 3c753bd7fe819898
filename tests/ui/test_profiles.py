"""Search profiles are made in the settings, chosen beside the query and remembered; what is asked follows at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from finder.config import SettingsFile
from finder.paths import Home
from finder.service.client import connect
from tests.ui.driving import find
from tests.ui.links import HeldLink
from ui.popup.popup import Popup
from ui.preferences import Preferences
from ui.search.profiles import own_profiles
from ui.settings.profiles import ProfilesSection
from ui.theme.widgets import Label
from ui.window import Window

TOLD = "Given a case, find what decides it"


@pytest.fixture
def section(window: Window, qtbot: QtBot) -> ProfilesSection:
    """The page of the settings that stands beside the window."""
    window.find_page.box.profile.edit_wanted.emit()
    assert window.settings is not None
    made = window.settings.section("profiles")
    assert isinstance(made, ProfilesSection)
    return made


def offered(window: Window | Popup) -> list[str]:
    """What may be chosen beside the query, once the menu is open."""
    choice = window.box.profile if isinstance(window, Popup) else window.find_page.box.profile
    choice.opened.emit()
    return [action.text() for action in choice.menu().actions()]


def choose(window: Window, name: str) -> None:
    menu = window.find_page.box.profile.menu()
    next(action for action in menu.actions() if action.text() == name).trigger()


def add(qtbot: QtBot, section: ProfilesSection, name: str, told: str) -> None:
    section.name.setText(name)
    section.instruction.setText(told)
    section.save.click()
    qtbot.waitUntil(lambda: section.name.text() == "" and shown(section, told.strip()))


def press(section: ProfilesSection, name: str) -> None:
    """Press the button of a row."""
    buttons = section.card.findChildren(QPushButton)
    next(button for button in buttons if button.accessibleName() == name and button.isVisibleTo(section)).click()


def shown(section: ProfilesSection, words: str) -> bool:
    return any(label.text() == words and label.isVisibleTo(section) for label in section.findChildren(Label))


def test_a_profile_is_made_chosen_changed_and_removed_and_the_search_follows(
    qtbot: QtBot, window: Window, section: ProfilesSection, indexed: tuple[Home, Path]
) -> None:
    page = window.find_page
    asked: list[Any] = []
    page.searching.begun.connect(lambda: asked.append((page.searching.profile, own_profiles(indexed[0]))))
    add(qtbot, section, "Tax & law", f"  {TOLD} ")
    assert SettingsFile(indexed[0].settings).load().profiles == {"Tax & law": TOLD}
    assert offered(window) == ["Everyday", "For code", "Tax && law", "", "Edit profiles …"]

    page.box.profile.setFocus()
    choose(window, "Tax && law")
    assert page.box.profile.text() == "Tax && law"
    assert window.focusWidget() is page.box.edit, "one types on"
    find(qtbot, window, "deposit", "lease.txt")
    assert asked[-1] == ("Tax & law", {"Tax & law": TOLD})

    press(section, "Change: Tax & law")
    assert section.save.text() == "Change it"
    assert not section.save.isEnabled()
    add(qtbot, section, "Tax & law", "Find tax")
    assert asked[-1] == ("Tax & law", {"Tax & law": "Find tax"}), "the question is asked again, as it means another"

    press(section, "Remove: Tax & law")
    qtbot.waitUntil(lambda: page.box.profile.text() == "Everyday")
    assert asked[-1] == (None, {})
    assert section.save.text() == "Add profile"
    assert section.save.isEnabled(), "another click has it again"
    assert offered(window) == ["Everyday", "For code", "", "Edit profiles …"]
    find(qtbot, window, "deposit", "lease.txt")


@pytest.mark.parametrize(
    ("name", "told", "fault"),
    [
        ("", "", ""),
        ("letters", "  ", ""),
        ("code", TOLD, "“code” comes with Inkling: another name is needed."),
        ("a\u202eb", TOLD, "There is a character in it that cannot be seen."),
    ],
)
def test_what_does_not_fit_is_said_while_it_is_typed_and_cannot_be_saved(
    section: ProfilesSection, name: str, told: str, fault: str
) -> None:
    section.name.setText(name)
    section.instruction.setText(told)
    assert section.fault.text() == fault
    assert not section.save.isEnabled()


def test_what_comes_with_the_program_is_shown_and_cannot_be_removed(section: ProfilesSection) -> None:
    assert shown(section, "For code")
    assert not any("code" in button.accessibleName() for button in section.card.findChildren(QPushButton))


def test_it_is_said_where_the_model_knows_no_instructions(qtbot: QtBot, section: ProfilesSection) -> None:
    qtbot.waitUntil(lambda: section._warning.isVisibleTo(section))
    assert "knows no instructions" in section._unheard.text()
    section._warn({"serving": "Qwen3-Embedding-0.6B", "takes_instructions": True})
    assert not section._warning.isVisibleTo(section)


def test_a_profile_that_was_removed_in_a_terminal_is_everyday_searching(
    qtbot: QtBot, window: Window, indexed: tuple[Home, Path], tmp_path: Path
) -> None:
    with connect(indexed[0]) as client:
        client.call("change_setting", {"name": "profiles.mine", "value": TOLD})
        assert "mine" in offered(window)
        choose(window, "mine")
        client.call("change_setting", {"name": "profiles.mine", "value": ""})
    second = Window(window.tools.link, Preferences(Home(tmp_path)))
    qtbot.addWidget(second)
    assert second.find_page.searching.profile is None
    assert "mine" not in offered(window)
    find(qtbot, window, "deposit", "lease.txt")


def test_the_quick_search_has_the_same_choice_and_leads_to_the_settings(
    qtbot: QtBot, qapp: Any, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    home.settings.write_text(f'[profiles]\nmine = "{TOLD}"\n', encoding="utf-8")
    held = HeldLink(home)
    popup = Popup(held, Preferences(home), is_blended=False)
    qtbot.addWidget(popup)
    popup.call()
    assert "mine" in offered(popup)
    home.settings.write_text("broken", encoding="utf-8")
    assert "mine" not in offered(popup)
    with qtbot.waitSignal(popup.settings_wanted) as wanted:
        popup.box.profile.edit_wanted.emit()
    assert wanted.args == ["profiles"]
    assert not popup.isVisible()
    held.close()
