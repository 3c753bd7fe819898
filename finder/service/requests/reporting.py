"""How things stand, as clients ask for it."""

from __future__ import annotations

from typing import Any

from finder.errors import UsageFaultError
from finder.paths import uri_to_path
from finder.service import explaining, failures, reports
from finder.service.connection import Reply
from finder.service.engine import Engine
from finder.service.protocol.indexing import Surveyed, WouldIndex
from finder.service.rates import rates
from finder.service.requests.methods import Methods
from finder.service.requests.parameters import folder, text, texts
from finder.service.requests.waiting import until
from finder.service.status import status
from finder.service.surveying import survey
from finder.types import JsonObject


class Reporting:
    """Answers who wants to know how things stand."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.methods: Methods = {
            "status": lambda params, reply: status(self._engine),
            "failed": self._failed,
            "why": lambda params, reply: explaining.why(self._engine, uri_to_path(text(params, "uri"))),
            "would_index": self._would_index,
            "rates": lambda params, reply: rates(self._engine),
            "survey": self._survey,
            "subscribe": self._subscribe,
        }

    def _failed(self, params: JsonObject, reply: Reply) -> Any:
        after = params.get("after", 0)
        if type(after) is not int or after < 0:
            raise UsageFaultError("The request is incomplete", "after must be a number")
        return failures.page(self._engine.catalog.reader(), after)

    def _would_index(self, params: JsonObject, reply: Reply) -> WouldIndex:
        return explaining.would_index(self._engine, uri_to_path(text(params, "uri")), texts(params, "patterns"))

    def _survey(self, params: JsonObject, reply: Reply) -> Surveyed:
        return survey(self._engine.rules(), folder(text(params, "folder")), lambda: reply.is_cancelled)

    def _subscribe(self, params: JsonObject, reply: Reply) -> JsonObject:
        engine = self._engine
        measure = reports.Measure(engine)
        told: tuple[object, ...] | None = None
        for _ in until(lambda: False, reply):
            # A client may listen for days: where nothing was committed there is nothing to count again.
            now = (engine.catalog.reader().pragma("data_version"), *engine.pipeline.signs)
            if now != told:
                told = now
                reply.progress(dict(measure.progress()))
                if measure.is_done:
                    measure = reports.Measure(engine)
        return {}
