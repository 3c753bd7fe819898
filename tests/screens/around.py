"""What stands around the window: the first start, the settings, the quick search, the tray, questions and errors."""

from __future__ import annotations

import os
from typing import TypeVar

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from finder.errors import EnvironmentFaultError
from tests.screens.find import QUESTION
from tests.screens.stage import Screen, Shown, Stage, home_folder, on_a_desktop, see_through
from ui.desktop.hotkey import Hotkey
from ui.errors import show_error
from ui.first.page import FirstStart
from ui.popup.popup import Popup
from ui.resident import Resident
from ui.settings.left_out import LeftOut
from ui.settings.profiles import ProfilesSection
from ui.settings.server import ServerSection
from ui.theme.look import look
from ui.theme.tokens import DARK, LIGHT
from ui.tray.state import IndexState
from ui.tray.tray import Tray, tray_icon

_SECTIONS = ("folders", "left_out", "models", "server", "limits", "quick_search", "integration", "appearance")
_BAR_HEIGHT, _ICON_GAP = 36, 14

Section = TypeVar("Section", bound=QWidget)


# --- the first start


def _first_page(stage: Stage, name: str) -> FirstStart:
    """Somebody's, with the folders that there are, and before they are counted."""
    with home_folder(stage.place.parent / name):
        page = FirstStart(stage.window.tools)
        page.show()
        while page.looked_for:
            stage.app.processEvents()
        stage.app.processEvents()  # the rows find their places
    return page


def _first(stage: Stage) -> Shown:
    """Everything is counted."""
    page = _first_page(stage, "grace")
    stage.until(lambda: page.rows and all(row.is_counted for row in page.rows) and page._models is not None)
    stage.rest()
    return page.grab()


def _first_at_once(stage: Stage) -> Shown:
    """As it comes up, before anything is counted."""
    page = _first_page(stage, "grace")
    return page.grab()


def _first_long(stage: Stage) -> Shown:
    """More folders than there is room for, one of them with a long path, one that is not there."""
    page = _first_page(stage, "grace")
    for part in ("Travel", "Recipes", "Flat/Hafenstrasse 12", "Gone"):
        page.take_folder((stage.place / part).as_uri())
    stage.rest(2.0)
    return page.grab()


def _first_none(stage: Stage) -> Shown:
    """Somebody without any of the usual folders."""
    page = _first_page(stage, "nobody")
    stage.rest(1.0)
    return page.grab()


# --- the settings


def _section(name: str) -> Screen:
    def show(stage: Stage) -> Shown:
        stage.until_up()
        stage.window.hotkey = Hotkey(stage.preferences, stage.window)
        stage.window.show_settings(name)
        settings = stage.window.settings
        assert settings is not None
        stage.rest(1.5)
        return settings.grab()

    return Screen(show)


def _opened(stage: Stage, name: str, kind: type[Section]) -> Section:
    """A section of the settings, shown."""
    stage.window.show_settings(name)
    settings = stage.window.settings
    assert settings is not None
    section = settings.section(name)
    assert isinstance(section, kind)
    return section


def _foreseen(stage: Stage) -> Shown:
    """A pattern and a path are typed, and it is said what would become of it."""
    stage.until_up()
    stage.call("exclude", {"add": ["*.bak", "drafts/"]})
    section = _opened(stage, "left_out", LeftOut)
    section.pattern.setText("Old/")
    section.path.setText(str(stage.place / "Flat" / "Old" / "Lease agreement (copy).pdf"))
    stage.rest(1.5)
    picture = section.window().grab()
    stage.call("exclude", {"remove": ["*.bak", "drafts/"]})
    return picture


def _profiles(stage: Stage) -> Shown:
    """Two of one's own, and a name that is taken."""
    stage.until_up()
    own = {
        "Tax & law": "Given a legal case, retrieve passages that decide it",
        "Recipes": "Given what is in the larder, retrieve recipes that need little else, and passages about how long "
        "what is left of them keeps",
    }
    for name, told in own.items():
        stage.call("change_setting", {"name": f"profiles.{name}", "value": told})
    section = _opened(stage, "profiles", ProfilesSection)
    section.name.setText("code")
    section.instruction.setText("Given a fault, retrieve the source code that may cause it")
    stage.rest(1.5)
    picture = section.window().grab()
    for name in own:
        stage.call("change_setting", {"name": f"profiles.{name}", "value": ""})
    return picture


