"""Killing the service or a worker at any moment of an indexing run loses nothing that was acknowledged."""

from __future__ import annotations

import random
from pathlib import Path

from tests.faults import killing

KILLS = 10


def test_ten_kills_lose_nothing_and_end_in_the_index_of_an_undisturbed_run(
    tmp_path: Path, runtime_folder: Path
) -> None:
    seed = random.randrange(1 << 30)
    print(f"python -m tests.faults --suite kills --seed {seed}")
    killing.kill_again_and_again(tmp_path, seed, KILLS)
