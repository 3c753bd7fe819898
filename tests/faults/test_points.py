"""A SIGKILL at any named point of the code leaves an index that ends as if nothing had happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import points


def test_there_are_points_enough_to_speak_of() -> None:
    assert len(points.names()) >= 30


@pytest.mark.parametrize("point", points.names())
def test_a_kill_at_a_named_point_changes_nothing_in_the_end(
    point: str, undisturbed: points.End, tmp_path: Path, runtime_folder: Path
) -> None:
    end, has_died = points.die_at(point, tmp_path)
    assert has_died, f"nothing comes to {point}: give it a story that does"
    assert end == undisturbed, f"python -m tests.faults --suite points --point {point}"
