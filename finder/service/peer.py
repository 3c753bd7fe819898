"""Who is at the other end of a socket of ours, and who can get at it. Imports the standard library alone.

Both sides ask: a service answers its own user only, and a client asks a question of its own user's service only.
"""

from __future__ import annotations

import ctypes
import os
import socket
import stat
import struct
from pathlib import Path

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


def make_private(folder: Path) -> None:
    """Make sure that `folder` is there, is this user's own, and is nobody else's to look into."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = os.lstat(folder)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise PermissionError("its folder belongs to somebody else")
    if status.st_mode & 0o077:
        os.chmod(folder, 0o700)
