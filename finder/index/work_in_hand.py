"""Which piece of work each thread has in hand, in a small file that outlives the process. Imports the standard library.

When the service is ended in the middle of its work, the next one reads here what it was working on. The system keeps
what was written, so nothing is synced: a note costs a few microseconds. It is written with `pwrite`, because memory
that is mapped from a full disk ends the process that writes to it.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import threading
from collections.abc import Iterator
from pathlib import Path

_SLOTS = 64
"""Threads that can note something: those of every stage, and of those that follow a change of model."""
_SLOT_BYTES = 128

_thread = threading.local()


class WorkInHand:
    """Notes what is being worked on, one piece a thread.

    A piece is a word for the kind of work and what tells it from every other piece of its kind, in numbers: it names
    no file, and is the same after a restart where it is the same work.
    """

    def __init__(self, path: Path | None = None) -> None:
        """
        Args:
            path: the file; without it, or where it cannot be made, nothing is noted.
        """
        self.left_over: frozenset[str] = frozenset()
        """The pieces that were in hand when the process before this one ended."""
        self.suspects: frozenset[str] = frozenset()
        """Pieces that were in hand at an early death; see `alone`."""
        self.fatal: frozenset[str] = frozenset()
        """Pieces that have ended the service again and again, to be left out by the stage whose they are."""
        self._one_suspect = threading.Lock()
        self._descriptor: int | None = None
        self._slots = itertools.count()
        self._slot = threading.local()
        with contextlib.suppress(OSError):
            if path is not None:
                self._descriptor = self._opened(path)

    @contextlib.contextmanager
    def piece(self, name: str) -> Iterator[None]:
        """While inside, the calling thread works on `name`."""
        self.note(name)
        try:
            yield
        finally:
            self.note("")

    def note(self, name: str) -> None:
        """The calling thread works on `name` from now on, or on nothing where it is empty."""
        _thread.noted = (self, name) if name else None
        self._write(name)

    @contextlib.contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """While inside, a suspect is worked on with no other suspect beside it, so that only the guilty one stays one.

        True for a suspect; for every other piece this does nothing.
        """
        is_suspect = name in self.suspects
        with self._one_suspect if is_suspect else contextlib.nullcontext():
            yield is_suspect

    def close(self) -> None:
        """Note nothing any more."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _opened(self, path: Path) -> int:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        found = os.pread(descriptor, _SLOTS * _SLOT_BYTES, 0)
        slots = (found[start : start + _SLOT_BYTES] for start in range(0, len(found), _SLOT_BYTES))
        names = (slot.partition(b"\0")[0].decode("ascii", "replace") for slot in slots)
        self.left_over = frozenset(name for name in names if name)
        os.pwrite(descriptor, bytes(_SLOTS * _SLOT_BYTES), 0)
        return descriptor

    def _write(self, name: str) -> None:
        descriptor, slot = self._descriptor, self._slot_of_thread()
        if descriptor is None or slot >= _SLOTS:
            return
        words = name.encode("ascii", "replace")[: _SLOT_BYTES - 1]
        with contextlib.suppress(OSError):  # a disk that takes nothing must not end the work as well
            os.pwrite(descriptor, words.ljust(_SLOT_BYTES, b"\0") if words else b"\0", slot * _SLOT_BYTES)

    def _slot_of_thread(self) -> int:
        slot: int | None = getattr(self._slot, "number", None)
        if slot is None:
            slot = self._slot.number = next(self._slots)
        return slot


@contextlib.contextmanager
def put_aside() -> Iterator[None]:
    """While inside, the calling thread has nothing in hand: it waits for something that its piece has no part in."""
    noted: tuple[WorkInHand, str] | None = getattr(_thread, "noted", None)
    if noted is None:
        yield
        return
    in_hand, name = noted
    in_hand.note("")
    try:
        yield
    finally:
        in_hand.note(name)


def digest(path: bytes) -> str:
    """A path as it may stand in a piece's name: recognisable, and not to be read."""
    return hashlib.blake2b(path, digest_size=8).hexdigest()
