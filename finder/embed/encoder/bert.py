"""BERT and its kin (RoBERTa, XLM-R), written out. Imports torch and safetensors, and no transformers.

Sequences are packed without padding: all tokens of a batch lie in one row, and only attention looks at where one
sequence ends and the next begins. The result is exact, whatever else is in the batch. The forward is written out here
rather than taken from transformers, whose import alone takes two seconds at the first query; the tests hold it to
transformers' own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from finder.embed.batches import Run, equal_runs
from finder.embed.encoder.network import Forward
from finder.embed.models import Pooling
from finder.errors import ModelUnavailableError

_KEY_MULTIPLE = 16
"""Attention reads keys in multiples of this, the widest vector register in float32: the kernel is slow at a rest."""

_COMPUTED = {"hidden_act": "gelu", "position_embedding_type": "absolute", "is_decoder": False}
"""What a configuration must say, where it says it, for the forward below to be that model's."""

_POSITIONS_FROM_PADDING = ("roberta", "xlm-roberta")
"""Their positions begin behind the padding token's (transformers, create_position_ids_from_input_ids)."""


def is_computed(config: Mapping[str, Any]) -> bool:
    """True where a configuration describes an encoder that this module computes."""
    kinds = ("bert", *_POSITIONS_FROM_PADDING)
    return config.get("model_type") in kinds and all(config.get(key, each) == each for key, each in _COMPUTED.items())


class Bert:
    """A BERT with its pooling, as a `Network`. Computed in float32 on every device.

    Args:
        weights: the files that hold them, in order.
    """

    is_padded = False
    can_compile = False

    def __init__(self, folder: Path, weights: Sequence[str], device: torch.device, pooling: Pooling) -> None:
        self._config = json.loads((folder / "config.json").read_text("utf-8"))
        self._device = device
        self._pooling = pooling
        named: dict[str, Tensor] = {}
        try:
            for name in weights:
                named.update(load_file(folder / name, str(device)))
            self._forward = _Forward(self._config, {_plain(name): tensor.float() for name, tensor in named.items()})
        except (SafetensorError, KeyError) as error:
            raise ModelUnavailableError(
                "The model cannot be used",
                f"Its weights do not fit its config.json: {str(error)[:100]}.",
                "Get it again, or choose another: inkling model list",
                str(folder),
            ) from error

    @property
    def width(self) -> int:
        return int(self._config["hidden_size"])

    @property
    def bytes_per_token(self) -> int:
        return 4 * (8 * self.width + 2 * int(self._config["intermediate_size"]))

    def open(self, most_tokens: int) -> Forward:
        buffers = self._forward.buffers(most_tokens)
        return lambda sequences: self._embed(sequences, buffers)

    def _embed(self, sequences: Sequence[list[int]], buffers: _Buffers) -> Tensor:
        lengths = [len(tokens) for tokens in sequences]
        runs = equal_runs(lengths)
        tokens = torch.tensor([token for sequence in sequences for token in sequence])  # (T,)
        positions = torch.cat([torch.arange(length) for length in lengths])  # (T,)
        hidden = self._forward(tokens.to(self._device), positions.to(self._device), runs, buffers)  # (T, D)
        return torch.cat([_pooled(_split(hidden, run), self._pooling) for run in runs])  # (N, D)


def _pooled(hidden: Tensor, pooling: Pooling) -> Tensor:
    """(N, L, D) -> (N, D)"""
    if pooling == "mean":
        return hidden.mean(dim=1)
    return hidden[:, 0 if pooling == "cls" else -1]


def _plain(name: str) -> str:
    """A weight's name without that of the model around it, under which some files have it."""
    for prefix in ("bert.", "roberta."):
        name = name.removeprefix(prefix)
    return name


@dataclass(frozen=True, slots=True)
class _Buffers:
    """Where a forward writes what it computes, used again batch after batch.

    Fresh memory of this size comes from the system, page by page, and is cleared: 2 to 8 % of the time.
    """

    query: Tensor
    """(T, D)"""
    key: Tensor
    """(T + `_KEY_MULTIPLE`, D): attention may read past the last token."""
    value: Tensor
    """As `key`."""
    context: Tensor
    """(T, D)"""
    inner: Tensor
    """(T, F)"""


@dataclass(frozen=True, slots=True)
class _Linear:
    weight: Tensor
    """(in, out)"""
    bias: Tensor


@dataclass(frozen=True, slots=True)
class _Layer:
    """The key needs no bias: it adds the same to all scores of a query, which softmax does not see."""

    query: _Linear
    key_weight: Tensor
    """(D, D)"""
    value_weight: Tensor
    """(D, D)"""
    output: _Linear
    """Its bias holds the value's too, which a weighted mean of values hands on as it is."""
    output_norm: tuple[Tensor, Tensor]
    inner: _Linear
    outer: _Linear
    outer_norm: tuple[Tensor, Tensor]


