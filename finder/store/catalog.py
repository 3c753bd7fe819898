"""The catalog's connections: one thread that writes, one reading connection for each thread that reads.

A change is a function of the writing connection. Changes that wait at the same time share one commit, each inside a
savepoint of its own, so that durability costs one sync for many files and one bad change spoils none of the others.
When `write` returns, what it did is on the disk.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import apsw

from finder.errors import CancelledError, EnvironmentFaultError
from finder.store.schema import open_reader, open_writer

_log = logging.getLogger(__name__)

Result = TypeVar("Result")
Change = Callable[[apsw.Connection], Result]

_CHANGES_PER_COMMIT = 64
_QUEUE_LENGTH = 256
"""Who writes faster than the disk waits: the queue is the back-pressure."""


@dataclass(frozen=True, slots=True)
class _Pending:
    change: Change[Any]
    future: Future[Any]


class Catalog:
    """`catalog.db`, opened. Close it once, after everything that uses it has stopped."""

    def __init__(self, path: Path) -> None:
        """Open or make the catalog.

        Raises:
            NewerIndexError, StoreDamagedError, EnvironmentFaultError: see `schema.open_writer`.
        """
        self.path = path
        self._pending: queue.Queue[_Pending | None] = queue.Queue(_QUEUE_LENGTH)
        self._readers = threading.local()
        self._opened: list[apsw.Connection] = []
        self._opened_lock = threading.Lock()
        self._is_closed = False
        self.commits = 0
        """How often anything was committed: what was read while it stood still is true as long as it does."""
        self.fault: EnvironmentFaultError | None = None
        """Why the last commit was refused (a full disk); None once one succeeds again."""
        self._writer = open_writer(path)
        self._thread = threading.Thread(target=self._write_until_closed, name="catalog-writer")
        self._thread.start()

    def reader(self) -> apsw.Connection:
        """The calling thread's reading connection."""
        connection: apsw.Connection | None = getattr(self._readers, "connection", None)
        if connection is None:
            connection = self._readers.connection = open_reader(self.path)
            with self._opened_lock:
                self._opened.append(connection)
        return connection

    def release_reader(self) -> None:
        """Close the calling thread's reading connection: for threads that come and go."""
        connection: apsw.Connection | None = getattr(self._readers, "connection", None)
        if connection is not None:
            self._readers.connection = None
            with self._opened_lock:
                if connection in self._opened:  # `close` may have come first
                    self._opened.remove(connection)
            connection.close()

    def submit(self, change: Change[Result]) -> Future[Result]:
        """Queue a change; its future is set when it is committed. After `close` it ends in a CancelledError."""
        future: Future[Result] = Future()
        self._pending.put(_Pending(change, future))
        if self._is_closed:
            self._refuse_the_rest()
        return future

    def write(self, change: Change[Result]) -> Result:
        """Carry out a change and wait until it is committed.

        Raises:
            EnvironmentFaultError: the disk is full or does not take the data; nothing of it was kept.
            CancelledError: the catalog was closed before.
        """
        return self.submit(change).result()

    def checkpoint(self) -> None:
        """Move the log into the database file and empty it, so that no deleted byte stays in the log."""
        self.write(lambda _: None)
        connection = open_writer(self.path)
        try:
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except apsw.BusyError:
            _log.info("A reader kept the write-ahead log from being emptied")
        finally:
            connection.close()

    def close(self) -> None:
        """Commit what is queued and close every connection."""
        self._pending.put(None)
        self._thread.join()
        with self._opened_lock:
            for connection in self._opened:
                connection.close()
            self._opened.clear()

    def _write_until_closed(self) -> None:
        while (first := self._pending.get()) is not None:
            batch = [first]
            is_closing = False
            with contextlib.suppress(queue.Empty):
                while len(batch) < _CHANGES_PER_COMMIT:
                    following = self._pending.get_nowait()
                    if following is None:
                        is_closing = True
                        break
                    batch.append(following)
            self._commit(batch)
            if is_closing:
                break
        self._writer.close()
        self._is_closed = True  # whoever comes now refuses what it queued itself
        self._refuse_the_rest()

    def _refuse_the_rest(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                pending = self._pending.get_nowait()
                if pending is not None:
                    pending.future.set_exception(CancelledError())

    def _commit(self, batch: list[_Pending]) -> None:
        outcomes: list[tuple[_Pending, Any, Exception | None]] = []
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            outcomes.extend((pending, *self._carried_out(pending.change)) for pending in batch)
            self._writer.execute("COMMIT")
            self.commits += 1
            self.fault = None
        except apsw.Error as error:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            fault = self.fault = _as_fault(error, self.path)
            for pending in batch:
                pending.future.set_exception(fault)
            return
        for pending, result, failure in outcomes:
            if failure is None:
                pending.future.set_result(result)
            else:
                pending.future.set_exception(failure)

    def _carried_out(self, change: Change[Any]) -> tuple[Any, Exception | None]:
        """The change's result, or what it raised with all it did undone."""
        result = None
        try:
            with self._writer:  # a savepoint, as a transaction is open
                result = change(self._writer)
        except (apsw.FullError, apsw.IOError, apsw.CorruptError):
            raise
        except Exception as error:  # handed to whoever asked for the change
            if isinstance(error, apsw.Error) and not self._writer.in_transaction:
                raise  # SQLite itself rolled back everything, the changes before this one too
            return None, error
        return result, None


def _as_fault(error: apsw.Error, path: Path) -> EnvironmentFaultError:
    while isinstance(error.__context__, apsw.Error):  # a savepoint that is gone complains over what took it away
        error = error.__context__
    if isinstance(error, apsw.FullError):
        return EnvironmentFaultError(
            "The disk is full", "the index could not be written", "Free some space; indexing then goes on.", str(path)
        )
    return EnvironmentFaultError(
        "The catalog could not be written",
        str(error),
        "Check the disk; nothing that was acknowledged is lost.",
        str(path),
    )
