"""The preview worker as the requests see it: an open file in, its text or its picture out. Imports no reader.

One file at a time, for whoever looks at it now: who has stopped looking is not waited for, and a file that its reader
does not get done with is given up for the next one. What the worker answers is not trusted.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finder.errors import CancelledError
from finder.types import JsonObject
from finder.workers.child import WorkerSpec
from finder.workers.extract_front import ask_reader, crashed
from finder.workers.serving import Reply
from finder.workers.supervisor import Worker

_DEADLINE_S = 15.0
_TOKENS_DEADLINE_S = 4.0
_GIVEN_UP_AFTER_S = 1.0
"""A file that nobody looks at any more may take so long, where another one waits."""
_TURN_POLL_S = 0.02
_RENEW_AFTER = 200
_IDLE_S = 60.0
_MOST_SIDE = 20_000
_MOST_BOXES = 5_000
_MOST_TOKENS = 100_000

IsCancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture, three bytes a pixel, row by row from the top."""

    width: int
    height: int
    stride_bytes: int
    data: bytes


@dataclass(frozen=True, slots=True)
class WantedPage:
    """As `finder.extract.pages.pdf_page.draw_page` takes it."""

    page: int
    width_px: int
    passage: str
    spans: Sequence[tuple[int, int]]
    last: int


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page of a document."""

    number: int
    """From 1."""
    page_count: int
    picture: Shown
    boxes: list[list[list[float]]]
    """As `finder.extract.pages.pdf_page.Page` has them."""


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture, and how large it is itself."""

    picture: Shown
    full_width: int
    full_height: int


@dataclass(slots=True)
class _Turn:
    """Whose file the worker has in hand."""

    is_cancelled: IsCancelled
    left_s: float | None = None
    """When somebody who waits first saw the worker busy for nobody."""

    def is_given_up(self, is_busy: bool) -> bool:
        if not (is_busy and self.is_cancelled()):
            return False
        self.left_s = self.left_s or time.monotonic()
        return time.monotonic() - self.left_s > _GIVEN_UP_AFTER_S


class PreviewFront:
    """Shows one file after the other. Each method raises what `ExtractFront.extract` does, and CancelledError.

    Args:
        logs: the folder for the worker's log.
    """

    def __init__(self, logs: Path) -> None:
        spec = WorkerSpec("preview", "finder.workers.preview_worker", renew_after=_RENEW_AFTER, idle_s=_IDLE_S)
        self.worker = Worker(spec, logs)
        self._lock = threading.Lock()
        self._turn: _Turn | None = None

    def text(self, descriptor: int, name: bytes, is_cancelled: IsCancelled) -> tuple[str, bool]:
        """The text of a file, and whether its lines are numbered."""
        result = self._asked("text", {}, is_cancelled, descriptor, name).result
        text, has_lines = result.get("text"), result.get("has_lines")
        if not isinstance(text, str) or not isinstance(has_lines, bool):
            raise crashed()
        return text, has_lines

    def page(self, descriptor: int, wanted: WantedPage, is_cancelled: IsCancelled) -> ShownPage:
        """A page of a PDF, and where a passage of it and some of its spans stand."""
        reply = self._asked("page", dataclasses.asdict(wanted), is_cancelled, descriptor)
        number, count = reply.result.get("page"), reply.result.get("page_count")
        boxes: Any = reply.result.get("boxes")
        if type(number) is not int or type(count) is not int or not 1 <= number <= count:
            raise crashed()
        if not _are_boxes(boxes, len(wanted.spans) + 1):
            raise crashed()
        return ShownPage(number, count, _shown(reply), boxes)

    def picture(self, descriptor: int, longest_px: int, is_cancelled: IsCancelled) -> ShownPicture:
        """A picture, no side longer than `longest_px`."""
        reply = self._asked("picture", {"longest_px": longest_px}, is_cancelled, descriptor)
        width, height = reply.result.get("full_width"), reply.result.get("full_height")
        if type(width) is not int or type(height) is not int:
            raise crashed()
        return ShownPicture(_shown(reply), width, height)

    def tokens(self, text: str, name: str, is_cancelled: IsCancelled) -> list[list[int]]:
        """What stands out in a program, as `finder.extract.code.highlighting.Token`."""
        params = {"text": text, "name": name}
        found = self._asked("tokens", params, is_cancelled, deadline_s=_TOKENS_DEADLINE_S).result.get("tokens")
        if not isinstance(found, list) or not all(_are_numbers(token, int, 3) for token in found):
            raise crashed()
        return found[:_MOST_TOKENS]

    def stop(self) -> None:
        """End the worker; what it has in hand ends in a CancelledError."""
        self.worker.stop()

    def _asked(
        self,
        method: str,
        params: JsonObject,
        is_cancelled: IsCancelled,
        descriptor: int | None = None,
        name: bytes = b"",
        deadline_s: float | None = None,
    ) -> Reply:
        descriptors = () if descriptor is None else (descriptor,)
        with self._turn_of(is_cancelled):
            return ask_reader(self.worker, method, params, (name,), descriptors, deadline_s or _DEADLINE_S)

    @contextmanager
    def _turn_of(self, is_cancelled: IsCancelled) -> Iterator[None]:
        while not self._lock.acquire(timeout=_TURN_POLL_S):
            if is_cancelled():
                raise CancelledError
            if (turn := self._turn) and turn.is_given_up(self.worker.state == "busy"):
                self.worker.renew()
        try:
            if is_cancelled():
                raise CancelledError
            self._turn = _Turn(is_cancelled)
            yield
        finally:
            self._turn = None
            self._lock.release()


def _shown(reply: Reply) -> Shown:
    width, height, stride_bytes = (reply.result.get(key) for key in ("width", "height", "stride_bytes"))
    if not (_is_side(width) and _is_side(height) and type(stride_bytes) is int and len(reply.blobs) == 1):
        raise crashed()
    assert isinstance(width, int)
    assert isinstance(height, int)
    data = bytes(reply.blobs[0])
    if stride_bytes < 3 * width or len(data) < stride_bytes * height:
        raise crashed()
    return Shown(width, height, stride_bytes, data)


def _is_side(value: object) -> bool:
    return isinstance(value, int) and type(value) is int and 0 < value <= _MOST_SIDE


def _are_boxes(value: Any, count: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) == count
        and all(isinstance(boxes, list) and len(boxes) <= _MOST_BOXES for boxes in value)
        and all(_are_numbers(box, float, 4) and max(box) <= 1.0 for boxes in value for box in boxes)
    )


def _are_numbers(value: Any, kind: type, count: int) -> bool:
    """True for a list of so many numbers, none of them below zero."""
    return (
        isinstance(value, list)
        and len(value) == count
        and all(type(number) in (int, kind) and number >= 0 for number in value)
    )
