"""From the click in a file manager to the app's window: the real program, and the files like exactly the chosen one."""

from __future__ import annotations

import contextlib
import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.related_files import Prose
from tests.conftest import make_home
from tests.end_to_end.desktop.screen import CHECKOUT, Screen, wait_for, what_is_missing
from tests.end_to_end.desktop.test_file_managers import (
    FILE_MANAGERS,
    FileManager,
    open_menu,
    take_entry,
    what_python_lacks,
)

FILES = {
    "everything": b'-it\'s "\xe7\xa8\x8e" caf\xe9 \xff.txt',
    "text": b'-it\'s "\xe7\xa8\x8e" %f $(x) 100%.txt',
}
"""What is in each folder: a space, a quote, a leading -, Chinese; in the first, bytes that are not UTF-8, too."""
MANAGERS = {manager.name: manager for manager in FILE_MANAGERS}
_CALL_WITHIN_S = 6.0
_ATTEMPTS = 12


class Desk(Screen):
    """A screen whose user has two folders, in each a file of a hard name and elsewhere its copy, and `inkling`."""

    def prepare(self, index: Path) -> None:
        inkling = self.home / "bin" / "inkling"
        inkling.parent.mkdir()
        python = inkling.with_name("python")  # what is installed in menus is the `inkling` beside the interpreter
        python.symlink_to(sys.executable)
        self._calls = self.home / "calls.txt"
        inkling.write_text(f'#!/bin/sh\nprintf . >> "{self._calls}"\nexec "{python}" -m finder "$@"\n')
        inkling.chmod(0o755)
        self.index = make_home(index)
        self.variables["PATH"] = f"{inkling.parent}:{self.variables['PATH']}"
        libraries = sysconfig.get_path("purelib")  # the link is in no virtual environment
        self.variables |= {"PYTHONPATH": f"{CHECKOUT}:{libraries}", "INKLING_HOME": str(self.index.root)}
        for title in FILES:
            self._write(title)
        assert self.run("inkling", "index", *(self.home / name for name in (*FILES, "copies")))

    def _write(self, title: str) -> None:
        """The file in the folder of that name, and its copy in another, where they are not there."""
        story = Prose([*FILES].index(title)).document(30, 2)()
        copy = self.home / "copies" / f"copy of {title}.txt"
        for path in (self.home / title / os.fsdecode(FILES[title]), copy):
            path.parent.mkdir(exist_ok=True)
            if not path.exists():
                path.write_text(story)

    def calls(self) -> int:
        """How often the program has been called."""
        return len(self._calls.read_text())

    def call_from_menu(self, manager: FileManager, window: str, title: str) -> None:
        """Until the program has been called: nothing tells when a window has its files, and when it listens."""
        before = self.calls()
        for _ in range(_ATTEMPTS):
            self._write(title)  # in a menu that is not yet whole another entry was taken, which may have moved it away
            with contextlib.suppress(AssertionError):
                open_menu(manager, self, window, [FILES[title]])
                take_entry(manager, self)
                wait_for(lambda: self.calls() > before, "the call", _CALL_WITHIN_S)
                return
            self.press("Escape", "Escape")
        raise AssertionError("the menu's entry was not taken")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    if missing := what_is_missing() or what_python_lacks():
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("desk")
    with Desk(folder / "home") as desk:
        desk.prepare(folder / "index")
        yield desk


@pytest.mark.parametrize(
    ("name", "title", "shown"),
    [
        *((name, "everything", "copy of everything.txt") for name in ("nautilus", "nemo", "thunar", "caja")),
        ("dolphin", "text", "copy of text.txt"),
        ("dolphin", "everything", "No such file"),  # Qt cannot name it; why it is not found is said beside it
    ],
)
def test_a_click_shows_what_is_like_that_very_file(name: str, title: str, shown: str, desk: Desk) -> None:
    if missing := what_is_missing(name):
        pytest.skip(missing)
    manager = MANAGERS[name]
    assert desk.run("inkling", "integrate", "install", name)
    before = set(desk.windows(f"^{title}\\b"))
    process = desk.start(*manager.command, desk.home / title)
    window = wait_for(lambda: set(desk.windows(f"^{title}\\b")) - before, "the window").pop()
    desk.call_from_menu(manager, window, title)
    wait_for(lambda: desk.place_of(shown), shown)
    others = {f"copy of {other}.txt" for other in FILES} - {shown}
    assert not any(desk.place_of(other) for other in others)
    app = desk.window("^Inkling$")
    desk.press("alt+F4")
    wait_for(lambda: app not in desk.windows("^Inkling$"), "the end of the window")
    process.terminate()
