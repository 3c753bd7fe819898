"""A real service that its own work kills again and again: it comes back, says so, answers, and tries when asked."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import pytest

from finder.errors import PausedError, ServiceError
from finder.paths import Home, path_to_uri
from finder.service.client import Client, connect
from finder.service.lifecycle import hold
from tests.conftest import end_service
from tests.integration.pipelines import wait_until


@pytest.fixture
def indexed(home: Home, documents: Path) -> Path:
    """A folder that a service has indexed; it does not run any more."""
    with connect(home) as client:
        index(client, documents)
    end_service(home)
    return documents


def index(client: Client, folder: Path) -> dict[str, Any]:
    return client.call("index", {"folders": [path_to_uri(os.fsencode(folder))]}, timeout_s=60)


def names(client: Client, query: str, mode: str) -> list[str]:
    return [result["name"] for result in client.call("find", {"query": query, "mode": mode}, timeout_s=60)["results"]]


def die(home: Home, folder: Path, point: str, times: int) -> None:
    """Start the service so often, each time to be killed as it comes to this point."""
    for number in range(times):
        token = folder / f"{point}-{number}"
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("INKLING_CRASH_AT", f"{point}:1:{token}")
            with contextlib.suppress(ServiceError), connect(home):
                pass
            wait_until(token.exists)
        wait_until(lambda: is_free(home))


def is_free(home: Home) -> bool:
    try:
        with hold(home):
            return True
    except ServiceError:
        return False


def test_a_service_that_keeps_dying_over_a_scan_searches_only_until_it_is_told_to_try_again(
    home: Home, indexed: Path, tmp_path: Path
) -> None:
    (indexed / "boat.txt").write_text("The harbour master keeps the keys of the boat.")
    die(home, tmp_path, "scanning.batch_applied", times=5)
    with connect(home) as client:
        status = client.call("status")
        assert status["phase"] == "paused"
        assert "again and again" in status["paused_because"]
        assert names(client, "landlord deposit", "keyword") == ["lease.txt"]
        assert names(client, "landlord deposit", "semantic")[0] == "lease.txt"
        notes = client.call("find", {"query": "landlord"}, timeout_s=60)["notes"]
        assert any("again and again" in note for note in notes)
        with pytest.raises(PausedError) as told:
            index(client, indexed)
        assert "inkling resume" in told.value.hint
        client.call("resume")
        assert index(client, indexed)["files"] == 5
        assert client.call("status")["paused_because"] is None


def test_a_file_that_keeps_killing_the_service_is_left_out_and_the_rest_is_indexed(
    home: Home, indexed: Path, tmp_path: Path
) -> None:
    (indexed / "lease.txt").write_text("The tenant leaves the keys with the caretaker.")
    die(home, tmp_path, "contents.half_removed", times=5)
    (indexed / "boat.txt").write_text("The harbour master keeps the keys of the boat.")
    with connect(home) as client:
        done = index(client, indexed)
        assert done["files"] == 5
        assert [Path(file["path"]).name for file in done["failed"]] == ["lease.txt"]
        assert done["failed"][0]["reason"] == "Reading it ended the service again and again"
        assert names(client, "harbour master", "keyword") == ["boat.txt"]
        assert names(client, "caretaker", "keyword") == []
        (indexed / "lease.txt").write_text("The tenant leaves the keys with the neighbour.")
        assert index(client, indexed)["failed"] == []


def test_kills_from_outside_while_indexing_goes_on_accuse_nobody(home: Home, documents: Path, tmp_path: Path) -> None:
    with connect(home) as client:
        index(client, documents)
    for number, point in enumerate(["reading.read", "embedding.computed", "scanning.finished", "reading.recorded"]):
        end_service(home)
        (documents / f"new-{number}.txt").write_text(f"Document {number} is about subject {number * 7919}.")
        (tmp_path / str(number)).mkdir()
        die(home, tmp_path / str(number), point, times=1)
    with connect(home) as client:
        assert index(client, documents)["files"] == 8
        assert client.call("status")["paused_because"] is None
