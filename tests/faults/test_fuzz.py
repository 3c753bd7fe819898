"""Files spoilt at random end in text or in a verdict: no hang, no bug of a reader, no answer that is refused."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.fuzz import fuzz_with
from tests.hostile.bench import Bench, open_bench

_SEED = random.randrange(1 << 30)
_SEEDS = 12
"""Of a hundred files each."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with open_bench(tmp_path_factory.mktemp("bench")) as opened:
        yield opened


@pytest.mark.parametrize("number", range(_SEEDS))
def test_a_spoilt_file_does_no_harm(number: int, bench: Bench, tmp_path: Path) -> None:
    seed = _SEED + number
    print(f"python -m tests.faults --suite fuzz --seed {seed}")
    fuzz_with(bench, seed)
