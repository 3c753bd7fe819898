"""What must be minded while nobody asks: drives that come and go, sleep, folders that nothing is reported of, room,
power. One thread, on monotonic time; it looks and asks the pipeline, and does no work of a stage itself.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from finder.config import Settings
from finder.files import mounts
from finder.files.mounts import MountChanges
from finder.files.rules import Rules
from finder.files.settle import FolderChange
from finder.files.watch import Watcher
from finder.index.pipeline import Pipeline
from finder.service.surroundings import Surroundings
from finder.store import folders
from finder.store.folders import Root

_log = logging.getLogger(__name__)

_LEAST_FREE_BYTES = 1 << 30
_LEAST_FREE_SHARE = 50
"""Indexing rests below a gibibyte, or below one part in so many of the disk."""
_HYSTERESIS = 1.25
"""It goes on once this much more is free, so that it does not rest and go on every few seconds."""
ON_BATTERY = "on battery"
_MOUNTING_S = 0.2
"""Mounts come in bursts, and whoever mounts has more to do before the files are there."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often each thing is looked at."""

    roots_s: float = 4.0
    disk_s: float = 10.0
    battery_s: float = 30.0
    whole_roots_s: float = 60.0
    """Whether a root is due to be looked at as a whole."""
    daily_s: float = 86_400.0
    """A root that is watched is due after so long all the same."""
    unwatched_s: float = 300.0
    """Folders that nothing is reported of, each of them."""
    pace_s: float = 1.0
    """Between two parts of them."""
    sleep_s: float = 5.0
    """A computer that slept for longer has missed changes."""


@dataclass(slots=True)
class _Duty:
    run: Callable[[], None]
    interval_s: float
    due_s: float = -math.inf


