"""What status says in trouble, asked of a real service: what waits, fails, rests or is away, and why."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from finder.errors import FinderError
from finder.paths import Home, path_to_uri
from finder.service.client import Client, connect
from tests.conftest import end_service
from tests.integration.pipelines import wait_until


@pytest.fixture
def client(home: Home) -> Iterator[Client]:
    with connect(home) as connected:
        yield connected


def index(client: Client, folder: Path) -> dict[str, Any]:
    return client.call("index", {"folders": [path_to_uri(os.fsencode(folder))]}, timeout_s=60)


def stages(status: dict[str, Any]) -> dict[str, str]:
    return {stage["name"]: stage["state"] for stage in status["stages"]}


def test_when_all_is_done_every_stage_is_idle_and_every_root_has_been_looked_at(
    client: Client, documents: Path
) -> None:
    index(client, documents)
    wait_until(lambda: set(stages(client.call("status")).values()) == {"idle"})
    status = client.call("status")
    assert (status["phase"], status["pauses"], status["notes"], status["waiting_away"]) == ("idle", {}, [], 0)
    assert status["folders"][0]["scanned_at"]
    assert status["folders"][0]["away_because"] is None
    assert status["embed"]["state"] == "ready"


def test_files_that_fail_with_one_code_for_several_reasons_are_all_counted(client: Client, documents: Path) -> None:
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7\nno more of it")
    (documents / "broken.ipynb").write_text("{ and no more of it")
    index(client, documents)
    status = client.call("status")
    assert [group["code"] for group in status["failures"]] == ["corrupt", "corrupt"]
    assert status["failed"] == {"corrupt": 2}


def test_what_an_indexing_run_did_is_counted_within_its_folders(client: Client, documents: Path) -> None:
    index(client, documents)
    for number in range(40):
        (documents / f"{number}.txt").write_text(f"Notes on the harvest of the year {number}.")
    (documents / "notes" / "late.md").write_text("The turnips were late.")
    done = index(client, documents / "notes")
    assert (done["files"], done["read"] <= 1, done["embedded"] <= 1) == (3, True, True)


def test_what_could_not_be_read_and_what_is_found_by_name_alone_is_told_with_reasons(
    client: Client, documents: Path
) -> None:
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7\nno more of it")
    (documents / "disk.iso").write_bytes(b"x")
    index(client, documents)
    status = client.call("status")
    (failure,) = status["failures"]
    assert (failure["count"], failure["examples"]) == (1, [str(documents / "broken.pdf")])
    assert failure["reason"]
    assert sum(group["count"] for group in status["name_only"]) == status["files"]["name_only"] == 1
    assert all(group["reason"] for group in status["name_only"])
    (file,) = client.call("failed")["files"]
    assert (file["path"], file["reason"]) == (str(documents / "broken.pdf"), failure["reason"])
    assert "tried again" in file["tried_again"]


def test_a_pause_names_its_cause_and_the_work_that_rests(client: Client, documents: Path) -> None:
    index(client, documents)
    client.call("pause", {"minutes": 5})
    (documents / "boat.txt").write_text("The harbour master keeps the keys.")
    wait_until(lambda: client.call("status")["files"]["waiting"] == 1, timeout_s=20)
    status = client.call("status")
    assert status["pauses"] == {"user": "by you, for 5 minutes"}
    reading = next(stage for stage in status["stages"] if stage["name"] == "reading")
    assert (reading["state"], reading["doing"]) == ("paused", "1 file to go")


def test_a_root_that_is_away_is_told_with_its_reason_and_what_waits_in_it_apart(
    client: Client, documents: Path
) -> None:
    index(client, documents)
    client.call("pause")
    (documents / "boat.txt").write_text("The harbour master keeps the keys.")
    wait_until(lambda: client.call("status")["files"]["waiting"] == 1, timeout_s=20)
    documents.rename(documents.with_name("elsewhere"))
    wait_until(lambda: client.call("status")["folders"][0]["state"] == "offline", timeout_s=20)
    status = client.call("status")
    (folder,) = status["folders"]
    assert (folder["files"], status["waiting_away"]) == (5, 1)
    assert folder["away_because"]
    assert folder["away_since"]
    documents.with_name("elsewhere").rename(documents)
    client.call("resume")
    wait_until(lambda: client.call("status")["files"]["read"] == 5, timeout_s=20)
    assert client.call("status")["folders"][0]["state"] == "online"


def test_a_killed_model_is_told_as_gone_and_searching_brings_it_back(client: Client, documents: Path) -> None:
    index(client, documents)
    pid = next(worker["pid"] for worker in client.call("status")["workers"] if worker["name"] == "embed")
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: client.call("status")["embed"]["state"] == "unloaded")
    client.call("find", {"query": "landlord", "mode": "semantic"}, timeout_s=60)
    assert client.call("status")["embed"]["state"] == "ready"


def test_a_status_is_answered_while_everything_is_at_work(client: Client, home: Home, documents: Path) -> None:
    for number in range(300):
        (documents / f"{number}.txt").write_text(f"Document {number} is about subject {number * 7919}.\n" * 20)
    failures: list[FinderError] = []

    def index_all() -> None:
        try:
            with connect(home) as other:
                index(other, documents)
        except FinderError as error:
            failures.append(error)

    indexing = threading.Thread(target=index_all)
    indexing.start()
    phases = set()
    while indexing.is_alive():
        begun = time.monotonic()
        phases.add(client.call("status", timeout_s=20)["phase"])
        assert time.monotonic() - begun < 15  # a stand-still, not a speed
    indexing.join()
    assert not failures
    assert len(phases) > 1
    assert client.call("status")["files"]["read"] == 304
    end_service(home)
