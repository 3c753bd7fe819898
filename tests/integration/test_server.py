"""A server of one's own behind the service: agreed to, used, started and stopped, and nothing is sent unasked."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from finder.config import ServerSettings, SettingsFile
from finder.paths import Home, path_to_uri
from finder.service.client import Client, connect
from tests.conftest import CHECKOUT, Inkling, end_service
from tests.embedding_server import MODEL, EmbeddingServer
from tests.integration.pipelines import wait_until

QUESTION = "landlord deposit"


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with EmbeddingServer() as running:
        yield running


def embed_status(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = client.call("status")["embed"]
    return found


def is_served(client: Client) -> bool:
    embed = embed_status(client)
    return embed["model"] == "server" and embed["pending_passages"] == 0


def first_by_meaning(client: Client) -> str:
    found = client.call("find", {"query": QUESTION, "mode": "semantic", "folders": []})
    return str(found["results"][0]["name"])


def index_and_use(home: Home, documents: Path, server: EmbeddingServer) -> None:
    """Have `documents` indexed, and embedded by `server`."""
    with connect(home) as client:
        client.call("index", {"folders": [path_to_uri(bytes(documents))]}, timeout_s=60)
        client.call("use_model", {"model": "server", "server": {"urls": [server.url], "model": MODEL}})
        wait_until(lambda: is_served(client))


def logs_of(home: Home) -> str:
    return "".join(path.read_text(errors="replace") for path in home.logs.iterdir())


def test_nothing_is_sent_before_somebody_agreed_to_who_gets_it(
    inkling: Inkling, documents: Path, server: EmbeddingServer
) -> None:
    assert inkling("index", documents).returncode == 0
    asked = inkling("model", "use", "server", "--url", server.url, "--name", MODEL)
    assert asked.returncode == 2
    assert server.origin in asked.stderr
    assert server.asked.total() == 0


def test_a_server_that_was_agreed_to_answers_by_meaning(
    inkling: Inkling, home: Home, documents: Path, server: EmbeddingServer, tmp_path: Path
) -> None:
    key_file = tmp_path / "key"
    key_file.write_text("sesame")
    key_file.chmod(0o600)
    server.key = "sesame"
    assert inkling("index", documents).returncode == 0
    options = ("--url", server.url, "--name", MODEL, "--dimension", "48", "--key-file", key_file)
    used = inkling("model", "use", "server", *options, "--yes")
    assert used.returncode == 0, used.stderr
    with connect(home) as client:
        wait_until(lambda: is_served(client))
        assert first_by_meaning(client) == "lease.txt"
        embed = embed_status(client)
        assert (embed["dimension"], embed["state"]) == (48, "ready")
        assert [one["state"] for one in embed["server"]["endpoints"]] == ["well"]
        assert QUESTION in server.texts
    said = inkling("status").stdout
    assert server.origin in said
    assert not any(secret in logs_of(home) for secret in ("sesame", "landlord", "onions", QUESTION))
    settings = SettingsFile(home.settings).load()
    assert (settings.model, settings.server.dimension) == ("server", 48)
    assert "sesame" not in home.settings.read_text()


def test_a_service_that_starts_again_embeds_nothing_again(home: Home, documents: Path, server: EmbeddingServer) -> None:
    index_and_use(home, documents, server)
    end_service(home)
    server.texts.clear()
    with connect(home) as client:
        assert first_by_meaning(client) == "lease.txt"
        assert not any("landlord returns" in text for text in server.texts)
        client.call("use_model", {"model": "server"})  # agreed to again: the same model, nothing is embedded
        wait_until(lambda: embed_status(client)["building"] is None)
        assert first_by_meaning(client) == "lease.txt"
        assert not any("landlord returns" in text for text in server.texts)


def test_a_key_of_the_environment_reaches_the_server_and_no_worker(
    inkling: Inkling, home: Home, documents: Path, server: EmbeddingServer
) -> None:
    server.key = "sesame"
    assert inkling("index", documents, INKLING_SERVER_KEY="sesame").returncode == 0  # starts the service
    assert inkling("model", "use", "server", "--url", server.url, "--name", MODEL, "--yes").returncode == 0
    with connect(home) as client:
        wait_until(lambda: is_served(client))
        service = psutil.Process(client.hello["pid"])
        workers: list[str] = []

        def look() -> bool:
            workers[:] = filter(None, map(shown, service.children()))
            return bool(workers)

        wait_until(look)
        assert "sesame" not in " ".join([*workers, *service.cmdline()])


def shown(process: psutil.Process) -> str:
    """What may be read of a process: its environment and command line; empty of one that has just ended."""
    try:
        return f"{process.environ()} {process.cmdline()}"
    except psutil.NoSuchProcess:
        return ""


def test_another_address_is_sent_nothing_until_it_was_agreed_to(
    inkling: Inkling, home: Home, documents: Path, server: EmbeddingServer
) -> None:
    index_and_use(home, documents, server)
    end_service(home)
    with EmbeddingServer() as other:
        file = SettingsFile(home.settings)
        settings = file.load()
        file.save(replace(settings, server=replace(settings.server, urls=(other.url,))))
        found = inkling("find", QUESTION, "--json")
        assert "another server than was agreed to" in found.stdout
        assert json.loads(found.stdout)["results"][0]["name"] == "lease.txt"  # by its words
        assert other.asked.total() == 0
        with connect(home) as client:
            client.call("use_model", {"model": "server"})
            assert first_by_meaning(client) == "lease.txt"
        assert QUESTION in other.texts
        assert not any("landlord returns" in text for text in other.texts)  # the same model: nothing was embedded again


def test_a_model_that_changed_behind_its_name_stops_until_it_is_agreed_to(
    inkling: Inkling, home: Home, documents: Path, server: EmbeddingServer
) -> None:
    index_and_use(home, documents, server)
    server.turn = 3
    found = json.loads(inkling("find", QUESTION, "--json").stdout)
    assert any("model on the server has changed" in note for note in found["notes"])
    with connect(home) as client:
        client.call("use_model", {"model": "server"})
        wait_until(lambda: is_served(client) and embed_status(client)["state"] == "ready")
        assert first_by_meaning(client) == "lease.txt"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--url", "http://gpu.example/v1", "--name", "m"), "unencrypted"),
        (("--url", "gpu", "--name", "m"), "address"),
        (("--name", "m"), "No server was named"),
        (("--url", "http://127.0.0.1:9/v1", "--name", "m"), "does not embed"),
        (("--url", "http://127.0.0.1:9/v1", "--name", "m", "--key-file", "no-such-file"), "key cannot be read"),
    ],
)
def test_a_server_that_cannot_be_used_changes_nothing(
    inkling: Inkling, home: Home, options: tuple[str, ...], words: str
) -> None:
    before = home.settings.read_text()
    used = inkling("model", "use", "server", *options, "--yes")
    assert used.returncode == 2
    assert words in used.stderr
    assert SettingsFile(home.settings).load().server == ServerSettings()
    assert before.splitlines()[0] in home.settings.read_text()


def test_a_servers_options_with_another_model_are_refused(inkling: Inkling) -> None:
    used = inkling("model", "use", "deterministic-64", "--url", "http://127.0.0.1:9/v1")
    assert used.returncode == 2
    assert "for a server of your own" in used.stderr


def test_the_metrics_say_how_much_waits_and_hold_no_name(
    inkling: Inkling, home: Home, documents: Path, server: EmbeddingServer
) -> None:
    assert inkling("metrics").stdout.endswith("inkling_up 0\n")
    index_and_use(home, documents, server)
    found = inkling("metrics").stdout
    samples = dict(line.rsplit(" ", 1) for line in found.splitlines() if not line.startswith("#"))
    assert samples["inkling_up"] == "1"
    assert samples["inkling_embed_pending_passages"] == "0"
    assert samples[f'inkling_embed_endpoint_well{{origin="{server.origin}"}}'] == "1"
    assert "lease" not in found
    manifest = (CHECKOUT / "packaging" / "team" / "scaledobject.yaml").read_text()
    assert "inkling_embed_pending_passages" in manifest


# A server that runs only while there is work


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
        return number


def running(port: int) -> list[psutil.Process]:
    """Processes of the test's server on `port`."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "tests.embedding_server" in words and str(port) in words:
            found.append(process)
    return found


