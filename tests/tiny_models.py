"""Models of a few thousand random numbers, in the very layout of the official repositories.

What a folder holds is what the hub holds: configuration, modules, pooling, prompts, a fast tokenizer, safetensors. The
tokenizers know bytes and letters alone, so that nothing is to be downloaded. Weights are written by their published
names, without torch: equal seeds make equal files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

Weights = dict[str, NDArray[np.float32]]

TASK = "Given a web search query, retrieve relevant passages that answer the query"
_END = "<|endoftext|>"
_SPECIAL = (_END, "<|im_start|>", "<|im_end|>")
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,;:!?'-"


def write_qwen3(
    folder: Path,
    dimension: int = 64,
    layers: int = 3,
    heads: int = 4,
    key_heads: int = 2,
    head_dim: int = 16,
    inner: int = 192,
    max_tokens: int = 4096,
    shards: int = 1,
    seed: int = 0,
) -> Path:
    """A decoder with last-token pooling and an instruction for queries, as Qwen/Qwen3-Embedding-0.6B lies on the hub.

    Args:
        shards: how many files the weights are in; above 1 with an index, as those of the larger models.
    """
    tokenizer = _byte_tokenizer()
    config = {
        "architectures": ["Qwen3ForCausalLM"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": tokenizer.token_to_id(_END),
        "eos_token_id": tokenizer.token_to_id(_END),
        "head_dim": head_dim,
        "hidden_act": "silu",
        "hidden_size": dimension,
        "initializer_range": 0.02,
        "intermediate_size": inner,
        "max_position_embeddings": max_tokens,
        "max_window_layers": layers,
        "model_type": "qwen3",
        "num_attention_heads": heads,
        "num_hidden_layers": layers,
        "num_key_value_heads": key_heads,
        "rms_norm_eps": 1e-06,
        "rope_scaling": None,
        "rope_theta": 1000000,
        "sliding_window": None,
        "tie_word_embeddings": True,
        "torch_dtype": "float32",
        "use_cache": True,
        "use_sliding_window": False,
        "vocab_size": tokenizer.get_vocab_size(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / "config.json", config)
    tokenizer.save(str(folder / "tokenizer.json"))
    _write_json(
        folder / "tokenizer_config.json",
        {
            "eos_token": "<|im_end|>",
            "model_max_length": 131072,
            "pad_token": _END,
            "tokenizer_class": "Qwen2Tokenizer",
        },
    )
    _write_modules(folder, "lasttoken", dimension, has_normalize=True)
    _write_prompts(folder, {"query": f"Instruct: {TASK}\nQuery:", "document": ""})
    _write_weights(folder, dict(_qwen3_weights(config, np.random.default_rng(seed))), shards)
    return folder


def write_bert(folder: Path, dimension: int = 48, layers: int = 2, max_tokens: int = 64, seed: int = 0) -> Path:
    """An encoder with mean pooling and prefixes, as intfloat/multilingual-e5-small with its prompts written down."""
    tokenizer = _letter_tokenizer()
    config = {
        "architectures": ["BertModel"],
        "attention_probs_dropout_prob": 0.1,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "hidden_size": dimension,
        "intermediate_size": 4 * dimension,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": max_tokens,
        "model_type": "bert",
        "num_attention_heads": 4,
        "num_hidden_layers": layers,
        "pad_token_id": 0,
        "position_embedding_type": "absolute",
        "type_vocab_size": 2,
        "vocab_size": tokenizer.get_vocab_size(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / "config.json", config)
    tokenizer.save(str(folder / "tokenizer.json"))
    _write_json(folder / "tokenizer_config.json", {"model_max_length": max_tokens, "tokenizer_class": "BertTokenizer"})
    _write_json(folder / "sentence_bert_config.json", {"max_seq_length": max_tokens, "do_lower_case": False})
    _write_modules(folder, "mean_tokens", dimension, has_normalize=True)
    _write_prompts(folder, {"query": "query: ", "passage": "passage: "})
    _write_weights(folder, dict(_bert_weights(config, np.random.default_rng(seed))), shards=1)
    return folder


# Tokenizers


def _byte_tokenizer() -> Tokenizer:
    """Qwen's, without its merges: one token a byte, and the end of the text behind every text."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: number for number, letter in enumerate(alphabet)}, []))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(list(_SPECIAL))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"$A {_END}", pair=f"$A {_END} $B {_END}", special_tokens=[(_END, tokenizer.token_to_id(_END))]
    )
    return tokenizer


