"""The door to the running app: one app a home, wishes of its own user alone, words where no app can be started."""

from __future__ import annotations

import queue
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from finder.errors import ServiceError, UsageFaultError
from finder.paths import Home
from finder.service.app_door import Door, Wish, reach, show
from finder.workers.channel import Channel
from tests.conftest import CHECKOUT

_PATIENCE_S = 60.0


@pytest.fixture
def empty_home(tmp_path: Path, runtime_folder: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def came(empty_home: Home) -> Iterator[queue.SimpleQueue[Wish]]:
    """What an app of that home is asked to show."""
    wishes: queue.SimpleQueue[Wish] = queue.SimpleQueue()
    door = Door.claim(empty_home)
    assert door is not None
    door.listen(wishes.put)
    yield wishes
    door.close()


def test_where_no_app_runs_nobody_is_reached(empty_home: Home) -> None:
    assert not reach(empty_home, {"show": "popup"})


def test_a_wish_arrives_whole_whatever_is_in_it(empty_home: Home, came: queue.SimpleQueue[Wish]) -> None:
    uris = ["file:///home/ada/-a%20%22b%22%0A%FF.txt", "file:///%E7%A8%8E.pdf"]
    show(empty_home, {"show": "similar", "uris": uris})
    assert came.get(timeout=_PATIENCE_S)["uris"] == uris
    show(empty_home, {"show": "find", "query": "—税 \udcff\n"})
    assert came.get(timeout=_PATIENCE_S)["query"] == "—税 \udcff\n"


def test_the_token_that_lets_a_window_come_forward_is_handed_on(
    empty_home: Home, came: queue.SimpleQueue[Wish], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_ACTIVATION_TOKEN", "from-the-launcher")
    assert reach(empty_home, {"show": "window"})
    assert came.get(timeout=_PATIENCE_S)["token"] == "from-the-launcher"


def test_the_app_is_reached_from_a_session_whose_runtime_folder_is_another(
    empty_home: Home, came: queue.SimpleQueue[Wish], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "other"))
    assert reach(empty_home, {"show": "popup"})
    assert came.get(timeout=_PATIENCE_S)["show"] == "popup"


def test_there_is_one_app_for_a_home_and_the_next_one_after_its_end(empty_home: Home) -> None:
    first = Door.claim(empty_home)
    assert first is not None
    assert Door.claim(empty_home) is None
    first.close()
    second = Door.claim(empty_home)
    assert second is not None
    second.close()


def test_a_killed_app_leaves_the_door_to_the_next(empty_home: Home) -> None:
    script = (
        "import os, sys; from finder.paths import Home; from finder.service.app_door import Door; from pathlib import "
        "Path; door = Door.claim(Home(Path(sys.argv[1]))); door.listen(print); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, empty_home.root], check=False, cwd=CHECKOUT)
    assert empty_home.app_socket.exists()
    assert not reach(empty_home, {"show": "window"})
    door = Door.claim(empty_home)
    assert door is not None
    wishes: queue.SimpleQueue[Wish] = queue.SimpleQueue()
    door.listen(wishes.put)
    assert reach(empty_home, {"show": "window"})
    door.close()
    assert not empty_home.app_socket.exists()


def test_an_app_that_is_about_to_end_takes_no_wish_that_it_would_not_grant(empty_home: Home) -> None:
    door = Door.claim(empty_home)
    assert door is not None
    wishes: queue.SimpleQueue[Wish] = queue.SimpleQueue()
    door.listen(wishes.put)
    door.shut()
    assert not reach(empty_home, {"show": "popup"})
    assert Door.claim(empty_home) is None
    door.close()
    assert wishes.empty()


def test_where_the_app_is_just_ending_another_is_started(
    empty_home: Home, runtime_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that was started first made way; its place is free only now."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    wishes: queue.SimpleQueue[Wish] = queue.SimpleQueue()
    doors: list[Door] = []
    starts: list[Home] = []

    def start(home: Home) -> subprocess.Popen[bytes]:
        starts.append(home)
        if len(starts) == 2:
            door = Door.claim(home)
            assert door is not None
            door.listen(wishes.put)
            doors.append(door)
        return ended

    monkeypatch.setattr("finder.service.app_door._start", start)
    show(empty_home, {"show": "popup"})
    assert wishes.get(timeout=_PATIENCE_S)["show"] == "popup"
    doors[0].close()


def test_an_app_that_is_stuck_is_said_to_be(empty_home: Home, runtime_folder: Path) -> None:
    door = Door.claim(empty_home)  # makes the folders
    assert door is not None
    empty_home.app_socket.parent.mkdir(mode=0o700, exist_ok=True)
    waiting: list[socket.socket] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(empty_home.app_socket))
        listener.listen(0)
        while True:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.setblocking(False)
            waiting.append(connection)
            try:
                connection.connect(str(empty_home.app_socket))
            except BlockingIOError:
                break
        with pytest.raises(ServiceError, match="does not answer"):
            show(empty_home, {"show": "popup"})
    for connection in waiting:
        connection.close()
    empty_home.app_socket.unlink()
    door.close()


def test_the_socket_is_its_users_alone(empty_home: Home, came: queue.SimpleQueue[Wish]) -> None:
    assert stat.S_IMODE(empty_home.app_socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(empty_home.app_socket.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "header",
    [
        *(
            {"show": "window", "uris": [1]},
            {"show": "similar", "uris": "file:///"},
            {"show": "shell"},
            {"query": 3},
            {},
        ),
        *({"show": "similar"}, {"show": "similar", "uris": []}, {"show": "similar", "uris": ["https://example.com/"]}),
        *({"show": "similar", "uris": ["file:///a%00b"]}, {"show": ["popup"]}, {"show": None}),
    ],
)
def test_what_is_no_wish_is_not_taken_for_one(
    empty_home: Home, came: queue.SimpleQueue[Wish], header: dict[str, object]
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(empty_home.app_socket))
        channel = Channel(connection)
        channel.send(header)
        assert channel.receive() is None
    assert reach(empty_home, {"show": "popup"})
    assert came.get(timeout=_PATIENCE_S)["show"] == "popup"


@pytest.mark.parametrize("token", ["a\0b", "line\nbreak", "\udcff", "x" * 5_000])
def test_what_cannot_be_a_token_is_left_out_and_the_rest_is_granted(
    empty_home: Home, came: queue.SimpleQueue[Wish], token: str
) -> None:
    """It becomes a variable of the app's environment, which holds neither a NUL nor every text."""
    assert reach(empty_home, {"show": "popup", "token": token})
    assert came.get(timeout=_PATIENCE_S) == {"show": "popup"}


def test_nothing_but_a_wish_comes_through(empty_home: Home, came: queue.SimpleQueue[Wish]) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(empty_home.app_socket))
        channel = Channel(connection)
        channel.send({"show": "find", "query": "onions", "run": "rm"})
        assert channel.receive() is not None
    assert came.get(timeout=_PATIENCE_S) == {"show": "find", "query": "onions"}


def test_more_files_than_a_wish_can_hold_are_refused_in_words(empty_home: Home, came: queue.SimpleQueue[Wish]) -> None:
    with pytest.raises(UsageFaultError, match="too many files"):
        show(empty_home, {"show": "similar", "uris": ["file:///" + "a" * 1000] * 5000})
    assert came.empty()


def test_an_app_that_cannot_start_says_why(empty_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ServiceError) as caught:
        show(empty_home, {"show": "find", "query": "a secret question"})
    assert "cannot be opened" in caught.value.detail or "no screen" in caught.value.detail
    assert caught.value.hint
    assert not reach(empty_home, {"show": "window"})
    written = [file.read_text() for file in empty_home.root.rglob("*.log")]
    assert not any("secret" in text for text in written)


def test_knocking_loads_neither_qt_nor_the_engine() -> None:
    script = (
        "import sys, finder.cli.app, finder.service.app_door; print([name for name in sys.modules "
        "if name.startswith(('PySide6', 'ui', 'numpy', 'apsw', 'rich', 'finder.store', 'finder.search'))])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=CHECKOUT)
    assert done.stdout.strip() == "[]"
