"""Who is at the other end of the service's socket. Imports the standard library alone.

Both sides ask: a service answers its own user only, and a client asks a question of its own user's service only.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct

_UCRED = struct.Struct("3i")  # pid, uid, gid: unix(7)


def is_own_user(connection: socket.socket) -> bool:
    """True where the process at the other end ran as this user when it connected, or began to listen."""
    return _peer_uid(connection) == os.geteuid()


def _peer_uid(connection: socket.socket) -> int:
    if hasattr(socket, "SO_PEERCRED"):
        raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
        return int(_UCRED.unpack(raw)[1])
    uid, gid = ctypes.c_uint32(), ctypes.c_uint32()  # getpeereid(3), on macOS and the BSDs
    if ctypes.CDLL(None).getpeereid(connection.fileno(), ctypes.byref(uid), ctypes.byref(gid)) != 0:
        return -1
    return uid.value
