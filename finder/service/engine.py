"""Where everything is put together: settings, catalog, workers, pipeline, watcher, search. Imports no model library.

It owns what lives as long as the service does, and knows nothing of clients: `requests` answers them with it.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path

from finder.config import FolderSetting, Settings, SettingsFile
from finder.embed.choice import space_named
from finder.errors import FinderError, StoreDamagedError
from finder.files.identity import signed
from finder.files.rules import Rules
from finder.files.settle import FolderChange
from finder.files.watch import Watcher
from finder.index.pipeline import Pipeline
from finder.paths import Home, path_to_uri
from finder.search.nearest import NearestVectors
from finder.search.searcher import Searcher
from finder.store import folders, spaces
from finder.store.catalog import Catalog
from finder.store.exact import ExactIndex
from finder.store.spaces import SpaceVectors
from finder.vectors import Float32Array, Space
from finder.workers.embed_front import EmbedFront
from finder.workers.extract_front import ExtractFront
from finder.workers.supervisor import Worker
from finder.workers.vector_front import VectorFront

_log = logging.getLogger(__name__)

_MANY_CORES = 4
_QUERY_TIMEOUT_S = 60.0


class Engine:
    """One home, served. `start` it once, `stop` it once; what it holds may be used from any thread in between."""

    def __init__(self, home: Home) -> None:
        """Open the stores.

        Raises:
            EnvironmentFaultError: settings or catalog cannot be used; nothing was changed.
        """
        self.home = home
        self.started_s = time.monotonic()
        self.notes: list[str] = []
        """What a person should know about this run, for the status."""
        self.settings_file = SettingsFile(home.settings)
        self.settings = self.settings_file.load()
        self._settings_lock = threading.RLock()
        space = space_named(self.settings.model)
        self.catalog = self._opened_catalog()
        space_id = self.catalog.write(lambda connection: spaces.activate(connection, space))
        cores = os.cpu_count() or 1
        self.extractor = ExtractFront(home.logs, count=2 if cores >= _MANY_CORES else 1)
        self.embedder = EmbedFront(home.logs, self.settings.model, space, self.settings.embed_idle_minutes * 60)
        truth = SpaceVectors(self.catalog.reader, space_id, space.dimension)
        self._exact = ExactIndex(home.vectors / "exact.bin", space, truth)
        self.pipeline = Pipeline(
            self.catalog,
            self.rules,
            self.extractor,
            self.embedder,
            self._exact,
            lambda directory: self._vector_store(directory, space),
            home.vectors,
            space_id=space_id,
            reading_threads=2,
        )
        self.nearest = NearestVectors(self._exact, self.pipeline.feeding, truth, self.settings.exact_search_limit)
        self.searcher = Searcher(
            self.catalog.reader, self.nearest, self._embed_query, lambda: space_id, lambda: self.catalog.commits
        )
        self.watcher = Watcher(self._changed, on_limit=self._note)
        self._vector_worker: Worker | None = None
        self._is_stopping = False
        self._catching_up = threading.Thread(target=self._catch_up, name="catch-up", daemon=True)

    def start(self) -> None:
        """Begin to work: what was left undone goes on, watched folders are watched and looked at."""
        if self.settings.is_paused:
            self.pipeline.pause("user", "by you")
        self.pipeline.start()
        self._catching_up.start()

    def stop(self) -> None:
        """End everything that was started. What is committed stays; the rest is found again at the next start."""
        self._is_stopping = True
        self.watcher.stop()
        self.extractor.stop()
        self.embedder.stop()
        self.pipeline.stop()
        self.catalog.close()
        self._exact.close()  # last: what the catalog still had to commit tells it what died

    @property
    def workers(self) -> list[Worker]:
        """Every worker there is, for the status."""
        vectors = [self._vector_worker] if self._vector_worker is not None else []
        return [*self.extractor.workers, self.embedder.worker, *vectors]

    def rules(self) -> Rules:
        """What is indexed and what is not, by the settings of this moment."""
        chosen = self.settings
        return Rules(self.home.root, chosen.exclude, chosen.use_gitignore, chosen.size_limit_bytes)

    def change_settings(self, settings: Settings) -> None:
        """Take over and save what the user chose."""
        with self._settings_lock:
            self.settings_file.save(settings)
            self.settings = settings

    def remember_pause(self, is_paused: bool) -> None:
        """Whether indexing is to rest after the next start too."""
        with self._settings_lock:
            if self.settings.is_paused != is_paused:
                self.change_settings(replace(self.settings, is_paused=is_paused))

    def add_root(self, path: bytes, is_watched: bool) -> None:
        """Make a folder a root, in the settings first, so that it survives the loss of the catalog."""
        found = os.stat(path)
        with self._settings_lock:
            if (setting := FolderSetting.of(path, is_watched)) not in self.settings.folders:
                self.change_settings(self.settings.with_folder(setting))
        self.catalog.write(
            lambda connection: folders.add_root(connection, path, found.st_dev, signed(found.st_ino), is_watched)
        )
        if is_watched:
            self.watcher.add(path, self.rules())

    def drop_folder(self, path: bytes) -> None:
        """Take a folder out of the settings and watch it no more; the catalog is the caller's."""
        with self._settings_lock:
            self.change_settings(self.settings.without_folder(path_to_uri(path)))
        self.watcher.remove(path)

    def drop_absorbed_folders(self) -> None:
        """A root inside a root that was added later is an ordinary folder of that one now."""
        connection = self.catalog.reader()
        known = {root.path for root in folders.roots(connection)}
        for folder in self.settings.folders:
            if folder.path not in known and folders.folder_at(connection, folder.path) is not None:
                self.drop_folder(folder.path)

    def look_at_everything(self) -> None:
        """Compare every watched root with the catalog: after a start, or when events were lost."""
        for folder in self.settings.folders:
            if folder.is_watched:
                self.pipeline.look_at(folder.path, is_deep=True)

    def _catch_up(self) -> None:
        """Watch first, then scan: what changes in between is seen by one or the other."""
        self.drop_absorbed_folders()
        known = {root.path for root in folders.roots(self.catalog.reader())}
        self.catalog.release_reader()
        for folder in self.settings.folders:
            if self._is_stopping:
                return
            try:
                if folder.path not in known or folder.is_watched:
                    self.add_root(folder.path, folder.is_watched)
                if folder.path not in known and not folder.is_watched:
                    self.pipeline.look_at(folder.path, is_deep=True)
            except (OSError, FinderError) as error:
                _log.warning("A folder is not there: %s", error)
        self.look_at_everything()

    def _changed(self, changes: frozenset[FolderChange]) -> None:
        for change in changes:
            self.pipeline.look_at(change.path, change.is_deep)

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def _opened_catalog(self) -> Catalog:
        """The catalog; a damaged one is set aside and made again from the settings and the disk."""
        path = self.home.catalog
        if not path.exists():
            self._forget_vectors()
        try:
            return Catalog(path)
        except StoreDamagedError as error:
            _log.error("%s", error)
            aside = path.with_name(f"catalog.db.damaged-{int(time.time())}")
            os.replace(path, aside)
            for suffix in ("-wal", "-shm"):
                Path(f"{path}{suffix}").unlink(missing_ok=True)
            self._forget_vectors()
            self._note(f"The catalog was damaged and is being made again; the old one is {aside.name}.")
            return Catalog(path)

    def _forget_vectors(self) -> None:
        """A new catalog's sequence numbers begin again: no vector index may answer with those of the old one."""
        shutil.rmtree(self.home.vectors)
        self.home.create()

    def _vector_store(self, directory: Path, space: Space) -> VectorFront:
        store = VectorFront(self.home.logs, directory, space.dimension)
        self._vector_worker = store.worker
        return store

    def _embed_query(self, text: str) -> Float32Array:
        return self.embedder.embed_query(text, timeout_s=_QUERY_TIMEOUT_S)
