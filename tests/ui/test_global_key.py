"""The global key: what each system is asked for, and how a refusal is told."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from finder.paths import Home
from ui.desktop.grab import Grab
from ui.desktop.hotkey import Hotkey
from ui.desktop.keys import DEFAULT, Keys, read_keys
from ui.desktop.macos import MacGrab, key_code
from ui.desktop.portal import PortalGrab, trigger_of
from ui.desktop.windows import WindowsGrab, virtual_key
from ui.desktop.x11 import keysym_of
from ui.preferences import Preferences
from ui.settings.quick_search import QuickSearch

jeepney = pytest.importorskip("jeepney", reason="Linux alone")
blocking = pytest.importorskip("jeepney.io.blocking")

_ANSWER_MS = 60_000
SPACE = Keys("Space", frozenset({"ctrl", "alt"}))


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Ctrl+Alt+Space", SPACE),
        ("Meta+K", Keys("K", frozenset({"meta"}))),
        ("ctrl+shift+f", Keys("F", frozenset({"ctrl", "shift"}))),
        ("F9", Keys("F9", frozenset())),
        ("Shift+K", None),  # it types a letter
        ("Space", None),
        ("Ctrl+K, Ctrl+C", None),
        ("Ctrl+F30", None),
        ("Ctrl+Ü", None),
        ("Ctrl++", None),
        ("", None),
        ("nonsense", None),
    ],
)
def test_a_combination_is_read_or_refused(text: str, keys: Keys | None) -> None:
    assert read_keys(text) == keys


def test_the_default_can_be_asked_for() -> None:
    assert read_keys(DEFAULT) is not None


@pytest.mark.parametrize(
    ("key", "x11", "windows", "mac", "portal"),
    [
        ("Space", 0x20, 0x20, 49, "CTRL+ALT+space"),
        ("K", 0x6B, 0x4B, 40, "CTRL+ALT+k"),
        ("M", 0x6D, 0x4D, 46, "CTRL+ALT+m"),
        ("1", 0x31, 0x31, 18, "CTRL+ALT+1"),
        ("F1", 0xFFBE, 0x70, 122, "CTRL+ALT+F1"),
        ("F24", 0xFFD5, 0x87, None, "CTRL+ALT+F24"),
    ],
)
def test_every_system_has_its_own_number_for_a_key(
    key: str, x11: int, windows: int, mac: int | None, portal: str
) -> None:
    assert (keysym_of(key), virtual_key(key), key_code(key)) == (x11, windows, mac)
    assert trigger_of(Keys(key, SPACE.modifiers)) == portal


@pytest.fixture
def owner(qapp: QApplication) -> Iterator[QObject]:
    made = QObject()
    yield made
    made.deleteLater()


def told(grab: Grab) -> list[tuple[str, str]]:
    """What a grab says from now on."""
    came: list[tuple[str, str]] = []
    grab.granted.connect(lambda keys: came.append(("granted", keys)))
    grab.refused.connect(lambda why: came.append(("refused", why)))
    grab.pressed.connect(lambda: came.append(("pressed", "")))
    return came


@pytest.mark.parametrize(("error", "said"), [(0, ""), (1409, "Another program"), (5, "The desktop refuses")])
def test_windows_is_asked_for_the_key_once_for_each_press(
    owner: QObject, monkeypatch: pytest.MonkeyPatch, error: int, said: str
) -> None:
    asked: list[tuple[Any, ...]] = []
    user32 = SimpleNamespace(
        RegisterHotKey=lambda *values: asked.append(values) is None and error == 0,
        UnregisterHotKey=lambda *values: True,
    )
    monkeypatch.setattr(ctypes, "get_last_error", lambda: error, raising=False)
    grab = WindowsGrab(owner, user32)
    came = told(grab)
    grab.ask(SPACE)
    grab.release()
    assert asked == [(None, 1, 0x4000 | 0x1 | 0x2, 0x20)]
    assert came[0][0] == ("refused" if error else "granted")
    assert came[0][1].startswith(said)


class Carbon:
    """The functions that are called of it, and what they were called with."""

    def __init__(self, error: int) -> None:
        self.asked: list[tuple[int, int]] = []
        self.given_back = 0
        self.handler: Any = None

        def register(code: int, modifiers: int, key: Any, target: Any, options: int, place: Any) -> int:
            self.asked.append((code, modifiers))
            ctypes.cast(place, ctypes.POINTER(ctypes.c_void_p))[0] = 7
            return error

        def give_back(key: Any) -> int:
            self.given_back += 1
            return 0

        def install(target: Any, handler: Any, count: int, kinds: Any, data: Any, place: Any) -> int:
            self.handler = handler
            ctypes.cast(place, ctypes.POINTER(ctypes.c_void_p))[0] = 9
            return 0

        def remove(installed: Any) -> int:
            self.handler = None
            return 0

        def target() -> int:
            return 5

        self.RegisterEventHotKey, self.UnregisterEventHotKey = register, give_back
        self.InstallEventHandler, self.RemoveEventHandler = install, remove
        self.GetApplicationEventTarget = target


def test_macos_is_asked_with_its_own_modifiers_and_the_key_is_given_back(owner: QObject) -> None:
    carbon = Carbon(0)
    grab = MacGrab(owner, carbon)
    came = told(grab)
    grab.ask(Keys("Space", frozenset({"ctrl", "shift"})))
    assert carbon.asked == [(49, 0x0100 | 0x0200)]
    carbon.handler(None, None, None)
    assert came == [("granted", ""), ("pressed", "")]
    grab.release()
    assert carbon.given_back == 1
    assert carbon.handler is None


def test_macos_says_that_a_key_is_taken(owner: QObject) -> None:
    grab = MacGrab(owner, Carbon(-9878))
    came = told(grab)
    grab.ask(SPACE)
    grab.ask(Keys("F24", frozenset()))
    assert [words.split(" ")[0] for _, words in came] == ["Another", "This"]


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A session bus of its own."""
    if shutil.which("dbus-daemon") is None:
        pytest.skip("not installed: dbus-daemon")
    daemon = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address=1"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert daemon.stdout is not None
    address = daemon.stdout.readline().decode().strip()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    yield address
    daemon.terminate()
    daemon.wait()
    daemon.stdout.close()


