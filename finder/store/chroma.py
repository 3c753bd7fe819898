"""A Chroma store of one embedding space, opened with distrust. The only importer of chromadb: for the vector worker.

Chroma holds `sequence number -> vector`, no metadata and no text, and is only ever added to. Beside its own folder lies
what it is checked against when it is opened, since a store that was killed while writing or lost a file may answer with
wrong rows and no error, or end the process:

    epoch.json   which space it is of (`finder.store.epochs`)
    lock         held by the one process that has it open
    state        the mark, the count, the sums of its index files, and some vectors that must find themselves
    opening      there while it is being opened: found at the start, it tells that the last opening ended the process

Whatever is untrue raises StoreDamagedError, and the caller makes a new epoch and feeds it from the catalog.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import apsw
import chromadb
import numpy as np
from chromadb.api import ClientAPI
from chromadb.api.models.Collection import Collection
from chromadb.config import Settings

from finder.crashpoints import crash_point
from finder.errors import EnvironmentFaultError, FinderError, StoreDamagedError, UsageFaultError
from finder.store.epochs import EpochState, epoch_dimension, index_files, index_sums, lock_epoch, write_whole
from finder.store.schema import DAMAGE
from finder.vectors import Float32Array, Int64Array, VectorHits

_COLLECTION = "vectors"
_SYNC_THRESHOLD = 50_000
"""Chroma writes its index files once in so many vectors: being killed in that moment is what it does not survive."""
_EF_SEARCH = 200
"""Recall@10 on a hard set of 30,000: 0.971 with Chroma's default of 100, 0.993 with this."""
_BATCH_ROWS = 250
"""Added between two moves of the mark."""
_CANARY_LIMIT = 16
_CANARY_ROWS = 10
"""Asked for by a canary's query: a lost index answers with a single row."""
_CANARY_FAULTS_ALLOWED = 2
"""The index is approximate: now and then a vector does not find itself in a sound one."""
_SAME_DISTANCE = 1e-3
_NORM_TOLERANCE = 1e-2


