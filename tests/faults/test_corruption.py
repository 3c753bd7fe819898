"""A file of the home that was cut off, scribbled over or deleted costs work, never the truth."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from finder.embed.choice import space_named
from finder.errors import ServiceError
from finder.paths import Home
from finder.service.client import connect
from finder.service.served_model import folder_of
from tests.conftest import end_service
from tests.faults.corruption import Victim
from tests.faults.points import End

DAMAGES = 10
ENDED_WITHIN_S = 60.0
_SEED = random.randrange(1 << 30)


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory, runtime_folder: Path) -> Victim:
    return Victim(tmp_path_factory.mktemp("victim"))


@pytest.mark.parametrize("number", range(DAMAGES))
def test_a_damaged_file_is_found_and_made_again(number: int, victim: Victim, undisturbed: End) -> None:
    seed = _SEED + number
    end, what = victim.heal(seed)
    assert end == undisturbed, f"{what}: python -m tests.faults --suite corruption --seed {seed}"


def test_a_service_that_cannot_open_a_store_says_why_and_ends(home: Home) -> None:
    connect(home).close()
    end_service(home)
    exact = folder_of(home, space_named("deterministic", home.models)) / "exact.bin"
    exact.unlink()
    exact.mkdir()
    begun_s = time.monotonic()
    with pytest.raises(ServiceError, match="exact search"):
        connect(home)
    assert time.monotonic() - begun_s < ENDED_WITHIN_S, "its process does not end"
