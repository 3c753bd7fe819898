"""What the fault suites share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import points


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, runtime_folder: Path) -> points.End:
    """How every story ends where nothing happens to anybody."""
    end, has_died = points.die_at("nowhere", tmp_path_factory.mktemp("undisturbed"))
    assert not has_died
    return end
