"""What clients ask of the service, one method each; the shapes are those of `finder.service.protocol`."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import asdict
from typing import Any

from finder.config import SERVER, ServerSettings, server_of
from finder.errors import CancelledError, ModelUnavailableError, PausedError, UsageFaultError
from finder.files.rules import is_place
from finder.paths import display, is_inside, path_to_uri, uri_to_path
from finder.search.profiles import instruction_of
from finder.search.searcher import SearchRequest
from finder.service import explaining, failures, reports
from finder.service.engine import Engine
from finder.service.protocol import Excluded, Forgotten, Indexed
from finder.service.server import Reply
from finder.service.status import status
from finder.store import folders
from finder.types import FileState, JsonObject

_POLL_S = 0.1
_MODES = ("hybrid", "semantic", "keyword")
_LIMIT = 1_000
_LONGEST_PAUSE_MINUTES = 60 * 24 * 366
_ERASED_WITHIN_S = 5.0
"""Who excludes something waits so long for its last byte to go; it is hidden at once."""
_WORK_SHARE = 10
"""Looking at how far the work is takes at most one part in so many of a processor's time."""


class Requests:
    """Answers requests with an engine, on whatever thread they come."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._resume_timer: threading.Timer | None = None
        self._methods: dict[str, Callable[[JsonObject, Reply], Any]] = {
            "find": self._find,
            "index": self._index,
            "forget": self._forget,
            "exclude": self._exclude,
            "change_setting": self._change_setting,
            "reindex": self._reindex,
            "status": lambda params, reply: status(self._engine),
            "failed": self._failed,
            "pause": self._pause,
            "resume": self._resume,
            "why": lambda params, reply: explaining.why(self._engine, uri_to_path(_text(params, "uri"))),
            "model_cost": self._model_cost,
            "use_model": self._use_model,
            "subscribe": self._subscribe,
        }

    def handle(self, method: str, params: JsonObject, reply: Reply) -> JsonObject:
        """The final result of one request.

        Raises:
            UsageFaultError: no such method, or parameters that do not fit it.
        """
        answer = self._methods.get(method)
        if answer is None:
            raise UsageFaultError("Unknown request", method[:40], "Use the same version of Inkling everywhere.")
        try:
            with self._engine.catalog.guarded():
                result: JsonObject = answer(params, reply)
            return result
        finally:
            self._engine.catalog.release_reader()

    # Searching

    def _find(self, params: JsonObject, reply: Reply) -> Any:
        mode = params.get("mode", "hybrid")
        if mode not in _MODES:
            raise UsageFaultError("Unknown mode", str(mode)[:40], f"Use one of: {', '.join(_MODES)}.")
        limit = params.get("limit", 10)
        if not isinstance(limit, int) or not 1 <= limit <= _LIMIT:
            raise UsageFaultError("The limit does not fit", str(limit)[:40], f"Use 1 to {_LIMIT}.")
        if mode != "keyword":
            self._engine.embedder.prepare()  # the model loads while words are looked for
        paths = tuple(uri_to_path(uri) for uri in _texts(params, "folders"))
        profile = _text(params, "profile") if "profile" in params else None
        instruction = instruction_of(profile, self._engine.settings.profiles) if profile is not None else None
        request = SearchRequest(_text(params, "query"), paths, mode, limit, instruction)
        found = self._engine.searcher.search(
            request,
            on_partial=lambda found: reply.partial(dict(found)),
            is_cancelled=lambda: reply.is_cancelled,
        )
        pipeline = self._engine.pipeline
        if pipeline.paused_because is not None and (found["coverage"]["pending"] or pipeline.is_scanning_paused):
            found["notes"].append(f"Indexing is paused, {pipeline.paused_because}: this is from what is there.")
        models = self._engine.models
        if profile is not None and mode != "keyword" and not models.takes_instructions:
            found["notes"].append(f"{models.serving.name} knows no instructions: the profile changes nothing.")
        if (advice := self._engine.advice.for_answer(models.serving.name)) is not None:
            found["notes"].append(advice)
        return found

    # Indexing

    def _index(self, params: JsonObject, reply: Reply) -> Indexed:
        engine = self._engine
        begun_s = time.monotonic()
        before = engine.pipeline.activity.counts
        paths = [_folder(uri) for uri in _texts(params, "folders")]
        if not paths:
            raise UsageFaultError("No folder was named", hint="Name at least one folder to index.")
        for path in paths:
            self._take_in(path, bool(params.get("is_watched", True)))
        self._await_scans([engine.pipeline.look_at(path, is_deep=True) for path in paths], reply)
        absorbed = engine.drop_absorbed_folders()
        ids = [self._folder_id(path) for path in paths]
        with engine.pipeline.focused_on(ids):
            self._await_work(reports.Measure(engine, ids), reply)
        connection = engine.catalog.reader()
        failed, failed_count = failures.below(connection, ids)
        counts = engine.pipeline.activity.counts
        return Indexed(
            folders=[path_to_uri(path) for path in paths],
            files=sum(reports.count_below(connection, id) for id in ids),
            read=counts.files_extracted - before.files_extracted,
            embedded=counts.passages_embedded - before.passages_embedded,
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
        engine.add_root(path, is_watched or was_watched)

    def _await_scans(self, scans: list[Future[None]], reply: Reply) -> None:
        measure = reports.Measure(self._engine)
        for _ in _until(lambda: all(scan.done() for scan in scans), reply):
            reply.progress(dict(measure.progress()))
            if self._engine.pipeline.is_scanning_paused:
                raise self._paused()
        for scan in scans:
            scan.result()

    def _await_work(self, measure: reports.Measure, reply: Reply) -> None:
        """Until every file below is read and every passage embedded, or the model is not to be had."""
        reply.progress(dict(measure.progress()))
        for _ in _until(lambda: measure.is_done, reply):
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
        path = uri_to_path(_text(params, "folder"))
        found = {root.path: root for root in folders.roots(engine.catalog.reader())}
        if path not in found:
            known = ", ".join(display(other) for other in found) or "none"
            raise UsageFaultError(
                "This folder is not indexed on its own",
                f"indexed folders: {known}",
                "Name one of these.",
                display(path),
            )
        files = engine.pipeline.forget(found[path].folder_id, first=lambda: engine.drop_folder(path))
        engine.watcher.remove(path)  # whoever minds the watches may have added it again in between
        return Forgotten(files=files, is_erased=not engine.pipeline.purging.is_pending)

    def _exclude(self, params: JsonObject, reply: Reply) -> Excluded:
        engine = self._engine
        purging, before = engine.pipeline.purging, engine.settings
        added, removed = _rules(engine, _texts(params, "add")), _texts(params, "remove")
        for rule in removed:
            if rule not in before.exclude:
                raise UsageFaultError("There is no such rule", rule[:200], "To see yours: inkling exclude")
        removed_files = purging.removed_files
        if before.with_rules(added, removed) != before:
            engine.exclude(added, removed)
            purging.wait(_ERASED_WITHIN_S)
        return Excluded(
            patterns=list(engine.settings.exclude),
            files=purging.removed_files - removed_files,
            is_erased=not purging.is_pending,
        )

    def _change_setting(self, params: JsonObject, reply: Reply) -> JsonObject:
        name = _text(params, "name")
        self._engine.change_setting(name, _text(params, "value"))
        return {"name": name, "value": getattr(self._engine.settings, name)}

    def _reindex(self, params: JsonObject, reply: Reply) -> JsonObject:
        uri = params.get("folder")
        folder_id = self._folder_id(uri_to_path(uri)) if isinstance(uri, str) else None
        return {"files": self._engine.pipeline.read_again(folder_id)}

    def _model_cost(self, params: JsonObject, reply: Reply) -> Any:
        if (name := _text(params, "model")) == SERVER:
            return reports.server_cost(self._engine, self._server(params))
        return reports.model_cost(self._engine, name)

    def _use_model(self, params: JsonObject, reply: Reply) -> JsonObject:
        if (name := _text(params, "model")) == SERVER:
            stopped = threading.Event()
            reply.on_cancel(stopped.set)
            self._engine.use_server(self._server(params), stopped)
        else:
            self._engine.use_model(name)
        return {}

    def _server(self, params: JsonObject) -> ServerSettings:
        """The server of the settings, changed as a client wants it."""
        present = self._engine.settings.server
        wanted = params.get("server") or {}
        try:
            return server_of({**asdict(present), "urls": list(present.urls), **wanted})
        except (TypeError, ValueError) as error:
            raise UsageFaultError("The server's settings do not fit", str(error)) from None

    def _failed(self, params: JsonObject, reply: Reply) -> Any:
        after = params.get("after", 0)
        if type(after) is not int or after < 0:
            raise UsageFaultError("The request is incomplete", "after must be a number")
        return failures.page(self._engine.catalog.reader(), after)

    # Resting

    def _pause(self, params: JsonObject, reply: Reply) -> JsonObject:
        minutes = params.get("minutes")
        if minutes is not None and not (type(minutes) in (int, float) and 0 < minutes <= _LONGEST_PAUSE_MINUTES):
            raise UsageFaultError("The time does not fit", hint="Give the minutes to rest for.")
        self._stop_timer()
        self._engine.pipeline.pause("user", "by you" if minutes is None else f"by you, for {minutes:g} minutes")
        self._engine.remember_pause(minutes is None)
        if minutes is not None:
            self._resume_timer = threading.Timer(float(minutes) * 60, self._engine.pipeline.pause, ["user", None])
            self._resume_timer.daemon = True
            self._resume_timer.start()
        return {}

    def _resume(self, params: JsonObject, reply: Reply) -> JsonObject:
        self._stop_timer()
        self._engine.remember_pause(False)
        self._engine.pipeline.pause("user", None)
        self._engine.deaths.try_again()
        self._engine.upkeep.work_on_battery()
        return {}

    def _stop_timer(self) -> None:
        if self._resume_timer is not None:
            self._resume_timer.cancel()
            self._resume_timer = None

    def _subscribe(self, params: JsonObject, reply: Reply) -> JsonObject:
        engine = self._engine
        measure = reports.Measure(engine)
        told: tuple[object, ...] | None = None
        for _ in _until(lambda: False, reply):
            # A client may listen for days: where nothing was committed there is nothing to count again.
            now = (engine.catalog.reader().pragma("data_version"), *engine.pipeline.signs)
            if now != told:
                told = now
                reply.progress(dict(measure.progress()))
                if measure.is_done:
                    measure = reports.Measure(engine)
        return {}


def _until(is_done: Callable[[], bool], reply: Reply) -> Iterator[None]:
    """Yield at most ten times a second, and never for more than a tenth of the time, until done.

    Raises:
        CancelledError: the client asked for it, or went away.
    """
    cancelled = threading.Event()
    reply.on_cancel(cancelled.set)
    pause_s = _POLL_S
    while not is_done():
        if cancelled.wait(pause_s):
            raise CancelledError
        begun_s = time.monotonic()
        yield
        pause_s = max(_POLL_S, (_WORK_SHARE - 1) * (time.monotonic() - begun_s))


def _folder(uri: str) -> bytes:
    """The folder a client named.

    Raises:
        UsageFaultError: it is not there, is no folder, or may not be read.
    """
    path = uri_to_path(uri)
    if not os.path.lexists(path):
        raise UsageFaultError("No such folder", hint="Check the path.", path=display(path))
    if not os.path.isdir(path):
        raise UsageFaultError("Not a folder", hint="Name the folder that holds it.", path=display(path))
    if not os.access(path, os.R_OK | os.X_OK):
        raise UsageFaultError(
            "The folder may not be read", "its permissions forbid it", "Change them, or choose another.", display(path)
        )
    return os.path.realpath(path)


def _rules(engine: Engine, rules: list[str]) -> list[str]:
    """Rules that a client wants to add, each once.

    Raises:
        UsageFaultError: one is none, or leaves out a folder that was chosen itself.
    """
    for rule in rules:
        if not rule.strip() or rule.startswith("#") or not rule.isprintable():
            raise UsageFaultError("Not a pattern", repr(rule[:200]), "Write it as in a .gitignore file.")
        if is_place(rule):
            path = uri_to_path(rule)
            chosen = [folder.path for folder in engine.settings.folders if is_inside(folder.path, path)]
            if chosen:
                hint = f"To take it out of the index: inkling forget {display(chosen[0])}"
                raise UsageFaultError("This folder was chosen to be indexed", hint=hint, path=display(chosen[0]))
    return list(dict.fromkeys(rules))


def _text(params: JsonObject, key: str) -> str:
    value = params.get(key)
    if not isinstance(value, str):
        raise UsageFaultError("The request is incomplete", f"{key} must be a text")
    return value


def _texts(params: JsonObject, key: str) -> list[str]:
    value = params.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UsageFaultError("The request is incomplete", f"{key} must be a list of texts")
    return value
