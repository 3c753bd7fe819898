"""The long run of the fault suites: one case after another, each from a seed of its own, until the time is up."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults import corruption, full_disk, fuzz, killing, points, test_states

_KILLS = 30
_EXAMPLES, _STEPS = 20, 100

Case = Callable[[Path, int], None]


@dataclass(frozen=True, slots=True)
class Suite:
    """One kind of fault. A case is a function of a folder and a seed, and raises where something does not hold."""

    case: Case
    cases: int
    """How many make the long run."""


def _points(folder: Path, seed: int) -> None:
    chance = random.Random(seed)
    _die_at(folder, chance.choice(points.names()), chance.randint(1, 6))


def _die_at(folder: Path, point: str, nth: int) -> None:
    """Where the story does not come to the point so often, it ends undisturbed, which is as good."""
    (folder / "undisturbed").mkdir()
    undisturbed, _ = points.die_at("nowhere", folder / "undisturbed")
    (folder / "disturbed").mkdir()
    end, has_died = points.die_at(point, folder / "disturbed", nth)
    print(f"  {point}, number {nth}: {'died' if has_died else 'not come to'}")
    assert end == undisturbed, point


def _kills(folder: Path, seed: int) -> None:
    killing.kill_again_and_again(folder, seed, _KILLS)


def _corruption(folder: Path, seed: int) -> None:
    for name in ("undisturbed", "victim"):
        (folder / name).mkdir()
    undisturbed, _ = points.die_at("nowhere", folder / "undisturbed")
    victim = corruption.Victim(folder / "victim")
    for number in range(10):
        end, what = victim.heal(seed + number)
        print(f"  {what}")
        assert end == undisturbed, f"{what}, seed {seed + number}"


def _states(folder: Path, seed: int) -> None:
    test_states.check_states(folder, seed, _EXAMPLES, _STEPS)


SUITES = {
    "points": Suite(_points, 3_000),
    "kills": Suite(_kills, 1_000 // _KILLS + 1),
    "corruption": Suite(_corruption, 60),
    "writes": Suite(full_disk.break_at_a_write, 160),
    "full-disk": Suite(full_disk.fill_a_small_disk, 40),
    "fuzz": Suite(fuzz.fuzz, 20_000 // fuzz.MUTANTS),
    "states": Suite(_states, 5_000 // _EXAMPLES),
}


def run(names: list[str], seed: int, minutes: float, point: str | None = None) -> int:
    """Run cases of these suites in turn. Returns how many failed; each failure is printed with how to have it again."""
    deadline = time.monotonic() + minutes * 60
    done = dict.fromkeys(names, 0)
    failures = 0
    for number in itertools.count():
        left = [name for name in names if done[name] < SUITES[name].cases]
        if not left or (number and time.monotonic() > deadline):
            break
        name = left[number % len(left)]
        failures += not _holds(name, seed + number, point)
        done[name] += 1
    print(", ".join(f"{name}: {count}" for name, count in done.items()), f"failed: {failures}", sep="; ")
    return failures


def _holds(name: str, seed: int, point: str | None) -> bool:
    chosen = f" --point {point}" if point else ""
    print(f"{name} {seed}", flush=True)
    try:
        with folder_of_a_case() as folder:
            if point is not None:
                _die_at(folder, point, 1)
            else:
                SUITES[name].case(folder, seed)
    except Exception:  # noqa: BLE001 - a case that fails is told, and the next one begins
        traceback.print_exc()
        print(f"FAILED; again with: python -m tests.faults --suite {name} --seed {seed}{chosen}", flush=True)
        return False
    return True


@contextmanager
def folder_of_a_case() -> Iterator[Path]:
    """A folder for one case, with the runtime directory of its services in it."""
    folder = Path(tempfile.mkdtemp(prefix="inkling-faults-"))
    try:
        with pytest.MonkeyPatch.context() as patch:
            runtime = folder / "run"
            runtime.mkdir(mode=0o700)
            patch.setenv("XDG_RUNTIME_DIR", os.fspath(runtime))
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
