"""Choosing another model, as clients ask for it."""

from __future__ import annotations

import threading
from dataclasses import asdict
from typing import Any

from finder.config import SERVER, ServerSettings, server_of
from finder.errors import UsageFaultError
from finder.service import reports
from finder.service.connection import Reply
from finder.service.engine import Engine
from finder.service.requests.methods import Methods
from finder.service.requests.parameters import text
from finder.types import JsonObject


class ModelChoice:
    """Answers who wants another model."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.methods: Methods = {"model_cost": self._model_cost, "use_model": self._use_model}

    def _model_cost(self, params: JsonObject, reply: Reply) -> Any:
        if (name := text(params, "model")) == SERVER:
            return reports.server_cost(self._engine, self._server(params))
        return reports.model_cost(self._engine, name)

    def _use_model(self, params: JsonObject, reply: Reply) -> JsonObject:
        if (name := text(params, "model")) == SERVER:
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
