"""The reading stage: files that wait -> opened, hashed, extracted and split in a worker -> the catalog, in one commit.

Bytes that were read before under any name, by the same reader, are not read again.
"""

from __future__ import annotations

import collections
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Protocol

import apsw

from finder.crashpoints import crash_point
from finder.errors import CancelledError, EnvironmentFaultError, FileError, WorkerDiedError
from finder.extract.kinds import accepted_keys, has_pictures, is_known_by_samples, recorded_key
from finder.files.identity import hash_descriptor, hash_samples, identity_of, lstat, open_regular
from finder.files.rules import holds_private_key
from finder.index.activity import Activity
from finder.index.recording import Outcome, record_outcome
from finder.index.stage import Stage
from finder.store import contents, files, folders
from finder.store.catalog import Catalog
from finder.store.files import FileRow
from finder.types import Extraction, FileIdentity, FileState

_log = logging.getLogger(__name__)
_BUFFER = 64
_HEAD_BYTES = 1024
_RETRY_S = 3.0
"""A file that changed while it was read, or is held by another program, is looked at again after so long."""
_RESTLESS_AFTER = 3
_INNOCENT_KILLS = 5
"""Kills by somebody else while one file was read, from which on they count against the file."""
PIECES = "reading "
"""How the pieces of this stage begin: any of them can be left out without harm to the others."""
_ATTEMPTS = 2
"""Readings of one file that may take their worker down before the file is quarantined."""
_WITHOUT_WORDS = frozenset({"no_text", "unsupported"})
"""What the readers of PDFs and pictures say where there may be words in pictures."""


class Extractor(Protocol):
    """Takes text out of one open file. The implementation puts a sandboxed process in between."""

    @property
    def recognises_text(self) -> bool:
        """True where text in pictures is to be recognised, and can be."""
        ...

    def extract(self, descriptor: int, name: bytes, recognises: bool = False) -> Extraction: ...


