"""An indexing run in a real service, killed with SIGKILL at a moment that a seed chooses, and what must hold after."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import psutil

from finder.errors import FinderError
from finder.paths import Home, path_to_uri
from finder.service.client import connect
from finder.store import folders
from finder.store.epochs import EpochState
from finder.store.schema import open_reader
from tests.conftest import end_service, make_home

_DEAD_WITHIN_S = 10.0
_AGAIN_SHARE = 0.2


def make_documents(folder: Path, seed: int, count: int) -> None:
    """`count` text files of a few paragraphs over some folders, each with a word of its own."""
    chance = random.Random(seed)
    vocabulary = [
        f"{first}{second}" for first in ("land", "water", "fire", "wind") for second in ("lord", "mark", "fall")
    ]
    for number in range(count):
        holder = folder / f"part-{number % 7}"
        holder.mkdir(parents=True, exist_ok=True)
        paragraphs = [
            " ".join(chance.choices(vocabulary, k=80)) + f" word{number}." for _ in range(chance.randrange(1, 6))
        ]
        (holder / f"note-{number}.txt").write_text("\n\n".join(paragraphs))


def index(home: Home, folder: Path) -> dict[str, Any]:
    """Index `folder` to its end, starting the service where none runs."""
    with connect(home) as client:
        return client.call("index", {"folders": [path_to_uri(os.fsencode(folder))]}, timeout_s=120)


def kill_again_and_again(folder: Path, seed: int, kills: int) -> None:
    """Index a folder that grows, with so many kills; it ends in what an undisturbed run ends in."""
    chance = random.Random(seed)
    home, documents = make_home(folder / "home"), folder / "documents"
    make_documents(documents, seed, 120)
    before: set[tuple[bytes, bytes]] = set()
    killed = 0
    try:
        while killed < kills:
            victim = index_and_kill(home, documents, chance)
            now = acknowledged(home)
            assert before <= now, f"lost after killing {victim}, seed {seed}"
            before = now
            killed += victim != "nobody"
            make_documents(documents / f"more-{chance.randrange(1 << 30)}", chance.randrange(1 << 30), 15)
        index(home, documents)
        assert before <= acknowledged(home)
        disturbed = snapshot(home)
        check_soundness(home)
    finally:
        end_service(home)
    assert disturbed == _undisturbed(folder / "undisturbed", documents), f"seed {seed}"


def _undisturbed(folder: Path, documents: Path) -> list[tuple[object, ...]]:
    home = make_home(folder)
    try:
        index(home, documents)
        return snapshot(home)
    finally:
        end_service(home)


def index_and_kill(home: Home, folder: Path, chance: random.Random) -> str:
    """Begin to index, and kill the service or one of its workers after a random moment. Returns which.

    A service that was killed is now and then killed once more, as soon as it has started again.
    """
    with connect(home) as client:
        service = int(client.hello["pid"])
    indexing = threading.Thread(target=_index_until_it_breaks, args=(home, folder))
    indexing.start()
    time.sleep(chance.uniform(0.0, 1.2))
    victim = chance.choice(["service", "service", "embed", "vectors", "extract-1"])
    pid = service if victim == "service" else _worker(home, victim)
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if victim == "service":
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(service).wait(_DEAD_WITHIN_S)
    indexing.join()
    if victim == "service" and chance.random() < _AGAIN_SHARE:
        with connect(home) as client:
            os.kill(client.hello["pid"], signal.SIGKILL)
    return victim if pid is not None else "nobody"


def acknowledged(home: Home) -> set[tuple[bytes, bytes]]:
    """Names and content hashes of the files whose text the catalog has acknowledged, read beside the service."""
    connection = open_reader(home.catalog)
    try:
        rows: list[Any] = connection.execute(
            "SELECT name, contents.hash FROM files JOIN contents ON contents.id = content_id WHERE state = 'read'"
        ).fetchall()
        return set(rows)
    finally:
        connection.close()


def snapshot(home: Home) -> list[tuple[object, ...]]:
    """All that a search could answer from, free of row numbers."""
    connection = open_reader(home.catalog)
    try:
        rows: list[Any] = connection.execute(
            "SELECT folder_id, name, state, contents.hash, language, ordinal, heading, body, vector FROM files"
            " JOIN contents ON contents.id = files.content_id JOIN passages ON passages.content_id = contents.id"
            " JOIN texts ON texts.id = passages.text_id LEFT JOIN vectors ON vectors.text_id = texts.id"
        ).fetchall()
        return sorted(((folders.path_of(connection, row[0]), *row[1:]) for row in rows), key=repr)
    finally:
        connection.close()


def roots(home: Home) -> set[bytes]:
    """The folders that the catalog holds for the user's choice."""
    connection = open_reader(home.catalog)
    try:
        return {root.path for root in folders.roots(connection)}
    finally:
        connection.close()


