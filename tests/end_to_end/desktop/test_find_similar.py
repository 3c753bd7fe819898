"""From the click in a file manager to the app's window: the real program, and the files like exactly the chosen one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from tests.benchmarks.related_files import Prose
from tests.conftest import make_home
from tests.end_to_end.desktop.screen import CHECKOUT, Screen, wait_for, what_is_missing
from tests.end_to_end.desktop.test_file_managers import (
    FILE_MANAGERS,
    HARD,
    open_menu,
    take_entry,
    what_python_lacks,
)

_ANSWER_WITHIN_S = 8.0
_ATTEMPTS = 10
FILES = {"plain": HARD[:1], "bytes": HARD[2:]}
"""What is in each folder."""
MANAGERS = {manager.name: manager for manager in FILE_MANAGERS}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    """A screen whose user has two folders, in each a file of a hard name and elsewhere its copy, and `inkling`."""
    if missing := what_is_missing() or what_python_lacks():
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("desk")
    with Screen(folder / "home") as desk:
        inkling = desk.home / "bin" / "inkling"
        inkling.parent.mkdir()
        inkling.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m finder "$@"\n')
        inkling.chmod(0o755)
        desk.index = index = make_home(folder / "index")
        desk.variables["PATH"] = f"{inkling.parent}:{desk.variables['PATH']}"
        desk.variables |= {"PYTHONPATH": str(CHECKOUT), "INKLING_HOME": str(index.root)}
        for number, (title, (name,)) in enumerate(FILES.items()):
            story = Prose(number).document(30, 2)()
            (desk.home / title).mkdir()
            (desk.home / "copies").mkdir(exist_ok=True)
            for path in (desk.home / title / os.fsdecode(name), desk.home / "copies" / f"copy of {title}.txt"):
                path.write_text(story)
        assert desk.run("inkling", "index", *(desk.home / name for name in ("plain", "bytes", "copies")))
        yield desk


@pytest.mark.parametrize(
    ("name", "title", "shown"),
    [
        ("thunar", "plain", "copy of plain.txt"),
        ("nautilus", "bytes", "copy of bytes.txt"),
        ("dolphin", "bytes", "No such file"),  # Qt cannot name it; why it is not found is said beside it
    ],
)
def test_a_click_shows_what_is_like_that_very_file(name: str, title: str, shown: str, desk: Screen) -> None:
    if missing := what_is_missing(name):
        pytest.skip(missing)
    manager = MANAGERS[name]
    assert desk.run("inkling", "integrate", "install", name)
    before = set(desk.windows(f"^{title}\\b"))
    process = desk.start(*manager.command, desk.home / title)
    window = wait_for(lambda: set(desk.windows(f"^{title}\\b")) - before, "the window").pop()
    for _ in range(_ATTEMPTS):
        open_menu(manager, desk, window, FILES[title])
        try:
            take_entry(manager, desk)
            wait_for(lambda: desk.place_of(shown), shown, _ANSWER_WITHIN_S)
        except AssertionError:
            desk.press("Escape", "Escape")
        else:
            break
    else:
        pytest.fail(f"{shown} is not shown")
    app = desk.window("^Inkling$")
    desk.press("alt+F4")
    wait_for(lambda: app not in desk.windows("^Inkling$"), "the end of the window")
    process.terminate()
