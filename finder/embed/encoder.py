"""Text to vectors with torch: the one module that imports torch, safetensors and tokenizers.

Sequences are packed without padding: all tokens of a batch lie in one row, and only attention looks at where one
sequence ends and the next begins. The result is exact, whatever else is in the batch. The forward is written out here
rather than taken from transformers, whose import alone takes two seconds at the first query; the tests hold it to
transformers' own. Importing this takes a second; a worker process does it, never the service.
"""

from __future__ import annotations

import collections
import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from finder.embed.batches import Run, batches, equal_runs
from finder.embed.models import ModelSpec, space_of
from finder.embed.weights import verify
from finder.errors import ModelUnavailableError, UnsoundVectorError
from finder.vectors import Float32Array, Int64Array, Space

TOKEN_BUDGET = 1024
"""Tokens per batch on a CPU: smaller ones feed the matrix kernels badly, larger ones fall out of the caches."""

_WINDOW = 2048
"""Passages that are tokenised and sorted together; bounds the memory that tokens take."""

_KEY_MULTIPLE = 16
"""Attention reads keys in multiples of this, the widest vector register in float32: the kernel is slow at a rest."""

_COMPUTED = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}
"""What a model's configuration must say for the forward below to be that model's."""

_NORM_TOLERANCE = 1e-3


class Encoder:
    """A BERT model with mean pooling, as an `Embedder`. Its methods may be called from several threads at once.

    Args:
        spec: one of `KNOWN_MODELS`.
        folder: holds the files of `spec`; they are verified before any is opened as a model.
        device: as torch names it.
        threads: batches computed at one time on a CPU; as many as it has cores where None. Each batch has one core to
            itself: cores that share a batch wait for the slowest at every product, which a busy computer makes dear.
        token_budget: tokens computed between two calls of `between_batches`.
    Raises:
        ModelUnavailableError: weights missing, damaged or unreadable, or of a kind that this encoder does not compute.
    """

    def __init__(
        self,
        spec: ModelSpec,
        folder: Path,
        device: str = "cpu",
        threads: int | None = None,
        token_budget: int = TOKEN_BUDGET,
    ) -> None:
        verify(spec, folder)
        config = json.loads((folder / "config.json").read_text("utf-8"))
        _refuse_another_kind(spec, config)
        torch.set_num_threads(1)
        self._threads = threads or _cores()
        self._spec = spec
        self._space = space_of(spec)
        self._token_budget = token_budget
        self._device = torch.device(device)
        self._tokenizer = _load_tokenizer(folder, spec.max_tokens)
        self._model = _Bert(config, load_file(folder / spec.weights, device))

    @property
    def space(self) -> Space:
        return self._space

    def embed_passages(self, texts: Sequence[str], between_batches: Callable[[], None] | None = None) -> Float32Array:
        """Embed passages for storage.

        Args:
            texts: N passages; longer than `max_tokens` are cut on the right.
            between_batches: called before every batch, so that a waiting query can be answered; what it raises ends
                the work.
        Returns:
            (N, D) float32, each row of L2 norm 1 (within 1e-3).
        Raises:
            UnsoundVectorError: the model gave vectors that are not finite or not of norm 1.
        """
        vectors = np.empty((len(texts), self._space.dimension), dtype=np.float32)
        for start in range(0, len(texts), _WINDOW):
            sequences = self._tokenise([self._spec.passage(text) for text in texts[start : start + _WINDOW]])
            self._embed_all(sequences, vectors[start : start + _WINDOW], between_batches or _go_on)
        return vectors

    def embed_query(self, text: str, instruction: str | None = None) -> Float32Array:
        """Embed one query, worded as the model was trained to read it.

        Args:
            instruction: what is searched for, for models that read one; the model's own where None.
        Returns:
            (D,) float32 of L2 norm 1 (within 1e-3).
        Raises:
            UnsoundVectorError: as `embed_passages`.
        """
        sequences = self._tokenise([self._spec.query(text, instruction)])
        (vector,) = self._embed(sequences, self._model.buffers(len(sequences[0])))
        return np.asarray(vector)

    def _embed_all(
        self, sequences: Sequence[list[int]], vectors: Float32Array, between_batches: Callable[[], None]
    ) -> None:
        """Write the vectors of N sequences into `vectors` (N, D), as many batches at one time as there are threads."""
        lengths = np.array([len(tokens) for tokens in sequences])
        parts = collections.deque(batches(lengths.tolist(), self._token_budget))
        most_tokens = max(int(lengths[batch].sum()) for batch in parts)

        def next_part() -> Int64Array | None:
            with contextlib.suppress(IndexError):
                return parts.popleft()
            return None

        def embed_what_is_left() -> None:
            buffers = self._model.buffers(most_tokens)
            while (batch := next_part()) is not None:
                try:
                    between_batches()
                    vectors[batch] = self._embed([sequences[index] for index in batch], buffers)
                except BaseException:
                    parts.clear()
                    raise

        threads = min(self._threads, len(parts))
        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(embed_what_is_left) for _ in range(threads)]:
                done.result()

    def _tokenise(self, texts: list[str]) -> list[list[int]]:
        # A lone surrogate, which no UTF-8 text has but a request may, is refused by the tokenizer: it becomes "?".
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(clean)]

    @torch.inference_mode()
    def _embed(self, sequences: Sequence[list[int]], buffers: _Buffers) -> Float32Array:
        """(N, D) for N sequences of token ids, of which equal lengths lie side by side."""
        lengths = [len(tokens) for tokens in sequences]
        runs = equal_runs(lengths)
        tokens = torch.tensor([token for sequence in sequences for token in sequence])  # (T,)
        positions = torch.cat([torch.arange(length) for length in lengths])  # (T,)
        hidden = self._model.forward(tokens.to(self._device), positions.to(self._device), runs, buffers)  # (T, D)
        means = torch.cat([_split(hidden, run).mean(dim=1) for run in runs])  # (N, D)
        vectors: Float32Array = functional.normalize(means, dim=1).cpu().numpy()  # (N, D)
        _refuse_unusable(vectors)
        return vectors


