"""A connection of our own to an X server, by libxcb: for what Qt offers no way to. Imports the standard library alone.

libxcb and not Xlib: an error of a request is an answer here, where Xlib's handler is one for the whole process, and
Qt's. The constants and structures are those of xproto.h and of the X protocol (X11R7.7, chapter "Requests").
"""

from __future__ import annotations

import ctypes
import struct
from dataclasses import dataclass
from typing import Any

KEY_PRESS, KEY_RELEASE, MAPPING_NOTIFY = 2, 3, 34
BAD_ACCESS = 10
"""Another program has this key already."""
_CLIENT_MESSAGE = 33
_GRAB_MODE_ASYNC = 1
_ANY = 0
_TO_WINDOW_MANAGER = 0x180000
"""SubstructureNotify and SubstructureRedirect."""
_FROM_A_PERSON = 2
"""The source of an activation that a window manager does not take for a window pushing itself to the front (EWMH)."""
_EVENT_BYTES = 32


class _Cookie(ctypes.Structure):
    _fields_ = (("sequence", ctypes.c_uint),)


class _Screens(ctypes.Structure):
    _fields_ = (("root", ctypes.POINTER(ctypes.c_uint32)), ("rem", ctypes.c_int), ("index", ctypes.c_int))


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """`kind`: KEY_PRESS, KEY_RELEASE, or MAPPING_NOTIFY, which has no more to say."""

    kind: int
    keycode: int
    time_ms: int
    """The server's time, which wraps."""


class XConnection:
    """To the server of $DISPLAY, first screen.

    Raises:
        OSError: libxcb is missing, or there is no server.
    """

    def __init__(self) -> None:
        self._xcb, self._keysyms = _libraries()
        self._libc = ctypes.CDLL(None)
        self._libc.free.argtypes = [ctypes.c_void_p]
        self._connection = self._xcb.xcb_connect(None, None)
        if self._xcb.xcb_connection_has_error(self._connection):
            self._xcb.xcb_disconnect(self._connection)
            raise ConnectionError("no X server")
        screens: _Screens = self._xcb.xcb_setup_roots_iterator(self._xcb.xcb_get_setup(self._connection))
        self._root = int(screens.root[0])

    @property
    def descriptor(self) -> int:
        """Readable where there are events."""
        return int(self._xcb.xcb_get_file_descriptor(self._connection))

    def close(self) -> None:
        """End it; its grabs go with it."""
        self._xcb.xcb_disconnect(self._connection)

    def keycodes(self, keysym: int) -> list[int]:
        """The keys that bear a symbol on the keyboard of now."""
        symbols = self._keysyms.xcb_key_symbols_alloc(self._connection)
        found = self._keysyms.xcb_key_symbols_get_keycode(symbols, keysym)
        codes: list[int] = []
        while found and found[len(codes)]:
            codes.append(int(found[len(codes)]))
        if found:
            self._libc.free(found)
        self._keysyms.xcb_key_symbols_free(symbols)
        return codes

    def grab(self, keycode: int, modifiers: int) -> int:
        """Have a key on the whole screen; returns the X error, 0 for none."""
        cookie = self._xcb.xcb_grab_key_checked(
            self._connection, 1, self._root, modifiers, keycode, _GRAB_MODE_ASYNC, _GRAB_MODE_ASYNC
        )
        error = self._xcb.xcb_request_check(self._connection, cookie)
        if not error:
            return 0
        code = int(error[1])
        self._libc.free(error)
        return code

    def ungrab(self, keycode: int, modifiers: int) -> None:
        self._xcb.xcb_ungrab_key(self._connection, keycode, self._root, modifiers)
        self._xcb.xcb_flush(self._connection)

    def next_event(self) -> KeyEvent | None:
        """An event that has come; None where there is none."""
        while event := self._xcb.xcb_poll_for_event(self._connection):
            kind, detail, _, time_ms = struct.unpack_from("=BBHI", ctypes.string_at(event, _EVENT_BYTES))
            self._libc.free(event)
            if kind & 0x7F in (KEY_PRESS, KEY_RELEASE, MAPPING_NOTIFY):
                return KeyEvent(kind & 0x7F, detail, time_ms)
        return None

    def activate(self, window: int) -> None:
        """Have the window manager give a window the keyboard, as if its user had chosen it in a list."""
        kind = self._atom(b"_NET_ACTIVE_WINDOW")
        message = struct.pack("=BBHIIIIIII", _CLIENT_MESSAGE, 32, 0, window, kind, _FROM_A_PERSON, 0, 0, 0, 0)
        self._xcb.xcb_send_event(self._connection, 0, self._root, _TO_WINDOW_MANAGER, message)
        self._xcb.xcb_flush(self._connection)

    def is_composited(self) -> bool:
        """True where windows can be seen through (EWMH: who owns `_NET_WM_CM_Sn`)."""
        cookie = self._xcb.xcb_get_selection_owner(self._connection, self._atom(b"_NET_WM_CM_S0"))
        return self._answered(self._xcb.xcb_get_selection_owner_reply(self._connection, cookie, None)) != 0

    def _atom(self, name: bytes) -> int:
        cookie = self._xcb.xcb_intern_atom(self._connection, 0, len(name), name)
        return self._answered(self._xcb.xcb_intern_atom_reply(self._connection, cookie, None))

    def _answered(self, reply: Any) -> int:
        """The one number of a reply, behind its header of 8 bytes; 0 where none came."""
        if not reply:
            return 0
        number = int(reply[2])
        self._libc.free(reply)
        return number


