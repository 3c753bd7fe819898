"""How fast a killed service answers again, and catches up with what happened meanwhile.

`python -m tests.benchmarks.waking [--files N]` makes N small files in a temporary folder, indexes them with the
deterministic encoder, and prints two figures: the time from SIGKILL and start to the first keyword answer, and the time
that N operations on a stopped service take to be in the index.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import tempfile
import time
from pathlib import Path

import psutil

from finder.errors import ServiceError
from finder.paths import Home, path_to_uri
from finder.service.client import connect
from tests.conftest import end_service, make_home

_FILES_PER_FOLDER = 100
_WORDS = [f"{first}{second}" for first in ("land", "water", "fire", "wind", "stone") for second in ("lord", "mark")]
_LOOK_S = 0.25
_INDEX_TIMEOUT_S = 3_600


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.waking", description=__doc__)
    parser.add_argument("--files", type=int, default=50_000)
    files = parser.parse_args().files
    with tempfile.TemporaryDirectory(prefix="inkling-waking-") as name:
        folder = Path(name)
        os.environ["XDG_RUNTIME_DIR"] = name
        home, documents = make_home(folder / "home"), folder / "documents"
        try:
            _measure(home, documents, files)
        finally:
            end_service(home)


def _measure(home: Home, documents: Path, files: int) -> None:
    chance = random.Random(0)
    paths = [_write(documents, number, chance) for number in range(files)]
    begun_s = time.monotonic()
    with connect(home) as client:
        client.call("index", {"folders": [path_to_uri(os.fsencode(documents))]}, timeout_s=_INDEX_TIMEOUT_S)
    print(f"{files} files indexed in {time.monotonic() - begun_s:.1f} s", flush=True)
    _kill(home)
    begun_s = time.monotonic()
    _first_answer(home, f"number{files // 2}")
    print(f"SIGKILL, start, first keyword answer: {time.monotonic() - begun_s:.2f} s", flush=True)
    _settle(home)
    end_service(home)
    for path in paths:
        _change(path, chance)
    begun_s = time.monotonic()
    _first_answer(home, "woken")
    _settle(home)
    print(f"{files} operations while stopped: in the index after {time.monotonic() - begun_s:.1f} s")
    _check(home, documents)


def _write(documents: Path, number: int, chance: random.Random) -> Path:
    folder = documents / f"folder-{number // _FILES_PER_FOLDER}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"note-{number}.txt"
    path.write_text(f"number{number} " + " ".join(chance.choices(_WORDS, k=40)))
    return path


def _change(path: Path, chance: random.Random) -> None:
    """One operation, each kind as likely as the others."""
    kind = chance.randrange(5)
    if kind == 0:
        path.write_text(f"woken {path.name} " + " ".join(chance.choices(_WORDS, k=40)))
    elif kind == 1:
        path.rename(path.with_name(f"renamed-{path.name}"))
    elif kind == 2:
        path.unlink()
    elif kind == 3:
        path.with_name(f"new-{path.name}").write_text(f"new {path.name} " + " ".join(chance.choices(_WORDS, k=40)))
    else:
        os.utime(path)


def _kill(home: Home) -> None:
    with connect(home, start=False) as client:
        process = psutil.Process(client.hello["pid"])
    process.kill()
    with contextlib.suppress(psutil.NoSuchProcess):
        process.wait()


def _first_answer(home: Home, query: str) -> None:
    with connect(home) as client:
        client.call("find", {"query": query, "mode": "keyword"}, timeout_s=60)


def _settle(home: Home) -> None:
    """Wait until nothing is to be scanned, read or embedded, twice in a row."""
    quiet = 0
    while quiet < 2:
        time.sleep(_LOOK_S)
        with contextlib.suppress(ServiceError), connect(home) as client:
            quiet = quiet + 1 if client.call("status", timeout_s=60)["phase"] == "idle" else 0


def _check(home: Home, documents: Path) -> None:
    with connect(home) as client:
        indexed = sum(client.call("status")["files"].values())
    there = sum(len(names) for _, _, names in os.walk(documents))
    print("the index has every file" if indexed == there else f"{indexed} files in the index, {there} on the disk")


if __name__ == "__main__":
    main()
