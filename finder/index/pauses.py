"""Why indexing rests: each reason is kept apart, so that the end of one is not the end of another."""

from __future__ import annotations

import threading
from typing import Literal

Cause = Literal["user", "disk", "battery", "deaths"]


class Pauses:
    """The reasons of this moment. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reasons: dict[Cause, str] = {}

    def put(self, cause: Cause, because: str | None) -> None:
        """Rest for `cause`, in words for a person, or no longer where None."""
        with self._lock:
            if because is None:
                self._reasons.pop(cause, None)
            else:
                self._reasons[cause] = because

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
