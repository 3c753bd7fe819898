"""Tiny workers that behave and misbehave as their second argument says; `test_supervisor.py` starts them."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import sys
import time

from finder.errors import FileError
from finder.workers.channel import Channel, Message
from finder.workers.serving import Reply, open_channel, serve


def echo(message: Message) -> Reply:
    return Reply({"params": message.header["params"], "pid": os.getpid()}, message.blobs)


def read_descriptor(message: Message) -> Reply:
    (descriptor,) = message.descriptors
    return Reply({"text": os.pread(descriptor, 100, 0).decode(), "open": len(os.listdir("/proc/self/fd"))})


def nap(message: Message) -> Reply:
    time.sleep(message.header["params"]["seconds"])
    return Reply({})


def refuse(message: Message) -> Reply:
    raise FileError("encrypted", "It is locked", "with a password", "Unlock it.", "/a/file")


def stumble(message: Message) -> Reply:
    raise KeyError("the secret word")


def exhaust(message: Message) -> Reply:
    raise MemoryError


def finish(message: Message) -> Reply:
    """Makes way for another process, whatever else waits."""
    return Reply({"pid": os.getpid()}, is_last=True)


def swell(message: Message) -> Reply:
    held = bytearray(200 << 20)
    time.sleep(20)
    return Reply({"bytes": len(held)})


def die(message: Message) -> Reply:
    number = message.header["params"]["signal"]
    if number == signal.SIGSEGV:
        ctypes.string_at(0)
    os.kill(os.getpid(), number)
    return Reply({})


def leave(message: Message) -> Reply:
    os._exit(message.header["params"]["status"])


def backtrack(message: Message) -> Reply:
    """Holds the interpreter's lock for longer than anybody waits."""
    re.match(r"(a+)+$", "a" * 40 + "b")
    return Reply({})


HANDLERS = {
    function.__name__: function
    for function in (echo, read_descriptor, nap, refuse, stumble, exhaust, finish, swell, die, leave, backtrack)
}


def garbage(channel: Channel, message: Message) -> None:
    channel._connection.sendall(b"not a frame at all" * 10)


def oversized(channel: Channel, message: Message) -> None:
    channel._connection.sendall(b"INK1\xff\xff\xff\xff\x00\x00\x00\x00")


def half(channel: Channel, message: Message) -> None:
    channel._connection.sendall(b"INK1\x00\x00\x00\x20\x00\x00\x00\x00{")
    channel.hang_up()


def unanswering(channel: Channel, message: Message) -> None:
    channel.send({"id": message.header["id"], "neither": 1})


def main() -> None:
    behaviour = sys.argv[2]
    if behaviour == "broken":
        raise SystemExit("it cannot be imported")
    channel = open_channel(takes_descriptors=True)
    if behaviour == "serve":
        serve(channel, HANDLERS, second_lane={"quick": echo})
    channel.send({"told": {"is_ready": True}})
    message = channel.receive()
    assert message is not None
    {"garbage": garbage, "oversized": oversized, "half": half, "unanswering": unanswering}[behaviour](channel, message)
    time.sleep(30)


if __name__ == "__main__":
    main()
