"""What a second batch that waits at the model brings: the embedding stage with one in flight and with two, in turn.

    python -m tests.benchmarks.in_flight [--pairs N] [--batches N] [--delay-ms N] [--json FILE]

Two models: the built-in one in its worker, which must not become slower, and one that takes as long as a fast graphics
processor would and computes nothing, so that what is left is what the stage keeps it waiting for. Beside the rate is
the processor time of this process and its worker for 1,000 passages, which other programs hardly touch.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import psutil

from finder.embed.choice import space_named
from finder.embed.models import BUILT_IN
from finder.index import embedding
from finder.index.activity import Activity
from finder.index.embedding import EmbeddingStage
from finder.store import contents, spaces
from finder.store.catalog import Catalog
from finder.types import Extraction, Passage
from finder.vectors import Embedder, Float32Array, Space
from finder.workers.embed_front import EmbedFront

WORDS = ("rent", "tenant", "flat", "river", "invoice", "bridge", "contract", "engine", "receipt", "holiday")
WORDS_PER_TEXT = (4, 60)


class Waiting:
    """An `Embedder` that answers one request at a time, each after so long."""

    def __init__(self, delay_s: float) -> None:
        self.space = Space("w" * 64, "waiting", 1024)
        self._delay_s = delay_s
        self._free_at = 0.0

    def embed_passages(self, texts: Sequence[str]) -> Float32Array:
        self._free_at = max(time.perf_counter(), self._free_at) + self._delay_s
        time.sleep(self._free_at - time.perf_counter())
        return np.full((len(texts), self.space.dimension), self.space.dimension**-0.5, np.float32)

    def embed_query(self, text: str, instruction: str | None = None) -> Float32Array:
        return np.asarray(self.embed_passages([text])[0])


def measure(embedder: Embedder, texts: Sequence[str], in_flight: int) -> tuple[float, float]:
    """Passages per second until all of `texts` have a committed vector, and processor seconds for 1,000 of them."""
    embedding._BATCHES_IN_FLIGHT = in_flight
    with tempfile.TemporaryDirectory() as folder:
        catalog = Catalog(Path(folder) / "catalog.db")
        passages = tuple(Passage(0, len(text), text) for text in texts)
        extraction = Extraction("document", None, None, False, False, 1, {}, (), passages)
        catalog.write(lambda connection: contents.add(connection, b"h", "text@1", extraction))
        space = catalog.write(lambda connection: spaces.activate(connection, embedder.space))
        stage = EmbeddingStage(catalog, embedder, space, Activity(), focus=lambda: None, on_embedded=lambda: None)
        begun, begun_cpu_s = time.perf_counter(), _cpu_s()
        while stage.work():
            pass
        elapsed_s, cpu_s = time.perf_counter() - begun, _cpu_s() - begun_cpu_s
        stage.leave()
        catalog.close()
    return len(texts) / elapsed_s, 1000 * cpu_s / len(texts)


def _cpu_s() -> float:
    this = psutil.Process()
    return sum(times.user + times.system for each in (this, *this.children()) for times in (each.cpu_times(),))


def compare(name: str, embedder: Embedder, texts: Sequence[str], pairs: int) -> dict[str, float | str]:
    """The medians, and that of the ratios of each pair."""
    measure(embedder, texts[:300], 2)
    found = [[measure(embedder, texts, in_flight) for in_flight in (1, 2)] for _ in range(pairs)]
    rates = [[rate for rate, _ in pair] for pair in found]
    cpu_s = [[seconds for _, seconds in pair] for pair in found]
    ratios = [two / one for one, two in rates]
    row: dict[str, float | str] = {
        "model": name,
        "one_in_flight_passages_per_s": round(statistics.median(one for one, _ in rates), 1),
        "two_in_flight_passages_per_s": round(statistics.median(two for _, two in rates), 1),
        "ratio": round(statistics.median(ratios), 3),
        "lowest": round(min(ratios), 3),
        "highest": round(max(ratios), 3),
        "one_cpu_s_per_1000": round(statistics.median(one for one, _ in cpu_s), 3),
        "two_cpu_s_per_1000": round(statistics.median(two for _, two in cpu_s), 3),
    }
    print("  ".join(f"{title} {value}" for title, value in row.items()), flush=True)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description="One batch in flight against two.")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--batches", type=int, default=6)
    parser.add_argument(
        "--delay-ms", type=float, default=100.0, help="for a batch of 256 passages, as a fast GPU takes"
    )
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    seeded = random.Random(1)
    texts = [
        f"{number} " + " ".join(seeded.choices(WORDS, k=seeded.randint(*WORDS_PER_TEXT)))
        for number in range(256 * arguments.batches)
    ]
    rows = [compare("waiting", Waiting(arguments.delay_ms / 1000), texts, arguments.pairs)]
    with tempfile.TemporaryDirectory() as folder:
        front = EmbedFront(Path(folder), Path(folder), space_named(BUILT_IN.name, Path(folder)), 60.0, threads=1)
        try:
            rows.append(compare(BUILT_IN.name, front, texts[: 256 * 2], arguments.pairs))
        finally:
            front.stop()
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
