"""Whether files have equal bytes: by samples first, which tells most apart, then by all of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property

from finder.errors import CancelledError, FileError, FinderError
from finder.extract.kinds import is_known_by_samples
from finder.files.identity import hash_descriptor, hash_samples, open_regular


class FileBytes:
    """The bytes of one file, as they are compared with others'; read once, and only as far as need be."""

    def __init__(self, path: bytes, checkpoint: Callable[[], None]) -> None:
        """Args: checkpoint: called while a file is read, which may take minutes; it may raise to end this."""
        self._path = path
        self._checkpoint = checkpoint

    @cached_property
    def sampled(self) -> bytes | None:
        """A hash of its size and of samples of its bytes; None where it cannot be read."""
        return self._read(hash_samples)

    @cached_property
    def hashed(self) -> bytes | None:
        """The SHA-256 of its bytes; None where it cannot be read, or grows while it is."""
        return self._read(self._hash)

    def equal(self, other: FileBytes) -> bool:
        """True where both files can be read and hold the same at this moment."""
        if self.sampled is None or self.sampled != other.sampled:
            return False
        return self.hashed is not None and self.hashed == other.hashed

    def have_hash(self, name: bytes, hash: bytes) -> bool:
        """Whether they still have the hash that the catalog knows of a file with this name: of samples, or of all."""
        if is_known_by_samples(name) and self.sampled == hash:
            return True
        return not is_known_by_samples(name, recognises=True) and self.hashed == hash

    def _hash(self, descriptor: int, size_bytes: int) -> bytes:
        return hash_descriptor(descriptor, size_bytes, self._checkpoint)

    def _read(self, digest: Callable[[int, int], bytes]) -> bytes | None:
        try:
            descriptor = open_regular(self._path)
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
