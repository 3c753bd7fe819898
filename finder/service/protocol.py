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
find        query, folders: [uri], mode, limit, profile,        Found, as in finder.search.found (the partial one too);
            evidence: int,                                      for so many results what answers is looked for
            is_typing: bool,                                    the last word may be the beginning of one;
            topic: int                                          of the map of all folders: only its files, without a
                                                                query too
complete    text: str, cursor: int                              Completions: what may stand there
evidence    query, texts: [str], profile                        Marks: for passages of rows that scroll into view
similar     uris: [uri], text: str | null, folders, limit       Similar, as in finder.search.likeness.related
duplicates  folders: [uri]                                      Duplicates, as there; progress: Comparing
preview_text  uri, around: int, limit: int                      PreviewedText: so many characters around an offset
preview_page  uri, page: int, width_px: int, passage: str,      PreviewedPage; beside it one blob: the page's pixels
            spans: [[start, end]], last: int                    up to `last` that page that holds the first span
preview_picture  uri, longest_px: int                           PreviewedPicture; beside it one blob: its pixels
tokens      text: str, name: str                                Tokens: what stands out in a program called so
sample      count: int, seed: int                               Sampled: passages of the user's own, for evaluating
topics      folders: [uri]                                      Topics, as in finder.topics.found; progress:
                                                                TopicsProgress
index       folders: [uri], is_watched: bool                    Indexed; progress: Progress, at most 10 a second
forget      folder: uri                                         Forgotten
exclude     add: [pattern], remove: [pattern]                   Excluded; without either the patterns of now
change_setting  name: str, value: str                           {"name", "value"}: what depends on it follows
reindex     folder: uri | null, code: str | null                {"files": int}: failed files are tried again, those
                                                                of one reason where a code is given
status      -                                                   Status
failed      after: int                                          FailedFiles: `following` is the next `after`
pause       minutes: float | null                               {}
resume      -                                                   {}
why         uri                                                 Why
would_index uri, patterns: [str]                                WouldIndex: for a path that need not be there, with
                                                                patterns that are not among the rules yet
survey      folder: uri                                         Surveyed: what there is in a folder to be indexed
rates       -                                                   Rates: how fast it went in the last hour
models      -                                                   Models: those that are known, and what this computer has
download_model  model: str                                      {"model"}; progress: Downloading. Asks the hub
remove_model    model: str                                      {"freed_bytes": int}
model_cost  model: str, server: table | null                    ModelCost; `server` as in the settings
use_model   model: str, server: table | null                    {}: its space is built beside the one that answers
subscribe   -                                                   never ends by itself; progress: Progress
cancel      request: int                                        {}
stop        -                                                   {}: then the service ends
"""

from __future__ import annotations

from typing import Literal, TypedDict

from finder.index.pauses import Cause
from finder.search.found import Completion
from finder.types import Reason

PROTOCOL_VERSION = 1
FRAME_LIMIT_BYTES = 64 << 20
"""A longer frame is refused and its connection closed."""
CLIENT_LIMIT = 64
"""Connections served at one time."""
PASSAGES_ASKED = 64
"""Passages that one request has marked."""
SAMPLE_LIMIT = 1_000
"""Passages that one request samples."""

Phase = Literal["scanning", "reading", "embedding", "idle", "paused"]

Method = Literal[
    "hello",
    "find",
    "complete",
    "evidence",
    "similar",
    "duplicates",
    "topics",
    "preview_text",
    "preview_page",
    "preview_picture",
    "tokens",
    "sample",
    "index",
    "forget",
    "exclude",
    "change_setting",
    "reindex",
    "status",
    "failed",
    "pause",
    "resume",
    "why",
    "would_index",
    "survey",
    "rates",
    "models",
    "download_model",
    "remove_model",
    "model_cost",
    "use_model",
    "subscribe",
    "cancel",
    "stop",
]


class Completions(TypedDict):
    items: list[Completion]
    """The likeliest first."""


class Marks(TypedDict):
    """For each of N texts, in characters of it."""

    answers: list[tuple[int, int] | None]
    """What answers by meaning. None where nothing stands out, or the model is not at hand."""
    words: list[list[tuple[int, int]]]
    """The query's words: in order, not overlapping."""


class TextPlace(TypedDict):
    start: int
    """From here on, in characters of the whole text."""
    page: int | None
    label: str | None
    """In words, for formats without pages."""


class PreviewedText(TypedDict):
    """Some of a file's text. Offsets count characters of the whole, as those of passages do."""

    text: str
    start: int
    length: int
    """Of the whole text."""
    first_line: int | None
    """The number of the line on which it begins, from 1. None where lines mean nothing."""
    places: list[TextPlace]
    """Wherever another page, slide, sheet or message begins; empty where the format has none."""


class PreviewedPage(TypedDict):
    """A page of a PDF. Its pixels are red, green and blue, three bytes each, row by row from the top."""

    page: int
    """Counted from 1."""
    page_count: int
    """Of the file."""
    width: int
    height: int
    stride_bytes: int
    """From one row's first byte to the next one's."""
    boxes: list[list[list[float]]]
    """Where the passage stands, line by line, then where each of its spans does: [left, top, width, height], as shares
    of the page. Empty lists for what is not on this page, or is a picture of words."""


