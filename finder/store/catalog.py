"""The catalog's connections: one thread that writes, one reading connection for each thread that reads.

A change is a function of the writing connection. Changes that wait at the same time share one commit, each inside a
savepoint of its own, so that durability costs one sync for many files and one bad change spoils none of the others.
When `write` returns, what it did is on the disk.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import apsw

from finder.crashpoints import crash_point
from finder.errors import CancelledError, EnvironmentFaultError, StoreDamagedError
from finder.store import spaces
from finder.store.columns import FOLLOWED
from finder.store.row_changes import RowChanges
from finder.store.schema import DAMAGE, SCHEMA_VERSION, damaged, emptied_log, open_reader, open_writer

_log = logging.getLogger(__name__)

Result = TypeVar("Result")
Change = Callable[[apsw.Connection], Result]

_CHANGES_PER_COMMIT = 64
_STEPS_BETWEEN_LOOKS = 10_000
_QUEUE_LENGTH = 256
"""Who writes faster than the disk waits: the queue is the back-pressure."""


@dataclass(frozen=True, slots=True)
class _Pending:
    change: Change[Any]
    future: Future[Any]
    is_alone: bool = False
    """Carried out between two transactions: what SQLite does in none."""


class Catalog:
    """`catalog.db`, opened. Close it once, after everything that uses it has stopped."""

    def __init__(self, path: Path, on_damage: Callable[[StoreDamagedError], None] = lambda damage: None) -> None:
        """Open or make the catalog.

        Args:
            on_damage: told, from any thread, when the file turns out damaged in use. It stays so.
        Raises:
            NewerIndexError, StoreDamagedError, EnvironmentFaultError: see `schema.open_writer`.
        """
        self.path = path
        self._on_damage = on_damage
        self._pending: queue.Queue[_Pending | None] = queue.Queue(_QUEUE_LENGTH)
        self._readers = threading.local()
        self._opened: list[apsw.Connection] = []
        self._opened_lock = threading.Lock()
        self._is_closing = False
        self._is_closed = False
        self.commits = 0
        """How often anything was committed: what was read while it stood still is true as long as it does."""
        self.changes = RowChanges(FOLLOWED)
        """Which rows were changed of the tables that are kept in memory; whoever waits for a commit finds its own."""
        self.fault: EnvironmentFaultError | None = None
        """Why the last commit was refused (a full disk); None once one succeeds again."""
        self._writer = open_writer(path)
        self._writer.set_update_hook(self.changes.note)
        self._thread = threading.Thread(target=self._write_until_closed, name="catalog-writer", daemon=True)
        self._thread.start()
        try:
            self.write(spaces.begin_numbers)
        except BaseException:
            self.close()
            raise

    def reader(self) -> apsw.Connection:
        """The calling thread's reading connection.

        Raises:
            StoreDamagedError: the file is gone.
            EnvironmentFaultError: it cannot be opened.
        """
        connection: apsw.Connection | None = getattr(self._readers, "connection", None)
        if connection is None:
            connection = self._readers.connection = self._opened_reader()
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
        return self._submit(change)

    def write(self, change: Change[Result]) -> Result:
        """Carry out a change and wait until it is committed.

        Raises:
            EnvironmentFaultError: the disk is full or does not take the data; nothing of it was kept.
            CancelledError: the catalog was closed before.
        """
        return self.submit(change).result()

    def rewrite(self) -> None:
        """Write the whole file anew, seconds a gigabyte, in which other changes wait and readers do not.

        `secure_delete` overwrites what is deleted, but not the copy that a row leaves behind where SQLite moved it to
        another page: only what is written anew is free of it.

        Raises:
            EnvironmentFaultError: the disk has no room for a second copy; nothing was changed.
        """
        self._submit(lambda connection: connection.execute("VACUUM"), is_alone=True).result()

    def empty_log(self) -> bool:
        """Move the log into the database file and empty it. False where somebody still reads from it: try again."""
        return self._submit(emptied_log, is_alone=True).result()

    def check(self) -> None:
        """Read the whole file, seconds a gigabyte, and tell `on_damage` where it is no sound database."""
        connection = open_reader(self.path)
        connection.pragma("mmap_size", 0)  # read once: it need not stay in memory
        connection.set_progress_handler(lambda: self._is_closing, _STEPS_BETWEEN_LOOKS)
        try:
            fault = str(connection.execute("PRAGMA quick_check(1)").get)
            if fault != "ok":
                self._found_damaged(fault)
        except DAMAGE as error:
            self._found_damaged(str(error))
        except apsw.Error as error:
            _log.info("the catalog was not checked to its end: %s", error)
        finally:
            connection.close()

    @contextlib.contextmanager
    def guarded(self) -> Iterator[None]:
        """Around whatever reads: what shows that the file is damaged is told to `on_damage`.

        Raises:
            StoreDamagedError: in the place of SQLite's own error.
        """
        try:
            yield
        except DAMAGE as error:
            raise self._found_damaged(str(error)) from error
        except apsw.SQLError as error:
            if self._has_its_tables():
                raise
            raise self._found_damaged("it has lost its tables") from error

    def close(self) -> None:
        """Commit what is queued and close every connection."""
        self._is_closing = True
        self._pending.put(None)
        self._thread.join()
        with self._opened_lock:
            for connection in self._opened:
                connection.close()
            self._opened.clear()

    def _opened_reader(self) -> apsw.Connection:
        try:
            return open_reader(self.path)
        except EnvironmentFaultError:
            if self.path.exists():
                raise
            raise self._found_damaged("its file is gone") from None

    def _has_its_tables(self) -> bool:
        """Seen with fresh eyes: a file that was cut off to nothing is a sound database, and an empty one."""
        connection = self._opened_reader()
        try:
            return bool(connection.pragma("user_version") == SCHEMA_VERSION)
        except DAMAGE:
            return False
        finally:
            connection.close()

    def _found_damaged(self, detail: str) -> StoreDamagedError:
        damage = damaged(self.path, detail)
        self._on_damage(damage)
        return damage

    def _submit(self, change: Change[Result], is_alone: bool = False) -> Future[Result]:
        future: Future[Result] = Future()
        self._pending.put(_Pending(change, future, is_alone))
        if self._is_closed:
            self._refuse_the_rest()
        return future

    def _write_until_closed(self) -> None:
        is_closing = False
        while not is_closing:
            taken = self._taken()
            is_closing = taken[-1] is None
            waiting = (pending for pending in taken if pending is not None)
            for is_alone, together in itertools.groupby(waiting, lambda pending: pending.is_alone):
                if is_alone:
                    for pending in together:
                        self._carry_out_alone(pending)
                else:
                    self._commit(list(together))
        self._writer.close()
        self._is_closed = True  # whoever comes now refuses what it queued itself
        self._refuse_the_rest()

    def _taken(self) -> list[_Pending | None]:
        """What waits, at least one; the last is None where the catalog is to be closed."""
        taken = [self._pending.get()]
        with contextlib.suppress(queue.Empty):
            while len(taken) < _CHANGES_PER_COMMIT and taken[-1] is not None:
                taken.append(self._pending.get_nowait())
        return taken

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
            crash_point("catalog.before_commit")
            self._writer.execute("COMMIT")
            crash_point("catalog.committed")
            self.changes.publish()
            self.commits += 1
            self.fault = None
        except apsw.Error as error:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            fault = self.fault = _as_fault(error, self.path)
            if isinstance(fault, StoreDamagedError):
                self._on_damage(fault)
            for pending in batch:
                pending.future.set_exception(fault)
            return
        for pending, result, failure in outcomes:
            if failure is None:
                pending.future.set_result(result)
            else:
                pending.future.set_exception(failure)

    def _carry_out_alone(self, pending: _Pending) -> None:
        try:
            result = pending.change(self._writer)
        except apsw.Error as error:
            fault = _as_fault(error, self.path)
            if isinstance(fault, StoreDamagedError):
                self._on_damage(fault)
            pending.future.set_exception(fault)
        else:
            pending.future.set_result(result)

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
    if isinstance(error, DAMAGE):
        return damaged(path, str(error))
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
