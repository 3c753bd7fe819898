"""What the service says of its work: how far it is, and what a change of model takes. Reads, changes nothing."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Any

import apsw
import numpy as np

from finder.config import SERVER, ServerSettings
from finder.embed import canaries
from finder.embed.choice import space_named
from finder.embed.deterministic import HashEmbedder
from finder.embed.hardware import graphics_processor, seconds_for
from finder.embed.remote import endpoints_of
from finder.embed.weights import find_model
from finder.errors import ModelUnavailableError
from finder.index.activity import Counts
from finder.service.engine import Engine
from finder.service.protocol.indexing import Phase, Progress
from finder.service.protocol.models import ModelCost
from finder.store import files, spaces
from finder.store.folders import SUBTREE
from finder.types import FileState
from finder.vectors import Int64Array

BYTES_PER_DIMENSION = 7
"""float16 in the catalog, int8 in the exact search, float32 in Chroma."""
BYTES_PER_VECTOR = 550
"""What the three keep beside it: Chroma's graph and log above all (2,087 bytes for 384 dimensions in Chroma alone)."""


_TOKENS_PER_PASSAGE = 200
_TOKENS_PER_QUERY = 30
"""With the instruction."""


def phase(engine: Engine, waiting_files: int, waiting_texts: int) -> Phase:
    """What the pipeline is doing, the first thing that applies."""
    if engine.pipeline.paused_because is not None:
        return "paused"
    if engine.pipeline.scanning.is_busy:
        return "scanning"
    if waiting_files:
        return "reading"
    return "embedding" if waiting_texts else "idle"


class Measure:
    """How far the work below some folders is, as seen from a moment on. None for all folders.

    What was there to do at the first look is what somebody waits for: files that change while they wait, such as a log
    being written or a build, do not make them wait on.
    """

    def __init__(self, engine: Engine, folder_ids: list[int] | None = None) -> None:
        self._engine = engine
        self._folder_ids: list[int] | list[None] = folder_ids if folder_ids is not None else [None]
        self._began: Counts = engine.pipeline.activity.counts
        self._awaited_files: Int64Array | None = None
        """Ids, ascending; None before the first look."""
        self._last_awaited_text: int | None = None
        self.waiting_files = 0
        self.waiting_texts = 0

    @property
    def is_done(self) -> bool:
        """True once all that was there to do at the first look is done."""
        return self._last_awaited_text is not None and not self.waiting_texts

    def progress(self) -> Progress:
        """Look again."""
        engine = self._engine
        connection = engine.catalog.reader()
        done_bytes, total_bytes, done_files, total_files = self._files(connection)
        self.waiting_files = self._waiting_files(connection)
        self.waiting_texts = self._waiting_texts(connection)
        counts = engine.pipeline.activity.counts
        embedded = counts.passages_embedded - self._began.passages_embedded
        rate = engine.pipeline.activity.passages_per_second
        return Progress(
            phase=phase(engine, self.waiting_files, self.waiting_texts),
            files_seen=engine.pipeline.scanning.files_seen,
            files_read=done_files,
            files_total=total_files,
            bytes_read=done_bytes,
            bytes_total=total_bytes,
            passages_embedded=embedded,
            passages_total=embedded + self.waiting_texts,
            passages_per_second=round(rate, 1),
            seconds_left=self._seconds_left(rate, done_bytes, total_bytes, embedded),
        )

    def _files(self, connection: apsw.Connection) -> tuple[int, int, int, int]:
        """Bytes done and in all, files done and in all."""
        sums = "SELECT state = 'waiting', count(*), coalesce(sum(size_bytes), 0) FROM files WHERE state <> 'name_only'"
        rows: list[Any] = []
        for folder_id in self._folder_ids:
            if folder_id is None:
                rows += connection.execute(f"{sums} GROUP BY 1").fetchall()
                continue
            below = f"{SUBTREE} {sums} AND folder_id IN (SELECT id FROM subtree) GROUP BY 1"
            rows += connection.execute(below, (folder_id,)).fetchall()
        waiting_files = sum(row[1] for row in rows if row[0])
        waiting_bytes = sum(row[2] for row in rows if row[0])
        all_files, all_bytes = sum(row[1] for row in rows), sum(row[2] for row in rows)
        return all_bytes - waiting_bytes, all_bytes, all_files - waiting_files, all_files

    def _waiting_files(self, connection: apsw.Connection) -> int:
        waiting = np.unique(np.concatenate([files.waiting_ids(connection, below) for below in self._folder_ids]))
        if self._awaited_files is not None:
            waiting = np.intersect1d(self._awaited_files, waiting, assume_unique=True)
        restless = np.array(sorted(self._engine.pipeline.reading.restless), np.int64)
        self._awaited_files = np.setdiff1d(waiting, restless, assume_unique=True)
        if not len(self._awaited_files) and self._last_awaited_text is None:
            self._last_awaited_text = spaces.last_text(connection)
        return len(self._awaited_files)

    def _waiting_texts(self, connection: apsw.Connection) -> int:
        pipeline, up_to = self._engine.pipeline, self._last_awaited_text
        waiting = sum(spaces.count_queued(connection, pipeline.space_id, below, up_to) for below in self._folder_ids)
        return max(0, waiting - pipeline.embedding.refused_count)

    def _seconds_left(self, rate: float, done_bytes: int, total_bytes: int, embedded: int) -> float | None:
        if rate <= 0:
            return None
        known = embedded + self.waiting_texts
        unread = (total_bytes - done_bytes) * known / done_bytes if done_bytes else 0
        return round((self.waiting_texts + unread) / rate, 1)


