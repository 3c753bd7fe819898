"""Models for the encoder's benchmark: the true shapes of Qwen3-Embedding with random weights, and their arithmetic."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.tiny_models import write_qwen3

QWEN3: dict[str, dict[str, int]] = {
    "tiny": {"hidden_size": 256, "intermediate_size": 768, "num_hidden_layers": 4, "num_attention_heads": 4},
    "0.6B": {"hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 28, "num_attention_heads": 16},
    "4B": {"hidden_size": 2560, "intermediate_size": 9728, "num_hidden_layers": 36, "num_attention_heads": 32},
}
"""From the configurations of Qwen/Qwen3-Embedding-0.6B and -4B; the tiny one is in their manner."""
_KEY_HEADS = {"tiny": 2, "0.6B": 8, "4B": 8}
_HEAD_DIM = {"tiny": 64, "0.6B": 128, "4B": 128}
_VOCABULARY = {"tiny": 1_000, "0.6B": 151_669, "4B": 151_665}


def write_shape(folder: Path, shape: str) -> Path:
    """A model of this shape in 16 bit, with a tokenizer of one token a byte."""
    import torch
    from safetensors.torch import save_file
    from transformers import AutoConfig, AutoModel

    write_qwen3(folder)
    path = folder / "config.json"
    sizes = {
        **QWEN3[shape],
        "num_key_value_heads": _KEY_HEADS[shape],
        "head_dim": _HEAD_DIM[shape],
        "vocab_size": _VOCABULARY[shape],
        "max_position_embeddings": 32_768,
        "max_window_layers": QWEN3[shape]["num_hidden_layers"],
        "torch_dtype": "bfloat16",
    }
    path.write_text(json.dumps({**json.loads(path.read_text()), **sizes}))
    with torch.device("meta"):
        model = AutoModel.from_config(AutoConfig.from_pretrained(folder))
    torch.manual_seed(0)
    weights = {name: _random(tuple(tensor.shape)) for name, tensor in model.state_dict().items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def _random(shape: tuple[int, ...]) -> Any:
    """As wide as trained weights are; norms around 1."""
    import torch

    return torch.ones(shape, dtype=torch.bfloat16) if len(shape) == 1 else torch.randn(shape).mul_(0.02).bfloat16()


def gflop(config: dict[str, Any], lengths: list[int]) -> float:
    """Of the matrix products of one forward: all linear layers, scores and weighted sums (half of them if causal)."""
    width, inner, layers = (config[name] for name in ("hidden_size", "intermediate_size", "num_hidden_layers"))
    heads = config["num_attention_heads"]
    if config["model_type"] == "qwen3":
        query, key = heads * config["head_dim"], config["num_key_value_heads"] * config["head_dim"]
        dense, attended = width * (2 * query + 2 * key + 3 * inner), query
    else:
        dense, attended = width * (4 * width + 2 * inner), 2 * width
    return float(layers * sum(length * (2 * dense + 2 * attended * length) for length in lengths) / 1e9)
