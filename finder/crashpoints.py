"""Named points at which a fault suite may end the process with SIGKILL. Imports the standard library alone.

Each stands where a kill leaves the stores in a state of its own: before and after a commit, between two files. Without
`INKLING_CRASH_AT` a point is a call of an empty function. With `INKLING_CRASH_AT=NAME:N:TOKEN` the process that comes
to the point NAME for the Nth time makes the file TOKEN and dies; where TOKEN exists already nobody dies any more, so
that what is started next lives.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

VARIABLE = "INKLING_CRASH_AT"


def _nothing(name: str) -> None:
    """The point while nobody wants a crash."""


def _armed(order: str) -> Callable[[str], None]:
    wanted, number, token = order.split(":", 2)
    left = int(number)
    counting = threading.Lock()

    def point(name: str) -> None:
        nonlocal left
        if name != wanted:
            return
        with counting:
            left -= 1
            if left == 0:
                _die(token)

    return point


def _die(token: str) -> None:
    try:
        os.close(os.open(token, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


crash_point: Callable[[str], None] = _armed(os.environ[VARIABLE]) if VARIABLE in os.environ else _nothing
"""Call it with a literal name: the names in the code are the list of points there is."""
