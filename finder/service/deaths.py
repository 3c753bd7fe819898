"""A service that its own work ends again and again: found out, said, and kept answering. Knows no stage's inside.

A piece of work that was in hand at three early deaths in a row, each within ten seconds of the start, is at fault. A
death that left no word of a fault, a SIGKILL, may have come from outside: of those it takes five. A file is then left
out with that reason. Anything else makes indexing rest, while searching goes on, and is tried again
after ten minutes. A kill from outside meets another piece each time; a clean stop, or ten seconds of life, acquit
all.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from finder.index.reading import PIECES
from finder.index.work_in_hand import WorkInHand
from finder.paths import Home

_log = logging.getLogger(__name__)

_DUMP_CHARS = 20_000
EARLY_S = 10.0
REST_S = 600.0
_FAULT = 5
"""What a death weighs that left a dump of a fault (SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL)."""
_KILL = 3
"""What any other weighs."""
_DEATHS = 15
_DEATHS_THOUGH_LEFT_OUT = 2 * _DEATHS
"""Even to record that a file is left out may be fatal: then indexing rests like for everything else."""

_State = Literal["trying", "settled", "resting", "ended"]
"""How the service lives: indexing and still young; indexing; searching only; it was stopped."""


class Deaths:
    """How the services before this one ended, and what follows from it for this one.

    The file is not synced: like the notes of work in hand it is for the death of the process, not of the computer.
    """

    def __init__(self, home: Home, early_s: float = EARLY_S, rest_s: float = REST_S) -> None:
        """Read what the last service left, before this one begins to work.

        Args:
            early_s: a life shorter than this is an early death.
            rest_s: indexing rests for so long.
        """
        self._path = home.root / "deaths.json"
        self._early_s = early_s
        self._rest_s = rest_s
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._state: _State = "ended"
        self._pause: Callable[[str | None], None] = lambda because: None
        self.in_hand = WorkInHand(home.root / "work-in-hand")
        state, before = _loaded(self._path)
        weight = _FAULT if _takes_dump(home.fault_dump) else _KILL
        self._counts = _counted(state, before, self.in_hand.left_over, weight)
        self.in_hand.suspects = frozenset(self._counts)
        self.in_hand.fatal = frozenset(piece for piece in self._counts if self._counts[piece] >= _DEATHS)
        if state == "trying" and self._counts:
            _log.warning("The service died early; in hand were: %s", ", ".join(sorted(self._counts)))

    def begin(self, pause: Callable[[str | None], None]) -> None:
        """The service begins to work, or to rest.

        Args:
            pause: lets indexing rest for a reason in words, or go on where None.
        """
        with self._lock:
            self._pause = pause
            if _is_hopeless(self._counts):
                self._rest()
            else:
                self._try()

    def try_again(self) -> None:
        """End the rest, if there is one."""
        with self._lock:
            if self._state == "resting":
                self._try()

    def end(self) -> None:
        """The service stops as it should."""
        with self._lock:
            self._become("ended", {})
            self._cancel()
        self.in_hand.close()

    def _try(self) -> None:
        self._become("trying", self._counts)
        self._pause(None)
        self._after(self._early_s, self._settle)

    def _rest(self) -> None:
        self._become("resting", self._counts)
        at = time.strftime("%H:%M", time.localtime(time.time() + self._rest_s))
        self._pause(f"indexing has ended the service again and again; it is tried again at {at}")
        self._after(self._rest_s, self.try_again)

    def _settle(self) -> None:
        with self._lock:
            if self._state == "trying":
                self._become("settled", {})

    def _become(self, state: _State, counts: dict[str, int]) -> None:
        self._state = state
        temporary = self._path.with_suffix(".new")
        try:
            with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump({"state": state, "counts": counts}, file)
            os.replace(temporary, self._path)
        except OSError as error:  # a full disk: then this life counts as the last one that could be written down
            _log.warning("How the service lives cannot be written down: %s", error)

    def _after(self, seconds: float, then: Callable[[], None]) -> None:
        self._cancel()
        self._timer = threading.Timer(seconds, then)
        self._timer.daemon = True
        self._timer.start()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


def _loaded(path: Path) -> tuple[_State, dict[str, int]]:
    """The state and the counts of the last service; a clean end where nothing is known."""
    try:
        found: Any = json.loads(path.read_bytes())
        return found["state"], {str(piece): int(count) for piece, count in found["counts"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return "ended", {}


def _takes_dump(path: Path) -> bool:
    """True where the last service left a dump of a fault, which goes."""
    try:
        has_dump = path.stat().st_size > 0
        if has_dump:
            _log.error("The last service ended in a fault:\n%s", path.read_text("utf-8", "replace")[:_DUMP_CHARS])
            os.truncate(path, 0)
    except OSError:  # there is none
        return False
    return has_dump


def _counted(state: _State, before: dict[str, int], left_over: frozenset[str], weight: int) -> dict[str, int]:
    """The weight of early deaths in a row, by the pieces that were in hand at every one of them.

    A file that is to be left out stays so until that is recorded, or a life goes well.
    """
    if state == "resting":
        return before
    if state != "trying":
        return {}
    kept = {piece: count for piece, count in before.items() if piece.startswith(PIECES) and count >= _DEATHS}
    return kept | {piece: before.get(piece, 0) + weight for piece in left_over}


def _is_hopeless(counts: dict[str, int]) -> bool:
    """True where leaving out files does not help. What else was in hand beside a fatal file has one more chance."""
    files = [count for piece, count in counts.items() if piece.startswith(PIECES)]
    others = [count for piece, count in counts.items() if not piece.startswith(PIECES)]
    is_a_file = max(files, default=0) >= _DEATHS
    return max(files, default=0) >= _DEATHS_THOUGH_LEFT_OUT or max(others, default=0) >= _DEATHS + is_a_file
