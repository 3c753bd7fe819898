"""What a model's folder says of itself is read, and what is not understood there is refused in words."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from finder.embed.layout import read_layout
from finder.errors import ModelUnavailableError
from tests.tiny_models import TASK, write_bert, write_qwen3


@pytest.fixture
def decoder(tmp_path: Path) -> Path:
    return write_qwen3(tmp_path / "decoder", layers=1)


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    return write_bert(tmp_path / "encoder", layers=1)


def change(path: Path, **changed: object) -> None:
    """Change keys of a JSON object, which may not be there yet; None takes one out."""
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    kept = {key: value for key, value in {**found, **changed}.items() if value is not None}
    path.write_text(json.dumps(kept))


def refusal(folder: Path) -> ModelUnavailableError:
    with pytest.raises(ModelUnavailableError) as caught:
        read_layout(folder)
    assert caught.value.path == str(folder)
    assert caught.value.hint
    return caught.value


def test_the_official_layout_of_a_decoder_is_read(decoder: Path) -> None:
    layout = read_layout(decoder)
    assert (layout.model_type, layout.pooling, layout.dimension, layout.max_tokens) == ("qwen3", "last", 64, 4096)
    assert layout.weights == ("model.safetensors",)
    assert layout.passage_prefix == ""
    assert layout.query_template == "Instruct: {instruction}\nQuery:{query}"
    assert layout.query_instruction == TASK
    assert {"config.json", "tokenizer.json", "modules.json", "1_Pooling/config.json"} <= set(layout.described_by)


def test_the_layout_of_an_encoder_with_prefixes_is_read(encoder: Path) -> None:
    layout = read_layout(encoder)
    assert (layout.model_type, layout.pooling, layout.dimension, layout.max_tokens) == ("bert", "mean", 48, 64)
    assert (layout.passage_prefix, layout.query_template) == ("passage: ", "query: {query}")


def test_weights_in_several_files_are_found_by_their_index(tmp_path: Path) -> None:
    layout = read_layout(write_qwen3(tmp_path, shards=3))
    assert layout.weights == tuple(f"model-0000{number}-of-00003.safetensors" for number in (1, 2, 3))


def test_braces_in_a_prompt_mean_nothing(encoder: Path) -> None:
    change(encoder / "config_sentence_transformers.json", prompts={"query": "{x} query: "})
    assert read_layout(encoder).query_template.format(query="soup") == "{x} query: soup"


def test_the_newer_name_of_a_pooling_is_understood(decoder: Path) -> None:
    (decoder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": "lasttoken"}))
    assert read_layout(decoder).pooling == "last"


def test_the_least_limit_of_tokens_counts(encoder: Path) -> None:
    change(encoder / "sentence_bert_config.json", max_seq_length=32)
    assert read_layout(encoder).max_tokens == 32
    change(encoder / "sentence_bert_config.json", max_seq_length=1_000_000)
    assert read_layout(encoder).max_tokens == 64
    change(encoder / "config.json", model_type="xlm-roberta")
    assert read_layout(encoder).max_tokens == 62


def test_a_default_prompt_stands_before_queries_and_passages(encoder: Path) -> None:
    change(encoder / "config_sentence_transformers.json", prompts={"any": "text: "}, default_prompt_name="any")
    layout = read_layout(encoder)
    assert (layout.passage_prefix, layout.query_template) == ("text: ", "text: {query}")


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def with_module(folder: Path) -> None:
    modules = json.loads((folder / "modules.json").read_text())
    dense = {"idx": 3, "name": "3", "path": "3_Dense", "type": "sentence_transformers.models.Dense"}
    (folder / "modules.json").write_text(json.dumps([*modules, dense]))


def outside(folder: Path) -> None:
    text = (folder / "modules.json").read_text()
    (folder / "modules.json").write_text(text.replace("1_Pooling", "../decoder/1_Pooling"))


def stray_shards(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    index = {"weight_map": {"embed_tokens.weight": "../elsewhere/model.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def missing_shard(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    index = {"weight_map": {"embed_tokens.weight": "model-00001-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def fifo(folder: Path) -> None:
    (folder / "config.json").unlink()
    os.mkfifo(folder / "config.json")


REFUSED: dict[str, tuple[Callable[[Path], None], str]] = {
    "a pickle": (pickled, "pickle"),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), "model.safetensors is missing"),
    "weights elsewhere": (stray_shards, "names no files of weights"),
    "a missing part": (missing_shard, "model-00001-of-00002.safetensors is missing"),
    "no configuration": (lambda folder: (folder / "config.json").unlink(), "config.json is missing"),
    "a pipe for a file": (fifo, "config.json is missing"),
    "no tokenizer": (lambda folder: (folder / "tokenizer.json").unlink(), "tokenizer.json is missing"),
    "no modules": (lambda folder: (folder / "modules.json").unlink(), "how its vectors are pooled"),
    "a step more": (with_module, "does not compute: Dense"),
    "a module outside": (outside, "does not lie in the model's"),
    "no pooling": (lambda folder: shutil.rmtree(folder / "1_Pooling"), "it tells the pooling"),
    "another pooling": (
        lambda folder: change(folder / "1_Pooling" / "config.json", pooling_mode="max"),
        r"pooling \(max\) is not computed",
    ),
    "two poolings": (
        lambda folder: change(folder / "1_Pooling" / "config.json", pooling_mode_cls_token=True),
        r"pooling \(cls, lasttoken\) is not computed",
    ),
    "a mean without the prompt": (
        lambda folder: change(folder / "1_Pooling" / "config.json", include_prompt=False),
        "leaves its prompts out",
    ),
    "a program of its own": (
        lambda folder: change(folder / "config.json", auto_map={"AutoModel": "modeling.Model"}),
        "never run",
    ),
    "another comparison": (
        lambda folder: change(folder / "config_sentence_transformers.json", similarity_fn_name="euclidean"),
        "compared by euclidean",
    ),
    "lowered case": (
        lambda folder: change(folder / "sentence_bert_config.json", do_lower_case=True),
        "lowers the case",
    ),
    "no dimension": (lambda folder: change(folder / "config.json", hidden_size=None), "does not tell its hidden_size"),
    "no JSON": (lambda folder: (folder / "config.json").write_text("{"), "config.json is no JSON"),
    "another kind of JSON": (lambda folder: (folder / "config.json").write_text("[]"), "not what it should be"),
    "modules that are no list": (lambda folder: (folder / "modules.json").write_text("{}"), "no list of modules"),
    "no folder": (shutil.rmtree, "no such folder"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_understood_is_refused_in_words(decoder: Path, what: str) -> None:
    change_it, words = REFUSED[what]
    change_it(decoder)
    with pytest.raises(ModelUnavailableError, match=words):
        raise refusal(decoder)


def test_a_dot_product_is_a_cosine_only_where_vectors_are_normalised(decoder: Path) -> None:
    change(decoder / "config_sentence_transformers.json", similarity_fn_name="dot")
    read_layout(decoder)
    modules = json.loads((decoder / "modules.json").read_text())
    (decoder / "modules.json").write_text(json.dumps(modules[:2]))
    assert "compared by dot" in refusal(decoder).detail
