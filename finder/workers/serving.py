"""A worker's side of its pipe: take requests, answer them, end when the pipe ends. Imports nothing of weight.

The main thread answers the main lane, one request after another; a second thread answers the methods of the second
lane meanwhile; a third reads the pipe. When the pipe ends the process ends, whatever it is doing. Where a request
holds the interpreter so that no thread can see the end, Linux ends the process together with its parent.
"""

from __future__ import annotations

import ctypes
import faulthandler
import logging
import os
import queue
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from finder.errors import FinderError, WorkerDiedError
from finder.types import JsonObject
from finder.workers.bugs import trace_of
from finder.workers.channel import Blob, Channel, ChannelError, Message

log = logging.getLogger(__name__)

_PR_SET_PDEATHSIG = 1  # prctl(2)
_QUEUE_LIMIT = 64
_LAST_S = 8
"""What a worker does last takes no longer, or the system ends it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one request: plain values, and raw bytes beside."""

    result: JsonObject
    blobs: Sequence[Blob] = ()
    is_last: bool = False
    """This process makes way for a fresh one afterwards."""


class LeavingError(Exception):
    """Raised by a handler: the request ends in `error`, and this process makes way for a fresh one."""

    def __init__(self, error: FinderError) -> None:
        super().__init__(error.title)
        self.error = error


Handler = Callable[[Message], Reply]
"""Gets the request: `header["params"]`, blobs, and descriptors, which are closed for it afterwards."""
Handlers = Mapping[str, Handler]


def open_channel(takes_descriptors: bool = False, dies_with_parent: bool = True) -> Channel:
    """The channel to the parent, whose descriptor is this process's first argument. Called first of all.

    To Linux the parent is the thread that started this process, and `child.py` starts it from one that outlives it:
    with any other, PR_SET_PDEATHSIG would end this process too early.

    Args:
        dies_with_parent: False for a worker that wants to do something last, and runs nothing that may hang.
    """
    faulthandler.enable()
    logging.basicConfig(format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    if dies_with_parent and sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    return Channel(socket.socket(fileno=int(sys.argv[1])), takes_descriptors=takes_descriptors)


def notify(channel: Channel, **facts: object) -> None:
    """Tell the parent facts that belong to no request; `Worker.told` holds them there."""
    channel.send({"told": facts})


def serve(
    channel: Channel,
    handlers: Handlers,
    second_lane: Handlers | None = None,
    first: Callable[[], None] | None = None,
    last: Callable[[], None] | None = None,
) -> None:
    """Answer requests until the pipe ends; does not return.

    Args:
        handlers: the main lane's methods, answered by the calling thread.
        second_lane: methods that a thread of their own answers meanwhile.
        first: run by the calling thread once requests are taken, before it answers any (loads a model).
        last: run when the pipe has ended, while the other threads still run.
    """
    lanes: list[tuple[Handlers, queue.Queue[Message]]] = [
        (lane, queue.Queue(_QUEUE_LIMIT)) for lane in (handlers, second_lane or {})
    ]
    threading.Thread(target=_read, args=(channel, lanes, last), name="read", daemon=True).start()
    if second_lane:
        threading.Thread(target=_answer_all, args=(channel, *lanes[1]), name="second lane", daemon=True).start()
    notify(channel, is_ready=True)
    if first is not None:
        first()
    _answer_all(channel, *lanes[0])


def _read(
    channel: Channel, lanes: list[tuple[Handlers, queue.Queue[Message]]], last: Callable[[], None] | None
) -> None:
    try:
        while (message := channel.receive()) is not None:
            method = message.header.get("method")
            lane = next((requests for handlers, requests in lanes if method in handlers), lanes[0][1])
            lane.put(message)
    except ChannelError as error:
        log.warning("%s", error)
    finally:
        if last is not None:
            signal.alarm(_LAST_S)
            last()
        os._exit(0)  # at once: nobody is left to answer, and nothing else here is worth tidying up


def _answer_all(channel: Channel, handlers: Handlers, requests: queue.Queue[Message]) -> None:
    while True:
        message = requests.get()
        try:
            _answer(channel, handlers, message)
        except ChannelError:
            threading.Event().wait()  # the reading thread ends the process
        finally:
            for descriptor in message.descriptors:
                os.close(descriptor)
        del message  # a batch is not kept in memory until the next one comes


def _answer(channel: Channel, handlers: Handlers, message: Message) -> None:
    number, method = message.header.get("id"), str(message.header.get("method"))
    is_leaving = False
    try:
        reply = handlers[method](message)
        channel.send({"id": number, "result": reply.result, "is_leaving": reply.is_last}, reply.blobs)
        if reply.is_last:
            channel.hang_up()
        return
    except ChannelError:
        raise
    except FinderError as error:
        words = error
    except LeavingError as leaving:
        words, is_leaving = leaving.error, True
    except MemoryError:  # what is left of the heap is not to be trusted with the next request
        words, is_leaving = WorkerDiedError("too_much_memory", "It needed too much memory"), True
    except Exception as error:  # noqa: BLE001 - a bug of ours in one request: written down, and the next is answered
        log.error("a bug in %s:\n%s", method, trace_of(error))
        words = FinderError("Something went wrong inside Inkling", type(error).__name__, "Run inkling doctor.")
    channel.send({"id": number, "error": words.to_json(), "is_leaving": is_leaving})
    if is_leaving:
        channel.hang_up()
