"""Rows show what pictures and pages look like, as soon as that is there, and never wait for it."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from finder.errors import FileError, FinderError, ServiceError, WorkerDiedError
from tests.ui.files import found_file
from tests.ui.links import HeldLink
from ui.results import thumbnails
from ui.results.model import ResultModel
from ui.results.thumbnails import Thumbnails
from ui.results.view import ResultView

RED = bytes([200, 30, 30])


@pytest.fixture
def view(qtbot: QtBot, held: HeldLink) -> ResultView:
    model = ResultModel("/home/ada")
    made = ResultView(model)
    qtbot.addWidget(made)
    made.show_likenesses(Thumbnails(held, made, model).of)
    made.resize(700, 600)
    made.show()
    return made


def picture(width: int, height: int) -> dict[str, Any]:
    """A red one, as the service sends it."""
    return {
        "width": width, "height": height, "stride_bytes": 3 * width, "full_width": width, "full_height": height,
        "blobs": [RED * width * height], "page": 1, "page_count": 1, "boxes": [],
    }  # fmt: skip


def red_pixels(view: ResultView) -> int:
    image = view.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    red = QColor(*RED).rgb()
    return sum(image.pixel(x, y) == red for x in range(70) for y in range(60))


def files() -> list[Any]:
    text = found_file("a.txt")
    shot = found_file("b.png", type="image")
    scan = found_file("c.pdf")
    return [shot, text, scan]


def asked(held: HeldLink) -> list[str]:
    return [call.params["uri"].rpartition("/")[2] for call in held.calls]


def test_pictures_and_pages_in_sight_are_asked_for_one_after_the_other(
    qtbot: QtBot, view: ResultView, held: HeldLink
) -> None:
    view.show_answer(files(), is_final=True)
    qtbot.waitUntil(lambda: asked(held) == ["b.png"], timeout=60_000)
    assert red_pixels(view) == 0
    held.answer("preview_picture", picture(36, 18))
    assert red_pixels(view) > 300
    assert asked(held) == ["b.png", "c.pdf"]
    assert held.calls[-1].params["page"] == 1
    held.answer("preview_page", picture(26, 36))
    assert asked(held) == ["b.png", "c.pdf"]


def test_what_is_known_is_not_asked_for_again_unless_the_file_has_changed(
    qtbot: QtBot, view: ResultView, held: HeldLink
) -> None:
    view.show_answer(files()[:1], is_final=True)
    qtbot.waitUntil(lambda: len(held.calls) == 1, timeout=60_000)
    held.refuse("preview_picture", FileError("corrupt", "Not a picture that can be shown"))
    view.show_answer([*files()[:1], found_file("d.png", type="image")], is_final=True)
    qtbot.waitUntil(lambda: len(held.calls) == 2, timeout=60_000)
    assert asked(held)[1] == "d.png"
    view.show_answer([found_file("b.png", type="image", modified="2025-01-01T00:00:00+00:00")], is_final=True)
    qtbot.waitUntil(lambda: len(held.calls) == 3, timeout=60_000)
    assert asked(held)[2] == "b.png"


@pytest.mark.parametrize(
    ("error", "is_passing"),
    [
        (ServiceError("The service went away"), True),
        (FileError("corrupt", "Not a picture that can be shown"), False),
        (WorkerDiedError("died", "The preview ended"), False),
    ],
)
def test_what_failed_with_the_service_is_asked_for_again_when_that_is_back(
    qtbot: QtBot, view: ResultView, held: HeldLink, error: FinderError, is_passing: bool
) -> None:
    view.show_answer(files()[:1], is_final=True)
    qtbot.waitUntil(lambda: asked(held) == ["b.png"])
    held.refuse("preview_picture", error)
    assert asked(held) == ["b.png"], "not in the same breath"
    (kept,) = view.findChildren(Thumbnails)
    held._deliver(None, "state", "up")
    qtbot.waitUntil(lambda: not kept._rest.isActive())
    assert asked(held) == ["b.png"] * (1 + is_passing)
    if is_passing:
        held.answer("preview_picture", picture(36, 18))
        assert red_pixels(view) > 300


def test_a_list_that_moves_takes_back_what_it_asked_and_huge_files_are_left(
    qtbot: QtBot, view: ResultView, held: HeldLink
) -> None:
    huge = found_file("huge.png", type="image", size_bytes=thumbnails._LARGEST_BYTES + 1)
    view.show_answer([huge, *files()], is_final=True)
    qtbot.waitUntil(lambda: asked(held) == ["b.png"], timeout=60_000)
    view.step(Qt.Key.Key_Down)
    assert held.calls[0].is_cancelled
    qtbot.waitUntil(lambda: asked(held) == ["b.png", "b.png"], timeout=60_000)


def test_no_more_are_kept_than_are_worth_it(
    qtbot: QtBot, view: ResultView, held: HeldLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbnails, "_KEPT", 1)
    view.show_answer(files(), is_final=True)
    qtbot.waitUntil(lambda: asked(held) == ["b.png"], timeout=60_000)
    held.answer("preview_picture", picture(36, 18))
    held.answer("preview_page", picture(26, 36))
    (kept,) = view.findChildren(Thumbnails)
    assert len(kept._kept) == 1
