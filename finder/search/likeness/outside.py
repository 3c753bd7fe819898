"""Documents that are in no index: read for the moment, compared, and kept nowhere but in memory.

The worker that reads hostile files reads these too, a typed text among them.
"""

from __future__ import annotations

import collections
import os
import tempfile
import threading
from collections.abc import Callable, Sequence
from typing import BinaryIO, Protocol, cast

import apsw
import numpy as np

from finder.errors import FileError
from finder.extract.kinds import is_known_by_samples, kind_of
from finder.files.identity import hash_descriptor, hash_samples, identity_of, open_error, open_regular
from finder.files.rules import holds_private_key
from finder.paths import display
from finder.search.likeness.portrait import PASSAGES_COMPARED, Portrait, of_content, wording_of
from finder.store import comparing, contents, lookup, spaces
from finder.types import Extraction
from finder.vectors import Float32Array

EmbedTexts = Callable[[Sequence[str]], Float32Array | None]
"""From N texts to their vectors, (N, D); None while there is no model."""

_KEPT = 16
_EMBEDDED = 16
"""Of the passages that the index does not know so many are embedded, evenly over the document."""
_HEAD_BYTES = 1024
_LIMIT_BYTES = 256 << 20
_BY_NAME = frozenset({"empty", "binary", "unsupported", "no_text", "too_large", "secret"})
"""What keeps a file from being read without anything being wrong with it."""


class Extractor(Protocol):
    """Takes text out of one open file."""

    def extract(self, descriptor: int, name: bytes) -> Extraction: ...


class Outside:
    """Reads documents that are not indexed; remembers the last few. Thread-safe."""

    def __init__(self, extractor: Extractor) -> None:
        self._extractor = extractor
        self._lock = threading.Lock()
        self._kept: collections.OrderedDict[tuple[object, ...], Portrait] = collections.OrderedDict()

    def file(self, connection: apsw.Connection, space_id: int, path: bytes, embed: EmbedTexts) -> Portrait:
        """The portrait of a file; of one without text its name alone.

        Args:
            embed: makes vectors for what the index does not know.
        Raises:
            FileError: it cannot be read, and why.
            FinderError: the drive refuses.
            WorkerDiedError: its reader died of it.
        """
        descriptor = open_regular(path)
        try:
            key = (space_id, path, identity_of(os.fstat(descriptor)))
            if (known := self._known(key)) is not None:
                return known
            made = self._portrait(connection, space_id, descriptor, os.path.basename(path), embed)
        except FileError as error:
            error.path = error.path or display(path)
            raise
        except OSError as error:
            raise open_error(error, path) from error
        finally:
            os.close(descriptor)
        if made.is_whole:
            self._keep(key, made)
        return made

    def text(self, connection: apsw.Connection, space_id: int, text: str, embed: EmbedTexts) -> Portrait:
        """The portrait of a text.

        Raises:
            FileError: empty.
        """
        with _in_memory(text.encode("utf-8", "surrogatepass")) as file:
            extraction = self._extractor.extract(file.fileno(), b"text.txt")
        return self._drawn(connection, space_id, extraction, b"", None, embed)

    def _portrait(
        self,
        connection: apsw.Connection,
        space_id: int,
        descriptor: int,
        name: bytes,
        embed: EmbedTexts,
    ) -> Portrait:
        kind = kind_of(name.decode("utf-8", "replace"))
        digest = None
        try:
            if holds_private_key(os.pread(descriptor, _HEAD_BYTES, 0)):
                raise FileError("secret", "It begins as a private key")
            digest = _digest(connection, descriptor, name)
            same = next((file for file in comparing.files_with_hash(connection, digest, 1)), None)
            if same is not None and same.content_id is not None:
                return of_content(connection, space_id, same.content_id, name, same.type, digest)
            if kind.reader is None:
                return Portrait(name, kind.type, hash=digest)
            extraction = self._extractor.extract(descriptor, name)
        except FileError as error:
            if error.code not in _BY_NAME:
                raise
            return Portrait(name, kind.type, hash=digest)
        return self._drawn(connection, space_id, extraction, name, digest, embed)

    def _drawn(
        self,
        connection: apsw.Connection,
        space_id: int,
        extraction: Extraction,
        name: bytes,
        digest: bytes | None,
        embed: EmbedTexts,
    ) -> Portrait:
        texts = [(passage.heading or "", passage.text) for passage in extraction.passages[:PASSAGES_COMPARED]]
        known = {
            at: id
            for at, text in enumerate(texts)
            if (id := comparing.known_text(connection, contents.text_hash(*text))) is not None
        }
        _, vectors = lookup.vectors_of_texts(connection, space_id, known.values())
        unknown = [spaces.QueuedText(0, *text).words for at, text in enumerate(texts) if at not in known]
        picked = np.unique(np.linspace(0, len(unknown) - 1, min(_EMBEDDED, len(unknown)), dtype=int))
        embedded = embed([unknown[at] for at in picked]) if len(picked) else None
        rows = [*vectors, *(embedded if embedded is not None else ())]
        return Portrait(
            name,
            extraction.type,
            wording_of(texts),
            np.array(rows, np.float32) if rows else np.empty((0, 0), np.float32),
            contents.language_of_passages(extraction.passages),
            tuple(known.values()),
            digest,
            is_whole=embedded is not None or not unknown,
        )

    def _known(self, key: tuple[object, ...]) -> Portrait | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: tuple[object, ...], portrait: Portrait) -> None:
        with self._lock:
            self._kept[key] = portrait
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


def _digest(connection: apsw.Connection, descriptor: int, name: bytes) -> bytes:
    """The hash that the catalog has for the file: a picture is known by all its bytes where its words are read."""
    if not is_known_by_samples(name, recognises=True):
        digest = hash_descriptor(descriptor, _LIMIT_BYTES)
        if not is_known_by_samples(name) or comparing.files_with_hash(connection, digest, 1):
            return digest
    return hash_samples(descriptor, os.fstat(descriptor).st_size)


def _in_memory(text: bytes) -> BinaryIO:
    """A file that holds `text` and has no name; where the system allows it, never on a disk."""
    file: BinaryIO
    if hasattr(os, "memfd_create"):
        file = os.fdopen(os.memfd_create("text"), "w+b")
    else:
        file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 -- the caller's to close
    file.write(text)
    file.flush()
    file.seek(0)
    return file
