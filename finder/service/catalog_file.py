"""The file of the catalog: opened, and where it is damaged set aside and made again from the settings and the disk."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from finder.crashpoints import crash_point
from finder.errors import StoreDamagedError
from finder.paths import Home
from finder.store.catalog import Catalog
from finder.store.epochs import remove_tree
from finder.store.schema import damaged

_log = logging.getLogger(__name__)


class CatalogFile:
    """Opens the catalog of one home.

    Args:
        forget_derived: called before a new catalog is made: what was made of the texts of the old one is to go.
    """

    def __init__(self, home: Home, forget_derived: Callable[[], object]) -> None:
        self.is_unsound = False
        """True once the catalog that is open has turned out damaged: it is to be closed, and opened anew."""
        self.notes: list[str] = []
        """What a person should know, for the status."""
        self._home = home
        self._forget_derived = forget_derived
        self._mark = home.root / "catalog.db.unsound"

    def open(self) -> Catalog:
        """The catalog; a damaged one is set aside, and there is nothing yet in the one that is returned.

        Raises:
            EnvironmentFaultError: it cannot be used; nothing was changed.
        """
        self.is_unsound = False
        path = self._home.catalog
        if not path.exists() or not path.stat().st_size:
            path.unlink(missing_ok=True)
            self._mark.unlink(missing_ok=True)
            self._forget_vectors()
        try:
            if self._mark.exists():
                raise damaged(path, self._mark.read_text(encoding="utf-8", errors="replace"))
            return Catalog(path, self._found_unsound)
        except StoreDamagedError as error:
            _log.error("%s", error)
            self._set_aside(path)
            return Catalog(path, self._found_unsound)

    def _set_aside(self, path: Path) -> None:
        for earlier in self._home.root.glob("catalog.db.damaged-*"):
            earlier.unlink()  # each is as large as a catalog, and one is enough to look into
        aside = path.with_name(f"catalog.db.damaged-{int(time.time())}")
        os.replace(path, aside)
        crash_point("engine.catalog_set_aside")
        for suffix in ("-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        self._mark.unlink(missing_ok=True)
        self._forget_vectors()
        self.notes = [f"The catalog was damaged and is being made again; the old one is {aside.name}."]

    def _found_unsound(self, damage: StoreDamagedError) -> None:
        """The catalog turned out damaged in use: the next time it is opened it is made again."""
        if self.is_unsound:
            return
        _log.error("%s", damage)
        try:
            self._mark.write_text(damage.detail, encoding="utf-8")
        except OSError as error:  # a full disk: without the mark the next one to open it would end up here again
            _log.error("the damaged catalog stays in use: %s", error)
        else:
            self.is_unsound = True

    def _forget_vectors(self) -> None:
        """A new catalog's sequence numbers begin again: no vector index may answer with those of the old one.

        What was to be purged is not known any more, so nothing else that was made of texts stays either.
        """
        self._forget_derived()
        remove_tree(self._home.vectors)
        crash_point("engine.vectors_forgotten")
        self._home.create()