class ChromaIndex:
    """The store in one epoch's directory. For one thread.

    After an error other than UsageFaultError it is of no use any more and wants closing.
    """

    def __init__(
        self, directory: Path, dimension: int, *, lock_timeout_s: float = 10.0, sync_threshold: int = _SYNC_THRESHOLD
    ) -> None:
        """Open the store, or begin it where the epoch is new.

        Raises:
            StoreDamagedError: it does not answer truthfully, or ended the process that last opened it.
            EnvironmentFaultError: another process holds it, or its folder cannot be written.
        """
        self.directory = directory
        self.dimension = dimension
        self._sync_threshold = sync_threshold
        self._client: ClientAPI | None = None
        self._seen: dict[Path, tuple[int, int]] = {}
        self._rows_to_recount = 0
        """Until so many more are added, some of them may be there already, so Chroma is asked how many it holds."""
        self._lock = _take_lock(directory, lock_timeout_s)
        try:
            self._state = self._expected()
            self._open()
        except BaseException:
            self.close()
            raise

    @property
    def mark(self) -> int:
        """Every vector up to this sequence number that was ever added is in the store."""
        return self._state.mark

    def count(self) -> int:
        """How many vectors it holds, dead ones too."""
        with self._truthfully("count"):
            return int(self._collection.count())

    def add(self, seqs: Int64Array, vectors: Float32Array) -> int:
        """Add vectors in the order of their numbers; what is there already is left as it is.

        Args:
            seqs: (N,), ascending.
            vectors: (N, D), each of L2 norm 1.
        Returns:
            The new mark.
        Raises:
            UsageFaultError: a vector is zero, not finite, not of norm 1 or of another length, or the order is wrong.
        """
        _check_vectors(seqs, vectors, self.dimension)
        new = seqs > self.mark
        seqs, vectors = seqs[new], vectors[new].astype(np.float32)
        for start in range(0, len(seqs), _BATCH_ROWS):
            batch = slice(start, start + _BATCH_ROWS)
            with self._truthfully("add"):
                self._collection.add(ids=[str(seq) for seq in seqs[batch].tolist()], embeddings=vectors[batch])
            crash_point("chroma.added_before_mark")
            self._move_mark(seqs[batch], vectors[batch][-1])
            crash_point("chroma.mark_moved")
        return self.mark

    def search(self, query: Float32Array, k: int) -> VectorHits:
        """The k nearest to `query` (D,), approximately; fewer where it finds no more."""
        wanted = min(k, self._state.count)
        if wanted <= 0 or not np.isfinite(query).all() or not query.any():
            return VectorHits(np.empty(0, np.int64), np.empty(0, np.float32))
        seqs, distances = self._nearest(query, wanted)
        return VectorHits(seqs, (1.0 - distances).astype(np.float32))

    def close(self) -> None:
        """Let go of the store, and of the lock last."""
        if self._client is not None:
            self._client.close()  # type: ignore[attr-defined]  # the protocol lacks it, every client has it
            self._client = None
        os.close(self._lock)

    # Opening

    def _expected(self) -> EpochState:
        """What the store must turn out to be, read without touching it."""
        if epoch_dimension(self.directory) != self.dimension:
            raise self._damaged("it is of another dimension")
        if self._marker.exists():
            raise self._damaged("opening it ended the process the last time")
        self._data.mkdir(mode=0o700, exist_ok=True)
        try:
            state = EpochState.from_bytes(self._state_path.read_bytes())
        except FileNotFoundError:
            if any(self._data.iterdir()):
                raise self._damaged("it was left before anything was known of it") from None
            return EpochState()
        except (OSError, ValueError, TypeError) as error:
            raise self._damaged(f"its state cannot be read: {error}") from error
        if index_sums(self._data) != state.files:
            raise self._damaged("its files are not those that were written")
        return state

    def _open(self) -> None:
        write_whole(self._marker, b"")
        crash_point("chroma.opening")
        self._check_database()
        with self._truthfully("open"):
            self._client = chromadb.PersistentClient(str(self._data), _settings())
            self._collection = self._opened_collection(self._client)
        excess = self.count() - self._state.count
        if not 0 <= excess <= _BATCH_ROWS:  # a batch may have been added and the mark not moved
            raise self._damaged(f"it holds {excess:+d} vectors more than were added")
        self._rows_to_recount = _BATCH_ROWS if excess else 0
        untrue = sum(not self._answers(*canary) for canary in self._state.canaries)
        if untrue > _CANARY_FAULTS_ALLOWED or untrue * 2 > len(self._state.canaries):
            raise self._damaged(f"{untrue} of {len(self._state.canaries)} known vectors do not find themselves")
        self._remember_files()
        self._save()
        crash_point("chroma.opened")
        self._marker.unlink()

    def _check_database(self) -> None:
        """Read the database that Chroma keeps beside its index: it looks at most of it only when a search wants it."""
        path = self._data / "chroma.sqlite3"
        if not path.exists():
            return
        try:
            # Closed before Chroma opens it: two copies of SQLite in one process take each other's locks away.
            with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)) as connection:
                fault = str(connection.execute("PRAGMA quick_check(1)").get)
        except DAMAGE as error:
            fault = str(error)
        except apsw.Error as error:
            raise EnvironmentFaultError("The vector store cannot be opened", str(error), path=str(path)) from error
        if fault != "ok":
            raise self._damaged(f"its database: {fault}")

    def _opened_collection(self, client: ClientAPI) -> Collection:
        return client.get_or_create_collection(
            _COLLECTION,
            embedding_function=None,
            configuration={
                "hnsw": {"space": "cosine", "ef_search": _EF_SEARCH, "sync_threshold": self._sync_threshold}
            },
        )

    def _answers(self, seq: int, encoded: str) -> bool:
        """True where the vector finds itself, or as many equal ones as were asked for."""
        vector = np.frombuffer(base64.b64decode(encoded), np.float32)
        wanted = min(_CANARY_ROWS, self._state.count)
        seqs, distances = self._nearest(vector, wanted)
        same = distances < _SAME_DISTANCE
        return bool((seqs[same] == seq).any() or np.count_nonzero(same) == _CANARY_ROWS)

    # Reading and writing

    def _nearest(self, query: Float32Array, wanted: int) -> tuple[Int64Array, Float32Array]:
        """Sequence numbers and cosine distances (K,) of the nearest, K <= wanted, nearest first."""
        with self._truthfully("search"):
            answer = self._collection.query(query_embeddings=query[None, :], n_results=wanted, include=["distances"])
            assert answer["distances"] is not None
            seqs = np.array([int(id_) for id_ in answer["ids"][0]], np.int64)
            distances = np.array(answer["distances"][0], np.float32)
            if not np.isfinite(distances).all():
                raise self._damaged("it answers with distances that are no numbers")
        return seqs, distances

    def _move_mark(self, seqs: Int64Array, vector: Float32Array) -> None:
        """To the last of `seqs` (N,), just added; `vector` (D,) is its own."""
        state = self._state
        state.mark = int(seqs[-1])
        # Counting takes Chroma the longer the more it holds, so it is asked only where a sum could be wrong.
        state.count = self.count() if self._rows_to_recount > 0 else state.count + len(seqs)
        self._rows_to_recount -= len(seqs)
        if len(state.canaries) >= _CANARY_LIMIT:
            del state.canaries[1::2]
        state.canaries.append((state.mark, base64.b64encode(vector.tobytes()).decode()))
        self._remember_files()
        self._save()

    def _remember_files(self) -> None:
        """Sum the index's files up again where Chroma has written them."""
        seen = {path: (stat.st_size, stat.st_mtime_ns) for path in index_files(self._data) for stat in [path.stat()]}
        if seen != self._seen:
            self._state.files = index_sums(self._data)
            self._seen = seen

    def _save(self) -> None:
        write_whole(self._state_path, self._state.to_bytes())

    # Names and errors

    @property
    def _data(self) -> Path:
        return self.directory / "chroma"

    @property
    def _marker(self) -> Path:
        return self.directory / "opening"

    @property
    def _state_path(self) -> Path:
        return self.directory / "state"

    @contextmanager
    def _truthfully(self, doing: str) -> Iterator[None]:
        try:
            yield
        except FinderError:
            raise
        except Exception as error:  # whatever Chroma raises, it no longer does what it is asked to
            detail = f"{doing}: {type(error).__name__}: {error}"
            if "disk is full" in detail or "os error 28" in detail:
                raise EnvironmentFaultError(
                    "The disk is full", detail, "Make room; indexing goes on by itself.", str(self.directory)
                ) from error
            raise self._damaged(detail) from error

    def _damaged(self, detail: str) -> StoreDamagedError:
        return StoreDamagedError(
            "The vector store does not answer truthfully", detail, "It is built again.", str(self.directory)
        )


