"""`inkling model`: models are listed, fetched, checked, used and removed by somebody who types."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from finder.config import Settings, SettingsFile
from finder.embed.models import MULTILINGUAL_E5_SMALL
from finder.embed.weights import folder_name
from finder.paths import Home
from tests.conftest import Inkling, command_line, environment
from tests.model_hub import ModelHub, files_of, serving
from tests.tiny_models import write_bert, write_qwen3

NAME = "multilingual-e5-small"
WEIGHTS = "model.safetensors"
_ANSWERS_WITHIN_S = 60.0


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As the real one lies on the hub, with random weights and one layer."""
    return write_bert(tmp_path_factory.mktemp("published"), dimension=384, layers=1, max_tokens=512)


@pytest.fixture
def hub(published: Path) -> Iterator[ModelHub]:
    spec = MULTILINGUAL_E5_SMALL
    with serving(ModelHub(spec.repository, files_of(published), spec.revision)) as running:
        yield running


def until_in_use(inkling: Inkling, name: str) -> None:
    deadline = time.monotonic() + _ANSWERS_WITHIN_S
    while json.loads(inkling("status", "--json").stdout)["embed"]["model"] != name:
        assert time.monotonic() < deadline, inkling("status").stdout
        time.sleep(0.2)


def listed(inkling: Inkling) -> dict[str, dict[str, object]]:
    return {model["name"]: model for model in json.loads(inkling("model", "list", "--json").stdout)}


def test_the_list_names_every_model_and_asks_nobody(inkling: Inkling, home: Home) -> None:
    done = inkling("model", "list", HF_ENDPOINT="http://127.0.0.1:1")
    assert done.returncode == 0
    assert "Qwen3-Embedding-0.6B   not here        1.2 GB" in done.stdout
    assert "all-MiniLM-L6-v2       built in       91.3 MB" in done.stdout
    assert "* deterministic" in done.stdout
    assert not (home.root / "service.lock").exists()


def test_a_model_is_known_before_it_is_here(inkling: Inkling) -> None:
    found = json.loads(inkling("model", "info", "Qwen3-Embedding-0.6B", "--json").stdout)
    assert (found["place"], found["dimension"], found["smallest_dimension"]) == ("not here", 1024, 32)
    assert (found["max_tokens"], found["licence"], found["takes_instructions"]) == (32_768, "Apache-2.0", True)
    refused = inkling("model", "use", "Qwen3-Embedding-0.6B", "--yes")
    assert refused.returncode == 2
    assert "inkling model download Qwen3-Embedding-0.6B" in refused.stderr


@pytest.mark.parametrize("name", ["Qwen/Qwen3-Embedding-0.6B", "qwen3-embedding-0.6b"])
def test_a_model_may_be_called_as_on_its_hub_and_in_any_case(inkling: Inkling, home: Home, name: str) -> None:
    assert json.loads(inkling("model", "info", name, "--json").stdout)["name"] == "Qwen3-Embedding-0.6B"
    kept = home.models / "Qwen3-Embedding-0.6B@0123456789ab"
    kept.mkdir(parents=True)
    done = inkling("model", "remove", name, "--yes")
    assert done.returncode == 0, done.stderr
    assert not kept.exists()


