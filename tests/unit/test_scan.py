"""Walking real trees."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from finder.errors import FileError, UsageFaultError
from finder.files.rules import Rules
from finder.files.scan import FolderListing, scan_folder, subfolders, walk

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="there are no such files")


@pytest.fixture
def rules(tmp_path: Path) -> Rules:
    return Rules(tmp_path / "own home", (), True, 1 << 20)


def _write(base: Path, *paths: str) -> bytes:
    for path in paths:
        (base / path).parent.mkdir(parents=True, exist_ok=True)
        (base / path).write_text(path)
    return os.fsencode(base)


def _found(listings: list[FolderListing]) -> set[bytes]:
    return {os.path.join(listing.path, file.name) for listing in listings for file in listing.files}


def test_a_walk_finds_every_file_that_the_rules_let_in(tmp_path: Path, rules: Rules) -> None:
    root = _write(tmp_path, "a.txt", "sub/b.txt", "sub/deep/c.txt", ".git/config", "node_modules/m/x.js", "id_rsa")
    listings = list(walk(root, rules))
    assert _found(listings) == {root + name for name in (b"/a.txt", b"/sub/b.txt", b"/sub/deep/c.txt")}
    assert [listing.path for listing in listings] == [root, root + b"/sub", root + b"/sub/deep"]
    assert [name for name, _ in listings[0].left_out] == [b".git", b"id_rsa", b"node_modules"]
    assert all(reason for _, reason in listings[0].left_out)


def test_an_identity_is_what_stat_says(tmp_path: Path, rules: Rules) -> None:
    root = _write(tmp_path, "a.txt")
    (file,) = scan_folder(rules.root(root)).files
    status = os.stat(root + b"/a.txt")
    assert (file.identity.inode, file.identity.size_bytes) == (status.st_ino, status.st_size)
    assert (file.identity.mtime_ns, file.identity.ctime_ns) == (status.st_mtime_ns, status.st_ctime_ns)


def test_one_folder_is_judged_as_a_walk_judges_it(tmp_path: Path, rules: Rules) -> None:
    root = _write(tmp_path, "repo/.git/HEAD", "repo/src/a.py", "repo/src/a.log", "repo/build/out.txt", "repo/setup.py")
    (tmp_path / "repo/.gitignore").write_text("*.log\n")
    for listing in walk(root, rules):
        again = scan_folder(rules.folder(root, listing.path))
        assert (again.files, again.left_out) == (listing.files, listing.left_out)
    assert not scan_folder(rules.folder(root, root + b"/repo/build")).files
    assert scan_folder(rules.folder(root, root + b"/repo/build")).verdict.reason == "build output"


def test_a_folder_with_a_mark_inside_lists_nothing_and_says_why(tmp_path: Path, rules: Rules) -> None:
    root = _write(tmp_path, "venv/pyvenv.cfg", "venv/lib/x.py", "venv/readme.txt")
    listing = list(walk(root, rules))[1]
    assert (listing.path, listing.files, listing.subfolders) == (root + b"/venv", [], [])
    assert listing.verdict.reason == "installed packages"


@posix_only
def test_odd_objects_and_links_neither_stop_the_walk_nor_are_followed(tmp_path: Path, rules: Rules) -> None:
    outside = _write(tmp_path / "outside", "secret.txt")
    root = _write(tmp_path / "root", "a.txt", "sub/b.txt")
    os.mkfifo(root + b"/fifo")
    os.symlink(outside, root + b"/link to a folder")
    os.symlink(outside + b"/secret.txt", root + b"/link to a file")
    os.symlink(root, root + b"/sub/loop")
    os.symlink(b"nowhere", root + b"/dangling")
    listings = list(walk(root, rules))
    assert _found(listings) == {root + b"/a.txt", root + b"/sub/b.txt"}
    assert len(listings) == 2
    assert dict(listings[0].left_out) == {
        b"fifo": "not a regular file",
        b"link to a folder": "a link",
        b"link to a file": "a link",
        b"dangling": "a link",
    }


@posix_only
def test_a_link_in_the_place_of_a_folder_is_not_entered(tmp_path: Path, rules: Rules) -> None:
    outside = _write(tmp_path / "outside", "secret.txt")
    root = _write(tmp_path / "root", "a.txt")
    folder = rules.root(root).child(b"swapped", lambda _: False)
    os.symlink(outside, root + b"/swapped")
    listing = scan_folder(folder)
    assert isinstance(listing.error, FileError)
    assert listing.files == []


def test_a_folder_met_twice_is_entered_once(tmp_path: Path, rules: Rules, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a folder is mounted inside itself: the second path shows the same device and inode."""
    root = _write(tmp_path, "a/one.txt", "b/two.txt")
    real = os.fstat
    first = os.stat(root + b"/a")

    def as_if_mounted(descriptor: int) -> os.stat_result:
        status = real(descriptor)
        return first if status.st_ino == os.stat(root + b"/b").st_ino else status

    monkeypatch.setattr(os, "fstat", as_if_mounted)
    listings = list(walk(root, rules))
    assert _found(listings) == {root + b"/a/one.txt"}
    assert listings[2].verdict.reason == "the same folder under a second path"


