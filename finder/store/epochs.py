"""The folders that Chroma stores live in, one per *epoch*, and what each is checked against. Does not import chromadb.

A store is never repaired in place: where it is damaged, holds too much that is dead, or must provably lose something, a
new epoch is made beside it and fed from the catalog.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import time
import zlib
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

from finder.crashpoints import crash_point
from finder.errors import StoreDamagedError
from finder.vectors import Space

_NAME = re.compile(r"epoch-(\d+)")
_ABOUT = "epoch.json"
_LOCK = "lock"
_LEFT_BEHIND_S = 15.0
"""A worker that outlives its service ends what it has in hand; it is cut off after eight seconds."""
_LOOK_S = 0.05


@dataclass(slots=True)
class EpochState:
    """What is known of an epoch's store from outside of it."""

    mark: int = 0
    """The highest sequence number that was added."""
    count: int = 0
    """How many vectors it then held."""
    files: dict[str, list[int]] = field(default_factory=dict)
    """Size in bytes and CRC-32 of each file of the vector index, which changes only when Chroma persists it."""
    canaries: list[tuple[int, str]] = field(default_factory=list)
    """Sequence numbers and vectors (base64 of float32): dense towards the end, thinner towards the beginning."""

    def to_bytes(self) -> bytes:
        body = json.dumps(asdict(self)).encode()
        return b"%08x\n" % zlib.crc32(body) + body

    @classmethod
    def from_bytes(cls, data: bytes) -> EpochState:
        """Raises ValueError where `data` is not what `to_bytes` gave."""
        total, _, body = data.partition(b"\n")
        if total != b"%08x" % zlib.crc32(body):
            raise ValueError("its sum does not match")
        return cls(**json.loads(body))


def create_epoch(vectors: Path, space: Space) -> Path:
    """A new, empty epoch of `space` below the folder `vectors`, numbered past every other one."""
    directory = vectors / f"epoch-{max(_epochs(vectors), default=0) + 1}"
    directory.mkdir(mode=0o700)
    crash_point("epochs.directory_made")
    write_whole(directory / _ABOUT, json.dumps({"space": space.key, "dimension": space.dimension}).encode())
    return directory


def newest_epoch(vectors: Path, space: Space) -> Path | None:
    """The latest epoch of `space`, None where there is none."""
    for _, directory in sorted(_epochs(vectors).items(), reverse=True):
        try:
            about = _read(directory)
        except StoreDamagedError:
            continue
        if about == (space.key, space.dimension):
            return directory
    return None


def remove_epochs(vectors: Path, but: Path | None = None) -> None:
    """Remove every epoch except `but`, also those that were begun or removed by half."""
    for directory in _epochs(vectors).values():
        if directory != but:
            (directory / _ABOUT).unlink(missing_ok=True)  # first: what is half removed is no epoch any more
            crash_point("epochs.removed_half")
            remove_tree(directory)


def remove_tree(directory: Path) -> None:
    """Remove a folder of vector indexes, when no worker holds an epoch in it any more.

    A worker may outlive its service for a moment. Chroma makes its folder again where it finds none, so what is removed
    under a worker that is just opening it would be back, with nobody to remove it.

    Raises:
        OSError: it cannot be removed; TimeoutError where a process keeps it.
    """
    deadline = time.monotonic() + _LEFT_BEHIND_S
    while directory.exists():
        try:
            with ExitStack() as held:
                for lock in list(directory.rglob(_LOCK)):
                    held.callback(os.close, lock_epoch(lock.parent, deadline - time.monotonic()))
                shutil.rmtree(directory)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_LOOK_S)


def lock_epoch(directory: Path, timeout_s: float) -> int:
    """Have an epoch to oneself: the descriptor that holds the lock until it is closed, or the process is killed.

    Raises:
        TimeoutError: another process has held it all the time.
        OSError: there is no such folder, or no file can be made in it.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        descriptor = os.open(directory / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(directory / _LOCK, descriptor):
                return descriptor  # and not of an epoch that was removed meanwhile
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                raise TimeoutError(f"another process has held it for {timeout_s:.1f} s") from None
            time.sleep(_LOOK_S)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def epoch_dimension(directory: Path) -> int:
    """The dimension of the vectors of the epoch in `directory`.

    Raises:
        StoreDamagedError: it is no epoch.
    """
    return _read(directory)[1]


def index_files(data: Path) -> list[Path]:
    """The files of the vector index; the SQLite database beside them changes with every write."""
    return sorted(path for path in data.glob("*/*") if path.is_file())


def index_sums(data: Path) -> dict[str, list[int]]:
    """Of each of `index_files`, its size in bytes and the CRC-32 of its bytes."""
    sums = {}
    for path in index_files(data):
        total = size_bytes = 0
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                total = zlib.crc32(block, total)
                size_bytes += len(block)
        sums[f"{path.parent.name}/{path.name}"] = [size_bytes, total]
    return sums


def write_whole(path: Path, data: bytes) -> None:
    """Replace the file at `path` by one with `data`: whole or not at all, also after a power loss."""
    temporary = path.with_name(path.name + ".new")
    with open(os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    crash_point("epochs.before_replace")
    os.replace(temporary, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _epochs(vectors: Path) -> dict[int, Path]:
    matches = ((_NAME.fullmatch(entry.name), entry) for entry in vectors.iterdir())
    return {int(match[1]): entry for match, entry in matches if match}


def _read(directory: Path) -> tuple[str, int]:
    try:
        about = json.loads((directory / _ABOUT).read_bytes())
        return str(about["space"]), int(about["dimension"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreDamagedError(
            "The vector store cannot be opened",
            f"{_ABOUT} is missing or unreadable",
            "It is built again.",
            str(directory),
        ) from error
