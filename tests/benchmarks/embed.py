"""How fast the encoder is, against its peer on the same weights, device and texts, in one run.

    python -m tests.benchmarks.embed [--shape MiniLM|tiny|0.6B|4B] [--model FOLDER] [--texts N] [--pairs N] [--compile]

Each mix of lengths is embedded in turn by our encoder and by sentence-transformers' `encode()` as it comes; the figure
is the median of the pairs' ratios. Then the worker is asked as the service asks it: from its start to the first answer,
queries while passages are embedded, memory, and whether all of it is given back. Shapes have random weights and a
tokenizer of one token a byte; a folder may hold real ones. The only file that may import sentence_transformers.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from finder.embed.choice import space_named
from finder.embed.models import ALL_MINILM_L6_V2
from finder.embed.weights import LocalModel, find_model, folder_name
from finder.vectors import Float32Array
from finder.workers.embed_front import EmbedFront
from tests.benchmarks.shapes import QWEN3, gflop, write_shape

PEER_BATCH = 32
SAMPLE = 16
WORDS = ("the", "of", "and", "to", "in", "for", "house", "water", "paper", "letter", "year", "name", "city", "work")
QUERIES = 30
IDLE_S = 2.0


@dataclass(frozen=True)
class Row:
    """One mix of lengths. Ratios are the medians of the pairs; above 1, ours is faster."""

    mix: str
    texts: int
    tokens: int
    tokens_per_s: float
    passages_per_s: float
    ratio_to_sentence_transformers: float
    ratio_lowest: float
    ratio_highest: float
    ratio_of_compiled: float | None
    """Compiled to not; None where layers were not compiled."""
    matrix_gflops: float
    matrix_share: float
    """Of the rate that the model's own largest product reached between the pairs; attention counts as work."""
    matrix_share_of_compiled: float | None
    lowest_cosine: float
    """To transformers' plain forward in float32, one text at a time."""
    padding_share: float
    """Of the tokens that ours computes."""
    peer_padding_share: float
    peak_gpu_bytes: int | None


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare the encoder with its peer.")
    parser.add_argument("--shape", choices=("MiniLM", *QWEN3), default="MiniLM")
    parser.add_argument("--model", type=Path, help="a folder in the sentence-transformers layout, instead of a shape")
    parser.add_argument("--texts", type=int, help="in a mix: 2,048 on a graphics processor, 96 without one")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--compile", action="store_true", help="measure compiled layers too; a minute or more")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_PROGRESS_BARS="1", TOKENIZERS_PARALLELISM="true")
    os.environ["RAYON_NUM_THREADS"] = str(arguments.threads)  # For the tokenizer, which both ways use.
    with tempfile.TemporaryDirectory(prefix="inkling-embed-") as name:
        model = _model(arguments, Path(name))
        rows = _measure(model, arguments)
        _print(rows)
        service = _ask_worker(model, Path(name), arguments.threads)
    for key, value in service.items():
        print(f"{key:32}{value:>20}")
    if arguments.json:
        about = {"processor": platform.processor() or platform.machine(), "threads": arguments.threads, **service}
        arguments.json.write_text(json.dumps({**about, "rows": [asdict(row) for row in rows]}, indent=2) + "\n")


def _model(arguments: argparse.Namespace, folder: Path) -> LocalModel:
    if arguments.model is None and arguments.shape == "MiniLM":
        return find_model(ALL_MINILM_L6_V2.name, folder)
    path = arguments.model or write_shape(folder / "model", arguments.shape)
    return find_model(folder_name(os.fsencode(path.resolve())), folder)


def _measure(model: LocalModel, arguments: argparse.Namespace) -> list[Row]:
    from finder.embed.encoder.embedder import Encoder

    ours = Encoder(model.spec, model.folder, threads=arguments.threads, compiles=False)
    device: Any = ours._device
    peer = _sentence_transformers(model, device)
    config = json.loads((model.folder / "config.json").read_text())
    mixes = _mixes(model, arguments.texts or (2048 if device.is_gpu else 96))
    print(f"{model.spec.name}, {ours.device}", flush=True)
    timed = [_pairs(ours, peer, mix, config, device, arguments.pairs) for mix in mixes]
    compiled = [_compiled(ours, mix, arguments.pairs) for mix in mixes] if arguments.compile else [None] * len(mixes)
    single = _one_at_a_time(model)
    rows = []
    for (mix, texts, lengths, per_call), (pairs, matrix, peak), compiled_s in zip(mixes, timed, compiled, strict=True):
        ours_s = statistics.median(pair[0] for pair in pairs)
        ratios = [pair[1] / pair[0] for pair in pairs]
        sample = random.Random(1).sample(range(len(texts)), min(SAMPLE, len(texts)))
        exact = single([texts[index] for index in sample])
        rate = statistics.median(matrix)
        rows.append(
            Row(
                mix=mix,
                texts=len(texts),
                tokens=sum(lengths),
                tokens_per_s=sum(lengths) / ours_s,
                passages_per_s=len(texts) / ours_s,
                ratio_to_sentence_transformers=statistics.median(ratios),
                ratio_lowest=min(ratios),
                ratio_highest=max(ratios),
                ratio_of_compiled=ours_s / compiled_s if compiled_s else None,
                matrix_gflops=rate,
                matrix_share=gflop(config, lengths) / ours_s / rate,
                matrix_share_of_compiled=gflop(config, lengths) / compiled_s / rate if compiled_s else None,
                lowest_cosine=float((ours.embed_passages(texts)[sample] * exact).sum(axis=1).min()),
                padding_share=_padding_share(ours, lengths, per_call),
                peer_padding_share=_peer_padding_share(texts, lengths, per_call),
                peak_gpu_bytes=peak,
            )
        )
    return rows


