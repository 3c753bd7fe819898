"""What the encoder asks of a model: vectors of sequences of tokens. Imports torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from torch import Tensor

from finder.embed.models import Pooling

Forward = Callable[[Sequence[list[int]]], Tensor]
"""(N, D) on the device, pooled and not normalised, of N sequences of token ids, shortest first."""


class Network(Protocol):
    """A model in memory, on its device. Several threads may compute with it at one time, each with a `Forward`."""

    @property
    def is_padded(self) -> bool:
        """True where every sequence of a batch costs as many tokens as its longest."""

    @property
    def can_compile(self) -> bool:
        """True for a `Decoder`, whose layers `compiling.py` makes faster."""

    @property
    def width(self) -> int:
        """Of the vectors, before they are cut."""

    @property
    def bytes_per_token(self) -> int:
        """About what a forward needs beside the weights, for each token of a batch."""

    def open(self, most_tokens: int) -> Forward:
        """For one thread, and batches of up to `most_tokens` tokens."""


class _Owned(Protocol):
    """Where the sequences of a batch lie; see `attention.TokenBatch`."""

    @property
    def lengths(self) -> Tensor: ...

    @property
    def last(self) -> Tensor: ...

    @property
    def owners(self) -> Tensor: ...


def pooled(hidden: Tensor, batch: _Owned, pooling: Pooling) -> Tensor:
    """(N, D) float32 out of the last hidden states of all tokens, (B * L, D)."""
    if pooling == "last":
        return hidden[batch.last].float()
    if pooling == "cls":
        return hidden[batch.last - batch.lengths + 1].float()
    sums = hidden.new_zeros(len(batch.lengths) + 1, hidden.shape[-1], dtype=hidden.dtype).float()
    return sums.index_add_(0, batch.owners, hidden.float())[:-1] / batch.lengths[:, None]