def count_below(connection: apsw.Connection, folder_id: int, state: FileState | None = None) -> int:
    """Files below a folder, all or those of one state."""
    where = "folder_id IN (SELECT id FROM subtree) AND (?2 IS NULL OR state = ?2)"
    return int(connection.execute(f"{SUBTREE} SELECT count(*) FROM files WHERE {where}", (folder_id, state)).get)


def server_cost(engine: Engine, server: ServerSettings) -> ModelCost:
    """What it takes until a server's model answers, as far as that can be said without asking the server.

    Raises:
        UsageFaultError: the settings name no server that can be used.
    """
    recipients = sorted({endpoint.address.origin for endpoint in endpoints_of(server, None)})
    connection = engine.catalog.reader()
    passages: int = connection.execute("SELECT count(*) FROM texts").get
    dimension, is_known = server.dimension, False
    with contextlib.suppress(ModelUnavailableError):
        record = canaries.load(engine.home.models)
        if is_known := record.agrees_with(server):
            dimension = record.space.dimension
            passages -= spaces.count_vectors_of(connection, record.space.key)
    return ModelCost(
        model=server.model,
        is_serving=is_known and server == engine.settings.server and engine.models.serving.name == SERVER,
        passages=passages,
        disk_bytes=passages * (dimension * BYTES_PER_DIMENSION + BYTES_PER_VECTOR) if dimension else 0,
        seconds=None,
        seconds_per_query=None,
        recipients=recipients,
    )


def model_cost(engine: Engine, name: str) -> ModelCost:
    """What it takes until another model answers.

    Raises:
        UsageFaultError: no model is called so.
        ModelUnavailableError: it is not on this computer, or cannot be used.
    """
    space = space_named(name, engine.home.models)
    connection = engine.catalog.reader()
    held = spaces.count_vectors_of(connection, space.key)
    passages = int(connection.execute("SELECT count(*) FROM texts").get) - held
    query_s = _seconds_on_processor(engine, name, _TOKENS_PER_QUERY)
    return ModelCost(
        model=name,
        is_serving=space.key == engine.models.serving.space.key,
        passages=passages,
        disk_bytes=passages * (space.dimension * BYTES_PER_DIMENSION + BYTES_PER_VECTOR),
        seconds=None if query_s is None else query_s * passages * _TOKENS_PER_PASSAGE / _TOKENS_PER_QUERY,
        seconds_per_query=query_s,
        recipients=[],
    )


def seconds_per_passage(engine: Engine) -> float | None:
    """About how long the model that answers takes for one on this computer's processor; None as in `ModelCost`."""
    name = engine.models.serving.name
    if name == SERVER:
        return None
    with contextlib.suppress(ModelUnavailableError):
        return _seconds_on_processor(engine, name, _TOKENS_PER_PASSAGE)
    return None


def _seconds_on_processor(engine: Engine, name: str, tokens: int) -> float | None:
    """None where a graphics processor is at hand, or where nothing is computed."""
    if HashEmbedder.named(name) is not None or graphics_processor() is not None:
        return None
    return seconds_for(find_model(name, engine.home.models).spec, tokens)


def iso(time_ns: int | None) -> str | None:
    return datetime.fromtimestamp(time_ns / 1e9, UTC).isoformat(timespec="seconds") if time_ns else None
