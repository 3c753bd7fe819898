"""The door to the running app: what else is started (`inkling popup`, a file manager's menu, the app once more) asks
the app that runs to show something. Imports no Qt: a knock is to be heard within 200 ms.

    show(home, {"show": "similar", "uris": ["file:///home/ada/lease.pdf"]})

One app runs for a home: it holds the home's `app.lock` and listens on a socket of its own beside the service's.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NotRequired, TypedDict, cast, get_args

from finder.errors import EnvironmentFaultError, ServiceError, UsageFaultError
from finder.paths import Home, uri_to_path
from finder.service.peer import is_own_user, make_private
from finder.workers.channel import Channel, ChannelError
from finder.workers.launch import command, environment

Shown = Literal["window", "popup", "find", "similar"]


class Wish(TypedDict):
    """What the app is to show."""

    show: Shown
    query: NotRequired[str]
    """For `find`."""
    uris: NotRequired[list[str]]
    """For `similar`: `file:` URIs."""
    token: NotRequired[str]
    """With it the desktop lets the app come to the front (XDG activation)."""


OnWish = Callable[[Wish], None]

_FRAME_LIMIT_BYTES = 4 << 20
_ANSWER_TIMEOUT_S = 15.0
_START_TIMEOUT_S = 90.0
_POLL_S = 0.02
_WAITING_LIMIT = 8
_WORDS_SHOWN = 500
_HEARING_TIMEOUT_S = 5.0
"""Who knocks speaks at once; who does not keeps the next one waiting, but for less than that one's patience."""
_TOKEN = re.compile(r"[!-~]{1,500}")
"""As desktops make them. It becomes a variable of the app's environment."""


def show(home: Home, wish: Wish) -> None:
    """Have the app show something; where none runs it is started, and its window stays shut unless it is wished for.

    Raises:
        ServiceError: the app does not start, with what it said.
    """
    if reach(home, wish):
        return
    process = _start(home)
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        status = process.poll()  # asked before knocking: one more knock after its end
        if reach(home, wish):
            return
        if status:
            break
        if status == 0 and (door := Door.claim(home)) is not None:  # it made way for one that was just ending
            door.close()
            process = _start(home)
        time.sleep(_POLL_S)
    words = _start_log(home).read_text(encoding="utf-8", errors="replace").strip()
    raise ServiceError("The app does not start", words[-_WORDS_SHOWN:], "In the terminal: inkling find QUERY")


def reach(home: Home, wish: Wish) -> bool:
    """Hand a wish to the app that runs; False where none does.

    Raises:
        ServiceError: it does not answer, or another user listens in its place.
        UsageFaultError: it is longer than the door takes.
    """
    channel = _connected(home)
    if channel is None:
        return False
    try:
        _send(channel, {"token": _activation_token(), **wish})
        if not channel.is_readable(_ANSWER_TIMEOUT_S):
            raise _is_stuck()
        return channel.receive() is not None
    except ChannelError:
        return False  # it is just leaving
    finally:
        channel.close()


def _send(channel: Channel, wish: Wish) -> None:
    try:
        channel.send({**wish})
    except ValueError as error:
        raise UsageFaultError("These are too many files at once", "", "Choose fewer of them.") from error


def _is_stuck() -> ServiceError:
    return ServiceError("The app does not answer", "", "End it, and try again.")


def _connected(home: Home) -> Channel | None:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.setblocking(False)
    try:
        connection.connect(os.fspath(home.read_app_address()))
        connection.setblocking(True)
        is_own = is_own_user(connection)
    except BlockingIOError:  # nobody takes those who wait already
        connection.close()
        raise _is_stuck() from None
    except OSError:  # no such socket, or one that a killed app left
        connection.close()
        return None
    if not is_own:
        connection.close()
        raise ServiceError("Another user listens on the app's socket", "", "", str(home.app_socket))
    return Channel(connection, _FRAME_LIMIT_BYTES)


