"""One framing for the workers' pipes and the service's socket. Imports the standard library and our errors alone.

A frame is, in network byte order:

    4 bytes   b"INK1"
    u32       length of the JSON object
    u16       number of blobs
    u16       number of descriptors that travel beside (SCM_RIGHTS, unix(7)), with the frame's first byte
    u32 each  length of each blob
    ...       the JSON object in UTF-8, then the blobs

Vectors travel as blobs; nothing is ever unpickled. What comes in is not trusted: lengths are checked before anything
is read, memory grows with what has really arrived, and a frame that has begun must end in time.
"""

from __future__ import annotations

import array
import contextlib
import json
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from finder.errors import ServiceError
from finder.types import JsonObject

Blob = bytes | bytearray | memoryview

FRAME_LIMIT_BYTES = 64 << 20
FRAME_TIMEOUT_S = 10.0
"""A frame that has begun, in either direction, must be whole after so long."""
_MAGIC = b"INK1"
_PREFIX = struct.Struct("!4sIHH")
_BLOB_LIMIT = 16
_DESCRIPTOR_LIMIT = 4
_CHUNK_BYTES = 1 << 20


class ChannelError(ServiceError):
    """The other side sent what is not a frame, stopped within one, or does not take ours."""

    def __init__(self, detail: str) -> None:
        super().__init__("The connection broke", detail)


@dataclass(slots=True)
class Message:
    """One frame as it came in."""

    header: JsonObject
    blobs: list[bytearray] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)
    """The receiver's to close."""


