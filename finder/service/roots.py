"""The chosen folders: in the settings, as roots in the catalog, and watched.

The settings come first: what was chosen survives the loss of the catalog.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import partial

import apsw

from finder.config import FolderSetting, Settings
from finder.crashpoints import crash_point
from finder.files.identity import signed
from finder.files.rules import Rules
from finder.files.settle import FolderChange
from finder.files.watch import Watcher
from finder.index.pipeline import Pipeline
from finder.paths import path_to_uri
from finder.store import folders
from finder.store.catalog import Catalog
from finder.store.folders import Root

Change = Callable[[Settings], Settings]


class Roots:
    """Keeps settings, catalog and watcher in step about which folders there are.

    Args:
        settings: those of this moment.
        change_settings: takes over and saves what becomes of them.
        rules: what is indexed and what is not, by those settings.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        change_settings: Callable[[Change], None],
        catalog: Catalog,
        pipeline: Pipeline,
        watcher: Watcher,
        rules: Callable[[], Rules],
    ) -> None:
        self._settings = settings
        self._change_settings = change_settings
        self._catalog = catalog
        self._pipeline = pipeline
        self._watcher = watcher
        self._rules = rules
        self._is_stopping = False
        pipeline.presence.listen(self._came_or_went)

    def stop(self) -> None:
        """Begin to watch nothing more."""
        self._is_stopping = True

    def add(self, path: bytes, is_watched: bool) -> None:
        """Make a folder a root. Where it is one, what stands there now is taken for it, even if another
        drive is in its place.

        Raises:
            OSError: it is not there, or not to be looked at.
        """
        found = os.stat(path)
        self._change_settings(lambda settings: _with(settings, FolderSetting.of(path, is_watched)))
        crash_point("engine.folder_chosen")
        self._catalog.write(
            lambda connection: folders.add_root(connection, path, found.st_dev, signed(found.st_ino), is_watched)
        )
        root = folders.root_above(self._catalog.reader(), path)
        if root is not None and root.path == path:
            self._pipeline.presence.accept(root)
        if is_watched:
            self._watcher.add(path, self._rules())

    def drop(self, path: bytes) -> None:
        """Take a folder out of the settings and watch it no more; the catalog is the caller's."""
        self._change_settings(lambda settings: settings.without_folder(path_to_uri(path)))
        crash_point("engine.folder_dropped")
        self._watcher.remove(path)

    def drop_absorbed(self) -> list[bytes]:
        """A root inside a root that was added later is an ordinary folder of that one now. Returns those that were."""
        connection = self._catalog.reader()
        known = {root.path for root in folders.roots(connection)}
        absorbed = [
            folder.path
            for folder in self._settings().folders
            if folder.path not in known and folders.folder_at(connection, folder.path) is not None
        ]
        for path in absorbed:
            self.drop(path)
        return absorbed

    def catch_up(self) -> None:
        """At the start: end what a kill cut short, watch every root that is there, and look at each.

        Watch first, then scan: what changes in between is seen by one or the other.
        """
        if self._pipeline.purging.is_pending:
            self._go_on_forgetting()
        self.drop_absorbed()
        self.look_again()

    def look_again(self) -> None:
        """Watch every root that is there under the rules of now, and look at each; others follow when they come."""
        self._look_at(self._watched_again())

    def look_at_watched(self) -> None:
        """Compare every watched root with the catalog: when events were lost."""
        self._look_at(folder.path for folder in self._settings().folders if folder.is_watched)

    def _go_on_forgetting(self) -> None:
        """A kill came between dropping a folder from the settings and forgetting it in the catalog."""
        chosen = {folder.path for folder in self._settings().folders}
        for root in folders.roots(self._catalog.reader()):
            if root.path not in chosen:
                with self._pipeline.purging.asked():
                    self._catalog.write(partial(folders.detach, folder_id=root.folder_id))

    def _watched_again(self) -> list[bytes]:
        """Watch the roots that are there. Returns those to be looked at."""
        known = {FolderSetting.of(root.path, root.is_watched) for root in folders.roots(self._catalog.reader())}
        for folder in self._settings().folders:
            if folder not in known:  # the catalog was lost, and the drive may be away
                self._catalog.write(partial(_add_unseen, folder=folder))
        to_look_at = []
        for root in folders.roots(self._catalog.reader()):
            # Of one that was away `_came_or_went` is told.
            if not self._is_stopping and self._pipeline.presence.check(root) and root.is_online:
                if root.is_watched:
                    self._watcher.add(root.path, self._rules())
                if root.is_watched or root.scanned_ns is None:
                    to_look_at.append(root.path)
        return to_look_at

    def _came_or_went(self, root: Root, is_online: bool) -> None:
        """A drive was connected or pulled out."""
        if not is_online:
            self._watcher.remove(root.path)
            return
        if root.is_watched:
            self._watcher.add(root.path, self._rules())
        if root.is_watched or root.scanned_ns is None:
            self._pipeline.look_at(root.path, is_deep=True)

    def _look_at(self, paths: Iterable[bytes]) -> None:
        self._pipeline.look_at_all(FolderChange(path, path, is_deep=True) for path in paths)


def _with(settings: Settings, folder: FolderSetting) -> Settings:
    return settings if folder in settings.folders else settings.with_folder(folder)


def _add_unseen(connection: apsw.Connection, folder: FolderSetting) -> None:
    """Make a chosen folder a root whether or not it is there; a look at it tells its numbers."""
    folders.add_root(connection, folder.path, 0, 0, folder.is_watched)
