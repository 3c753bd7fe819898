"""Why indexing rests: each reason is kept apart, so that the end of one is not the end of another."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from typing import Literal

Cause = Literal["user", "disk", "battery", "deaths"]
_KEPT_S = 3600.0


@dataclass(slots=True)
class Pause:
    """One time of rest, by the clock that never goes back."""

    cause: Cause
    begun_s: float
    ended_s: float | None = None
    """None while it lasts."""


class Pauses:
    """The reasons of this moment. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reasons: dict[Cause, str] = {}
        self._pauses: list[Pause] = []

    def put(self, cause: Cause, because: str | None) -> None:
        """Rest for `cause`, in words for a person, or no longer where None."""
        with self._lock:
            self._note(cause, is_over=because is None)
            if because is None:
                self._reasons.pop(cause, None)
            else:
                self._reasons[cause] = because

    def _note(self, cause: Cause, is_over: bool) -> None:
        """Keep when it began and ended. Called with the lock held, before the reasons follow."""
        now_s = time.monotonic()
        if not is_over and cause not in self._reasons:
            self._pauses.append(Pause(cause, now_s))
        for pause in self._pauses:
            if is_over and pause.cause == cause and pause.ended_s is None:
                pause.ended_s = now_s
        self._pauses = [pause for pause in self._pauses if now_s - (pause.ended_s or now_s) < _KEPT_S]

    @property
    def last_hour(self) -> list[Pause]:
        """Every time of rest that ended less than an hour ago, or lasts."""
        with self._lock:
            now_s = time.monotonic()
            return [replace(pause) for pause in self._pauses if now_s - (pause.ended_s or now_s) < _KEPT_S]

    def has(self, cause: Cause) -> bool:
        return cause in self._reasons

    @property
    def reasons(self) -> dict[Cause, str]:
        """The reason for each cause of this moment."""
        with self._lock:
            return dict(self._reasons)

    @property
    def because(self) -> str | None:
        """All reasons in one line; None where there is none."""
        with self._lock:
            return "; ".join(self._reasons.values()) or None