class Portal:
    """A desktop's portal as far as it is asked for keys. Its user answers `code`; then the key is pressed once."""

    def __init__(self, code: int, knows_app: bool = True) -> None:
        self._code, self._knows_app = code, knows_app
        self.bound: list[Any] = []
        self.app_ids: list[str] = []
        self._connection = blocking.open_dbus_connection()
        name = jeepney.message_bus.RequestName("org.freedesktop.portal.Desktop")
        self._connection.send_and_get_reply(name)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        if self._connection.sock.fileno() < 0:
            return
        self._connection.sock.shutdown(2)
        self._thread.join()
        self._connection.close()

    def end_session(self) -> None:
        self._signal("/session/1", "org.freedesktop.portal.Session", "Closed", "a{sv}", ({},))

    def _serve(self) -> None:
        while True:
            try:
                message = self._connection.receive()
            except OSError:
                return
            fields = message.header.fields
            if message.header.message_type is jeepney.MessageType.method_call:
                self._answer(message, fields[jeepney.HeaderFields.member], fields[jeepney.HeaderFields.sender])

    def _answer(self, message: Any, method: str, sender: str) -> None:
        if method == "Register":
            self.app_ids.append(message.body[0])
            failed = "org.freedesktop.portal.Error.Failed"
            known = jeepney.new_method_return(message)
            self._connection.send(known if self._knows_app else jeepney.new_error(message, failed))
            return
        if not self._knows_app:
            self._connection.send(jeepney.new_error(message, "org.freedesktop.portal.Error.NotAllowed"))
            return
        token = message.body[-1]["handle_token"][1]
        request = f"/org/freedesktop/portal/desktop/request/{sender[1:].replace('.', '_')}/{token}"
        results: dict[str, Any] = {"session_handle": ("s", "/session/1")}
        if method == "BindShortcuts":
            self.bound.append(message.body)
            results = {"shortcuts": ("a(sa{sv})", [("search", {"trigger_description": ("s", "Ctrl+Alt+Leertaste")})])}
        code = self._code if method == "BindShortcuts" else 0
        self._signal(
            request, "org.freedesktop.portal.Request", "Response", "ua{sv}", (code, results)
        )  # before the answer
        self._connection.send(jeepney.new_method_return(message, "o", (request,)))
        if method == "BindShortcuts" and not code:
            pressed = ("/session/1", "search", 1, {"activation_token": ("s", "from-the-key")})
            path, interface = "/org/freedesktop/portal/desktop", "org.freedesktop.portal.GlobalShortcuts"
            self._signal(path, interface, "Activated", "osta{sv}", pressed)

    def _signal(self, path: str, interface: str, name: str, signature: str, values: tuple[Any, ...]) -> None:
        emitter = jeepney.DBusAddress(path, interface=interface)
        self._connection.send(jeepney.new_signal(emitter, name, signature, values))


