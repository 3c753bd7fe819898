"""How fast the encoder is, against its peers on the same weights in one process.

    python -m tests.benchmarks.embed [--threads N] [--pairs N] [--json FILE]

Two mixes of 256-token texts are embedded in turn by our encoder and by sentence-transformers' `encode()` as it comes;
the figure is the median of the pairs' ratios. The only file that may import sentence_transformers.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from finder.embed.batches import batches
from finder.embed.models import ALL_MINILM_L6_V2 as SPEC
from finder.embed.weights import find_built_in
from finder.vectors import Float32Array

LAYERS, INNER = 6, 1536
PEER_BATCH = 32
SAMPLE = 32


@dataclass(frozen=True)
class Row:
    """One mix of lengths. Ratios are the medians of the pairs; above 1, ours is faster."""

    mix: str
    texts: int
    tokens: int
    tokens_per_s: float
    ratio_to_sentence_transformers: float
    ratio_lowest: float
    ratio_highest: float
    ratio_to_one_at_a_time: float
    sgemm_gflops: float
    sgemm_share: float
    """Of the rate that matrices of the model's own shape reached between the pairs; attention counts as work."""
    lowest_cosine: float
    """To transformers' plain forward, one text at a time."""
    peer_padding_share: float
    """Of the tokens that the peer computes; ours computes none."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare the encoder with its peers.")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_PROGRESS_BARS="1")  # For the peers.
    os.environ["RAYON_NUM_THREADS"] = str(arguments.threads)  # For the tokenizer, which both ways use.
    rows = _measure(arguments.threads, arguments.pairs)
    _print(rows)
    if arguments.json:
        about = {"processor": platform.processor() or platform.machine(), "threads": arguments.threads}
        arguments.json.write_text(json.dumps({**about, "rows": [asdict(row) for row in rows]}, indent=2) + "\n")


def _measure(threads: int, pairs: int) -> list[Row]:
    from finder.embed.encoder import TOKEN_BUDGET, Encoder

    folder = find_built_in()
    ours = Encoder(SPEC, folder, threads=threads)
    peer = _sentence_transformers(folder)
    single = _one_at_a_time(folder)
    rows = []
    for mix, texts, lengths in _mixes():
        assert sum(len(batch) for batch in batches(lengths, TOKEN_BUDGET)) == len(texts)
        vectors = ours.embed_passages(texts)
        peer(texts[:PEER_BATCH])
        seconds = [(_timed(ours.embed_passages, texts), _timed(peer, texts), _sgemm_gflops()) for _ in range(pairs)]
        sample = random.Random(1).sample(range(len(texts)), SAMPLE)
        single_s, exact = _timed_result(single, [texts[index] for index in sample])
        ours_s = statistics.median(pair[0] for pair in seconds)
        ratios = [pair[1] / pair[0] for pair in seconds]
        sgemm = statistics.median(pair[2] for pair in seconds)
        sample_share = sum(lengths[index] for index in sample) / sum(lengths)
        rows.append(
            Row(
                mix=mix,
                texts=len(texts),
                tokens=sum(lengths),
                tokens_per_s=sum(lengths) / ours_s,
                ratio_to_sentence_transformers=statistics.median(ratios),
                ratio_lowest=min(ratios),
                ratio_highest=max(ratios),
                ratio_to_one_at_a_time=single_s / sample_share / ours_s,
                sgemm_gflops=sgemm,
                sgemm_share=_gflop(lengths) / ours_s / sgemm,
                lowest_cosine=float((vectors[sample] * exact).sum(axis=1).min()),
                peer_padding_share=_peer_padding_share(texts, lengths),
            )
        )
    return rows


def _mixes() -> list[tuple[str, list[str], list[int]]]:
    """Name, texts, and their lengths in tokens."""
    words = _single_token_words()
    seeded = random.Random(0)
    log_uniform = [round(8 * (SPEC.max_tokens / 8) ** seeded.random()) for _ in range(256)]
    full = [SPEC.max_tokens] * 64
    return [
        (name, [" ".join(seeded.choices(words, k=length - 2)) for length in lengths], lengths)
        for name, lengths in (("log-uniform 8-256", log_uniform), ("full 256", full))
    ]


def _single_token_words() -> list[str]:
    from tokenizers import Tokenizer

    vocabulary = Tokenizer.from_file(str(find_built_in() / "tokenizer.json")).get_vocab()
    return sorted(word for word in vocabulary if word.isascii() and word.isalpha() and len(word) > 2)


def _sentence_transformers(folder: Path) -> Callable[[list[str]], Float32Array]:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    return lambda texts: model.encode(texts, show_progress_bar=False)


def _one_at_a_time(folder: Path) -> Callable[[list[str]], Float32Array]:
    import torch
    from transformers import AutoTokenizer, BertModel

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model: Any = BertModel.from_pretrained(folder, local_files_only=True, attn_implementation="sdpa")

    @torch.inference_mode()
    def embed(texts: list[str]) -> Float32Array:
        rows = []
        for text in texts:
            tokens = tokenizer(text, truncation=True, max_length=SPEC.max_tokens, return_tensors="pt")
            rows.append(model(**tokens).last_hidden_state[0].mean(dim=0))
        return torch.nn.functional.normalize(torch.stack(rows), dim=1).numpy()

    return embed


def _timed(work: Callable[[list[str]], Any], texts: list[str]) -> float:
    return _timed_result(work, texts)[0]


def _timed_result(work: Callable[[list[str]], Any], texts: list[str]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work(texts)
    return time.perf_counter() - start, result


def _gflop(lengths: list[int]) -> float:
    """Of the matrix products in one forward: four projections and two feed-forward ones, scores, and weighted sums."""
    width = SPEC.dimension
    dense = 2 * (4 * width * width + 2 * width * INNER)
    return LAYERS * sum(length * (dense + 4 * length * width) for length in lengths) / 1e9


def _sgemm_gflops(repeats: int = 30) -> float:
    """The rate of the model's own largest product at our batch size."""
    import torch

    left, right = torch.randn(1024, SPEC.dimension), torch.randn(INNER, SPEC.dimension)
    torch.nn.functional.linear(left, right)
    start = time.perf_counter()
    for _ in range(repeats):
        torch.nn.functional.linear(left, right)
    return repeats * 2 * 1024 * SPEC.dimension * INNER / (time.perf_counter() - start) / 1e9


def _peer_padding_share(texts: list[str], lengths: list[int]) -> float:
    """sentence-transformers sorts by characters and pads each batch of 32 to its longest."""
    order = np.argsort([-len(text) for text in texts], kind="stable")
    sorted_lengths = np.array(lengths)[order]
    parts = [sorted_lengths[start : start + PEER_BATCH] for start in range(0, len(order), PEER_BATCH)]
    return 1 - sum(lengths) / sum(int(part.max()) * len(part) for part in parts)


def _print(rows: list[Row]) -> None:
    for name in Row.__dataclass_fields__:
        values = [getattr(row, name) for row in rows]
        shown = (f"{value:.6g}" if isinstance(value, float) else str(value) for value in values)
        print(f"{name:32}" + "".join(f"{value:>20}" for value in shown))


if __name__ == "__main__":
    main()
