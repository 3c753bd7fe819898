"""The commands that keep the index: index, forget, status, why, pause, doctor, service; Ctrl+C in the middle."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from finder.cli.app import INTERRUPTED
from finder.cli.service import is_alive
from finder.errors import ServiceError
from finder.paths import Home
from finder.service.client import connect
from tests.conftest import Inkling, command_line, environment, run_inkling


def status(inkling: Inkling) -> dict[str, Any]:
    done = inkling("status", "--json")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_a_second_run_over_an_unchanged_folder_reads_and_embeds_nothing(inkling: Inkling, documents: Path) -> None:
    first = json.loads(inkling("index", documents, "--json").stdout)
    assert (first["files"], first["read"], first["failed_count"]) == (4, 4, 0)
    assert first["embedded"] >= 4
    again = json.loads(inkling("index", documents, "--json").stdout)
    assert (again["files"], again["read"], again["embedded"]) == (4, 0, 0)


def test_what_cannot_be_read_is_said_with_its_reason(inkling: Inkling, documents: Path) -> None:
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7\nno more of it")
    done = inkling("index", documents)
    assert done.returncode == 0
    assert done.stdout.startswith("5 files indexed in ")
    assert "1 file could not be read:" in done.stdout
    assert "broken.pdf" in done.stdout
    assert inkling("why", documents / "broken.pdf").stdout.count("\n") == 2


def test_once_leaves_the_folder_unwatched(inkling: Inkling, documents: Path) -> None:
    inkling("index", documents, "--once")
    (folder,) = status(inkling)["folders"]
    assert (folder["path"], folder["is_watched"], folder["files"]) == (str(documents), False, 4)
    assert "indexed once" in inkling("status").stdout


def test_forget_asks_and_then_takes_the_folder_out(inkling: Inkling, documents: Path) -> None:
    inkling("index", documents)
    refused = inkling("forget", documents)
    assert refused.returncode == 2
    assert "--yes" in refused.stderr
    assert len(status(inkling)["folders"]) == 1

    assert inkling("forget", documents, "--yes").returncode == 0
    assert status(inkling)["folders"] == []
    assert inkling("find", "landlord", "--mode", "keyword").returncode == 1
    assert (documents / "lease.txt").exists()
    assert inkling("forget", documents, "--yes").returncode == 2


def test_why_explains_a_file(indexed: tuple[Home, Path]) -> None:
    home, documents = indexed
    known = run_inkling(home, documents, "why", "lease.txt")
    assert known.returncode == 0
    assert "found by name, words, meaning" in known.stdout
    unknown = run_inkling(home, documents, "why", "missing.txt")
    assert unknown.returncode == 1
    assert "not in the index" in unknown.stdout


def test_pausing_is_shown_and_ended(indexed: tuple[Home, Path]) -> None:
    asked = partial(run_inkling, *indexed)
    assert asked("pause").returncode == 0
    assert status(asked)["phase"] == "paused"
    assert "paused, by you" in asked("status").stdout
    assert asked("resume").returncode == 0
    assert status(asked)["phase"] == "idle"


def test_the_service_is_started_told_of_and_stopped(inkling: Inkling, home: Home) -> None:
    assert inkling("service", "status").returncode == 1
    assert inkling("service", "start").returncode == 0
    with connect(home, start=False) as client:
        pid = client.hello["pid"]
    process = psutil.Process(pid)
    assert str(pid) in inkling("service", "status").stdout
    assert status(inkling)["pid"] == pid
    assert inkling("service", "stop").returncode == 0
    assert not is_alive(process)
    assert inkling("service", "stop").returncode == 0


def test_ctrl_c_keeps_what_is_done_and_the_same_command_goes_on(inkling: Inkling, home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(400):
        (folder / f"{number}.txt").write_text(f"Document number {number} is about subject {number * 7919}.\n")
    running = subprocess.Popen(
        command_line(home, "index", str(folder)), cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True
    )
    _wait_for_files(home)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=20)
    assert running.returncode == INTERRUPTED
    assert "goes on in the background" in said
    assert "Traceback" not in said

    done = json.loads(inkling("index", folder, "--json").stdout)
    assert (done["files"], done["failed_count"]) == (400, 0)
    found = status(inkling)
    assert found["files"]["read"] == 400
    assert found["passages"] == found["vectors"] == 400


def _wait_for_files(home: Home) -> None:
    """Until the service has seen a file: then its work is under way."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            with connect(home, start=False) as client:
                while time.monotonic() < deadline:
                    if sum(client.call("status")["files"].values()):
                        return
        except ServiceError:
            time.sleep(0.02)
    raise AssertionError("no file was seen")


def test_doctor_names_what_is_broken_and_the_rest_goes_on(inkling: Inkling, home: Home) -> None:
    checks = {check["name"]: check for check in json.loads(inkling("doctor", "--json").stdout)}
    assert {"inkling", "torch", "sqlite", "home", "disk", "model", "service", "sandbox"} <= set(checks)
    assert checks["service"]["verdict"] == "ok"

    inkling("service", "stop")
    home.settings.write_text("folders = 3\n")
    done = inkling("doctor")
    assert done.returncode == 2
    assert "problem  settings" in done.stdout
    assert "ok       sqlite" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_status_names_every_file_that_failed(inkling: Inkling, documents: Path) -> None:
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7\nno more of it")
    inkling("index", documents)
    shown = inkling("status").stdout
    assert "Could not be read" in shown
    assert "inkling status --failed" in shown
    named = inkling("status", "--failed").stdout
    assert named.startswith(str(documents / "broken.pdf"))
    assert "tried again" in named
    (file,) = json.loads(inkling("status", "--failed", "--json").stdout)
    assert file["path"] == str(documents / "broken.pdf")


def test_what_is_done_is_told_to_programs_too(inkling: Inkling, documents: Path) -> None:
    assert json.loads(inkling("service", "status", "--json").stdout) == {"is_running": False, "service": None}
    inkling("index", documents)
    assert json.loads(inkling("service", "status", "--json").stdout)["service"]["pid"] > 0
    assert json.loads(inkling("pause", "5", "--json").stdout) == {"is_paused": True, "minutes": 5.0}
    assert json.loads(inkling("resume", "--json").stdout) == {"is_paused": False, "paused_because": None}
    assert json.loads(inkling("forget", documents, "--yes", "--json").stdout)["files"] == 4