@pytest.fixture
def elastic(inkling: Inkling, home: Home, documents: Path, port: int, tmp_path: Path) -> Iterator[Path]:
    """A service that has started a server by its own command; yields the file that the stop command makes."""
    stopped = tmp_path / "stopped file"
    start = f"{sys.executable} -m tests.embedding_server {port}"
    options = (
        "--url",
        f"http://127.0.0.1:{port}/v1",
        "--name",
        MODEL,
        "--start",
        start,
        "--stop",
        f"touch '{stopped}'",
    )
    assert inkling("index", documents).returncode == 0
    used = inkling("model", "use", "server", *options, "--yes")
    assert used.returncode == 0, used.stderr
    try:
        yield stopped
    finally:
        for process in running(port):
            process.kill()


def test_a_server_is_started_for_work_and_stopped_with_the_service(elastic: Path, home: Home, port: int) -> None:
    with connect(home) as client:
        wait_until(lambda: is_served(client))
        assert first_by_meaning(client) == "lease.txt"
        assert embed_status(client)["server"]["is_on"]
        assert embed_status(client)["server"]["seconds_on"] > 0
    assert running(port)
    end_service(home)
    assert not running(port)
    assert elastic.exists()


def test_a_server_is_stopped_when_idle_and_started_again_for_a_query(
    elastic: Path, inkling: Inkling, home: Home, port: int
) -> None:
    with connect(home) as client:
        wait_until(lambda: is_served(client))
        client.call("use_model", {"model": "server", "server": {"idle_minutes": 0.01}})
        wait_until(lambda: not running(port))
        wait_until(lambda: not embed_status(client)["server"]["is_on"])
        seconds = embed_status(client)["server"]["seconds_on"]
        assert seconds > 0
        assert first_by_meaning(client) == "lease.txt"
        assert embed_status(client)["server"]["seconds_on"] > seconds


def test_what_a_killed_service_left_running_is_stopped_by_the_next(elastic: Path, home: Home, port: int) -> None:
    with connect(home) as client:
        wait_until(lambda: is_served(client))
        pid = client.hello["pid"]
    (left,) = running(port)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(pid))
    assert left.is_running()
    assert not elastic.exists()
    with connect(home):
        wait_until(lambda: not running(port))
    assert elastic.exists()


def test_a_start_command_that_fails_is_said_with_what_it_printed(
    inkling: Inkling, home: Home, port: int, documents: Path
) -> None:
    assert inkling("index", documents).returncode == 0
    start = f"{sys.executable} -c \"import sys; sys.exit('no such device')\""
    url = f"http://127.0.0.1:{port}/v1"
    used = inkling("model", "use", "server", "--url", url, "--name", MODEL, "--start", start, "--yes")
    assert used.returncode == 2
    assert "start command fails" in used.stderr
    assert "no such device" in (home.logs / "server.log").read_text()
    assert path_to_uri(bytes(documents)) in home.settings.read_text()
