"""The encoder: texts become tokens, batches, vectors. Imports torch and tokenizers, transformers only where needed.

Importing this takes a second; a worker process does it, never the service.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from finder.embed.batches import Batches
from finder.embed.budget import TokenBudget
from finder.embed.encoder import bert
from finder.embed.encoder.devices import Device, choose_device
from finder.embed.encoder.faults import computed, device_faults, no_memory
from finder.embed.encoder.loading import load_network, parameters_of
from finder.embed.encoder.network import Forward
from finder.embed.models import ModelSpec, space_of
from finder.embed.weights import verify
from finder.errors import ModelUnavailableError, UnsoundVectorError
from finder.vectors import Float32Array, Int64Array, Space

_log = logging.getLogger(__name__)

TOKEN_BUDGET = 1024
"""Tokens per batch on a CPU: smaller ones feed the matrix kernels badly, larger ones fall out of the caches."""

_WINDOW = 2048
"""Passages that are tokenised and sorted together; bounds the memory that tokens take."""

_LEAST_SHARE = 128
"""Tokens; of fewer, to start a thread for them costs more than it saves."""
_LEAST_TOKENS = 256
_GPU_FIRST_TOKENS = 4096
_GPU_MOST_TOKENS = 32_768
"""What a larger batch gains is below what it costs in memory and in waiting."""
_PROBE_TOKENS = 2048
"""In the batch that shows how much memory a token takes."""
_MEMORY_SHARE = 0.8
"""Of what is left beside the weights; the rest is for what the allocator cannot put together."""
_LEAST_MAX_TOKENS = 512
_COMPILED_AFTER_TOKENS = 4_000_000
"""Passages of so many tokens on one device say that there is much to do."""
_NORM_TOLERANCE = 1e-3


class Encoder:
    """A model on a device, as an `Embedder`. Its methods may be called from several threads at once.

    Args:
        spec: the model.
        folder: holds the files of `spec`; they are verified before any is opened as a model.
        device: where it is computed; the best one that has room where None.
        threads: batches computed at one time on a CPU; as many as it has cores where None. Each batch has one core to
            itself: cores that share a batch wait for the slowest at every product, which a busy computer makes dear.
        token_budget: tokens computed between two calls of `between_batches`; what the device likes best where None.
        models: the home's folder of models, where large files that are unchanged need not be read again.
        gpu_limit_bytes: of a graphics processor's memory; None for at most half of what is free.
        compiles: layers are compiled in the background on a graphics processor when there is much to do.
    Raises:
        ModelUnavailableError: weights missing, damaged or unreadable, or of a kind that this encoder does not compute.
        DeviceFaultError: the graphics processor failed, and this process is not to use it again.
    """

    def __init__(
        self,
        spec: ModelSpec,
        folder: Path,
        device: Device | None = None,
        threads: int | None = None,
        token_budget: int | None = None,
        models: Path | None = None,
        gpu_limit_bytes: int | None = None,
        compiles: bool = True,
    ) -> None:
        verify(spec, folder, models)
        config = json.loads((folder / "config.json").read_text("utf-8"))
        torch.set_num_threads(1)
        self._spec = spec
        self._space = space_of(spec)
        with device_faults():
            self._choose = partial(
                choose_device, parameters_of(spec, config), bert.is_computed(config), gpu_limit_bytes
            )
            self._device = device or self._choose()
            self._network = load_network(spec, folder, config, self._device)
            self._budget = self._new_budget(token_budget)
            self.max_tokens = min(spec.max_tokens, max(_LEAST_MAX_TOKENS, self._tokens_in_memory()))
            """Where a text is cut on the right: as the model was trained, or what memory holds."""
        self._threads = 1 if self._device.is_gpu else threads or _cores()
        self._tokenizer = _load_tokenizer(folder, self.max_tokens)
        end = config.get("eos_token_id")
        self._filler = end if isinstance(end, int) else 0
        """Stands for a text of which the tokenizer leaves nothing."""
        self._compiles = compiles and self._device.target.type == "cuda" and self._network.can_compile
        self._tokens_done = 0
        if self._device.is_gpu:
            os.environ["TOKENIZERS_PARALLELISM"] = "true"  # one core would not feed it

    @property
    def space(self) -> Space:
        return self._space

    @property
    def device(self) -> str:
        """Where it computes, for showing."""
        return self._device.name

    def has_room_on_gpu(self) -> bool:
        """True where it computes on the processor for want of graphics memory, of which there is enough by now."""
        with device_faults():
            return self._device.lacks_room and self._choose().is_gpu

    def embed_passages(self, texts: Sequence[str], between_batches: Callable[[], object] | None = None) -> Float32Array:
        """Embed passages for storage.

        Args:
            texts: N passages; longer than `max_tokens` are cut on the right.
            between_batches: called before every batch, so that a waiting query can be answered; True of it says that
                somebody is searching, which makes batches short on a graphics processor. What it raises ends the work.
        Returns:
            (N, D) float32, each row of L2 norm 1 (within 1e-3).
        Raises:
            UnsoundVectorError: the model gave vectors that are not finite or not of norm 1.
            DeviceFaultError: the graphics processor failed.
        """
        return self._embed(texts, between_batches or _go_on, is_awaited=False)

    def embed_sentences(self, texts: Sequence[str]) -> Float32Array:
        """Embed a few passages for somebody who waits: on a CPU every core takes its share of them.

        Args, Returns, Raises: as `embed_passages`.
        """
        return self._embed(texts, _go_on, is_awaited=True)

    def embed_query(self, text: str, instruction: str | None = None) -> Float32Array:
        """Embed one query, worded as the model was trained to read it.

        Args:
            instruction: what is searched for, for models that read one; the model's own where None.
        Returns:
            (D,) float32 of L2 norm 1 (within 1e-3).
        Raises:
            UnsoundVectorError, DeviceFaultError: as `embed_passages`.
        """
        sequences = self._tokenise([self._spec.query(text, instruction)])
        with device_faults(), torch.inference_mode():
            forward = self._network.open(len(sequences[0]))
            pooled = computed(forward, sequences)
            if pooled is None:  # passages under way have it: the next ones leave room
                self._make_room()
                pooled = computed(forward, sequences)
            if pooled is None:
                raise no_memory()
            return np.asarray(self._finished(self._normal(pooled))[0])

    def _embed(self, texts: Sequence[str], between_batches: Callable[[], object], is_awaited: bool) -> Float32Array:
        vectors = np.empty((len(texts), self._space.dimension), dtype=np.float32)
        for start in range(0, len(texts), _WINDOW):
            sequences = self._tokenise([self._spec.passage(text) for text in texts[start : start + _WINDOW]])
            self._embed_all(sequences, vectors[start : start + _WINDOW], between_batches, is_awaited)
            self._compile_if_worth_while(sum(len(tokens) for tokens in sequences))
        return vectors

    def _embed_all(
        self,
        sequences: Sequence[list[int]],
        vectors: Float32Array,
        between_batches: Callable[[], object],
        is_awaited: bool,
    ) -> None:
        """Write the vectors of N sequences into `vectors` (N, D), as many batches at one time as there are threads."""
        lengths = [len(tokens) for tokens in sequences]
        most = self._budget.most
        if is_awaited and self._threads > 1:
            most = min(most, max(_LEAST_SHARE, sum(lengths) // self._threads + max(lengths)))
        work = _Work(sequences, Batches(lengths, self._network.is_padded), vectors, most)
        threads = min(self._threads, -(-sum(lengths) // most))

        def embed_what_is_left() -> None:
            try:
                with device_faults(), torch.inference_mode():
                    self._embed_batches(work, between_batches)
            except BaseException:
                work.left.drop()
                raise

        if threads == 1:
            embed_what_is_left()
            return
        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(embed_what_is_left) for _ in range(threads)]:
                done.result()

    def _embed_batches(self, work: _Work, between_batches: Callable[[], object]) -> None:
        """One thread's share. On a graphics processor each batch is begun while the one before is still computed."""
        lengths = [len(tokens) for tokens in work.sequences]
        forward = self._network.open(max(*lengths, min(work.most_tokens, sum(lengths))))
        begun: _Begun | None = None
        while len(work.left):
            is_searching = bool(between_batches()) and self._device.is_gpu
            batch = work.left.take(min(work.most_tokens, self._budget.tokens(is_searching)))
            if batch is None:  # another thread took the last
                break
            following = self._begin(work, batch, forward)
            self._end(work, begun)
            begun = None
            if following is None:
                work.left.put_back(batch)
                if not self._make_room():
                    raise no_memory()
            elif self._device.is_gpu and not is_searching:
                begun = following
            else:
                self._end(work, following)
        self._end(work, begun)

    def _begin(self, work: _Work, batch: Int64Array, forward: Forward) -> _Begun | None:
        """None where memory does not hold it."""
        sequences = [work.sequences[index] for index in batch]
        began = time.perf_counter()
        pooled = computed(forward, sequences)
        return None if pooled is None else _Begun(batch, self._normal(pooled), sum(map(len, sequences)), began)

    def _end(self, work: _Work, begun: _Begun | None) -> None:
        """Wait for a batch, and put its vectors in their places."""
        if begun is None:
            return
        work.vectors[begun.batch] = self._finished(begun.vectors)
        now = time.perf_counter()
        self._budget.computed(begun.tokens, now - max(begun.began, work.ended))
        work.ended = now

    def _make_room(self) -> bool:
        """Memory did not hold a batch: the next ones are half as large. False where they cannot be smaller."""
        _log.info("memory did not hold a batch; the next ones are smaller")
        if self._device.target.type == "cuda":
            torch.cuda.empty_cache()
        elif self._device.target.type == "mps":
            torch.mps.empty_cache()
        return self._budget.ran_out()

    def _normal(self, pooled: Tensor) -> Tensor:
        """(N, W) -> (N, D), cut and of norm 1, still on the device."""
        return functional.normalize(pooled[:, : self._space.dimension], dim=1)

    def _finished(self, vectors: Tensor) -> Float32Array:
        found: Float32Array = vectors.cpu().numpy()  # (N, D)
        _refuse_unusable(found)
        return found

    def _tokenise(self, texts: list[str]) -> list[list[int]]:
        # A lone surrogate, which no UTF-8 text has but a request may, is refused by the tokenizer: it becomes "?".
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        return [encoding.ids or [self._filler] for encoding in self._tokenizer.encode_batch_fast(clean)]

    def _new_budget(self, wanted: int | None) -> TokenBudget:
        if not self._device.is_gpu:
            tokens = wanted or TOKEN_BUDGET
            return TokenBudget(tokens, min(tokens, _LEAST_TOKENS), tokens)
        most = min(self._tokens_in_memory(), _GPU_MOST_TOKENS)
        if wanted is not None:
            return TokenBudget(wanted, min(wanted, _LEAST_TOKENS), wanted)
        return TokenBudget(_GPU_FIRST_TOKENS, _LEAST_TOKENS, max(most, _LEAST_TOKENS))

    def _tokens_in_memory(self) -> int:
        """How many tokens of one batch memory holds beside the weights; measured where the device tells."""
        weights_bytes = self._bytes_in_use()
        bytes_per_token = self._network.bytes_per_token
        if self._device.target.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self._device.target)
            with torch.inference_mode():
                self._network.open(_PROBE_TOKENS)([[0] * 256] * (_PROBE_TOKENS // 256)).cpu()
            used_bytes = torch.cuda.max_memory_allocated(self._device.target) - weights_bytes
            bytes_per_token = max(1, used_bytes // _PROBE_TOKENS)
        left_bytes = max(0, self._device.memory_bytes - weights_bytes)
        return int(_MEMORY_SHARE * left_bytes / bytes_per_token)

    def _bytes_in_use(self) -> int:
        """Of the memory that may be taken; on a processor the weights were there before it was looked at."""
        if self._device.target.type == "cuda":
            return torch.cuda.memory_allocated(self._device.target)
        return torch.mps.current_allocated_memory() if self._device.target.type == "mps" else 0

    def _compile_if_worth_while(self, tokens: int) -> None:
        self._tokens_done += tokens
        if self._compiles and self._tokens_done >= _COMPILED_AFTER_TOKENS:
            self._compiles = False
            from finder.embed.encoder.compiling import compile_in_background
            from finder.embed.encoder.decoder import Decoder

            assert isinstance(self._network, Decoder)
            compile_in_background(self._network)


@dataclass(slots=True)
class _Work:
    """Passages on their way: shared by the threads that embed them."""

    sequences: Sequence[list[int]]
    left: Batches
    vectors: Float32Array
    """(N, D), written batch by batch."""
    most_tokens: int
    """Of one batch, so that there is one for each thread."""
    ended: float = 0.0
    """When the last batch was, by `time.perf_counter`."""


@dataclass(frozen=True, slots=True)
class _Begun:
    """A batch that the device computes, or has computed."""

    batch: Int64Array
    vectors: Tensor
    """(N, D), normalised, on the device."""
    tokens: int
    began: float


def _cores() -> int:
    """Cores that this process may compute on; two threads on one core share its multipliers."""
    cores = psutil.cpu_count(logical=False) or 1
    return min(cores, len(psutil.Process().cpu_affinity())) if hasattr(psutil.Process, "cpu_affinity") else cores


def _go_on() -> None:
    """Nothing waits between two batches."""


def _load_tokenizer(folder: Path, max_tokens: int) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # the library raises nothing narrower
        raise ModelUnavailableError(
            "The model cannot be used",
            f"Its tokenizer cannot be read: {str(error)[:100]}",
            "Get it again, or choose another: inkling model list",
            str(folder),
        ) from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def _refuse_unusable(vectors: Float32Array) -> None:
    norms = np.linalg.norm(vectors, axis=1)
    is_usable = np.abs(norms - 1) <= _NORM_TOLERANCE  # False for NaN too.
    if not is_usable.all():
        raise UnsoundVectorError(
            "The model gave vectors that cannot be used",
            f"{np.count_nonzero(~is_usable)} of {len(vectors)} are not finite or not of norm 1.",
            "Restart; if it happens again, the computer's memory or the installed torch is at fault.",
        )