class Channel:
    """Frames over one connected stream socket. Any thread may send; one thread receives, and closes at its end.

    Args:
        connection: a connected AF_UNIX stream socket; owned from here on.
        frame_limit_bytes: longer frames are refused, in both directions.
        frame_timeout_s: how long one frame may take from its first byte to its last.
        takes_descriptors: False drops what the other side sends along.
    """

    def __init__(
        self,
        connection: socket.socket,
        frame_limit_bytes: int = FRAME_LIMIT_BYTES,
        frame_timeout_s: float = FRAME_TIMEOUT_S,
        takes_descriptors: bool = False,
    ) -> None:
        self._connection = connection
        self._frame_limit_bytes = frame_limit_bytes
        self._frame_timeout_s = frame_timeout_s
        self._takes_descriptors = takes_descriptors
        self._sending = threading.Lock()

    def send(self, header: JsonObject, blobs: Sequence[Blob] = (), descriptors: Sequence[int] = ()) -> None:
        """Send one frame whole.

        Raises:
            ChannelError: the other side is gone or does not read; nothing can be sent after that.
            ValueError: the frame is longer than the limit, or no JSON; nothing was sent.
        """
        text = json.dumps(header, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        body = text.encode("utf-8", "surrogatepass")
        views = [memoryview(blob).cast("B") for blob in blobs]
        if len(body) + sum(map(len, views)) > self._frame_limit_bytes or len(views) > _BLOB_LIMIT:
            raise ValueError("the frame is longer than the limit")
        head = _PREFIX.pack(_MAGIC, len(body), len(views), len(descriptors))
        head += struct.pack(f"!{len(views)}I", *map(len, views)) + body
        with self._sending:
            deadline = time.monotonic() + self._frame_timeout_s
            try:
                self._send_all(memoryview(head), deadline, descriptors)
                for view in views:
                    self._send_all(view, deadline)
            except (OSError, ChannelError) as error:
                self.hang_up()  # half a frame may be out: nothing after it could be understood
                raise error if isinstance(error, ChannelError) else ChannelError(str(error)) from error

    def is_readable(self, timeout_s: float | None = None) -> bool:
        """True when `receive` has something to look at; False after `timeout_s` (None waits for ever)."""
        return self._wait(select.POLLIN, timeout_s)

    def receive(self) -> Message | None:
        """The next frame, or None where the other side has ended.

        Raises:
            ChannelError: not a frame, too long a frame, or one that stopped midway.
        """
        self.is_readable()
        deadline = time.monotonic() + self._frame_timeout_s
        descriptors: list[int] = []
        try:
            prefix = self._read(_PREFIX.size, deadline, descriptors)
            return self._read_message(prefix, deadline, descriptors) if prefix else None
        except BaseException:
            for descriptor in descriptors:
                os.close(descriptor)
            raise

    def hang_up(self) -> None:
        """End both directions at once: both sides' `receive` wakes and says None."""
        with contextlib.suppress(OSError):  # already ended
            self._connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the socket back. Only for the thread that receives: others hang up."""
        self.hang_up()
        with self._sending:  # so that no sender is left with a descriptor that may soon be another's
            self._connection.close()

    def _read_message(self, prefix: bytearray, deadline: float, descriptors: list[int]) -> Message:
        magic, body_bytes, blob_count, descriptor_count = _PREFIX.unpack(prefix)
        if magic != _MAGIC or blob_count > _BLOB_LIMIT:
            raise ChannelError("what came is not a frame")
        lengths = struct.unpack(f"!{blob_count}I", self._read_rest(4 * blob_count, deadline))
        if body_bytes + sum(lengths) > self._frame_limit_bytes:
            raise ChannelError("the frame is longer than the limit")
        body = self._read_rest(body_bytes, deadline)
        blobs = [self._read_rest(length, deadline) for length in lengths]
        if self._takes_descriptors and len(descriptors) != descriptor_count:
            raise ChannelError("a descriptor got lost on the way")
        return Message(_parsed(body), blobs, descriptors)

    def _read_rest(self, count: int, deadline: float) -> bytearray:
        data = self._read(count, deadline)
        if len(data) < count:
            raise ChannelError("the other side ended within a frame")
        return data

    def _read(self, count: int, deadline: float, descriptors: list[int] | None = None) -> bytearray:
        """Exactly `count` bytes; none at all where the stream ends before the first of them."""
        data = bytearray()
        while len(data) < count:
            if not self._wait(select.POLLIN, deadline - time.monotonic()):
                raise ChannelError("a frame was begun and not sent to its end in time")
            try:
                chunk = self._receive_chunk(min(count - len(data), _CHUNK_BYTES), descriptors)
            except OSError:  # reset, or closed by this side: an end either way
                chunk = b""
            if not chunk and data:
                raise ChannelError("the other side ended within a frame")
            if not chunk:
                break
            data += chunk
        return data

    def _receive_chunk(self, limit_bytes: int, descriptors: list[int] | None) -> bytes:
        if descriptors is None or not self._takes_descriptors:
            return self._connection.recv(limit_bytes)
        space = socket.CMSG_SPACE(_DESCRIPTOR_LIMIT * array.array("i").itemsize)
        flags = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
        chunk, ancillary, _, _ = self._connection.recvmsg(limit_bytes, space, flags)
        for level, kind, data in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                whole = len(data) - len(data) % array.array("i").itemsize
                descriptors.extend(array.array("i", data[:whole]))
        return chunk

    def _send_all(self, view: memoryview, deadline: float, descriptors: Sequence[int] = ()) -> None:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        while view:
            try:
                sent = self._connection.sendmsg([view], rights, socket.MSG_DONTWAIT)
            except BlockingIOError:
                if not self._wait(select.POLLOUT, deadline - time.monotonic()):
                    raise ChannelError("the other side does not read") from None
                continue
            view, rights = view[sent:], []

    def _wait(self, event: int, timeout_s: float | None) -> bool:
        """True once `event`, an end or an error shows itself. `poll` has no limit on descriptor numbers."""
        if self._connection.fileno() < 0:
            raise ChannelError("it is closed")
        waiting = select.poll()
        waiting.register(self._connection, event)
        return bool(waiting.poll(None if timeout_s is None else max(0.0, timeout_s) * 1000))


def _parsed(body: bytearray) -> JsonObject:
    try:
        header = json.loads(body.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise ChannelError(f"the frame holds no JSON: {type(error).__name__}") from None
    if not isinstance(header, dict):
        raise ChannelError("the frame holds no JSON object")
    return header
