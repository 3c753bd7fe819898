"""The scanning stage: folders to look at -> the catalog's rows. One path for the first scan and every later change.

Whatever asks (a new folder, the watcher, a reconciliation) names folders; the disk alone says what they hold.
"""

from __future__ import annotations

import collections
import logging
import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial

import apsw

from finder.errors import CancelledError, EnvironmentFaultError, FileError, UsageFaultError
from finder.files.rules import FolderRules, Rules
from finder.files.scan import FolderListing, scan_folder, walk_from
from finder.index.reconcile import PassOutcome, ReconcilePass, in_batches
from finder.index.stage import Stage
from finder.paths import display, is_inside
from finder.store import folders
from finder.store.catalog import Catalog

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Request:
    is_deep: bool
    futures: list[Future[None]] = field(default_factory=list)

    def settle(self, error: BaseException | None = None) -> None:
        """Answer whoever waits; a request is settled once."""
        for future in self.futures:
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)
        self.futures.clear()


class ScanningStage(Stage):
    """Looks at the folders that were asked for, those asked for at the same time in one pass."""

    def __init__(self, catalog: Catalog, rules: Callable[[], Rules], on_scanned: Callable[[PassOutcome], None]) -> None:
        super().__init__("scanning")
        self._catalog = catalog
        self._rules = rules
        self._on_scanned = on_scanned
        self._requests: collections.OrderedDict[bytes, _Request] = collections.OrderedDict()
        self._is_scanning = False
        self.files_seen = 0
        """Files seen by the scan in hand, 0 between scans."""

    @property
    def is_busy(self) -> bool:
        with self._wakeup:
            return bool(self._requests) or self._is_scanning

    def look_at(self, path: bytes, is_deep: bool) -> Future[None]:
        """Ask for a folder to be looked at, with all below it where deep. Done when the catalog has what was seen.

        Raises (from the future):
            UsageFaultError: the folder is a root and is not there.
            EnvironmentFaultError: the catalog takes no data; the folder is looked at again later all the same.
            CancelledError: the stage was stopped first.
        """
        future: Future[None] = Future()
        with self._wakeup:
            if self.is_stopping:
                future.set_exception(CancelledError())
                return future
            request = self._requests.setdefault(path, _Request(is_deep))
            request.is_deep |= is_deep
            request.futures.append(future)
        self.wake()
        return future

    def work(self) -> bool:
        with self._wakeup:
            requests = dict(self._requests)
            self._requests.clear()
            self._is_scanning = bool(requests)
        if not requests:
            return False
        try:
            self._scan({path: request for path, request in requests.items() if self._is_there(path, request)})
        except BaseException as error:
            for request in requests.values():
                request.settle(error)
            if isinstance(error, EnvironmentFaultError):  # what was asked for is not forgotten over a full disk
                self._ask_again(requests)
            raise
        finally:
            self._is_scanning = False
            self.files_seen = 0
        for request in requests.values():
            request.settle()
        return True

    def leave(self) -> None:
        self._catalog.release_reader()
        with self._wakeup:
            requests, self._requests = self._requests, collections.OrderedDict()
        for request in requests.values():
            request.settle(CancelledError())

    def _ask_again(self, requests: dict[bytes, _Request]) -> None:
        with self._wakeup:
            for path, request in requests.items():
                self._requests.setdefault(path, _Request(False)).is_deep |= request.is_deep

    def _scan(self, requests: dict[bytes, _Request]) -> None:
        this_pass = ReconcilePass()
        rules = self._rules()
        deep = [path for path, request in requests.items() if request.is_deep]
        self._apply(this_pass, (self._listing(path, rules) for path in requests if not _is_below(path, deep)))
        new, this_pass.new_folders = this_pass.new_folders, []
        for start in (*(self._rules_at(path, rules) for path in _outermost(deep)), *new):
            self._apply(this_pass, walk_from(start))
            this_pass.new_folders.clear()  # the walk shows them itself
        self._catalog.write(lambda connection: _finish(connection, this_pass, deep))
        self._on_scanned(this_pass.outcome)

    def _apply(self, this_pass: ReconcilePass, listings: Iterable[FolderListing]) -> None:
        for batch in in_batches(listings):
            if self.is_stopping:
                raise CancelledError
            self.files_seen += sum(len(listing.files) for listing in batch)
            self._catalog.write(partial(this_pass.apply, listings=batch))
            self._on_scanned(this_pass.outcome)

    def _rules_at(self, path: bytes, rules: Rules) -> FolderRules:
        root = folders.root_above(self._catalog.reader(), path)
        return rules.folder(root.path, path) if root is not None else rules.root(path)

    def _listing(self, path: bytes, rules: Rules) -> FolderListing:
        """The folder, or where it has vanished the nearest above it that has not: there it is missing."""
        root = folders.root_above(self._catalog.reader(), path)
        while True:
            listing = scan_folder(self._rules_at(path, rules))
            is_gone = isinstance(listing.error, FileError) and listing.error.code == "vanished"
            if not is_gone or root is None or path == root.path:
                return listing
            path = os.path.dirname(path)

    def _is_there(self, path: bytes, request: _Request) -> bool:
        """False, with the request ended, where the root of `path` is away: an unplugged drive deletes nothing."""
        root = folders.root_above(self._catalog.reader(), path)
        if root is None:
            return True
        is_online = _is_there(self._catalog.reader(), root)
        if is_online != root.is_online:
            self._catalog.write(lambda connection: _set_online(connection, root.id, is_online))
        if not is_online:
            detail, hint = "it was indexed before; its drive may be away", "Bring it back, or forget it."
            request.settle(UsageFaultError("The folder is not there", detail, hint, display(root.path)))
        return is_online


def _is_there(connection: apsw.Connection, root: folders.Root) -> bool:
    """False where the root's folder is gone, or is the bare mount point that an unplugged drive leaves behind."""
    try:
        device = os.stat(root.path).st_dev
        with os.scandir(root.path) as entries:
            return folders.device_of(connection, root.folder_id) == device or any(entries)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:  # it stands there, and cannot be listed: the scan says why
        return True


def _finish(connection: apsw.Connection, this_pass: ReconcilePass, scanned: list[bytes]) -> None:
    this_pass.finish(connection)
    for path in scanned:
        folder_id = folders.folder_at(connection, path)
        connection.execute("UPDATE roots SET scanned_ns = ? WHERE folder_id = ?", (time.time_ns(), folder_id))


def _set_online(connection: apsw.Connection, root_id: int, is_online: bool) -> None:
    connection.execute("UPDATE roots SET is_online = ? WHERE id = ?", (is_online, root_id))


def _is_below(path: bytes, others: Iterable[bytes]) -> bool:
    return any(is_inside(path, other) for other in others)


def _outermost(paths: list[bytes]) -> list[bytes]:
    return [path for path in paths if not _is_below(path, (other for other in paths if other != path))]
