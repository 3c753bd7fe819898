"""A first day with the window, on a real screen by keyboard alone: from no folder at all to a dark window in Chinese.

What opens files is a recorder here. What is shown is looked at as pixels.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import make_documents, make_home
from tests.end_to_end.desktop.screen import CHECKOUT, Screen, wait_for, what_is_missing

pytestmark = pytest.mark.skipif(bool(what_is_missing()), reason=str(what_is_missing()))
_RECORDER = '#!/bin/sh\nprintf "%s\\n" "$1" >> "$HOME/opened.txt"\n'
_LOOK = """
import sys
from PySide6.QtGui import QGuiApplication, QImage
app = QGuiApplication([])
taken = app.primaryScreen().grabWindow(0, *map(int, sys.argv[1:])).toImage().convertToFormat(QImage.Format.Format_RGB32)
print(bytes(taken.constBits()).hex())
"""
"""Prints the pixels of a part of the screen."""
_FIRST, _WIDE = range(400, 1000), range(1000, 2000)
"""Widths in pixels: of the page that asks for folders, and of the window."""
_ATTEMPTS, _ANSWER_WITHIN_S = 8, 8.0


class Desk(Screen):
    """A screen, somebody's documents, and the app."""

    def prepare(self) -> None:
        programs = self.home / "bin"
        programs.mkdir()
        recorder = programs / "xdg-open"
        recorder.write_text(_RECORDER)
        recorder.chmod(0o755)
        self.variables["PATH"] = f"{programs}{os.pathsep}{self.variables['PATH']}"
        self.index = make_home(self.home / "inkling")
        self.variables |= {"PYTHONPATH": str(CHECKOUT), "INKLING_HOME": str(self.index.root)}
        make_documents(self.home / "Documents")

    def start_app(self) -> None:
        self.start(sys.executable, "-m", "finder")

    def come_to(self, width: range) -> str:
        """Wait for a window of Inkling's of such a width, with the keyboard."""
        window = wait_for(lambda: self._of_width(width), "the window")
        self.run("xdotool", "windowactivate", "--sync", window)
        wait_for(lambda: self.run("xdotool", "getactivewindow") == window, "its focus")
        return window

    def _of_width(self, width: range) -> str | None:
        for window in self.windows("^Inkling$"):
            told = self.run("xdotool", "getwindowgeometry", "--shell", window).split()
            if int(dict(line.split("=") for line in told).get("WIDTH", "0")) in width:
                return window
        return None

    def type(self, text: str) -> None:
        """Into the box, in the place of what stood there."""
        self.press("ctrl+l", "ctrl+a")
        self.run("xdotool", "type", "--delay", "15", text)

    def open_first(self, text: str, name: str) -> None:
        """Type, and press Enter until the file of that name opens: before there is a row it does nothing.

        What the keyboard has no key for is lent one for a moment, and may be read when that is over: it is typed again.
        """

        def opened() -> bool:
            self.press("Return")
            return any(uri.endswith(name) for uri in self.opened)

        for _ in range(_ATTEMPTS):
            self.type(text)
            with contextlib.suppress(AssertionError):
                wait_for(opened, name, _ANSWER_WITHIN_S)
                return
        raise AssertionError(f"{name} was not opened")

    @property
    def opened(self) -> list[str]:
        record = self.home / "opened.txt"
        return record.read_text().splitlines() if record.exists() else []

    def pixels(self, *box: int) -> bytes:
        """Of a part of the screen: left, top, width, height; four bytes each."""
        return bytes.fromhex(self.run(sys.executable, "-c", _LOOK, *map(str, box)))

    def preference(self, name: str) -> Any:
        file = self.home / "inkling" / "app.json"
        return json.loads(file.read_text(encoding="utf-8")).get(name) if file.exists() else None


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path / "desk") as screen:
        screen.prepare()
        screen.start_app()
        yield screen


def test_a_first_day_from_choosing_folders_to_a_dark_window_in_chinese(desk: Desk) -> None:
    _choose_folders(desk)
    _find_and_open(desk)
    _look_closer(desk)
    _be_dark(desk)
    _speak_chinese(desk)