@pytest.mark.torch
def test_a_model_is_downloaded_checked_used_and_removed(
    inkling: Inkling, home: Home, hub: ModelHub, documents: Path
) -> None:
    done = inkling("model", "download", NAME, HF_ENDPOINT=hub.address)
    assert done.returncode == 0, done.stderr
    assert f"Downloading {NAME} from {hub.address}: " in done.stderr
    assert "Licence: MIT" in done.stderr
    assert listed(inkling)[NAME]["place"] == "downloaded"
    again = inkling("model", "download", NAME, HF_ENDPOINT="http://127.0.0.1:1")
    assert (again.returncode, "is here already" in again.stderr) == (0, True)

    checked = inkling("model", "check", NAME)
    assert checked.returncode == 0, checked.stderr
    assert "no similarities" in checked.stdout

    assert inkling("index", documents).returncode == 0
    assert inkling("model", "use", NAME, "--yes").returncode == 0
    until_in_use(inkling, NAME)
    found = inkling("find", "deposit", "--mode", "semantic", "--json", "--profile", "code")
    assert f"{NAME} knows no instructions: the profile changes nothing." in json.loads(found.stdout)["notes"]

    in_use = inkling("model", "remove", NAME, "--yes")
    assert (in_use.returncode, "in use" in in_use.stderr) == (2, True)
    assert inkling("model", "use", "deterministic", "--yes").returncode == 0
    until_in_use(inkling, "deterministic")
    assert inkling("model", "remove", NAME, "--yes").returncode == 0
    assert listed(inkling)[NAME]["place"] == "not here"
    assert not list(home.models.glob(f"{NAME}@*"))


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT")
def test_ctrl_c_ends_a_download_which_goes_on_later(
    home: Home, tmp_path: Path, inkling: Inkling, hub: ModelHub
) -> None:
    hub.pause_after_bytes = 3 << 20
    child = subprocess.Popen(
        command_line(home, "model", "download", NAME),
        cwd=tmp_path,
        env={**environment(), "HF_ENDPOINT": hub.address},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert hub.is_paused.wait(_ANSWERS_WITHIN_S)
    while sum(part.stat().st_size for part in home.models.glob(f".incoming/*/{WEIGHTS}.part")) < 2 << 20:
        assert child.poll() is None
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    _, words = child.communicate(timeout=60)
    assert (child.returncode, "Traceback" in words) == (130, False)
    assert listed(inkling)[NAME]["place"] == "not here"
    hub.resume()
    done = inkling("model", "download", NAME, HF_ENDPOINT=hub.address)
    assert done.returncode == 0, done.stderr
    assert "are here already" in done.stderr
    assert [start for name, start in hub.requests if name == WEIGHTS][-1] >= 2 << 20


def test_other_weights_than_the_published_ones_are_refused(inkling: Inkling, tmp_path: Path) -> None:
    name = "Qwen3-Embedding-0.6B"
    random = write_qwen3(tmp_path / "random", 1024, layers=1, heads=1, key_heads=1, inner=16)
    done = inkling("model", "download", name, "--from", random)
    assert done.returncode == 2
    assert "config.json has" in done.stderr
    assert listed(inkling)[name]["place"] == "not here"


def test_a_model_is_taken_from_a_folder(inkling: Inkling, published: Path) -> None:
    done = inkling("model", "download", NAME, "--from", published, "--json", HF_ENDPOINT="http://127.0.0.1:1")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["name"] == NAME
    assert listed(inkling)[NAME]["place"] == "downloaded"


@pytest.mark.torch
def test_a_folder_of_ones_own_is_used_where_it_is(
    inkling: Inkling, home: Home, documents: Path, tmp_path: Path
) -> None:
    folder = write_bert(tmp_path / "my model")
    assert inkling("index", documents).returncode == 0
    assert inkling("model", "use", "my model", "--yes").returncode == 0
    until_in_use(inkling, folder_name(bytes(folder)))
    assert SettingsFile(home.settings).load().model == folder_name(bytes(folder))
    assert json.loads(inkling("status", "--json").stdout)["embed"]["dimension"] == 48
    assert inkling("model", "use", folder, "--dimension", "16", "--yes").returncode == 0
    until_in_use(inkling, f"{folder_name(bytes(folder))}:16")
    assert "my model, cut to 16 dimensions" in inkling("model", "list").stdout
    assert "my model, 16 dimensions" in inkling("status").stdout


def test_a_damaged_model_is_found_by_its_check(inkling: Inkling, home: Home, published: Path) -> None:
    inkling("model", "download", NAME, "--from", published)
    (weights,) = home.models.glob(f"{NAME}@*/{WEIGHTS}")
    data = weights.read_bytes()
    weights.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    done = inkling("model", "check", NAME)
    assert done.returncode == 2
    assert "SHA-256 differs" in done.stderr
    assert f"inkling model remove {NAME} && inkling model download {NAME}" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("download", "no-such-model"), "no model that can be downloaded"),
        (("download", "all-MiniLM-L6-v2"), "comes with the program"),
        (("remove", NAME, "--yes"), "not on this computer"),
        (("info", "no-such-model"), "Unknown model"),
        (("use", "/no/such/folder", "--yes"), "No such folder"),
        (("use", ".", "--yes"), "holds no model"),
        (("use", "deterministic", "--dimension", "0"), "a number from 1"),
    ],
)
def test_what_cannot_be_done_is_said(inkling: Inkling, arguments: tuple[str, ...], words: str) -> None:
    done = inkling("model", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_profile_names_those_there_are(home: Home, inkling: Inkling, documents: Path) -> None:
    SettingsFile(home.settings).save(Settings(model="deterministic", profiles={"letters": "Find letters"}))
    done = inkling("find", "deposit", "--in", documents, "--profile", "mail")
    assert done.returncode == 2
    assert "code, files, letters" in done.stderr
    assert inkling("find", "deposit", "--profile", "letters").returncode == 0
