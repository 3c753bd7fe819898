"""Models that transformers knows: however a batch is computed, it gives what each text gives alone, in float32."""

from __future__ import annotations

import inspect
import json
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from finder.embed.models import ModelSpec, Pooling
from finder.embed.weights import find_model, folder_name
from finder.errors import ModelUnavailableError
from finder.vectors import Float32Array
from tests import tiny_models

if TYPE_CHECKING:
    import torch

    from finder.embed.encoder.attention import TokenBatch
    from finder.embed.encoder.decoder import Decoder
    from finder.embed.encoder.embedder import Encoder

pytestmark = pytest.mark.torch

LENGTHS = [1, 1, 2, 3, 7, 7, 8, 31, 64, 64, 65, 128, 200, 300]
WORDS = ["rent", "contract", "March", "三月份的房租", "def area():", "return 3.14", "Prüfung", "der Abrechnung"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.write_qwen3(tmp_path_factory.mktemp("models") / "qwen3")


@pytest.fixture(scope="module")
def spec(folder: Path) -> ModelSpec:
    return find_model(folder_name(bytes(folder)), folder.parent).spec


@pytest.fixture(scope="module")
def encoder(spec: ModelSpec, folder: Path) -> Encoder:
    from finder.embed.encoder.embedder import Encoder

    return Encoder(spec, folder, threads=2, token_budget=512)


@pytest.fixture(scope="module")
def texts() -> list[str]:
    seeded = random.Random(7)
    return ["", " ", "a", *(" ".join(seeded.choices(WORDS, k=seeded.choice([1, 2, 3, 9, 30]))) for _ in range(40))]


def decoder(folder: Path, pooling: Pooling = "last") -> Decoder:
    from finder.embed.encoder.decoder import Decoder
    from finder.embed.encoder.devices import processor

    return Decoder(folder, processor(), pooling)


def sequences() -> list[list[int]]:
    seeded = random.Random(3)
    return [[seeded.randrange(250) for _ in range(length)] for length in LENGTHS]


def alone(folder: Path, sequences: list[list[int]], pooling: Pooling = "last", dimension: int | None = None) -> Any:
    """(N, D), from transformers' own model, one sequence at a time, eager attention in float32."""
    import torch
    from transformers import AutoModel

    model = AutoModel.from_pretrained(folder, local_files_only=True, attn_implementation="eager").float().eval()
    with torch.inference_mode():
        hidden = [model(input_ids=torch.tensor([tokens])).last_hidden_state[0] for tokens in sequences]
    rows = {"last": lambda x: x[-1], "cls": lambda x: x[0], "mean": lambda x: x.mean(dim=0)}[pooling]
    return torch.nn.functional.normalize(torch.stack([rows(x)[:dimension] for x in hidden]), dim=1).numpy()


def texts_alone(folder: Path, texts: list[str], pooling: Pooling = "last", dimension: int | None = None) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return alone(folder, [tokenizer.encode(text).ids for text in texts], pooling, dimension)


def normal(vectors: torch.Tensor) -> Float32Array:
    found = vectors.numpy()
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


def lowest_cosine(left: Float32Array, right: Float32Array) -> float:
    assert left.shape == right.shape
    return float((left.astype(np.float64) * right).sum(axis=1).min())


def in_shape(name: str) -> TokenBatch:
    import torch

    from finder.embed.encoder import attention

    cpu = torch.device("cpu")
    if name == "packed runs":
        return attention.packed_runs(sequences())
    return attention.padded(sequences(), cpu) if name == "padded" else attention.packed_varlen(sequences(), cpu)


def documented_kernel(query: Any, key: Any, value: Any, *arguments: Any, **options: Any) -> Any:
    """What torch documents of its kernel for packed sequences, sequence by sequence; the kernel itself needs a GPU."""
    import torch
    from torch.nn.attention import varlen

    given = inspect.signature(varlen.varlen_attn).bind(query, key, value, *arguments, **options).arguments
    assert given["cu_seq_q"].dtype == given["cu_seq_k"].dtype == torch.int32
    assert given["enable_gqa"]
    rows = []
    bounds = [given[name].tolist() for name in ("cu_seq_q", "cu_seq_k")]
    for (q, q_end), (k, k_end) in zip(*map(pairwise, bounds), strict=True):
        assert q_end - q <= given["max_q"]
        assert k_end - k <= given["max_k"]
        is_causal = given.get("window_size", (-1, -1)) == (-1, 0)
        parts = [part.transpose(0, 1)[None] for part in (query[q:q_end], key[k:k_end], value[k:k_end])]
        found = torch.nn.functional.scaled_dot_product_attention(
            *parts, is_causal=is_causal, scale=given["scale"], enable_gqa=True
        )
        rows.append(found[0].transpose(0, 1))
    return torch.cat(rows)


@pytest.mark.parametrize("shape", ["packed runs", "padded", "packed varlen"])
@pytest.mark.parametrize("pooling", ["last", "mean", "cls"])
def test_every_shape_of_a_batch_gives_what_each_sequence_gives_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch, shape: str, pooling: Pooling
) -> None:
    import torch

    from finder.embed.encoder import attention

    monkeypatch.setattr(attention, "varlen_attn", documented_kernel)
    with torch.inference_mode():
        found = decoder(folder, pooling).vectors(in_shape(shape))
    assert lowest_cosine(normal(found), alone(folder, sequences(), pooling)) >= 0.99999


