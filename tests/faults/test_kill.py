"""Killing the service or a worker at any moment of an indexing run loses nothing that was acknowledged."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from finder.paths import Home
from tests.conftest import end_service
from tests.faults import killing

KILLS = 10


def test_ten_kills_lose_nothing_and_end_in_the_index_of_an_undisturbed_run(
    home: Home, tmp_path: Path, documents: Path, request: pytest.FixtureRequest
) -> None:
    seed = random.randrange(1 << 30)
    request.node.add_report_section("call", "seed", f"the moments and victims come from seed {seed}")
    chance = random.Random(seed)
    killing.make_documents(documents, seed, 120)
    before: set[tuple[bytes, bytes]] = set()
    victims: list[str] = []
    while len(victims) < KILLS:
        victim = killing.index_and_kill(home, documents, chance)
        now = killing.acknowledged(home)
        assert before <= now, f"lost after killing {victim}, seed {seed}"
        before = now
        victims += [victim] if victim != "nobody" else []
        killing.make_documents(documents / f"more-{chance.randrange(1 << 30)}", chance.randrange(1 << 30), 15)
    killing.index(home, documents)
    assert before <= killing.acknowledged(home)
    disturbed = killing.snapshot(home)
    killing.check_soundness(home)
    end_service(home)

    undisturbed_home = Home(tmp_path / "undisturbed")
    undisturbed_home.create()
    undisturbed_home.settings.write_bytes(home.settings.read_bytes())
    killing.index(undisturbed_home, documents)
    undisturbed = killing.snapshot(undisturbed_home)
    end_service(undisturbed_home)
    assert disturbed == undisturbed, f"seed {seed}"
