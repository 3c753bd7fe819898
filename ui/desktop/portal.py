"""The global key under Wayland: the desktop portal's GlobalShortcuts, whose user is asked once and may choose another.

Written against org.freedesktop.portal.GlobalShortcuts (version 1) and org.freedesktop.host.portal.Registry. Over a
connection of its own in a thread: QtDBus cannot say `a(sa{sv})`.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from typing import Any

from jeepney import DBusAddress, MatchRule, Message, message_bus, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.low_level import HeaderFields, MessageType
from PySide6.QtCore import QObject, Qt, Signal

from ui.desktop.grab import Grab
from ui.desktop.keys import Keys, Modifier

APP_ID = "inkling"
"""The name of the app's .desktop file, which a portal wants to be installed."""
_BUS, _PATH = "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop"
_SHORTCUTS = "org.freedesktop.portal.GlobalShortcuts"
_REQUEST = "org.freedesktop.portal.Request"
_SESSION = "org.freedesktop.portal.Session"
_REGISTRY = "org.freedesktop.host.portal.Registry"
_SEARCH = "search"
"""Our shortcut's name; the desktop remembers the key that its user gave it."""
_MODIFIERS: dict[Modifier, str] = {"ctrl": "CTRL", "alt": "ALT", "shift": "SHIFT", "meta": "LOGO"}
_ANSWER_TIMEOUT_S = 25.0


class Refused(Exception):
    """The portal says no, or its user does."""


class UnknownApp(Exception):
    """The portal does not find the app's entry, and gives it no key."""


class TakenBack(Exception):
    """The key was ours, and is no more."""


def trigger_of(keys: Keys) -> str:
    """`CTRL+ALT+space`, as the "shortcuts" specification of freedesktop.org writes it: xkbcommon's names of keys."""
    key = "space" if keys.key == "Space" else keys.key.lower() if len(keys.key) == 1 else keys.key
    return "+".join([*(word for modifier, word in _MODIFIERS.items() if modifier in keys.modifiers), key])


