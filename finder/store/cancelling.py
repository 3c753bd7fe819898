"""Ending what SQLite has in hand for a search that nobody waits for any more. Imports no search."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import apsw

from finder.errors import CancelledError

_STEPS_BETWEEN_LOOKS = 10_000
"""Of SQLite's machine: less than a millisecond."""


@contextlib.contextmanager
def cancellable(connection: apsw.Connection, is_cancelled: Callable[[], bool]) -> Iterator[None]:
    """Around statements that may take long: they end, wherever they are, once `is_cancelled` says so.

    Raises:
        CancelledError: in the place of SQLite's own error.
    """
    connection.set_progress_handler(is_cancelled, _STEPS_BETWEEN_LOOKS)
    try:
        yield
    except apsw.InterruptError as error:
        raise CancelledError from error
    finally:
        connection.set_progress_handler(None)
