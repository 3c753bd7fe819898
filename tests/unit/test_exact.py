"""The exact search finds what brute force finds, whatever happens to its cache."""

from __future__ import annotations

import logging
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from finder.errors import EnvironmentFaultError
from finder.store.codes import quantise
from finder.store.exact import ExactIndex
from finder.vectors import Float16Array, Float32Array, Int64Array, Space

SPACE = Space(key="a" * 64, model="test", dimension=32)


class ArraySource:
    """A VectorSource in memory: row i has sequence number 3 * i + 1, so that the numbers have gaps."""

    def __init__(self, vectors: Float32Array) -> None:
        self.vectors = vectors.astype(np.float16)
        self.seqs = np.arange(len(vectors), dtype=np.int64) * 3 + 1
        self.is_live = np.ones(len(vectors), np.bool_)
        self.rows_given = 0

    def read_after(self, seq: int, limit: int) -> tuple[Int64Array, Float16Array]:
        rows = np.flatnonzero(self.is_live & (self.seqs > seq))[:limit]
        self.rows_given += len(rows)
        return self.seqs[rows], self.vectors[rows]

    def read(self, seqs: Int64Array) -> tuple[Int64Array, Float16Array]:
        rows = (seqs - 1) // 3
        rows = rows[self.is_live[rows]]
        return self.seqs[rows], self.vectors[rows]

    def live_seqs(self) -> Int64Array:
        return self.seqs[self.is_live]

    def kill(self, seqs: Int64Array) -> None:
        self.is_live[(seqs - 1) // 3] = False

    def brute_force(self, query: Float32Array, k: int, allowed: Int64Array | None = None) -> Int64Array:
        wanted = self.is_live if allowed is None else self.is_live & np.isin(self.seqs, allowed)
        vectors = self.vectors.astype(np.float32)
        cosines = vectors @ query / np.linalg.norm(vectors, axis=1) / np.linalg.norm(query)
        scores = np.where(wanted, cosines, -np.inf)
        order = np.lexsort((self.seqs, -scores))[: min(k, int(wanted.sum()))]
        return self.seqs[order]


def clustered(count: int, dimension: int, seed: int = 0) -> Float32Array:
    """Unit vectors (N, D) in tight clusters, as passages of like documents are: neighbours lie close together."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((max(2, count // 200), dimension), dtype=np.float32)
    vectors = centres[rng.integers(0, len(centres), count)]
    vectors += 0.5 * rng.standard_normal((count, dimension), dtype=np.float32)
    unit: Float32Array = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def filled(path: Path, source: ArraySource, space: Space = SPACE) -> ExactIndex:
    index = ExactIndex(path, space, source)
    index.refresh()
    return index


@pytest.fixture
def source() -> ArraySource:
    return ArraySource(clustered(5000, SPACE.dimension))


@pytest.fixture
def index(tmp_path: Path, source: ArraySource) -> Iterator[ExactIndex]:
    index = filled(tmp_path / "codes", source)
    yield index
    index.close()


@pytest.mark.parametrize(("count", "dimension"), [(40_000, 32), (20_000, 384), (5_000, 1024), (2_000, 4096)])
def test_finds_what_brute_force_finds(tmp_path: Path, count: int, dimension: int) -> None:
    source = ArraySource(clustered(count, dimension))
    index = filled(tmp_path / "codes", source, Space("b" * 64, "test", dimension))
    queries = clustered(50, dimension, seed=1)
    found = sum(len(np.intersect1d(index.search(query, 10).seqs, source.brute_force(query, 10))) for query in queries)
    index.close()
    assert found / (10 * len(queries)) >= 0.999


def test_scores_are_cosine_similarities_best_first(index: ExactIndex, source: ArraySource) -> None:
    query = 7 * clustered(1, SPACE.dimension, seed=2)[0]
    hits = index.search(query, 20)
    vectors = source.read(hits.seqs)[1].astype(np.float64)
    cosines = vectors @ query / np.linalg.norm(vectors, axis=1) / np.linalg.norm(query)
    np.testing.assert_allclose(hits.scores, cosines, atol=1e-6)
    assert (np.diff(hits.scores) <= 0).all()


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.95])
@pytest.mark.parametrize("is_scattered", [True, False])
def test_a_filter_is_a_mask(index: ExactIndex, source: ArraySource, share: float, is_scattered: bool) -> None:
    count = int(share * len(source.seqs))
    rng = np.random.default_rng(3)
    rows = np.sort(rng.choice(len(source.seqs), count, replace=False)) if is_scattered else np.arange(700, 700 + count)
    rows = rows[rows < len(source.seqs)]
    unknown = np.array([2, 5, 10**9])
    allowed = np.union1d(source.seqs[rows], unknown)
    for query in clustered(5, SPACE.dimension, seed=4):
        assert index.search(query, 10, allowed).seqs.tolist() == source.brute_force(query, 10, allowed).tolist()


def test_a_filter_that_allows_nothing_finds_nothing(index: ExactIndex, source: ArraySource) -> None:
    assert len(index.search(clustered(1, SPACE.dimension)[0], 10, np.empty(0, np.int64)).seqs) == 0
    assert len(index.search(clustered(1, SPACE.dimension)[0], 10, np.array([2])).seqs) == 0


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    index = filled(tmp_path / "codes", ArraySource(clustered(0, SPACE.dimension)))
    assert len(index.search(clustered(1, SPACE.dimension)[0], 10).seqs) == 0
    index.close()


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_a_query_without_direction_finds_nothing(index: ExactIndex, value: float) -> None:
    assert len(index.search(np.full(SPACE.dimension, value, np.float32), 10).seqs) == 0


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_a_bad_vector_in_the_source_is_never_an_answer(tmp_path: Path, value: float) -> None:
    vectors = clustered(300, SPACE.dimension)
    vectors[7] = value
    source = ArraySource(vectors)
    index = filled(tmp_path / "codes", source)
    hits = index.search(vectors[8], 300)
    assert len(hits.seqs) == 299
    assert source.seqs[7] not in hits.seqs
    assert np.isfinite(hits.scores).all()
    index.close()


def test_takes_in_what_is_new(index: ExactIndex, source: ArraySource) -> None:
    grown = ArraySource(np.concatenate([source.vectors.astype(np.float32), clustered(10, SPACE.dimension, seed=5)]))
    source.__dict__.update(grown.__dict__)
    assert index.refresh() == 10
    assert index.search(source.vectors[-1].astype(np.float32), 1).seqs.tolist() == [source.seqs[-1]]
    assert index.refresh() == 0


def test_grows_over_several_segments(tmp_path: Path) -> None:
    space = Space("c" * 64, "test", 4096)
    source = ArraySource(clustered(10_000, 4096))  # a segment holds 8,192 of these
    index = filled(tmp_path / "codes", source, space)
    for row in (0, 8191, 8192, 9999):
        assert index.search(source.vectors[row].astype(np.float32), 1).seqs.tolist() == [source.seqs[row]]
    index.close()
    reopened = ExactIndex(tmp_path / "codes", space, source)
    assert len(reopened) == 10_000
    reopened.close()


def test_reopening_reads_no_vector_again(tmp_path: Path, source: ArraySource) -> None:
    filled(tmp_path / "codes", source).close()
    source.rows_given = 0
    index = filled(tmp_path / "codes", source)
    assert source.rows_given == 0
    assert len(index) == len(source.seqs)
    index.close()


def test_the_dead_are_hidden_at_once_and_do_not_come_back(tmp_path: Path, source: ArraySource) -> None:
    index = filled(tmp_path / "codes", source)
    query = source.vectors[100].astype(np.float32)
    dead = index.search(query, 50).seqs
    source.kill(dead)
    index.discard(dead)
    expected = source.brute_force(query, 50).tolist()
    assert index.search(query, 50).seqs.tolist() == expected
    index.close()
    reopened = filled(tmp_path / "codes", source)
    assert reopened.search(query, 50).seqs.tolist() == expected
    reopened.close()


def test_the_dead_take_no_place_from_the_living_even_when_nobody_said_that_they_died(
    index: ExactIndex, source: ArraySource
) -> None:
    query = source.vectors[100].astype(np.float32)
    source.kill(source.brute_force(query, 1500))  # far more than are rescored at a time
    assert index.search(query, 10).seqs.tolist() == source.brute_force(query, 10).tolist()


def test_is_written_anew_when_a_fifth_is_dead(tmp_path: Path, index: ExactIndex, source: ArraySource) -> None:
    dead = source.seqs[:1100]
    source.kill(dead)
    index.discard(dead)
    assert quantise(source.vectors[:1])[0].tobytes() in (tmp_path / "codes").read_bytes()
    index.refresh()
    assert quantise(source.vectors[:1])[0].tobytes() not in (tmp_path / "codes").read_bytes()
    query = source.vectors[2000].astype(np.float32)
    assert index.search(query, 10).seqs.tolist() == source.brute_force(query, 10).tolist()


def test_what_is_forgotten_leaves_the_disk(tmp_path: Path, index: ExactIndex, source: ArraySource) -> None:
    dead = source.seqs[[17, 18, 4999]]
    codes = [row.tobytes() for row in quantise(source.vectors[[17, 18, 4999]])[0]]
    assert all(code in (tmp_path / "codes").read_bytes() for code in codes)
    source.kill(dead)
    index.forget()
    assert os.listdir(tmp_path) == ["codes"]
    assert not any(code in (tmp_path / "codes").read_bytes() for code in codes)
    assert len(index) == 4997
    index.close()
    source.rows_given = 0
    reopened = filled(tmp_path / "codes", source)
    assert (len(reopened), source.rows_given) == (4997, 0)
    reopened.close()


def flip_a_code(path: Path) -> None:
    with path.open("r+b") as file:
        needle = path.read_bytes().rindex(b"\x7f")  # the largest element of every row
        file.seek(needle)
        file.write(b"\x11")


def flip_the_header(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(20)
        file.write(b"\xff\xff\xff\xff")


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def hole(path: Path) -> None:
    """What a power loss leaves where a page never reached the disk."""
    with path.open("r+b") as file:
        file.seek((64 << 10) + 64 + 4096)
        file.write(bytes(4096))


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [flip_a_code, flip_the_header, cut, hole, empty])
def test_a_damaged_cache_is_built_again_and_said(
    tmp_path: Path, source: ArraySource, damage: object, caplog: pytest.LogCaptureFixture
) -> None:
    filled(tmp_path / "codes", source).close()
    assert callable(damage)
    damage(tmp_path / "codes")
    source.rows_given = 0
    with caplog.at_level(logging.WARNING):
        index = filled(tmp_path / "codes", source)
    assert source.rows_given == len(source.seqs)
    assert "built again" in caplog.text
    query = source.vectors[100].astype(np.float32)
    assert index.search(query, 10).seqs.tolist() == source.brute_force(query, 10).tolist()
    index.close()


def test_a_cache_of_another_space_or_catalog_is_not_believed(tmp_path: Path, source: ArraySource) -> None:
    filled(tmp_path / "codes", source).close()
    source.rows_given = 0
    others = {
        "space": (Space("d" * 64, "test", 32), source),
        "dimension": (Space(SPACE.key, "test", 64), ArraySource(clustered(5000, 64))),
        "vectors under the same numbers": (SPACE, ArraySource(clustered(5000, 32, seed=9))),
        "more vectors before the last": (SPACE, ArraySource(clustered(9000, 32))),
    }
    others["more vectors before the last"][1].seqs = np.arange(9000, dtype=np.int64) + 1
    for name, (space, other) in others.items():
        path = tmp_path / name
        path.write_bytes((tmp_path / "codes").read_bytes())
        index = filled(path, other, space)
        assert other.rows_given == len(other.seqs), name
        index.close()


def test_searches_are_sound_while_it_changes(index: ExactIndex, source: ArraySource) -> None:
    """Four threads search while the file is refreshed, written anew and unmapped; a witness is found throughout."""
    faults: list[Exception] = []
    is_over = threading.Event()
    witness = source.vectors[4000].astype(np.float32)

    def search() -> None:
        try:
            while not is_over.is_set():
                hits = index.search(witness, 5)
                assert hits.seqs[0] == source.seqs[4000]
                assert len(hits.seqs) == 5
        except Exception as error:  # noqa: BLE001 - raised again below, in the thread that can fail the test
            faults.append(error)

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for step in range(30):
        dead = source.seqs[step * 40 : step * 40 + 40]
        source.kill(dead)
        index.discard(dead) if step % 3 else index.forget()
        index.refresh()
        index.unmap()
    is_over.set()
    for thread in threads:
        thread.join()
    assert not faults
    assert len(index) == 5000 - 1200


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc/self/maps")
def test_an_idle_index_maps_nothing(tmp_path: Path, index: ExactIndex, source: ArraySource) -> None:
    index.search(source.vectors[0].astype(np.float32), 1)
    assert str(tmp_path) in Path("/proc/self/maps").read_text()
    index.unmap()
    assert str(tmp_path) not in Path("/proc/self/maps").read_text()
    assert len(index.search(source.vectors[0].astype(np.float32), 1).seqs) == 1


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_only_its_user_can_read_it(tmp_path: Path, index: ExactIndex) -> None:
    assert (tmp_path / "codes").stat().st_mode & 0o777 == 0o600
    index.forget()
    assert (tmp_path / "codes").stat().st_mode & 0o777 == 0o600


_KILLED = """
import sys
from pathlib import Path
from tests.unit.test_exact import ArraySource, SPACE, ExactIndex, clustered
class Slow(ArraySource):
    def read_after(self, seq, limit):
        print("row", flush=True)
        return super().read_after(seq, min(limit, 64))
ExactIndex(Path(sys.argv[1]), SPACE, Slow(clustered(5000, 32))).refresh()
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
@pytest.mark.parametrize("rows", [1, 9, 40])
def test_killed_while_writing_it_goes_on_from_there(tmp_path: Path, source: ArraySource, rows: int) -> None:
    command = [sys.executable, "-c", _KILLED, str(tmp_path / "codes")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as child:
        assert child.stdout is not None
        for _ in range(rows):
            child.stdout.readline()
        child.send_signal(signal.SIGKILL)
    index = filled(tmp_path / "codes", source)
    assert source.rows_given <= 5000 - 64 * (rows - 1)
    assert len(index) == 5000
    query = source.vectors[100].astype(np.float32)
    assert index.search(query, 10).seqs.tolist() == source.brute_force(query, 10).tolist()
    index.close()


def test_a_full_disk_leaves_no_half_written_file_and_is_no_end(tmp_path: Path, source: ArraySource) -> None:
    index = ExactIndex(tmp_path / "codes", SPACE, source)
    index.refresh()
    dead = source.seqs[::2]
    source.kill(dead)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, limits[1]))
    try:
        with pytest.raises(EnvironmentFaultError):
            index.forget()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in tmp_path.iterdir()] == ["codes"]
    index.forget()
    assert len(index) == len(source.live_seqs())
    index.close()
