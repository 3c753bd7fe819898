"""The service's socket, its client, and the life of its process, with a small handler in the engine's place."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from finder import __version__
from finder.errors import CancelledError, EnvironmentFaultError, FileError, FinderError, ServiceError
from finder.paths import Home
from finder.service.client import ALREADY_RUNNING_STATUS, Client, connect
from finder.service.connection import Reply
from finder.service.protocol import CLIENT_LIMIT, PROTOCOL_VERSION
from finder.service.server import Server
from finder.types import JsonObject
from finder.workers.channel import Channel

ROOT = Path(__file__).parents[2]


class SampleHandler:
    """Answers methods of its own, so that every way a request can go is gone."""

    def __init__(self) -> None:
        self.cancelled: list[str] = []

    def handle(self, method: str, params: JsonObject, reply: Reply) -> JsonObject:
        return dict(getattr(self, method)(params, reply))

    def echo(self, params: JsonObject, reply: Reply) -> JsonObject:
        return params

    def find(self, params: JsonObject, reply: Reply) -> JsonObject:
        reply.partial({"stage": "words"})
        reply.progress({"stage": "loading"})
        return {"stage": "meaning"}

    def refuse(self, params: JsonObject, reply: Reply) -> JsonObject:
        raise FileError("encrypted", "It is locked", path="/a")

    def stumble(self, params: JsonObject, reply: Reply) -> JsonObject:
        return {"value": int(params["query"])}

    def return_no_json(self, params: JsonObject, reply: Reply) -> JsonObject:
        return {"value": object()}

    def wait(self, params: JsonObject, reply: Reply) -> JsonObject:
        cancelled = threading.Event()
        reply.on_cancel(cancelled.set)
        reply.progress({})
        assert cancelled.wait(60)
        assert reply.is_cancelled
        self.cancelled.append(str(params.get("name")))
        raise CancelledError


@pytest.fixture
def home(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("r")))
    home = Home(tmp_path / "home")
    home.create()
    return home


@pytest.fixture
def handler() -> SampleHandler:
    return SampleHandler()


@pytest.fixture
def stopping() -> threading.Event:
    return threading.Event()


@pytest.fixture
def server(home: Home, handler: SampleHandler, stopping: threading.Event) -> Iterator[Server]:
    server = Server(home.socket, str(home.root), handler, stopping.set, frame_timeout_s=0.3)
    server.start()
    yield server
    server.stop()
    assert not home.socket.exists()


@pytest.fixture
def client(home: Home, server: Server) -> Iterator[Client]:
    with connect(home, start=False) as client:
        yield client


def raw_channel(home: Home) -> Channel:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(home.socket))
    return Channel(connection)


def wait_until(condition: Callable[[], bool], timeout_s: float = 5) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)


def test_a_request_gets_its_partial_answers_before_the_final_one(client: Client) -> None:
    seen: list[tuple[str, JsonObject]] = []
    final = client.call(
        "find",
        on_partial=lambda result: seen.append(("partial", result)),
        on_progress=lambda result: seen.append(("progress", result)),
    )
    assert seen == [("partial", {"stage": "words"}), ("progress", {"stage": "loading"})]
    assert final == {"stage": "meaning"}


def test_hello_says_who_answers(client: Client, home: Home) -> None:
    assert client.hello == {
        "protocol": PROTOCOL_VERSION,
        "version": __version__,
        "pid": os.getpid(),
        "home": str(home.root),
    }


def test_an_error_comes_back_as_it_was_raised(client: Client) -> None:
    with pytest.raises(FileError) as caught:
        client.call("refuse")
    assert (caught.value.code, caught.value.title, caught.value.path) == ("encrypted", "It is locked", "/a")
    assert client.call("echo", {"still": "usable"}) == {"still": "usable"}


@pytest.mark.parametrize("method", ["stumble", "return_no_json", "no_such_method"])
def test_a_bug_ends_the_request_and_keeps_the_query_out_of_the_log(
    client: Client, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(FinderError, match="Something went wrong") as caught:
        client.call(method, {"query": "planted words"})
    assert "doctor" in caught.value.hint
    assert f"a bug in {method}" in caplog.text
    assert "planted" not in caplog.text
    assert client.call("echo", {"n": 1}) == {"n": 1}


def test_cancel_ends_the_call_in_a_cancelled_error(client: Client, handler: SampleHandler) -> None:
    with pytest.raises(CancelledError):
        client.call("wait", {"name": "one"}, on_progress=lambda _: client.cancel())
    assert handler.cancelled == ["one"]
    assert client.call("echo", {"n": 1}) == {"n": 1}


def test_a_client_that_goes_away_cancels_its_requests(home: Home, server: Server, handler: SampleHandler) -> None:
    channel = raw_channel(home)
    channel.send({"id": 1, "method": "hello", "params": {"protocol": PROTOCOL_VERSION}})
    for number in (2, 3):
        channel.send({"id": number, "method": "wait", "params": {"name": str(number)}})
    for _ in range(3):
        assert channel.receive() is not None
    channel.close()
    wait_until(lambda: sorted(handler.cancelled) == ["2", "3"])


def test_an_answer_that_is_late_is_given_up(client: Client, handler: SampleHandler) -> None:
    with pytest.raises(ServiceError, match="in time"):
        client.call("wait", timeout_s=0.2)
    wait_until(lambda: len(handler.cancelled) == 1)


def test_a_service_that_goes_away_is_said_at_once(home: Home, server: Server, client: Client) -> None:
    channel_of_the_server = next(iter(server._connections))
    with pytest.raises(ServiceError, match="went away"):
        client.call("wait", on_progress=lambda _: channel_of_the_server.hang_up())


def test_other_protocols_are_refused_with_who_is_older(home: Home, server: Server) -> None:
    for protocol, words in ((PROTOCOL_VERSION + 1, "service is older"), (PROTOCOL_VERSION - 1, "program is older")):
        channel = raw_channel(home)
        channel.send({"id": 1, "method": "hello", "params": {"protocol": protocol, "version": "9"}})
        answer = channel.receive()
        assert answer is not None
        assert words in answer.header["error"]["title"]
        assert answer.header["hello"]["version"] == __version__
        channel.send({"id": 2, "method": "echo", "params": {}})
        answer = channel.receive()
        assert answer is not None
        assert answer.header["kind"] == "error"
        channel.close()


def test_stop_is_answered_before_the_service_is_told(
    home: Home, server: Server, client: Client, stopping: threading.Event
) -> None:
    assert client.call("stop") == {}
    assert stopping.wait(60)


def test_only_this_user_can_reach_the_socket(home: Home, server: Server) -> None:
    assert stat.S_IMODE(home.socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.socket.parent.stat().st_mode) == 0o700


def test_another_user_is_refused_on_both_sides(home: Home, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    own = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: own + 1)
    channel = raw_channel(home)
    assert channel.receive() is None
    channel.close()
    with pytest.raises(ServiceError, match="Another user"):
        connect(home, start=False)


def test_a_socket_folder_that_leads_elsewhere_is_refused(
    home: Home, handler: SampleHandler, tmp_path: Path, stopping: threading.Event
) -> None:
    home.socket.parent.parent.mkdir(exist_ok=True)
    home.socket.parent.symlink_to(tmp_path)
    server = Server(home.socket, str(home.root), handler, stopping.set)
    with pytest.raises(EnvironmentFaultError, match="socket"):
        server.start()


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"INK1\x7f\xff\xff\xff\x00\x00\x00\x00",
        b"INK1\x00\x00\x00\x20\x00\x00\x00\x00{",
        b"INK1\x00\x00\x00\x02\x00\x00\x00\x00{}",
    ],
)
def test_nonsense_and_half_frames_cost_only_their_own_connection(home: Home, client: Client, sent: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(home.socket))
        connection.sendall(sent)
        with contextlib.suppress(ConnectionResetError):  # where it was closed with something left to read
            assert connection.recv(1) == b""
    assert client.call("echo", {"n": 1}) == {"n": 1}


def test_too_many_clients_are_told_so_and_a_place_that_is_free_is_given_away(home: Home, server: Server) -> None:
    clients = [connect(home, start=False) for _ in range(CLIENT_LIMIT)]
    with pytest.raises(ServiceError, match="Too many programs"):
        connect(home, start=False)
    clients.pop().close()
    wait_until(lambda: len(server._connections) < CLIENT_LIMIT)
    clients.append(connect(home, start=False))
    for client in clients:
        client.close()


@pytest.mark.parametrize(
    ("method", "params"),
    [("hello", {"protocol": [[[]]]}), ("hello", {"protocol": True}), ("hello", {}), ("cancel", {"request": []})],
)
def test_values_of_another_kind_than_agreed_cost_one_answer(
    home: Home, server: Server, method: str, params: JsonObject
) -> None:
    with contextlib.closing(raw_channel(home)) as channel:
        channel.send({"id": 1, "method": "hello", "params": {"protocol": PROTOCOL_VERSION}})
        channel.send({"id": 2, "method": method, "params": params})
        answers = [message.header["id"] for message in (channel.receive(), channel.receive()) if message is not None]
    assert answers == [1, 2]


def test_a_client_too_many_that_stalls_keeps_nobody_from_the_service(home: Home) -> None:
    server = Server(home.socket, str(home.root), SampleHandler(), lambda: None)
    server.start()
    clients = [connect(home, start=False) for _ in range(CLIENT_LIMIT)]
    try:
        with socket.socket(socket.AF_UNIX) as staller:
            staller.connect(str(home.socket))
            staller.sendall(b"INK1")
            # Who comes behind it is taken after it, and heard as soon as the service has done with it.
            begun = time.monotonic()
            with pytest.raises(ServiceError, match="Too many"):
                connect(home, start=False)
            assert time.monotonic() - begun < 30
    finally:
        for client in clients:
            client.close()
        server.stop()


def test_where_no_thread_is_to_be_had_the_service_goes_on(
    home: Home, client: Client, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name.startswith(("connection", "request")):
            raise RuntimeError("can't start new thread")
        start(thread)

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(ServiceError, match="too busy"):
            client.call("echo", {"n": 1}, timeout_s=60)
        with pytest.raises(ServiceError):
            connect(home, start=False)
    assert client.call("echo", {"n": 2}, timeout_s=60) == {"n": 2}
    with connect(home, start=False) as another:
        assert another.call("echo", {"n": 3}, timeout_s=60) == {"n": 3}


def test_too_many_requests_of_one_client_are_refused(home: Home, server: Server, handler: SampleHandler) -> None:
    channel = raw_channel(home)
    channel.send({"id": 1, "method": "hello", "params": {"protocol": PROTOCOL_VERSION}})
    for number in range(2, 19):
        channel.send({"id": number, "method": "wait", "params": {}})
    kinds = []
    for _ in range(18):
        message = channel.receive()
        assert message is not None
        kinds.append(message.header["kind"])
    assert sorted(kinds) == ["error", "final"] + ["progress"] * 16
    channel.close()
    wait_until(lambda: len(handler.cancelled) == 16)


def test_without_a_service_the_client_says_so(home: Home) -> None:
    with pytest.raises(ServiceError, match="does not run"):
        connect(home, start=False)


def test_the_client_imports_nothing_of_weight() -> None:
    heavy = {"numpy", "apsw", "psutil", "torch", "chromadb", "transformers", "PySide6", "watchdog", "typer"}
    code = f"import sys, finder.service.client; print(*({heavy!r} & sys.modules.keys()))"
    arguments = [sys.executable, "-P", "-c", code]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


SAMPLE_ENGINE = """
import os, sys, types

