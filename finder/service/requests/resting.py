"""Resting and going on, as clients ask for it."""

from __future__ import annotations

import threading

from finder.errors import UsageFaultError
from finder.service.engine import Engine
from finder.service.requests.methods import Methods
from finder.service.server import Reply
from finder.types import JsonObject

_LONGEST_PAUSE_MINUTES = 60 * 24 * 366


class Resting:
    """Answers who wants indexing to rest."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._resume_timer: threading.Timer | None = None
        self.methods: Methods = {"pause": self._pause, "resume": self._resume}

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
