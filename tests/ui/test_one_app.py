"""However many are started at the same moment, one app stays, and everything that was asked of any of them is shown."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from finder.paths import Home
from finder.service.app_door import Door, reach
from tests.conftest import command_line, environment, processes_of

_PATIENCE_S = 180.0


@pytest.fixture
def started(home: Home, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts `inkling ARGUMENTS`; whatever app of this home is left at the end is killed."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command_line(home, *arguments), cwd=tmp_path, env=environment(), stderr=subprocess.PIPE
        )
        processes.append(process)
        return process

    yield start
    for app in apps(home):
        app.kill()
        psutil.wait_procs([app], _PATIENCE_S)
    for process in processes:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def apps(home: Home) -> list[psutil.Process]:
    """Processes that hold the app's lock, or wait before it."""
    found = []
    for process in processes_of(home):
        line = process.info["cmdline"]
        if ("ui" in line or line[-2:] == ["--home", str(home.root)]) and "-m" in line:
            found.append(process)
    return [process for process in found if "finder.service.main" not in process.info["cmdline"]]


def said_by(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stderr is not None
    return process.stderr.read()


def until(is_done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not is_done():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_of_several_that_are_started_at_once_one_stays(
    home: Home, started: Callable[..., subprocess.Popen[bytes]]
) -> None:
    windows = [started() for _ in range(3)]
    popup = started("popup")
    until(lambda: popup.poll() is not None, "the end of inkling popup")
    until(lambda: sum(process.poll() is not None for process in windows) >= 2, "the end of all but one window")
    ended = [process for process in (*windows, popup) if process.poll() is not None]
    assert [(process.returncode, said_by(process)) for process in ended] == [(0, b"")] * len(ended)
    until(lambda: len(apps(home)) == 1, "one app")
    assert Door.claim(home) is None
    assert reach(home, {"show": "window"})


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_an_app_that_was_ended_from_outside_gives_way_to_the_next(
    home: Home, started: Callable[..., subprocess.Popen[bytes]], number: signal.Signals
) -> None:
    first = started("--hidden")
    until(lambda: reach(home, {"show": "window"}), "the app")
    os.kill(first.pid, number)
    first.wait(_PATIENCE_S)
    second = started("popup")
    assert second.wait(_PATIENCE_S) == 0
    assert reach(home, {"show": "window"})