def _settings() -> Settings:
    """Said outright, so that neither the environment nor an `.env` file can make it talk to anybody."""
    return Settings(
        _env_file=None,  # type: ignore[call-arg]  # pydantic-settings takes it, its types do not say so
        anonymized_telemetry=False,
        chroma_api_impl="chromadb.api.rust.RustBindingsAPI",
        chroma_product_telemetry_impl="chromadb.telemetry.product.posthog.Posthog",
        chroma_otel_collection_endpoint="",
        chroma_server_host=None,
    )


def _take_lock(directory: Path, timeout_s: float) -> int:
    try:
        return lock_epoch(directory, timeout_s)
    except TimeoutError as error:
        raise EnvironmentFaultError(
            "The vector store is in use", str(error), "End the other Inkling that uses this index.", str(directory)
        ) from None
    except OSError as error:
        raise EnvironmentFaultError("The vector store cannot be opened", str(error), path=str(directory)) from error


def _check_vectors(seqs: Int64Array, vectors: Float32Array, dimension: int) -> None:
    if vectors.shape != (len(seqs), dimension):
        detail = f"{vectors.shape} is not ({len(seqs)}, {dimension})"
    elif (np.diff(seqs) <= 0).any() or (seqs <= 0).any():
        detail = "the sequence numbers do not ascend from 1"
    elif not (np.abs(np.linalg.norm(vectors.astype(np.float32), axis=1) - 1) < _NORM_TOLERANCE).all():
        detail = "a vector is zero, not finite, or not of norm 1"  # a comparison with NaN is false
    else:
        return
    raise UsageFaultError("The vectors cannot be stored", detail)
