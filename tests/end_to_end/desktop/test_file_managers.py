"""Real file managers, a real menu, a real click: "Find similar files" names exactly the files that were chosen.

What the menus call is a recorder here, in a folder whose name has everything that a format wants quoted.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from finder.integrate.folders import UserFolders
from finder.integrate.program import Program
from finder.integrate.targets import linux_targets, named
from finder.paths import uri_to_path
from tests.end_to_end.desktop.screen import SYSTEM_PYTHON, Screen, wait_for, what_is_missing

ENTRY = "Find similar files"
HARD = [b'-it\'s "\xe7\xa8\x8e" %f $(x) 100%.txt', b"a b.txt", b"caf\xe9 \xff.txt"]
"""A quote, a leading -, Chinese, what a shell or a desktop entry would fill in; a space; bytes that are not UTF-8."""
ODD_FOLDER = """my "prö" 'grams' $HOME 100% `id` a\\b"""
_ANSWER_WITHIN_S = 4.0
_MENU_WITHIN_S, _ENTRY_WITHIN_S = 5.0, 2.0
_FILE_WITHIN_S = 3.0
_ATTEMPTS = 15


class FileManager(NamedTuple):
    """How one is driven."""

    name: str
    command: tuple[str, ...]
    keys: tuple[str, ...] = ()
    """From the open menu to our entry, where its entries cannot be asked for their places: GTK 4 tells wrong ones, and
    Qt none for a menu. It stands above the last one, Properties."""
    first_file: tuple[int, int] | None = None
    """In the window, in pixels, where no key chooses all files before one was clicked."""
    is_qt: bool = False
    """It mostly tells which files it shows, and cannot name all of them."""


FILE_MANAGERS = [
    FileManager("thunar", ("thunar",)),
    FileManager("nemo", ("nemo", "--no-desktop")),
    FileManager("nautilus", ("nautilus", "--new-window"), ("Up", "Up", "Return"), (336, 123)),
    FileManager("dolphin", ("dolphin", "--new-window"), ("Up", "Up", "Return"), is_qt=True),
    FileManager("caja", ("caja", "--no-desktop", "--browser")),
]


@pytest.mark.parametrize("manager", FILE_MANAGERS, ids=lambda manager: manager.name)
def test_the_menu_names_exactly_the_chosen_files(manager: FileManager, screen: Screen, tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / ODD_FOLDER)
    install(manager, screen, recorder)
    one, all_of_them = made(tmp_path / "one", HARD[:1]), made(tmp_path / "everything", HARD)

    screen.start(*manager.command, one)
    assert chosen(manager, screen, recorder, one, HARD[:1]) == {os.fsencode(one) + b"/" + HARD[0]}

    screen.start(*manager.command, all_of_them)
    paths = chosen(manager, screen, recorder, all_of_them, HARD)
    wanted = {os.fsencode(all_of_them) + b"/" + name for name in HARD}
    if not manager.is_qt:
        assert paths == wanted
    else:  # it names two files, and a third that is not there
        assert len(paths) == 3
        assert len(paths & wanted) == 2
        assert [os.path.exists(path) for path in paths - wanted] == [False]


@pytest.fixture
def screen(manager: FileManager, tmp_path: Path) -> Iterator[Screen]:
    missing = what_is_missing(manager.name) or what_python_lacks()
    if missing is not None:
        pytest.skip(missing)
    with Screen(tmp_path / "home") as screen:
        yield screen


def what_python_lacks() -> str | None:
    """Why menus cannot be asked for the places of their entries; None where they can."""
    script = "import gi; gi.require_version('Atspi', '2.0')"
    done = subprocess.run([SYSTEM_PYTHON, "-c", script], capture_output=True) if os.path.exists(SYSTEM_PYTHON) else None
    return None if done is not None and done.returncode == 0 else "not installed: python3-gi, gir1.2-atspi-2.0"


class Recorder:
    """A program that writes down what it was called with."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.program = Program(str(folder / "inkling"))
        self._calls = folder / "calls"
        script = '#!/bin/sh\ncd "${0%/*}"\nprintf "%s\\0" "$@" > new\nmv new calls\n'
        Path(self.program.path).write_text(script)
        Path(self.program.path).chmod(0o755)

    def take(self) -> list[bytes]:
        """The arguments of the last call, once; empty where there was none."""
        try:
            arguments = self._calls.read_bytes().split(b"\0")[:-1]
        except FileNotFoundError:
            return []
        self._calls.unlink()
        return arguments


def install(manager: FileManager, screen: Screen, recorder: Recorder) -> None:
    folders = UserFolders.of(screen.variables)
    for target in named(linux_targets(folders), [manager.name]):
        target.install(recorder.program)
        assert target.status(recorder.program).state == "on"


def made(folder: Path, names: list[bytes]) -> Path:
    """A folder with these files; it may have some of them already."""
    folder.mkdir(exist_ok=True)
    for name in names:
        path = os.fsencode(folder) + b"/" + name
        if not os.path.exists(path):
            with open(path, "wb") as file:
                file.write(b"text\n")
    return folder


def chosen(manager: FileManager, screen: Screen, recorder: Recorder, folder: Path, names: list[bytes]) -> set[bytes]:
    """Choose everything in the window, open the menu, take our entry; the paths that the recorder was given."""
    window = screen.window(folder.name)
    for _ in range(_ATTEMPTS):  # nothing tells when a window has all its files, and when it listens
        made(folder, names)  # in a menu that is not yet whole another entry was taken, which may have moved them away
        with contextlib.suppress(AssertionError):
            open_menu(manager, screen, window, names)
            take_entry(manager, screen)
            arguments = wait_for(recorder.take, "the call", _ANSWER_WITHIN_S)
            assert arguments[:3] == [b"similar", b"--show", b"--"]
            assert len(arguments) == 3 + len(names)
            return {path_of(argument) for argument in arguments[3:]}
        screen.press("Escape", "Escape")
    raise AssertionError((screen.home / "said.txt").read_text(errors="replace")[-2000:])


def open_menu(manager: FileManager, screen: Screen, window: str, names: list[bytes]) -> None:
    """The menu of all files in a window, which has those of these names."""
    if manager.is_qt:
        with contextlib.suppress(AssertionError):  # not always does it tell
            for name in names:
                wait_for(partial(screen.place_of, name.decode("utf-8", "replace")), "the file", _FILE_WITHIN_S)
    screen.run("xdotool", "windowactivate", "--sync", window)
    if manager.first_file is None:
        screen.press("ctrl+a")
        before = screen.visible()
        screen.press("Menu")
    else:
        x, y = screen.corner(window)
        place = x + manager.first_file[0], y + manager.first_file[1]
        screen.click(*place)
        screen.press("ctrl+a")
        before = screen.visible()
        screen.click(*place, button=3)
    wait_for(lambda: screen.visible() - before, "the menu", _MENU_WITHIN_S)


def take_entry(manager: FileManager, screen: Screen) -> None:
    if manager.keys:
        screen.press(*manager.keys)
        return
    place = wait_for(lambda: screen.place_of(ENTRY), "the entry", _ENTRY_WITHIN_S)
    screen.click(*map(int, place.split()))


def path_of(argument: bytes) -> bytes:
    """Of a URI, or of a path: for files on the disk KDE puts paths where URIs are asked for."""
    return uri_to_path(argument.decode("ascii")) if argument.startswith(b"file:") else argument
