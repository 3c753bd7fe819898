"""A server that runs only while there is work: started by the user's own command, stopped when idle, paid for by time.

Everything that a start brings up carries a mark in its environment, and the mark is written down before the start. So
whatever ends this process, the next one finds and stops what is left over. Imports no model library.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shlex
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from finder.config import ServerSettings
from finder.embed.breaker import Breaker
from finder.errors import ServiceError, UsageFaultError
from finder.paths import Home

_log = logging.getLogger(__name__)

_MARK = "INKLING_SERVER_MARK"
_LOOK_S = 1.0
_STOP_COMMAND_S = 600.0
_LAST_STOP_COMMAND_S = 8.0
"""When the service ends; a command that takes longer goes on without it."""
_POLL_S = 0.1
_LEAVE_S = 4.0
_LOG_LIMIT_BYTES = 1 << 20


class Elastic:
    """Starts and stops the server of the settings. One for each home; safe to use from any thread."""

    def __init__(self, home: Home, server: ServerSettings) -> None:
        self._path = home.root / "server-runs.json"
        self._log_path = home.logs / "server.log"
        self._server = server
        self._lock = threading.RLock()
        """For starting and stopping: a stop command may hold it for minutes, so nobody who searches waits for it."""
        self._process: subprocess.Popen[bytes] | None = None
        self._breaker = Breaker()
        self._counting = threading.Lock()
        self._users = 0
        self._last_used = time.monotonic()
        self._ended = threading.Event()
        self._writes_log = False
        self._runs = _load(self._path)

    @property
    def is_wanted(self) -> bool:
        """True where the settings have a command that starts the server."""
        return bool(self._server.start_command)

    @property
    def is_on(self) -> bool:
        """True from its start to its stop."""
        return self._runs["mark"] is not None

    @property
    def seconds_on(self) -> float:
        """In all, over every start so far."""
        current_s = time.time() - self._runs["began_s"] if self.is_on else 0.0
        return float(self._runs["seconds_on"] + max(0.0, current_s))

    def begin(self) -> None:
        """Stop, in the background, what an earlier process left running."""
        if self.is_on:
            threading.Thread(target=self._stop_left_over, name="server-keeper", daemon=True).start()

    def end(self) -> None:
        """Stop the server for good."""
        self._ended.set()
        with self._lock:
            self._stop()

    def use(self, server: ServerSettings) -> None:
        """Go by changed settings; what was started by other commands is stopped."""
        with self._lock:
            if (server.start_command, server.stop_command) != (self._server.start_command, self._server.stop_command):
                self._stop()
            self._server = server

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """While inside, and for the settings' idle time after, the server is kept running."""
        with self._counting:
            self._users += 1
        try:
            yield
        finally:
            with self._counting:
                self._users -= 1
                self._last_used = time.monotonic()

    def start(self) -> None:
        """Have the server started, without waiting until it is up.

        Nothing happens where it was started already, or is being stopped just now: ask again.

        Raises:
            ServiceError: the command does not start, or has failed a moment ago.
            UsageFaultError: it is no command.
        """
        if not self._lock.acquire(blocking=False):
            return
        try:
            if self._ended.is_set():
                return
            if self._process is not None and self._process.poll():
                self._breaker.failed()
                self._stop()
            if self.is_on:
                return
            if self._breaker.rest_s:
                raise self._no_start("It ended with an error a moment ago.")
            self._spawn()
        finally:
            self._lock.release()

    def came_up(self) -> None:
        """Told that the server takes requests: from now on what it prints is not kept, for it may hold texts."""
        self._writes_log = False
        self._breaker.succeeded()

    def _spawn(self) -> None:
        arguments = _arguments(self._server.start_command)
        mark = uuid.uuid4().hex
        self._note(mark=mark, began_s=time.time(), stop_command=self._server.stop_command)
        try:
            self._process = subprocess.Popen(
                arguments,
                env={**os.environ, _MARK: mark},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=os.path.expanduser("~"),
                start_new_session=True,
            )
        except OSError as error:
            self._breaker.failed()
            self._note(mark=None)
            raise self._no_start(error.strerror or "") from None
        self._last_used = time.monotonic()
        self._writes_log = True
        threading.Thread(target=self._drain, args=(self._process,), name="server-output", daemon=True).start()
        threading.Thread(target=self._stop_when_idle, args=(mark,), name="server-keeper", daemon=True).start()
        _log.info("the server was started")

    def _drain(self, process: subprocess.Popen[bytes]) -> None:
        """Keep what the server says until it is up, and let it say the rest to nobody."""
        assert process.stdout is not None
        descriptor = os.open(self._log_path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with open(descriptor, "wb", buffering=0) as log, process.stdout as output:
            left = _LOG_LIMIT_BYTES
            while piece := os.read(output.fileno(), 1 << 16):
                if self._writes_log and left > 0:
                    log.write(piece[:left])
                    left -= len(piece)

    def _stop_left_over(self) -> None:
        with self._lock:
            if self._process is None:
                _log.warning("an earlier service left its server running; it is stopped")
                self._stop()

    def _stop_when_idle(self, mark: str) -> None:
        """The thread of one start: until the server that it brought up is stopped, by this or by others."""
        while not self._ended.wait(_LOOK_S):
            with self._lock:
                if self._runs["mark"] != mark:
                    return
                idle_s = time.monotonic() - self._last_used
                if not self._users and idle_s >= self._server.idle_minutes * 60:
                    _log.info("nothing was to be done for a while")
                    self._stop()

    def _stop(self) -> None:
        """By the user's command first, then by signals to whatever the start brought up."""
        if not self.is_on:
            return
        is_done = self._ran(self._runs["stop_command"])
        _end(self._left_over())
        if self._process is not None:
            self._process.wait()
        self._process = None
        if is_done:
            self._note(mark=None, seconds_on=self.seconds_on)
            _log.info("the server was stopped")

    def _ran(self, command: str) -> bool:
        """False where the command still runs: the next start of the service gives it again."""
        if not command:
            return True
        try:
            stopping = subprocess.Popen(
                _arguments(command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=os.path.expanduser("~"),
                start_new_session=True,
            )
        except (OSError, UsageFaultError) as error:
            _log.warning("the server's stop command does not start: %s", error)
            return True
        begun_s = time.monotonic()
        while stopping.poll() is None:
            time.sleep(_POLL_S)
            limit_s = _LAST_STOP_COMMAND_S if self._ended.is_set() else _STOP_COMMAND_S
            if time.monotonic() - begun_s > limit_s:
                return False
        if stopping.returncode:
            _log.warning("the server's stop command ended with status %d", stopping.returncode)
        return True

    def _left_over(self) -> list[psutil.Process]:
        """What the start brought up and still runs: its process group, and whatever carries the mark."""
        group = self._process.pid if self._process is not None else None
        return [process for process in psutil.process_iter() if _belongs(process, group, self._runs["mark"])]

    def _note(self, **changes: Any) -> None:
        self._runs = {**self._runs, **changes}
        temporary = self._path.with_suffix(".new")
        with open(os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(self._runs, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self._path)

    def _no_start(self, detail: str) -> ServiceError:
        return ServiceError("The server's start command fails", detail, f"What it said: {self._log_path}")


def _load(path: Path) -> dict[str, Any]:
    runs = {"mark": None, "began_s": 0.0, "seconds_on": 0.0, "stop_command": ""}
    try:
        return {**runs, **json.loads(path.read_text(encoding="utf-8"))}
    except FileNotFoundError:
        return runs
    except (OSError, ValueError, TypeError) as error:
        _log.warning("what is known of the server's earlier runs cannot be read: %s", error)
        return runs


def _arguments(command: str) -> list[str]:
    """
    Raises:
        UsageFaultError: it is no command line.
    """
    try:
        arguments = shlex.split(command)
    except ValueError as error:
        arguments, detail = [], str(error)
    else:
        detail = "It is empty."
    if not arguments:
        raise UsageFaultError("Not a command", detail, "Give it as in a terminal, without what only a shell knows.")
    return arguments


def _belongs(process: psutil.Process, group: int | None, mark: str) -> bool:
    try:
        return os.getpgid(process.pid) == group or process.environ().get(_MARK) == mark
    except (psutil.Error, OSError):  # ended, or somebody else's
        return False


def _end(processes: list[psutil.Process]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        _, processes = psutil.wait_procs(processes, _LEAVE_S)
