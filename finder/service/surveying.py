"""What a folder holds that would be indexed, counted before it is chosen. Reads names and sizes, opens no file."""

from __future__ import annotations

import time
from collections.abc import Callable

from finder.errors import CancelledError
from finder.files.rules import Rules
from finder.files.scan import walk
from finder.service.protocol.indexing import Surveyed

_WITHIN_S = 5.0
"""Who is choosing folders is told "at least" after so long; about 500,000 files by then on a local disk."""


def survey(rules: Rules, folder: bytes, is_cancelled: Callable[[], bool], within_s: float = _WITHIN_S) -> Surveyed:
    """Count what the rules let in.

    Raises:
        UsageFaultError: it may not be indexed.
        CancelledError: nobody waits for it any more.
    """
    until_s = time.monotonic() + within_s
    found = Surveyed(files=0, size_bytes=0, name_only=0, left_out=0, is_complete=True)
    for listing in walk(folder, rules):
        if is_cancelled():
            raise CancelledError
        found["left_out"] += listing.left_out_count
        for file in listing.files:
            found["files"] += 1
            found["name_only"] += file.verdict.is_name_only
            found["size_bytes"] += 0 if file.verdict.is_name_only else file.identity.size_bytes
        if time.monotonic() > until_s:
            found["is_complete"] = False
            break
    return found
