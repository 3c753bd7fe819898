"""The system's watches, handed out to folders: one inotify instance, and what to do at its limits.

At the limit of watches the folders that changed last have them. A part of `inotify`.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
from collections.abc import Callable, Iterable
from typing import Protocol

from watchdog.observers.inotify_c import CallbackId, InotifyConstants, InotifyFD, Mask, WatchCallback, WatchDescriptor

from finder.files.coldest import Coldest, Warm

_MASK = Mask(
    InotifyConstants.IN_MODIFY
    | InotifyConstants.IN_ATTRIB  # a permission given or taken away
    | InotifyConstants.IN_CLOSE_WRITE
    | InotifyConstants.IN_MOVE
    | InotifyConstants.IN_CREATE
    | InotifyConstants.IN_DELETE
    | InotifyConstants.IN_DELETE_SELF
    | InotifyConstants.IN_MOVE_SELF
    | InotifyConstants.IN_DONT_FOLLOW
    | InotifyConstants.IN_ONLYDIR
)

_log = logging.getLogger(__name__)


class Watchable(Warm, WatchCallback, Protocol):
    """A folder that has a watch, or wants one."""

    path: bytes
    descriptor: WatchDescriptor | None
    """None while it has no watch."""

    def lost(self) -> None:
        """Called when its watch has gone to a folder that changed later."""
        ...


class WatchSupply:
    """Gives watches and takes them back.

    Args:
        watched: all folders that have one at this moment, asked for once the limit is reached.
    """

    def __init__(self, watched: Callable[[], Iterable[Watchable]]) -> None:
        self.lock = threading.RLock()
        """Held by whoever calls a method below, but for `stop`."""
        self.count = 0
        """Watches that are held."""
        self.refusal: OSError | None = None
        """Why there is no inotify instance; None where there is one."""
        self._watched = watched
        self._coldest: Coldest[Watchable] | None = None
        """None as long as there were watches for all."""
        self._is_stopped = False
        self._inotify: InotifyFD | None = None
        self.open()

    @property
    def has_inotify(self) -> bool:
        return self._inotify is not None

    def open(self) -> None:
        """Have an inotify instance, where the system has one to give by now."""
        if self._inotify is not None or self._is_stopped:
            return
        try:
            inotify = InotifyFD()
        except OSError as error:
            _log.warning("No inotify instance: %s", error)
            self.refusal = error
            return
        self.refusal = None
        inotify.start()
        self._inotify = inotify

    def stop(self) -> None:
        """Hand out no watch any more. Not to be called under the lock: it waits for the thread that reads events."""
        with self.lock:
            self._is_stopped = True
        if self._inotify is not None:
            self._inotify.stop()
            self._inotify.join()

    def give(self, folder: Watchable) -> None:
        """Give a folder a watch, at the limit that of a colder one. It has none where all others are warmer.

        Raises:
            OSError: it is gone, or must not be read.
        """
        if self._add(folder):
            return
        if self._coldest is None:
            _log.warning("The system's limit of inotify watches is reached")
            self._coldest = Coldest(self._watched())
        colder = self._coldest.take_before(folder.changed_ns)
        if colder is not None:
            self.take_back([colder])
            colder.lost()
            self._add(folder)

    def take_back(self, folders: Iterable[Watchable]) -> None:
        """Take away the watches of those that have one."""
        ended = []
        for folder in folders:
            if folder.descriptor is not None:
                ended.append((folder.descriptor, CallbackId(id(folder))))
                folder.descriptor = None
        self.count -= len(ended)
        if self._inotify is not None:
            self._inotify.remove_callbacks(ended)

    def _add(self, folder: Watchable) -> bool:
        """False at the limit."""
        if self._inotify is None:
            return False
        id_ = CallbackId(id(folder))
        try:
            descriptor = self._inotify.add_callback(folder.path, _MASK, folder, id_)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                return False
            raise
        if descriptor == -1:  # watchdog takes a folder without permission for watched, and would keep this for ever
            self._inotify.remove_callbacks([(descriptor, id_)])
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        folder.descriptor = descriptor
        self.count += 1
        if self._coldest is not None:
            if len(self._coldest) > 2 * self.count + 1_000:  # mostly folders that are gone
                self._coldest = Coldest(self._watched())
            self._coldest.add(folder)
        return True