def _libraries() -> tuple[ctypes.CDLL, ctypes.CDLL]:
    """libxcb and its table of keys, which Qt's own X11 plugin needs too, with what their functions take and give."""
    xcb, keysyms = ctypes.CDLL("libxcb.so.1"), ctypes.CDLL("libxcb-keysyms.so.1")
    pointer, number, byte, short = ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint8, ctypes.c_uint16
    bytes_at, numbers_at = ctypes.POINTER(ctypes.c_uint8), ctypes.POINTER(ctypes.c_uint32)
    functions: dict[str, tuple[Any, tuple[Any, ...]]] = {
        "xcb_connect": (pointer, (ctypes.c_char_p, pointer)),
        "xcb_disconnect": (None, (pointer,)),
        "xcb_connection_has_error": (ctypes.c_int, (pointer,)),
        "xcb_get_setup": (pointer, (pointer,)),
        "xcb_setup_roots_iterator": (_Screens, (pointer,)),
        "xcb_get_file_descriptor": (ctypes.c_int, (pointer,)),
        "xcb_flush": (ctypes.c_int, (pointer,)),
        "xcb_poll_for_event": (pointer, (pointer,)),
        "xcb_grab_key_checked": (_Cookie, (pointer, byte, number, short, byte, byte, byte)),
        "xcb_ungrab_key": (_Cookie, (pointer, byte, number, short)),
        "xcb_request_check": (bytes_at, (pointer, _Cookie)),
        "xcb_send_event": (_Cookie, (pointer, byte, number, number, ctypes.c_char_p)),
        "xcb_intern_atom": (_Cookie, (pointer, byte, short, ctypes.c_char_p)),
        "xcb_intern_atom_reply": (numbers_at, (pointer, _Cookie, pointer)),
        "xcb_get_selection_owner": (_Cookie, (pointer, number)),
        "xcb_get_selection_owner_reply": (numbers_at, (pointer, _Cookie, pointer)),
        "xcb_key_symbols_alloc": (pointer, (pointer,)),
        "xcb_key_symbols_get_keycode": (bytes_at, (pointer, number)),
        "xcb_key_symbols_free": (None, (pointer,)),
    }
    for name, (result, arguments) in functions.items():
        function = getattr(keysyms if "key_symbols" in name else xcb, name)
        function.restype, function.argtypes = result, arguments
    return xcb, keysyms
