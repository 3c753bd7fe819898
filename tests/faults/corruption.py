"""Files of a home damaged on purpose, and what the next start must make of them.

Damage comes in sectors, as drives do it. A single bit that turns inside a record of the catalog leaves a sound database
with another text in it, which is not looked for here.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import apsw
import psutil

from finder.errors import FinderError
from finder.paths import Home
from finder.service.client import connect
from tests.conftest import end_service
from tests.faults.points import End, Life, live

_SECTOR_BYTES = 4096
_LONGEST_RUN = 4
_HEALED_WITHIN_S = 60.0
_STORES = ("catalog.db", "catalog.db-wal", "vectors/**/exact.bin", "vectors/**/epoch-*/*", "vectors/**/chroma/**/*")
"""What the index is made of, each kind as likely as the others."""


def cut_off(path: Path, chance: random.Random) -> None:
    with path.open("r+b") as file:
        file.truncate(chance.randrange(path.stat().st_size))


def scribble(path: Path, chance: random.Random) -> None:
    """Some sectors hold other bytes: zeros, or noise."""
    sectors = -(-path.stat().st_size // _SECTOR_BYTES)
    first = chance.randrange(sectors)
    size_bytes = min(chance.randint(1, _LONGEST_RUN) * _SECTOR_BYTES, path.stat().st_size - first * _SECTOR_BYTES)
    with path.open("r+b") as file:
        file.seek(first * _SECTOR_BYTES)
        file.write(bytes(size_bytes) if chance.random() < 0.5 else chance.randbytes(size_bytes))


def delete(path: Path, chance: random.Random) -> None:
    path.unlink()


DAMAGES: tuple[Callable[[Path, random.Random], None], ...] = (cut_off, scribble, delete)


class Victim:
    """A home whose service was killed, so that every kind of file is in it, to be damaged copy by copy."""

    def __init__(self, folder: Path) -> None:
        self._life = Life(folder)
        self._copies = 0
        try:
            live(self._life)
            self._life.found("second", "semantic")  # the exact search's file is made by the first search
            self._life.settle()
            with connect(self._life.home, start=False) as client:
                service = psutil.Process(client.hello["pid"])
            service.kill()
            service.wait()
        finally:
            end_service(self._life.home)

    def heal(self, seed: int) -> tuple[End, str]:
        """Damage one file of a copy and have it served. Returns what the index ends in, and what was done to it."""
        chance = random.Random(seed)
        self._copies += 1
        home = Home(self._life.folder / f"copy-{self._copies}")
        shutil.copytree(self._life.home.root, home.root)
        store = chance.choice(_STORES)
        path, damage = chance.choice(sorted(filter(is_filled, home.root.glob(store)))), chance.choice(DAMAGES)
        damage(path, chance)
        try:
            return self._healed(Life(self._life.folder, home)), f"{damage.__name__} {path.relative_to(home.root)}"
        finally:
            end_service(home)
            shutil.rmtree(home.root)

    def _healed(self, life: Life) -> End:
        """Ask until it answers without an error; then every answer counts."""
        deadline = time.monotonic() + _HEALED_WITHIN_S
        while time.monotonic() < deadline:
            with contextlib.suppress(FinderError, apsw.Error):  # apsw: our own look at what is not healed yet
                life.index(life.documents)
                return life.end()
            time.sleep(0.1)
        return life.end()


def is_filled(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0
