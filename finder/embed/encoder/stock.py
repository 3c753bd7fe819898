"""Any other model that transformers knows, as it comes: padded on the right, with a mask. Imports torch, transformers.

Slower than what is computed by `bert.py` and `decoder.py`, and as exact: the mask keeps padding out of everything.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from finder.embed.encoder.attention import padded
from finder.embed.encoder.devices import Device
from finder.embed.encoder.network import Forward, pooled
from finder.embed.encoder.transformer import load_transformer
from finder.embed.models import Pooling


class StockModel:
    """A transformers model with its pooling, as a `Network`."""

    is_padded = True
    can_compile = False

    def __init__(self, folder: Path, device: Device, pooling: Pooling) -> None:
        self._device = device
        self._pooling = pooling
        self._model = load_transformer(folder, device.dtype, device.target)
        takes_cache = "use_cache" in inspect.signature(self._model.forward).parameters
        self._arguments = {"use_cache": False} if takes_cache else {}
        self._padding = getattr(self._model.config, "pad_token_id", None) or 0

    @property
    def width(self) -> int:
        return int(self._model.config.hidden_size)

    @property
    def bytes_per_token(self) -> int:
        return 24 * self.width * int(self._device.dtype.itemsize)

    def open(self, most_tokens: int) -> Forward:
        return self._forward

    def _forward(self, sequences: Sequence[list[int]]) -> Tensor:
        batch = padded(sequences, self._device.target, self._padding)
        is_token = (batch.owners < len(sequences)).view(batch.tokens.shape).to(torch.int64)  # (N, L)
        hidden = self._model(input_ids=batch.tokens, attention_mask=is_token, **self._arguments).last_hidden_state
        return pooled(hidden.flatten(0, 1), batch, self._pooling)