Mix = tuple[str, list[str], list[int], int]
"""Name, texts, their lengths in tokens, and how many texts a call has."""


def _mixes(model: LocalModel, texts: int) -> list[Mix]:
    most, seeded = model.spec.max_tokens if model.spec.max_tokens < 512 else 512, random.Random(0)
    log_uniform = [round(8 * (most / 8) ** seeded.random()) for _ in range(texts)]
    desktop = [
        seeded.randint(most * 7 // 8, most) if seeded.random() < 0.6 else round(8 * (most / 8) ** seeded.random())
        for _ in range(texts)
    ]
    text = _text_maker(model, seeded)
    return [
        (name, [text(length) for length in lengths], lengths, per_call)
        for name, lengths, per_call in (
            (f"log-uniform 8-{most}", log_uniform, texts),
            (f"full {most}", [most] * (texts // 4), texts),
            ("desktop", desktop, texts),
            ("8 x 128", [128] * min(64, texts), 8),
        )
    ]


def _text_maker(model: LocalModel, seeded: random.Random) -> Callable[[int], str]:
    """Makes texts of so many tokens: of words that are one token each, or of letters where a byte is a token."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(model.folder / "tokenizer.json"))
    tokenizer.no_padding()
    special, joint = len(tokenizer.encode(model.spec.passage("")).ids), " "
    words = [word for word in WORDS if len(tokenizer.encode(f"{word} {word}").ids) - len(tokenizer.encode("").ids) == 2]
    if not words:
        words, joint = list("abcdefghijklmnopqrstuvwxyz "), ""
    return lambda length: joint.join(seeded.choices(words, k=length - special))


def _pairs(
    ours: Any, peer: Callable[[list[str]], Any], mix: Mix, config: dict[str, Any], device: Any, pairs: int
) -> tuple[list[tuple[float, float]], list[float], int | None]:
    """Seconds of ours and of the peer, the matrix rate in GFLOP/s between them, and our peak of GPU memory."""
    import torch

    _, texts, _, per_call = mix
    _timed(ours.embed_passages, texts, per_call), _timed(peer, texts[:PEER_BATCH], per_call)
    if device.target.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device.target)
        _timed(ours.embed_passages, texts, per_call)
    peak = torch.cuda.max_memory_allocated(device.target) if device.target.type == "cuda" else None
    seconds, rates = [], []
    for _ in range(pairs):
        seconds.append((_timed(ours.embed_passages, texts, per_call), _timed(peer, texts, per_call)))
        rates.append(_matrix_gflops(config, device))
    return seconds, rates, peak


def _compiled(ours: Any, mix: Mix, runs: int) -> float | None:
    from finder.embed.encoder.compiling import compile_layers
    from finder.embed.encoder.decoder import Decoder

    if not isinstance(ours._network, Decoder):
        return None
    if not hasattr(ours, "was_compiled"):
        compile_layers(ours._network)
        ours.was_compiled = True
    _timed(ours.embed_passages, mix[1], mix[3])
    return statistics.median(_timed(ours.embed_passages, mix[1], mix[3]) for _ in range(runs))


def _sentence_transformers(model: LocalModel, device: Any) -> Callable[[list[str]], Float32Array]:
    from sentence_transformers import SentenceTransformer

    peer = SentenceTransformer(
        str(model.folder), device=str(device.target), local_files_only=True, model_kwargs={"dtype": device.dtype}
    )
    peer.max_seq_length = model.spec.max_tokens
    prompt = model.spec.passage_prefix or None
    return lambda texts: peer.encode(texts, show_progress_bar=False, batch_size=PEER_BATCH, prompt=prompt)


def _one_at_a_time(model: LocalModel) -> Callable[[list[str]], Float32Array]:
    import torch
    from tokenizers import Tokenizer
    from transformers import AutoModel

    tokenizer = Tokenizer.from_file(str(model.folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(model.spec.max_tokens)
    network = AutoModel.from_pretrained(model.folder, local_files_only=True, dtype=torch.float32).eval()

    @torch.inference_mode()
    def embed(texts: list[str]) -> Float32Array:
        rows = []
        for text in texts:
            hidden = network(torch.tensor([tokenizer.encode(model.spec.passage(text)).ids])).last_hidden_state[0]
            rows.append({"mean": hidden.mean(dim=0), "last": hidden[-1], "cls": hidden[0]}[model.spec.pooling])
        return torch.nn.functional.normalize(torch.stack(rows), dim=1).numpy()

    return embed


def _timed(work: Callable[[list[str]], Any], texts: list[str], per_call: int) -> float:
    start = time.perf_counter()
    for at in range(0, len(texts), per_call):
        work(texts[at : at + per_call])
    return time.perf_counter() - start


def _matrix_gflops(config: dict[str, Any], device: Any) -> float:
    """The rate of the model's own largest product; on a GPU of a batch of 16,384 tokens."""
    import torch

    width, inner = config["hidden_size"], config["intermediate_size"]
    rows, repeats = (16_384, 20) if device.is_gpu else (1024, 20)
    left = torch.randn(rows, width, device=device.target, dtype=device.dtype)
    right = torch.randn(inner, width, device=device.target, dtype=device.dtype)
    float(torch.nn.functional.linear(left, right)[0, 0])  # waits for the device, as does the one below
    start = time.perf_counter()
    for _ in range(repeats):
        product = torch.nn.functional.linear(left, right)
    float(product[0, 0])
    return repeats * 2 * rows * width * inner / (time.perf_counter() - start) / 1e9


def _padding_share(ours: Any, lengths: list[int], per_call: int) -> float:
    from finder.embed.batches import batches

    if not ours._network.is_padded:
        return 0.0
    computed = 0
    for at in range(0, len(lengths), per_call):
        part = lengths[at : at + per_call]
        cut = batches(part, ours._budget.tokens(is_searching=False), is_padded=True)
        computed += sum(len(batch) * max(part[index] for index in batch) for batch in cut)
    return 1 - sum(lengths) / computed


def _peer_padding_share(texts: list[str], lengths: list[int], per_call: int) -> float:
    """sentence-transformers sorts each call by characters and pads each batch of 32 to its longest."""
    computed = 0
    for at in range(0, len(texts), per_call):
        order = at + np.argsort([-len(text) for text in texts[at : at + per_call]], kind="stable")
        for start in range(0, len(order), PEER_BATCH):
            part = [lengths[index] for index in order[start : start + PEER_BATCH]]
            computed += max(part) * len(part)
    return 1 - sum(lengths) / computed


def _ask_worker(model: LocalModel, folder: Path, threads: int) -> dict[str, str]:
    """What a person notices: the wait for the first answer, and for one while passages are embedded; memory."""
    space = space_named(model.spec.name, folder)
    front = EmbedFront(folder, folder, space, IDLE_S, threads)
    try:
        start = time.perf_counter()
        front.embed_query("where is the contract")
        cold_s = time.perf_counter() - start
        with _indexing(front):
            waits_s = []
            for number in range(QUERIES):
                start = time.perf_counter()
                front.embed_query(f"where is contract {number}")
                waits_s.append(time.perf_counter() - start)
                time.sleep(0.05)
        assert front.worker.pid is not None
        resident = psutil.Process(front.worker.pid).memory_info().rss
        deadline = time.monotonic() + 60
        while front.worker.pid is not None and time.monotonic() < deadline:
            time.sleep(0.2)
        left = "0" if front.worker.pid is None else "the worker is still there"
    finally:
        front.stop()
    waits_s.sort()
    return {
        "cold_start_s": f"{cold_s:.2f}",
        "query_while_indexing_p50_ms": f"{1000 * waits_s[len(waits_s) // 2]:.0f}",
        "query_while_indexing_p95_ms": f"{1000 * waits_s[int(0.95 * len(waits_s))]:.0f}",
        "worker_resident_bytes": str(resident),
        "bytes_after_idle": left,
    }


@contextmanager
def _indexing(front: EmbedFront) -> Iterator[None]:
    """Passages are embedded all the time, as by the pipeline."""
    is_done = threading.Event()

    def embed() -> None:
        number = 0
        while not is_done.is_set():
            number += 1
            front.embed_passages([f"{number} " + "rent " * 90] * 64)

    thread = threading.Thread(target=embed)
    thread.start()
    try:
        time.sleep(0.5)
        yield
    finally:
        is_done.set()
        thread.join()


def _print(rows: list[Row]) -> None:
    for name in Row.__dataclass_fields__:
        values = [getattr(row, name) for row in rows]
        shown = (f"{value:.6g}" if isinstance(value, float) else str(value) for value in values)
        print(f"{name:32}" + "".join(f"{value:>20}" for value in shown))


if __name__ == "__main__":
    main()
