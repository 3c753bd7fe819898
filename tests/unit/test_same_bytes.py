"""Whether files have equal bytes: told by all of them, never by what could not be read, and ended when nobody waits."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from finder.errors import CancelledError
from finder.files.identity import hash_descriptor, hash_samples, open_regular
from finder.search.likeness.same_bytes import FileBytes

LARGE = bytes(range(256)) * 8_192
"""2 MB, of which 384 KB are sampled."""


def bytes_of(path: Path) -> FileBytes:
    return FileBytes(os.fsencode(path), lambda: None)


@pytest.mark.parametrize(
    ("other", "is_equal"),
    [
        pytest.param(LARGE, True, id="the same"),
        pytest.param(LARGE[:500_000] + b"!" + LARGE[500_001:], False, id="a byte between the samples"),
        pytest.param(LARGE[:-1], False, id="shorter"),
        pytest.param(None, False, id="gone"),
    ],
)
def test_files_are_equal_where_every_byte_is(tmp_path: Path, other: bytes | None, is_equal: bool) -> None:
    one, another = tmp_path / "one", tmp_path / "other"
    one.write_bytes(LARGE)
    if other is not None:
        another.write_bytes(other)
    assert bytes_of(one).equal(bytes_of(another)) is is_equal
    assert bytes_of(another).equal(bytes_of(one)) is is_equal


def test_what_vanishes_while_it_is_compared_is_equal_to_nothing(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for path in (one, other):
        path.write_bytes(LARGE)
    first, second = bytes_of(one), bytes_of(other)
    assert first.sampled == second.sampled is not None
    one.unlink()
    other.unlink()
    assert not first.equal(second)


def test_a_fifo_is_equal_to_nothing_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert not bytes_of(tmp_path / "fifo").equal(bytes_of(tmp_path / "fifo"))


def test_a_large_file_is_read_no_further_when_nobody_waits(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(LARGE)
    pieces = 0

    def end() -> None:
        nonlocal pieces
        pieces += 1
        raise CancelledError

    with pytest.raises(CancelledError):
        _ = FileBytes(os.fsencode(tmp_path / "one"), end).hashed
    assert pieces == 1


@pytest.mark.parametrize(
    ("name", "by_samples", "by_all"), [(b"a.mp4", True, False), (b"a.txt", False, True), (b"a.png", True, True)]
)
def test_a_hash_of_the_catalog_is_one_of_samples_or_of_all(
    tmp_path: Path, name: bytes, by_samples: bool, by_all: bool
) -> None:
    (tmp_path / "one").write_bytes(LARGE)
    descriptor = open_regular(os.fsencode(tmp_path / "one"))
    sampled, hashed = hash_samples(descriptor, len(LARGE)), hash_descriptor(descriptor, len(LARGE))
    os.close(descriptor)
    assert bytes_of(tmp_path / "one").have_hash(name, sampled) is by_samples
    assert bytes_of(tmp_path / "one").have_hash(name, hashed) is by_all
    assert not bytes_of(tmp_path / "one").have_hash(name, b"another")