class Engine:
    is_unsound = False
    def __init__(self, home):
        self.home = home
    def start(self):
        from finder.errors import EnvironmentFaultError
        if os.environ.get("SAMPLE_FAULT"):
            raise EnvironmentFaultError("The index is locked", "by a test", "Wait.")
    def handle(self, method, params, reply):
        return {"pid": os.getpid()}
    def stop(self):
        (self.home.root / "stopped").write_text("cleanly")

module = types.ModuleType("finder.service.engine")
module.Engine = Engine
requests = types.ModuleType("finder.service.requests.handler")
requests.Requests = lambda engine: engine
sys.modules["finder.service.requests.handler"] = requests
sys.modules[module.__name__] = module
if os.environ.get("SAMPLE_VERSION"):
    import finder
    finder.__version__ = os.environ["SAMPLE_VERSION"]
"""
"""Run by a started service as its `sitecustomize`, so that everything but the engine is the real thing."""


@pytest.fixture
def started(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home whose services, started as usual, run the sample engine."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(SAMPLE_ENGINE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "site"), str(ROOT)]))
    yield home
    for name in ("SAMPLE_FAULT", "SAMPLE_VERSION"):
        monkeypatch.delenv(name, raising=False)
    pid = home.lock.read_text().strip() if home.lock.exists() else ""
    if pid:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(int(pid))
            process.kill()
            process.wait(60)


def ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def run_service(home: Home) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, "-P", "-m", "finder.service.main", "--home", str(home.root)]
    return subprocess.run(arguments, capture_output=True, text=True, timeout=20, check=False)


def test_connecting_starts_the_service_once_whoever_comes(started: Home) -> None:
    pids: list[int] = []

    def ask() -> None:
        with connect(started) as client:
            pids.append(client.call("status")["pid"])

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(pids) == 3
    assert len(set(pids)) == 1


def test_a_second_service_leaves_at_once_with_a_clear_word(started: Home) -> None:
    with connect(started) as client:
        pid = client.hello["pid"]
        begun = time.monotonic()
        second = run_service(started)
        assert time.monotonic() - begun < 20
        assert second.returncode == ALREADY_RUNNING_STATUS
        assert "serves this home already" in second.stderr
        assert str(pid) in second.stderr
        assert client.call("status") == {"pid": pid}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_service_cleanly(started: Home, number: int) -> None:
    with connect(started) as client:
        pid = client.hello["pid"]
        os.kill(pid, number)
        wait_until(lambda: ended(pid))
    assert (started.root / "stopped").read_text() == "cleanly"
    assert not started.socket.exists()


def test_stop_ends_the_service_cleanly(started: Home) -> None:
    with connect(started) as client:
        client.call("stop")
        wait_until(lambda: ended(client.hello["pid"]))
    assert (started.root / "stopped").exists()


def test_the_socket_that_a_killed_service_left_is_taken_over(started: Home) -> None:
    with connect(started) as client:
        first = client.hello["pid"]
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: ended(first))
    assert started.socket.exists()
    with connect(started) as client:
        assert client.hello["pid"] != first


def test_an_older_service_makes_way(started: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMPLE_VERSION", "0.0.1")
    connect(started).close()
    monkeypatch.delenv("SAMPLE_VERSION")
    with connect(started) as client:
        assert client.hello["version"] == __version__
    assert (started.root / "stopped").exists()


def test_a_newer_service_is_kept(started: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMPLE_VERSION", "99.0.0")
    connect(started).close()
    with connect(started) as client:
        assert client.hello["version"] == "99.0.0"
    assert not (started.root / "stopped").exists()


def test_a_service_that_dies_at_its_start_says_why_and_names_its_log(
    started: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMPLE_FAULT", "1")
    begun = time.monotonic()
    with pytest.raises(ServiceError, match="does not start") as caught:
        connect(started)
    assert time.monotonic() - begun < 30
    assert "The index is locked" in caught.value.detail
    assert str(started.logs / "service.log") in caught.value.hint
