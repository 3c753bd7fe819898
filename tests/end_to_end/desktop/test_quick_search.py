"""The app as it stays on a real screen: tray, quick search, global key, and other programs that call it.

What opens files is a recorder here.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("PySide6.QtGui", reason="Qt cannot be loaded", exc_type=ImportError)

from finder.service.app_door import Door
from tests.conftest import make_documents, make_home
from tests.end_to_end.desktop.screen import CHECKOUT, SYSTEM_PYTHON, Screen, wait_for, what_is_missing
from ui.desktop.x11 import keysym_of
from ui.desktop.xcb import BAD_ACCESS, XConnection

pytestmark = pytest.mark.skipif(bool(what_is_missing("trayer")), reason=str(what_is_missing("trayer")))
_ICON, _MENU = range(10, 60), range(60, 400)
"""Widths in pixels; the windows are wider."""
_FIRST, _PAUSE, _LAST = 18, 108, -18
"""Where the menu's entries are, in pixels from its upper edge, or its lower one."""
_ATTEMPTS, _ANSWER_WITHIN_S = 8, 8.0
_CTRL_ALT = 4 | 8
"""Of X: Control and Mod1."""
_RECORDER = '#!/bin/sh\nprintf "%s\\n" "$1" >> "$HOME/opened.txt"\n'


