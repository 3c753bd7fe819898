"""Disks that take nothing any more: for real, in a small file system of our own, and at one chosen write."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import apsw

from finder.errors import FinderError
from finder.paths import Home
from tests.conftest import end_service, make_home
from tests.faults import killing
from tests.faults.namespaces import in_namespace
from tests.integration.pipelines import Index

_SMALLEST_BYTES, _LARGEST_BYTES = 400_000, 4_000_000
_DOCUMENTS = 60
_BROKEN_FOR_S = 0.3
_WITHIN_S = 60.0


class FaultyDisk(apsw.VFS):
    """What SQLite writes through while it is the default: refuses each write or sync from a chosen one on."""

    def __init__(self) -> None:
        super().__init__("faulty", "unix", makedefault=True)
        self._lock = threading.Lock()
        self._fault: type[apsw.Error] | None = None
        self._left = 0
        self.refused = 0

    def xOpen(self, name: object, flags: list[int]) -> _FaultyFile:
        return _FaultyFile(self, name, flags)

    def break_after(self, writes: int, fault: type[apsw.Error]) -> None:
        """Refuse everything once so many writes and syncs have gone through."""
        with self._lock:
            self._left, self._fault, self.refused = writes, fault, 0

    def heal(self) -> None:
        with self._lock:
            self._fault = None

    def take(self) -> None:
        """One write or sync.

        Raises:
            apsw.Error: the disk is broken.
        """
        with self._lock:
            if self._fault is None:
                return
            if self._left > 0:
                self._left -= 1
                return
            self.refused += 1
            raise self._fault("on purpose")


class _FaultyFile(apsw.VFSFile):
    def __init__(self, disk: FaultyDisk, name: object, flags: list[int]) -> None:
        super().__init__("unix", name, flags)  # type: ignore[arg-type]  # passed on as it came
        self._disk = disk

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.take()
        super().xWrite(data, offset)

    def xLock(self, level: int) -> None:
        """A reader that is the last to close asks in vain for a writer's lock; apsw would make an error of it."""
        try:
            super().xLock(level)
        except apsw.IOError as error:
            raise apsw.BusyError from error

    def xSync(self, flags: int) -> None:
        self._disk.take()
        super().xSync(flags)


@contextlib.contextmanager
def faulty_disk() -> Iterator[FaultyDisk]:
    """While inside, every database that is opened lies on it."""
    disk = FaultyDisk()
    try:
        yield disk
    finally:
        disk.unregister()


def break_at_a_write(folder: Path, seed: int) -> None:
    """Index while the disk refuses from a random write on, then heals: nothing acknowledged is lost, nothing lacks."""
    chance = random.Random(seed)
    documents = folder / "documents"
    killing.make_documents(documents, seed, 10)
    with faulty_disk() as disk, contextlib.closing(Index(Home(folder / "home"))) as index:
        index.add(documents)
        killing.make_documents(documents / "more", seed + 1, 30)
        disk.break_after(chance.randrange(150), chance.choice([apsw.FullError, apsw.IOError]))
        looking = index.pipeline.look_at(os.fsencode(documents), is_deep=True)
        deadline = time.monotonic() + _WITHIN_S
        while not disk.refused and not (looking.done() and index.pipeline.is_quiet) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(_BROKEN_FOR_S)
        acknowledged = killing.acknowledged(index.home)
        disk.heal()
        index.look(documents)
        assert acknowledged <= killing.acknowledged(index.home)
        states = index.files()
        assert set(states.values()) == {"read"}
        assert len(states) == sum(path.is_file() for path in documents.rglob("*"))
        assert set(index.orphans().values()) == {0}
        killing.check_soundness(index.home)


def fill_a_small_disk(folder: Path, seed: int) -> None:
    """Have `squeeze` done where a mount is seen by nobody else."""
    (folder / "seed").write_text(str(seed))
    in_namespace(squeeze, folder, with_mounts=True)


def squeeze(folder: Path) -> None:
    """A service whose home has too little room: it loses nothing, and goes on once there is room."""
    seed = int((folder / "seed").read_text())
    chance = random.Random(seed)
    disk, documents = folder / "disk", folder / "documents"
    disk.mkdir()
    size = chance.randrange(_SMALLEST_BYTES, _LARGEST_BYTES)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", disk], check=True)
    killing.make_documents(documents, seed, _DOCUMENTS)
    home = make_home(disk / "home")
    try:
        with contextlib.suppress(FinderError):
            killing.index(home, documents)
        before = set()
        with contextlib.suppress(apsw.Error, FinderError):
            before = killing.acknowledged(home)
        subprocess.run(["mount", "-o", "remount,size=100m", disk], check=True)
        killing.wait_for(lambda: _is_indexed(home, documents), _WITHIN_S)
        assert before <= killing.acknowledged(home)
        killing.wait_for(lambda: killing.is_fed(home), _WITHIN_S)
        killing.check_soundness(home)
    finally:
        end_service(home)
        subprocess.run(["umount", "--lazy", disk], check=True)


def _is_indexed(home: Home, documents: Path) -> bool:
    with contextlib.suppress(FinderError):
        return bool(killing.index(home, documents)["files"] == _DOCUMENTS)
    return False