def _refused(stage: Stage) -> Shown:
    """An address that is not taken."""
    stage.until_up()
    section = _opened(stage, "server", ServerSection)
    section.url.setText("http://gpu.example/v1")
    section.model.setText("Qwen/Qwen3-Embedding-0.6B")
    stage.rest()
    return section.window().grab()


# --- the quick search


def _popup(query: str, is_blended: bool = True, wish: str = "") -> Screen:
    def show(stage: Stage) -> Shown:
        stage.until_up()
        popup = Popup(stage.link, stage.preferences, is_blended)
        popup.call()
        stage.rest()
        if query:
            with stage.answered(popup.searching):
                popup.box.set_text(query)
        if wish:
            popup.do(wish, "")
            stage.rest(1.2)
        picture = on_a_desktop([see_through(popup)])
        popup.hide()
        popup.deleteLater()
        return picture

    return Screen(show)


# --- the tray


def _tray(stage: Stage) -> Shown:
    """Its menu at rest and when paused, and its icon in every state on a light and a dark panel."""
    stage.until_up()
    tray = Tray(stage.link, stage.window)
    stage.until(lambda: tray.watch.state.standing == "current")
    menus = [_menu(tray)]
    tray._follow(IndexState("paused", tray.watch._words.rests("battery")))
    menus.append(_menu(tray))
    os.environ["XDG_CURRENT_DESKTOP"] = "XFCE"
    bars = [_bar(LIGHT["canvas"])]
    os.environ["XDG_CURRENT_DESKTOP"] = "GNOME"  # its bar is dark
    return on_a_desktop([*menus, *bars, _bar(DARK["canvas"])])


def _menu(tray: Tray) -> QPixmap:
    tray.menu.popup(QPoint(0, 0))
    picture = tray.menu.grab()
    tray.menu.close()
    return picture


def _bar(colour: str) -> QPixmap:
    states = [
        IndexState("starting", ""), IndexState("current", ""), IndexState("indexing", "", 0.3),
        IndexState("indexing", "", 0.8), IndexState("paused", ""), IndexState("attention", ""),
    ]  # fmt: skip
    sizes = (16, 22, 32)
    width = sum((size + _ICON_GAP) * len(states) for size in sizes) + _ICON_GAP
    ratio = look.px(1000) / 1000
    bar = QPixmap(round(width * ratio), round(_BAR_HEIGHT * ratio))
    bar.fill(colour)
    painter = QPainter(bar)
    x = _ICON_GAP
    for size in sizes:
        for state in states:
            painter.drawPixmap(x, (_BAR_HEIGHT - size) // 2, tray_icon(state).pixmap(size, size))
            x += size + _ICON_GAP
    painter.end()
    return bar


# --- questions and errors


def _fault(stage: Stage) -> Shown:
    stage.until_up()
    hint = "Make room on the disk, or have the home of Inkling on another one."
    error = EnvironmentFaultError("The index cannot be written", "No space left on device", hint, "/home/ada/.inkling")
    return stage.with_above(show_error(error, stage.window))


def _staying(stage: Stage) -> Shown:
    """The window was shut, and there is no tray."""
    stage.until_up()
    resident = Resident(stage.app, stage.link, stage.preferences)
    resident._ask_whether_to_stay()
    box = next(
        widget for widget in stage.app.topLevelWidgets() if widget.inherits("QMessageBox") and widget.isVisible()
    )
    picture = box.grab()
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.blockSignals(True)
    box.close()
    return on_a_desktop([picture])


SCREENS: dict[str, Screen] = {
    "first": Screen(_first, "empty"),
    "first-at-once": Screen(_first_at_once, "empty", is_spoken=False),
    "first-long": Screen(_first_long, "empty", is_spoken=False),
    "first-none": Screen(_first_none, "empty"),
    **{f"settings-{name.replace('_', '-')}": _section(name) for name in _SECTIONS},
    "settings-foreseen": Screen(_foreseen),
    "settings-profiles": Screen(_profiles),
    "settings-refused": Screen(_refused),
    "popup": _popup(QUESTION),
    "popup-line": _popup(""),
    "popup-nothing": _popup("qqxzjv wwkkpp"),
    "popup-preview": _popup(QUESTION, wish="preview"),
    "popup-square": _popup("landlord", is_blended=False),
    "tray": Screen(_tray),
    "fault": Screen(_fault),
    "staying": Screen(_staying),
}
