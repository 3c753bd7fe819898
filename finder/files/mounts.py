"""The file systems that are mounted: which one stands at a path, of what kind it is, and when one comes or goes.

Imports psutil and the table of kinds; neither rules nor scan nor watch.
"""

from __future__ import annotations

import errno
import logging
import os
import select
import sys
import threading
import time

import psutil

from finder.files import defaults
from finder.paths import is_inside

_log = logging.getLogger(__name__)

_VOLUMES = "/dev/disk/by-uuid"
_TABLE = "/proc/self/mountinfo"
_COMPARED_EVERY_S = 5.0
_DEAD = frozenset(
    getattr(errno, name, None)
    for name in (
        *("EIO", "ENODEV", "ENXIO", "ENOTCONN", "ESTALE", "EREMOTEIO", "ETIMEDOUT", "ENOMEDIUM", "ESHUTDOWN"),
        *("EHOSTDOWN", "EHOSTUNREACH", "ENETDOWN", "ENETUNREACH", "ECONNABORTED", "ECONNRESET", "ECONNREFUSED"),
    )
)


def filesystem_of(path: bytes) -> str:
    """A name for the file system on which the folder `path` lies, to be compared with an earlier one.

    The volume's own identifier where the system tells it. Elsewhere the numbers of the device and the file system,
    which may change when the computer starts anew: another name alone does not make another drive.

    Raises:
        OSError: as `os.stat`.
    """
    device = os.stat(path).st_dev
    if volume := _volume_on(device):
        return volume
    number = os.statvfs(path).f_fsid if hasattr(os, "statvfs") else 0
    return f"{device:x}:{number:x}"


def is_dead(error: OSError) -> bool:
    """True where the error speaks of the drive or the server, not of a file or a permission."""
    return error.errno in _DEAD


def mounted() -> dict[bytes, str]:
    """The type (lower case) of the file system at each mount point; empty where the system does not tell."""
    try:
        found = psutil.disk_partitions(all=True)
    except OSError as error:  # a container without /proc: then nothing is known to be mounted from elsewhere
        _log.warning("The mounted file systems are not known: %s", error)
        return {}
    return {os.fsencode(mount.mountpoint): mount.fstype.lower() for mount in found}


def is_remote(path: bytes) -> bool:
    """True where `path` lies on a network drive or a mounted service: what others change there is not reported."""
    holding = {point: kind for point, kind in mounted().items() if is_inside(path, point)}
    nearest = max(holding, key=len, default=None)
    return nearest is not None and defaults.is_remote(holding[nearest])


class MountChanges:
    """Waits until a file system is mounted or unmounted. One thread waits; any may wake it."""

    def __init__(self) -> None:
        self._is_woken = threading.Event()
        self._wake_reader, self._wake_writer = os.pipe()
        self._table = os.open(_TABLE, os.O_RDONLY | os.O_CLOEXEC) if sys.platform == "linux" else None
        self._known = mounted()

    def wait(self, timeout_s: float) -> bool:
        """Return after so long, or as soon as something changed (True) or somebody wakes."""
        if self._table is None:
            return self._compare(timeout_s)
        waiting = select.poll()
        # The table is readable at any time; that it changed is told as an error. Source: proc(5), /proc/pid/mounts.
        waiting.register(self._table, select.POLLPRI)
        waiting.register(self._wake_reader, select.POLLIN)
        ready = {descriptor for descriptor, _ in waiting.poll(timeout_s * 1000)}
        return self._table in ready

    def wake(self) -> None:
        """End the waiting, and every later one."""
        self._is_woken.set()
        os.write(self._wake_writer, b"\0")

    def close(self) -> None:
        for descriptor in (self._table, self._wake_reader, self._wake_writer):
            if descriptor is not None:
                os.close(descriptor)

    def _compare(self, timeout_s: float) -> bool:
        """Where the system has no such file to wait on: look now and then."""
        until_s = time.monotonic() + timeout_s
        while (left_s := until_s - time.monotonic()) > 0:
            if self._is_woken.wait(min(left_s, _COMPARED_EVERY_S)):
                return False
            if (now := mounted()) != self._known:
                self._known = now
                return True
        return False


def _volume_on(device: int) -> str:
    """The identifier of the volume on a block device; empty where there is none, or the system does not tell."""
    try:
        with os.scandir(_VOLUMES) as entries:
            for entry in entries:
                if entry.stat().st_rdev == device:
                    return entry.name
    except OSError:
        return ""
    return ""
