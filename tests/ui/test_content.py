"""What the preview shows when answers are late, come in another order, or do not come at all."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from finder.errors import ServiceError
from tests.ui.files import found_file
from tests.ui.links import HeldLink
from tests.ui.strings import ROOT
from ui.preview.content import Content
from ui.preview.picture import PictureView
from ui.preview.text import TextView
from ui.results.row import Row, row_of
from ui.words.phrases import Phrases


@pytest.fixture
def content(qtbot: QtBot, held: HeldLink) -> Content:
    made = Content(held)
    qtbot.addWidget(made)
    made.resize(500, 600)
    made.show()
    return made


def row(name: str, kind: str, text: str = "the deposit") -> Row:
    return row_of(found_file(name, type=kind, text=text), Phrases(), "/home/ada")


def look_at(qtbot: QtBot, content: Content, held: HeldLink, shown: Row, method: str) -> None:
    before = len(held.calls)
    content.show_row(shown, 0)
    qtbot.waitUntil(lambda: any(call.method == method for call in held.calls[before:]))


def text_of(text: str, length: int | None = None, start: int = 0) -> dict[str, Any]:
    return {"text": text, "start": start, "length": length or len(text), "first_line": 1, "places": []}


def seen_text(content: Content) -> str:
    view = content.findChild(TextView)
    assert view is not None
    return view.toPlainText() if view.isVisible() else ""


def test_colours_of_what_was_shown_before_are_never_laid_on_what_is_shown_now(
    qtbot: QtBot, content: Content, held: HeldLink
) -> None:
    look_at(qtbot, content, held, row("a.py", "code"), "preview_text")
    held.answer("preview_text", text_of("import deposit\n" * 9, length=5_000))
    (late,) = held.asked("tokens")
    view = content.findChild(TextView)
    assert view is not None
    view.more_wanted.emit(135)
    held.answer("preview_text", text_of("the deposit\n" * 9, length=5_000, start=135))
    held._deliver(late, "final", {"tokens": [[0, 6, 0]]})
    assert view._colouring._by_block == {}


def test_who_scrolls_on_and_on_is_answered_once(qtbot: QtBot, content: Content, held: HeldLink) -> None:
    look_at(qtbot, content, held, row("a.txt", "document"), "preview_text")
    held.answer("preview_text", text_of("the deposit\n" * 9, length=5_000))
    view = content.findChild(TextView)
    assert view is not None
    for _ in range(5):
        view.more_wanted.emit(108)
    assert len([call for call in held.asked("preview_text") if call.params["around"] == 108]) == 1


def test_text_that_cannot_go_on_stays_as_far_as_it_is_there(qtbot: QtBot, content: Content, held: HeldLink) -> None:
    look_at(qtbot, content, held, row("a.txt", "document"), "preview_text")
    held.answer("preview_text", text_of("the deposit\n" * 9, length=5_000))
    view = content.findChild(TextView)
    assert view is not None
    view.more_wanted.emit(108)
    held.refuse("preview_text", ServiceError("It changed while it was read"))
    assert seen_text(content).startswith("the deposit")


def test_of_a_file_whose_text_cannot_be_had_the_one_before_is_not_shown(
    qtbot: QtBot, content: Content, held: HeldLink
) -> None:
    look_at(qtbot, content, held, row("a.txt", "document"), "preview_text")
    held.answer("preview_text", text_of("the deposit of a"))
    look_at(qtbot, content, held, row("b.txt", "document", "the rent"), "preview_text")
    held.refuse("preview_text", ServiceError("It is gone"))
    assert seen_text(content) == ""


def picture(width: int) -> dict[str, Any]:
    sizes = {"width": width, "height": 1, "stride_bytes": 3 * width, "full_width": 400, "full_height": 1}
    return {**sizes, "blobs": [bytes(3 * width)]}


def test_a_picture_that_cannot_be_had_any_finer_stays(qtbot: QtBot, content: Content, held: HeldLink) -> None:
    look_at(qtbot, content, held, row("a.png", "image"), "preview_picture")
    held.answer("preview_picture", picture(40))
    view = content.findChild(PictureView)
    assert view is not None
    first = held.asked("preview_picture")[-1]
    view.zoom(1)
    qtbot.waitUntil(lambda: held.asked("preview_picture")[-1] is not first)
    held.refuse("preview_picture", ServiceError("The reader ended"))
    assert view.isVisible()
    assert view._image.width() == 40


def test_a_coarse_picture_that_comes_late_does_not_take_the_fine_ones_place(
    qtbot: QtBot, content: Content, held: HeldLink
) -> None:
    look_at(qtbot, content, held, row("a.png", "image"), "preview_picture")
    coarse = held.asked("preview_picture")[-1]
    view = content.findChild(PictureView)
    assert view is not None
    view.zoom(1)
    qtbot.waitUntil(lambda: held.asked("preview_picture")[-1] is not coarse)
    held.answer("preview_picture", picture(80))
    held._deliver(coarse, "final", picture(40))
    assert view._image.width() == 80


def test_answers_to_a_preview_that_is_gone_reach_nobody(qtbot: QtBot, held: HeldLink) -> None:
    content = Content(held)
    content.show()
    for shown, method in ((row("a.txt", "document"), "preview_text"), (row("a.png", "image"), "preview_picture")):
        look_at(qtbot, content, held, shown, method)
    held._deliver(held.calls[0], "final", text_of("the deposit"))
    calls = list(held.calls)
    delete(content)
    for call in calls:
        call.is_cancelled = False
        held._deliver(call, "final", {})
        held._deliver(call, "error", ServiceError("gone"))


def test_every_handler_of_an_answer_is_a_method_whose_owner_can_be_seen_to_be_gone() -> None:
    """A closure would be called for widgets that a change of language, or the end, has taken away."""
    found = []
    for path in sorted((ROOT / "ui").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        local = {
            inner.name
            for outer in ast.walk(tree)
            if isinstance(outer, ast.FunctionDef)
            for inner in ast.walk(outer)
            if isinstance(inner, ast.FunctionDef) and inner is not outer
        }
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and _asks(call.func):
                given = [*call.args, *(keyword.value for keyword in call.keywords)]
                if any(isinstance(one, ast.Lambda) or (isinstance(one, ast.Name) and one.id in local) for one in given):
                    found.append(f"{path.relative_to(ROOT)}:{call.lineno}")
    assert found == []


def _asks(function: ast.Attribute) -> bool:
    """True of `...link.call` and `...asking.ask`."""
    owner = function.value
    name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
    return (function.attr, name.lstrip("_")) in {("call", "link"), ("ask", "asking")}
