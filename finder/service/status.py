"""What the service says of its state at this moment: what is done, waits, failed, rests, and why. Changes nothing.

It is asked often and at any time, also in the middle of a great scan: nothing here walks the user's folders, and what
is counted comes from indexes. Progress over time is `reports.Measure`'s.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import apsw
import psutil

import finder
from finder.errors import FinderError, ModelUnavailableError
from finder.index.stage import Stage
from finder.paths import Home, display, path_to_uri
from finder.service import failures
from finder.service.engine import Engine
from finder.service.protocol.models import BuildingStatus, EmbedStatus
from finder.service.protocol.status import FileGroup, FolderStatus, StageStatus, Status, WorkerStatus
from finder.service.remote_front import RemoteFront
from finder.service.reports import iso, phase
from finder.store import folders, lookup, spaces
from finder.store.files import AWAY
from finder.types import FileState

_HELD = (
    "WITH RECURSIVE held(id, root) AS (SELECT folder_id, folder_id FROM roots"
    " UNION ALL SELECT folders.id, root FROM folders JOIN held ON folders.parent_id = held.id)"
)
"""A common table expression: every folder with the folder of its root."""


def status(engine: Engine) -> Status:
    """Everything that can be said of the service at this moment."""
    connection = engine.catalog.reader()
    with connection:  # one transaction: all numbers are of the same moment
        found = _status(engine, connection)
    return found


def _status(engine: Engine, connection: apsw.Connection) -> Status:
    by_state: dict[str, int] = dict(_rows(connection, "SELECT state, count(*) FROM files GROUP BY state"))
    waiting_away = _waiting_away(connection)
    failed = failures.groups(connection, FileState.FAILED)
    pending = engine.pipeline.serving.pending
    readable = by_state.get(FileState.WAITING, 0) - waiting_away
    return Status(
        pid=os.getpid(),
        version=finder.__version__,
        home=str(engine.home.root),
        uptime_s=round(time.monotonic() - engine.started_s, 1),
        phase=phase(engine, readable, pending),
        paused_because=engine.pipeline.paused_because,
        pauses=engine.pipeline.pauses.reasons,
        stages=[_stage(engine, stage, readable) for stage in engine.pipeline.stages],
        folders=_folders(engine, connection),
        files={str(state): 0 for state in FileState} | by_state,
        waiting_away=waiting_away,
        without_meaning=lookup.count_files_without_meaning(connection, engine.pipeline.space_id),
        failed=_by_code(failed),
        failures=failed,
        name_only=failures.groups(connection, FileState.NAME_ONLY),
        passages=_count(connection, "SELECT count(*) FROM texts"),
        vectors=spaces.count_vectors(connection, engine.pipeline.space_id),
        embed=_embed(engine, connection, pending),
        search={
            "vectors_in_chroma": engine.pipeline.feeding.count,
            "answered_by_exact": engine.models.nearest.answered["exact"],
            "answered_by_chroma": engine.models.nearest.answered["chroma"],
        },
        workers=[
            WorkerStatus(
                name=worker.spec.name,
                pid=worker.pid,
                state=worker.state,
                starts=worker.starts,
                resident_bytes=_resident_bytes(worker.pid),
            )
            for worker in engine.workers
        ],
        resident_bytes=_resident_bytes(os.getpid()),
        sandbox=engine.extractor.sandbox or "not started yet",
        disk_bytes=disk_bytes(engine.home),
        notes=_notes(engine),
    )


# Folders and files


def _by_code(groups: Iterable[FileGroup]) -> dict[str, int]:
    """Files by code: several reasons may share one."""
    counts: Counter[str] = Counter()
    for group in groups:
        counts[group["code"]] += group["count"]
    return dict(counts)


def _folders(engine: Engine, connection: apsw.Connection) -> list[FolderStatus]:
    counted = _rows(connection, f"{_HELD} SELECT root, count(*) FROM held JOIN files ON folder_id = held.id GROUP BY 1")
    files: dict[int, int] = dict(counted)
    return [_folder(engine, root, files.get(root.folder_id, 0)) for root in folders.roots(connection)]


def _folder(engine: Engine, root: folders.Root, files: int) -> FolderStatus:
    state: Literal["online", "offline", "scanning"] = "online" if root.is_online else "offline"
    if root.is_online and root.scanned_ns is None and engine.pipeline.scanning.is_busy:
        state = "scanning"
    absence = None if root.is_online else engine.pipeline.presence.absence(root.path)
    return FolderStatus(
        uri=path_to_uri(root.path),
        path=display(root.path),
        is_watched=root.is_watched,
        state=state,
        files=files,
        scanned_at=iso(root.scanned_ns),
        away_because=absence.reason if absence is not None else None,
        away_since=iso(absence.since_ns) if absence is not None else None,
        looked_at_every_s=engine.upkeep.schedule_s(root),
    )


def _waiting_away(connection: apsw.Connection) -> int:
    if not _count(connection, "SELECT count(*) FROM roots WHERE NOT is_online"):
        return 0
    where = "state = 'waiting' AND folder_id IN (SELECT id FROM away)"
    return _count(connection, f"WITH RECURSIVE {AWAY} SELECT count(*) FROM files WHERE {where}")


# Stages and models


def _stage(engine: Engine, stage: Stage, waiting_files: int) -> StageStatus:
    pipeline = engine.pipeline
    left, words = False, ""
    if stage is pipeline.scanning:
        left = pipeline.scanning.is_busy
        seen = pipeline.scanning.files_seen
        words = f"{_count_of(seen, 'file')} seen so far" if seen else "folders are to be looked at"
    elif stage is pipeline.reading:
        left = bool(waiting_files)
        words = f"{_count_of(waiting_files, 'file')} to go"
    elif stage is pipeline.purging:
        left, words = pipeline.purging.is_pending, pipeline.purging.doing
    elif stage is pipeline.languages:
        left, words = pipeline.languages.is_pending, "telling in which language documents are"
    for space in pipeline.spaces:
        if stage is space.embedding:
            left = bool(space.pending)
            words = f"{_count_of(space.pending, 'passage')} to go"
        elif stage is space.feeding:
            left = space.feeding.is_behind
            is_open = space.feeding.mark is not None
            words = f"{_count_of(space.feeding.count, 'vector')} so far" if is_open else "its store is not open yet"
    return StageStatus(
        name=stage.name,
        state=_state(stage, left),
        doing=words if left else "",
        fault=str(stage.fault) if stage.fault is not None else None,
        hint=stage.fault.hint if stage.fault is not None else "",
    )


def _state(stage: Stage, is_work_left: bool) -> Literal["working", "idle", "paused", "failing"]:
    if stage.fault is not None:
        return "failing"
    if not is_work_left:
        return "idle"
    return "paused" if stage.is_paused else "working"


def _embed(engine: Engine, connection: apsw.Connection, pending: int) -> EmbedStatus:
    return EmbedStatus(
        model=engine.embedder.space.model,
        dimension=engine.embedder.space.dimension,
        state=_model_state(engine),
        server=engine.embedder.status() if isinstance(engine.embedder, RemoteFront) else None,
        device=engine.embedder.device,
        pending_passages=pending,
        refused_passages=engine.pipeline.embedding.refused_count,
        building=_building(engine, connection),
    )


def _model_state(engine: Engine) -> Literal["ready", "loading", "unloaded", "failing"]:
    if engine.embedder.is_ready or not isinstance(engine.pipeline.embedding.fault, ModelUnavailableError):
        return engine.embedder.state
    return "failing"


def _building(engine: Engine, connection: apsw.Connection) -> BuildingStatus | None:
    model = engine.models.building
    if model is None:
        return None
    return BuildingStatus(
        model=model.name,
        dimension=model.space.dimension,
        embedded=spaces.count_vectors(connection, model.space_id),
        passages=_count(connection, "SELECT count(*) FROM texts"),
    )


# The home, and what needs a person


def disk_bytes(home: Home) -> dict[str, int]:
    """What the files of a home take: the catalog with its log and its copies, the vector indexes, the logs."""
    catalog = sum(map(_size_bytes, home.root.glob("catalog.db*")))
    return {"catalog": catalog, "vectors": _bytes_below(home.vectors), "logs": _bytes_below(home.logs)}


def _resident_bytes(pid: int | None) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss) if pid is not None else 0
    except psutil.Error:  # it has just ended
        return 0


def _bytes_below(folder: Path) -> int:
    return sum(_size_bytes(Path(holder, name)) for holder, _, names in os.walk(folder) for name in names)


def _size_bytes(path: Path) -> int:
    """0 for a file that has just gone."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _notes(engine: Engine) -> list[str]:
    """What a person should know or do, one sentence or two each."""
    pipeline = engine.pipeline
    notes = list(engine.notes)
    if pipeline.pauses.has("deaths"):
        because = pipeline.pauses.reasons.get("deaths", "")
        notes.append(f"{because[:1].upper()}{because[1:]}. To try it at once: inkling resume")
    if engine.watcher.limit_note is not None:
        notes.append(engine.watcher.limit_note)
    notes += pipeline.scanning.notes
    if pipeline.purging.is_pending:
        doing = f" ({pipeline.purging.doing})" if pipeline.purging.doing else ""
        notes.append(f"What you excluded or forgot can be found no more; its bytes are being erased{doing}.")
    if pipeline.languages.is_pending:
        notes.append("Since the update the languages of documents are being told; lang: finds only some yet.")
    if pipeline.embedding.refused_count:
        notes.append(
            f"The model gives no sound vector for {_count_of(pipeline.embedding.refused_count, 'passage')}: what is in "
            "there is found by its words alone."
        )
    if engine.catalog.fault is not None:
        notes.append(_words(engine.catalog.fault))
    if (absence := engine.models.absence) is not None:
        notes.append(f"The model that you chose is not to be had; until it is, another one answers. {_words(absence)}")
    elif (advice := engine.advice.for_model(engine.models.serving.name)) is not None:
        notes.append(advice)
    for stage in pipeline.stages:
        if stage.fault is not None and (words := _words(stage.fault)) not in notes:  # a full disk is said once
            notes.append(f"{stage.name}: {words}")
    return notes


def _count_of(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _words(fault: FinderError) -> str:
    """What happened and the next step."""
    return f"{str(fault).rstrip('.')}. {fault.hint}".strip()


def _rows(connection: apsw.Connection, sql: str) -> list[Any]:
    return connection.execute(sql).fetchall()


def _count(connection: apsw.Connection, sql: str) -> int:
    return int(connection.execute(sql).get)
