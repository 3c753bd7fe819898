"""The state of the whole index: stages, folders, files that failed, processes, the last hour."""

from __future__ import annotations

from typing import Literal, TypedDict

from finder.index.pauses import Cause
from finder.service.protocol.indexing import FailedFile, Phase
from finder.service.protocol.models import EmbedStatus


class FailedFiles(TypedDict):
    files: list[FailedFile]
    following: int | None
    """What to ask for next; None where these were the last."""


class FileGroup(TypedDict):
    """Files whose text is not in the index for the same reason."""

    code: str
    reason: str
    count: int
    examples: list[str]
    """Paths for showing, one or two."""
    tried_again: str


class FolderStatus(TypedDict):
    uri: str
    path: str
    is_watched: bool
    state: Literal["online", "offline", "scanning"]
    files: int
    scanned_at: str | None
    """End of the last complete look at it; None before the first."""
    away_because: str | None
    away_since: str | None
    """When that was noticed; None for both while the folder is there."""
    looked_at_every_s: float | None
    """Where not every change in it is reported: how often it is looked at. None where each is."""


class StageStatus(TypedDict):
    """One stage of indexing, in the order of a file's way."""

    name: str
    state: Literal["working", "idle", "paused", "failing"]
    """`paused`: there is work, and it rests. `failing`: it tries again by itself."""
    doing: str
    """In words, how far it is; empty where nothing is left to do."""
    fault: str | None
    hint: str


class WorkerStatus(TypedDict):
    name: str
    pid: int | None
    state: str
    starts: int
    resident_bytes: int
    """Memory that its process holds; 0 where none runs."""


class Status(TypedDict):
    pid: int
    version: str
    home: str
    uptime_s: float
    phase: Phase
    paused_because: str | None
    pauses: dict[Cause, str]
    """Every cause for which indexing rests, and the reason in words."""
    stages: list[StageStatus]
    folders: list[FolderStatus]
    files: dict[str, int]
    """Files of each FileState."""
    waiting_away: int
    """Of the waiting files, those in folders that are away."""
    without_meaning: int
    """About so many of the read files hold a passage that waits for its vector."""
    failed: dict[str, int]
    """Failed files by code."""
    failures: list[FileGroup]
    name_only: list[FileGroup]
    passages: int
    """Distinct ones: what stands in many files is one."""
    vectors: int
    embed: EmbedStatus
    search: dict[str, int | str]
    """Which index answers (`exact`, `chroma`), what Chroma holds, how many searches each has answered."""
    workers: list[WorkerStatus]
    resident_bytes: int
    """Memory that the service itself holds."""
    sandbox: str
    """What holds a reader of hostile files, in words."""
    disk_bytes: dict[str, int]
    """catalog, vectors, logs."""
    notes: list[str]
    """What needs a person's attention."""


class PastPause(TypedDict):
    cause: Cause
    begun_ago_s: float
    ended_ago_s: float
    """0.0 while it lasts."""


class Rates(TypedDict):
    """The last hour, or since the service began; kept in memory, so that no window need be open."""

    step_s: float
    bytes_read: list[int]
    """Of files, in each step, oldest first; the last step is not over yet."""
    passages_embedded: list[int]
    pauses: list[PastPause]
