"""What the status says of the room that the index takes."""

from __future__ import annotations

from pathlib import Path

from finder.paths import Home
from finder.service.status import disk_bytes


def test_a_file_that_goes_while_the_room_is_added_up_counts_nothing(tmp_path: Path) -> None:
    """Copies of the catalog, its log and the files of an epoch go at any time."""
    home = Home(tmp_path / "home")
    home.create()
    home.catalog.write_bytes(bytes(1000))
    (home.root / "catalog.db-wal").write_bytes(bytes(200))
    (home.vectors / "index.bin").write_bytes(bytes(30))
    for gone in (home.root / "catalog.db.before-7", home.vectors / "data.bin"):
        gone.symlink_to(tmp_path / "gone")  # listed, and not there when it is asked for its size
    assert disk_bytes(home) == {"catalog": 1200, "vectors": 30, "logs": 0}
