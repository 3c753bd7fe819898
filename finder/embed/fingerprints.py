"""The SHA-256 of files of weights, each read once: what is unchanged since then is not read again. Imports no library.

Gigabytes take seconds to read, and a model is looked at whenever the service or its worker starts. What was found is
kept beside the models with the file's size and times, and counts only as long as those are the same; a file that does
not say so of itself (`FileIdentity`, for documents) is not believed either. It is a cache: lost, it is made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

_NAME = "fingerprints.json"
_CHUNK_BYTES = 1 << 20
_REMEMBERED_FROM_BYTES = 8 << 20
"""A smaller file is read in no time."""
_MOST_ENTRIES = 1_000


def sha256_of(path: Path, models: Path, on_read: Callable[[int], None] | None = None) -> str:
    """The hex digest of a file's bytes, as remembered in the folder `models` where it is large and unchanged.

    Args:
        on_read: called with the number of bytes read since the last call, where they are read.
    Raises:
        OSError: it cannot be read.
    """
    found = path.stat()
    stamp = [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]
    key = os.fsencode(os.path.realpath(path)).hex()
    known = _load(models) if found.st_size >= _REMEMBERED_FROM_BYTES else {}
    if (entry := known.get(key)) is not None and entry[:-1] == stamp:
        return str(entry[-1])
    digest = read_sha256(path, on_read)
    if found.st_size >= _REMEMBERED_FROM_BYTES:
        _save(models, {**_load(models), key: [*stamp, digest]})
    return digest


def read_sha256(path: Path, on_read: Callable[[int], None] | None = None) -> str:
    """The hex digest of a file's bytes, read now."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
            if on_read is not None:
                on_read(len(chunk))
    return digest.hexdigest()


def _load(models: Path) -> dict[str, list[int | str]]:
    try:
        found = json.loads((models / _NAME).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return {}
    is_whole = isinstance(found, dict) and all(isinstance(entry, list) and entry for entry in found.values())
    return found if is_whole else {}


def _save(models: Path, entries: dict[str, list[int | str]]) -> None:
    kept = dict(list(entries.items())[-_MOST_ENTRIES:])
    temporary = models / f"{_NAME}.{os.getpid()}.new"
    with contextlib.suppress(OSError):  # a full disk costs the next start some seconds
        models.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary.write_text(json.dumps(kept), encoding="ascii")
        os.replace(temporary, models / _NAME)
