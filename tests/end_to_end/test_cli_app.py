"""Commands whose answer is in the app: what they refuse, and what they say where no app can be shown."""

from __future__ import annotations

import pytest

from tests.conftest import Inkling

_NO_SCREEN = {"QT_QPA_PLATFORM": "", "DISPLAY": "", "WAYLAND_DISPLAY": ""}


@pytest.mark.parametrize("arguments", [("popup",), ("find", "--show", "a letter"), ("similar", "--show", "lease.txt")])
def test_without_a_screen_it_is_said_why_and_how_to_search_all_the_same(
    inkling: Inkling, arguments: tuple[str, ...]
) -> None:
    done = inkling(*arguments, **_NO_SCREEN)
    assert done.returncode == 2
    assert "The app does not start" in done.stderr
    assert "inkling find QUERY" in done.stderr
    assert "a letter" not in done.stderr


@pytest.mark.parametrize("option", [("--in", "."), ("--json",)])
def test_what_the_window_cannot_answer_is_refused(inkling: Inkling, option: tuple[str, ...]) -> None:
    done = inkling("find", "--show", "a letter", *option, **_NO_SCREEN)
    assert done.returncode == 2
    # With --json an error is printed where a program looks for the answer.
    assert "--show goes with" in (done.stdout if "--json" in option else done.stderr)