def _letter_tokenizer() -> Tokenizer:
    """BERT's, with a vocabulary of letters; what else there is becomes [UNK]."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    pieces = [*special, *_LETTERS, *(f"##{letter}" for letter in _LETTERS)]
    tokenizer = Tokenizer(models.WordPiece({piece: number for number, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens(special)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")],
    )
    return tokenizer


# Weights, by the names that transformers' models save them under


def _qwen3_weights(
    config: Mapping[str, object], random: np.random.Generator
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    size = {key: value for key, value in config.items() if type(value) is int}
    width, inner = size["hidden_size"], size["intermediate_size"]
    query, key = (size[name] * size["head_dim"] for name in ("num_attention_heads", "num_key_value_heads"))
    yield "embed_tokens.weight", _matrix(random, size["vocab_size"], width)
    for layer in range(size["num_hidden_layers"]):
        at = f"layers.{layer}."
        yield f"{at}input_layernorm.weight", _scale(random, width)
        yield f"{at}post_attention_layernorm.weight", _scale(random, width)
        for name, rows, columns in (("q", query, width), ("k", key, width), ("v", key, width), ("o", width, query)):
            yield f"{at}self_attn.{name}_proj.weight", _matrix(random, rows, columns)
        for name in ("q", "k"):
            yield f"{at}self_attn.{name}_norm.weight", _scale(random, size["head_dim"])
        for name, rows, columns in (("gate", inner, width), ("up", inner, width), ("down", width, inner)):
            yield f"{at}mlp.{name}_proj.weight", _matrix(random, rows, columns)
    yield "norm.weight", _scale(random, width)


def _bert_weights(
    config: Mapping[str, object], random: np.random.Generator
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    size = {key: value for key, value in config.items() if type(value) is int}
    width, inner = size["hidden_size"], size["intermediate_size"]
    for name, rows in (
        ("word", "vocab_size"),
        ("position", "max_position_embeddings"),
        ("token_type", "type_vocab_size"),
    ):
        yield f"embeddings.{name}_embeddings.weight", _matrix(random, size[rows], width)
    yield from _norm("embeddings.LayerNorm", random, width)
    for layer in range(size["num_hidden_layers"]):
        at = f"encoder.layer.{layer}."
        for name in ("query", "key", "value"):
            yield from _linear(f"{at}attention.self.{name}", random, width, width)
        yield from _linear(f"{at}attention.output.dense", random, width, width)
        yield from _norm(f"{at}attention.output.LayerNorm", random, width)
        yield from _linear(f"{at}intermediate.dense", random, inner, width)
        yield from _linear(f"{at}output.dense", random, width, inner)
        yield from _norm(f"{at}output.LayerNorm", random, width)
    yield from _linear("pooler.dense", random, width, width)


def _linear(
    name: str, random: np.random.Generator, rows: int, columns: int
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    yield f"{name}.weight", _matrix(random, rows, columns)
    yield f"{name}.bias", random.normal(0, 0.1, rows).astype(np.float32)


def _norm(name: str, random: np.random.Generator, width: int) -> Iterator[tuple[str, NDArray[np.float32]]]:
    yield f"{name}.weight", _scale(random, width)
    yield f"{name}.bias", random.normal(0, 0.1, width).astype(np.float32)


def _matrix(random: np.random.Generator, rows: int, columns: int) -> NDArray[np.float32]:
    """Wide enough that texts differ after a few layers."""
    return random.normal(0, 0.1, (rows, columns)).astype(np.float32)


def _scale(random: np.random.Generator, width: int) -> NDArray[np.float32]:
    return random.normal(1, 0.2, width).astype(np.float32)


# Files


def _write_weights(folder: Path, weights: Weights, shards: int) -> None:
    if shards == 1:
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        return
    names = list(weights)
    places = {
        name: f"model-{1 + at * shards // len(names):05}-of-{shards:05}.safetensors" for at, name in enumerate(names)
    }
    for file in sorted(set(places.values())):
        part = {name: weights[name] for name in names if places[name] == file}
        save_file(part, folder / file, metadata={"format": "pt"})
    total_bytes = sum(array.nbytes for array in weights.values())
    _write_json(
        folder / "model.safetensors.index.json", {"metadata": {"total_size": total_bytes}, "weight_map": places}
    )


def _write_modules(folder: Path, pooling: str, dimension: int, has_normalize: bool) -> None:
    kinds = ["Transformer", "Pooling", *(["Normalize"] if has_normalize else [])]
    modules = [
        {
            "idx": number,
            "name": str(number),
            "path": "" if number == 0 else f"{number}_{kind}",
            "type": f"sentence_transformers.models.{kind}",
        }
        for number, kind in enumerate(kinds)
    ]
    _write_json(folder / "modules.json", modules)
    names = ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken")
    modes = {f"pooling_mode_{name}": name == pooling for name in names}
    (folder / "1_Pooling").mkdir(exist_ok=True)
    _write_json(
        folder / "1_Pooling" / "config.json",
        {"word_embedding_dimension": dimension, **modes, "include_prompt": True},
    )


def _write_prompts(folder: Path, prompts: Mapping[str, str]) -> None:
    _write_json(
        folder / "config_sentence_transformers.json",
        {"prompts": dict(prompts), "default_prompt_name": None, "similarity_fn_name": "cosine"},
    )


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
