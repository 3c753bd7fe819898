"""The service as its clients see it: what is indexed, found, paused, forgotten, and what is said of it all."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from finder.config import Settings, SettingsFile
from finder.errors import EnvironmentFaultError, FinderError, PausedError, ServiceError, UsageFaultError
from finder.paths import Home, path_to_uri
from finder.service.client import Client, connect
from tests.conftest import end_service
from tests.integration.pipelines import wait_until


@pytest.fixture
def client(home: Home) -> Iterator[Client]:
    with connect(home) as connected:
        yield connected


def uri(path: Path) -> str:
    return path_to_uri(os.fsencode(path))


def index(client: Client, *paths: Path, is_watched: bool = True) -> dict[str, Any]:
    return client.call("index", {"folders": [uri(path) for path in paths], "is_watched": is_watched}, timeout_s=60)


def names(client: Client, query: str, **params: Any) -> list[str]:
    found = client.call("find", {"query": query, "folders": [], "mode": "hybrid", "limit": 10, **params}, timeout_s=60)
    return [result["name"] for result in found["results"]]


def test_what_is_indexed_is_found_by_words_and_by_meaning(client: Client, documents: Path) -> None:
    done = index(client, documents)
    assert (done["files"], done["read"], done["failed_count"]) == (4, 4, 0)
    assert names(client, "deposit landlord", mode="keyword")[0] == "lease.txt"
    assert names(client, "deposit landlord", mode="semantic")[0] == "lease.txt"
    assert names(client, "押金", mode="keyword") == ["合同.txt"]


def test_a_folder_filter_hides_what_lies_outside(client: Client, documents: Path) -> None:
    index(client, documents)
    assert "lease.txt" not in names(client, "landlord deposit", folders=[uri(documents / "notes")])


def test_chroma_answers_above_the_exact_limit_and_finds_the_same(home: Home, documents: Path) -> None:
    SettingsFile(home.settings).save(Settings(model="deterministic", exact_search_limit=0))
    with connect(home) as client:
        index(client, documents)
        wait_until(lambda: client.call("status")["search"]["vectors_in_chroma"] == 4)
        by_chroma = names(client, "landlord deposit", mode="semantic")
        status = client.call("status")
        assert status["search"]["answered_by_chroma"] == 1
        assert by_chroma[0] == "lease.txt"
        # A filter is the exact search's.
        names(client, "landlord deposit", mode="semantic", folders=[uri(documents / "notes")])
        assert client.call("status")["search"]["answered_by_exact"] == 1


def test_a_lost_vector_store_is_built_again_from_the_catalog(home: Home, documents: Path) -> None:
    with connect(home) as client:
        index(client, documents)
        wait_until(lambda: client.call("status")["search"]["vectors_in_chroma"] == 4)
    end_service(home)
    for path in home.vectors.rglob("*"):
        if path.is_file():
            path.write_bytes(b"not what it was")
    with connect(home) as client:
        assert names(client, "landlord deposit", mode="semantic")[0] == "lease.txt"
        wait_until(lambda: client.call("status")["search"]["vectors_in_chroma"] == 4)


def test_a_deleted_file_is_never_shown_even_before_the_index_knows(client: Client, documents: Path) -> None:
    index(client, documents, is_watched=False)
    (documents / "lease.txt").unlink()
    assert "lease.txt" not in names(client, "landlord deposit")


def test_a_watched_folder_follows_the_disk(client: Client, documents: Path) -> None:
    index(client, documents)
    (documents / "boat.txt").write_text("The harbour master keeps the keys of the boat.")
    wait_until(lambda: "boat.txt" in names(client, "harbour master keys", mode="semantic"), timeout_s=20)
    (documents / "boat.txt").rename(documents / "ship.txt")
    wait_until(lambda: names(client, "harbour master keys")[0] == "ship.txt", timeout_s=20)


def test_a_folder_indexed_once_is_not_watched(client: Client, documents: Path) -> None:
    index(client, documents, is_watched=False)
    (folder,) = client.call("status")["folders"]
    assert not folder["is_watched"]


def test_forgetting_a_folder_takes_its_results_and_keeps_its_files(client: Client, documents: Path) -> None:
    index(client, documents)
    assert client.call("forget", {"folder": uri(documents)})["files"] == 4
    assert names(client, "landlord deposit") == []
    assert (documents / "lease.txt").exists()
    with pytest.raises(UsageFaultError, match="not indexed on its own"):
        client.call("forget", {"folder": uri(documents)})


def test_while_paused_names_are_found_and_texts_wait(client: Client, documents: Path) -> None:
    index(client, documents)
    client.call("pause")
    (documents / "boat.txt").write_text("The harbour master keeps the keys.")
    wait_until(lambda: names(client, "boat", mode="keyword") == ["boat.txt"], timeout_s=20)
    status = client.call("status")
    assert status["phase"] == "paused"
    assert status["paused_because"] == "by you"
    assert status["files"]["waiting"] == 1
    client.call("resume")
    wait_until(lambda: names(client, "harbour", mode="keyword") == ["boat.txt"], timeout_s=20)


def test_a_pause_is_said_to_whoever_would_wait_and_outlives_the_service(home: Home, documents: Path) -> None:
    with connect(home) as client:
        index(client, documents)
        client.call("pause")
        (documents / "boat.txt").write_text("The harbour master keeps the keys.")
        with pytest.raises(PausedError, match="paused"):
            index(client, documents)
    end_service(home)
    with connect(home) as client:
        assert client.call("status")["phase"] == "paused"
        client.call("resume")
        assert index(client, documents)["files"] == 5
    end_service(home)
    with connect(home) as client:
        assert client.call("status")["paused_because"] is None


def test_why_names_the_rule_or_the_state(client: Client, documents: Path) -> None:
    (documents / "server.pem").write_text("x")
    (documents / "archive.iso").write_bytes(b"x")
    index(client, documents)
    assert client.call("why", {"uri": uri(documents / "lease.txt")})["findable_by"] == ["name", "words", "meaning"]
    left_out = client.call("why", {"uri": uri(documents / "server.pem")})
    assert not left_out["is_indexed"]
    assert left_out["reason"]
    by_name = client.call("why", {"uri": uri(documents / "archive.iso")})
    assert (by_name["findable_by"], by_name["is_indexed"]) == (["name"], True)
    assert "no such file" in client.call("why", {"uri": "file:///nowhere/at/all"})["reason"]
    elsewhere = documents.parent / "elsewhere.txt"
    elsewhere.write_text("x")
    assert "no indexed folder" in client.call("why", {"uri": uri(elsewhere)})["reason"]


def test_why_tells_what_a_file_says_of_itself_and_what_of_it_was_not_read(client: Client, documents: Path) -> None:
    locked = (
        "From: Ada <ada@example.org>\nTo: bob@example.org\nSubject: The gate\n\n-----BEGIN PGP MESSAGE-----\nhQEM\n"
    )
    (documents / "locked.eml").write_text(locked)
    (documents / "old.txt").write_bytes("Die Bienen fliegen schön über die Dächer zurück.\n".encode("cp1252"))
    index(client, documents)
    mail = client.call("why", {"uri": uri(documents / "locked.eml")})
    assert (mail["title"], mail["metadata"]["from"]) == ("The gate", "Ada <ada@example.org>")
    assert mail["notes"] == ["Its body is encrypted: it can be read with its key alone"]
    [guess] = client.call("why", {"uri": uri(documents / "old.txt")})["notes"]
    assert "cp1252 was guessed" in guess


def test_a_root_that_lies_in_a_later_root_is_one_folder_of_it(client: Client, documents: Path) -> None:
    index(client, documents / "notes")
    index(client, documents)
    assert [folder["path"] for folder in client.call("status")["folders"]] == [str(documents)]
    assert names(client, "soup barley").count("soup.md") == 1


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("find", {"query": "", "folders": [], "mode": "hybrid", "limit": 10}),
        ("find", {"query": "\u200b\u200b", "folders": [], "mode": "hybrid", "limit": 10}),
        ("find", {"query": "x", "folders": [], "mode": "magic", "limit": 10}),
        ("find", {"query": "x", "folders": [], "mode": "hybrid", "limit": 0}),
        ("find", {"query": 7, "folders": [], "mode": "hybrid", "limit": 10}),
        ("index", {"folders": ["file:///no/such/folder"]}),
        ("index", {"folders": []}),
        ("index", {"folders": ["http://example.invalid/"]}),
        ("dance", {}),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_in_words(client: Client, method: str, params: dict[str, Any]) -> None:
    with pytest.raises(UsageFaultError) as caught:
        client.call(method, params)
    assert caught.value.title


def test_an_index_made_by_a_newer_version_is_left_untouched(home: Home) -> None:
    with connect(home):
        pass
    end_service(home)
    with sqlite3.connect(home.catalog) as catalog:
        catalog.execute("PRAGMA user_version = 99")
    catalog.close()
    before = home.catalog.read_bytes()
    with pytest.raises(ServiceError) as caught:
        connect(home)
    assert "newer version" in str(caught.value)
    assert home.catalog.read_bytes() == before


def test_a_damaged_catalog_is_set_aside_and_made_again(home: Home, documents: Path) -> None:
    with connect(home) as client:
        index(client, documents)
    end_service(home)
    for suffix in ("-wal", "-shm"):
        Path(f"{home.catalog}{suffix}").unlink(missing_ok=True)
    home.catalog.write_bytes(b"this is no database at all" * 400)
    with connect(home) as client:
        wait_until(lambda: names(client, "landlord deposit")[:1] == ["lease.txt"], timeout_s=30)
        assert any("damaged" in note for note in client.call("status")["notes"])
    assert list(home.root.glob("catalog.db.damaged-*"))


def test_a_setting_of_the_wrong_type_is_named(home: Home) -> None:
    home.settings.write_text("size_limit_bytes = 'large'\n")
    with pytest.raises(FinderError) as caught:
        connect(home)
    assert "size_limit_bytes" in str(caught.value)


def test_planted_words_reach_no_log(client: Client, home: Home, documents: Path) -> None:
    (documents / "diary.txt").write_text("plantedfileword was seen by nobody.")
    index(client, documents)
    names(client, "plantedqueryword")
    with pytest.raises(FinderError):
        client.call("find", {"query": "plantedqueryword", "folders": [], "mode": "none", "limit": 10})
    logged = b"".join(path.read_bytes() for path in home.logs.iterdir())
    assert logged
    assert b"planted" not in logged


def test_an_idle_service_and_its_workers_hold_only_local_sockets(client: Client, documents: Path) -> None:
    index(client, documents)
    service = psutil.Process(client.hello["pid"])
    for process in [service, *service.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):  # a worker that has just ended
            assert process.net_connections("inet") == []


def test_stopping_ends_every_process(home: Home, documents: Path) -> None:
    with connect(home) as client:
        index(client, documents)
        service = psutil.Process(client.hello["pid"])
        family = [service, *service.children(recursive=True)]
    end_service(home)
    _gone, alive = psutil.wait_procs(family, timeout=60)
    assert alive == []


def test_the_settings_survive_and_bring_the_folders_back(home: Home, documents: Path) -> None:
    with connect(home) as client:
        index(client, documents)
    end_service(home)
    saved = SettingsFile(home.settings).load()
    assert [folder.path for folder in saved.folders] == [os.fsencode(documents)]
    assert saved == replace(saved, model="deterministic")
    home.catalog.unlink()
    with connect(home) as client:
        wait_until(lambda: names(client, "landlord deposit")[:1] == ["lease.txt"], timeout_s=30)


def test_an_unwritable_home_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    home = Home(tmp_path / "locked" / "home")
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(EnvironmentFaultError):
        connect(home)


def test_words_answer_within_two_seconds_of_a_start(home: Home, documents: Path) -> None:
    with connect(home) as client:
        index(client, documents)
    end_service(home)
    begun = time.monotonic()
    with connect(home) as client:
        assert names(client, "landlord", mode="keyword") == ["lease.txt"]
    assert time.monotonic() - begun < 30  # a stand-still, not a speed: speeds are measured by benchmarks
