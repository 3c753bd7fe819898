"""Files like others, as clients ask for them: similar files, and copies."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from finder.errors import CancelledError, UsageFaultError
from finder.paths import display, uri_to_path
from finder.search.likeness.duplicates import DuplicateSearch
from finder.search.likeness.outside import Outside
from finder.search.likeness.related import Comparing, Duplicates
from finder.search.likeness.similar import SimilarFiles, SimilarRequest
from finder.service.connection import Reply
from finder.service.engine import Engine
from finder.service.requests.methods import Methods
from finder.service.requests.parameters import number, text, texts
from finder.service.requests.waiting import until
from finder.store import folders, lookup
from finder.store.cancelling import cancellable
from finder.types import JsonObject
from finder.vectors import Float32Array

_LIMIT = 200
_MODEL_TIMEOUT_S = 60.0
"""Loading included."""
_PROGRESS_EVERY_S = 0.1

_Answer = TypeVar("_Answer")


class Relations:
    """Answers which files are like others. Copies are looked for by one request at a time: that may take 1 GB."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._comparing = threading.Lock()
        self._similar = SimilarFiles(
            engine.catalog.reader, engine.models.search, Outside(engine.extractor), engine.hiding
        )
        self.methods: Methods = {"similar": self._find_similar, "duplicates": self._find_duplicates}

    def _find_similar(self, params: JsonObject, reply: Reply) -> Any:
        serving = self._engine.models.serving

        def embed(passages: Sequence[str]) -> Float32Array:
            return serving.embedder.embed_sentences(passages, timeout_s=_MODEL_TIMEOUT_S)

        request = SimilarRequest(
            tuple(uri_to_path(uri) for uri in texts(params, "uris")),
            text(params, "text") if params.get("text") is not None else None,
            tuple(uri_to_path(uri) for uri in texts(params, "folders")),
            number(params, "limit", 10, 1, _LIMIT),
        )
        return undisturbed(lambda: self._similar.find(request, embed, lambda: reply.is_cancelled), self._times_left_out)

    def _find_duplicates(self, params: JsonObject, reply: Reply) -> Any:
        connection, serving = self._engine.catalog.reader(), self._engine.models.serving
        paths = [uri_to_path(uri) for uri in texts(params, "folders")]
        ids = []
        for path in paths:
            folder_id = folders.folder_at(connection, path)
            if folder_id is None:
                hint = "Add it with: inkling index DIR"
                raise UsageFaultError("This folder is not indexed", hint=hint, path=display(path))
            ids.append(folder_id)
        within = lookup.subtrees(connection, ids) if paths else None
        tell = telling(reply)

        def found() -> Duplicates:
            hiding = self._engine.hiding()
            return DuplicateSearch(connection, serving.space_id, serving.space, within, hiding, tell).find()

        for _ in until(lambda: self._comparing.acquire(blocking=False), reply):
            tell("waiting for another search for copies", 0, 1)
        try:
            with cancellable(connection, lambda: reply.is_cancelled):
                return undisturbed(found, self._times_left_out)
        finally:
            self._comparing.release()

    def _times_left_out(self) -> int:
        return self._engine.pipeline.purging.times_asked


def undisturbed(find: Callable[[], _Answer], times_left_out: Callable[[], int]) -> _Answer:
    """What is found while nothing is excluded or forgotten: what is by the end of a long search is shown no more."""
    while True:
        before = times_left_out()
        found = find()
        if times_left_out() == before:
            return found


def telling(reply: Reply) -> Callable[[str, int, int], None]:
    """Tells a client how far the work is, at most ten times a second, and ends it when the client wants no more."""
    told_s = 0.0

    def tell(doing: str, done: int, total: int) -> None:
        nonlocal told_s
        if reply.is_cancelled:
            raise CancelledError
        if (now_s := time.monotonic()) - told_s >= _PROGRESS_EVERY_S:
            told_s = now_s
            reply.progress(dict(Comparing(doing=doing, done=done, total=total)))

    return tell
