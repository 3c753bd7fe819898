"""Roots that come and go, for real: drives mounted and unmounted, a server that hangs, a folder renamed away."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from finder.errors import UsageFaultError
from finder.paths import Home, path_to_uri
from finder.service import explaining, status
from finder.service.connection import Reply
from finder.service.engine import Engine
from finder.service.protocol.status import FolderStatus
from finder.service.requests.handler import Requests
from finder.service.upkeep import Rhythm
from tests.conftest import make_documents, make_home
from tests.faults.namespaces import in_namespace
from tests.integration.pipelines import wait_until


class Waiting:
    """In the place of a client that waits for its answer."""

    is_cancelled = False

    def progress(self, result: dict[str, Any]) -> None: ...
    def partial(self, result: dict[str, Any]) -> None: ...
    def on_cancel(self, callback: object) -> None: ...


class Served:
    """An engine in this process, asked as clients ask it."""

    def __init__(self, home: Home) -> None:
        self.engine = Engine(home, Rhythm(roots_s=0.2))
        self.requests = Requests(self.engine)
        self.engine.start()

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        return self.requests.handle(method, params, cast(Reply, Waiting()))

    def index(self, folder: Path) -> dict[str, Any]:
        return self.ask("index", folders=[uri(folder)])

    def find(self, query: str) -> dict[str, Any]:
        return self.ask("find", query=query, mode="keyword")

    def names(self, query: str) -> list[str]:
        """Of what can be opened; what is on a drive that is away is shown as that."""
        return [file["name"] for file in self.find(query)["results"] if not file["is_offline"]]

    def folders(self) -> list[FolderStatus]:
        return status.status(self.engine)["folders"]

    def folder(self, folder: Path) -> FolderStatus:
        return next(each for each in self.folders() if each["path"] == str(folder))

    def is_online(self, folder: Path) -> bool:
        return self.folder(folder)["state"] != "offline"

    def why(self, file: Path) -> str:
        return explaining.why(self.engine, os.fsencode(file))["reason"]

    def work(self) -> tuple[int, int]:
        """Files extracted and passages embedded so far."""
        counts = self.engine.pipeline.activity.counts
        return counts.files_extracted, counts.passages_embedded

    def wait_until_quiet(self) -> None:
        wait_until(lambda: self.engine.pipeline.is_quiet)


@contextlib.contextmanager
def served(home: Home) -> Iterator[Served]:
    made = Served(home)
    try:
        yield made
    finally:
        made.engine.stop()


def uri(path: Path) -> str:
    return path_to_uri(os.fsencode(path))


def mount(target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "none", str(target)], check=True)


def move_mount(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "--move", str(source), str(target)], check=True)


def test_a_drive_that_is_pulled_out_swapped_and_brought_back_costs_nothing(tmp_path: Path) -> None:
    in_namespace(pull_out_swap_and_bring_back, tmp_path, with_mounts=True)


def pull_out_swap_and_bring_back(folder: Path) -> None:
    drive, pocket, kept = folder / "drive", folder / "pocket", make_documents(folder / "kept")
    mount(drive)
    make_documents(drive / "papers")
    (drive / "boat.txt").write_text("The harbour master keeps the keys of the boat.\n")
    with served(make_home(folder / "home")) as service:
        service.index(kept)
        assert service.index(drive)["files"] == 5
        work = service.work()

        move_mount(drive, pocket)
        wait_until(lambda: not service.is_online(drive))
        assert (service.folder(drive)["files"], service.folder(kept)["files"]) == (5, 4)
        assert service.folder(drive)["away_because"]
        found = service.find("harbour master keys")
        boat = found["results"][0]
        assert (boat["name"], boat["is_offline"]) == ("boat.txt", True)
        assert boat["size_bytes"] == (pocket / "boat.txt").stat().st_size
        assert any(str(drive) in note for note in found["notes"]), found["notes"]
        deposits = service.find("landlord deposit")["results"]
        assert ("lease.txt", False, []) in [(file["name"], file["is_offline"], file["copies"]) for file in deposits]
        assert "is away" in service.why(drive / "boat.txt")

        mount(drive)
        (drive / "boat.txt").write_text("Another boat on another drive.\n")
        (drive / "holiday.txt").write_text("Pictures of the beach.\n")
        wait_until(lambda: service.folder(drive)["away_because"] == "another drive is in its place", 10)
        assert service.folder(drive)["files"] == 5
        assert service.names("another boat") == []
        subprocess.run(["umount", str(drive)], check=True)

        move_mount(pocket, drive)
        wait_until(lambda: service.is_online(drive))
        service.wait_until_quiet()
        assert service.names("harbour master keys") == ["boat.txt"]
        assert service.work() == work
        (drive / "papers" / "new.txt").write_text("The gardener waters the roses.\n")  # it is watched again
        wait_until(lambda: service.names("gardener roses") == ["new.txt"], 20)


def test_another_drive_is_indexed_when_the_user_says_so(tmp_path: Path) -> None:
    in_namespace(say_so, tmp_path, with_mounts=True)


def say_so(folder: Path) -> None:
    drive, pocket = folder / "drive", folder / "pocket"
    mount(drive)
    make_documents(drive)
    with served(make_home(folder / "home")) as service:
        service.index(drive)
        move_mount(drive, pocket)
        mount(drive)
        (drive / "holiday.txt").write_text("Pictures of the beach.\n")
        wait_until(lambda: not service.is_online(drive))
        with pytest.raises(UsageFaultError, match="another drive") as caught:
            service.engine.pipeline.look_at(os.fsencode(drive), is_deep=True).result(60)
        assert "inkling index" in caught.value.hint
        assert service.index(drive)["files"] == 1
        assert service.names("pictures beach") == ["holiday.txt"]
        assert service.is_online(drive)


def test_a_copy_of_a_drive_is_the_drive_and_is_not_read_again(tmp_path: Path) -> None:
    """Another file system under the same files: a restored backup, or numbers that drifted over a reboot."""
    in_namespace(copy_a_drive, tmp_path, with_mounts=True)


def copy_a_drive(folder: Path) -> None:
    drive, copy = folder / "drive", folder / "copy"
    mount(drive)
    make_documents(drive)
    mount(copy)
    shutil.copytree(drive, copy, dirs_exist_ok=True)
    with served(make_home(folder / "home")) as service:
        service.index(drive)
        work = service.work()
        subprocess.run(["umount", str(drive)], check=True)
        wait_until(lambda: not service.is_online(drive))
        move_mount(copy, drive)
        wait_until(lambda: service.is_online(drive))
        service.wait_until_quiet()
        assert service.names("landlord deposit") == ["lease.txt"]
        assert service.work() == work


def test_a_drive_mounted_below_a_root_is_seen_and_unseen(tmp_path: Path) -> None:
    in_namespace(mount_below_a_root, tmp_path, with_mounts=True)


def mount_below_a_root(folder: Path) -> None:
    root = make_documents(folder / "documents")
    stick, pocket = root / "stick", folder / "pocket"
    stick.mkdir()
    mount(pocket)
    (pocket / "boat.txt").write_text("The harbour master keeps the keys of the boat.\n")
    with served(make_home(folder / "home")) as service:
        service.index(root)
        move_mount(pocket, stick)
        wait_until(lambda: service.names("harbour master") == ["boat.txt"], 20)
        (stick / "new.txt").write_text("The gardener waters the roses.\n")
        wait_until(lambda: service.names("gardener roses") == ["new.txt"], 20)


def test_a_server_that_hangs_and_dies_holds_up_nobody(tmp_path: Path) -> None:
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        pytest.skip("this computer lets nobody make a file system of his own")
    in_namespace(hang_and_die, tmp_path, with_mounts=True)


def hang_and_die(folder: Path) -> None:
    """A FUSE file system whose server never answers, not even the first request."""
    share, kept = make_documents(folder / "share"), make_documents(folder / "kept")
    with served(make_home(folder / "home")) as service:
        service.index(share)
        service.index(kept)
        service.engine.pipeline.presence.timeout_s = 1.0
        server = os.open("/dev/fuse", os.O_RDWR)
        _mount_fuse(share, server)
        wait_until(lambda: not service.is_online(share))
        assert service.folder(share)["away_because"] == "its drive does not answer"
        begun_s = time.monotonic()
        (kept / "new.txt").write_text("The gardener waters the roses.\n")
        wait_until(lambda: service.names("gardener roses") == ["new.txt"], 20)
        assert service.names("landlord deposit") == ["lease.txt"]
        assert service.engine.rules().elsewhere(os.fsencode(share)).startswith("a mounted service")
        assert time.monotonic() - begun_s < 20
        os.close(server)
        wait_until(lambda: "not answer:" in (service.folder(share)["away_because"] or ""))
        assert service.folder(share)["files"] == 4
        subprocess.run(["umount", "--lazy", str(share)], check=True)
        wait_until(lambda: service.is_online(share))
        service.wait_until_quiet()
        assert service.folder(share)["files"] == 4


def _mount_fuse(target: Path, server: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"fd={server},rootmode=40000,user_id=0,group_id=0".encode()
    if libc.mount(b"hung", os.fsencode(target), b"fuse.hung", 0, options) != 0:
        raise OSError(ctypes.get_errno(), "mount")


def test_a_folder_that_is_renamed_away_and_back_costs_nothing(home: Home, documents: Path, tmp_path: Path) -> None:
    with served(home) as service:
        service.index(documents)
        work = service.work()
        documents.rename(tmp_path / "elsewhere")
        wait_until(lambda: not service.is_online(documents))
        assert service.folder(documents)["files"] == 4
        assert service.names("landlord deposit") == []
        (tmp_path / "elsewhere").rename(documents)
        wait_until(lambda: service.is_online(documents))
        service.wait_until_quiet()
        assert service.names("landlord deposit") == ["lease.txt"]
        assert service.work() == work
        (documents / "boat.txt").write_text("The harbour master keeps the keys of the boat.\n")
        wait_until(lambda: service.names("harbour master") == ["boat.txt"], 20)


@pytest.mark.parametrize("end", [lambda path: path.rename(path.with_name("elsewhere")), shutil.rmtree])
def test_a_folder_that_takes_the_place_of_a_root_is_followed_as_it_was(
    home: Home, documents: Path, end: Callable[[Path], object]
) -> None:
    with served(home) as service:
        service.index(documents)
        end(documents)
        (documents / "inner").mkdir(parents=True)
        (documents / "inner" / "first.txt").write_text("The harbour master keeps the keys of the boat.\n")
        wait_until(lambda: service.names("harbour master") == ["first.txt"], 20)
        wait_until(lambda: not service.engine.watcher.has_lost(os.fsencode(documents)))
        service.wait_until_quiet()
        (documents / "inner" / "boat.txt").write_text("The gardener waters the roses.\n")
        wait_until(lambda: service.names("gardener roses") == ["boat.txt"], 20)


def test_a_root_that_is_away_at_the_start_follows_when_it_comes_back(
    home: Home, documents: Path, tmp_path: Path
) -> None:
    with served(home) as service:
        service.index(documents)
    documents.rename(tmp_path / "elsewhere")
    home.catalog.unlink()  # and even the catalog is lost meanwhile: the settings know the folder
    with served(home) as service:
        wait_until(lambda: [each["state"] for each in service.folders()] == ["offline"], 10)
        (tmp_path / "elsewhere").rename(documents)
        wait_until(lambda: service.names("landlord deposit") == ["lease.txt"], 20)
        (documents / "boat.txt").write_text("The harbour master keeps the keys of the boat.\n")
        wait_until(lambda: service.names("harbour master") == ["boat.txt"], 20)


def test_a_folder_that_becomes_part_of_another_is_named(home: Home, documents: Path) -> None:
    with served(home) as service:
        service.index(documents / "notes")
        assert service.index(documents)["absorbed"] == [str(documents / "notes")]
        assert service.index(documents)["absorbed"] == []
