"""Showing files over the socket: text, pages, pictures; from the index or read in the sandbox; nothing hidden."""

from __future__ import annotations

import io
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from finder.errors import CancelledError, FileError, FinderError, UsageFaultError, WorkerDiedError
from finder.paths import Home, path_to_uri
from finder.service.client import connect
from finder.workers.preview_front import PreviewFront
from tests.conftest import CHECKOUT, end_service, make_home, run_inkling
from tests.documents import docx, paragraph, pdf

LEASE = ["Either party may end this agreement by giving", "written notice three months before leaving the flat."]
LINES = "".join(f"number {line} of the lines, \U0001f600 as it is\n\tindented\n" for line in range(1, 4_001))

Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shown")
    (folder / "lease.pdf").write_bytes(pdf([["The first page says little."], LEASE]))
    (folder / "letter.docx").write_bytes(docx(paragraph("Dear landlord,") + paragraph("The keys are in the post.")))
    (folder / "lines.txt").write_text(LINES, encoding="utf-8")
    (folder / "keys.txt").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing that could be drawn")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\xff" * 500)
    picture = io.BytesIO()
    Image.new("RGB", (300, 200), (10, 20, 30)).save(picture, "PNG")
    (folder / "grey.png").write_bytes(picture.getvalue())
    (folder / "changing.txt").write_text("What it said when it was indexed.\n")
    (folder / "left-out.txt").write_text("What nobody is to see.\n")
    return folder


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory, runtime_folder: Path, documents: Path) -> Iterator[Ask]:
    folder = tmp_path_factory.mktemp("home")
    home: Home = make_home(folder / "home")
    assert run_inkling(home, folder, "index", documents).returncode == 0
    with connect(home) as client:

        def ask(method: str, name: str, /, **params: Any) -> dict[str, Any]:
            return client.call(method, {"uri": path_to_uri(os.fsencode(documents / name)), **params}, timeout_s=60)

        ask.client = client  # type: ignore[attr-defined]
        yield ask
    end_service(home)


def test_a_documents_text_comes_from_the_index_with_its_pages(ask: Ask) -> None:
    shown = ask("preview_text", "lease.pdf")
    assert "giving" in shown["text"]
    assert shown["first_line"] is None
    assert [place["page"] for place in shown["places"]] == [1]  # a short page stands in one passage with the next


def test_an_office_files_text_is_shown(ask: Ask) -> None:
    assert "keys are in the post" in ask("preview_text", "letter.docx")["text"]


def test_lines_are_shown_as_they_are_around_the_place_that_was_found(ask: Ask) -> None:
    around = LINES.index("number 3000 of")
    shown = ask("preview_text", "lines.txt", around=around, limit=2_000)
    assert shown["text"] == LINES[shown["start"] : shown["start"] + len(shown["text"])]
    assert shown["start"] <= around < shown["start"] + len(shown["text"])
    assert LINES.count("\n", 0, shown["start"]) + 1 == shown["first_line"]
    assert shown["length"] == len(LINES)
    assert len(shown["text"]) <= 2_000


def test_offsets_are_those_of_the_passages_that_are_found(ask: Ask) -> None:
    found = ask.client.call("find", {"query": "keys in the post", "mode": "keyword"})  # type: ignore[attr-defined]
    (passage,) = next(file["passages"] for file in found["results"] if file["name"] == "letter.docx")
    shown = ask("preview_text", "letter.docx", around=passage["start"])
    assert shown["text"][passage["start"] - shown["start"] :].startswith(passage["text"])


def test_a_file_that_has_changed_is_shown_as_it_is_now(ask: Ask, documents: Path) -> None:
    (documents / "changing.txt").write_text("What it says today.\n")
    assert ask("preview_text", "changing.txt")["text"] == "What it says today.\n"


def test_a_page_comes_as_pixels_with_the_place_of_the_passage(ask: Ask) -> None:
    passage = " ".join(LEASE)
    shown = ask("preview_page", "lease.pdf", page=2, width_px=700, passage=passage, spans=[[0, 12], [500, 600]])
    assert (shown["page_count"], len(shown["boxes"])) == (2, 3)
    assert [len(boxes) for boxes in shown["boxes"]] == [2, 1, 0]
    (pixels,) = shown["blobs"]
    assert len(pixels) == shown["height"] * shown["stride_bytes"]


def test_the_page_that_holds_the_hit_is_shown_where_the_passage_begins_before_it(ask: Ask) -> None:
    passage = "The first page says little.\n\n" + " ".join(LEASE)
    span = [passage.index("three months"), len(passage)]
    shown = ask("preview_page", "lease.pdf", page=1, last=9, passage=passage, spans=[[0, 0], span])
    assert (shown["page"], [len(boxes) for boxes in shown["boxes"]]) == (2, [2, 0, 1])
    assert ask("preview_page", "lease.pdf", page=1, passage=passage, spans=[span])["page"] == 1


def test_a_picture_comes_decoded(ask: Ask) -> None:
    shown = ask("preview_picture", "grey.png", longest_px=30)
    assert (shown["width"], shown["height"], shown["full_width"], shown["full_height"]) == (30, 20, 300, 200)
    assert bytes(shown["blobs"][0][:3]) == bytes((10, 20, 30))