class _Forward:
    """BERT's encoder (Devlin et al., 2019) over packed sequences. A call changes nothing but the buffers.

    Args:
        config: the model's `config.json`.
        weights: by their published names.
    """

    def __init__(self, config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> None:
        self._weights = weights
        self._heads: int = config["num_attention_heads"]
        self._epsilon: float = config["layer_norm_eps"]
        self._words = weights["embeddings.word_embeddings.weight"]  # (V, D)
        types = weights["embeddings.token_type_embeddings.weight"]  # (1 or 2, D)
        first = config["pad_token_id"] + 1 if config["model_type"] in _POSITIONS_FROM_PADDING else 0
        self._positions = weights["embeddings.position_embeddings.weight"][first:] + types[0]  # (P, D)
        self._embedding_norm = self._norm_of("embeddings")
        self._layers = [self._layer(f"encoder.layer.{index}.") for index in range(config["num_hidden_layers"])]

    def buffers(self, tokens: int) -> _Buffers:
        """For batches of up to `tokens` tokens."""
        width, inner_width = self._layers[0].inner.weight.shape
        new = self._words.new_empty
        key, value = new(2, tokens + _KEY_MULTIPLE, width)
        return _Buffers(new(tokens, width), key, value, new(tokens, width), new(tokens, inner_width))

    def __call__(self, tokens: Tensor, positions: Tensor, runs: Sequence[Run], buffers: _Buffers) -> Tensor:
        """The last hidden states, (T, D), of T packed tokens with their positions, each (T,)."""
        count = len(tokens)
        query, key, value = buffers.query[:count], buffers.key[:count], buffers.value[:count]
        context, inner = buffers.context[:count], buffers.inner[:count]
        for padded in (buffers.key, buffers.value):
            padded[count : count + _KEY_MULTIPLE] = 0  # What is read past the end must be finite.
        parts = [self._attention_of(run, buffers) for run in runs]
        x = functional.embedding(tokens, self._words) + functional.embedding(positions, self._positions)  # (T, D)
        x = self._norm(x, self._embedding_norm)  # (T, D)
        for layer in self._layers:
            torch.addmm(layer.query.bias, x, layer.query.weight, out=query)  # (T, D)
            torch.mm(x, layer.key_weight, out=key)  # (T, D)
            torch.mm(x, layer.value_weight, out=value)  # (T, D)
            for part in parts:
                part.attend()  # context: (T, D)
            x = x.add_(layer.output.bias).addmm_(context, layer.output.weight)  # (T, D)
            x = self._norm(x, layer.output_norm)  # (T, D)
            torch.addmm(layer.inner.bias, x, layer.inner.weight, out=inner)  # (T, F)
            torch.ops.aten.gelu_(inner)  # (T, F)
            x = x.add_(layer.outer.bias).addmm_(inner, layer.outer.weight)  # (T, D)
            x = self._norm(x, layer.outer_norm)  # (T, D)
        return x

    def _norm(self, x: Tensor, norm: tuple[Tensor, Tensor]) -> Tensor:
        return functional.layer_norm(x, x.shape[-1:], *norm, self._epsilon)

    def _attention_of(self, run: Run, buffers: _Buffers) -> _Attention:
        width = buffers.context.shape[1]
        heads = (self._heads, width // self._heads)
        padded = -(-run.length // _KEY_MULTIPLE) * _KEY_MULTIPLE
        query, context = (
            _split(rows.view(-1, *heads), run).transpose(1, 2) for rows in (buffers.query, buffers.context)
        )  # (N, H, L, d)
        size, strides = (run.count, heads[0], padded, heads[1]), (run.length * width, heads[1], width, 1)
        key, value = (
            rows.as_strided(size, strides, rows.storage_offset() + run.start * width)
            for rows in (buffers.key, buffers.value)
        )  # (N, H, L', d)
        mask = query.new_zeros(1, padded)  # (1, L')
        mask[:, run.length :] = -torch.inf
        return _Attention(query, key, value, mask, context)

    def _layer(self, prefix: str) -> _Layer:
        query, key, value = (self._linear(f"{prefix}attention.self.{name}") for name in ("query", "key", "value"))
        output = self._linear(f"{prefix}attention.output.dense")
        return _Layer(
            query,
            key.weight,
            value.weight,
            _Linear(output.weight, output.bias + value.bias @ output.weight),
            self._norm_of(f"{prefix}attention.output"),
            self._linear(f"{prefix}intermediate.dense"),
            self._linear(f"{prefix}output.dense"),
            self._norm_of(f"{prefix}output"),
        )

    def _linear(self, name: str) -> _Linear:
        return _Linear(self._weights[f"{name}.weight"].t(), self._weights[f"{name}.bias"])

    def _norm_of(self, name: str) -> tuple[Tensor, Tensor]:
        return self._weights[f"{name}.LayerNorm.weight"], self._weights[f"{name}.LayerNorm.bias"]


@dataclass(frozen=True, slots=True)
class _Attention:
    """Attention within the N sequences of one run, each of L tokens; keys and values are L' long, a round number.

    What lies between L and L' is the next sequence, or zeros: its weight is exactly 0.
    """

    query: Tensor
    key: Tensor
    value: Tensor
    mask: Tensor
    context: Tensor

    def attend(self) -> None:
        """Write the context, (N, H, L, d), of what the views hold now."""
        self.context.copy_(
            functional.scaled_dot_product_attention(self.query, self.key, self.value, attn_mask=self.mask)
        )


def _split(row: Tensor, run: Run) -> Tensor:
    """(T, D) -> (N, L, D), the sequences of one run, as a view."""
    return row[run.start : run.end].view(run.count, run.length, *row.shape[1:])
