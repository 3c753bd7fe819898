"""Qwen3, through transformers' own forward with our attention. Imports torch and transformers.

Three things are ours beside the attention, each exact: a norm in one kernel instead of six; no padding, or none that
costs a mask; and where the last token's vector is all that is wanted, a last layer that computes it alone (3 % of the
work of the 0.6B model).
Source: Zhang et al., Qwen3 Embedding (2025), https://arxiv.org/abs/2506.05176.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from finder.embed.encoder import attention
from finder.embed.encoder.attention import TokenBatch
from finder.embed.encoder.devices import Device
from finder.embed.encoder.network import Forward, pooled
from finder.embed.encoder.transformer import load_transformer
from finder.embed.models import Pooling


def is_computed(config: Mapping[str, Any]) -> bool:
    """True where a configuration describes a decoder that this module computes."""
    layers = config.get("layer_types") or ["full_attention"]
    return (
        config.get("model_type") == "qwen3"
        and not config.get("use_sliding_window")
        and set(layers) == {"full_attention"}
        and config.get("is_causal", True) is True
    )


class Decoder:
    """A Qwen3 model with its pooling, as a `Network`."""

    def __init__(self, folder: Path, device: Device, pooling: Pooling) -> None:
        self._device = device
        self._pooling = pooling
        self._model = load_transformer(folder, device.dtype, device.target)
        self._model.config._attn_implementation = attention.NAME
        self._has_varlen = attention.can_use_varlen(device.target, device.dtype)
        for module in self._model.modules():
            if type(module).__name__ == "Qwen3RMSNorm":
                module.forward = MethodType(_norm, module)
        self.layers: list[nn.Module] = list(self._model.layers)
        """Those that are computed for every token."""
        if pooling == "last":
            self._model.layers[-1] = _LastTokenLayer(self.layers.pop())

    can_compile = True

    @property
    def is_padded(self) -> bool:
        return not self._has_varlen and self._device.target.type != "cpu"

    @property
    def width(self) -> int:
        return int(self._model.config.hidden_size)

    @property
    def bytes_per_token(self) -> int:
        config = self._model.config
        heads = config.num_attention_heads + 2 * config.num_key_value_heads
        values = 4 * config.hidden_size + 3 * config.intermediate_size + 3 * heads * config.head_dim
        return int(values * self._device.dtype.itemsize)

    def open(self, most_tokens: int) -> Forward:
        return self._forward

    def batch(self, sequences: Sequence[list[int]]) -> TokenBatch:
        """In the shape that the device computes best."""
        if self._has_varlen:
            return attention.packed_varlen(sequences, self._device.target)
        if self.is_padded:
            return attention.padded(sequences, self._device.target)
        return attention.packed_runs(sequences)

    def _forward(self, sequences: Sequence[list[int]]) -> Tensor:
        return self.vectors(self.batch(sequences))

    def embedded(self, batch: TokenBatch) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """(B, L, D), what the first layer reads, and the rotations of all layers' positions."""
        hidden = self._model.embed_tokens(batch.tokens)
        return hidden, self._model.rotary_emb(hidden, batch.positions)

    def vectors(self, batch: TokenBatch) -> Tensor:
        """(N, D) float32, one of each sequence, of any length."""
        hidden: Tensor = self._model(
            input_ids=batch.tokens,
            position_ids=batch.positions,
            attention_mask={
                "full_attention": None
            },  # given, transformers builds none, and does not wait for the device
            use_cache=False,
            batch=batch,
        ).last_hidden_state  # (B, L, D), or (1, N, D) of the last tokens alone
        if self._pooling == "last":
            return hidden[0].float()
        return pooled(hidden.flatten(0, 1), batch, self._pooling)


class _LastTokenLayer(nn.Module):
    """A decoder layer for the last token of each sequence: keys and values of all tokens, the rest of N.

    Exact where nothing but those tokens' hidden states is read.
    """

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(
        self, hidden_states: Tensor, position_embeddings: tuple[Tensor, Tensor], batch: TokenBatch, **_: Any
    ) -> Tensor:
        """(1, N, D) out of (B, L, D)."""
        layer: Any = self.layer
        inner = layer.self_attn
        normed = layer.input_layernorm(hidden_states)  # (B, L, D)
        rows, width = normed.shape[:2]
        cos, sin = (each.expand(rows, width, -1).unsqueeze(2) for each in position_embeddings)  # (B, L, 1, d)
        key = inner.k_norm(inner.k_proj(normed).view(rows, width, -1, inner.head_dim))  # (B, L, K, d)
        value = inner.v_proj(normed).view(rows, width, -1, inner.head_dim)  # (B, L, K, d)
        key = _rotated(key, cos, sin)
        last = normed.flatten(0, 1)[batch.last]  # (N, D)
        query = inner.q_norm(inner.q_proj(last).view(len(last), -1, inner.head_dim))  # (N, H, d)
        cos, sin = (each.flatten(0, 1)[batch.last] for each in (cos, sin))  # (N, 1, d)
        query = _rotated(query, cos, sin)
        context = batch.attend_last(query, key.transpose(1, 2), value.transpose(1, 2), inner.scaling)  # (N, H, d)
        x: Tensor = hidden_states.flatten(0, 1)[batch.last] + inner.o_proj(context.flatten(1))  # (N, D)
        x = x + layer.mlp(layer.post_attention_layernorm(x))  # (N, D)
        return x.unsqueeze(0)


def _rotated(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """With its position in it (Su et al., RoFormer, 2021), the halves of a head rotated as transformers does."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


def _norm(module: Any, x: Tensor) -> Tensor:
    return functional.rms_norm(x, x.shape[-1:], module.weight, module.variance_epsilon)
