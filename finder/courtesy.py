"""Giving way to everything else on the computer, thread by thread. Imports psutil.

A thread that serves nobody who waits (reading ahead, embedding in the background) takes what others leave over; one
that answers a person keeps its priority, in the same process.
"""

from __future__ import annotations

import logging
import os
import sys
import threading

import psutil

_log = logging.getLogger(__name__)

NICENESS = 10


def give_way() -> None:
    """Lower the calling thread's priority for processor and disk, for good. Only Linux has that for one thread."""
    if sys.platform != "linux":
        return
    thread_id = threading.get_native_id()
    try:
        os.setpriority(os.PRIO_PROCESS, thread_id, NICENESS)
        psutil.Process(thread_id).ionice(psutil.IOPRIO_CLASS_IDLE)
    except (psutil.Error, OSError) as error:
        _log.info("a thread keeps its priority: %s", error)