class PreviewedPicture(TypedDict):
    """A picture, upright; pixels as in `PreviewedPage`."""

    width: int
    height: int
    stride_bytes: int
    full_width: int
    full_height: int
    """Of the picture itself."""


class Tokens(TypedDict):
    tokens: list[list[int]]
    """[start, end, kind], in order; kinds as `finder.extract.highlighting.TOKEN_KINDS` numbers them."""


class SampledPassage(TypedDict):
    path: str
    """Of a file that holds it, for showing, as a result has it."""
    text: str


class Sampled(TypedDict):
    passages: list[SampledPassage]
    """Of as many files, as far as there are; fewer where the index holds fewer that are fit."""


class Forgotten(TypedDict):
    files: int
    is_erased: bool
    """False where they can be found no more, and their last bytes are still being erased."""


class Excluded(TypedDict):
    patterns: list[str]
    """All of the user's own, in order: gitignore syntax, or the `file:` URI of one file or folder."""
    files: int
    """Files that left the index."""
    is_erased: bool


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
    tried_again: str
    """When, in words."""


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


class Progress(TypedDict):
    phase: Phase
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
    """Files within the folders that were read in this request."""
    embedded: int
    """Passages of files within the folders whose vector came in this request."""
    name_only: int
    failed: list[FailedFile]
    """Every file within the folders that could not be read, with the reason; at most 1,000."""
    failed_count: int
    absorbed: list[str]
    """Paths of folders that were indexed on their own before and are part of these now."""
    seconds: float


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


class BuildingStatus(TypedDict):
    """A model whose space is built beside the one that answers."""

    model: str
    dimension: int
    embedded: int
    passages: int
    """`embedded` of so many are done; then it answers."""


class ModelCost(TypedDict):
    """What a change of model takes."""

    model: str
    is_serving: bool
    """It answers already: nothing is to be done."""
    passages: int
    """To be embedded."""
    disk_bytes: int
    """Needed for the new vectors; those of the former model go afterwards. 0 before a server has told their length."""
    seconds: float | None
    """About how long embedding takes on this computer's processor; None where that is not known, or no matter."""
    seconds_per_query: float | None
    """About how long a search waits for its own vector then; None likewise."""
    recipients: list[str]
    """Who is sent the text of every passage and query: the servers' addresses; empty where it stays here."""


class EndpointStatus(TypedDict):
    """One address of a server of one's own."""

    origin: str
    state: Literal["well", "resting", "unknown"]
    """`resting`: it failed, and is tried again by itself. `unknown`: nothing was to be done since."""
    fault: str | None
    in_flight: int
    """Requests."""


class ServerStatus(TypedDict):
    """A server of one's own."""

    model: str
    endpoints: list[EndpointStatus]
    """Empty before the first work."""
    is_elastic: bool
    """It is started when there is work, and stopped when there was none for a while."""
    is_on: bool
    """It was started by the service, and not stopped yet."""
    seconds_on: float
    """In all, over every start so far."""


class EmbedStatus(TypedDict):
    model: str
    dimension: int
    state: Literal["ready", "loading", "unloaded", "failing"]
    """`unloaded`: no process has it in memory, until there is work for it."""
    device: str | None
    """None while no worker has the model in memory."""
    pending_passages: int
    refused_passages: int
    """Those for which the model gave no sound vector."""
    server: ServerStatus | None
    """None where the model computes here."""
    building: BuildingStatus | None


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


class Why(TypedDict):
    uri: str
    path: str
    is_indexed: bool
    findable_by: list[Reason]
    reason: str
    """The rule, error or state that explains it, in a plain sentence."""
    title: str | None
    metadata: dict[str, str]
    """What the file says of itself: author, date, subject, from, to, keywords."""
    notes: list[str]
    """What of it was not read, or was guessed, and why."""
    modified: str | None
    indexed_at: str | None


class WouldIndex(TypedDict):
    is_indexed: bool
    is_name_only: bool
    """It would be found by its name alone."""
    reason: str
    """Why not, or why by name alone; empty where nothing speaks against it."""
    rule: str | None
    """The rule of the user's own that leaves it out."""


class Surveyed(TypedDict):
    """What lies in a folder, after the rules."""

    files: int
    size_bytes: int
    """Of those that would be read."""
    name_only: int
    left_out: int
    """Entries, a folder counted once."""
    is_complete: bool
    """False where the time was up: there is at least so much."""


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


class ModelInfo(TypedDict):
    name: str
    place: Literal["built in", "downloaded", "absent"]
    is_serving: bool
    """Its space answers."""
    is_chosen: bool
    """It answers, or will once its space is whole."""
    is_recommended: bool
    """This computer has what it wants, and it finds more than what is in use."""
    size_bytes: int
    is_size_known: bool
    """False where it is about so large: the hub has not been asked."""
    memory_bytes: int
    """About what it takes of a graphics processor's."""
    languages: str
    licence: str


class Models(TypedDict):
    models: list[ModelInfo]
    chosen: str
    """As it stands in the settings: one of these, a folder of one's own, or `server`."""
    processor: str | None
    """The graphics processor that can be computed with, in words."""
    seconds_per_passage: float | None
    """About how long the model that answers takes on this computer's processor; None where that is no matter."""


class Downloading(TypedDict):
    host: str
    """Who is asked."""
    done_bytes: int
    total_bytes: int
