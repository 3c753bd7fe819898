"""Where everything is put together: settings, catalog, workers, pipeline, watcher, search. Imports no model library.

It owns what lives as long as the service does, and knows nothing of clients: `requests` answers them with it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from finder.config import SERVER, ServerSettings, Settings, SettingsFile
from finder.courtesy import give_way
from finder.embed.choice import check_name, space_named
from finder.errors import FinderError, StoreDamagedError
from finder.files.left_out import LeftOut
from finder.files.rules import Rules
from finder.files.watch import Watcher
from finder.index.pipeline import Pipeline
from finder.paths import Home
from finder.search.results import IsHidden
from finder.search.searcher import Searcher
from finder.service.advice import Advice
from finder.service.catalog_file import CatalogFile
from finder.service.deaths import Deaths
from finder.service.models import Models
from finder.service.remote_front import RemoteFront
from finder.service.roots import Roots
from finder.service.surroundings import Surroundings
from finder.service.upkeep import Rhythm, Upkeep
from finder.store import folders
from finder.store.catalog import Catalog
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
        self.settings_file = SettingsFile(home.settings)
        self.settings_file.remove_unfinished()
        self.settings = self.settings_file.load()
        self._settings_lock = threading.RLock()
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
        self._catalog_file = CatalogFile(home, self.kept_topics.forget)
        self.catalog, self.models, self.pipeline = self._opened_stores()
        self.searcher = Searcher(
            self.catalog.reader,
            self.models.search,
            lambda: self.catalog.commits,
            hiding=self.hiding,
            changes=self.catalog.changes,
        )
        self.watcher = Watcher(self.pipeline.look_at_all)
        self.roots = Roots(
            lambda: self.settings, self.change_settings, self.catalog, self.pipeline, self.watcher, self.rules
        )
        self.upkeep = Upkeep(
            self.pipeline,
            self.watcher,
            lambda: self.settings,
            self.rules,
            self.roots.look_at_watched,
            Surroundings(home.root),
            rhythm,
        )
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
        self.roots.stop()
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
    def is_unsound(self) -> bool:
        """True once the catalog has turned out damaged: this engine is to be stopped, and another one made."""
        return self._catalog_file.is_unsound

    @property
    def notes(self) -> list[str]:
        """What a person should know about this run, for the status."""
        return self._catalog_file.notes

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

    def change_settings(self, change: Callable[[Settings], Settings]) -> None:
        """Take over and save what `change` makes of the settings of this moment."""
        with self._settings_lock:
            changed = change(self.settings)
            if changed != self.settings:
                self.settings_file.save(changed)
                self.settings = changed

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
            self.change_settings(lambda settings: settings.with_value(name, typed))
            self.models.follow(self.settings)

    def _go_by(self, change: Callable[[Settings], Settings], leaves_out: bool) -> None:
        """Take over settings that decide what is indexed, and look at every folder again.

        Args:
            leaves_out: whole files may leave the index: they can be found no more when this returns.
        """
        with self.pipeline.purging.asked() if leaves_out else contextlib.nullcontext():
            self.change_settings(change)
            self.pipeline.scanning.rules_changed()
        threading.Thread(target=self._look_under_new_rules, name="new-rules", daemon=True).start()

    def _look_under_new_rules(self) -> None:
        """What is let in again is to be watched and found; a tree of many folders takes a while."""
        try:
            with self.catalog.guarded():
                self.roots.look_again()
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
            self.change_settings(lambda settings: replace(settings, model=name))
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
            self.change_settings(lambda settings: replace(settings, model=SERVER, server=server))
            self.models.use(self.settings)

    def remember_pause(self, is_paused: bool) -> None:
        """Whether indexing is to rest after the next start too."""
        self.change_settings(lambda settings: replace(settings, is_paused=is_paused))

    def _catch_up(self) -> None:
        try:
            with self.catalog.guarded():
                self.roots.catch_up()
        except (OSError, FinderError):
            _log.exception("Not every folder could be watched")
        finally:
            self.catalog.release_reader()

    def _check(self) -> None:
        give_way()
        self.catalog.check()

    def _opened_stores(self) -> tuple[Catalog, Models, Pipeline]:
        try:
            return self._opened_around(self._catalog_file.open())
        except StoreDamagedError:  # SQLite looks at a page when it is wanted, not before
            return self._opened_around(self._catalog_file.open())

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
