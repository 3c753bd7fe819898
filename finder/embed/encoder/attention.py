"""Batches of tokens for a causal decoder, and its attention within them. Imports torch and transformers.

Three shapes of a batch, all exact. Packed without padding, all tokens lie in one row, and attention is one kernel that
is told where sequences end (`PackedVarlen`), or one call for each run of equal lengths (`PackedRuns`). Padded on the
right, no mask is needed either: what stands behind a token never reaches it (`Padded`).

transformers' own decoder calls `attend` by the name `NAME`; the batch itself comes to it as a keyword argument.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.attention.varlen import varlen_attn
from transformers import AttentionInterface

from finder.embed.batches import Run, equal_runs

NAME = "inkling"
"""Of our attention, in the configuration of a transformers model."""

_VARLEN = frozenset(inspect.signature(varlen_attn).parameters)
"""What this torch's kernel may be told: its arguments have changed from version to version."""
_CAUSAL: dict[str, Any] = {"window_size": (-1, 0)} if "window_size" in _VARLEN else {"is_causal": True}


class TokenBatch(Protocol):
    """N sequences as a decoder reads them."""

    @property
    def tokens(self) -> Tensor:
        """(B, L) int64."""

    @property
    def positions(self) -> Tensor:
        """(B, L) or (1, L) int64, of each token in its sequence."""

    @property
    def lengths(self) -> Tensor:
        """(N,) int64."""

    @property
    def last(self) -> Tensor:
        """(N,) int64: where each sequence ends, in (B * L)."""

    @property
    def owners(self) -> Tensor:
        """(B * L) int64: whose token each is, N for padding."""

    def attend(self, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        """(B, L, H, d) out of queries (B, H, L, d), and keys and values (B, K, L, d), of which K heads serve H."""

    def attend_last(self, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        """(N, H, d) out of the queries of the last tokens alone, (N, H, d), and all keys and values (B, K, L, d)."""


@dataclass(frozen=True, slots=True)
class _Places:
    """What all shapes of a batch say of their tokens; see `TokenBatch`."""

    tokens: Tensor
    positions: Tensor
    lengths: Tensor
    last: Tensor
    owners: Tensor


@dataclass(frozen=True, slots=True)
class PackedRuns(_Places):
    """One row without padding, for the processor: attention run by run."""

    runs: Sequence[Run]

    def attend(self, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        context = query.new_empty(1, query.shape[2], query.shape[1], query.shape[3])  # (1, T, H, d)
        for run in self.runs:
            q, k, v = (_of_run(each, run) for each in (query, key, value))
            found = _sdpa(q, k, v, scale, is_causal=True)  # (n, H, l, d)
            context[0, run.start : run.end] = found.transpose(1, 2).flatten(0, 1)
        return context

    def attend_last(self, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        context = torch.empty_like(query)  # (N, H, d)
        start = 0
        for run in self.runs:
            rows = slice(start, start + run.count)
            found = _sdpa(query[rows].unsqueeze(2), _of_run(key, run), _of_run(value, run), scale)  # (n, H, 1, d)
            context[rows] = found.squeeze(2)
            start = rows.stop
        return context


@dataclass(frozen=True, slots=True)
class PackedVarlen(_Places):
    """One row without padding, for graphics processors with the kernel for it."""

    bounds: Tensor
    """(N + 1,) int32: where each sequence begins, and where the last one ends."""
    longest: int

    def attend(self, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        q, k, v = (each[0].transpose(0, 1) for each in (query, key, value))  # (T, H, d)
        return _varlen(q, k, v, (self.bounds, self.longest), (self.bounds, self.longest), scale, _CAUSAL).unsqueeze(0)

    def attend_last(self, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        k, v = (each[0].transpose(0, 1) for each in (key, value))  # (T, K, d)
        each_alone = torch.arange(len(query) + 1, dtype=torch.int32, device=query.device)
        return _varlen(query, k, v, (each_alone, 1), (self.bounds, self.longest), scale, {})


@dataclass(frozen=True, slots=True)
class Padded(_Places):
    """One row for each sequence, padded on the right: for whatever has no better kernel, and for one sequence alone."""

    def attend(self, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        return _sdpa(query, key, value, scale, is_causal=True).transpose(1, 2)

    def attend_last(self, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        is_token = torch.arange(key.shape[2], device=key.device) < self.lengths[:, None]  # (N, L)
        return _sdpa(query.unsqueeze(2), key, value, scale, mask=is_token[:, None, None]).squeeze(2)


def packed_runs(sequences: Sequence[list[int]]) -> PackedRuns:
    """N sequences of token ids on the processor, of which equal lengths lie side by side."""
    places = _packed(sequences, torch.device("cpu"))
    return PackedRuns(*places, runs=equal_runs([len(tokens) for tokens in sequences]))


def packed_varlen(sequences: Sequence[list[int]], device: torch.device) -> PackedVarlen:
    """N sequences of token ids, in any order."""
    places = _packed(sequences, device)
    bounds = functional.pad(places[2].cumsum(0), (1, 0)).to(torch.int32)
    return PackedVarlen(*places, bounds=bounds, longest=max(len(tokens) for tokens in sequences))


def padded(sequences: Sequence[list[int]], device: torch.device, padding: int = 0) -> Padded:
    """N sequences of token ids, in any order.

    Args:
        padding: the id behind what is shorter than the longest.
    """
    lengths = torch.tensor([len(tokens) for tokens in sequences])
    longest = int(lengths.max())
    tokens = torch.tensor([[*each, *[padding] * (longest - len(each))] for each in sequences])  # (N, L)
    positions = torch.arange(longest)
    owners = torch.arange(len(sequences))[:, None].expand(-1, longest)
    owners = torch.where(positions < lengths[:, None], owners, len(sequences)).flatten()
    last = torch.arange(len(sequences)) * longest + lengths - 1
    return Padded(*(_moved(each, device) for each in (tokens, positions[None], lengths, last, owners)))


def can_use_varlen(device: torch.device, dtype: torch.dtype) -> bool:
    """True where the kernel for packed sequences runs on this device and gives what it should: tried, not assumed."""
    if device.type != "cuda":
        return False
    if torch.version.hip is None and torch.cuda.get_device_capability(device) < (8, 0):
        return False
    lengths = (3, 5)
    batch = packed_varlen([[0] * length for length in lengths], device)
    seeded = torch.Generator().manual_seed(0)
    query, key, value = (torch.randn(1, heads, sum(lengths), 64, generator=seeded) for heads in (4, 2, 2))
    exact = packed_runs([[0] * length for length in lengths])
    try:
        q, k, v = (each.to(device, dtype) for each in (query, key, value))
        found = batch.attend(q, k, v, 0.125).float().cpu()
        found_last = batch.attend_last(q[0].transpose(0, 1)[batch.last], k, v, 0.125).float().cpu()
    except RuntimeError:  # no such kernel for this device
        return False
    expected = exact.attend(query, key, value, 0.125)  # (1, T, H, d)
    return torch.allclose(found, expected, atol=0.03) and torch.allclose(found_last, expected[0][exact.last], atol=0.03)


@torch.compiler.disable  # type: ignore[untyped-decorator, unused-ignore]
def _attend(
    module: torch.nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: None, **arguments: Any
) -> tuple[Tensor, None]:
    """What transformers calls, in its order of dimensions."""
    batch: TokenBatch = arguments["batch"]
    return batch.attend(query, key, value, arguments["scaling"]), None


AttentionInterface.register(NAME, _attend)


def _packed(sequences: Sequence[list[int]], device: torch.device) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    lengths = torch.tensor([len(tokens) for tokens in sequences])
    tokens = torch.tensor([token for sequence in sequences for token in sequence])[None]  # (1, T)
    positions = torch.cat([torch.arange(len(sequence)) for sequence in sequences])[None]  # (1, T)
    owners = torch.repeat_interleave(torch.arange(len(sequences)), lengths)  # (T,)
    places = (tokens, positions, lengths, lengths.cumsum(0) - 1, owners)
    return tuple(_moved(each, device) for each in places)  # type: ignore[return-value]


def _moved(tensor: Tensor, device: torch.device) -> Tensor:
    """On the device; to a graphics processor from pinned memory, so that nobody waits for it."""
    if device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def _of_run(rows: Tensor, run: Run) -> Tensor:
    """(1, H, T, d) -> (n, H, l, d), the sequences of one run, as a view."""
    heads, width = rows.shape[1], rows.shape[3]
    return rows[0, :, run.start : run.end].reshape(heads, run.count, run.length, width).transpose(0, 1)


def _sdpa(
    query: Tensor, key: Tensor, value: Tensor, scale: float, *, mask: Tensor | None = None, is_causal: bool = False
) -> Tensor:
    """Keys and values serve several queries each: the processor's kernel knows how, of the others only some do."""
    shared = query.shape[1] // key.shape[1]
    is_grouped = query.device.type == "cpu" and shared > 1
    if shared > 1 and not is_grouped:
        key, value = key.repeat_interleave(shared, 1), value.repeat_interleave(shared, 1)
    return functional.scaled_dot_product_attention(
        query, key, value, mask, is_causal=is_causal, scale=scale, enable_gqa=is_grouped
    )


def _varlen(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    of_queries: tuple[Tensor, int],
    of_keys: tuple[Tensor, int],
    scale: float,
    causal: dict[str, Any],
) -> Tensor:
    """(T, H, d) out of queries (T, H, d), keys and values (S, K, d), each with its bounds and longest sequence."""
    arguments = {**causal}
    if "scale" in _VARLEN:
        arguments["scale"] = scale
    else:  # the kernel divides by the root of d
        query = query * (scale * query.shape[-1] ** 0.5)
    shared = query.shape[1] // key.shape[1]
    if shared > 1 and "enable_gqa" in _VARLEN:
        arguments["enable_gqa"] = True
    elif shared > 1:
        key, value = key.repeat_interleave(shared, 1), value.repeat_interleave(shared, 1)
    found = varlen_attn(query, key, value, of_queries[0], of_keys[0], of_queries[1], of_keys[1], **arguments)
    assert isinstance(found, Tensor)
    return found
