"""Opening one file, and what is known of its state."""

from __future__ import annotations

import errno
import hashlib
import os
import socket
import sys
from pathlib import Path

import pytest

from finder.errors import FileError
from finder.files.identity import (
    hash_descriptor,
    hash_samples,
    identity_of,
    open_error,
    open_folder,
    open_regular,
)

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="there are no such files")


def _code(path: bytes) -> str:
    with pytest.raises(FileError) as caught:
        open_regular(path)
    return caught.value.code


def test_identity_changes_with_the_bytes_and_with_the_times(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"one")
    os.utime(file, ns=(1, 10**18))
    first = identity_of(file.stat())
    assert first.same_bytes_as(identity_of(file.stat()))
    file.write_bytes(b"two")
    os.utime(file, ns=(1, 10**18))
    # Backdated to the same size and time: the time of change gives it away.
    assert not first.same_bytes_as(identity_of(file.stat()))
    assert identity_of(file.stat()).mtime_ns == first.mtime_ns


def test_a_regular_file_is_opened_for_reading_and_not_inherited(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"text")
    descriptor = open_regular(os.fsencode(file))
    try:
        assert os.read(descriptor, 10) == b"text"
        assert not os.get_inheritable(descriptor)
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.write(descriptor, b"x")
    finally:
        os.close(descriptor)


@posix_only
def test_reading_leaves_the_time_of_access_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"text")
    os.utime(file, ns=(1, 2))
    descriptor = open_regular(os.fsencode(file))
    os.read(descriptor, 10)
    os.close(descriptor)
    assert file.stat().st_atime_ns == 1 or not hasattr(os, "O_NOATIME")


@posix_only
def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    base = os.fsencode(tmp_path)
    os.mkfifo(base + b"/fifo")
    (tmp_path / "file").write_bytes(b"")
    os.symlink("file", base + b"/link")
    os.symlink("loop", base + b"/loop")
    os.mkdir(base + b"/folder")
    names = [b"/fifo", b"/link", b"/loop", b"/folder"]
    here = os.getcwd()
    os.chdir(tmp_path)  # the path of a socket has to be short
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind("socket")
            assert {_code(base + name) for name in [*names, b"/socket"]} == {"not_regular"}
    finally:
        os.chdir(here)
    assert _code(b"/dev/null") == "not_regular"


def test_a_vanished_file_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert _code(os.fsencode(tmp_path / "gone")) == "vanished"
    assert _code(os.fsencode(tmp_path / "file" / "below")) == "vanished"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_called_so(tmp_path: Path) -> None:
    file = tmp_path / "closed"
    file.write_bytes(b"")
    file.chmod(0)
    assert _code(os.fsencode(file)) == "no_permission"


def test_words_for_what_the_system_says() -> None:
    assert getattr(open_error(OSError(errno.EACCES, ""), b"/x"), "code", None) == "no_permission"
    # A failing drive says nothing about the file: no code that would be held against it.
    failed = open_error(OSError(errno.EIO, ""), b"/x")
    assert not isinstance(failed, FileError)
    assert failed.path == "/x"


@posix_only
@pytest.mark.parametrize("name", [b"-rf", b"new\nline", b"\xff\xfe", b"x" * 255, b" "])
def test_any_name_is_opened(tmp_path: Path, name: bytes) -> None:
    path = os.fsencode(tmp_path) + b"/" + name
    try:
        Path(os.fsdecode(path)).write_bytes(name)
    except OSError:
        pytest.skip("this file system does not take such a name")
    descriptor = open_regular(path)
    assert os.read(descriptor, 300) == name
    os.close(descriptor)


@pytest.mark.skipif(os.open not in os.supports_dir_fd, reason="no way to make such a path")
def test_a_path_longer_than_the_system_takes_is_opened(tmp_path: Path) -> None:
    step = os.open(tmp_path, os.O_RDONLY)
    folder = os.fsencode(tmp_path)
    for _ in range(25):
        os.mkdir(b"d" * 200, dir_fd=step)
        inner = os.open(b"d" * 200, os.O_RDONLY, dir_fd=step)
        os.close(step)
        step = inner
        folder += b"/" + b"d" * 200
    os.close(os.open(b"file", os.O_CREAT | os.O_WRONLY, dir_fd=step))
    try:
        assert len(folder) > 4096
        os.close(open_folder(folder))
        os.close(open_regular(folder + b"/file"))
        assert _code(folder + b"/gone") == "vanished"
    finally:
        os.close(step)


def test_the_hash_is_of_the_bytes_whatever_was_read_before(tmp_path: Path) -> None:
    file = tmp_path / "big"
    content = os.urandom(3 << 20) + b"tail"
    file.write_bytes(content)
    descriptor = open_regular(os.fsencode(file))
    try:
        os.read(descriptor, 1000)
        assert hash_descriptor(descriptor, 1 << 30) == hashlib.sha256(content).digest()
        assert hash_descriptor(descriptor, len(content)) == hashlib.sha256(content).digest()
        with pytest.raises(FileError) as caught:
            hash_descriptor(descriptor, len(content) - 1)
        assert caught.value.code == "too_large"
    finally:
        os.close(descriptor)


def test_numbers_and_times_of_64_bits_fit_a_catalog(tmp_path: Path) -> None:
    status = list(tmp_path.stat())
    status[1] = 2**64 - 1  # an inode as mergerfs makes them
    identity = identity_of(os.stat_result(status, {"st_mtime_ns": 15 * 10**18, "st_ctime_ns": 15 * 10**18 + 1}))
    for value in (identity.inode, identity.mtime_ns, identity.ctime_ns):
        assert -(2**63) <= value < 2**63
    assert identity.mtime_ns != identity.ctime_ns


@pytest.mark.parametrize("changed_at", [0, 1 << 20, (2 << 20) - 1])
def test_samples_tell_recordings_apart_by_their_beginning_middle_and_end(tmp_path: Path, changed_at: int) -> None:
    content = bytearray(os.urandom(64)) * (1 << 15)  # 2 MiB
    (tmp_path / "one.mp4").write_bytes(content)
    content[changed_at] ^= 1
    (tmp_path / "two.mp4").write_bytes(content)
    assert sampled(tmp_path / "one.mp4") == sampled(tmp_path / "one.mp4")
    assert sampled(tmp_path / "one.mp4") != sampled(tmp_path / "two.mp4")


def test_samples_of_a_small_file_are_all_of_it_and_no_plain_hash(tmp_path: Path) -> None:
    (tmp_path / "tiny.jpg").write_bytes(b"x")
    (tmp_path / "none.jpg").write_bytes(b"")
    assert sampled(tmp_path / "tiny.jpg") != sampled(tmp_path / "none.jpg")
    assert sampled(tmp_path / "tiny.jpg") != hashlib.sha256(b"x").digest()


def sampled(path: Path) -> bytes:
    descriptor = open_regular(bytes(path))
    try:
        return hash_samples(descriptor, path.stat().st_size)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("number", [errno.ENODEV, errno.ENXIO])
def test_a_regular_file_on_a_drive_that_is_gone_is_not_taken_for_an_odd_one(tmp_path: Path, number: int) -> None:
    """Taken for one, it would stay unread until it changes."""
    (tmp_path / "file").touch()
    assert not isinstance(open_error(OSError(number, ""), os.fsencode(tmp_path / "file")), FileError)
    os.mkfifo(tmp_path / "odd")
    assert isinstance(open_error(OSError(number, ""), os.fsencode(tmp_path / "odd")), FileError)
