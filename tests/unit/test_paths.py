"""Paths as bytes and back, what is shown of them, and where a home keeps its things."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finder.errors import UsageFaultError
from finder.paths import Home, absolute, display, is_inside, path_to_uri, uri_to_path

_NAMES = st.binary(min_size=1, max_size=40).filter(lambda name: not {0, ord("/")} & set(name))
_PATHS = st.lists(_NAMES, min_size=1, max_size=5).map(lambda names: b"/" + b"/".join(names))


@given(_PATHS)
def test_every_path_comes_back_from_its_uri_as_it_was(path: bytes) -> None:
    uri = path_to_uri(path)
    assert uri_to_path(uri) == path
    assert uri.isascii()
    assert uri.isprintable()


@given(_PATHS)
def test_what_is_shown_stays_on_one_line_and_holds_no_control_character(path: bytes) -> None:
    assert display(path).isprintable()


def test_a_uri_is_written_as_the_rfc_has_it() -> None:
    assert path_to_uri("/home/ada/café 1.txt".encode()) == "file:///home/ada/caf%C3%A9%201.txt"
    assert path_to_uri(b"/caf\xe9\n") == "file:///caf%E9%0A"


@pytest.mark.parametrize("uri", ["", "/home/ada", "http://host/x", "file://host/x", "file:/x"])
def test_what_is_no_file_uri_of_this_computer_is_refused(uri: str) -> None:
    with pytest.raises(UsageFaultError):
        uri_to_path(uri)


def test_a_name_for_a_person_keeps_its_letters_and_escapes_the_rest() -> None:
    assert display("/合同 é.txt".encode()) == "/合同 é.txt"
    assert display(b"/a\x1b[31m\n") == "/a\\x1b[31m\\n"
    assert display(b"/caf\xe9") == "/caf\ufffd"
    assert display("/gpj.\u202eexe".encode()) == "/gpj.\\u202eexe"


@pytest.mark.parametrize(
    ("path", "folder", "inside"),
    [
        (b"/a/b", b"/a", True),
        (b"/a", b"/a", True),
        (b"/ab", b"/a", False),
        (b"/a", b"/a/b", False),
        (b"/a", b"/", True),
        (b"/", b"/", True),
    ],
)
def test_a_folder_holds_what_lies_below_it_and_no_neighbour_of_a_longer_name(
    path: bytes, folder: bytes, inside: bool
) -> None:
    assert is_inside(path, folder) is inside


def test_links_in_a_path_are_resolved(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert absolute(str(tmp_path / "link" / "x" / "..")) == os.fsencode(tmp_path / "real")


def test_a_home_is_the_one_named_else_the_environments_and_for_this_user_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKLING_HOME", str(tmp_path / "set"))
    assert Home.locate().root == tmp_path / "set"
    home = Home.locate(tmp_path / "named")
    assert home.root == tmp_path / "named"
    home.create()
    home.create()
    for folder in (home.root, home.vectors, home.logs):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("length", [10, 60, 90, 200])
def test_a_socket_fits_into_the_systems_limit_however_long_the_runtime_folder_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    runtime = tmp_path / ("r" * length)
    runtime.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    path = Home(tmp_path / "home").socket
    assert len(os.fsencode(path)) <= 103
    assert path != Home(tmp_path / "other").socket
    assert path == Home(tmp_path / "home").socket


def test_without_a_runtime_folder_the_socket_lies_in_a_folder_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "missing"))
    assert str(os.getuid()) in Home(tmp_path).socket.parent.name


def test_a_client_with_another_runtime_directory_finds_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home")
    home.create()
    with tempfile.TemporaryDirectory(dir="/tmp") as one:  # short: else both would fall back to the same folder
        monkeypatch.setenv("XDG_RUNTIME_DIR", one)
        listening = home.socket
        home.write_address()
        monkeypatch.delenv("XDG_RUNTIME_DIR")
        assert home.socket != listening
    assert home.read_address() == listening
    copied = Home(tmp_path / "copied")
    copied.create()
    (copied.root / "service.address").write_bytes((home.root / "service.address").read_bytes())
    assert copied.read_address() == copied.socket
