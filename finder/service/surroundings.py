"""The computer around the service: room on the disk, mains or battery, time asleep. Imports psutil, nothing of ours."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Room:
    """How full a file system is."""

    free_bytes: int
    total_bytes: int


class Surroundings:
    """What they are at the moment of asking.

    Args:
        home: room is asked for where this folder lies.
    """

    def __init__(self, home: Path) -> None:
        self._home = home

    def room(self) -> Room:
        """Raises OSError where the disk does not answer."""
        usage = shutil.disk_usage(self._home)
        return Room(usage.free, usage.total)

    def is_on_battery(self) -> bool:
        """False without a battery, and where the system does not know."""
        battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
        return battery is not None and battery.power_plugged is False

    def asleep_s(self) -> float:
        """Seconds that the computer slept since some moment: only a difference says something.

        Where the system does not count them, a clock that was set forward looks the same.
        """
        if hasattr(time, "CLOCK_BOOTTIME"):
            return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
        return time.time() - time.monotonic()
