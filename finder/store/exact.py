"""The exact search: every vector is looked at, as int8, and the best are scored again with what the catalog holds.

Answers whatever has a filter, whatever is small, and everything while no other index can. Lives in the service: imports
numpy and numkong, neither torch nor chromadb.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numkong
import numpy as np

from finder.crashpoints import crash_point
from finder.errors import CancelledError, EnvironmentFaultError, StoreDamagedError
from finder.store.codes import BoolArray, CodesFile, Columns, Int8Array, quantise
from finder.vectors import Float16Array, Float32Array, Int64Array, Space, VectorHits

_log = logging.getLogger(__name__)

_BLOCK_ROWS = 16_384
"""Scanned at a time: their scores stay in the processor's cache."""
_GATHER_SHARE = 0.25
"""Below this share of wanted rows in a block, copying them together is faster than scanning the whole block."""
_DEAD_SHARE_LIMIT = 0.2
_SAMPLE_ROWS = 64


class VectorSource(Protocol):
    """The truth behind the cache: the vectors of one space by sequence number, ascending and never used twice."""

    def read_after(self, seq: int, limit: int) -> tuple[Int64Array, Float16Array]:
        """Up to `limit` vectors past `seq`, in order: (N,) int64 and (N, D) float16."""
        ...

    def read(self, seqs: Int64Array) -> tuple[Int64Array, Float16Array]:
        """Those of `seqs` that are alive, with their vectors. What it once gave and now leaves out is dead."""
        ...

    def live_seqs(self) -> Int64Array:
        """All sequence numbers, ascending."""
        ...


