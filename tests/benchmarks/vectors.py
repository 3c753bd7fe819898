"""The exact search against Chroma: from which size on is Chroma faster, and how well does each find?

    python -m tests.benchmarks.vectors [--sizes 10000,100000] [--dimension 384]

The vectors are synthetic: clusters of about 200 around random centres, as passages of like documents are. The exact
search reads from a real catalog. Times are wall times of one thread.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from finder.store import spaces
from finder.store.chroma import ChromaIndex
from finder.store.epochs import create_epoch
from finder.store.exact import ExactIndex
from finder.store.schema import open_writer
from finder.vectors import Float32Array, Int64Array, Space, VectorHits

_QUERIES = 60
_K = 50
_ADD_ROWS = 100
"""What the vector worker adds in one turn: a search may have to wait for it."""

Search = Callable[[Float32Array, int], VectorHits]


@dataclass(frozen=True)
class Timing:
    p50_ms: float
    p95_ms: float
    recall: float

    def cells(self) -> list[str]:
        return [f"{self.p50_ms:.1f}", f"{self.p95_ms:.1f}", f"{self.recall:.3f}"]


def clustered(count: int, dimension: int, centres: Float32Array, rng: np.random.Generator) -> Float32Array:
    """Unit vectors (N, D) around `centres` (C, D)."""
    vectors = np.empty((count, dimension), np.float32)
    for start in range(0, count, 10_000):
        part = centres[rng.integers(0, len(centres), min(10_000, count - start))]
        part = part + 0.7 * rng.standard_normal(part.shape, dtype=np.float32)
        vectors[start : start + len(part)] = part / np.linalg.norm(part, axis=1, keepdims=True)
    return vectors


def nearest(vectors: Float32Array, queries: Float32Array, k: int) -> list[set[int]]:
    """The sequence numbers (row + 1) of the k nearest to each query, by brute force in float32."""
    scores = queries @ vectors.T  # (Q, N)
    return [set((np.argpartition(-row, k)[:k] + 1).tolist()) for row in scores]


def timed(search: Search, queries: Float32Array, truth: list[set[int]]) -> Timing:
    for query in queries[:5]:
        search(query, _K)
    times_ms, found = [], 0
    for query, best in zip(queries, truth, strict=True):
        before = time.perf_counter()
        hits = search(query, _K)
        times_ms.append((time.perf_counter() - before) * 1000)
        found += len(best.intersection(hits.seqs[: len(best)].tolist()))
    p50_ms, p95_ms = np.percentile(times_ms, (50, 95))
    return Timing(float(p50_ms), float(p95_ms), found / sum(map(len, truth)))


def fill_catalog(path: Path, space: Space, vectors: Float32Array) -> spaces.SpaceVectors:
    connection = open_writer(path)
    with connection:
        space_id = spaces.activate(connection, space)
        connection.executemany(
            "INSERT INTO texts(hash, heading, body) VALUES(?, '', '')",
            ((row.to_bytes(8, "big"),) for row in range(len(vectors))),
        )
        spaces.add_vectors(connection, space_id, range(1, len(vectors) + 1), vectors)
    return spaces.SpaceVectors(lambda: connection, space_id, space.dimension)


def measure(size: int, dimension: int, folder: Path, table: Table) -> tuple[float, float]:
    """Add the rows of one size to `table`. Returns the p50 of the exact search and of Chroma, in milliseconds."""
    rng = np.random.default_rng(size)
    centres = rng.standard_normal((max(2, size // 200), dimension), dtype=np.float32)
    vectors = clustered(size + 10 * _ADD_ROWS, dimension, centres, rng)
    vectors, more = vectors[:size], vectors[size:]
    queries = clustered(_QUERIES, dimension, centres, rng)
    truth = nearest(vectors, queries, 10)
    space = Space("0" * 64, "synthetic", dimension)

    exact = ExactIndex(folder / "codes", space, fill_catalog(folder / "catalog.db", space, vectors))
    before = time.perf_counter()
    exact.refresh()
    rate = size / (time.perf_counter() - before)
    exactly = timed(exact.search, queries, truth)
    table.add_row(f"{size:,}", "exact", *exactly.cells(), f"{rate:,.0f}")
    for share in (0.01, 0.5):
        allowed: Int64Array = np.sort(rng.choice(size, int(size * share), replace=False)) + 1
        best = [set((allowed[list(rows)]).tolist()) for rows in _rows(nearest(vectors[allowed - 1], queries, 10))]
        filtered = timed(lambda query, k, allowed=allowed: exact.search(query, k, allowed), queries, best)
        table.add_row("", f"exact, {share:.0%} allowed", *filtered.cells(), "")
    exact.close()

    chroma = ChromaIndex(create_epoch(folder, space), dimension)
    before = time.perf_counter()
    chroma.add(np.arange(1, size + 1), vectors)
    rate = size / (time.perf_counter() - before)
    approximately = timed(chroma.search, queries, truth)
    table.add_row("", "Chroma", *approximately.cells(), f"{rate:,.0f}")
    table.add_row("", f"Chroma, behind an add of {_ADD_ROWS}", *_while_adding(chroma, size, more, queries), "")
    chroma.close()
    return exactly.p50_ms, approximately.p50_ms


def _rows(truth: list[set[int]]) -> list[list[int]]:
    return [[seq - 1 for seq in best] for best in truth]


def _while_adding(chroma: ChromaIndex, size: int, more: Float32Array, queries: Float32Array) -> list[str]:
    """What a search costs that comes just as an add begins: it waits for it."""
    times_ms = []
    for turn in range(len(more) // _ADD_ROWS):
        rows = slice(turn * _ADD_ROWS, (turn + 1) * _ADD_ROWS)
        before = time.perf_counter()
        chroma.add(np.arange(rows.start, rows.stop) + size + 1, more[rows])
        chroma.search(queries[turn], _K)
        times_ms.append((time.perf_counter() - before) * 1000)
    p50_ms, p95_ms = np.percentile(times_ms, (50, 95))
    return [f"{p50_ms:.1f}", f"{p95_ms:.1f}", ""]


def crossover(sizes: list[int], times_ms: list[tuple[float, float]]) -> str:
    """Where the straight lines between the measured sizes cross."""
    for left, right in zip(range(len(sizes)), range(1, len(sizes)), strict=False):
        gaps = [times_ms[at][0] - times_ms[at][1] for at in (left, right)]
        if gaps[0] <= 0 < gaps[1]:
            at = sizes[left] + (sizes[right] - sizes[left]) * -gaps[0] / (gaps[1] - gaps[0])
            return f"Chroma is faster from about {at:,.0f} vectors on."
    return "Chroma and the exact search do not change places within these sizes."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000,100000", help="comma-separated numbers of vectors")
    parser.add_argument("--dimension", type=int, default=384)
    options = parser.parse_args()
    table = Table(title=f"{options.dimension} dimensions, {_K} results")
    for name in ("vectors", "search", "p50 ms", "p95 ms", "recall@10", "written/s"):
        table.add_column(name, justify="left" if name == "search" else "right")
    sizes = sorted(int(size) for size in options.sizes.split(","))
    times_ms = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            times_ms.append(measure(size, options.dimension, Path(folder), table))
    console = Console()
    console.print(table)
    console.print(crossover(sizes, times_ms))


if __name__ == "__main__":
    main()