def test_under_wayland_the_portal_is_asked_though_qt_speaks_x11(
    owner: QObject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A grab there hears the key only while a window of X11 has the keyboard."""
    made: list[str] = []

    class Made(Grab):
        def ask(self, keys: Keys) -> None:
            made.append("portal")

        def release(self) -> None:
            made.append("released")

    monkeypatch.setattr("ui.desktop.portal.PortalGrab", Made)
    monkeypatch.setattr(QGuiApplication, "platformName", lambda: "xcb")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    Hotkey(Preferences(Home(tmp_path)), owner).close()
    assert made == ["portal", "released"]


class Granting(Grab):
    """A desktop that grants a key, and calls it by words of its own."""

    called = ""

    def ask(self, keys: Keys) -> None:
        self.granted.emit(self.called)

    def release(self) -> None:
        """Nothing was asked of any system."""


@pytest.mark.parametrize(
    ("called", "keys", "told"),
    [("Press <Control>k", DEFAULT, "Press <Control>k"), ("Meta+K", "Meta+K", ""), ("", DEFAULT, "")],
)
def test_the_desktops_own_name_of_the_key_is_shown_and_changes_nothing(
    qtbot: QtBot, owner: QObject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, called: str, keys: str, told: str
) -> None:
    monkeypatch.setattr(Granting, "called", called)
    monkeypatch.setattr(Hotkey, "_made", lambda self: Granting(self))
    preferences = Preferences(Home(tmp_path))
    hotkey = Hotkey(preferences, owner)
    section = QuickSearch(preferences, hotkey)
    qtbot.addWidget(section)
    section.keys.editingFinished.emit()  # as when the field loses the keyboard
    assert preferences.keys is None
    assert hotkey.keys == section.keys.keySequence().toString() == keys
    assert (told in section.told.text()) if told else not section.told.text()
    hotkey.close()


@pytest.mark.parametrize("end", ["end_session", "close"])
def test_the_key_that_the_desktop_takes_back_is_told(
    qtbot: QtBot, owner: QObject, bus: str, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setenv("XDG_ACTIVATION_TOKEN", "")
    portal = Portal(0)
    grab = PortalGrab(owner)
    came = told(grab)
    grab.ask(SPACE)
    qtbot.waitUntil(lambda: len(came) == 2, timeout=_ANSWER_MS)
    getattr(portal, end)()
    qtbot.waitUntil(lambda: len(came) == 3, timeout=_ANSWER_MS)
    assert came[2] == ("refused", "The desktop has taken this key back.")
    grab.release()
    portal.close()


@pytest.mark.parametrize("code", [0, 1])
def test_the_portal_gives_a_key_or_its_user_does_not(
    qtbot: QtBot, owner: QObject, bus: str, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setenv("XDG_ACTIVATION_TOKEN", "")
    portal = Portal(code)
    grab = PortalGrab(owner)
    came = told(grab)
    grab.ask(SPACE)
    qtbot.waitUntil(lambda: len(came) == (1 if code else 2), timeout=_ANSWER_MS)
    grab.release()
    portal.close()
    ((session, shortcuts, _, _),) = portal.bound
    assert session == "/session/1"
    assert shortcuts[0][0] == "search"
    assert shortcuts[0][1]["preferred_trigger"] == ("s", "CTRL+ALT+space")
    assert portal.app_ids == ["inkling"]
    if code:
        assert came == [("refused", "The desktop refuses this key.")]
    else:
        assert came == [("granted", "Ctrl+Alt+Leertaste"), ("pressed", "")]
        assert os.environ["XDG_ACTIVATION_TOKEN"] == "from-the-key"


def test_where_the_desktop_does_not_know_the_app_it_is_said_how_it_would(
    qtbot: QtBot, owner: QObject, bus: str
) -> None:
    """A portal knows it by its entry among the programs."""
    portal = Portal(0, knows_app=False)
    grab = PortalGrab(owner)
    came = told(grab)
    grab.ask(SPACE)
    qtbot.waitUntil(lambda: bool(came), timeout=_ANSWER_MS)
    assert came[0][0] == "refused"
    assert "Inkling among the programs" in came[0][1]
    grab.release()
    portal.close()


@pytest.mark.parametrize("address", ["the bus", "autolaunch:", "unix:path=/nowhere"])
def test_without_a_portal_it_is_said_what_to_do(
    qtbot: QtBot, owner: QObject, bus: str, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus if address == "the bus" else address)
    grab = PortalGrab(owner)
    came = told(grab)
    grab.ask(SPACE)
    qtbot.waitUntil(lambda: bool(came), timeout=_ANSWER_MS)
    assert came[0][0] == "refused"
    assert "inkling popup" in came[0][1]