class ReadingStage(Stage):
    """Reads what waits, the most recently changed first, what somebody waits for before that."""

    def __init__(
        self,
        catalog: Catalog,
        extractor: Extractor,
        activity: Activity,
        *,
        threads: int,
        focus: Callable[[], int | None],
        on_read: Callable[[list[int]], None],
        on_vanished: Callable[[bytes], object],
    ) -> None:
        """
        Args:
            focus: the folder whose files come first, None where nobody waits.
            on_read: told after each commit, with the sequence numbers of vectors that died in it.
            on_vanished: told the folder of a file that is not where the catalog has it.
        """
        super().__init__("reading", threads, gives_way=True)
        self._catalog = catalog
        self._extractor = extractor
        self._activity = activity
        self._focus = focus
        self._on_read = on_read
        self._on_vanished = on_vanished
        self._lock = threading.Lock()
        self._buffer: collections.deque[int] = collections.deque()
        self._in_flight: set[int] = set()
        self._not_before: dict[int, float] = {}
        self._deferrals: collections.Counter[int] = collections.Counter()
        self._killed_over: collections.Counter[int] = collections.Counter()
        self._is_refused = False
        """True while the catalog takes no data (a full disk): then nothing is read ahead of its commit."""

    @property
    def is_busy(self) -> bool:
        """True while a file is taken up whose outcome is not committed."""
        with self._lock:
            return bool(self._in_flight)

    @property
    def restless(self) -> frozenset[int]:
        """Files that were put off again and again, such as logs being written: nobody should wait for them."""
        with self._lock:
            return frozenset(id for id, times in self._deferrals.items() if times >= _RESTLESS_AFTER)

    def work(self) -> bool:
        taken = self._take()
        if taken is None:
            return False
        try:
            row = files.get(self._catalog.reader(), taken)
        except BaseException:
            self._put_back(taken)
            raise
        if row is None or row.state != FileState.WAITING:  # forgotten, or left out, since it was taken up
            self._done_with(taken)
            return True
        piece = _piece_of(row)
        with self.in_hand.alone(piece) as is_suspect:
            future = self._read_and_record(row, piece)
            if future is not None and (self._is_refused or is_suspect):
                future.result()  # its error becomes the stage's, which tries again more and more seldom
        return True

    def _read_and_record(self, row: FileRow, piece: str) -> Future[list[int] | None] | None:
        """The future of the commit; None where the file is put off."""
        try:
            with self.in_hand.piece(piece):
                outcome = self._read(row) if piece not in self.in_hand.fatal else Outcome(row.identity, error=_fatal())
        except BaseException:
            self._let_go(row)
            raise
        if outcome is None:
            self._let_go(row)
            return None
        crash_point("reading.read")

        def record(connection: apsw.Connection) -> list[int] | None:
            with self.in_hand.piece(piece):
                return record_outcome(connection, row, outcome)

        future = self._catalog.submit(record)
        future.add_done_callback(lambda done: self._recorded(row, outcome, done))
        return future

    def leave(self) -> None:
        self._catalog.release_reader()

    def forget_buffer(self) -> None:
        """Ask the catalog again what waits: the focus changed."""
        with self._lock:
            self._buffer.clear()

    def _take(self) -> int | None:
        """The id of the next file, which is in flight from now on."""
        with self._lock:
            if not self._buffer:
                self._refill()
            file_id = self._buffer.popleft() if self._buffer else None
            if file_id is not None:
                self._in_flight.add(file_id)
            return file_id

    def _refill(self) -> None:
        now = time.monotonic()
        self._not_before = {id: at for id, at in self._not_before.items() if at > now}
        busy = self._in_flight | self._not_before.keys()
        connection = self._catalog.reader()
        focus = self._focus()
        rows = files.waiting(connection, _BUFFER + len(busy), focus) if focus is not None else []
        if not any(row.id not in busy for row in rows):
            rows = files.waiting(connection, _BUFFER + len(busy))
        if not rows and not self._in_flight:
            self._deferrals.clear()  # of files that are gone, whose ids others may have one day
            self._killed_over.clear()
        self._buffer.extend(row.id for row in rows if row.id not in busy)

    def _put_back(self, file_id: int) -> None:
        """Nothing of it is to be committed, and nothing is its fault: it may be taken up at once."""
        with self._lock:
            self._in_flight.discard(file_id)

    def _let_go(self, row: FileRow) -> None:
        """Put a file off: it is looked at again after a while, a restless one after longer and longer."""
        with self._lock:
            self._in_flight.discard(row.id)
            self._deferrals[row.id] += 1
            self._not_before[row.id] = time.monotonic() + _RETRY_S * min(20, self._deferrals[row.id])

    def _done_with(self, file_id: int) -> None:
        with self._lock:
            self._in_flight.discard(file_id)
            for counted in (self._deferrals, self._killed_over, self._not_before):
                counted.pop(file_id, None)

    def _read(self, row: FileRow) -> Outcome | None:
        """Read one file; None where it is to be tried again later."""
        connection = self._catalog.reader()
        folder = folders.path_of(connection, row.folder_id)
        if not folder:  # forgotten since it was taken up
            return None
        path = os.path.join(folder, row.name)
        try:
            descriptor = open_regular(path)
        except FileError as error:
            if error.code != "vanished":
                return Outcome(row.identity, error=error)
            self._on_vanished(os.path.dirname(path))
            return None
        try:
            return self._read_open(connection, row, path, descriptor)
        finally:
            os.close(descriptor)

    def _read_open(self, connection: apsw.Connection, row: FileRow, path: bytes, descriptor: int) -> Outcome | None:
        before = identity_of(os.fstat(descriptor))
        extraction = None
        recognises = has_pictures(row.name) and self._extractor.recognises_text
        try:
            if holds_private_key(os.pread(descriptor, _HEAD_BYTES, 0)):
                raise FileError("secret", "It begins as a private key: found by name only")
            is_sampled = is_known_by_samples(row.name, recognises)
            digest = (hash_samples if is_sampled else hash_descriptor)(descriptor, before.size_bytes)
            key = _known_key(connection, digest, accepted_keys(row.name, recognises))
            if key is None:
                extraction = self._extractor.extract(descriptor, row.name, recognises)
                key = recorded_key(row.name, bool(extraction.blank_pages), extraction.is_recognised)
        except FileError as error:
            has_no_words = error.code in _WITHOUT_WORDS
            key = recorded_key(row.name, has_no_words, has_no_words and recognises)
            return Outcome(before, key, error=error)
        except WorkerDiedError as error:
            return self._survived(row, before, error)
        except OSError as error:
            return self._unreadable(row, path, before, error)
        if identity_of(os.fstat(descriptor)) != before or not _is_still_at(path, before):
            return None
        return Outcome(before, key, digest, extraction)

    def _survived(self, row: FileRow, identity: FileIdentity, error: WorkerDiedError) -> Outcome | None:
        """A reader died of this file, or was ended at its limits: once more, then quarantine."""
        if error.code == "died":  # killed from outside: the file may well be innocent
            self._killed_over[row.id] += 1
            if self._killed_over[row.id] < _INNOCENT_KILLS:
                return None
        attempts = self._catalog.write(lambda connection: files.count_attempt(connection, row.id))
        if attempts < _ATTEMPTS:
            return None
        return Outcome(identity, error=FileError(error.code, error.title, error.detail))

    def _unreadable(self, row: FileRow, path: bytes, identity: FileIdentity, error: OSError) -> Outcome | None:
        """The drive refused a part of the file: later again, for it may just be going away, and in the end no more."""
        if self._deferrals[row.id] < _RESTLESS_AFTER or not _is_still_at(path, identity):
            return None
        return Outcome(identity, error=FileError("corrupt", "The drive cannot read it", os.strerror(error.errno or 0)))

    def _recorded(self, row: FileRow, outcome: Outcome, done: Future[list[int] | None]) -> None:
        """Runs on the writer's thread after the commit: quick, and it takes nothing that waits for a commit."""
        failure = done.exception()
        self._is_refused = isinstance(failure, EnvironmentFaultError)
        if self._is_refused:
            self._put_back(row.id)
            return
        if failure is not None:
            if not isinstance(failure, CancelledError):
                _log.error("Recording a file failed", exc_info=failure)
            self._let_go(row)
            return
        dead = done.result()
        if dead is None:
            self._let_go(row)
            return
        self._done_with(row.id)
        crash_point("reading.recorded")
        self._activity.file_done(outcome.identity.size_bytes, outcome.extraction is not None)
        self._on_read(dead)


def _known_key(connection: apsw.Connection, digest: bytes, keys: Sequence[str]) -> str | None:
    """The first of `keys` under which bytes of this hash were read; None where there is none."""
    return next((key for key in keys if contents.find(connection, digest, key) is not None), None)


def _piece_of(row: FileRow) -> str:
    """What the reading of this file, as it was last seen, is called among the work in hand."""
    identity = row.identity
    return f"{PIECES}{row.id} {identity.size_bytes} {identity.mtime_ns} {identity.ctime_ns}"


def _fatal() -> FileError:
    return FileError("ended_service", "Reading it ended the service again and again")


def _is_still_at(path: bytes, identity: FileIdentity) -> bool:
    try:
        return identity_of(lstat(path)) == identity
    except OSError:
        return False
