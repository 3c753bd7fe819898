"""Waiting for work that goes on in other threads, without being a burden to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from finder.errors import CancelledError
from finder.service.connection import Reply

_POLL_S = 0.1
_LONGEST_POLL_S = 3.0
"""Where a look takes long, because the computer is busy, who waits still learns of the end soon."""
_WORK_SHARE = 10
"""Looking at how far the work is takes at most one part in so many of a processor's time."""


def until(is_done: Callable[[], bool], reply: Reply) -> Iterator[None]:
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
        pause_s = min(_LONGEST_POLL_S, max(_POLL_S, (_WORK_SHARE - 1) * (time.monotonic() - begun_s)))