def _activation_token() -> str:
    """What the program that started us was given, so that a window may come to the front."""
    return os.environ.get("XDG_ACTIVATION_TOKEN") or os.environ.get("DESKTOP_STARTUP_ID") or ""


def _start(home: Home) -> subprocess.Popen[bytes]:
    """Start the app without its window, detached from this process."""
    home.create()
    with open(os.open(_start_log(home), os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as output:
        return subprocess.Popen(
            command("ui", "--hidden", "--home", os.fspath(home.root)),
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            start_new_session=True,
        )


def _start_log(home: Home) -> Path:
    return home.logs / "app-start.log"


class Door:
    """The app's side. Whoever holds one is the only app of its home; the system takes it back from a killed one."""

    def __init__(self, home: Home, lock: int) -> None:
        """Made by `claim`."""
        self._home, self._path = home, home.app_socket
        self._lock = lock
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._is_open = False

    @classmethod
    def claim(cls, home: Home) -> Door | None:
        """The door of `home`, or None where another app has it."""
        home.create()
        lock = os.open(home.app_lock, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        return cls(home, lock)

    def listen(self, on_wish: OnWish) -> None:
        """Begin to take wishes; `on_wish` is called in a thread of the door's.

        Raises:
            EnvironmentFaultError: the socket's folder is not this user's alone, or the socket cannot be made.
        """
        try:
            make_private(self._path.parent)
            self._path.unlink(missing_ok=True)  # a killed app's: the lock is ours
            self._listener.bind(os.fspath(self._path))
            os.chmod(self._path, 0o600)
            self._listener.listen(_WAITING_LIMIT)
            self._home.write_app_address()
        except OSError as error:
            detail, hint = error.strerror or str(error), "Set XDG_RUNTIME_DIR to a folder of your own."
            raise EnvironmentFaultError("The app cannot open its socket", detail, hint, str(self._path)) from error
        self._is_open = True
        threading.Thread(target=self._take_wishes, args=(on_wish,), name="door", daemon=True).start()

    def shut(self) -> None:
        """Take no more wishes, before what would grant them ends."""
        if self._is_open:
            self._is_open = False
            self._path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread

    def close(self) -> None:
        """Take no more wishes, and let another app have the door."""
        self.shut()
        self._listener.close()
        os.close(self._lock)

    def _take_wishes(self, on_wish: OnWish) -> None:
        while self._is_open:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # closed
            channel = Channel(connection, _FRAME_LIMIT_BYTES, frame_timeout_s=_HEARING_TIMEOUT_S)
            with contextlib.suppress(ChannelError, OSError):
                _take_one(connection, channel, on_wish)
            channel.close()


def _take_one(connection: socket.socket, channel: Channel, on_wish: OnWish) -> None:
    if not is_own_user(connection) or not channel.is_readable(_HEARING_TIMEOUT_S):
        return
    message = channel.receive()
    if message is not None and (wish := _read(message.header)) is not None:
        on_wish(wish)
        channel.send({"taken": True})


def _read(header: dict[str, object]) -> Wish | None:
    """A wish as it should be, without what is no part of one; None for anything else."""
    shown, query, token = header.get("show"), header.get("query", ""), header.get("token", "")
    uris = header.get("uris", [])
    if shown not in get_args(Shown) or not isinstance(query, str) or not isinstance(uris, list):
        return None
    if not all(_is_of_a_file(uri) for uri in uris) or (shown == "similar" and not uris):
        return None
    wish = Wish(show=cast("Shown", shown))
    if query:
        wish["query"] = query
    if uris:
        wish["uris"] = uris
    if isinstance(token, str) and _TOKEN.fullmatch(token):
        wish["token"] = token
    return wish


def _is_of_a_file(uri: object) -> bool:
    if not isinstance(uri, str):
        return False
    try:
        return b"\0" not in uri_to_path(uri)
    except UsageFaultError:
        return False
