"""A document as it is compared with others: its wording, its vectors, its name. Reads the catalog, never the disk."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import apsw
import numpy as np

from finder.search.likeness.wording import Wording
from finder.store import comparing
from finder.store.comparing import IndexedFile
from finder.types import FileType
from finder.vectors import Float32Array

PASSAGES_COMPARED = 120
"""Of a longer document its beginning is compared: some 40 pages."""


@dataclass(frozen=True)
class Portrait:
    """What is known of one document."""

    name: bytes = b""
    """Its file's; empty for a text."""
    type: FileType = "document"
    wording: Wording = field(default_factory=lambda: Wording(""))
    vectors: Float32Array = field(default_factory=lambda: np.empty((0, 0), np.float32))
    """(N, D) of its passages, each of norm 1; none where it has no text, or the model has not seen it."""
    language: str = ""
    """As `finder.languages` tells it; "" where it cannot be told, or is not told yet."""
    text_ids: tuple[int, ...] = ()
    """Those of its passages' texts that are in the catalog."""
    hash: bytes | None = None
    """Of its bytes; None where they were not read."""
    is_whole: bool = True
    """False where some of its vectors wait for a model."""

    @property
    def has_text(self) -> bool:
        return len(self.wording) > 0

    @cached_property
    def vector(self) -> Float32Array | None:
        """(D,) of norm 1: what the document as a whole is about, the centroid of its passages."""
        return centroid(self.vectors)


def of_content(
    connection: apsw.Connection, space_id: int, content_id: int, name: bytes, type: FileType, hash: bytes | None
) -> Portrait:
    """The portrait of what the catalog holds."""
    texts = comparing.texts_of(connection, content_id, PASSAGES_COMPARED)
    vectors = comparing.vectors_of(connection, space_id, content_id, PASSAGES_COMPARED)
    return Portrait(
        name,
        type,
        wording_of([(heading, body) for _, heading, body in texts]),
        vectors,
        comparing.languages_of(connection, np.array([content_id]))[0],
        tuple(id for id, _, _ in texts),
        hash,
        is_whole=len(vectors) == len(texts),
    )


def of_file(connection: apsw.Connection, space_id: int, file: IndexedFile) -> Portrait:
    """The portrait of an indexed file that has a content."""
    assert file.content_id is not None
    return of_content(connection, space_id, file.content_id, file.name, file.type, file.hash)


class Portraits:
    """Portraits that are asked for again and again: those asked for last are kept, up to so many words together."""

    def __init__(self, draw: Callable[[int], Portrait], limit_words: int) -> None:
        """Args: draw: makes the portrait of a content."""
        self._draw = draw
        self._left_words = limit_words
        self._kept: OrderedDict[int, Portrait] = OrderedDict()

    def of(self, content_id: int) -> Portrait:
        if (known := self._kept.get(content_id)) is not None:
            self._kept.move_to_end(content_id)
            return known
        made = self._kept[content_id] = self._draw(content_id)
        self._left_words -= len(made.wording)
        while self._left_words < 0 and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._left_words += len(dropped.wording)
        return made


def wording_of(texts: list[tuple[str, str]]) -> Wording:
    """The wording of passages: (heading, body) each, in their order."""
    headings = dict.fromkeys(heading for heading, _ in texts if heading)
    return Wording("\n".join(body for _, body in texts), headings)


def centroid(vectors: Float32Array) -> Float32Array | None:
    """The mean direction of (N, D) vectors: (D,) of norm 1; None of no vectors, or of such as cancel out."""
    total = vectors.sum(0)  # (D,)
    norm = float(np.linalg.norm(total)) if len(vectors) else 0.0
    return total / norm if norm > 1e-6 else None
