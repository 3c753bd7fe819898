"""A decoder's layers compiled while its first passages are embedded without. Imports torch.

What torch makes of a layer (the norms, the rotation and the gate each in one kernel) is a third faster on a graphics
processor and takes a minute or more to make, with a compiler that may not be there: nobody waits for it, and what
cannot be compiled is computed as before.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from finder.courtesy import give_way
from finder.embed.encoder.attention import TokenBatch
from finder.embed.encoder.decoder import Decoder

_log = logging.getLogger(__name__)

_LEAST_COSINE = 0.999
"""Between a compiled layer's output and the plain one's, in 16 bit."""
_SAMPLES = ((300, 212), (17, 64, 64, 200), (12,), (33,))
"""Lengths in batches of passages and in queries: two of each, since torch compiles for all lengths at the second."""


def compile_in_background(decoder: Decoder) -> threading.Thread:
    """Begin to compile, without waiting; the layers change once all of it is done and proven."""
    thread = threading.Thread(target=_compile_quietly, args=(decoder,), name="compile", daemon=True)
    thread.start()
    return thread


def _compile_quietly(decoder: Decoder) -> None:
    give_way()
    try:
        compile_layers(decoder)
        _log.info("the model's layers are compiled")
    except Exception as error:  # noqa: BLE001 - whatever is not there to compile with, the model computes without
        _log.info("the model's layers are computed as they are: %s", type(error).__name__)


def compile_layers(decoder: Decoder, backend: str = "inductor") -> None:
    """Replace every layer's forward by a compiled one.

    Args:
        backend: torch's name for what makes programs of the layers.
    Raises:
        ArithmeticError: what was compiled does not compute the same; nothing was replaced.
    """
    compiled = [torch.compile(layer.forward, dynamic=True, backend=backend) for layer in decoder.layers]
    with torch.inference_mode():
        for lengths in _SAMPLES:
            batch = decoder.batch([[at % 97 for at in range(length)] for length in sorted(lengths)])
            plain = _run([layer.forward for layer in decoder.layers], decoder, batch)
            cosine = functional.cosine_similarity(_run(compiled, decoder, batch).float(), plain.float(), dim=-1)
            if not float(cosine.flatten()[batch.owners < len(lengths)].min()) >= _LEAST_COSINE:
                raise ArithmeticError
    torch.compiler.set_stance("eager_on_recompile")  # nobody's search waits for what these samples left out
    for layer, forward in zip(decoder.layers, compiled, strict=True):
        layer.forward = forward


def _run(layers: Sequence[Callable[..., Any]], decoder: Decoder, batch: TokenBatch) -> Tensor:
    """(B, L, D), after all layers that compute every token."""
    hidden, rotations = decoder.embedded(batch)
    for layer in layers:
        hidden = layer(
            hidden,
            attention_mask=None,
            position_embeddings=rotations,
            position_ids=batch.positions,
            past_key_values=None,
            use_cache=False,
            batch=batch,
        )
    return hidden