class Upkeep:
    """Minds the surroundings of one pipeline and its watcher.

    Args:
        settings: those of this moment.
        rules: those of this moment.
        look_at_everything: compares every watched root with the catalog.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        watcher: Watcher,
        settings: Callable[[], Settings],
        rules: Callable[[], Rules],
        look_at_everything: Callable[[], None],
        surroundings: Surroundings,
        rhythm: Rhythm | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._watcher = watcher
        self._settings = settings
        self._rules = rules
        self._look_at_everything = look_at_everything
        self._surroundings = surroundings
        self._rhythm = rhythm = rhythm or Rhythm()
        self._mounted = mounts.mounted()
        self._mount_changes = MountChanges()
        self._asleep_s = surroundings.asleep_s()
        self._battery_lock = threading.Lock()
        self._is_battery_overridden = False
        self._unwatched: list[bytes] = []
        self._unwatched_part = 0
        self._check_roots = _Duty(self._mind_roots, rhythm.roots_s)
        self._look_on = _Duty(self._look_at_unwatched, rhythm.pace_s, math.inf)
        self._duties = [
            _Duty(self._mind_disk, rhythm.disk_s),
            _Duty(self._mind_battery, rhythm.battery_s),
            _Duty(self._mind_sleep, rhythm.roots_s),
            self._check_roots,
            _Duty(self._mind_watches, rhythm.roots_s, time.monotonic() + rhythm.roots_s),
            # First the start looks at everything.
            _Duty(self._look_at_a_root, rhythm.whole_roots_s, time.monotonic() + rhythm.whole_roots_s),
            _Duty(self._review_unwatched, rhythm.unwatched_s, time.monotonic() + rhythm.unwatched_s),
            self._look_on,
        ]
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)

    def start(self) -> None:
        """Begin. Whether there is room and power is known when this returns."""
        for duty in self._duties[:2]:
            self._do(duty)
        self._thread.start()

    def stop(self) -> None:
        self._is_stopping = True
        self._mount_changes.wake()
        if self._thread.ident is not None:
            self._thread.join()
        self._mount_changes.close()

    def work_on_battery(self) -> None:
        """Somebody wants indexing to go on: the battery counts again once the power has come back and gone."""
        with self._battery_lock:
            self._is_battery_overridden = True
            self._pipeline.pause("battery", None)

    def schedule_s(self, root: Root) -> float | None:
        """How often a root is looked at because not every change in it is reported; None where each is."""
        if root.is_watched and (mounts.is_remote(root.path) or root.path in self._watcher.unwatched_roots):
            return self._settings().remote_look_minutes * 60
        return None

    # The thread

    def _run(self) -> None:
        while not self._is_stopping:
            for duty in self._duties:
                if not self._is_stopping and duty.due_s <= time.monotonic():
                    self._do(duty)
            rest_s = min(duty.due_s for duty in self._duties) - time.monotonic()
            if self._mount_changes.wait(max(0.0, rest_s)):
                time.sleep(_MOUNTING_S)
                self._check_roots.due_s = -math.inf
                self._do(_Duty(self._mind_mounts, math.inf))
        self._pipeline.catalog.release_reader()

    def _do(self, duty: _Duty) -> None:
        duty.due_s = time.monotonic() + duty.interval_s
        try:
            with self._pipeline.catalog.guarded():
                duty.run()
        except Exception:  # noqa: BLE001 - one thing that cannot be minded must not end the minding of the others
            _log.exception("Minding the surroundings failed; it is tried again")

    # Roots and drives

    def _mind_roots(self) -> None:
        for root in folders.roots(self._pipeline.catalog.reader()):
            if self._is_stopping:
                return
            self._pipeline.presence.check(root)

    def _mind_watches(self) -> None:
        """A root whose place another folder took, or that could not be watched while the disk was full, is missed."""
        for root in folders.roots(self._pipeline.catalog.reader()):
            if root.is_watched and root.is_online and self._watcher.has_lost(root.path):
                self._watcher.add(root.path, self._rules())
                if not self._watcher.has_lost(root.path):
                    self._look_at([FolderChange(root.path, root.path, True)])

    def _mind_mounts(self) -> None:
        """What is mounted below a root, or no longer, is reported by nobody."""
        before, self._mounted = self._mounted, mounts.mounted()
        roots = [root for root in folders.roots(self._pipeline.catalog.reader()) if root.is_watched and root.is_online]
        for point in before.keys() ^ self._mounted.keys():
            root = folders.innermost(roots, point)
            if root is not None and root.path != point:
                # What changes elsewhere in it until it is watched again would be missed: it is looked at as a whole.
                self._watcher.add(root.path, self._rules())
                self._look_at([FolderChange(root.path, root.path, True)])

    def _mind_sleep(self) -> None:
        before_s, self._asleep_s = self._asleep_s, self._surroundings.asleep_s()
        if self._asleep_s - before_s > self._rhythm.sleep_s:
            _log.info("The computer slept: every folder is looked at")
            self._look_at_everything()

    # Looks that no event asks for

    def _look_at_a_root(self) -> None:
        """Look at the root that is overdue most, one at a time."""
        if self._pipeline.scanning.is_busy:
            return
        roots = [root for root in folders.roots(self._pipeline.catalog.reader()) if root.is_watched and root.is_online]
        overdue = {root.path: _age_s(root) / (self.schedule_s(root) or self._rhythm.daily_s) for root in roots}
        path = max(overdue, key=overdue.__getitem__, default=None)
        if path is not None and overdue[path] >= 1:
            self._pipeline.look_at(path, is_deep=True)

    def _review_unwatched(self) -> None:
        self._watcher.review()
        self._unwatched = list(self._watcher.unwatched)
        parts = max(1.0, self._rhythm.unwatched_s / self._rhythm.pace_s / 2)
        self._unwatched_part = math.ceil(len(self._unwatched) / parts)
        self._look_on.due_s = time.monotonic()

    def _look_at_unwatched(self) -> None:
        """Look at the next few of the folders that nothing is reported of."""
        if not self._unwatched:
            self._look_on.due_s = math.inf
        elif not self._pipeline.scanning.is_busy:
            part = self._unwatched[-self._unwatched_part :]
            del self._unwatched[-self._unwatched_part :]
            self._look_at(FolderChange(path, path, False) for path in part)

    def _look_at(self, changes: Iterable[FolderChange]) -> None:
        self._pipeline.look_at_all(changes)

    # Room and power

    def _mind_disk(self) -> None:
        pipeline = self._pipeline
        room = self._surroundings.room()
        least = max(_LEAST_FREE_BYTES, room.total_bytes // _LEAST_FREE_SHARE)
        enough = least * _HYSTERESIS if pipeline.pauses.has("disk") else least
        if self._settings().pauses_on_low_disk and room.free_bytes < enough:
            pipeline.pause(
                "disk",
                f"the disk is nearly full: {_gigabytes(room.free_bytes)} of {_gigabytes(room.total_bytes)} are free; "
                f"it goes on by itself at {_gigabytes(least * _HYSTERESIS)}",
            )
        elif pipeline.pauses.has("disk"):
            pipeline.pause("disk", None)

    def _mind_battery(self) -> None:
        is_on_battery = self._settings().pauses_on_battery and self._surroundings.is_on_battery()
        with self._battery_lock:
            self._is_battery_overridden &= is_on_battery
            is_to_rest = is_on_battery and not self._is_battery_overridden
            if is_to_rest != self._pipeline.pauses.has("battery"):
                self._pipeline.pause("battery", ON_BATTERY if is_to_rest else None)


def _age_s(root: Root) -> float:
    """Since the last complete look; for ever where there was none, or where the clock was set back since."""
    if root.scanned_ns is None or root.scanned_ns > time.time_ns():
        return math.inf
    return (time.time_ns() - root.scanned_ns) / 1e9


def _gigabytes(size_bytes: float) -> str:
    return f"{size_bytes / 1e9:.1f} GB"