def test_sixteen_bit_is_near(folder: Path) -> None:
    import torch

    from finder.embed.encoder.decoder import Decoder
    from finder.embed.encoder.devices import processor

    model = Decoder(folder, replace(processor(), dtype=torch.bfloat16), "last")
    with torch.inference_mode():
        found = model.vectors(in_shape("padded"))
    assert lowest_cosine(normal(found), alone(folder, sequences())) >= 0.999


def test_compiled_layers_give_the_same_for_lengths_they_were_not_compiled_for(
    tmp_path: Path,
) -> None:
    folder = tiny_models.write_qwen3(tmp_path / "model", layers=2)
    code = f"""
import torch
from torch._dynamo.utils import counters
from tests.integration.test_decoder import *
from finder.embed.encoder.compiling import compile_layers
folder = Path({str(folder)!r})
model = decoder(folder)
compile_layers(model, "eager")
compiled = counters["stats"]["unique_graphs"]
with torch.inference_mode():
    found = model.vectors(in_shape("packed runs"))
    single = model.vectors(model.batch([[7] * 45]))
assert counters["stats"]["unique_graphs"] == compiled > 0
assert lowest_cosine(normal(single), alone(folder, [[7] * 45])) >= 0.99999
assert lowest_cosine(normal(found), alone(folder, sequences())) >= 0.99999
"""
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_texts_in_any_order_and_batch_give_what_each_gives_alone(
    encoder: Encoder, folder: Path, texts: list[str]
) -> None:
    expected = texts_alone(folder, texts)
    assert lowest_cosine(encoder.embed_passages(texts), expected) >= 0.99999
    order = random.Random(1).sample(range(len(texts)), len(texts))
    shuffled = encoder.embed_passages([texts[index] for index in order])
    assert lowest_cosine(shuffled, expected[order]) >= 0.99999
    one_by_one = np.stack([encoder.embed_passages([text])[0] for text in texts])
    assert lowest_cosine(one_by_one, expected) >= 0.99999


def test_a_query_is_told_what_is_searched_for(encoder: Encoder, folder: Path) -> None:
    worded = f"Instruct: {tiny_models.TASK}\nQuery:where is the rent"
    assert lowest_cosine(encoder.embed_query("where is the rent")[None], texts_alone(folder, [worded])) >= 0.99999
    other = "Instruct: Find code\nQuery:where is the rent"
    found = encoder.embed_query("where is the rent", "Find code")
    assert lowest_cosine(found[None], texts_alone(folder, [other])) >= 0.99999


@pytest.mark.parametrize("dimension", [32, 50])
def test_a_smaller_dimension_is_the_beginning_normalised_again(folder: Path, texts: list[str], dimension: int) -> None:
    from finder.embed.encoder.embedder import Encoder

    found = find_model(f"{folder_name(bytes(folder))}:{dimension}", folder.parent)
    vectors = Encoder(found.spec, found.folder, threads=1).embed_passages(texts)
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-5
    assert lowest_cosine(vectors, texts_alone(folder, texts, dimension=dimension)) >= 0.99999


