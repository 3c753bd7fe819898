"""The stages that one embedding space has of its own: embedding its texts and feeding its vector store.

One space answers; while another is built beside it (a change of model), both have theirs. Imports no model library.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from finder.index.activity import Activity
from finder.index.embedding import EmbeddingStage
from finder.index.feeding import FeedingStage, VectorStore
from finder.index.stage import Stage
from finder.store import spaces
from finder.store.catalog import Catalog
from finder.store.spaces import SpaceVectors
from finder.vectors import Embedder, Int64Array


class ExactVectors(Protocol):
    """What the pipeline tells the exact search about vectors that went."""

    def discard(self, seqs: Int64Array) -> None: ...
    def forget(self) -> None: ...


@dataclass(frozen=True, slots=True)
class SpaceParts:
    """What an embedding space is worked on with."""

    id: int
    """Its row in the catalog."""
    embedder: Embedder
    exact: ExactVectors
    open_store: Callable[[Path], VectorStore]
    """Opens or makes the Chroma epoch in a directory."""
    directory: Path
    """Holds the epochs of this space and of no other."""


class SpaceStages:
    """One space's embedding and feeding, and the exact search that is told what died."""

    def __init__(
        self, catalog: Catalog, parts: SpaceParts, activity: Activity, focus: Callable[[], int | None]
    ) -> None:
        self.id = parts.id
        self.exact = parts.exact
        self._catalog = catalog
        self.embedding = EmbeddingStage(
            catalog, parts.embedder, parts.id, activity, focus=focus, on_embedded=lambda: self.feeding.wake()
        )
        space = parts.embedder.space
        truth = SpaceVectors(catalog.reader, parts.id, space.dimension)
        self.feeding = FeedingStage(parts.open_store, truth, space, parts.directory, activity, catalog.release_reader)
        self.stages: list[Stage] = [self.embedding, self.feeding]

    def hide(self, seqs: Int64Array) -> None:
        """Show no vector any more of those that went from the catalog.

        While two spaces are worked on, those of the other are among them: then a store is built anew somewhat early.
        """
        self.exact.discard(seqs)
        self.feeding.died(len(seqs))

    def forget(self) -> None:
        """Let no byte of any vector that went from the catalog stay in the space's files."""
        self.exact.forget()
        self.feeding.empty()

    @property
    def pending(self) -> int:
        """Texts that wait for a vector and can have one."""
        waiting = spaces.count_queued(self._catalog.reader(), self.id)
        return max(0, waiting - self.embedding.refused_count)

    @property
    def is_quiet(self) -> bool:
        return not self.pending and not self.feeding.is_behind
