"""Text to vectors with torch: the one module that imports torch, transformers and tokenizers.

Sequences are packed without padding: all tokens of a batch lie in one row, transformers' own model runs over that row,
and only attention, which is registered with it here, looks at where one sequence ends and the next begins. The result
is exact, whatever else is in the batch. Importing this takes seconds; a worker process does it, never the service.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

# Both are read when huggingface_hub is imported: nothing here may ever ask the network, or draw on the terminal.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional
from transformers import AttentionInterface
from transformers.models.bert.modeling_bert import BertModel

from finder.embed.batches import Run, batches, equal_runs
from finder.embed.models import ModelSpec, space_of
from finder.embed.weights import verify
from finder.errors import EnvironmentFaultError, ModelUnavailableError
from finder.vectors import Float32Array, Space

TOKEN_BUDGET = 1024
"""Tokens per batch on a CPU: smaller ones feed the matrix kernels badly, larger ones fall out of the caches."""

_WINDOW = 2048
"""Passages that are tokenised and sorted together; bounds the memory that tokens take."""

_PACKED = "inkling_packed"

_NORM_TOLERANCE = 1e-3


class Encoder:
    """A BERT model with mean pooling, as an `Embedder`. Its methods may be called from several threads at once.

    Args:
        spec: one of `KNOWN_MODELS`.
        folder: holds the files of `spec`; they are verified before any is opened as a model.
        device: as torch names it.
        threads: for torch's own work on a CPU, in this whole process; torch's default where None.
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
        if spec.pooling != "mean":
            raise ModelUnavailableError(
                f"The model {spec.name} cannot be used",
                f"It pools by {spec.pooling}; this version computes mean pooling.",
                "Choose the built-in model.",
            )
        verify(spec, folder)
        if threads is not None:
            torch.set_num_threads(threads)
        self._spec = spec
        self._space = space_of(spec)
        self._token_budget = token_budget
        self._device = torch.device(device)
        self._tokenizer = _load_tokenizer(folder, spec.max_tokens)
        self._model = _load_model(folder).to(self._device)

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
            EnvironmentFaultError: the model gave vectors that are not finite or not of norm 1.
        """
        vectors = np.empty((len(texts), self._space.dimension), dtype=np.float32)
        for start in range(0, len(texts), _WINDOW):
            sequences = self._tokenise([self._spec.passage(text) for text in texts[start : start + _WINDOW]])
            for batch in batches([len(tokens) for tokens in sequences], self._token_budget):
                if between_batches is not None:
                    between_batches()
                vectors[start + batch] = self._embed([sequences[index] for index in batch])
        return vectors

    def embed_query(self, text: str, instruction: str | None = None) -> Float32Array:
        """Embed one query, worded as the model was trained to read it.

        Args:
            instruction: what is searched for, for models that read one; the model's own where None.
        Returns:
            (D,) float32 of L2 norm 1 (within 1e-3).
        Raises:
            EnvironmentFaultError: as `embed_passages`.
        """
        (vector,) = self._embed(self._tokenise([self._spec.query(text, instruction)]))
        return np.asarray(vector)

    def _tokenise(self, texts: list[str]) -> list[list[int]]:
        # A lone surrogate, which no UTF-8 text has but a request may, is refused by the tokenizer: it becomes "?".
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(clean)]

    @torch.inference_mode()
    def _embed(self, sequences: Sequence[list[int]]) -> Float32Array:
        """(N, D) for N sequences of token ids, of which equal lengths lie side by side."""
        lengths = [len(tokens) for tokens in sequences]
        runs = equal_runs(lengths)
        tokens = torch.tensor([token for sequence in sequences for token in sequence])  # (T,)
        positions = torch.cat([torch.arange(length) for length in lengths])  # (T,)
        hidden = self._model(
            input_ids=tokens.to(self._device).unsqueeze(0),
            position_ids=positions.to(self._device).unsqueeze(0),
            runs=runs,
        ).last_hidden_state[0]  # (T, D)
        means = torch.cat([_split(hidden, run).mean(dim=1) for run in runs])  # (N, D)
        vectors: Float32Array = functional.normalize(means, dim=1).cpu().numpy()  # (N, D)
        _refuse_unusable(vectors)
        return vectors


def packed_attention(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    runs: Sequence[Run],
    scaling: float | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """Attention of every token to all tokens of its own sequence, in transformers' attention interface.

    Args:
        query, key, value: (1, H, T, d), the tokens of all sequences in one row.
        attention_mask: None; the runs say it all.
        runs: where the sequences lie in the row.
    Returns:
        (1, T, H, d), and no weights.
    """
    attended = torch.empty_like(query[0].transpose(0, 1))  # (T, H, d)
    for run in runs:
        # Heads stand where a batch usually does: the kernel treats both alike, and nothing is copied.
        q, k, v = (_split(part[0].transpose(0, 1), run).permute(2, 0, 1, 3) for part in (query, key, value))
        out = functional.scaled_dot_product_attention(q, k, v, scale=scaling)  # (H, N, L, d)
        _split(attended, run).copy_(out.permute(1, 2, 0, 3))
    return attended.unsqueeze(0), None


def _split(row: Tensor, run: Run) -> Tensor:
    """(T, ...) -> (N, L, ...), the sequences of one run, as a view."""
    return row[run.start : run.end].view(run.count, run.length, *row.shape[1:])


AttentionInterface.register(_PACKED, packed_attention)


def _load_tokenizer(folder: Path, max_tokens: int) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def _load_model(folder: Path) -> Any:
    logging.getLogger("transformers").setLevel(
        logging.ERROR
    )  # Else the pooler, left out here, is reported as unexpected.
    model: Any = BertModel.from_pretrained(
        folder,
        local_files_only=True,
        use_safetensors=True,
        add_pooling_layer=False,
        attn_implementation=_PACKED,
        dtype=torch.float32,
    )
    model.eval()
    return model


def _refuse_unusable(vectors: Float32Array) -> None:
    norms = np.linalg.norm(vectors, axis=1)
    is_usable = np.abs(norms - 1) <= _NORM_TOLERANCE  # False for NaN too.
    if not is_usable.all():
        raise EnvironmentFaultError(
            "The model gave vectors that cannot be used",
            f"{np.count_nonzero(~is_usable)} of {len(vectors)} are not finite or not of norm 1.",
            "Restart; if it happens again, the computer's memory or the installed torch is at fault.",
        )
