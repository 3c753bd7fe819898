"""What travels over the service's socket: methods, their parameters, their answers. Imports no transport.

A frame is a JSON object and, beside it, raw bytes (see `finder.workers.channel`). A request is
`{"id": 7, "method": "find", "params": {...}}`. Every request ends in exactly one `final` or `error` with its id;
before that it may be answered by any number of `partial` and `progress`:

    {"id": 7, "kind": "partial",  "result": {...}}      find: words and names, before meaning is known
    {"id": 7, "kind": "progress", "result": {...}}      index: how far it is
    {"id": 7, "kind": "final",    "result": {...}}
    {"id": 7, "kind": "error",    "error":  {...}}      FinderError.to_json()

The first request on a connection is `hello`; the service refuses another major protocol version with an error that
says which side is older. `cancel` with the id of a running request makes that request end in a CancelledError.

method      params                                              final result
hello       protocol: int, version: str                         Hello
find        query, folders: [uri], mode, limit                  Found, as in finder.search.found (the partial one too)
index       folders: [uri], is_watched: bool                    Indexed; progress: Progress, at most 10 a second
forget      folder: uri                                         {"files": int}
reindex     folder: uri | null                                  {"files": int}: failed files are tried again
status      -                                                   Status
pause       minutes: float | null                               {}
resume      -                                                   {}
why         uri                                                 Why
subscribe   -                                                   never ends by itself; progress: Progress
cancel      request: int                                        {}
stop        -                                                   {}: then the service ends
"""

from __future__ import annotations

from typing import Literal, TypedDict

from finder.types import Reason

PROTOCOL_VERSION = 1
FRAME_LIMIT_BYTES = 64 << 20
"""A longer frame is refused and its connection closed."""
CLIENT_LIMIT = 64
"""Connections served at one time."""

Method = Literal[
    "hello", "find", "index", "forget", "reindex", "status", "pause", "resume", "why", "subscribe", "cancel", "stop"
]


class Hello(TypedDict):
    protocol: int
    version: str
    pid: int
    home: str


class FailedFile(TypedDict):
    uri: str
    path: str
    code: str
    reason: str


class Progress(TypedDict):
    phase: Literal["scanning", "reading", "embedding", "idle", "paused"]
    files_seen: int
    files_read: int
    files_total: int
    bytes_read: int
    bytes_total: int
    passages_embedded: int
    passages_total: int
    """Both count since the work in hand began."""
    passages_per_second: float
    seconds_left: float | None
    """From bytes and passages; None until it can be said."""


class Indexed(TypedDict):
    folders: list[str]
    files: int
    """Eligible files within the folders now."""
    read: int
    """Files whose text was read in this request."""
    embedded: int
    """Passages whose vector was computed in this request."""
    name_only: int
    failed: list[FailedFile]
    """Every file within the folders that could not be read, with the reason; at most 1,000."""
    failed_count: int
    seconds: float


class FolderStatus(TypedDict):
    uri: str
    path: str
    is_watched: bool
    state: Literal["online", "offline", "scanning"]
    files: int


class WorkerStatus(TypedDict):
    name: str
    pid: int | None
    state: str
    starts: int


class EmbedStatus(TypedDict):
    model: str
    dimension: int
    device: str | None
    """None while no worker has the model in memory."""
    pending_passages: int


class Status(TypedDict):
    pid: int
    version: str
    home: str
    uptime_s: float
    phase: Literal["scanning", "reading", "embedding", "idle", "paused"]
    paused_because: str | None
    folders: list[FolderStatus]
    files: dict[str, int]
    """Files of each FileState."""
    failed: dict[str, int]
    """Failed files by code."""
    passages: int
    """Distinct ones: what stands in many files is one."""
    vectors: int
    embed: EmbedStatus
    search: dict[str, int | str]
    """Which index answers (`exact`, `chroma`), what Chroma holds, how many searches each has answered."""
    workers: list[WorkerStatus]
    sandbox: str
    """What holds a reader of hostile files, in words."""
    disk_bytes: dict[str, int]
    """catalog, vectors, logs."""
    notes: list[str]
    """What needs a person's attention."""


class Why(TypedDict):
    uri: str
    path: str
    is_indexed: bool
    findable_by: list[Reason]
    reason: str
    """The rule, error or state that explains it, in a plain sentence."""
    modified: str | None
    indexed_at: str | None
