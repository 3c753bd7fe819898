"""Files like others, as clients ask for them: similar files, and copies."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from finder.errors import CancelledError, UsageFaultError
from finder.paths import display, uri_to_path
from finder.search.duplicates import DuplicateSearch
from finder.search.outside import Outside
from finder.search.related import Comparing
from finder.search.similar import SimilarFiles, SimilarRequest
from finder.service.engine import Engine
from finder.service.requests.methods import Methods
from finder.service.requests.parameters import number, text, texts
from finder.service.server import Reply
from finder.store import folders, lookup
from finder.types import JsonObject
from finder.vectors import Float32Array

_LIMIT = 200
_MODEL_TIMEOUT_S = 60.0
"""Loading included."""
_PROGRESS_EVERY_S = 0.1


class Relations:
    """Answers which files are like others."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
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
        return self._similar.find(request, embed, lambda: reply.is_cancelled)

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
        search = DuplicateSearch(
            connection, serving.space_id, serving.space, within, self._engine.hiding(), telling(reply)
        )
        return search.find()


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