def check_soundness(home: Home) -> None:
    """The catalog is whole, and nothing in it stands twice or leads nowhere."""
    connection = open_reader(home.catalog)
    try:
        assert connection.execute("PRAGMA integrity_check").get == "ok"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        for question in (
            "SELECT count(*) - count(DISTINCT text_id) FROM vectors",
            "SELECT count(*) FROM texts WHERE id NOT IN (SELECT text_id FROM passages)",
            "SELECT count(*) FROM texts WHERE id NOT IN (SELECT id FROM words_docsize)",
            "SELECT count(*) FROM words_docsize WHERE id NOT IN (SELECT id FROM texts)",
            "SELECT count(*) FROM texts WHERE id NOT IN (SELECT text_id FROM vectors)",
        ):
            assert connection.execute(question).get == 0, question
    finally:
        connection.close()


def wait_for(is_true: Callable[[], bool], timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not is_true():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)


def is_fed(home: Home) -> bool:
    """True once the persistent vector store holds every vector of the catalog."""
    return _store_mark(home) >= max(_live_vectors(home), default=0)


def count_spaces(home: Home) -> int:
    """Embedding spaces that the catalog knows, with a folder of vectors each."""
    connection = open_reader(home.catalog)
    try:
        spaces = int(connection.execute("SELECT count(*) FROM spaces").get)
    finally:
        connection.close()
    return max(spaces, sum(entry.is_dir() for entry in home.vectors.iterdir()))


def epochs(home: Home) -> list[Path]:
    """The folders of the persistent store; more than one while a retired space is being removed."""
    return list(home.vectors.rglob("epoch-*"))


def check_vector_store(home: Home) -> None:
    """Every live vector is in the persistent store, once. For a home that is not served."""
    (epoch,) = epochs(home)
    connection = apsw.Connection(str(epoch / "chroma" / "chroma.sqlite3"), flags=apsw.SQLITE_OPEN_READONLY)
    stored = [int(row[0]) for row in connection.execute("SELECT embedding_id FROM embeddings")]
    connection.close()
    assert len(stored) == len(set(stored))
    assert set(_live_vectors(home)) <= set(stored)


def _store_mark(home: Home) -> int:
    marks = [0]
    for path in home.vectors.rglob("epoch-*/state"):
        with contextlib.suppress(FileNotFoundError, ValueError):  # gone, or damaged and not found to be so yet
            marks.append(EpochState.from_bytes(path.read_bytes()).mark)
    return max(marks)


def _live_vectors(home: Home) -> list[int]:
    connection = open_reader(home.catalog)
    try:
        return [int(row[0]) for row in connection.execute("SELECT seq FROM vectors")]
    finally:
        connection.close()


def _index_until_it_breaks(home: Home, folder: Path) -> None:
    with contextlib.suppress(FinderError):
        index(home, folder)


def _worker(home: Home, name: str) -> int | None:
    try:
        with connect(home, start=False) as client:
            workers = client.call("status", timeout_s=20)["workers"]
    except (FinderError, apsw.Error):
        return None
    return next((worker["pid"] for worker in workers if worker["name"] == name), None)
