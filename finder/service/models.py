"""The models the service works with: the one whose space answers, and one whose space is built beside it.

A change of model never leaves a person without answers: the new space is filled while the old one serves, the switch is
one UPDATE, and only then does the old one go. A kill anywhere in between is found again from the catalog's rows.
Imports no model library.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

import apsw

from finder.config import ServerSettings, Settings
from finder.crashpoints import crash_point
from finder.embed.choice import space_named, takes_instructions
from finder.embed.models import BUILT_IN, KNOWN_MODELS
from finder.errors import CancelledError, FinderError, ModelUnavailableError
from finder.index.pipeline import Pipeline
from finder.index.space import SpaceStages
from finder.paths import Home
from finder.search.background import UNKNOWN, Prior
from finder.search.searcher import SpaceSearch
from finder.service.elastic import Elastic
from finder.service.remote_front import RemoteFront, become_known
from finder.service.served_model import ServedModel, folder_name
from finder.store import spaces
from finder.store.catalog import Catalog
from finder.store.epochs import remove_tree
from finder.vectors import Space
from finder.workers.embed_front import EmbedFront
from finder.workers.supervisor import Worker

_log = logging.getLogger(__name__)

_LOOK_S = 0.5
"""Between two looks at whether the new space is whole."""
_ABSENT_LOOK_S = 15.0
"""Between two looks at whether a model that is away has come."""
_SEARCHES_END_WITHIN_S = 2.0
"""A search that began with the former space may still ask its model."""
_REMOVED_PER_COMMIT = 2_000


class Models:
    """Opens the space that answers; builds another beside it when the settings want another model."""

    def __init__(self, home: Home, catalog: Catalog, settings: Settings) -> None:
        """
        Raises:
            UsageFaultError: the settings name no known model.
        """
        self._home = home
        self._catalog = catalog
        self._settings = settings
        self._lock = threading.RLock()
        self._cancelled = threading.Event()
        """For the builder that runs; each has one of its own."""
        self._fault: ModelUnavailableError | None = None
        self._builder: threading.Thread | None = None
        self.building: ServedModel | None = None
        """The model that is to answer once its space is whole."""
        self._former: ServedModel | None = None
        """The model that answered until a moment ago, while its last pieces of work end."""
        space, space_id = catalog.write(lambda connection: _serving(connection, settings.model, home.models))
        self.elastic = Elastic(home, settings.server)
        """Starts and stops the server of the settings."""
        self.serving = ServedModel(home, catalog, settings, self.elastic, space, space_id)
        """The model whose space answers."""

    def start(self, pipeline: Pipeline, settings: Settings) -> None:
        """Answer from the pipeline's space, and build the one that the settings want where it is another."""
        self._pipeline = pipeline
        self.nearest = self.serving.nearest(pipeline.serving)
        self.elastic.begin()
        self._start_building(settings)

    def get_to_know(self, server: ServerSettings, stopped: threading.Event) -> None:
        """Have a server asked what it is, and what is agreed to by using it written down.

        Raises:
            FinderError: it cannot be used; nothing was changed.
        """
        try:
            self.elastic.use(server)
            become_known(server, self._home.models, self.elastic, stopped)
        except FinderError:
            self.elastic.use(self._settings.server)
            raise

    def use(self, settings: Settings) -> None:
        """Work towards the model that the changed settings want."""
        self._stop_building()
        self._settings = settings
        if isinstance(self.serving.embedder, RemoteFront):
            self.serving.embedder.go_by(settings.server)
        self._start_building(settings)

    def follow(self, settings: Settings) -> None:
        """Go by changed settings, but for another model: see `use`."""
        with self._lock:
            self._settings = settings
            self.nearest.exact_search_limit = settings.exact_search_limit
            for model in self._models:
                model.exact_search_limit = settings.exact_search_limit
                if isinstance(model.embedder, EmbedFront):
                    model.embedder.leave_after(settings.embed_idle_minutes * 60)
                    model.embedder.limit_gpu_memory(settings.gpu_memory_limit_bytes)

    def stop(self) -> None:
        """Build no longer, and let the models go. Before the pipeline, whose last pieces then end at once."""
        self._cancelled.set()
        for model in self._models:
            model.embedder.stop()
        if self._builder is not None:
            self._builder.join()
        for model in self._models:  # one may just have been begun
            model.embedder.stop()
        self.elastic.end()

    def close(self) -> None:
        """Close what searches read: after the catalog, which still tells it what died."""
        for model in self._models:
            model.exact.close()

    @property
    def workers(self) -> list[Worker]:
        return [worker for model in self._models for worker in model.workers]

    def search(self) -> SpaceSearch:
        """What a search by meaning asks; one search keeps to it, whatever is switched meanwhile."""
        with self._lock:
            serving = self.serving
            return SpaceSearch(
                serving.space_id, self.nearest, serving.embed_query, serving.embed_sentences, _prior_of(serving.name)
            )

    @property
    def absence(self) -> ModelUnavailableError | None:
        """Why the chosen model is not to be had while another one answers; it is looked for again and again."""
        return self._fault if self.serving.name != self._settings.model else None

    @property
    def takes_instructions(self) -> bool:
        """True where the model that answers understands what a search is for."""
        try:
            return takes_instructions(self.serving.name, self._home.models)
        except ModelUnavailableError:  # the answer is by words alone
            return False

    @property
    def _models(self) -> list[ServedModel]:
        return [model for model in (self.serving, self.building, self._former) if model is not None]

    def _start_building(self, settings: Settings) -> None:
        self._cancelled = threading.Event()
        arguments = (settings, self._cancelled)
        self._builder = threading.Thread(target=self._build, args=arguments, name="space-builder", daemon=True)
        self._builder.start()

    def _stop_building(self) -> None:
        self._cancelled.set()
        if self._builder is not None:
            self._builder.join()
        with self._lock:
            dropped, self.building = self.building, None
        if dropped is not None:
            dropped.embedder.stop()
            self._pipeline.drop_building()
            dropped.exact.close()

    def _build(self, settings: Settings, cancelled: threading.Event) -> None:
        """The thread of a change of model: what is left over goes, the new space is built, the switch is made."""
        try:
            with self._catalog.guarded():
                self._build_wanted(settings, cancelled)
        except CancelledError:
            pass
        except (FinderError, OSError) as error:
            _log.warning("the change of model waits for the next start: %s", error)
        finally:
            self._catalog.release_reader()

    def _build_wanted(self, settings: Settings, cancelled: threading.Event) -> None:
        space = self._wanted_space(settings.model, cancelled)
        self._remove_retired(space, cancelled)
        if space.key == self.serving.space.key:
            self._catalog.write(lambda connection: spaces.begin(connection, space))
            self.serving.rename(space)
        else:
            self._build_beside(settings, space, cancelled)
            self._remove_retired(space, cancelled)

    def _wanted_space(self, name: str, cancelled: threading.Event) -> Space:
        """The space of the model in the settings, as soon as the model is on this computer."""
        while True:
            try:
                space = space_named(name, self._home.models)
            except ModelUnavailableError as error:
                self._fault = error
            else:
                self._fault = None
                return space
            if cancelled.wait(_ABSENT_LOOK_S):
                raise CancelledError

    def _build_beside(self, settings: Settings, space: Space, cancelled: threading.Event) -> None:
        space_id = self._catalog.write(lambda connection: spaces.begin(connection, space))
        model = ServedModel(self._home, self._catalog, settings, self.elastic, space, space_id)
        with self._lock:
            self.building = model
            self._pipeline.build_beside(model.parts)
        stages = self._pipeline.building
        assert stages is not None
        _log.info("the space of %s is built beside that of %s", model.name, self.serving.name)
        while stages.pending > self._pipeline.serving.pending:
            if cancelled.wait(_LOOK_S):
                raise CancelledError
        self._switch(model, stages, cancelled)

    def _switch(self, model: ServedModel, stages: SpaceStages, cancelled: threading.Event) -> None:
        crash_point("models.before_switch")
        self._catalog.write(lambda connection: spaces.activate(connection, model.space))
        crash_point("models.after_switch")
        with self._lock:
            former = self._former = self.serving
            self.serving, self.building = model, None
            self.nearest = model.nearest(stages)
        _log.info("the space of %s answers from now on", model.name)
        self._pipeline.switch()
        cancelled.wait(_SEARCHES_END_WITHIN_S)
        former.embedder.stop()
        former.exact.close()
        self._former = None

    def _remove_retired(self, wanted: Space, cancelled: threading.Event) -> None:
        """Remove every vector and folder of spaces that neither answer nor are wanted, some at a time."""
        kept = {self.serving.space.key, wanted.key}
        for space_id in spaces.others(self._catalog.reader(), kept):
            remove = partial(spaces.remove_some, space_id=space_id, limit=_REMOVED_PER_COMMIT)
            while self._catalog.write(remove):
                crash_point("models.retired_vectors_removed")
                if cancelled.is_set():
                    raise CancelledError
        names = {folder_name(key) for key in kept}
        for entry in list(self._home.vectors.iterdir()):
            if entry.name not in names:
                remove_tree(entry) if entry.is_dir() else entry.unlink()


def _serving(connection: apsw.Connection, wanted: str, models: Path) -> tuple[Space, int]:
    """The space that can answer at once, and its id.

    Where the model is away, its drive say, that is the space that answered before: words find in it, and meaning too
    when it is back. Where nothing answered before, it is the built-in model's, until the chosen one is there.
    """
    active = spaces.active(connection)
    try:
        space = space_named(wanted, models)
    except ModelUnavailableError:
        if active is not None:
            return active[1], active[0]
        space = space_named(BUILT_IN.name, models)
    if active is not None:
        space_id, present = active
        if present.key != space.key and _is_usable(present, models) and spaces.count_vectors(connection, space_id):
            return present, space_id
    return space, spaces.activate(connection, space)


def _prior_of(name: str) -> Prior:
    """What the program knows of a model."""
    spec = KNOWN_MODELS.get(name)
    if spec is None:
        return UNKNOWN
    return replace(Prior(*spec.unrelated) if spec.unrelated is not None else UNKNOWN, writings=spec.writings)


def _is_usable(space: Space, models: Path) -> bool:
    """True where the model that made the space is known still, and makes the same one."""
    try:
        return space_named(space.model, models).key == space.key
    except FinderError:
        return False