def _cores() -> int:
    """Cores that this process may compute on; two threads on one core share its multipliers."""
    cores = psutil.cpu_count(logical=False) or 1
    return min(cores, len(psutil.Process().cpu_affinity())) if hasattr(psutil.Process, "cpu_affinity") else cores


def _go_on() -> None:
    """Nothing waits between two batches."""


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


class _Bert:
    """BERT's encoder (Devlin et al., 2019) over packed sequences. `forward` changes nothing but the buffers.

    Args:
        config: the model's `config.json`.
        weights: by their published names.
    """

    def __init__(self, config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> None:
        self._weights = weights
        self._heads: int = config["num_attention_heads"]
        self._epsilon: float = config["layer_norm_eps"]
        self._words = weights["embeddings.word_embeddings.weight"]  # (V, D)
        types = weights["embeddings.token_type_embeddings.weight"]  # (2, D)
        self._positions = weights["embeddings.position_embeddings.weight"] + types[0]  # (P, D)
        self._embedding_norm = self._norm_of("embeddings")
        self._layers = [self._layer(f"encoder.layer.{index}.") for index in range(config["num_hidden_layers"])]

    def buffers(self, tokens: int) -> _Buffers:
        """For batches of up to `tokens` tokens."""
        width, inner_width = self._layers[0].inner.weight.shape
        new = self._words.new_empty
        key, value = new(2, tokens + _KEY_MULTIPLE, width)
        return _Buffers(new(tokens, width), key, value, new(tokens, width), new(tokens, inner_width))

    def forward(self, tokens: Tensor, positions: Tensor, runs: Sequence[Run], buffers: _Buffers) -> Tensor:
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


def _load_tokenizer(folder: Path, max_tokens: int) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def _refuse_another_kind(spec: ModelSpec, config: Mapping[str, Any]) -> None:
    found = {"pooling": spec.pooling, **{name: config.get(name) for name in _COMPUTED}}
    wanted = {"pooling": "mean", **_COMPUTED}
    others = [f"{name} {found[name]}" for name in wanted if found[name] != wanted[name]]
    if others:
        raise ModelUnavailableError(
            f"The model {spec.name} cannot be used",
            f"This version does not compute its {', '.join(others)}.",
            "Choose the built-in model.",
        )


def _refuse_unusable(vectors: Float32Array) -> None:
    norms = np.linalg.norm(vectors, axis=1)
    is_usable = np.abs(norms - 1) <= _NORM_TOLERANCE  # False for NaN too.
    if not is_usable.all():
        raise UnsoundVectorError(
            "The model gave vectors that cannot be used",
            f"{np.count_nonzero(~is_usable)} of {len(vectors)} are not finite or not of norm 1.",
            "Restart; if it happens again, the computer's memory or the installed torch is at fault.",
        )