@pytest.mark.parametrize(
    ("method", "name", "code"),
    [
        ("preview_page", "broken.pdf", "corrupt"),
        ("preview_page", "lines.txt", "corrupt"),
        ("preview_picture", "broken.png", "unsupported"),
        ("preview_picture", "lease.pdf", "unsupported"),
        ("preview_text", "grey.png", "no_text"),
        ("preview_text", "keys.txt", "no_text"),
        ("preview_text", "no such file", "vanished"),
        ("preview_text", "../../etc/passwd", "vanished"),
        ("preview_picture", "no such file", "vanished"),
    ],
)
def test_what_cannot_be_shown_is_said_to_be_so(ask: Ask, method: str, name: str, code: str) -> None:
    with pytest.raises(FileError) as raised:
        ask(method, name)
    assert raised.value.code == code


def test_what_is_excluded_is_shown_no_more(ask: Ask) -> None:
    assert ask("preview_text", "left-out.txt")["text"]
    ask.client.call("exclude", {"add": ["left-out.txt"]})  # type: ignore[attr-defined]
    for method in ("preview_text", "preview_page", "preview_picture"):
        with pytest.raises(FileError, match="not in the index"):
            ask(method, "left-out.txt")


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("preview_page", {"page": 0}),
        ("preview_page", {"width_px": 1_000_000}),
        ("preview_page", {"passage": "x" * 30_000}),
        ("preview_page", {"spans": [[3, 1]]}),
        ("preview_page", {"spans": [["0", "1"]]}),
        ("preview_page", {"spans": [[0, 1]] * 1_000}),
        ("preview_text", {"limit": 1 << 30}),
        ("preview_text", {"around": -1}),
        ("preview_picture", {"longest_px": 1 << 20}),
    ],
)
def test_a_request_without_bounds_is_refused(ask: Ask, method: str, params: dict[str, Any]) -> None:
    with pytest.raises(UsageFaultError):
        ask(method, "lease.pdf", **params)


def test_a_programs_words_are_told_apart(ask: Ask) -> None:
    shown = ask("tokens", "", text="def f(): pass", name="a.py")
    assert [0, 3, 0] in shown["tokens"]


HOSTILE = """
import ctypes
from finder.extract.media import pictures

def draw_picture(file, longest_px):
    if longest_px == 1:
        ctypes.string_at(0)
    if longest_px == 2:
        bytearray(3 << 30)
    if longest_px == 3:
        while True:
            pass
    return pictures.Pixels(10**6, 10**6, 1, b"") if longest_px == 4 else ORIGINAL(file, longest_px)

ORIGINAL = pictures.draw_picture
pictures.draw_picture = draw_picture
"""
"""Run by the worker as its `sitecustomize`: a codec that a hostile file has got the better of, one way or another."""


@pytest.fixture
def front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PreviewFront]:
    (tmp_path / "sitecustomize.py").write_text(HOSTILE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(CHECKOUT)]))
    made = PreviewFront(tmp_path)
    yield made
    made.stop()


def never() -> bool:
    return False


def test_a_file_that_takes_its_codec_over_harms_nobody(
    front: PreviewFront, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finder.workers.preview_front._DEADLINE_S", 1.0)
    ends: list[tuple[int, type[FinderError], str]] = [
        (1, WorkerDiedError, "crashed_reader"),
        (2, WorkerDiedError, "too_much_memory"),
        (3, WorkerDiedError, "too_slow"),
        (4, FileError, "crashed_reader"),
    ]
    with open(documents / "grey.png", "rb") as file:
        for how, kind, code in ends:
            with pytest.raises(kind) as raised:
                front.picture(file.fileno(), how, never)
            assert getattr(raised.value, "code", None) == code
        monkeypatch.setattr("finder.workers.preview_front._DEADLINE_S", 60.0)
        assert front.picture(file.fileno(), 30, never).picture.width == 30


def test_a_file_that_nobody_looks_at_any_more_does_not_hold_up_the_next(front: PreviewFront, documents: Path) -> None:
    left = threading.Event()
    ended: list[Exception] = []

    def look() -> None:
        try:
            with open(documents / "grey.png", "rb") as file:
                front.picture(file.fileno(), 3, left.is_set)
        except FinderError as error:
            ended.append(error)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        deadline = time.monotonic() + 60
        while front.worker.state != "busy" and time.monotonic() < deadline:
            time.sleep(0.01)
        with open(documents / "grey.png", "rb") as file:
            left.set()
            assert front.picture(file.fileno(), 30, never).picture.width == 30
    finally:
        looking.join()
    assert isinstance(ended[0], CancelledError | WorkerDiedError)


def test_who_has_left_before_his_turn_is_not_served(front: PreviewFront, documents: Path) -> None:
    with open(documents / "grey.png", "rb") as file, pytest.raises(CancelledError):
        front.picture(file.fileno(), 30, lambda: True)
    assert front.worker.starts == 0
