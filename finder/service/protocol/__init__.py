"""What travels over the service's socket: methods, their parameters, their answers. Imports no transport.

Begin here. The shapes of the answers stand beside it by subject: `searching`, `previewing`, `indexing`, `status`,
`models`.

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
change_setting  name: str, value: str                           {"name", "value"}: what depends on it follows;
                                                                `profiles.NAME` is one profile, removed with ""
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

PROTOCOL_VERSION = 1
FRAME_LIMIT_BYTES = 64 << 20
"""A longer frame is refused and its connection closed."""
CLIENT_LIMIT = 64
"""Connections served at one time."""
PASSAGES_ASKED = 64
"""Passages that one request has marked."""
SAMPLE_LIMIT = 1_000
"""Passages that one request samples."""

Question = Literal[
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
    "status",
    "failed",
    "why",
    "would_index",
    "survey",
    "rates",
    "models",
    "model_cost",
]
"""A method that changes nothing: where no answer comes, it may be asked again."""
Command = Literal[
    "hello",
    "index",
    "forget",
    "exclude",
    "change_setting",
    "reindex",
    "pause",
    "resume",
    "download_model",
    "remove_model",
    "use_model",
    "subscribe",
    "cancel",
    "stop",
]
Method = Question | Command


class Hello(TypedDict):
    protocol: int
    version: str
    pid: int
    home: str
