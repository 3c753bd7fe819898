"""A screen that nobody sees, with a window manager and a session bus of its own: real programs are driven on it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeVar

import pytest

from finder.paths import Home
from finder.service.app_door import Door
from tests.conftest import end_service

CHECKOUT = Path(__file__).resolve().parents[3]
SYSTEM_PYTHON = "/usr/bin/python3"
"""Has the introspected libraries of the system, which no virtual environment has."""
NEEDED = ("setpriv", "Xvfb", "dbus-daemon", "openbox", "xdotool")
WITHIN_S = 90.0
_POLL_S = 0.05
_WITH_THE_TESTS = ("setpriv", "--pdeathsig", "TERM")
"""In front of a command: tests that are killed leave no screen and no bus behind, nor what hangs on them."""
_END_WITHIN_S = 10.0

Found = TypeVar("Found")


def what_is_missing(*programs: str) -> str | None:
    """Why nothing can be driven here; None where it can."""
    missing = [name for name in (*NEEDED, *programs) if shutil.which(name) is None]
    return f"not installed: {', '.join(missing)}" if missing else None


def wait_for(look: Callable[[], Found | None], what: str, within_s: float = WITHIN_S) -> Found:
    """What `look` finds, as soon as it is neither None nor empty."""
    deadline = time.monotonic() + within_s
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(_POLL_S)
    return found


@dataclass
class Screen:
    """The screen; everything that is started on it ends with it."""

    home: Path
    """The home folder of who sits before it, made on entering."""
    variables: dict[str, str] = field(default_factory=dict)
    index: Home | None = None
    """Of which app and service end with the screen, whoever started them."""
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _runtime: tempfile.TemporaryDirectory[str] = field(
        default_factory=lambda: tempfile.TemporaryDirectory(prefix="inkling-", ignore_cleanup_errors=True)
    )
    """Short, whatever the home is called: KDE opens sockets in it, whose paths have 107 bytes at most."""

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _open(self) -> None:
        for folder in (self.home, self.config, self.data):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.config),
            "XDG_DATA_HOME": str(self.data),
            "XDG_CACHE_HOME": str(self.home / ".cache"),
            "XDG_RUNTIME_DIR": self._runtime.name,
            "LC_ALL": "C.UTF-8",
            "NO_AT_BRIDGE": "0",
            "GTK_A11Y": "atspi",
            "GDK_BACKEND": "x11",
            "GSK_RENDERER": "cairo",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "QT_QPA_PLATFORM": "xcb",
            "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
            "GIO_USE_VFS": "local",
            "GSETTINGS_BACKEND": "memory",
        }
        self.variables["DISPLAY"] = ":" + self._said(
            "Xvfb", "-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"
        )
        self.variables["DBUS_SESSION_BUS_ADDRESS"] = self._said(
            "dbus-daemon", "--session", "--print-address=1", "--nofork"
        )
        self.start("openbox")
        self._allow_looking()
        wait_for(lambda: self.run("xdotool", "get_num_desktops"), "the window manager")

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._processes):
            with_group(process, signal.SIGTERM)
        for process in reversed(self._processes):
            try:
                process.wait(_END_WITHIN_S)
            except subprocess.TimeoutExpired:
                with_group(process, signal.SIGKILL)
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        try:
            if self.index is not None:
                self._end(self.index)
        finally:
            self._runtime.cleanup()

    def _end(self, index: Home) -> None:
        """The service after the app, which would start it again."""
        with pytest.MonkeyPatch.context() as runtime:
            runtime.setenv("XDG_RUNTIME_DIR", self._runtime.name)
            wait_for(lambda: Door.claim(index), "the end of the app").close()
            end_service(index)

    def _allow_looking(self) -> None:
        """Have programs tell assistive technology what they show, which Qt asks about when it starts."""
        self.run(
            *("gdbus", "call", "--session", "-d", "org.a11y.Bus", "-o", "/org/a11y/bus"),
            *("-m", "org.freedesktop.DBus.Properties.Set", "org.a11y.Status", "IsEnabled", "<true>"),
        )
        self.place_of("")  # with the first look the registry is there, which Qt does not wait for

    def place_of(self, name: str) -> str:
        """Where something of that name is on the screen, as "X Y"; empty where it is not."""
        return self.run(SYSTEM_PYTHON, Path(__file__).with_name("whereabouts.py"), name)

    @property
    def config(self) -> Path:
        return self.home / ".config"

    @property
    def data(self) -> Path:
        return self.home / ".local" / "share"

    def start(self, *command: str | bytes | Path) -> subprocess.Popen[bytes]:
        """A program on this screen; what it says is kept in the home."""
        with open(self.home / "said.txt", "ab") as said:
            process = subprocess.Popen(
                command, env=self.variables, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
            )
        self._processes.append(process)
        return process

    def run(self, *command: str | Path) -> str:
        """What a program that ends by itself says; empty where it fails."""
        done = subprocess.run(
            command, env=self.variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=WITHIN_S
        )
        return done.stdout.strip() if done.returncode == 0 else ""

    def press(self, *keys: str) -> None:
        self.run("xdotool", "key", "--clearmodifiers", *keys)

    def click(self, x: int, y: int, button: int = 1) -> None:
        self.run("xdotool", "mousemove", str(x), str(y), "click", str(button))

    def windows(self, title: str) -> Sequence[str]:
        """The visible windows whose title holds `title` (a regular expression)."""
        return self.run("xdotool", "search", "--onlyvisible", "--name", title).split()

    def visible(self) -> set[str]:
        """All windows that are shown, menus among them."""
        return set(self.run("xdotool", "search", "--onlyvisible", "--class", "").split())

    def window(self, title: str) -> str:
        """The window of that title, to the front."""
        found = wait_for(lambda: self.windows(title), f"a window called {title}")[-1]
        self.run("xdotool", "windowactivate", "--sync", found)
        return found

    def corner(self, window: str) -> tuple[int, int]:
        """The upper left corner of a window, in pixels of the screen."""
        told = dict(line.split("=") for line in self.run("xdotool", "getwindowgeometry", "--shell", window).split())
        return int(told["X"]), int(told["Y"])

    def _said(self, *command: str) -> str:
        """Start a program and read the one line that it says."""
        process = subprocess.Popen(
            (*_WITH_THE_TESTS, *command),
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._processes.append(process)
        assert process.stdout is not None
        return process.stdout.readline().decode().strip()


def with_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """A signal to a process that leads a group, and to whatever it started there."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
