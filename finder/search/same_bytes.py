"""Whether files have equal bytes: by samples first, which tells most apart, then by all of them."""

from __future__ import annotations

import os
from collections.abc import Callable

from finder.errors import CancelledError, FileError, FinderError
from finder.files.identity import hash_descriptor, hash_samples, open_regular


def have_same_bytes(one: bytes, other: bytes) -> bool:
    """True where both files can be read and hold the same at this moment."""
    first = sampled(one)
    return first is not None and first == sampled(other) and hashed(one) == hashed(other)


def sampled(path: bytes) -> bytes | None:
    """A hash of a file's size and of samples of its bytes; None where it cannot be read."""
    return _read(path, hash_samples)


def hashed(path: bytes) -> bytes | None:
    """The SHA-256 of a file's bytes; None where it cannot be read, or grows while it is."""
    return _read(path, hash_descriptor)


def _read(path: bytes, digest: Callable[[int, int], bytes]) -> bytes | None:
    try:
        descriptor = open_regular(path)
    except CancelledError:
        raise
    except FinderError:
        return None
    try:
        return digest(descriptor, os.fstat(descriptor).st_size)
    except (OSError, FileError):
        return None
    finally:
        os.close(descriptor)
