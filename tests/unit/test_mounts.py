"""What is known of mounted file systems: whose a path is, what kind, and when the table changes."""

from __future__ import annotations

import errno
import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from finder.files import mounts
from finder.files.mounts import MountChanges
from finder.files.rules import Rules
from tests.faults.namespaces import in_namespace
from tests.integration.test_roots import mount

_WAIT_S = 60.0


def test_two_folders_of_one_file_system_have_one_name_and_it_stays(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    name = mounts.filesystem_of(os.fsencode(tmp_path))
    assert name
    assert mounts.filesystem_of(os.fsencode(tmp_path / "inside")) == name


def test_a_path_that_is_not_there_has_no_file_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        mounts.filesystem_of(os.fsencode(tmp_path / "missing"))


def test_another_file_system_at_the_same_place_has_another_name(tmp_path: Path) -> None:
    in_namespace(mount_twice, tmp_path, with_mounts=True)


def mount_twice(folder: Path) -> None:
    path = os.fsencode(folder)
    names = [mounts.filesystem_of(path)]
    for _ in range(2):
        mount(folder)
        names.append(mounts.filesystem_of(path))
    assert len(set(names)) == 3


def test_the_table_of_mounts_holds_what_is_mounted_here() -> None:
    assert mounts.mounted().get(b"/proc") in ("proc", None)
    assert b"/" in mounts.mounted()


@pytest.mark.parametrize(
    ("kind", "is_remote"),
    [("nfs4", True), ("cifs", True), ("fuse.sshfs", True), ("fuse", True), ("ext4", False), ("fuseblk", False)],
)
def test_the_nearest_mount_point_says_whether_a_path_is_on_this_computer(
    monkeypatch: pytest.MonkeyPatch, kind: str, is_remote: bool
) -> None:
    table = [("/", "ext4"), ("/mnt/share", kind), ("/mnt/share/local", "xfs"), ("/mnt/shared", "ext4")]
    found = [SimpleNamespace(mountpoint=point, fstype=name) for point, name in table]
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: found)
    assert mounts.is_remote(b"/mnt/share/deep/down") is is_remote
    assert mounts.is_remote(b"/mnt/share") is is_remote
    assert not mounts.is_remote(b"/mnt/share/local/deep")
    assert not mounts.is_remote(b"/mnt/shared")
    assert not mounts.is_remote(b"/home")


def test_a_network_drive_is_left_out_below_a_root_and_is_indexed_when_it_is_the_root(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    share = tmp_path / "share"
    (share / "deep").mkdir(parents=True)
    found = [SimpleNamespace(mountpoint=str(share), fstype="nfs4")]
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: found)
    rules = Rules(tmp_path / "home", (), True, 1 << 20)
    below = rules.folder(os.fsencode(tmp_path), os.fsencode(share)).verdict
    assert not below.is_included
    assert "network drive" in below.reason
    assert rules.root(os.fsencode(share)).verdict.is_included
    assert rules.folder(os.fsencode(share), os.fsencode(share / "deep")).verdict.is_included


@pytest.mark.parametrize(
    ("number", "is_dead"),
    [
        *((number, True) for number in (errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.EHOSTDOWN, errno.ENODEV)),
        *((number, False) for number in (errno.ENOENT, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EMFILE)),
    ],
)
def test_errors_of_drives_are_told_from_those_of_files(number: int, is_dead: bool) -> None:
    assert mounts.is_dead(OSError(number, "")) is is_dead


def test_waiting_for_mounts_ends_in_time_and_when_woken() -> None:
    changes = MountChanges()
    try:
        assert not changes.wait(0.01)
        threading.Timer(0.05, changes.wake).start()
        begun_s = time.monotonic()
        assert not changes.wait(_WAIT_S)
        assert time.monotonic() - begun_s < _WAIT_S
    finally:
        changes.close()


def test_a_mount_ends_the_waiting(tmp_path: Path) -> None:
    in_namespace(mount_while_waiting, tmp_path, with_mounts=True)


def mount_while_waiting(folder: Path) -> None:
    changes = MountChanges()
    assert not changes.wait(0.01)
    threading.Timer(0.05, mount, [folder / "drive"]).start()
    assert changes.wait(_WAIT_S)
    assert not changes.wait(0.05)
    changes.close()


def test_where_the_system_tells_no_change_the_tables_are_compared(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(mounts, "_COMPARED_EVERY_S", 0.01)
    monkeypatch.setattr("sys.platform", "darwin")
    changes = MountChanges()
    try:
        assert not changes.wait(0.03)
        found = [SimpleNamespace(mountpoint=str(tmp_path), fstype="apfs")]
        monkeypatch.setattr(psutil, "disk_partitions", lambda all: found)
        assert changes.wait(_WAIT_S)
        assert not changes.wait(0.03)
        changes.wake()
        assert not changes.wait(_WAIT_S)
    finally:
        changes.close()
