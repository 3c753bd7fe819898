"""Resting and going on, as clients ask for it."""

from __future__ import annotations

import threading

from finder.errors import UsageFaultError
from finder.service.connection import Reply
from finder.service.engine import Engine
from finder.service.requests.methods import Methods
from finder.types import JsonObject

_LONGEST_PAUSE_MINUTES = 60 * 24 * 366


class Resting:
    """Answers who wants indexing to rest."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._resume_timer: threading.Timer | None = None
        self._rests = 0
        """Rests that were begun or ended: a timer that went off a moment too late ends no other one."""
        self.methods: Methods = {"pause": self._pause, "resume": self._resume}

    def _pause(self, params: JsonObject, reply: Reply) -> JsonObject:
        minutes = params.get("minutes")
        if minutes is not None and not (type(minutes) in (int, float) and 0 < minutes <= _LONGEST_PAUSE_MINUTES):
            raise UsageFaultError("The time does not fit", hint="Give the minutes to rest for.")
        with self._lock:
            self._stop_timer()
            self._engine.pipeline.pause("user", "by you" if minutes is None else f"by you, for {minutes:g} minutes")
            self._engine.remember_pause(minutes is None)
            if minutes is not None:
                self._resume_timer = threading.Timer(float(minutes) * 60, self._over, [self._rests])
                self._resume_timer.daemon = True
                self._resume_timer.start()
        return {}

    def _resume(self, params: JsonObject, reply: Reply) -> JsonObject:
        with self._lock:
            self._stop_timer()
            self._engine.remember_pause(False)
            self._engine.pipeline.pause("user", None)
        self._engine.deaths.try_again()
        self._engine.upkeep.work_on_battery()
        return {}

    def _over(self, rest: int) -> None:
        with self._lock:
            if rest == self._rests:
                self._engine.pipeline.pause("user", None)

    def _stop_timer(self) -> None:
        self._rests += 1
        if self._resume_timer is not None:
            self._resume_timer.cancel()
            self._resume_timer = None
