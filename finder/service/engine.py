"""Where everything is put together: settings, catalog, workers, pipeline, watcher, search. Imports no model library.

It owns what lives as long as the service does, and knows nothing of clients: `requests` answers them with it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import apsw

from finder.config import SERVER, FolderSetting, ServerSettings, Settings, SettingsFile
from finder.courtesy import give_way
from finder.crashpoints import crash_point
from finder.embed.choice import check_name, space_named
from finder.errors import FinderError, StoreDamagedError
from finder.files.identity import signed
from finder.files.left_out import LeftOut
from finder.files.rules import Rules
from finder.files.settle import FolderChange
from finder.files.watch import Watcher
from finder.index.pipeline import Pipeline
from finder.paths import Home, path_to_uri
from finder.search.results import IsHidden
from finder.search.searcher import Searcher
from finder.service.advice import Advice
from finder.service.deaths import Deaths
from finder.service.models import Models
from finder.service.remote_front import RemoteFront
from finder.service.surroundings import Surroundings
from finder.service.upkeep import Rhythm, Upkeep
from finder.store import folders
from finder.store.catalog import Catalog
from finder.store.epochs import remove_tree
from finder.store.folders import Root
from finder.store.schema import damaged
from finder.topics.kept import KeptMaps
from finder.workers.embed_front import EmbedFront
from finder.workers.extract_front import ExtractFront
from finder.workers.preview_front import PreviewFront
from finder.workers.supervisor import Worker
from finder.workers.topics_front import TopicsFront

_log = logging.getLogger(__name__)

_MANY_CORES = 4
_BEGINNING_ENDS_WITHIN_S = 5.0
"""Who still makes folders watched is waited for so long."""
_DECIDE_WHAT_IS_READ = frozenset({"use_gitignore", "size_limit_bytes", "reads_archives", "recognises_text"})
"""Settings of which the folders are looked at again."""


class Engine:
    """One home, served. `start` it once, `stop` it once; what it holds may be used from any thread in between."""

    def __init__(self, home: Home, rhythm: Rhythm | None = None) -> None:
        """Open the stores.

        Args:
            rhythm: how often the surroundings are looked at.
        Raises:
            EnvironmentFaultError: settings or catalog cannot be used; nothing was changed.
        """
        self.home = home
        self.started_s = time.monotonic()
        self.notes: list[str] = []
        """What a person should know about this run, for the status."""
        self.settings_file = SettingsFile(home.settings)
        self.settings_file.remove_unfinished()
        self.settings = self.settings_file.load()
        self._settings_lock = threading.RLock()
        self.is_unsound = False
        """True once the catalog has turned out damaged: this engine is to be stopped, and another one made."""
        check_name(self.settings.model)  # an unknown model is told before anything is touched
        self.deaths = Deaths(home)
        self.advice = Advice(home)
        cores = os.cpu_count() or 1
        self.extractor = ExtractFront(
            home.logs, count=2 if cores >= _MANY_CORES else 1, recognises_text=lambda: self.settings.recognises_text
        )
        self.previewer = PreviewFront(home.logs)
        self.kept_topics = KeptMaps(home.topics)
        self.topics = TopicsFront(home.logs, home.catalog)
        self.catalog, self.models, self.pipeline = self._opened_stores()
        self.searcher = Searcher(
            self.catalog.reader, self.models.search, lambda: self.catalog.commits, hiding=self.hiding
        )
        self.watcher = Watcher(self.pipeline.look_at_all)
        self.upkeep = Upkeep(
            self.pipeline,
            self.watcher,
            lambda: self.settings,
            self.rules,
            self.look_at_everything,
            Surroundings(home.root),
            rhythm,
        )
        self.pipeline.presence.listen(self._came_or_went)
        self._is_stopping = False
        self._catching_up = threading.Thread(target=self._catch_up, name="catch-up", daemon=True)
        self._checking = threading.Thread(target=self._check, name="catalog-check", daemon=True)

    def start(self) -> None:
        """Begin to work: what was left undone goes on, watched folders are watched and looked at."""
        if self.settings.is_paused:
            self.pipeline.pause("user", "by you")
        self.deaths.begin(partial(self.pipeline.pause, "deaths"))
        self.upkeep.start()
        self.pipeline.start()
        self.models.start(self.pipeline, self.settings)
        self._catching_up.start()
        self._checking.start()

    def stop(self) -> None:
        """End everything that was started. What is committed stays; the rest is found again at the next start."""
        self._is_stopping = True
        self.upkeep.stop()
        self.watcher.stop()
        self.extractor.stop()
        self.previewer.stop()
        self.topics.stop()
        self.models.stop()
        self.pipeline.stop()
        self._catching_up.join(_BEGINNING_ENDS_WITHIN_S)
        self.catalog.close()
        self._checking.join()
        self.models.close()  # what the catalog still had to commit has told it what died
        self.deaths.end()

    @property
    def workers(self) -> list[Worker]:
        """Every worker there is, for the status."""
        return [*self.extractor.workers, self.previewer.worker, *self.models.workers, *self.topics.workers]

    @property
    def embedder(self) -> EmbedFront | RemoteFront:
        """The model that answers queries."""
        return self.models.serving.embedder

    def rules(self) -> Rules:
        """What is indexed and what is not, by the settings of this moment."""
        chosen = self.settings
        return Rules(
            self.home.root, chosen.exclude, chosen.use_gitignore, chosen.size_limit_bytes, chosen.reads_archives
        )

    def change_settings(self, settings: Settings) -> None:
        """Take over and save what the user chose."""
        with self._settings_lock:
            self.settings_file.save(settings)
            self.settings = settings

    def hiding(self) -> IsHidden | None:
        """Says of a file whether the catalog still has it and it is excluded; None where nothing is to be removed."""
        if not self.pipeline.purging.is_pending:
            return None
        return LeftOut(self.rules(), [root.path for root in folders.roots(self.catalog.reader())]).holds

    def exclude(self, add: Sequence[str], remove: Sequence[str] = ()) -> None:
        """Change the user's patterns. What they leave out then can be found no more when this returns.

        Raises:
            UsageFaultError: one of them is no pattern; nothing was changed.
        """
        Rules(self.home.root, add, use_gitignore=False, size_limit_bytes=0)
        leaves_out = any(not rule.startswith("!") for rule in add) or any(rule.startswith("!") for rule in remove)
        self._go_by(lambda settings: settings.with_rules(add, remove), leaves_out)

    def change_setting(self, name: str, typed: str) -> None:
        """Change one setting to what a person typed. What depends on it follows behind.

        Raises:
            UsageFaultError: no such setting, or no value for it; nothing was changed.
        """
        changed = self.settings.with_value(name, typed)
        if changed == self.settings:
            return
        if name in _DECIDE_WHAT_IS_READ:
            leaves_out = name == "use_gitignore" and changed.use_gitignore
            self._go_by(lambda settings: settings.with_value(name, typed), leaves_out)
            return
        with self._settings_lock:
            self.change_settings(self.settings.with_value(name, typed))
            self.models.follow(self.settings)

    def _go_by(self, change: Callable[[Settings], Settings], leaves_out: bool) -> None:
        """Take over settings that decide what is indexed, and look at every folder again.

        Args:
            leaves_out: whole files may leave the index: they can be found no more when this returns.
        """
        with self.pipeline.purging.asked() if leaves_out else contextlib.nullcontext():
            with self._settings_lock:
                self.change_settings(change(self.settings))
            self.pipeline.scanning.rules_changed()
        threading.Thread(target=self._look_under_new_rules, name="new-rules", daemon=True).start()

    def _look_under_new_rules(self) -> None:
        """What is let in again is to be watched and found; a tree of many folders takes a while."""
        try:
            with self.catalog.guarded():
                self._look_at_all(self._watched_again())
        except (OSError, FinderError):
            _log.exception("Not every folder could be watched under the new rules")
        finally:
            self.catalog.release_reader()

    def use_model(self, name: str) -> None:
        """Work towards answering with another model; the present one answers until the other's space is whole.

        Raises:
            UsageFaultError: no model is called so.
            ModelUnavailableError: it is not on this computer, or cannot be used.
        """
        space_named(name, self.home.models)
        with self._settings_lock:
            self.change_settings(replace(self.settings, model=name))
            self.models.use(self.settings)

    def use_server(self, server: ServerSettings, stopped: threading.Event) -> None:
        """As `use_model`, with the model of a server that is asked what it is first.

        Args:
            stopped: set it to give up.
        Raises:
            FinderError: the server cannot be used; nothing was changed.
        """
        self.models.get_to_know(server, stopped)
        with self._settings_lock:
            self.change_settings(replace(self.settings, model=SERVER, server=server))
            self.models.use(self.settings)

    def remember_pause(self, is_paused: bool) -> None:
        """Whether indexing is to rest after the next start too."""
        with self._settings_lock:
            if self.settings.is_paused != is_paused:
                self.change_settings(replace(self.settings, is_paused=is_paused))

    def add_root(self, path: bytes, is_watched: bool) -> None:
        """Make a folder a root, in the settings first, so that it survives the loss of the catalog.

        Where it is one, what stands there now is taken for it, even if another drive is in its place.
        """
        found = os.stat(path)
        with self._settings_lock:
            if (setting := FolderSetting.of(path, is_watched)) not in self.settings.folders:
                self.change_settings(self.settings.with_folder(setting))
        crash_point("engine.folder_chosen")
        self.catalog.write(
            lambda connection: folders.add_root(connection, path, found.st_dev, signed(found.st_ino), is_watched)
        )
        root = folders.root_above(self.catalog.reader(), path)
        if root is not None and root.path == path:
            self.pipeline.presence.accept(root)
        if is_watched:
            self.watcher.add(path, self.rules())

    def drop_folder(self, path: bytes) -> None:
        """Take a folder out of the settings and watch it no more; the catalog is the caller's."""
        with self._settings_lock:
            self.change_settings(self.settings.without_folder(path_to_uri(path)))
        crash_point("engine.folder_dropped")
        self.watcher.remove(path)

    def drop_absorbed_folders(self) -> list[bytes]:
        """A root inside a root that was added later is an ordinary folder of that one now. Returns those that were."""
        connection = self.catalog.reader()
        known = {root.path for root in folders.roots(connection)}
        absorbed = [
            folder.path
            for folder in self.settings.folders
            if folder.path not in known and folders.folder_at(connection, folder.path) is not None
        ]
        for path in absorbed:
            self.drop_folder(path)
        return absorbed

    def look_at_everything(self) -> None:
        """Compare every watched root with the catalog: when events were lost."""
        self._look_at_all(folder.path for folder in self.settings.folders if folder.is_watched)

    def _catch_up(self) -> None:
        """Watch first, then scan: what changes in between is seen by one or the other."""
        try:
            with self.catalog.guarded():
                if self.pipeline.purging.is_pending:
                    self._go_on_forgetting()
                self.drop_absorbed_folders()
                self._look_at_all(self._watched_again())
        except (OSError, FinderError):
            _log.exception("Not every folder could be watched")
        finally:
            self.catalog.release_reader()

    def _go_on_forgetting(self) -> None:
        """A kill came between dropping a folder from the settings and forgetting it in the catalog."""
        chosen = {folder.path for folder in self.settings.folders}
        for root in folders.roots(self.catalog.reader()):
            if root.path not in chosen:
                with self.pipeline.purging.asked():
                    self.catalog.write(partial(folders.detach, folder_id=root.folder_id))

    def _watched_again(self) -> list[bytes]:
        """Watch the roots that are there. Returns those to be looked at; the others follow when they come back."""
        known = {FolderSetting.of(root.path, root.is_watched) for root in folders.roots(self.catalog.reader())}
        for folder in self.settings.folders:
            if folder not in known:  # the catalog was lost, and the drive may be away
                self.catalog.write(partial(_add_unseen, folder=folder))
        to_look_at = []
        for root in folders.roots(self.catalog.reader()):
            # Of one that was away `_came_or_went` is told.
            if not self._is_stopping and self.pipeline.presence.check(root) and root.is_online:
                if root.is_watched:
                    self.watcher.add(root.path, self.rules())
                if root.is_watched or root.scanned_ns is None:
                    to_look_at.append(root.path)
        return to_look_at

    def _check(self) -> None:
        give_way()
        self.catalog.check()

    def _came_or_went(self, root: Root, is_online: bool) -> None:
        """A drive was connected or pulled out."""
        if not is_online:
            self.watcher.remove(root.path)
            return
        if root.is_watched:
            self.watcher.add(root.path, self.rules())
        if root.is_watched or root.scanned_ns is None:
            self.pipeline.look_at(root.path, is_deep=True)

    def _look_at_all(self, paths: Iterable[bytes]) -> None:
        self.pipeline.look_at_all(FolderChange(path, path, is_deep=True) for path in paths)

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def _opened_stores(self) -> tuple[Catalog, Models, Pipeline]:
        try:
            return self._opened_around(self._opened_catalog())
        except StoreDamagedError:  # SQLite looks at a page when it is wanted, not before
            self.is_unsound = False
            return self._opened_around(self._opened_catalog())

    def _opened_around(self, catalog: Catalog) -> tuple[Catalog, Models, Pipeline]:
        """The catalog, and what reads from it as it is opened. Where that fails the catalog is closed."""
        try:
            with catalog.guarded():
                models = Models(self.home, catalog, self.settings)
                pipeline = Pipeline(
                    catalog,
                    self.rules,
                    self.extractor,
                    models.serving.parts,
                    reading_threads=2,
                    in_hand=self.deaths.in_hand,
                    forget_derived=self.kept_topics.forget,
                )
        except BaseException:
            catalog.close()
            raise
        return catalog, models, pipeline

    def _opened_catalog(self) -> Catalog:
        """The catalog; a damaged one is set aside and made again from the settings and the disk."""
        path = self.home.catalog
        if not path.exists() or not path.stat().st_size:
            path.unlink(missing_ok=True)
            self._unsound_mark.unlink(missing_ok=True)
            self._forget_vectors()
        try:
            if self._unsound_mark.exists():
                raise damaged(path, self._unsound_mark.read_text(encoding="utf-8", errors="replace"))
            return Catalog(path, self._found_unsound)
        except StoreDamagedError as error:
            _log.error("%s", error)
            for earlier in self.home.root.glob("catalog.db.damaged-*"):
                earlier.unlink()  # each is as large as a catalog, and one is enough to look into
            aside = path.with_name(f"catalog.db.damaged-{int(time.time())}")
            os.replace(path, aside)
            crash_point("engine.catalog_set_aside")
            for suffix in ("-wal", "-shm"):
                Path(f"{path}{suffix}").unlink(missing_ok=True)
            self._unsound_mark.unlink(missing_ok=True)
            self._forget_vectors()
            self._note(f"The catalog was damaged and is being made again; the old one is {aside.name}.")
            return Catalog(path, self._found_unsound)

    @property
    def _unsound_mark(self) -> Path:
        return self.home.root / "catalog.db.unsound"

    def _found_unsound(self, damage: StoreDamagedError) -> None:
        """The catalog turned out damaged in use: the next engine of this home makes it again."""
        if self.is_unsound:
            return
        _log.error("%s", damage)
        try:
            self._unsound_mark.write_text(damage.detail, encoding="utf-8")
        except OSError as error:  # a full disk: without the mark the next engine would end up here again
            _log.error("the damaged catalog stays in use: %s", error)
        else:
            self.is_unsound = True

    def _forget_vectors(self) -> None:
        """A new catalog's sequence numbers begin again: no vector index may answer with those of the old one.

        What was to be purged is not known any more, so nothing else that was made of texts stays either.
        """
        self.kept_topics.forget()
        remove_tree(self.home.vectors)
        crash_point("engine.vectors_forgotten")
        self.home.create()


def _add_unseen(connection: apsw.Connection, folder: FolderSetting) -> None:
    """Make a chosen folder a root whether or not it is there; a look at it tells its numbers."""
    folders.add_root(connection, folder.path, 0, 0, folder.is_watched)
