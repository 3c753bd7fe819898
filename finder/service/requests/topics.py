"""Topics, as clients ask for them."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import Any

from finder.errors import UsageFaultError
from finder.paths import display, uri_to_path
from finder.service.connection import Reply
from finder.service.engine import Engine
from finder.service.requests.methods import Methods
from finder.service.requests.parameters import texts
from finder.service.requests.waiting import until
from finder.store import documents, folders
from finder.topics import answer
from finder.topics.found import Topics, TopicsProgress
from finder.topics.kept import Current
from finder.topics.topic_map import LEAST_DOCUMENTS, TopicMap
from finder.types import JsonObject
from finder.workers.topics_front import Mapped

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Scope:
    """The folders that are asked for; both are empty for everything."""

    paths: tuple[bytes, ...]
    folder_ids: tuple[int, ...]

    @property
    def limit(self) -> tuple[int, ...] | None:
        return self.folder_ids or None


class TopicsOfFiles:
    """Answers which subjects the files are about. One map is made at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._making = threading.Lock()
        self.methods: Methods = {"topics": self._topics}

    def _topics(self, params: JsonObject, reply: Reply) -> Any:
        scope = self._scope(tuple(sorted({uri_to_path(uri) for uri in texts(params, "folders")})))
        for _ in until(lambda: self._making.acquire(blocking=False), reply):
            reply.progress(_progress("waiting for another map"))
        try:
            return self._answer(scope, reply)
        finally:
            self._making.release()

    def _scope(self, paths: tuple[bytes, ...]) -> _Scope:
        connection = self._engine.catalog.reader()
        ids = []
        for path in paths:
            folder_id = folders.folder_at(connection, path)
            if folder_id is None:
                hint = f"To index it: inkling index {display(path)}"
                raise UsageFaultError("This folder is not indexed", hint=hint, path=display(path))
            ids.append(folder_id)
        if {root.folder_id for root in folders.roots(connection)} <= set(ids):
            return _Scope((), ())
        return _Scope(paths, tuple(ids))

    def _answer(self, scope: _Scope, reply: Reply) -> Topics:
        """The answer. Names come from texts: none is told while something is being erased, nor kept over it."""
        engine = self._engine
        while True:
            for _ in until(lambda: not engine.pipeline.purging.is_pending, reply):
                reply.progress(_progress("waiting until what was excluded is erased"))
            generation = engine.kept_topics.generation
            found = self._found(scope, generation, reply)
            if generation == engine.kept_topics.generation and not engine.pipeline.purging.is_pending:
                return found

    def _found(self, scope: _Scope, generation: int, reply: Reply) -> Topics:
        kept = self._engine.kept_topics
        connection = self._engine.catalog.reader()
        current, topic_map = self._brought_up_to_date(scope, generation, reply)
        if topic_map is None:
            files = len(documents.documents(connection, scope.limit)[0])
            without = min(current.without_vectors, files)
            return answer.nothing(files, without, kept.computed_at(scope.paths), _too_few(files, without))
        computed_at = kept.computed_at(scope.paths)
        return answer.answer(
            topic_map, connection, scope.limit, current.without_vectors, computed_at, lambda: reply.is_cancelled
        )

    def _brought_up_to_date(self, scope: _Scope, generation: int, reply: Reply) -> tuple[Current, TopicMap | None]:
        engine, kept = self._engine, self._engine.kept_topics
        serving = engine.models.serving
        commits = engine.catalog.commits  # before reading: what is committed meanwhile makes the map stale, not wrong
        earlier = kept.read(scope.paths)
        if earlier is not None and (known := kept.current(scope.paths)) is not None:
            topic_map = TopicMap.from_bytes(earlier)
            if topic_map is not None and (known.commits, known.space_key) == (commits, serving.space.key):
                return known, topic_map
        order = {
            "space_id": serving.space_id,
            "space_key": serving.space.key,
            "dimension": serving.space.dimension,
            "folder_ids": scope.limit,
        }
        mapped = self._mapped(order, earlier, reply)
        current = Current(commits, serving.space.key, mapped.without_vectors)
        if mapped.data is None:
            return current, None
        try:
            kept.keep(scope.paths, mapped.data, current, generation)
        except OSError as error:  # a full disk: the answer is as good, and the next one is made anew
            _log.warning("the map of topics was not kept: %s", error)
        return current, TopicMap.from_bytes(mapped.data)

    def _mapped(self, order: JsonObject, earlier: bytes | None, reply: Reply) -> Mapped:
        mapping = self._engine.topics.begin(order, earlier)
        try:
            for _ in until(lambda: mapping.is_done, reply):
                reply.progress(dict(mapping.progress))
        finally:
            mapping.cancel()
        return mapping.result()


def _progress(doing: str) -> JsonObject:
    return dict(TopicsProgress(doing=doing, done=0, total=1))


def _too_few(files: int, without_vectors: int) -> str:
    if files < LEAST_DOCUMENTS:
        return f"Topics need {LEAST_DOCUMENTS} files with a text at least; there are {files}."
    return (
        f"Topics need {LEAST_DOCUMENTS} files whose meaning is known; {without_vectors} of {files} still wait for it."
    )