def _choose_folders(desk: Desk) -> None:
    """The documents are chosen already: Enter starts, and the window takes the place of the question."""
    desk.come_to(_FIRST)
    wait_for(lambda: _pressed(desk, "Return", lambda: desk.preference("has_started")), "the start")
    desk.come_to(_WIDE)


def _find_and_open(desk: Desk) -> None:
    """What was indexed just now is found by words; a filter leaves the rest out; the query is remembered."""
    desk.open_first("landlord deposit", "lease.txt")
    desk.open_first("onions ext:md", "soup.md")
    assert not any(uri.endswith("secrets.md") for uri in desk.opened)
    wait_for(lambda: "landlord deposit" in (desk.preference("queries") or []), "what was asked before")


def _look_closer(desk: Desk) -> None:
    """Space after an arrow key lays the preview over the list, and Escape takes it away."""
    list_box = (desk.corner(desk.come_to(_WIDE))[0] + 20, 200, 200, 100)
    desk.press("Down")
    before = wait_for(lambda: _at_rest(desk, list_box), "a list at rest")
    desk.press("space")
    wait_for(lambda: desk.pixels(*list_box) != before, "the large preview")
    desk.press("Escape")
    wait_for(lambda: desk.pixels(*list_box) == before, "the list")


def _at_rest(desk: Desk, box: tuple[int, ...]) -> bytes | None:
    first = desk.pixels(*box)
    return first if first and desk.pixels(*box) == first else None


def _be_dark(desk: Desk) -> None:
    """Dark, and made anew in Chinese, the window stays where it stood, title and all."""
    before = desk.corner(desk.come_to(_WIDE))
    _open_settings(desk, "^Settings")
    desk.press("End", "Tab", "space", "Down", "Down", "Down", "Return")
    wait_for(lambda: desk.preference("scheme") == "dark", "the choice of dark colours")
    desk.press("Tab", "space", "Up", "Return")
    wait_for(lambda: desk.preference("language") == "zh", "the choice of Chinese")
    wait_for(lambda: desk.windows("^设置"), "settings in Chinese")  # all that is open speaks it at once
    wait_for(lambda: not desk.windows("^Settings"), "the end of the settings in English")
    _leave_settings(desk, "^设置")
    wait_for(lambda: desk.corner(desk.come_to(_WIDE)) == before, "the window in its place")
    wait_for(lambda: _brightness(desk, before) < 60, "dark colours")


def _speak_chinese(desk: Desk) -> None:
    """The next start speaks it too, is as dark, and asks for no folder any more."""
    desk.press("ctrl+q")
    wait_for(lambda: not desk.windows("^Inkling$"), "the end of the app")
    desk.start_app()
    corner = desk.corner(desk.come_to(_WIDE))
    assert _brightness(desk, corner) < 60
    _open_settings(desk, "^设置")
    _leave_settings(desk, "^设置")
    desk.open_first("合同", "%E5%90%88%E5%90%8C.txt")


def _open_settings(desk: Desk, title: str) -> None:
    wait_for(lambda: _pressed(desk, "ctrl+comma", lambda: desk.windows(title)), "the settings")
    desk.window(title)


def _leave_settings(desk: Desk, title: str) -> None:
    """By Escape, which a window that has just come may not hear yet."""
    for _ in range(_ATTEMPTS):
        desk.window(title)
        desk.press("Escape")
        with contextlib.suppress(AssertionError):
            wait_for(lambda: not desk.windows(title), "the end of the settings", _ANSWER_WITHIN_S)
            return
    raise AssertionError("the settings stay")


def _pressed(desk: Desk, keys: str, is_done: Any) -> bool:
    """Press keys where something has not come yet."""
    if not is_done():
        desk.press(keys)
    return bool(is_done())


def _brightness(desk: Desk, corner: tuple[int, int]) -> float:
    """Of a part of the window below all rows, 0 to 255."""
    pixels = desk.pixels(corner[0] + 4, corner[1] + 480, 60, 60)
    return sum(pixels[at] for at in range(0, len(pixels), 4)) / max(1, len(pixels) // 4)
