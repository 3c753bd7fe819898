"""The maps that are kept between two requests and over restarts, one file for each choice of folders. Knows no map.

The names of topics come from texts: whatever is excluded or forgotten, every map goes, and none that was begun before
is kept after it.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from finder.errors import EnvironmentFaultError

_KEPT = 16
"""Choices of folders; the one that was asked for the longest ago goes first."""
_SUFFIX = ".npz"


@dataclass(frozen=True, slots=True)
class Current:
    """A map that is up to date as of a state of the catalog."""

    commits: int
    space_key: str
    without_vectors: int


class KeptMaps:
    """Bytes by the folders that they are about, in a private folder. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._current: dict[str, Current] = {}
        self.generation = 0
        """Goes up with each `forget`."""

    def read(self, paths: Sequence[bytes]) -> bytes | None:
        """The map of these folders that was kept last."""
        with self._lock:
            try:
                return self._path(paths).read_bytes()
            except OSError:
                return None

    def current(self, paths: Sequence[bytes]) -> Current | None:
        """What the map that is kept is up to date with; None where this process has not made it."""
        return self._current.get(_name(paths))

    def computed_at(self, paths: Sequence[bytes]) -> datetime:
        """When the map that is kept was made, or now where none is."""
        try:
            return datetime.fromtimestamp(self._path(paths).stat().st_mtime, UTC)
        except OSError:
            return datetime.now(UTC)

    def keep(self, paths: Sequence[bytes], data: bytes, current: Current, generation: int) -> None:
        """Keep a map in the place of the earlier one, unless `forget` was called since `generation` was read.

        Raises:
            OSError: the disk does not take it.
        """
        with self._lock:
            if generation != self.generation:
                return
            self._folder.mkdir(mode=0o700, exist_ok=True)
            path = self._path(paths)
            unfinished = path.with_suffix(".new")
            with open(os.open(unfinished, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
                file.write(data)
            os.replace(unfinished, path)
            self._current[path.stem] = current
            for old in sorted(self._folder.glob(f"*{_SUFFIX}"), key=lambda entry: -entry.stat().st_mtime)[_KEPT:]:
                old.unlink()
                self._current.pop(old.stem, None)

    def forget(self) -> None:
        """Remove every map, finished or not.

        Raises:
            EnvironmentFaultError: a file cannot be removed.
        """
        with self._lock:
            self.generation += 1
            self._current.clear()
            try:
                for path in list(self._folder.iterdir()) if self._folder.is_dir() else []:
                    path.unlink()
            except OSError as error:
                raise EnvironmentFaultError(
                    "A map of topics cannot be removed", str(error), "Remove it.", str(self._folder)
                ) from error

    def _path(self, paths: Sequence[bytes]) -> Path:
        return self._folder / f"{_name(paths)}{_SUFFIX}"


def _name(paths: Sequence[bytes]) -> str:
    return hashlib.sha256(b"\0".join(sorted(paths))).hexdigest()[:16]
