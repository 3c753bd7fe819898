"""One model with its space: who computes, the exact search, the process that holds Chroma."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from finder.config import SERVER, Settings
from finder.index.feeding import VectorStore
from finder.index.space import SpaceParts, SpaceStages
from finder.paths import Home
from finder.search.nearest import NearestVectors
from finder.service.elastic import Elastic
from finder.service.remote_front import RemoteFront
from finder.store.catalog import Catalog
from finder.store.exact import ExactIndex
from finder.store.spaces import SpaceVectors
from finder.vectors import Float32Array, Space
from finder.workers.embed_front import EmbedFront
from finder.workers.supervisor import Worker
from finder.workers.vector_front import VectorFront

_QUERY_TIMEOUT_S = 60.0
_SENTENCES_TIMEOUT_S = 5.0
"""What answers within a passage is worth so long a wait; the results are there without it."""
_FOLDER_NAME_CHARS = 16


class ServedModel:
    """One model with its space: who computes, the exact search, the process that holds Chroma."""

    def __init__(
        self, home: Home, catalog: Catalog, settings: Settings, elastic: Elastic, space: Space, space_id: int
    ) -> None:
        self.name = space.model
        """As it stands in the settings."""
        self.space = space
        self.space_id = space_id
        self._logs = home.logs
        self.exact_search_limit = settings.exact_search_limit
        self.folder = folder_of(home, self.space)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.embedder: EmbedFront | RemoteFront = (
            RemoteFront(settings.server, home.models, space, elastic)
            if space.model == SERVER
            else EmbedFront(
                home.logs,
                home.models,
                space,
                settings.embed_idle_minutes * 60,
                gpu_limit_bytes=settings.gpu_memory_limit_bytes,
            )
        )
        self._truth = SpaceVectors(catalog.reader, space_id, self.space.dimension)
        self.exact = ExactIndex(self.folder / "exact.bin", self.space, self._truth)
        self._vector_worker: Worker | None = None

    def rename(self, space: Space) -> None:
        """Compute the same space with the same model by another name: its folder was moved, or it was downloaded."""
        self.name, self.space = space.model, space
        if isinstance(self.embedder, EmbedFront):
            self.embedder.rename(space)

    @property
    def parts(self) -> SpaceParts:
        """What the pipeline works on the space with."""
        return SpaceParts(self.space_id, self.embedder, self.exact, self._vector_store, self.folder)

    @property
    def workers(self) -> list[Worker]:
        return self.embedder.workers + ([self._vector_worker] if self._vector_worker is not None else [])

    def nearest(self, stages: SpaceStages) -> NearestVectors:
        """Its vectors as a search asks for them."""
        return NearestVectors(self.exact, stages.feeding, self._truth, self.exact_search_limit)

    def embed_query(self, text: str, instruction: str | None) -> Float32Array:
        return self.embedder.embed_query(text, instruction, timeout_s=_QUERY_TIMEOUT_S)

    def embed_sentences(self, texts: Sequence[str]) -> Float32Array | None:
        """As passages, at once: (N, D) float32. None while the model is not at hand: nobody waits for it then."""
        if not self.embedder.is_ready:
            return None
        return self.embedder.embed_sentences(texts, timeout_s=_SENTENCES_TIMEOUT_S)

    def _vector_store(self, directory: Path) -> VectorStore:
        store = VectorFront(self._logs, directory, self.space.dimension)
        self._vector_worker = store.worker
        return store


def folder_of(home: Home, space: Space) -> Path:
    """Where the vector indexes of a space are."""
    return home.vectors / folder_name(space.key)


def folder_name(key: str) -> str:
    """What the folder of the space with this key is called."""
    return key[:_FOLDER_NAME_CHARS]
