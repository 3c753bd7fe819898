"""Models come onto this computer whole or not at all: from a hub that may cut, lie or be away, and from a folder."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from finder.embed.downloads import fetch, plan, take
from finder.embed.models import QWEN3_EMBEDDING_0_6B, ModelFile
from finder.embed.weights import NOTE, LocalModel, find_downloaded, find_model, verify
from finder.errors import CancelledError, EnvironmentFaultError, ModelUnavailableError
from tests.model_hub import REVISION, ModelHub, files_of, serving
from tests.tiny_models import write_qwen3

SPEC = replace(QWEN3_EMBEDDING_0_6B, revision="", files=())
"""The tests' own weights are not the published ones."""
WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like the official one, with weights of several chunks and what no download needs."""
    folder = write_qwen3(
        tmp_path_factory.mktemp("published"), SPEC.dimension, layers=1, heads=1, key_heads=1, inner=512
    )
    (folder / "pytorch_model.bin").write_bytes(b"a pickle")
    (folder / "modeling.py").write_text("raise SystemExit")
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model.onnx").write_bytes(b"another format")
    return folder


@pytest.fixture
def hub(published: Path) -> Iterator[ModelHub]:
    with serving(ModelHub(SPEC.repository, files_of(published))) as running:
        yield running


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def get(hub: ModelHub, models: Path) -> LocalModel:
    return fetch(plan(SPEC, models, hub.address), models, lambda there_bytes: None)


def sent(hub: ModelHub) -> list[int]:
    """The byte that each sending of the weights began with."""
    return [start for name, start in hub.requests if name == WEIGHTS]


def test_a_model_comes_whole_and_is_found_by_its_name(hub: ModelHub, published: Path, models: Path) -> None:
    found = plan(SPEC, models, hub.address)
    wanted = sum(file.size_bytes for file in found.files)
    assert (found.size_bytes, found.present_bytes) == (wanted, 0)
    steps: list[int] = []
    model = fetch(found, models, steps.append)
    assert steps == sorted(steps)
    assert steps[-1] == wanted
    assert len(steps) > len(found.files)  # large files tell how far they are
    assert model.folder == models / f"{SPEC.name}@{REVISION[:12]}"
    assert (model.folder / WEIGHTS).read_bytes() == (published / WEIGHTS).read_bytes()
    assert find_model(SPEC.name, models) == model
    assert model.spec.revision == REVISION
    verify(model.spec, model.folder)


def test_only_what_a_model_needs_is_fetched(hub: ModelHub, models: Path) -> None:
    folder = get(hub, models).folder
    names = {path.name for path in folder.rglob("*") if path.is_file()}
    assert names == {name.rsplit("/")[-1] for name, _ in hub.requests} | {NOTE}
    assert not names & {"pytorch_model.bin", "modeling.py", "model.onnx"}


def test_a_cut_connection_goes_on_where_it_was(hub: ModelHub, models: Path) -> None:
    hub.cut_after_bytes = 3 << 20
    get(hub, models)
    assert sent(hub) == [0, 3 << 20]


def test_what_came_before_the_end_is_not_fetched_again(hub: ModelHub, models: Path) -> None:
    found = plan(SPEC, models, hub.address)
    begun = [0]

    def is_enough() -> bool:
        return begun[0] > 3 << 20

    def on_progress(there_bytes: int) -> None:
        begun[0] = there_bytes

    with pytest.raises(CancelledError):
        fetch(found, models, on_progress, is_enough)
    assert find_downloaded(models) == {}
    again = plan(SPEC, models, hub.address)
    assert again.present_bytes > 2 << 20
    first = [name for name, _ in hub.requests]
    get(hub, models)
    later = [name for name, _ in hub.requests[len(first) :]]
    assert later[0] == WEIGHTS
    assert set(first[:-1]).isdisjoint(later)
    assert sent(hub)[-1] >= 2 << 20


def test_a_server_that_begins_again_is_followed(hub: ModelHub, models: Path) -> None:
    hub.ignores_ranges = True
    hub.cut_after_bytes = 3 << 20
    model = get(hub, models)
    assert sent(hub) == [0, 0]
    verify(model.spec, model.folder)


@pytest.mark.parametrize("name", [WEIGHTS, "config.json"])
def test_a_file_that_is_not_what_was_listed_is_refused_and_fetched_anew(hub: ModelHub, models: Path, name: str) -> None:
    hub.damaged.add(name)
    with pytest.raises(ModelUnavailableError, match="its hash differs"):
        get(hub, models)
    assert find_downloaded(models) == {}
    hub.damaged.clear()
    get(hub, models)


def test_a_hash_that_is_known_here_counts_and_not_the_hubs_word(hub: ModelHub, models: Path) -> None:
    known = ModelFile(WEIGHTS, len(hub.files[WEIGHTS]), "0" * 64)
    found = plan(replace(SPEC, files=(known,)), models, hub.address)
    with pytest.raises(ModelUnavailableError, match="its hash differs"):
        fetch(found, models, lambda there_bytes: None)


def test_a_missing_file_is_said(hub: ModelHub, models: Path) -> None:
    hub.hidden.add(WEIGHTS)
    with pytest.raises(EnvironmentFaultError, match="404"):
        get(hub, models)


def test_a_repository_with_pickles_alone_is_refused_before_anything_comes(hub: ModelHub, models: Path) -> None:
    del hub.files[WEIGHTS]
    with pytest.raises(ModelUnavailableError, match=r"model\.safetensors is missing there"):
        plan(SPEC, models, hub.address)
    assert hub.requests == []


def test_another_model_under_the_name_is_refused(tmp_path: Path, models: Path) -> None:
    other = write_qwen3(tmp_path / "other", layers=1)
    with (
        serving(ModelHub(SPEC.repository, files_of(other))) as hub,
        pytest.raises(ModelUnavailableError, match="64 dimensions"),
    ):
        get(hub, models)
    assert find_downloaded(models) == {}


@pytest.mark.parametrize(("status", "words"), [(401, "401"), (404, "404"), (503, "503")])
def test_a_hub_that_refuses_is_said_with_the_next_step(hub: ModelHub, models: Path, status: int, words: str) -> None:
    hub.status = status
    with pytest.raises(EnvironmentFaultError, match=words) as caught:
        plan(SPEC, models, hub.address)
    assert "--from FOLDER" in caught.value.hint


def test_a_hub_that_is_away_is_said(hub: ModelHub, models: Path) -> None:
    with pytest.raises(EnvironmentFaultError, match="cannot be reached"):
        plan(SPEC, models, "http://127.0.0.1:1")


def test_a_mirrors_password_is_shown_to_nobody(models: Path) -> None:
    with pytest.raises(EnvironmentFaultError) as caught:
        plan(SPEC, models, "http://ada:planted@127.0.0.1:1")
    assert "planted" not in str(caught.value)
    assert "http://127.0.0.1:1 cannot be reached" in caught.value.detail


def test_a_full_disk_is_said_before_anything_comes(
    hub: ModelHub, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(models.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1 << 20))
    with pytest.raises(EnvironmentFaultError, match="no room"):
        get(hub, models)
    assert hub.requests == []


def test_two_downloads_of_one_model_do_not_meet(hub: ModelHub, models: Path) -> None:
    found = plan(SPEC, models, hub.address)
    refusals: list[str] = []

    def meanwhile(there_bytes: int) -> None:
        if not refusals:
            with pytest.raises(EnvironmentFaultError) as caught:
                fetch(found, models, lambda there_bytes: None)
            refusals.append(caught.value.title)

    fetch(found, models, meanwhile)
    assert refusals == ["The model is being downloaded already"]


def test_the_hub_is_told_no_token(hub: ModelHub, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_planted")
    get(hub, models)
    assert hub.headers
    assert "hf_planted" not in str(hub.headers)


def test_a_folder_takes_the_place_of_the_hub(published: Path, models: Path) -> None:
    steps: list[int] = []
    model = take(SPEC, published, models, steps.append)
    assert steps[-1] == model.spec.size_bytes
    assert find_model(SPEC.name, models) == model
    assert not (model.folder / "pytorch_model.bin").exists()
    verify(model.spec, model.folder)
    with pytest.raises(ModelUnavailableError, match="This is not the model"):
        take(SPEC, write_qwen3(models.parent / "other", layers=1), models, steps.append)


def test_a_folder_without_a_note_is_no_model(hub: ModelHub, models: Path) -> None:
    model = get(hub, models)
    note = json.loads((model.folder / NOTE).read_text())
    for damage in ("{", json.dumps({**note, "name": "no such model"}), json.dumps([])):
        (model.folder / NOTE).write_text(damage)
        assert find_downloaded(models) == {}
    os.unlink(model.folder / NOTE)
    with pytest.raises(ModelUnavailableError, match="not on this computer") as caught:
        find_model(SPEC.name, models)
    assert "inkling model download" in caught.value.hint
