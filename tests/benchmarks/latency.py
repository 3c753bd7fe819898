"""How long a search takes, by phase: names and words, meaning, whole; with filters, while typing, while indexing runs.

    python -m tests.benchmarks.latency [--passages 10000,100000] [--corpus DIR ...] [--home DIR] [--json FILE]

The catalog is synthetic (tests/benchmarks/synthetic.py), everything that answers is the product's own: catalog, keyword
index, exact search, results that are looked up on the disk. The query's vector is random and costs nothing; nearest
passages come from the exact search at every size. With `--home` the catalogs are kept there and grown; 1,000,000
passages take about 4 GB and ten minutes to make.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from finder.search.searcher import Searcher, SearchRequest, SpaceSearch
from finder.stop_words import STOP_WORDS
from finder.store import schema, spaces
from finder.store.catalog import Catalog
from finder.store.exact import ExactIndex
from finder.vectors import Float32Array
from tests.benchmarks import synthetic
from tests.benchmarks.synthetic import DIMENSION, PASSAGES_PER_FILE, SPACE, WordModel

_SEED = 7
_WARMING = 5
_COMMON_EVERY = 5
"""One query in so many is made of the commonest words alone."""
_COMMON_RANKS = 300
_LIMIT = 20


@dataclass(frozen=True)
class Timing:
    """One row of the table. Milliseconds: of the clock, and of the processor, which other programs change less."""

    passages: int
    search: str
    words: tuple[float, float]
    """p50 and p95 until the partial answer is there; where nothing is sought by meaning, until the only one is."""
    words_cpu: tuple[float, float]
    meaning: tuple[float, float]
    """From there to the final answer."""
    whole: tuple[float, float]
    whole_cpu: tuple[float, float]
    mean_results: float


def queries(model: WordModel, file_count: int, count: int) -> list[str]:
    """Two to eight words of some passage each, and some of common words alone; the same at every call."""
    rng = np.random.default_rng(_SEED)
    telling = [word for word in model.words[:_COMMON_RANKS].tolist() if word not in STOP_WORDS and len(word) > 2]
    asked = []
    for turn in range(count):
        length = int(rng.integers(2, 9))
        if turn % _COMMON_EVERY == 0:
            words = rng.choice(telling, min(length, 4), replace=False)
        else:
            passage = model.passages(_SEED, int(rng.integers(file_count)))[int(rng.integers(PASSAGES_PER_FILE))]
            words = rng.choice(passage, min(length, len(passage)), replace=False)
        asked.append(" ".join(words.tolist()))
    return asked


class Bench:
    """One catalog, opened for searching."""

    def __init__(self, home: Path, model: WordModel) -> None:
        self._model = model
        self.catalog = Catalog(home / "catalog.db")
        self.space_id = spaces.active(self.catalog.reader())[0]  # type: ignore[index]  # `grow` has made it
        truth = spaces.SpaceVectors(self.catalog.reader, self.space_id, DIMENSION)
        self._exact = ExactIndex(home / "codes", SPACE, truth)
        self._exact.refresh()
        self._vectors = iter(synthetic.random_units(100_000, _SEED + 1))
        space = SpaceSearch(self.space_id, self._exact, self._embedded)
        self.searcher = Searcher(
            self.catalog.reader, lambda: space, lambda: self.catalog.commits, changes=self.catalog.changes
        )
        self.files = int(self.catalog.reader().execute("SELECT count(*) FROM files").get)

    def _embedded(self, query: str, instruction: str | None) -> Float32Array:
        return next(self._vectors)

    def close(self) -> None:
        self._exact.close()
        self.catalog.close()

    def measure(self, name: str, asked: list[str], folders: tuple[bytes, ...] = (), is_typing: bool = False) -> Timing:
        """Answer each query once, after a few that warm the caches."""
        rows: list[tuple[float, ...]] = []
        results: list[int] = []
        for turn, query in enumerate(asked[-_WARMING:] + asked):
            at_partial: list[tuple[float, float]] = []
            request = SearchRequest(query, folders, limit=_LIMIT, is_typing=is_typing)
            began = _clocks_ms()
            found = self.searcher.search(request, lambda partly, at=at_partial: at.append(_clocks_ms()))  # type: ignore[misc]
            ended = _clocks_ms()
            if turn >= _WARMING:
                partly = at_partial[0] if at_partial else ended
                rows.append((partly[0] - began[0], partly[1] - began[1], ended[0] - partly[0]))
                rows[-1] += (ended[0] - began[0], ended[1] - began[1])
                results.append(len(found["results"]))
        percentiles = np.percentile(rows, (50, 95), axis=0).T.round(1).tolist()
        words, words_cpu, meaning, whole, whole_cpu = ((p50, p95) for p50, p95 in percentiles)
        passages, mean = self.files * PASSAGES_PER_FILE, float(np.mean(results))
        return Timing(passages, name, words, words_cpu, meaning, whole, whole_cpu, mean)

    @contextlib.contextmanager
    def indexing(self, root: Path) -> Iterator[list[int]]:
        """A thread adds files as fast as the catalog takes them. Gives a list whose one number is how many."""
        added, stop = [0], threading.Event()

        def add() -> None:
            while not stop.is_set():
                number = self.files + added[0]
                self.catalog.write(
                    partial(synthetic.add_whole, model=self._model, seed=_SEED, root=root, number=number)
                )
                added[0] += 1

        thread = threading.Thread(target=add, name="indexing")
        thread.start()
        try:
            yield added
        finally:
            stop.set()
            thread.join()


def _clocks_ms() -> tuple[float, float]:
    """The clock's time and this thread's own."""
    return time.perf_counter() * 1000, time.thread_time() * 1000


def measure(home: Path, root: Path, model: WordModel, count: int) -> list[Timing]:
    """Every row of one size."""
    bench = Bench(home, model)
    asked = queries(model, bench.files, count)
    rows = [
        bench.measure("everything", asked),
        bench.measure("the last word unfinished", [query[:-1] for query in asked], is_typing=True),
        bench.measure("in a folder", asked, (os.fsencode(root / "part 0"),)),
        bench.measure("ext:pdf", [f"{query} ext:pdf" for query in asked]),
        bench.measure("before:2017", [f"{query} before:2017" for query in asked]),
        # Each query its own, so that nothing of it was kept; all but a few files pass.
        bench.measure("size:>N, each another", [f"{query} size:>{turn}kb" for turn, query in enumerate(asked, 1)]),
    ]
    with bench.indexing(root) as added:
        began = time.monotonic()
        rows.append(bench.measure("while indexing", asked))
        rows.append(bench.measure("in a folder, while indexing", asked, (os.fsencode(root / "part 0"),)))
        seconds = time.monotonic() - began
    print(f"indexing meanwhile: {added[0] / seconds:.0f} files a second")
    bench.close()
    return rows


def prepared(home: Path, root: Path, model: WordModel, passages: int) -> None:
    """Make the catalog, or grow it to this size."""
    home.mkdir(parents=True, exist_ok=True)
    connection = schema.open_writer(home / "catalog.db")
    connection.pragma("synchronous", "off")
    synthetic.grow(connection, model, _SEED, root, passages // PASSAGES_PER_FILE)
    connection.close()


def table_of(rows: list[Timing]) -> Table:
    table = Table(title=f"{_LIMIT} results; milliseconds p50 / p95, in brackets of the processor")
    for name in ("passages", "search", "names and words", "meaning after it", "whole", "results"):
        table.add_column(name, justify="left" if name == "search" else "right")
    for row in rows:
        table.add_row(
            f"{row.passages:,}",
            row.search,
            f"{_shown(row.words)} ({_shown(row.words_cpu)})",
            _shown(row.meaning),
            f"{_shown(row.whole)} ({_shown(row.whole_cpu)})",
            f"{row.mean_results:.1f}",
        )
    return table


def _shown(times_ms: tuple[float, float]) -> str:
    return " / ".join(f"{time_ms:.0f}" for time_ms in times_ms)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", default="10000,100000", help="comma-separated sizes")
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--corpus", type=Path, nargs="*", default=[], help="folders with a corpus.jsonl; else made up")
    parser.add_argument("--home", type=Path, help="kept, and used again; else a temporary folder")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    model = WordModel.of_corpora(options.corpus) if options.corpus else WordModel.made_up(_SEED)
    home = options.home or Path(tempfile.mkdtemp())
    rows: list[Timing] = []
    try:
        for passages in map(int, options.passages.split(",")):
            prepared(home / str(passages), home / "files", model, passages)
            rows += measure(home / str(passages), home / "files", model, options.queries)
            Console().print(table_of(rows))
    finally:
        if options.home is None:
            shutil.rmtree(home)
    if options.json is not None:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")


if __name__ == "__main__":
    main()