@posix_only
def test_names_are_bytes_of_any_kind(tmp_path: Path, rules: Rules) -> None:
    root = os.fsencode(tmp_path)
    names = [b"-rf", b"new\nline", b"x" * 255, "文件.txt".encode()]
    try:
        os.close(os.open(root + b"/\xff\xfe", os.O_CREAT))
        names.append(b"\xff\xfe")
    except OSError:  # a file system that takes nothing but UTF-8
        pass
    for name in names:
        os.close(os.open(root + b"/" + name, os.O_CREAT))
    assert {file.name for file in scan_folder(rules.root(root)).files} == set(names)


@pytest.mark.skipif(os.open not in os.supports_dir_fd, reason="no way to make such a path")
def test_paths_longer_than_the_system_takes_are_walked(tmp_path: Path, rules: Rules) -> None:
    step = os.open(tmp_path, os.O_RDONLY)
    for depth in range(25):
        os.mkdir(b"d" * 200, dir_fd=step)
        inner = os.open(b"d" * 200, os.O_RDONLY, dir_fd=step)
        os.close(step)
        step = inner
        os.close(os.open(b"%d.txt" % depth, os.O_CREAT | os.O_WRONLY, dir_fd=step))
    os.close(step)
    listings = list(walk(os.fsencode(tmp_path), rules))
    assert len(listings[-1].path) > 5000
    assert len(_found(listings)) == 25
    assert not any(listing.error for listing in listings)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_folder_without_permission_is_reported_and_the_walk_goes_on(tmp_path: Path, rules: Rules) -> None:
    root = _write(tmp_path, "closed/a.txt", "open/b.txt")
    os.chmod(root + b"/closed", 0)
    try:
        listings = list(walk(root, rules))
    finally:
        os.chmod(root + b"/closed", 0o700)
    assert isinstance(listings[1].error, FileError)
    assert listings[1].error.code == "no_permission"
    assert _found(listings) == {root + b"/open/b.txt"}


def test_a_failing_drive_is_an_error_of_the_folder_and_not_its_emptiness(
    tmp_path: Path, rules: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = _write(tmp_path, "a.txt")

    def broken(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "scandir", broken)
    listing = scan_folder(rules.root(root))
    assert listing.error is not None
    assert not isinstance(listing.error, FileError)


def test_a_folder_that_vanished_is_said_to_have(tmp_path: Path, rules: Rules) -> None:
    root = _write(tmp_path, "a.txt")
    error = scan_folder(rules.root(root).child(b"gone", lambda _: False)).error
    assert isinstance(error, FileError)
    assert error.code == "vanished"


def test_a_wrong_root_is_the_users_fault(tmp_path: Path, rules: Rules) -> None:
    root = _write(tmp_path, "a.txt")
    with pytest.raises(UsageFaultError, match="No such folder"):
        walk(root + b"/gone", rules)
    with pytest.raises(UsageFaultError, match="Not a folder"):
        walk(root + b"/a.txt", rules)
    with pytest.raises(UsageFaultError, match="cannot be indexed"):
        walk(root + b"/own home", rules)


def test_what_is_kept_of_the_left_out_is_bounded(tmp_path: Path, rules: Rules) -> None:
    root = _write(tmp_path, *(f"{number}.tmp" for number in range(80)))
    listing = scan_folder(rules.root(root))
    assert (len(listing.left_out), listing.left_out_count) == (50, 80)


def test_subfolders_are_those_that_a_walk_enters(tmp_path: Path, rules: Rules) -> None:
    root = _write(tmp_path, "a.txt", "one/x", "two/x", ".git/x", "env/pyvenv.cfg")
    opened, inside = subfolders(rules.root(root))
    assert opened.is_in_git
    assert {child.path for child in inside} == {root + b"/one", root + b"/two", root + b"/env"}
    assert subfolders(rules.folder(root, root + b"/env"))[1] == []
    assert subfolders(rules.folder(root, root + b"/gone"))[1] == []
