"""The way to the service: it never holds up the window, forgets what was cancelled, and survives the service's end."""

from __future__ import annotations

import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from finder.errors import FinderError, UsageFaultError
from finder.paths import Home
from tests.conftest import end_service
from tests.ui.conftest import ANSWER_TIMEOUT_MS
from ui.link import Link


def test_an_answer_comes_in_the_main_thread(qtbot: QtBot, link: Link, indexed: tuple[Home, Path]) -> None:
    came: list[tuple[str, Any, Any]] = []

    def take(kind: str) -> Any:
        return lambda result: came.append((kind, result, threading.current_thread()))

    link.call("find", {"query": "deposit"}, on_final=take("final"), on_partial=take("partial"))
    qtbot.waitUntil(lambda: any(kind == "final" for kind, *_ in came), timeout=ANSWER_TIMEOUT_MS)
    assert {thread for *_, thread in came} == {threading.main_thread()}
    assert came[-1][1]["results"][0]["name"] in ("lease.txt", "合同.txt")


def test_what_the_service_refuses_comes_as_its_own_error(qtbot: QtBot, link: Link) -> None:
    errors: list[FinderError] = []
    link.call("find", {"query": "x", "mode": "sideways"}, on_error=errors.append)
    qtbot.waitUntil(lambda: bool(errors), timeout=ANSWER_TIMEOUT_MS)
    assert isinstance(errors[0], UsageFaultError)


def test_a_cancelled_call_never_answers(qtbot: QtBot, link: Link) -> None:
    came: list[object] = []
    for _ in range(20):
        link.call("find", {"query": "deposit"}, came.append, came.append, came.append).cancel()
    done: list[object] = []
    link.call("status", on_final=done.append)
    qtbot.waitUntil(lambda: bool(done), timeout=ANSWER_TIMEOUT_MS)
    assert came == []


def test_a_handler_that_is_gone_is_not_called(qtbot: QtBot, link: Link) -> None:
    came: list[object] = []

    class Taker(QObject):
        def take(self, result: dict[str, Any]) -> None:
            came.append(self.objectName())

    taker = Taker()
    link.call("status", on_final=taker.take)
    link.call("status", on_final=partial(taker.take))
    delete(taker)
    done: list[object] = []
    link.call("status", on_final=done.append)
    link.call("status", on_final=done.append)
    qtbot.waitUntil(lambda: len(done) == 2, timeout=ANSWER_TIMEOUT_MS)
    assert came == []


def test_a_slow_call_does_not_hold_up_another(qtbot: QtBot, link: Link) -> None:
    link.call("subscribe")  # never ends
    link.call("subscribe")
    done: list[object] = []
    for _ in range(8):
        link.call("status", on_final=done.append)
    qtbot.waitUntil(lambda: len(done) == 8, timeout=ANSWER_TIMEOUT_MS)


def test_asking_takes_the_main_thread_no_time(link: Link) -> None:
    begun = time.thread_time()
    for _ in range(50):
        link.call("status")
    assert time.thread_time() - begun < 0.5


def test_a_service_that_went_away_is_started_again_by_the_next_question(qtbot: QtBot, home: Home) -> None:
    link = Link(home)
    done: list[dict[str, Any]] = []
    errors: list[FinderError] = []
    try:
        link.call("status", on_final=done.append, on_error=errors.append)
        qtbot.waitUntil(lambda: bool(done or errors), timeout=ANSWER_TIMEOUT_MS)
        end_service(home)
        link.call("status", on_final=done.append, on_error=errors.append)
        qtbot.waitUntil(lambda: len(done) + len(errors) == 2, timeout=ANSWER_TIMEOUT_MS)
    finally:
        link.close()
    assert errors == []
    assert done[0]["pid"] != done[1]["pid"]


def test_the_subscription_says_that_the_service_is_down_and_brings_it_back(qtbot: QtBot, home: Home) -> None:
    link = Link(home)
    states: list[str] = []
    progress: list[dict[str, Any]] = []
    link.state_changed.connect(states.append)
    link.progressed.connect(progress.append)
    try:
        link.start()
        qtbot.waitUntil(lambda: states == ["up"] and bool(progress), timeout=ANSWER_TIMEOUT_MS)
        end_service(home)
        qtbot.waitUntil(lambda: states == ["up", "down", "up"], timeout=ANSWER_TIMEOUT_MS)
    finally:
        link.close()


def test_a_service_that_does_not_start_is_told_of_with_its_reason(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the home should be")
    link = Link(Home(tmp_path / "home"))
    faults: list[FinderError] = []
    link.fault.connect(faults.append)
    errors: list[FinderError] = []
    try:
        link.start()
        link.call("status", on_error=errors.append)
        qtbot.waitUntil(lambda: bool(faults and errors), timeout=ANSWER_TIMEOUT_MS)
    finally:
        link.close()
    for error in (faults[0], errors[0]):
        assert "cannot be reached" in error.title
        assert error.hint
    assert link.state == "down"


class Answering:
    """A connection to nobody: answers at once what is quick, and the rest when it is let."""

    def __init__(self, is_let: threading.Event) -> None:
        self.is_let, self.is_closed = is_let, threading.Event()

    def call(self, method: str, params: object, **listeners: object) -> dict[str, Any]:
        if method != "find":
            self.is_let.wait()
        return {}

    def cancel(self) -> None:
        """It is over soon."""

    def close(self) -> None:
        self.is_closed.set()


def test_a_search_does_not_wait_for_what_takes_minutes(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A download, a comparison of all files, the counting of folders on a server that hangs."""
    is_let = threading.Event()
    monkeypatch.setattr("finder.service.client.connect", lambda home: Answering(is_let))
    link = Link(Home(tmp_path))
    done: list[object] = []
    try:
        for _ in range(4):
            for method in ("download_model", "duplicates", "survey", "index"):
                link.call(method)  # type: ignore[arg-type]
        link.call("find", on_final=done.append)
        qtbot.waitUntil(lambda: bool(done), timeout=ANSWER_TIMEOUT_MS)
        assert not is_let.is_set()
    finally:
        is_let.set()
        link.close()


def test_a_connection_that_comes_when_the_app_has_ended_is_ended_too(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_asked, is_let = threading.Event(), threading.Event()
    late = Answering(is_let)

    def connect(home: Home) -> Answering:
        is_asked.set()
        is_let.wait()
        return late

    monkeypatch.setattr("finder.service.client.connect", connect)
    link = Link(Home(tmp_path))
    link.start()
    qtbot.waitUntil(is_asked.is_set, timeout=ANSWER_TIMEOUT_MS)
    link.close()
    is_let.set()
    qtbot.waitUntil(late.is_closed.is_set, timeout=ANSWER_TIMEOUT_MS)


def test_a_subscription_that_says_nonsense_is_begun_anew(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Nonsense(Answering):
        def call(self, method: str, params: object = None, **listeners: object) -> dict[str, Any]:
            raise KeyError("progress")

    monkeypatch.setattr("finder.service.client.connect", lambda home: Nonsense(threading.Event()))
    monkeypatch.setattr("ui.link._RETRY_S", 0.01)
    link = Link(Home(tmp_path))
    states: list[str] = []
    link.state_changed.connect(states.append)
    link.start()
    try:
        qtbot.waitUntil(lambda: states[:4] == ["up", "down"] * 2, timeout=ANSWER_TIMEOUT_MS)
    finally:
        link.close()
