"""Whether each root is there, or its drive away, another in its place, or its server silent. Removes nothing.

A drive that hangs lets whoever touches it wait for ever, so each look at a root has a thread of its own that is given
up after a while. Imports no stage.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from finder.errors import EnvironmentFaultError
from finder.files.identity import lstat
from finder.files.mounts import filesystem_of, is_dead
from finder.paths import display
from finder.store import folders
from finder.store.catalog import Catalog
from finder.store.folders import Root

_log = logging.getLogger(__name__)

GONE = "it is not there; its drive may be away"
ANOTHER = "another drive is in its place"
SILENT = "its drive does not answer"
_SAMPLE = 50
"""Entries of a root that are looked for where another file system stands there than before."""

OnChange = Callable[[Root, bool], None]


@dataclass(frozen=True, slots=True)
class Absence:
    """Why a root is away, in plain words, and when that was noticed."""

    reason: str
    since_ns: int


class Presence:
    """The roots as they are on the disk. Thread-safe.

    Args:
        timeout_s: a root that did not answer for so long is away.
    """

    def __init__(self, catalog: Catalog, timeout_s: float = 5.0) -> None:
        self._catalog = catalog
        self.timeout_s = timeout_s
        self._lock = threading.Lock()
        self._looks: dict[bytes, _Look] = {}
        self._absences: dict[bytes, Absence] = {}
        self._listeners: list[OnChange] = []

    def listen(self, on_change: OnChange) -> None:
        """Have `on_change` called when a root came back (True) or went away, from the thread that noticed."""
        self._listeners.append(on_change)

    def absence(self, path: bytes) -> Absence | None:
        """Why the root at `path` is away; None where it is there, or was not looked at yet."""
        return self._absences.get(path)

    def check(self, root: Root) -> bool:
        """True where the root is there; the catalog and the listeners learn of a change.

        Raises:
            EnvironmentFaultError: a change could not be written down.
        """
        look = self._look(root)
        reason = look.absence  # once: a look that was given up may end at this moment
        is_online = not reason
        with self._lock:
            if is_online:
                self._absences.pop(root.path, None)
            elif root.path not in self._absences or self._absences[root.path].reason != reason:
                self._absences[root.path] = Absence(reason, time.time_ns())
        if (is_online, look.filesystem or root.filesystem) != (root.is_online, root.filesystem):
            self._write(root, is_online, look.filesystem)
        return is_online

    def accept(self, root: Root) -> None:
        """Take what stands at the root's path now for the root: the user said so.

        Raises:
            EnvironmentFaultError: nothing stands there, or it does not answer.
        """
        look = self._look(root)
        if look.absence and look.absence != ANOTHER:
            hint = "Connect the drive, or try again later."
            raise EnvironmentFaultError("The folder cannot be looked at", look.absence, hint, display(root.path))
        with self._lock:
            self._absences.pop(root.path, None)
        self._catalog.write(lambda connection: folders.set_presence(connection, root.id, True, look.filesystem))

    def _write(self, root: Root, is_online: bool, filesystem: str) -> None:
        kept = filesystem if is_online else ""  # what stands there instead is not the root's
        is_change = self._catalog.write(lambda connection: folders.set_presence(connection, root.id, is_online, kept))
        if is_change:
            _log.info("A root %s", "is there again" if is_online else "is away")
            for on_change in self._listeners:
                on_change(root, is_online)

    def _look(self, root: Root) -> _Look:
        """What a look at the root shows; one that hangs is waited for once, and no second one is begun beside it."""
        names = folders.entries(self._catalog.reader(), root.folder_id, _SAMPLE)
        with self._lock:
            look = self._looks.get(root.path)
            if look is None or not look.is_alive():
                look = self._looks[root.path] = _Look(root.path, root.filesystem, names)
                look.start()
        look.join(max(0.0, look.began_s + self.timeout_s - time.monotonic()))
        return look


class _Look(threading.Thread):
    """One look at a root. Until it has ended, the root is away: its drive does not answer."""

    def __init__(self, path: bytes, known: str, names: Sequence[bytes]) -> None:
        super().__init__(name="presence", daemon=True)
        self._path = path
        self._known = known
        self._names = names
        self.began_s = time.monotonic()
        self.filesystem = ""
        """Of what stands there; empty while that is not known."""
        self.absence = SILENT
        """Why the root is away; empty where it is there."""

    def run(self) -> None:
        try:
            with os.scandir(self._path) as entries:
                next(entries, None)
            self.filesystem = filesystem_of(self._path)
            is_other = self.filesystem != self._known and self._is_mostly_unknown()
            self.absence = ANOTHER if is_other else ""
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR):
                self.absence = GONE
            elif is_dead(error):
                self.absence = f"{SILENT}: {os.strerror(error.errno or 0)}"
            else:  # it stands there, and cannot be listed: the scan says why
                self.absence = ""

    def _is_mostly_unknown(self) -> bool:
        return 2 * sum(_is_there(os.path.join(self._path, name)) for name in self._names) < len(self._names)


def _is_there(path: bytes) -> bool:
    try:
        lstat(path)
    except OSError as error:
        if is_dead(error):
            raise
        return False
    return True
