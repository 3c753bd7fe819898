"""Runs another program so that it can compute and reach nothing.

`python -m finder.workers.confined PARENT PROGRAM ARGUMENT...`; PARENT is the number of the process that starts it. What
the program is given comes by its standard input, what it gives goes by its standard output. It may read (its libraries,
its data) and not write, speak to nobody, start no process, and takes memory and time within limits. It ends with the
process that started it. Imports the standard library and the sandbox alone.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

from finder.workers import sandbox

_PR_SET_PDEATHSIG = 1  # prctl(2)
_NICENESS = 15
_MEMORY_BYTES = 1 << 30
_CPU_S = 150
_NOT_FOUND = 127
"""The exit status that a shell has for it."""


def main() -> None:
    parent, program, *arguments = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != int(parent):  # it ended before this was said
            os._exit(1)
    os.nice(_NICENESS)
    sandbox.confine(_MEMORY_BYTES, _CPU_S)
    try:
        os.execve(program, [program, *arguments], environment())  # noqa: S606 - that is what it is for
    except OSError:
        os._exit(_NOT_FOUND)


def environment() -> dict[str, str]:
    """What the program is told of where it runs: where its data lies, and to use one thread."""
    told = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "OMP_THREAD_LIMIT": "1"}
    kept = ("TESSDATA_PREFIX", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    return told | {name: os.environ[name] for name in kept if name in os.environ}


if __name__ == "__main__":
    main()
