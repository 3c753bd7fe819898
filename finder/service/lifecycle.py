"""The life of a service process: one per home, from its lock to a clean end. Imports the engine once it is alone."""

from __future__ import annotations

import contextlib
import faulthandler
import fcntl
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator

from finder.errors import FinderError, ServiceError
from finder.log import log_to_file
from finder.paths import Home
from finder.service.client import ALREADY_RUNNING_STATUS
from finder.service.server import Server

log = logging.getLogger(__name__)

_STOP_LIMIT_S = 20.0
_LOOK_S = 1.0


def run(home: Home) -> int:
    """Serve `home` until a client asks to stop or a signal comes. Returns the process's exit status.

    Call it from the main thread of a process that does nothing else.
    """
    os.umask(0o077)  # also for what libraries write in the workers
    home.create()
    os.environ["SQLITE_TMPDIR"] = str(home.root)  # what SQLite sets aside while it writes the catalog anew
    try:
        with hold(home), open(home.fault_dump, "ab") as dump:
            log_to_file(home.logs / "service.log")
            faulthandler.enable(dump)
            return _serve(home)
    except ServiceError as error:
        print(error, file=sys.stderr)
        return ALREADY_RUNNING_STATUS


@contextlib.contextmanager
def hold(home: Home) -> Iterator[None]:
    """Hold the home's lock; the system gives it back when the process ends, however it ends.

    Raises:
        ServiceError: another process holds it.
    """
    descriptor = os.open(home.lock, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
            detail = f"It is process {holder}." if holder else ""
            raise ServiceError("Another service serves this home already", detail, path=str(home.root)) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)  # for people: the lock is what counts
        yield
    finally:
        os.close(descriptor)


def _serve(home: Home) -> int:
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        while _serve_until(stopping, home):
            log.info("beginning again")
    except FinderError as error:
        log.error("the service cannot serve: %s", error)
        print(error, error.hint, sep="\n", file=sys.stderr)
        return 1
    return 0


def _serve_until(stopping: threading.Event, home: Home) -> bool:
    """Serve until asked to stop. True where the catalog turned out damaged: another engine is to make it again."""
    from finder.service.engine import Engine
    from finder.service.requests.handler import Requests

    begun = time.monotonic()
    engine = Engine(home)
    engine.start()
    try:
        server = Server(home.socket, str(home.root), Requests(engine), stopping.set)
        home.write_address()
        server.start()
        log.info("serving after %.2f s", time.monotonic() - begun)
        while not engine.is_unsound and not stopping.wait(_LOOK_S):
            pass
        log.info("stopping")
        _end_when_hung()
        server.stop()
    finally:
        _end_when_hung()
        engine.stop()
        faulthandler.cancel_dump_traceback_later()
    return engine.is_unsound and not stopping.is_set()


def _end_when_hung() -> None:
    """Whatever hangs from now on, nothing acknowledged is lost: its stacks are written down, and the process ends."""
    faulthandler.dump_traceback_later(_STOP_LIMIT_S, exit=True)
