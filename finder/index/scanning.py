"""The scanning stage: folders to look at -> the catalog's rows. One path for the first scan and every later change.

Whatever asks (a new folder, the watcher, a reconciliation) names folders; the disk alone says what they hold.
"""

from __future__ import annotations

import collections
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial

import apsw

from finder.crashpoints import crash_point
from finder.errors import CancelledError, EnvironmentFaultError, FileError, UsageFaultError
from finder.files.rules import FolderRules, Rules
from finder.files.scan import FolderListing, scan_folder, walk_from
from finder.files.settle import FolderChange
from finder.index.losses import Losses
from finder.index.presence import ANOTHER, GONE, Presence
from finder.index.reconcile import PassOutcome, ReconcilePass, in_batches
from finder.index.stage import Stage
from finder.index.work_in_hand import digest
from finder.paths import display, is_inside
from finder.store import folders
from finder.store.catalog import Catalog
from finder.store.folders import Root

_log = logging.getLogger(__name__)

_REQUESTS_LIMIT = 20_000
"""Folders asked for at one time, as while scanning rests. Past it each chosen folder is looked at as a whole."""


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


class _OutdatedRulesError(Exception):
    """The rules changed while a pass went by the old ones."""


class ScanningStage(Stage):
    """Looks at the folders that were asked for, those asked for at the same time in one pass."""

    def __init__(
        self,
        catalog: Catalog,
        rules: Callable[[], Rules],
        on_scanned: Callable[[PassOutcome], None],
        presence: Presence,
        second_look_s: float = 10.0,
        recognises: Callable[[], bool] = lambda: False,
    ) -> None:
        """
        Args:
            recognises: whether text in pictures is recognised now.
            second_look_s: how long after a great loss the root is looked at again.
        """
        super().__init__("scanning", gives_way=True)
        self._catalog = catalog
        self._rules = rules
        self._on_scanned = on_scanned
        self._presence = presence
        self._recognises = recognises
        self._losses = Losses(presence, lambda path: self.look_at(path, is_deep=True), second_look_s)
        self._requests: collections.OrderedDict[bytes, _Request] = collections.OrderedDict()
        self._is_scanning = False
        self._rule_changes = 0
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

    def look_at_all(self, changes: Iterable[FolderChange]) -> None:
        """Ask for these folders in one pass, so that what moved from one to another is known there again."""
        with self._wakeup:
            for change in changes:
                is_many = change.path not in self._requests and len(self._requests) >= _REQUESTS_LIMIT
                path = change.root if is_many else change.path
                self._requests.setdefault(path, _Request(False)).is_deep |= is_many or change.is_deep
        self.wake()

    def rules_changed(self) -> None:
        """From now on nothing that was seen under the old rules is written: a pass in hand begins anew."""
        self._rule_changes += 1

    def work(self) -> bool:
        with self._wakeup:
            requests = dict(self._requests)
            self._requests.clear()
            self._is_scanning = bool(requests)
        if not requests:
            return False
        try:
            reachable = self._reachable(requests)
            with self.in_hand.piece("scanning"):
                self._scan(reachable)
        except _OutdatedRulesError:
            self._ask_again(requests)
            return True
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

    @property
    def notes(self) -> list[str]:
        """What is missing and kept until a second look, in words."""
        return self._losses.notes

    def leave(self) -> None:
        self._losses.stop()
        self._catalog.release_reader()
        with self._wakeup:
            requests, self._requests = self._requests, collections.OrderedDict()
        for request in requests.values():
            request.settle(CancelledError())

    def _ask_again(self, requests: dict[bytes, _Request]) -> None:
        with self._wakeup:
            for path, request in requests.items():
                following = self._requests.setdefault(path, _Request(False))
                following.is_deep |= request.is_deep
                following.futures += request.futures

    def _scan(self, requests: dict[bytes, _Request]) -> None:
        this_pass = ReconcilePass(self._away(list(requests)), self._recognises())
        changes, rules = self._rule_changes, self._rules()

        def write(change: Callable[[apsw.Connection], None]) -> None:
            self._catalog.write(lambda connection: self._under(changes, connection, change))

        deep = [path for path, request in requests.items() if request.is_deep]
        covered = self._covered(requests, deep)
        shallow = [path for path, request in requests.items() if not (request.is_deep or path in covered)]
        self._apply(this_pass, write, (self._listing(path, rules) for path in shallow))
        new, this_pass.new_folders = this_pass.new_folders, []
        for start in (*(self._rules_at(path, rules) for path in deep if path not in covered), *new):
            self._apply(this_pass, write, walk_from(start))
            this_pass.new_folders.clear()  # the walk shows them itself
        this_pass.missing = self._losses.believed(self._catalog.reader(), this_pass.missing, deep)
        crash_point("scanning.before_finish")
        write(lambda connection: _finish(connection, this_pass, deep))
        crash_point("scanning.finished")
        for path in this_pass.also_linked - requests.keys() - covered:
            self.look_at(path, is_deep=False)
        self._on_scanned(this_pass.outcome)

    def _under(self, changes: int, connection: apsw.Connection, change: Callable[[apsw.Connection], None]) -> None:
        """Carry out a change that follows from the rules as they were after so many changes of them."""
        if changes != self._rule_changes:
            raise _OutdatedRulesError
        change(connection)

    def _apply(
        self,
        this_pass: ReconcilePass,
        write: Callable[[Callable[[apsw.Connection], None]], None],
        listings: Iterable[FolderListing],
    ) -> None:
        for batch in in_batches(self._noted(listings)):
            if self.is_stopping:
                raise CancelledError
            self.files_seen += sum(len(listing.files) for listing in batch)
            write(partial(this_pass.apply, listings=batch))
            crash_point("scanning.batch_applied")
            self._on_scanned(this_pass.outcome)

    def _noted(self, listings: Iterable[FolderListing]) -> Iterator[FolderListing]:
        """Each listing, with a note of the folder behind which the scan is now: the order is the same every time."""
        for listing in listings:
            self.in_hand.note(f"scanning {digest(listing.path)}")
            yield listing

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

    def _reachable(self, requests: dict[bytes, _Request]) -> dict[bytes, _Request]:
        """The requests whose root is there; the others are ended: a drive that is away deletes nothing."""
        roots = folders.roots(self._catalog.reader())
        holding = {path: folders.innermost(roots, path) for path in requests}
        away = {root for root in set(holding.values()) if root is not None and not self._presence.check(root)}
        for path, root in holding.items():
            if root is not None and root in away:
                requests[path].settle(self._away_error(root))
        return {path: request for path, request in requests.items() if holding[path] not in away}

    def _away_error(self, root: Root) -> UsageFaultError:
        absence = self._presence.absence(root.path)
        reason = absence.reason if absence is not None else GONE
        hint = "Bring it back, or forget it."
        if reason == ANOTHER:
            hint = f"To index what is there now: inkling index {display(root.path)}"
        return UsageFaultError("The folder is not there", reason, hint, display(root.path))

    def _away(self, paths: list[bytes]) -> list[bytes]:
        """Roots below `paths` that are not there: a mount point without its drive looks like an empty folder."""
        roots = folders.roots(self._catalog.reader())
        below = [root for root in roots if any(is_inside(root.path, path) and root.path != path for path in paths)]
        return [root.path for root in below if not self._presence.check(root)]

    def _covered(self, paths: Iterable[bytes], deep: list[bytes]) -> set[bytes]:
        """Those of `paths` that a walk from one of `deep` shows. It does not enter every root that lies below it."""
        roots = folders.roots(self._catalog.reader())
        walked = {path: folders.innermost(roots, path) for path in deep}
        return {path for path in paths if folders.innermost(roots, path) in _starts_above(path, walked)}


def _starts_above(path: bytes, walked: dict[bytes, Root | None]) -> list[Root | None]:
    """The roots of those of `walked` that lie above `path`: from folder to folder, as thousands may be walked."""
    found = []
    while (parent := os.path.dirname(path)) != path:
        path = parent
        if path in walked:
            found.append(walked[path])
    return found


def _finish(connection: apsw.Connection, this_pass: ReconcilePass, scanned: list[bytes]) -> None:
    this_pass.finish(connection)
    for path in scanned:
        folder_id = folders.folder_at(connection, path)
        connection.execute("UPDATE roots SET scanned_ns = ? WHERE folder_id = ?", (time.time_ns(), folder_id))
