"""How the app starts: as `inkling` without a command, and with words where there is no screen for it."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

from finder.errors import ServiceError
from finder.paths import Home
from finder.service.client import connect
from tests.conftest import Inkling, command_line, environment

_UP_TIMEOUT_S = 60.0


def test_without_a_screen_it_says_so_and_what_to_do(inkling: Inkling) -> None:
    done = inkling(QT_QPA_PLATFORM="", DISPLAY="", WAYLAND_DISPLAY="")
    assert done.returncode == 2
    assert "no screen" in done.stderr
    assert "inkling find QUERY" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_without_arguments_opens_the_window_and_brings_the_service_up(home: Home, tmp_path: Path) -> None:
    app = subprocess.Popen(
        command_line(home), cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        deadline = time.monotonic() + _UP_TIMEOUT_S
        while not _is_up(home):
            assert app.poll() is None, app.communicate()[0]
            assert time.monotonic() < deadline
            time.sleep(0.05)
        app.send_signal(signal.SIGINT)
        said, _ = app.communicate(timeout=_UP_TIMEOUT_S)
    finally:
        app.kill()
        app.wait()
    assert said == b""
    assert app.returncode == -signal.SIGINT
    assert (home.logs / "app.log").stat().st_mode & 0o777 == 0o600


def _is_up(home: Home) -> bool:
    try:
        connect(home, start=False).close()
    except ServiceError:
        return False
    return True
