"""An indexing run in a real service, killed with SIGKILL at a moment that a seed chooses, and what must hold after."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from pathlib import Path
from typing import Any

import apsw
import psutil

from finder.errors import FinderError
from finder.paths import Home, path_to_uri
from finder.service.client import connect
from finder.store import folders
from finder.store.schema import open_reader

_DEAD_WITHIN_S = 10.0


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


def index_and_kill(home: Home, folder: Path, chance: random.Random) -> str:
    """Begin to index, and kill the service or one of its workers after a random moment. Returns which."""
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
            "SELECT folder_id, name, state, contents.hash, ordinal, heading, body, vector FROM files"
            " JOIN contents ON contents.id = files.content_id JOIN passages ON passages.content_id = contents.id"
            " JOIN texts ON texts.id = passages.text_id LEFT JOIN vectors ON vectors.text_id = texts.id"
        ).fetchall()
        return sorted(((folders.path_of(connection, row[0]), *row[1:]) for row in rows), key=repr)
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
