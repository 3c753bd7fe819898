"""Why nothing is shown: what an empty page says and offers, with what is found out only after it is there."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from finder.types import JsonObject
from tests.ui.files import found_file
from tests.ui.links import HeldLink
from ui.search.empty import Emptiness, EmptyState
from ui.search.reasons import Reasons

FOLDER = "file:///home/ada/papers"
SURVEYED = {"files": 1_200, "size_bytes": 34_000_000, "name_only": 200, "left_out": 3, "is_complete": True}
ONCE = "Once it is added"


@pytest.fixture
def reasons(qapp: QApplication, held: HeldLink) -> Reasons:
    return Reasons(held, *[lambda *_: None] * 5, held)


@pytest.fixture
def empty(qtbot: QtBot) -> EmptyState:
    made = EmptyState()
    qtbot.addWidget(made)
    return made


def found(files: list[Any], pending: int = 0, **changed: Any) -> dict[str, Any]:
    coverage = {"indexed": 40, "pending": pending, "failed": 0, "filtered_out": 0}
    return {"query": "x", "results": files, "understood": [], "coverage": coverage, **changed}


def outside(uri: str = FOLDER) -> dict[str, Any]:
    return found([], empty_because="folder_not_indexed", not_indexed=[uri])


def counted(held: HeldLink, **changed: Any) -> None:
    """The folder is counted, and it is known how fast this computer is."""
    held.answer("survey", {**SURVEYED, **changed})
    held.answer("models", {"seconds_per_passage": 0.05})


def progress(seconds_left: float | None) -> JsonObject:
    return {"phase": "embedding", "seconds_left": seconds_left}


def test_what_is_pending_misspelt_and_nearly_found_has_a_way_on_for_each(reasons: Reasons) -> None:
    reasons.show_index = lambda: None
    answer = found([found_file("a", "weak")], pending=7, suggestion="deposit")
    reason = reasons.of_answer(answer, "depsit")
    assert reason.title == "Nothing yet"
    assert [action.text for action in reason.actions] == [
        "Search for “deposit”",
        "Show the closest anyway",
        "Show the index",
    ]
    assert [action.is_primary for action in reason.actions] == [True, False, False]


@pytest.mark.parametrize(("left", "words"), [(None, "for meaning."), (600.0, "for meaning, about 10 minutes.")])
def test_how_long_meaning_takes_is_said_as_far_as_it_is_known(
    reasons: Reasons, held: HeldLink, left: float | None, words: str
) -> None:
    assert "for meaning." in reasons.of_answer(found([], pending=7), "x").text, "the service has not told yet"
    held._deliver(None, "progress", progress(left))
    assert f"7 files still wait {words} What fits" in reasons.of_answer(found([], pending=7), "x").text


def test_what_a_folder_holds_is_said_as_soon_as_it_is_counted(
    reasons: Reasons, empty: EmptyState, held: HeldLink
) -> None:
    empty.show_reason(reasons.of_answer(outside(), "x"))
    assert empty.accessibleName().startswith(f"“papers” is not indexed. {ONCE}")
    assert held.calls[0].params == {"folder": FOLDER}
    counted(held)
    assert empty.accessibleName() == (
        "“papers” is not indexed. It holds 1,200 files, 34.0 MB. Their names can be found at once, their meaning in "
        "about 10 minutes."
    )


def test_a_folder_too_large_to_be_counted_or_with_nothing_to_find_is_said_to_be_so(
    reasons: Reasons, empty: EmptyState, held: HeldLink
) -> None:
    for changed, words in (({"is_complete": False}, "over 1,200 files"), ({"files": 0}, "holds no file that would")):
        empty.show_reason(reasons.of_answer(outside(), "x"))
        counted(held, **changed)
        assert words in empty.accessibleName()


def test_what_was_counted_for_a_question_before_is_not_said_any_more(
    reasons: Reasons, empty: EmptyState, held: HeldLink
) -> None:
    empty.show_reason(reasons.of_answer(outside(), "x"))
    empty.show_reason(reasons.of_answer(outside("file:///home/ada/other"), "x"))
    assert [call.is_cancelled for call in held.calls] == [True, False]
    tell: list[Any] = []
    empty.show_reason(Emptiness("lens-none", "First", "", find_out=tell.append))
    empty.show_reason(Emptiness("lens-none", "Second", "Short."))
    tell[0]("late")
    assert empty.accessibleName() == "Second. Short."
