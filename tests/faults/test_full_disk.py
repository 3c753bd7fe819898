"""A disk that is full or fails in the middle of indexing loses nothing, and indexing goes on when it works again."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.faults import full_disk

_SEED = random.randrange(1 << 30)


@pytest.mark.parametrize("number", range(3))
def test_a_write_that_fails_loses_nothing(number: int, tmp_path: Path) -> None:
    seed = _SEED + number
    print(f"python -m tests.faults --suite writes --seed {seed}")
    full_disk.break_at_a_write(tmp_path, seed)


@pytest.mark.parametrize("number", range(2))
def test_a_home_on_a_full_disk_loses_nothing(number: int, tmp_path: Path, runtime_folder: Path) -> None:
    seed = _SEED + number
    print(f"python -m tests.faults --suite full-disk --seed {seed}")
    full_disk.fill_a_small_disk(tmp_path, seed)
