"""Changing what is indexed, as clients ask for it: folders, rules, settings, reading again."""

from __future__ import annotations

import time
from concurrent.futures import Future

from finder.errors import ModelUnavailableError, PausedError, UsageFaultError
from finder.files.ignore import is_unclosed
from finder.files.rules import is_place
from finder.paths import display, is_inside, path_to_uri, uri_to_path
from finder.service import failures, reports
from finder.service.connection import Reply
from finder.service.engine import Engine
from finder.service.protocol.indexing import Excluded, Forgotten, Indexed
from finder.service.requests.methods import Methods
from finder.service.requests.parameters import folder, text, texts
from finder.service.requests.waiting import until
from finder.store import files, folders, spaces
from finder.types import FileState, JsonObject

_ERASED_WITHIN_S = 5.0
"""Who excludes something waits so long for its last byte to go; it is hidden at once."""


class Indexing:
    """Answers what changes the index."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.methods: Methods = {
            "index": self._index,
            "forget": self._forget,
            "exclude": self._exclude,
            "change_setting": self._change_setting,
            "reindex": self._reindex,
        }

    def _index(self, params: JsonObject, reply: Reply) -> Indexed:
        engine = self._engine
        begun_s, begun_ns = time.monotonic(), time.time_ns()
        space_id = engine.pipeline.space_id
        last_vector = spaces.last_vector(engine.catalog.reader())
        paths = [folder(uri) for uri in texts(params, "folders")]
        if not paths:
            raise UsageFaultError("No folder was named", hint="Name at least one folder to index.")
        for path in paths:
            self._take_in(path, bool(params.get("is_watched", True)))
        self._await_scans([engine.pipeline.look_at(path, is_deep=True) for path in paths], reply)
        absorbed = engine.roots.drop_absorbed()
        ids = [self._folder_id(path) for path in paths]
        with engine.pipeline.focused_on(ids):
            self._await_work(reports.Measure(engine, ids), reply)
        connection = engine.catalog.reader()
        failed, failed_count = failures.below(connection, ids)
        return Indexed(
            folders=[path_to_uri(path) for path in paths],
            files=sum(reports.count_below(connection, id) for id in ids),
            read=sum(files.count_read_since(connection, id, begun_ns) for id in ids),
            embedded=sum(spaces.count_vectors_since(connection, space_id, id, last_vector) for id in ids),
            name_only=sum(reports.count_below(connection, id, FileState.NAME_ONLY) for id in ids),
            failed=failed,
            failed_count=failed_count,
            absorbed=[display(path) for path in absorbed],
            seconds=round(time.monotonic() - begun_s, 2),
        )

    def _take_in(self, path: bytes, is_watched: bool) -> None:
        """Make `path` a root, unless a root above it shows it anyway."""
        engine = self._engine
        root = folders.root_above(engine.catalog.reader(), path)
        if root is not None and root.path != path and engine.rules().folder(root.path, path).verdict.is_included:
            return
        verdict = engine.rules().root(path).verdict
        if not verdict.is_included:
            raise UsageFaultError(
                "This folder cannot be indexed", verdict.reason, "Choose another folder.", display(path)
            )
        # `--once` on a folder that is watched already looks at it once more and leaves it watched.
        was_watched = root is not None and root.path == path and root.is_watched
        engine.roots.add(path, is_watched or was_watched)

    def _await_scans(self, scans: list[Future[None]], reply: Reply) -> None:
        measure = reports.Measure(self._engine)
        for _ in until(lambda: all(scan.done() for scan in scans), reply):
            reply.progress(dict(measure.progress()))
            if self._engine.pipeline.is_scanning_paused:
                raise self._paused()
        for scan in scans:
            scan.result()

    def _await_work(self, measure: reports.Measure, reply: Reply) -> None:
        """Until every file below is read and every passage embedded, or the model is not to be had."""
        reply.progress(dict(measure.progress()))
        for _ in until(lambda: measure.is_done, reply):
            reply.progress(dict(measure.progress()))
            if self._engine.pipeline.paused_because is not None and not measure.is_done:
                raise self._paused()
            if self._engine.catalog.fault is not None and not measure.is_done:
                raise self._engine.catalog.fault
            fault = self._engine.pipeline.embedding.fault
            if isinstance(fault, ModelUnavailableError) and not measure.waiting_files:
                raise fault

    def _paused(self) -> PausedError:
        pipeline = self._engine.pipeline
        pauses = pipeline.pauses
        is_for_resume = pauses.has("user") or pauses.has("deaths") or pauses.has("battery")
        hint = "To go on with it: inkling resume" if is_for_resume else "It goes on by itself."
        return PausedError("Indexing is paused", pipeline.paused_because or "by you", hint)

    def _folder_id(self, path: bytes) -> int:
        folder_id = folders.folder_at(self._engine.catalog.reader(), path)
        if folder_id is None:
            raise UsageFaultError("The folder vanished while it was indexed", path=display(path))
        return folder_id

    def _forget(self, params: JsonObject, reply: Reply) -> Forgotten:
        engine = self._engine
        path = uri_to_path(text(params, "folder"))
        found = {root.path: root for root in folders.roots(engine.catalog.reader())}
        if path not in found:
            known = ", ".join(display(other) for other in found) or "none"
            raise UsageFaultError(
                "This folder is not indexed on its own",
                f"indexed folders: {known}",
                "Name one of these.",
                display(path),
            )
        files = engine.pipeline.forget(found[path].folder_id, first=lambda: engine.roots.drop(path))
        engine.watcher.remove(path)  # whoever minds the watches may have added it again in between
        return Forgotten(files=files, is_erased=not engine.pipeline.purging.is_pending)

    def _exclude(self, params: JsonObject, reply: Reply) -> Excluded:
        engine = self._engine
        purging, before = engine.pipeline.purging, engine.settings
        added, removed = _rules(engine, texts(params, "add")), texts(params, "remove")
        for rule in removed:
            if rule not in before.exclude:
                raise UsageFaultError("There is no such rule", rule[:200], "To see yours: inkling exclude")
        connection = engine.catalog.reader()
        newest = files.newest(connection)
        there = files.count_up_to(connection, newest)
        if before.with_rules(added, removed) != before:
            engine.exclude(added, removed)
            purging.wait(_ERASED_WITHIN_S)
        return Excluded(
            patterns=list(engine.settings.exclude),
            files=there - files.count_up_to(connection, newest),
            is_erased=not purging.is_pending,
        )

    def _change_setting(self, params: JsonObject, reply: Reply) -> JsonObject:
        name = text(params, "name")
        self._engine.change_setting(name, text(params, "value"))
        return {"name": name, "value": self._engine.settings.value(name)}

    def _reindex(self, params: JsonObject, reply: Reply) -> JsonObject:
        uri = params.get("folder")
        folder_id = self._folder_id(uri_to_path(uri)) if isinstance(uri, str) else None
        code = params.get("code")
        return {"files": self._engine.pipeline.read_again(folder_id, code if isinstance(code, str) else None)}


def _rules(engine: Engine, rules: list[str]) -> list[str]:
    """Rules that a client wants to add, each once.

    Raises:
        UsageFaultError: one is none, or leaves out a folder that was chosen itself.
    """
    for rule in rules:
        if not rule.strip() or rule.startswith("#") or not rule.isprintable() or is_unclosed(rule):
            raise UsageFaultError("Not a pattern", repr(rule[:200]), "Write it as in a .gitignore file.")
        if is_place(rule):
            path = uri_to_path(rule)
            chosen = [folder.path for folder in engine.settings.folders if is_inside(folder.path, path)]
            if chosen:
                hint = f"To take it out of the index: inkling forget {display(chosen[0])}"
                raise UsageFaultError("This folder was chosen to be indexed", hint=hint, path=display(chosen[0]))
    return list(dict.fromkeys(rules))
