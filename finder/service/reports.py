"""What the service says of itself: progress, status, and why a file is or is not found. Reads, changes nothing."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import apsw

import finder
from finder.index.activity import Counts
from finder.paths import Home, display, path_to_uri
from finder.service.engine import Engine
from finder.service.protocol import FailedFile, FolderStatus, Progress, Status, Why, WorkerStatus
from finder.store import files, folders, spaces
from finder.store.folders import SUBTREE
from finder.types import FileState, Reason

Phase = Literal["scanning", "reading", "embedding", "idle", "paused"]

FAILED_FILES_SHOWN = 1_000


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
        self._awaited_files: set[int] | None = None
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
        waiting: set[int] = set()
        for folder_id in self._folder_ids:
            waiting |= files.waiting_ids(connection, folder_id)
        self._awaited_files = waiting if self._awaited_files is None else self._awaited_files & waiting
        self._awaited_files = self._awaited_files - self._engine.pipeline.reading.restless
        if not self._awaited_files and self._last_awaited_text is None:
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


def failed_below(connection: apsw.Connection, folder_ids: list[int]) -> tuple[list[FailedFile], int]:
    """Files below these folders that could not be read: the first of them, and how many there are."""
    found: list[FailedFile] = []
    count = 0
    for folder_id in folder_ids:
        rows: list[Any] = connection.execute(
            f"{SUBTREE} SELECT folder_id, name, code, reason FROM files"
            " WHERE state = 'failed' AND folder_id IN (SELECT id FROM subtree)",
            (folder_id,),
        ).fetchall()
        count += len(rows)
        for holder, name, code, reason in rows[: FAILED_FILES_SHOWN - len(found)]:
            path = os.path.join(folders.path_of(connection, holder), name)
            found.append(FailedFile(uri=path_to_uri(path), path=display(path), code=code, reason=reason))
    return found, count


def count_below(connection: apsw.Connection, folder_id: int, state: FileState | None = None) -> int:
    """Files below a folder, all or those of one state."""
    where = "folder_id IN (SELECT id FROM subtree) AND (?2 IS NULL OR state = ?2)"
    return int(connection.execute(f"{SUBTREE} SELECT count(*) FROM files WHERE {where}", (folder_id, state)).get)


def status(engine: Engine) -> Status:
    """Everything that can be said of the service at this moment."""
    connection = engine.catalog.reader()
    measure = Measure(engine)
    now = measure.progress()
    by_state: list[Any] = connection.execute("SELECT state, count(*) FROM files GROUP BY state").fetchall()
    failed: list[Any] = connection.execute(
        "SELECT code, count(*) FROM files WHERE state = 'failed' GROUP BY code"
    ).fetchall()
    return Status(
        pid=os.getpid(),
        version=finder.__version__,
        home=str(engine.home.root),
        uptime_s=round(time.monotonic() - engine.started_s, 1),
        phase=now["phase"],
        paused_because=engine.pipeline.paused_because,
        folders=[_folder(engine, connection, root) for root in folders.roots(connection)],
        files={str(state): 0 for state in FileState} | dict(by_state),
        failed=dict(failed),
        passages=int(connection.execute("SELECT count(*) FROM texts").get),
        vectors=spaces.count_vectors(connection, engine.pipeline.space_id),
        embed={
            "model": engine.embedder.space.model,
            "dimension": engine.embedder.space.dimension,
            "device": engine.embedder.device,
            "pending_passages": measure.waiting_texts,
        },
        search={
            "vectors_in_chroma": engine.pipeline.feeding.count,
            "answered_by_exact": engine.nearest.answered["exact"],
            "answered_by_chroma": engine.nearest.answered["chroma"],
        },
        workers=[
            WorkerStatus(name=worker.spec.name, pid=worker.pid, state=worker.state, starts=worker.starts)
            for worker in engine.workers
        ],
        sandbox=engine.extractor.sandbox or "not started yet",
        disk_bytes=_disk_bytes(engine.home),
        notes=_notes(engine),
    )


def _folder(engine: Engine, connection: apsw.Connection, root: folders.Root) -> FolderStatus:
    state: Literal["online", "offline", "scanning"] = "online" if root.is_online else "offline"
    if engine.pipeline.scanning.is_busy and root.scanned_ns is None:
        state = "scanning"
    return FolderStatus(
        uri=path_to_uri(root.path),
        path=display(root.path),
        is_watched=root.is_watched,
        state=state,
        files=count_below(connection, root.folder_id),
    )


def _disk_bytes(home: Home) -> dict[str, int]:
    catalog = sum(path.stat().st_size for path in home.root.glob("catalog.db*"))
    return {"catalog": catalog, "vectors": _size(home.vectors), "logs": _size(home.logs)}


def _size(folder: Path) -> int:
    total = 0
    for holder, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(holder, name)).st_size
            except FileNotFoundError:
                continue
    return total


def _notes(engine: Engine) -> list[str]:
    faults = [f"{stage.name}: {stage.fault}" for stage in engine.pipeline.stages if stage.fault is not None]
    disk = [str(engine.catalog.fault)] if engine.catalog.fault is not None else []
    return [*engine.notes, *disk, *faults]


def why(engine: Engine, path: bytes) -> Why:
    """Whether a path is found, how, and which rule, error or state explains it."""
    connection = engine.catalog.reader()
    folder_id = folders.folder_at(connection, os.path.dirname(path))
    row = files.in_folder(connection, folder_id).get(os.path.basename(path)) if folder_id is not None else None
    if row is None:
        return _why(path, False, [], _why_not(engine, connection, path))
    findable: list[Reason] = ["name"]
    if row.content_id is not None:
        findable.append("words")
        waiting: int = connection.execute(
            "SELECT count(*) FROM passages WHERE content_id = ? AND NOT EXISTS"
            " (SELECT 1 FROM vectors WHERE space_id = ? AND text_id = passages.text_id)",
            (row.content_id, engine.pipeline.space_id),
        ).get
        if not waiting:
            findable.append("meaning")
    reason, indexed_ns = connection.execute("SELECT reason, indexed_ns FROM files WHERE id = ?", (row.id,)).get
    if not os.path.lexists(path):
        reason = "It is not there any more; the index follows in a moment."
    if not reason:
        reason = "Its text still waits to be read." if row.state == FileState.WAITING else "Indexed."
        if row.state == FileState.READ and "meaning" not in findable:
            reason = "Its text is indexed; its meaning still waits."
    return _why(path, True, findable, reason, row.identity.mtime_ns, indexed_ns)


def _why_not(engine: Engine, connection: apsw.Connection, path: bytes) -> str:
    root = folders.root_above(connection, path)
    if root is None:
        return "It lies in no indexed folder. Add one with: inkling index FOLDER"
    if not os.path.lexists(path):
        return "There is no such file."
    rules = engine.rules()
    here = rules.folder(root.path, os.path.dirname(path))
    if not here.verdict.is_included:
        return f"{display(here.path)}: {here.verdict.reason}"
    if os.path.isdir(path):
        inside = rules.folder(root.path, path).verdict
        return inside.reason or "It is a folder; its files are indexed."
    if os.path.islink(path):
        return "A link; the file it leads to is indexed where it lies."
    verdict = here.file(os.path.basename(path), os.lstat(path).st_size)
    return verdict.reason or "Not seen yet; it is found at the next look at its folder."


def _why(
    path: bytes,
    is_indexed: bool,
    findable: list[Reason],
    reason: str,
    mtime_ns: int | None = None,
    indexed_ns: int | None = None,
) -> Why:
    return Why(
        uri=path_to_uri(path),
        path=display(path),
        is_indexed=is_indexed,
        findable_by=findable,
        reason=reason,
        modified=_iso(mtime_ns),
        indexed_at=_iso(indexed_ns),
    )


def _iso(time_ns: int | None) -> str | None:
    return datetime.fromtimestamp(time_ns / 1e9, UTC).isoformat(timespec="seconds") if time_ns else None