class Desk(Screen):
    """A screen with a panel, an index, and the app on it."""

    def prepare(self) -> None:
        programs = self.home / "bin"
        programs.mkdir()
        recorder = programs / "xdg-open"
        recorder.write_text(_RECORDER)
        recorder.chmod(0o755)
        self.variables["PATH"] = f"{programs}{os.pathsep}{self.variables['PATH']}"
        self.index = make_home(self.home / "inkling")
        self.variables |= {"PYTHONPATH": str(CHECKOUT), "INKLING_HOME": str(self.index.root)}
        self.inkling("index", make_documents(self.home / "documents"))

    def inkling(self, *arguments: str | Path) -> None:
        """A command of Inkling's, on this screen, to its end."""
        self.run(sys.executable, "-m", "finder", *arguments)

    def start_app(self, *options: str) -> None:
        self.start(sys.executable, "-m", "finder", *options)

    def is_popup_shown(self) -> bool:
        return bool(self.windows("^Quick search$"))

    def wait_for_popup(self) -> None:
        wait_for(self.is_popup_shown, "the quick search")
        wait_for(
            lambda: self.run("xdotool", "getactivewindow", "getwindowname").startswith("Quick search"), "its focus"
        )

    def leave_popup(self) -> None:
        self.press("Escape")
        wait_for(lambda: not self.is_popup_shown(), "the end of the quick search")

    def click_tray(self, button: int = 1) -> None:
        """A click on the icon, which a panel moves about until it has its place for it."""
        wait_for(self._points_at_icon, "the pointer on the icon")
        self.run("xdotool", "click", str(button))

    def _points_at_icon(self) -> bool:
        """Put the pointer on the icon; True where the icon is there still, and within the panel."""
        icons, panel = self.own(_ICON), self.run("xdotool", "search", "--onlyvisible", "--name", "^panel$").split()
        if len(icons) != 1 or len(panel) != 1:
            return False
        told, around = self.geometry(icons[0]), self.geometry(panel[0])
        if not told or not around or not 0 <= told["X"] - around["X"] < around["WIDTH"]:
            return False
        self.run("xdotool", "mousemove", str(told["X"] + told["WIDTH"] // 2), str(told["Y"] + told["HEIGHT"] // 2))
        return self.geometry(icons[0]) == told and self.geometry(panel[0]) == around

    def choose(self, place: int, is_done: Callable[[], Any], what: str) -> None:
        """Open the tray's menu, and click on its entry at a place until it has been taken."""
        self.open_menu()

        def taken() -> bool:
            for menu in self.own(_MENU):
                told = self.geometry(menu)
                if told:
                    self.click(told["X"] + 40, told["Y"] + place % told["HEIGHT"])
            return bool(is_done())

        wait_for(taken, what)

    def open_menu(self) -> None:
        """A click may come while the panel moves the icon, and is nobody's then: it is repeated where no menu comes."""
        for _ in range(_ATTEMPTS):
            self.click_tray(button=3)
            with contextlib.suppress(AssertionError):
                wait_for(lambda: self.own(_MENU), "the menu", _ANSWER_WITHIN_S)
                return
        raise AssertionError("the menu did not come")

    def status(self) -> Any:
        """What the service says of itself; None where it does not answer."""
        said = self.run(sys.executable, "-m", "finder", "status", "--json")
        return json.loads(said) if said else None

    def geometry(self, window: str) -> dict[str, int]:
        told = self.run("xdotool", "getwindowgeometry", "--shell", window)
        return {name: int(value) for name, _, value in (line.partition("=") for line in told.split())}

    def own(self, widths: range) -> list[str]:
        """Windows of the app's class by their width: the tray's icon and its menu bear no name."""
        found = self.run("xdotool", "search", "--onlyvisible", "--class", "^inkling$").split()
        return [window for window in found if self.geometry(window).get("WIDTH", 0) in widths]

    def wait_for_window(self) -> str:
        """The window, in front of all others."""
        window = wait_for(lambda: self.windows("^Inkling$"), "the window")[0]
        wait_for(lambda: self.run("xdotool", "getactivewindow") == window, "its focus")
        return window

    def leave_window(self) -> None:
        def gone() -> bool:
            self.press("Escape")  # takes back one thing after the other, the window last
            return not self.windows("^Inkling$")

        wait_for(gone, "the end of the window")

    @property
    def opened(self) -> list[str]:
        """What was opened: URIs or paths."""
        record = self.home / "opened.txt"
        return record.read_text().splitlines() if record.exists() else []


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with Desk(tmp_path_factory.mktemp("desk")) as screen:
        screen.prepare()
        screen.start(
            *("trayer", "--edge", "bottom", "--align", "right", "--widthtype", "request", "--height", "32"),
            *("--SetDockType", "true"),
        )
        screen.start_app("--hidden")
        screen.inkling("popup")
        screen.wait_for_popup()
        screen.leave_popup()
        yield screen


def test_a_click_on_the_tray_shows_the_quick_search_typing_finds_and_enter_opens(desk: Desk) -> None:
    desk.click_tray()
    desk.wait_for_popup()
    before = len(desk.opened)
    desk.run("xdotool", "type", "--delay", "20", "landlord deposit")

    def opened() -> list[str]:
        desk.press("Return")  # nothing happens before there is a row
        return desk.opened[before:]

    assert wait_for(opened, "the file")[0].endswith("lease.txt")
    wait_for(lambda: not desk.is_popup_shown(), "the end of the quick search")


def test_the_global_key_shows_the_quick_search_and_hides_it(desk: Desk) -> None:
    desk.press("ctrl+alt+space")
    desk.wait_for_popup()
    with pytest.MonkeyPatch.context() as display:
        display.setenv("DISPLAY", desk.variables["DISPLAY"])
        other = XConnection()
    assert other.grab(other.keycodes(keysym_of("Space"))[0], _CTRL_ALT) == BAD_ACCESS  # what we are told of a conflict
    other.close()
    desk.press("ctrl+alt+space")
    wait_for(lambda: not desk.is_popup_shown(), "the end of the quick search")


def test_the_menu_begins_with_search(desk: Desk) -> None:
    desk.choose(_FIRST, desk.is_popup_shown, "the quick search")
    desk.wait_for_popup()
    desk.leave_popup()


def test_the_menu_pauses_for_an_hour(desk: Desk) -> None:
    desk.choose(_PAUSE, lambda: desk.status()["pauses"].get("user") == "by you, for 60 minutes", "the pause")
    desk.inkling("resume")
    assert not desk.status()["pauses"]


def test_losing_the_focus_hides_the_quick_search(desk: Desk) -> None:
    desk.inkling("find", "--show", "onions")
    window = desk.wait_for_window()
    desk.inkling("popup")
    desk.wait_for_popup()
    desk.run("xdotool", "windowactivate", "--sync", window)
    wait_for(lambda: not desk.is_popup_shown(), "the end of the quick search")
    desk.leave_window()
    desk.press("ctrl+alt+space")  # the app is still there
    desk.wait_for_popup()
    desk.leave_popup()


def test_the_query_is_carried_into_the_window(desk: Desk) -> None:
    desk.press("ctrl+alt+space")
    desk.wait_for_popup()
    desk.run("xdotool", "type", "--delay", "20", "onions")
    desk.press("ctrl+shift+Return")
    desk.wait_for_window()
    assert not desk.is_popup_shown()
    before = len(desk.opened)

    def opened() -> list[str]:
        desk.press("Return")
        return desk.opened[before:]

    assert wait_for(opened, "the file")[0].endswith("soup.md")
    desk.leave_window()


def test_a_second_start_brings_the_first_to_the_front(desk: Desk) -> None:
    desk.inkling()  # ends by itself: the one that runs has taken over
    desk.wait_for_window()
    desk.leave_window()


def test_similar_files_are_shown_for_the_command_of_a_file_manager(desk: Desk) -> None:
    desk.inkling("similar", "--show", desk.home / "documents" / "lease.txt")
    desk.wait_for_window()
    desk.leave_window()


def test_quit_really_quits_and_the_service_stays(desk: Desk) -> None:
    assert desk.index is not None
    desk.inkling("find", "--show", "onions")
    desk.wait_for_window()
    desk.choose(_LAST, lambda: not desk.windows("^Inkling$"), "the end of the window")
    with pytest.MonkeyPatch.context() as runtime:
        runtime.setenv("XDG_RUNTIME_DIR", desk.variables["XDG_RUNTIME_DIR"])
        wait_for(lambda: Door.claim(desk.index), "the end of the app").close()
    assert desk.run(sys.executable, "-m", "finder", "service", "status")
    assert not desk.own(_ICON)
    desk.inkling("popup")  # starts another
    desk.wait_for_popup()
    desk.leave_popup()


def test_where_a_watcher_is_the_icon_is_a_status_notifier_item(tmp_path: Path) -> None:
    if not _has_gio():
        pytest.skip("not installed: python3-gi")
    with Desk(tmp_path / "desk") as desk:
        desk.prepare()
        watcher = desk.start(SYSTEM_PYTHON, Path(__file__).with_name("watcher.py"))
        said = desk.home / "said.txt"
        wait_for(lambda: "ready" in said.read_text(), "the watcher")
        desk.start_app("--hidden")
        wait_for(lambda: watcher.poll() is not None, "the icon")
        lines = said.read_text().splitlines()
        assert any(line.startswith("tooltip Inkling") for line in lines)
        assert next(line for line in lines if line.startswith("entry")) == "entry Search …"
        desk.wait_for_popup()


def _has_gio() -> bool:
    return os.path.exists(SYSTEM_PYTHON) and os.system(f"{SYSTEM_PYTHON} -c 'import gi' 2>/dev/null") == 0
