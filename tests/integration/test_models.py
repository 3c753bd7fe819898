"""A change of model: the new space is built beside the old one, which answers until then and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from finder.config import Settings, SettingsFile
from finder.embed.choice import space_named
from finder.embed.weights import folder_name
from finder.errors import ModelUnavailableError, UsageFaultError
from finder.paths import Home, path_to_uri
from finder.service.client import Client, connect
from finder.service.engine import Engine
from finder.service.served_model import folder_of
from finder.store.schema import open_reader
from finder.types import JsonObject
from tests.conftest import end_service
from tests.integration.pipelines import wait_until
from tests.tiny_models import write_bert, write_qwen3

FORMER, NEXT = "deterministic", "deterministic-64"


def notes_of(client: Client) -> list[str]:
    return list(client.call("status")["notes"])


def model_of(client: Client) -> str:
    return str(client.call("status")["embed"]["model"])


def first_by_meaning(client: Client, query: str) -> str:
    found = client.call("find", {"query": query, "mode": "semantic", "folders": []})
    return str(found["results"][0]["name"])


def spaces_in(home: Home) -> list[tuple[object, ...]]:
    connection = open_reader(home.catalog)
    try:
        return connection.execute(
            "SELECT model, state, count(seq) FROM spaces LEFT JOIN vectors ON space_id = spaces.id GROUP BY spaces.id"
        ).fetchall()
    finally:
        connection.close()


def index(client: Client, folder: Path) -> int:
    client.call("index", {"folders": [path_to_uri(bytes(folder))]}, timeout_s=60)
    return int(client.call("status")["passages"])


def test_a_new_model_takes_over_when_its_space_is_whole_and_the_former_goes(home: Home, documents: Path) -> None:
    with connect(home) as client:
        passages = index(client, documents)
        cost = client.call("model_cost", {"model": NEXT})
        assert (cost["passages"], cost["is_serving"]) == (passages, False)
        assert cost["disk_bytes"] > 0
        client.call("use_model", {"model": NEXT})
        wait_until(lambda: model_of(client) == NEXT)
        assert first_by_meaning(client, "landlord deposit") == "lease.txt"
        wait_until(lambda: spaces_in(home) == [(NEXT, "active", passages)])
        wait_until(lambda: not folder_of(home, space_named(FORMER, home.models)).exists())
    assert SettingsFile(home.settings).load().model == NEXT


def test_the_former_model_answers_while_the_next_is_built(home: Home, documents: Path) -> None:
    with connect(home) as client:
        passages = index(client, documents)
        client.call("pause")  # so that the new space stays empty
        client.call("use_model", {"model": NEXT})
        wait_until(lambda: client.call("status")["embed"]["building"] is not None)
        embed = client.call("status")["embed"]
        assert embed["model"] == FORMER
        assert embed["building"] == {"model": NEXT, "dimension": 64, "embedded": 0, "passages": passages}
        assert first_by_meaning(client, "landlord deposit") == "lease.txt"
    end_service(home)
    with connect(home) as client:  # the change outlives the service, and so does the former model's answer
        assert model_of(client) == FORMER
        assert first_by_meaning(client, "landlord deposit") == "lease.txt"
        client.call("resume")
        wait_until(lambda: model_of(client) == NEXT)


def test_who_changes_their_mind_keeps_the_former_model(home: Home, documents: Path) -> None:
    with connect(home) as client:
        passages = index(client, documents)
        client.call("pause")
        client.call("use_model", {"model": NEXT})
        wait_until(lambda: client.call("status")["embed"]["building"] is not None)
        client.call("use_model", {"model": FORMER})
        wait_until(lambda: client.call("status")["embed"]["building"] is None)
        wait_until(lambda: spaces_in(home) == [(FORMER, "active", passages)])
        client.call("resume")
        assert first_by_meaning(client, "landlord deposit") == "lease.txt"


def test_files_that_come_while_a_space_is_built_are_in_both(home: Home, documents: Path) -> None:
    with connect(home) as client:
        index(client, documents)
        client.call("use_model", {"model": NEXT})
        (documents / "bridge.txt").write_text("Why the suspension bridge fell: wind and resonance.\n")
        index(client, documents)
        assert first_by_meaning(client, "suspension bridge resonance") == "bridge.txt"
        wait_until(lambda: model_of(client) == NEXT)
        wait_until(lambda: client.call("status")["embed"]["pending_passages"] == 0)
        assert first_by_meaning(client, "suspension bridge resonance") == "bridge.txt"


@pytest.mark.parametrize("name", ["", "no-such-model", "deterministic-1", "deterministic-"])
def test_an_unknown_model_changes_nothing(home: Home, name: str) -> None:
    with connect(home) as client, pytest.raises(UsageFaultError):
        client.call("use_model", {"model": name})
    assert SettingsFile(home.settings).load().model == FORMER


# Folders of one's own


def used_from(folder: Path, client: Client) -> str:
    name = folder_name(bytes(folder))
    client.call("use_model", {"model": name})
    wait_until(lambda: model_of(client) == name)
    return name


@pytest.mark.torch
def test_a_model_whose_folder_is_away_keeps_its_vectors_and_words_answer(
    home: Home, documents: Path, tmp_path: Path
) -> None:
    folder = write_bert(tmp_path / "drive" / "model")
    with connect(home) as client:
        passages = index(client, documents)
        name = used_from(folder, client)
        wait_until(lambda: spaces_in(home) == [(name, "active", passages)])
    end_service(home)
    folder.parent.rename(tmp_path / "away")
    with connect(home) as client:
        assert model_of(client) == name
        found = client.call("find", {"query": "landlord deposit", "folders": []})
        assert found["results"][0]["name"] == "lease.txt"
        assert any("not ready" in note for note in found["notes"])
        assert spaces_in(home) == [(name, "active", passages)]
        (tmp_path / "away").rename(folder.parent)
        assert client.call("find", {"query": "landlord deposit", "folders": [], "mode": "semantic"})["results"]


@pytest.mark.torch
def test_a_model_whose_folder_was_moved_goes_on_from_there(home: Home, documents: Path, tmp_path: Path) -> None:
    folder = write_bert(tmp_path / "model")
    request = {"query": "landlord deposit", "folders": [], "mode": "semantic"}
    with connect(home) as client:
        passages = index(client, documents)
        used_from(folder, client)
        wait_until(lambda: len(spaces_in(home)) == 1)
    end_service(home)
    moved = folder.rename(tmp_path / "moved")
    with connect(home) as client:
        with pytest.raises(ModelUnavailableError):
            client.call("find", request)
        assert client.call("model_cost", {"model": folder_name(bytes(moved))})["passages"] == 0
        name = used_from(moved, client)
        assert client.call("find", request)["results"]
        assert spaces_in(home) == [(name, "active", passages)]


@pytest.mark.torch
def test_a_model_that_changed_in_its_folder_is_not_mixed_with_what_it_was(
    home: Home, documents: Path, tmp_path: Path
) -> None:
    folder = write_bert(tmp_path / "model")
    with connect(home) as client:
        index(client, documents)
        name = used_from(folder, client)
        before = space_named(name, home.models)
    end_service(home)  # whose process has the former weights in memory
    with connect(home) as client:
        write_bert(folder, seed=1)
        with pytest.raises(ModelUnavailableError, match="has changed"):
            client.call("find", {"query": "landlord deposit", "folders": [], "mode": "semantic"})
        used_from(folder, client)
        wait_until(lambda: folder_of(home, space_named(name, home.models)).exists())
        wait_until(lambda: not folder_of(home, before).exists())
        assert client.call("find", {"query": "landlord deposit", "folders": [], "mode": "semantic"})["results"]


@pytest.mark.torch
def test_a_decoder_saved_as_it_is_published_is_used_from_its_folder(
    home: Home, documents: Path, tmp_path: Path
) -> None:
    folder = write_qwen3(tmp_path / "Qwen3", shards=2)
    with connect(home) as client:
        index(client, documents)
        used_from(folder, client)
        request = {"query": "landlord deposit", "folders": [], "mode": "semantic"}
        plain = client.call("find", request)
        told = client.call("find", {**request, "profile": "code"})
        assert plain["results"]
        assert plain["notes"] == told["notes"] == []
        assert scores(plain) != scores(told)  # the instruction is part of the query


def test_without_its_model_a_new_index_is_begun_with_the_built_in_one_and_that_is_said(
    home: Home,
) -> None:
    SettingsFile(home.settings).save(Settings(model="Qwen3-Embedding-0.6B"))
    with connect(home) as client:
        assert model_of(client) == "all-MiniLM-L6-v2"
        wait_until(lambda: "inkling model download Qwen3-Embedding-0.6B" in " ".join(notes_of(client)))


@pytest.mark.torch
def test_a_chosen_model_that_comes_later_takes_over_unasked(
    home: Home, documents: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finder.service.models._ABSENT_LOOK_S", 0.05)
    away = write_bert(tmp_path / "away")
    name = folder_name(bytes(tmp_path / "here"))
    home.create()
    SettingsFile(home.settings).save(Settings(model=name))
    engine = Engine(home)
    try:
        engine.start()
        wait_until(lambda: engine.models.absence is not None)
        assert engine.models.serving.name == "all-MiniLM-L6-v2"
        away.rename(tmp_path / "here")
        wait_until(lambda: engine.models.serving.name == name)
        assert engine.models.absence is None
    finally:
        engine.stop()


def scores(found: JsonObject) -> list[float]:
    return [result["score"] for result in found["results"]]