class ExactIndex:
    """A `VectorIndex` over all vectors of `source`. Safe for any number of searching threads."""

    def __init__(self, path: Path, space: Space, source: VectorSource) -> None:
        """Open the cache at `path`; one that is missing, damaged or untrue begins anew. `refresh` fills it.

        Raises:
            EnvironmentFaultError: the file cannot be made.
        """
        self._path = path
        self._space = space
        self._source = source
        self._state = threading.Lock()
        """Held for moments, around what the segments are and which rows are alive."""
        self._writing = threading.Lock()
        """Held by the one that writes the file; taken before `_state`."""
        try:
            self._file = self._opened()
        except OSError as error:
            raise self._unusable(error) from error

    def __len__(self) -> int:
        """How many live vectors it holds."""
        with self._state:
            return sum(int(np.count_nonzero(segment.live[: segment.rows])) for segment in self._file.segments)

    def search(
        self,
        query: Float32Array,
        k: int,
        allowed: Int64Array | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> VectorHits:
        """The k nearest to `query` (D,), with exact cosine similarities; among the sorted `allowed` where given.

        A query without a direction (zero, not finite) is nearest to nothing.

        Args:
            is_cancelled: looked at between blocks, every millisecond.
        Raises:
            CancelledError: it said so.
        """
        codes, scales = quantise(query[None, :])  # (1, D), (1,)
        if scales[0] == 0 or k <= 0:
            return VectorHits(np.empty(0, np.int64), np.empty(0, np.float32))
        while True:
            candidates = self._scan(codes, max(4 * k, 200), allowed, is_cancelled)
            found, vectors = self._source.read(candidates)
            hits = _scored(query, found, vectors, k)
            if len(found) == len(candidates) or len(hits.seqs) >= k:
                return hits
            # The dead took places that the living are owed: hide them and look again.
            self.discard(np.setdiff1d(candidates, found))

    def refresh(self) -> int:
        """Take in what the source has past the last sequence number; cheap where there is nothing.

        Returns:
            How many vectors were added.
        Raises:
            EnvironmentFaultError: the file cannot be written (full disk, rights).
        """
        with self._writing:
            try:
                added = self._append_new()
                if self._dead_rows() > _DEAD_SHARE_LIMIT * self._file.rows:
                    self._compact()
            except OSError as error:
                raise self._unusable(error) from error
        return added

    def discard(self, seqs: Int64Array) -> None:
        """Hide what has died, at once."""
        with self._state:
            _hide(self._file, seqs)

    def forget(self) -> None:
        """Write the file anew with what the source holds now: no byte of what has died stays in it.

        Raises:
            EnvironmentFaultError: the file cannot be written (full disk, rights).
        """
        with self._writing:
            # Always: behind the last row may stand what a kill kept from being counted.
            with self._state:
                _hide(self._file, np.setdiff1d(_seqs_in(self._file), self._source.live_seqs(), assume_unique=True))
            try:
                self._compact()
            except OSError as error:
                raise self._unusable(error) from error

    def unmap(self) -> None:
        """Give the memory back to the system until the next search."""
        with self._state:
            self._file.unmap()

    def close(self) -> None:
        """Close the file. Searches that still run end well; later ones do not."""
        with self._writing, self._state:
            self._file.close()
            self._file.unmap()

    def _scan(
        self, query: Int8Array, size: int, allowed: Int64Array | None, is_cancelled: Callable[[], bool]
    ) -> Int64Array:
        """The sequence numbers (C,), C <= size, ascending, of the rows with the highest approximate scores."""
        best = _Best(size)
        scores = np.empty((1, _BLOCK_ROWS), np.float32)
        for columns, live in self._snapshot():
            for start in range(0, len(live), _BLOCK_ROWS):
                if is_cancelled():
                    raise CancelledError
                stop = min(start + _BLOCK_ROWS, len(live))
                _scan_block(query, columns.take(slice(start, stop)), live[start:stop], allowed, scores, best)
        return np.sort(best.taken())

    def _snapshot(self) -> list[tuple[Columns, BoolArray]]:
        """The written rows as they are now. A row that dies meanwhile may still be seen as alive."""
        with self._state:
            return [(self._file.columns(segment), segment.live[: segment.rows]) for segment in self._file.segments]

    def _opened(self) -> CodesFile:
        self._path.with_suffix(".new").unlink(missing_ok=True)
        if not self._path.exists():
            return CodesFile(self._path, self._space, create=True)
        try:
            file = CodesFile(self._path, self._space, create=False)
        except StoreDamagedError as error:
            fault = error.detail
        else:
            fault = self._fault_in(file)
            if not fault:
                return file
            file.close()
        _log.warning("the exact search's cache is built again: %s", fault)
        return CodesFile(self._path, self._space, create=True)

    def _fault_in(self, file: CodesFile) -> str:
        """Hide in `file` what is dead, and say where the rest is not what the source holds; empty where it is."""
        live = self._source.live_seqs()
        known = _seqs_in(file)
        expected = live[: np.searchsorted(live, file.last_seq, side="right")]
        is_live = np.isin(known, expected, assume_unique=True)
        if np.count_nonzero(is_live) != len(expected):
            return "it lacks vectors that the catalog holds"
        _hide(file, known[~is_live])
        sample = expected[:: max(1, len(expected) // _SAMPLE_ROWS)]
        return "" if self._agrees(file, sample) else "it holds other vectors than the catalog"

    def _agrees(self, file: CodesFile, seqs: Int64Array) -> bool:
        """True where the file's codes of `seqs` are those of the source's vectors; the source's dead do not count."""
        found, vectors = self._source.read(seqs)
        expected = dict(zip(found.tolist(), quantise(vectors)[0], strict=True))
        for segment in file.segments:
            columns = file.columns(segment)
            for row in np.flatnonzero(np.isin(columns.seqs, found)).tolist():
                if not np.array_equal(columns.codes[row], expected[int(columns.seqs[row])]):
                    return False
        return True

    def _append_new(self) -> int:
        added = 0
        while True:
            seqs, vectors = self._source.read_after(self._file.last_seq, self._file.room)
            if len(seqs) == 0:
                return added
            codes, scales = quantise(vectors)
            if not scales.all():
                _log.warning("%d vectors of the catalog cannot be searched", np.count_nonzero(scales == 0))
            segment = self._file.write(Columns(seqs, scales, codes))
            with self._state:
                self._file.publish(segment, scales)
            added += len(seqs)

    def _dead_rows(self) -> int:
        return self._file.rows - len(self)

    def _compact(self) -> None:
        """Write the living into a new file and put it in the place of the old one."""
        path = self._path.with_suffix(".new")
        with contextlib.ExitStack() as undo:
            undo.callback(path.unlink, missing_ok=True)
            new = CodesFile(path, self._space, create=True)
            undo.callback(new.close)
            for columns, live in self._snapshot():
                _copy(new, columns, np.flatnonzero(live))
            crash_point("exact.before_replace")
            os.replace(path, self._path)
            crash_point("exact.replaced")
            undo.pop_all()
        new.path = self._path
        with self._state:
            for segment in self._file.segments:  # what died while it was being written
                _hide(new, self._file.columns(segment).seqs[~segment.live[: segment.rows]])
            self._file.close()
            self._file = new

    def _unusable(self, error: OSError) -> EnvironmentFaultError:
        return EnvironmentFaultError(
            "The exact search's cache cannot be written",
            str(error),
            "Check that the folder is yours and that the disk is not full.",
            str(self._path),
        )


class _Best:
    """Keeps the `size` highest scored of what it is offered."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.floor = np.float32(-np.inf)
        """What scores no higher is not among the best."""
        self._scores = np.empty(0, np.float32)
        self._seqs = np.empty(0, np.int64)

    def offer(self, scores: Float32Array, seqs: Int64Array) -> None:
        """Take what of (N,) scores, all above `floor`, is among the best."""
        self._scores = np.concatenate([self._scores, scores])
        self._seqs = np.concatenate([self._seqs, seqs])
        if len(self._scores) > self._size:
            kept = np.argpartition(self._scores, -self._size)[-self._size :]
            self._scores, self._seqs = self._scores[kept], self._seqs[kept]
            self.floor = self._scores.min()

    def taken(self) -> Int64Array:
        return self._seqs


def _scan_block(
    query: Int8Array, block: Columns, live: BoolArray, allowed: Int64Array | None, room: Float32Array, best: _Best
) -> None:
    """Offer the wanted rows of one block. `query` is (1, D), `room` (1, >= N) float32 is written over.

    Whether a row is wanted is looked up for those alone that score high enough: so a wide filter costs nothing.
    """
    if allowed is not None:
        first, last = np.searchsorted(allowed, (block.seqs[0], block.seqs[-1] + 1))
        allowed = allowed[first:last]
        if len(allowed) < _GATHER_SHARE * len(live):
            rows = _places(allowed, block.seqs)
            block, live, allowed = block.take(rows), live[rows], None
    if len(live) == 0:
        return
    scores = room[:, : len(live)]  # (1, N)
    numkong.cdist(query, block.codes, "dot", out=scores, out_dtype="float32")
    weighted = scores[0] * block.scales  # (N,), but for the query's own scale
    high = np.flatnonzero(weighted > best.floor)
    high = high[live[high]]
    if allowed is not None:
        high = high[np.isin(block.seqs[high], allowed, assume_unique=True)]
    best.offer(weighted[high], block.seqs[high])


def _places(seqs: Int64Array, ascending: Int64Array) -> Int64Array:
    """Where in `ascending` those of `seqs` stand that are in it."""
    places: Int64Array = np.searchsorted(ascending, seqs)
    places[places == len(ascending)] = 0
    is_there: BoolArray = ascending[places] == seqs
    return places[is_there]


def _scored(query: Float32Array, seqs: Int64Array, vectors: Float16Array, k: int) -> VectorHits:
    """The k best of (C,) candidates by exact cosine similarity; equal ones in the order of their numbers."""
    exact = vectors.astype(np.float32)  # (C, D)
    norms = np.linalg.norm(exact, axis=1) * np.linalg.norm(query)  # (C,)
    scores = (exact @ query) / norms  # (C,)
    order = np.lexsort((seqs, -scores))[:k]
    return VectorHits(seqs[order], scores[order].astype(np.float32))


def _seqs_in(file: CodesFile) -> Int64Array:
    """Every sequence number in the file, the dead among them, ascending."""
    return np.concatenate([np.empty(0, np.int64), *(file.columns(segment).seqs for segment in file.segments)])


def _hide(file: CodesFile, seqs: Int64Array) -> None:
    for segment in file.segments:
        segment.live[_places(seqs, file.columns(segment).seqs)] = False


def _copy(file: CodesFile, columns: Columns, rows: Int64Array) -> None:
    while len(rows):
        part, rows = rows[: file.room], rows[file.room :]
        copied = columns.take(part)
        file.publish(file.write(copied), copied.scales)
