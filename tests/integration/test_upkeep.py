"""What the service minds by itself: sleep, the daily look, unreported changes, room, power. Real files and pipeline."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from finder.config import Settings
from finder.files import mounts
from finder.files.mounts import filesystem_of
from finder.files.rules import Rules
from finder.files.watch import Watcher
from finder.paths import Home
from finder.service.surroundings import Room, Surroundings
from finder.service.upkeep import Rhythm, Upkeep
from finder.store import folders
from tests.integration.pipelines import Index, wait_until

_GIB = 1 << 30
_QUICK = Rhythm(
    roots_s=0.05, disk_s=0.05, battery_s=0.05, whole_roots_s=0.05, daily_s=3600, unwatched_s=0.1, pace_s=0.01
)
_WITHIN_S = 60.0
_A_WHILE_S = 0.5


class Made(Surroundings):
    """Surroundings that a test makes."""

    def __init__(self) -> None:
        self.free_bytes = 500 * _GIB
        self.total_bytes = 1000 * _GIB
        self.on_battery = False
        self.slept_s = 0.0
        self.is_failing = False

    def room(self) -> Room:
        if self.is_failing:
            raise OSError("made to fail")
        return Room(self.free_bytes, self.total_bytes)

    def is_on_battery(self) -> bool:
        return self.on_battery

    def asleep_s(self) -> float:
        return self.slept_s


class Deaf(Watcher):
    """A watcher whose system reports nothing and says so."""

    reviews = 0
    on_add: Callable[[], object] | None = None
    silent_folders: frozenset[bytes] = frozenset()
    silent_roots: frozenset[bytes] = frozenset()

    def __init__(self) -> None:
        super().__init__(lambda changes: None)

    def review(self) -> None:
        self.reviews += 1

    def has_lost(self, root: bytes) -> bool:
        return False

    def add(self, root: bytes, rules: Rules) -> None:
        if self.on_add is not None:
            self.on_add()

    @property
    def unwatched(self) -> frozenset[bytes]:
        return self.silent_folders

    @property
    def unwatched_roots(self) -> frozenset[bytes]:
        return self.silent_roots


class Minded:
    """An index whose surroundings are minded."""

    def __init__(self, folder: Path) -> None:
        self.index = Index(Home(folder))
        self.around = Made()
        self.watcher = Deaf()
        self.settings = Settings()
        self.rhythm = _QUICK
        self._upkeep: Upkeep | None = None

    def begin(self) -> Upkeep:
        pipeline = self.index.pipeline
        upkeep = self._upkeep = Upkeep(
            pipeline,
            self.watcher,
            lambda: self.settings,
            lambda: Rules(self.index.home.root, (), True, 1 << 20),
            self._look_at_everything,
            self.around,
            self.rhythm,
        )
        upkeep.start()
        return upkeep

    def _look_at_everything(self) -> None:
        for root in folders.roots(self.index.catalog.reader()):
            self.index.pipeline.look_at(root.path, is_deep=True)

    def names(self) -> set[str]:
        return {os.path.basename(path) for path in self.index.files()}

    def paused_because(self) -> str | None:
        return self.index.pipeline.paused_because

    def close(self) -> None:
        if self._upkeep is not None:
            self._upkeep.stop()
        self.watcher.stop()
        self.index.close()


@pytest.fixture
def minded(tmp_path: Path, documents: Path) -> Iterator[Minded]:
    made = Minded(tmp_path / "home")
    made.index.add(documents)
    yield made
    made.close()


def set_scanned(minded: Minded, hours_ago: float) -> None:
    at_ns = time.time_ns() - int(hours_ago * 3600e9)
    minded.index.catalog.write(lambda connection: connection.execute("UPDATE roots SET scanned_ns = ?", (at_ns,)))


def test_after_sleep_everything_is_looked_at(minded: Minded, documents: Path) -> None:
    minded.begin()
    (documents / "new.txt").write_text("new")
    time.sleep(_A_WHILE_S)
    assert "new.txt" not in minded.names()
    minded.around.slept_s = 3600
    wait_until(lambda: "new.txt" in minded.names(), _WITHIN_S)


@pytest.mark.parametrize("hours_ago", [1.5, -5])
def test_a_root_that_was_not_looked_at_for_long_is_looked_at(minded: Minded, documents: Path, hours_ago: float) -> None:
    """Also where the clock was set back since: a last look in the future is no reason to wait for it."""
    (documents / "new.txt").write_text("new")
    set_scanned(minded, 0.5)
    minded.begin()
    time.sleep(_A_WHILE_S)
    assert "new.txt" not in minded.names()
    set_scanned(minded, hours_ago)
    wait_until(lambda: "new.txt" in minded.names(), _WITHIN_S)


def test_a_root_of_which_nothing_is_reported_is_looked_at_on_the_schedule_of_the_settings(
    minded: Minded, documents: Path
) -> None:
    minded.watcher.silent_roots = frozenset({os.fsencode(documents)})
    minded.settings = replace(minded.settings, remote_look_minutes=0.01)
    (documents / "notes" / "new.txt").write_text("new")
    upkeep = minded.begin()
    (root,) = folders.roots(minded.index.catalog.reader())
    assert upkeep.schedule_s(root) == pytest.approx(0.6)
    wait_until(lambda: "new.txt" in minded.names(), _WITHIN_S)


def test_folders_of_which_nothing_is_reported_are_looked_at_now_and_then(minded: Minded, documents: Path) -> None:
    minded.watcher.silent_folders = frozenset({os.fsencode(documents / "notes")})
    minded.begin()
    for name in ("first.txt", "second.txt"):
        (documents / "notes" / name).write_text(name)
        (documents / name.replace(".txt", "-reported.txt")).write_text(name)
        wait_until(lambda name=name: name in minded.names(), _WITHIN_S)  # type: ignore[misc]
    assert "first-reported.txt" not in minded.names()
    assert minded.watcher.reviews


def test_what_changes_while_a_root_is_watched_anew_after_a_mount_is_seen(
    minded: Minded, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    minded.watcher.on_add = (documents / "notes" / "meanwhile.txt").touch
    upkeep = minded.begin()
    point = os.fsencode(documents / "stick")
    monkeypatch.setattr(mounts, "mounted", lambda: {point: "ext4"})
    upkeep._mind_mounts()
    wait_until(lambda: "meanwhile.txt" in minded.names(), _WITHIN_S)


def test_indexing_rests_while_the_disk_is_nearly_full_and_says_the_figures(minded: Minded) -> None:
    minded.around.free_bytes = 19 * _GIB  # of 1,000: below 2 %
    minded.begin()
    assert minded.paused_because() is not None  # before anything was indexed
    assert "20.4 GB" in minded.paused_because()
    assert minded.index.pipeline.is_scanning_paused
    minded.around.free_bytes = 21 * _GIB  # enough to begin with, and too little to go on
    time.sleep(_A_WHILE_S)
    assert "22.5 GB" in (minded.paused_because() or "")
    minded.around.free_bytes = 26 * _GIB
    wait_until(lambda: minded.paused_because() is None, _WITHIN_S)
    minded.around.free_bytes = 21 * _GIB
    time.sleep(_A_WHILE_S)
    assert minded.paused_because() is None


def test_a_small_disk_needs_a_gibibyte(minded: Minded) -> None:
    minded.around.total_bytes, minded.around.free_bytes = 8 * _GIB, _GIB - 1
    minded.begin()
    assert minded.index.pipeline.pauses.has("disk")


def test_on_battery_indexing_rests_until_there_is_power_or_somebody_wants_it(minded: Minded) -> None:
    minded.around.on_battery = True
    upkeep = minded.begin()
    assert minded.paused_because() == "on battery"
    assert not minded.index.pipeline.is_scanning_paused
    upkeep.work_on_battery()
    time.sleep(_A_WHILE_S)
    assert minded.paused_because() is None
    minded.around.on_battery = False
    time.sleep(_A_WHILE_S)
    minded.around.on_battery = True
    wait_until(lambda: minded.paused_because() == "on battery", _WITHIN_S)
    minded.around.on_battery = False
    wait_until(lambda: minded.paused_because() is None, _WITHIN_S)


def test_who_wants_neither_rest_gets_none(minded: Minded) -> None:
    minded.settings = replace(minded.settings, pauses_on_battery=False, pauses_on_low_disk=False)
    minded.around.on_battery, minded.around.free_bytes = True, 0
    minded.begin()
    time.sleep(_A_WHILE_S)
    assert minded.paused_because() is None


def test_what_fails_does_not_end_the_minding_of_the_rest(
    minded: Minded, documents: Path, caplog: pytest.LogCaptureFixture
) -> None:
    minded.around.is_failing = True
    minded.begin()
    (documents / "new.txt").write_text("new")
    minded.around.slept_s = 3600
    wait_until(lambda: "new.txt" in minded.names(), _WITHIN_S)
    assert "made to fail" in caplog.text


def test_the_surroundings_of_this_computer_can_be_asked(tmp_path: Path) -> None:
    around = Surroundings(tmp_path)
    room = around.room()
    assert room.total_bytes > room.free_bytes
    assert around.is_on_battery() in (True, False)
    assert abs(around.asleep_s() - around.asleep_s()) < 1
    assert filesystem_of(os.fsencode(tmp_path))