class PortalGrab(Grab):
    """Granted when its user has answered the desktop's question, which may be long after."""

    _said = Signal(str, str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._connection: DBusConnection | None = None
        self._is_released = False
        self._said.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def ask(self, keys: Keys) -> None:
        threading.Thread(
            target=self._serve, args=(trigger_of(keys), self.tr("Quick search")), name="portal", daemon=True
        ).start()

    def release(self) -> None:
        self._is_released = True
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.sock.shutdown(2)  # wakes the thread; the session and its key end with the connection

    def _serve(self, trigger: str, words: str) -> None:
        with contextlib.suppress(RuntimeError):  # the app has just ended
            try:
                with _connected() as connection:
                    self._connection = connection
                    portal = _Portal(connection)
                    self._said.emit("granted", portal.bind(trigger, words))
                    while not self._is_released:
                        self._said.emit("pressed", portal.next_press())
            except Refused:
                self._said.emit("refused", "asked")
            except UnknownApp:
                self._said.emit("unknown", "")
            except TakenBack:
                self._said.emit("taken back", "")
            except OSError:  # no bus, no portal
                if not self._is_released:
                    self._said.emit("refused", "")

    def _tell(self, kind: str, said: str) -> None:
        if kind == "granted":
            self.granted.emit(said)
        elif kind == "unknown":
            hint = self.tr("The desktop gives keys to programs that it knows: add “Inkling among the programs” first.")
            self.refused.emit(hint)
        elif kind == "taken back":
            self.refused.emit(self.tr("The desktop has taken this key back."))
        elif kind == "refused":
            no_portal = self.tr("This desktop has no global keys for programs. Bind “inkling popup” in its settings.")
            self.refused.emit(self.tr("The desktop refuses this key.") if said else no_portal)
        else:
            if said:
                os.environ["XDG_ACTIVATION_TOKEN"] = said  # with it the compositor lets our window have the keyboard
            self.pressed.emit()


def _connected() -> DBusConnection:
    """
    Raises:
        OSError: there is no session bus, or none that can be talked to.
    """
    try:
        return open_dbus_connection("SESSION")
    except (KeyError, RuntimeError, ValueError) as error:  # no address; one of another kind; not let in
        raise ConnectionError(str(error)) from error


class _Portal:
    """What is asked of it, one after the other."""

    def __init__(self, connection: DBusConnection) -> None:
        self._connection = connection
        self._tokens = 0
        self._signals: deque[Message] = deque()
        """Come in while an answer was waited for, too: a Response may come before it."""
        left = MatchRule(type="signal", interface="org.freedesktop.DBus", member="NameOwnerChanged")
        left.add_arg_condition(0, _BUS)
        for rule in (
            MatchRule(type="signal", interface=_REQUEST, member="Response"),
            MatchRule(type="signal", interface=_SHORTCUTS, member="Activated"),
            MatchRule(type="signal", interface=_SESSION, member="Closed"),
            left,
        ):
            connection.filter(rule, queue=self._signals)
            connection.send_and_get_reply(message_bus.AddMatch(rule), timeout=_ANSWER_TIMEOUT_S)

    def bind(self, trigger: str, words: str) -> str:
        """Have the key, whatever its user makes of it; returns how the desktop calls it.

        Raises:
            Refused: by the portal or its user.
            UnknownApp: the app's entry is not installed.
            OSError: there is no portal that knows of keys.
        """
        is_known = self._is_registered()
        try:
            return self._bind(trigger, words)
        except (OSError, Refused) as error:
            if is_known:
                raise
            raise UnknownApp from error

    def _is_registered(self) -> bool:
        """Tell who we are; False where the portal does not find us. Older portals have no register and ask nobody."""
        try:
            self._call(_REGISTRY, "Register", "sa{sv}", APP_ID, {})
        except OSError as error:
            return "Unknown" in str(error)  # the method, the interface, the portal
        return True

    def _bind(self, trigger: str, words: str) -> str:
        session = self._asked("CreateSession", "a{sv}", {"session_handle_token": ("s", "inkling")})
        wanted = {"description": ("s", words), "preferred_trigger": ("s", trigger)}
        bound = self._asked(
            "BindShortcuts", "oa(sa{sv})sa{sv}", session["session_handle"][1], [(_SEARCH, wanted)], "", {}
        )
        for _, told in bound.get("shortcuts", ("", []))[1]:
            return str(told.get("trigger_description", ("s", ""))[1])
        return ""

    def next_press(self) -> str:
        """Wait for the key; returns the token of its activation, empty where there is none.

        Raises:
            TakenBack: the session was closed, or the portal has ended.
        """
        while True:
            message = self._connection.recv_until_filtered(self._signals)
            member = message.header.fields.get(HeaderFields.member)
            if member == "Closed" or (member == "NameOwnerChanged" and not message.body[2]):
                raise TakenBack
            if member == "Activated" and message.body[1] == _SEARCH:
                return str(message.body[3].get("activation_token", ("s", ""))[1])

    def _asked(self, method: str, signature: str, *values: Any) -> dict[str, Any]:
        """Make a request and wait for its Response: the last value is its options."""
        self._tokens += 1
        options = {**values[-1], "handle_token": ("s", f"inkling{self._tokens}")}
        path = self._call(_SHORTCUTS, method, signature, *values[:-1], options)[0]
        while True:
            message = self._connection.recv_until_filtered(self._signals)  # its user may take their time
            fields = message.header.fields
            if fields.get(HeaderFields.path) == path and fields.get(HeaderFields.member) == "Response":
                code, results = message.body
                if code != 0:
                    raise Refused
                return dict(results)

    def _call(self, interface: str, method: str, signature: str, *values: Any) -> tuple[Any, ...]:
        address = DBusAddress(_PATH, bus_name=_BUS, interface=interface)
        message: Message = new_method_call(address, method, signature, values)
        answer = self._connection.send_and_get_reply(message, timeout=_ANSWER_TIMEOUT_S)
        if answer.header.message_type is MessageType.error:
            raise OSError(str(answer.header.fields.get(HeaderFields.error_name)))
        return tuple(answer.body)
