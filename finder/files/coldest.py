"""Which watched folder changed longest ago, for a system that allows too few watches. Imports no watchdog."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar


class Warm(Protocol):
    """A folder that has a watch, or had one."""

    changed_ns: int
    """When something last changed in it, as far as is known; only ever grows while it is watched."""

    @property
    def is_watched(self) -> bool: ...


FolderT = TypeVar("FolderT", bound=Warm)


class Coldest(Generic[FolderT]):
    """The watched folders, that which changed longest ago at hand. A folder that lost its watch drops out by itself."""

    def __init__(self, watched: Iterable[FolderT]) -> None:
        self._heap = [(folder.changed_ns, id(folder), folder) for folder in watched]
        heapq.heapify(self._heap)

    def __len__(self) -> int:
        """How many entries are held, those of dropped out folders included."""
        return len(self._heap)

    def add(self, folder: FolderT) -> None:
        heapq.heappush(self._heap, (folder.changed_ns, id(folder), folder))

    def take_before(self, changed_ns: int) -> FolderT | None:
        """Take out the coldest folder, where it last changed before `changed_ns`."""
        while self._heap and self._heap[0][0] < changed_ns:
            known_ns, _, folder = heapq.heappop(self._heap)
            if folder.is_watched and folder.changed_ns == known_ns:
                return folder
            if folder.is_watched:  # something happened in it since
                self.add(folder)
        return None