def test_a_long_text_is_cut_on_the_right_and_keeps_its_end_token(spec: ModelSpec, folder: Path) -> None:
    from finder.embed.encoder.embedder import Encoder

    short = Encoder(replace(spec, max_tokens=600), folder, threads=1)
    kept, longer = short.embed_passages(["x" * 599, "x" * 5000])
    assert kept @ longer == pytest.approx(1, abs=1e-5)
    assert lowest_cosine(kept[None], texts_alone(folder, ["x" * 599])) >= 0.99999


@pytest.mark.parametrize("kind", ["bert", "xlm-roberta"])
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_encoders_of_a_folder_are_computed_without_transformers(tmp_path: Path, kind: str, pooling: Pooling) -> None:
    from finder.embed.encoder import bert
    from finder.embed.encoder.embedder import Encoder

    folder = tiny_models.write_bert(tmp_path / "model")
    change(folder / "config.json", model_type=kind, pad_token_id=1)
    assert bert.is_computed(json.loads((folder / "config.json").read_text()))
    found = replace(find_model(folder_name(bytes(folder)), tmp_path).spec, pooling=pooling, max_tokens=60)
    texts = ["rent", "a longer text", "rent contract of March, signed by the landlord"]
    vectors = Encoder(found, folder, threads=1).embed_passages(texts)
    expected = texts_alone(folder, [f"passage: {text}" for text in texts], pooling)
    assert lowest_cosine(vectors, expected) >= 0.99999


def test_an_encoder_of_another_kind_is_computed_as_it_comes(tmp_path: Path) -> None:
    from finder.embed.encoder.embedder import Encoder

    folder = tiny_models.write_bert(tmp_path / "model")
    change(folder / "config.json", hidden_act="relu")
    found = find_model(folder_name(bytes(folder)), tmp_path)
    texts = ["rent", "a longer text", "rent contract of March"]
    vectors = Encoder(found.spec, folder, threads=1).embed_passages(texts)
    assert lowest_cosine(vectors, texts_alone(folder, [f"passage: {text}" for text in texts], "mean")) >= 0.99999


def test_a_decoder_of_another_kind_is_computed_as_it_comes(tmp_path: Path) -> None:
    from finder.embed.encoder import decoder
    from finder.embed.encoder.embedder import Encoder

    folder = tiny_models.write_qwen3(tmp_path / "model")
    change(folder / "config.json", use_sliding_window=True, sliding_window=8, max_window_layers=0)
    assert not decoder.is_computed(json.loads((folder / "config.json").read_text()))
    found = find_model(folder_name(bytes(folder)), tmp_path)
    texts = ["rent", "a longer text", "rent contract of March, signed by the landlord"]
    vectors = Encoder(found.spec, folder, threads=1).embed_passages(texts)
    assert lowest_cosine(vectors, texts_alone(folder, texts)) >= 0.99999


@pytest.mark.parametrize(
    ("write", "told"), [(tiny_models.write_qwen3, r"layers\.3"), (tiny_models.write_bert, r"layer\.2")]
)
def test_weights_that_do_not_belong_to_the_configuration_are_refused(
    tmp_path: Path, write: Callable[[Path], Path], told: str
) -> None:
    from finder.embed.encoder.embedder import Encoder

    folder = write(tmp_path / "model")
    layers = json.loads((folder / "config.json").read_text())["num_hidden_layers"]
    change(folder / "config.json", num_hidden_layers=layers + 1)
    found = find_model(folder_name(bytes(folder)), tmp_path)
    with pytest.raises(ModelUnavailableError, match=told):
        Encoder(found.spec, folder)


def test_a_tokenizer_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    from finder.embed.encoder.embedder import Encoder

    folder = tiny_models.write_bert(tmp_path / "model")
    (folder / "tokenizer.json").write_text("{}")
    found = find_model(folder_name(bytes(folder)), tmp_path)
    with pytest.raises(ModelUnavailableError, match="tokenizer"):
        Encoder(found.spec, folder)


def change(path: Path, **values: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))
