"""A long life: files change all the time, the service is killed now and then, and what it holds on to must not grow."""

from __future__ import annotations

import contextlib
import random
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from finder.errors import FinderError
from finder.paths import Home
from finder.service.client import connect
from tests.conftest import end_service, make_home
from tests.faults import killing

_OPERATIONS_PER_S = 5.0
_LOOK_EVERY_S = 30.0
_DRIFT = 1.10
_SLACK_BYTES = 16 << 20
"""The allocator keeps what it once had: so much is no drift."""
_FILES = 2_000


@dataclass(frozen=True, slots=True)
class Holding:
    """What the service process holds at one moment."""

    memory_bytes: int
    descriptors: int
    watches: int

    def has_drifted_from(self, first: Holding) -> bool:
        return (
            self.memory_bytes > first.memory_bytes * _DRIFT + _SLACK_BYTES
            or self.descriptors > first.descriptors * _DRIFT + 4
            or self.watches > first.watches * _DRIFT + 4
        )


def soak(folder: Path, seed: int, minutes: float, kill_every_s: float = 600.0) -> None:
    """Live for so long. Between two kills the first look, after a minute's rest, is what later ones are held to."""
    chance = random.Random(seed)
    home, documents = make_home(folder / "home"), folder / "documents"
    killing.make_documents(documents, seed, _FILES)
    deadline = time.monotonic() + minutes * 60
    try:
        while time.monotonic() < deadline:
            killing.index(home, documents)
            _live(home, documents, chance, min(deadline, time.monotonic() + kill_every_s))
            with connect(home, start=False) as client:
                psutil.Process(client.hello["pid"]).kill()
        killing.index(home, documents)
        killing.check_soundness(home)
    finally:
        end_service(home)


def _live(home: Home, documents: Path, chance: random.Random, until_s: float) -> None:
    first: Holding | None = None
    next_look_s = time.monotonic() + 2 * _LOOK_EVERY_S
    while time.monotonic() < until_s:
        _change(documents, chance)
        time.sleep(1 / _OPERATIONS_PER_S)
        if time.monotonic() > next_look_s:
            next_look_s += _LOOK_EVERY_S
            now = _holding(home)
            first = first or now
            print(f"  {now}", flush=True)
            assert not now.has_drifted_from(first), f"{first} became {now}"


def _change(documents: Path, chance: random.Random) -> None:
    """One thing that happens to a file, as many come as go."""
    file = documents / f"part-{chance.randrange(7)}" / f"note-{chance.randrange(_FILES)}.txt"
    other = file.with_name(f"moved-{chance.randrange(_FILES)}.txt")
    kind = chance.choice(["write", "append", "delete", "rename", "copy"])
    with contextlib.suppress(FileNotFoundError):
        if kind == "write":
            file.write_text(f"Written again, word{chance.randrange(_FILES)} among others.")
        elif kind == "append":
            with file.open("a") as opened:
                opened.write(" And more of it.")
        elif kind == "delete":
            chance.choice([file, other]).unlink()
        elif kind == "rename":
            other.rename(file)
        else:
            shutil.copy(file, other)


def _holding(home: Home) -> Holding:
    with connect(home, start=False) as client:
        pid = int(client.hello["pid"])
        with contextlib.suppress(FinderError):
            client.call("find", {"query": "landlord", "mode": "hybrid"}, timeout_s=30)
    process = psutil.Process(pid)
    infos = Path(f"/proc/{pid}/fdinfo")
    watches = sum(line.startswith("inotify ") for info in infos.iterdir() for line in _lines(info))
    return Holding(process.memory_info().rss - process.memory_info().shared, process.num_fds(), watches)


def _lines(path: Path) -> list[str]:
    with contextlib.suppress(OSError):
        return path.read_text().splitlines()
    return []
