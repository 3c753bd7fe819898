"""Hostile files end in text or in a named reason, within the limits, and the next file is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile import CASES
from tests.hostile.bench import Bench, open_bench
from tests.hostile.case import Case


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with open_bench(tmp_path_factory.mktemp("bench")) as opened:
        yield opened


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.title} ({case.name[-8:]})")
def test_a_hostile_file_does_no_harm(case: Case, bench: Bench, tmp_path: Path) -> None:
    path = case.write(tmp_path)
    try:
        assert bench.ending(path) in case.endings
    finally:
        path.unlink()
    bench.check_calm()


def test_there_are_enough_of_them() -> None:
    titles = [(case.title, case.name) for case in CASES]
    assert len(titles) == len(set(titles)) >= 100
