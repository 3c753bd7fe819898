"""The purging stage: what the user excluded or forgot -> gone, from the catalog and then from every file of the home.

Whoever takes something away does it within `asked`: then a mark in the catalog says so until the last byte is gone,
whatever is killed in between. Rows are found by the rules and the catalog alone, so that neither a long scan nor a
drive that is away delays them. It works while indexing rests.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import apsw

from finder.crashpoints import crash_point
from finder.errors import CancelledError, EnvironmentFaultError
from finder.files.rules import INCLUDED, FolderRules, Rules, has_on_disk
from finder.index.stage import Stage
from finder.store import contents, files, folders, keywords, marks
from finder.store.catalog import Catalog

_log = logging.getLogger(__name__)

_FILES_PER_COMMIT = 100
"""A tenth of a second or two, which is what other writers wait for."""
_LOG_RETRY_S = 0.2
_LOG_TRIES = 50
_COPIES = ("catalog.db.before-*", "catalog.db.damaged-*")

FileKey = tuple[int, bytes, int | None]
"""Id, name and content id of a file."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A folder of the catalog, to be gone through."""

    id: int
    rules: FolderRules | None
    """None where all that it holds goes."""


class PurgingStage(Stage):
    """Removes what nobody is to find any more, and then every trace of it."""

    def __init__(
        self,
        catalog: Catalog,
        rules: Callable[[], Rules],
        on_removed: Callable[[list[int]], None],
        forget_vectors: Callable[[], None],
    ) -> None:
        """
        Args:
            rules: those of this moment.
            on_removed: told after each commit, with the sequence numbers of vectors that died in it.
            forget_vectors: lets no byte of vectors that died stay in the vector indexes.
        """
        super().__init__("purging")
        self._catalog = catalog
        self._rules = rules
        self._on_removed = on_removed
        self._forget_vectors = forget_vectors
        self._asking = threading.Lock()
        self.times_asked = 0
        """How often something was excluded or forgotten, and that was acknowledged, since the service began."""
        self._forgotten_for = -1
        """How often was asked when the vector indexes were last rid of what died: a retry need not build them again."""
        self._done = threading.Event()
        self.was_pending = marks.get(catalog.reader(), marks.PURGE) is not None
        """True where there was something to do at any time since the service began."""
        if not self.was_pending:
            self._done.set()
        self.doing = ""
        """In words, empty where there is nothing to do."""

    @property
    def is_pending(self) -> bool:
        """True until what was taken away is gone: until then the rules of this moment say what may be shown."""
        return not self._done.is_set()

    def pause(self, is_paused: bool) -> None:
        """It never rests: what is to be gone goes, and frees room on a disk that is full."""

    @contextlib.contextmanager
    def asked(self) -> Iterator[None]:
        """Around changing the rules, or forgetting a folder: what follows from it is done behind, come what may.

        Raises:
            EnvironmentFaultError: the catalog takes no data; nothing was changed.
        """
        with self._asking:
            self._catalog.write(lambda connection: marks.put(connection, marks.PURGE))
            self._done.clear()
            self.was_pending = True
            crash_point("purging.asked")
            try:
                yield
            finally:
                self.times_asked += 1
        self.wake()

    def wait(self, timeout_s: float) -> bool:
        """Until every byte is gone; False where that takes longer."""
        return self._done.wait(timeout_s)

    def work(self) -> bool:
        if self._done.is_set():
            return False
        asked = self.times_asked
        try:
            self._remove_rows()
            crash_point("purging.rows_removed")
            if self._forgotten_for != asked:
                self.doing = "erasing vectors"
                self._forget_vectors()
                self._forgotten_for = asked
            crash_point("purging.vectors_forgotten")
            self._remove_bytes()
        finally:
            self.doing = ""
        with self._asking:
            if asked == self.times_asked:
                self._catalog.write(lambda connection: marks.clear(connection, marks.PURGE))
                self._done.set()
        return True

    def leave(self) -> None:
        self._catalog.release_reader()

    # Rows

    def _remove_rows(self) -> None:
        self.doing = "taking files out of the index"
        connection = self._catalog.reader()
        rules = self._rules()
        for folder_id in folders.detached(connection):
            self._remove_tree(folder_id)
        for root in folders.roots(connection):
            here = rules.root(root.path) if root.is_online else FolderRules(rules, root.path, "", INCLUDED, True)
            self._sift(_Place(root.folder_id, here), root.is_online)

    def _sift(self, start: _Place, is_online: bool) -> None:
        """Go through a root as a scan would, but over the catalog, and remove what the rules leave out."""
        places = [start]
        while places:
            here = places.pop()
            if here.rules is None:
                self._remove_tree(here.id)
            else:
                places += self._sifted(here.id, here.rules, is_online)

    def _sifted(self, folder_id: int, here: FolderRules, is_online: bool) -> list[_Place]:
        """Remove the folder's own files that are left out. Returns the folders in it."""
        has = has_on_disk(here.path) if is_online else _has_nothing
        here = here.opened(has)
        if not here.verdict.is_included:
            return [_Place(folder_id, None)]
        connection = self._catalog.reader()
        rows: list[Any] = connection.execute(
            "SELECT id, name, content_id, size_bytes FROM files WHERE folder_id = ?", (folder_id,)
        ).fetchall()
        keys = [(id, name, content) for id, name, content, size in rows if not here.file(name, size).is_included]
        self._remove_files(folder_id, keys)
        inner: list[Any] = connection.execute(
            "SELECT id, name FROM folders WHERE parent_id = ?", (folder_id,)
        ).fetchall()
        judged = [(id, here.child(name, has)) for id, name in inner]
        return [_Place(id, rules if rules.verdict.is_included else None) for id, rules in judged]

    def _remove_tree(self, folder_id: int) -> None:
        connection = self._catalog.reader()
        for inner in reversed(folders.subtree(connection, folder_id)):
            rows: list[Any] = connection.execute(
                "SELECT id, name, content_id FROM files WHERE folder_id = ?", (inner,)
            ).fetchall()
            self._remove_files(inner, rows)
            self._catalog.write(partial(folders.remove_empty, folder_id=inner))

    def _remove_files(self, folder_id: int, keys: list[FileKey]) -> None:
        for start in range(0, len(keys), _FILES_PER_COMMIT):
            if self.is_stopping:
                raise CancelledError
            batch = keys[start : start + _FILES_PER_COMMIT]
            dead = self._catalog.write(partial(_remove, folder_id=folder_id, keys=batch))
            crash_point("purging.batch_removed")
            self._on_removed(dead)

    # Bytes

    def _remove_bytes(self) -> None:
        """From the catalog and its copies: what is written anew is free of them."""
        self.doing = "erasing copies of the catalog"
        _remove_copies(self._catalog.path.parent)
        self.doing = "erasing words"
        for table in ("words", "names"):
            self._merge(table)
        self.doing = "writing the catalog anew"
        self._catalog.rewrite()
        crash_point("purging.catalog_rewritten")
        self._empty_log()

    def _merge(self, table: str) -> None:
        is_first = True
        while self._catalog.write(partial(keywords.merge, table=table, is_first=is_first)):
            is_first = False
            if self.is_stopping:
                raise CancelledError

    def _empty_log(self) -> None:
        for _ in range(_LOG_TRIES):
            if self._catalog.empty_log():
                return
            if self.is_stopping:
                raise CancelledError
            time.sleep(_LOG_RETRY_S)
        raise EnvironmentFaultError(
            "Erased text still stands in the catalog's log",
            "somebody has been reading from it all the time",
            "It is tried again; ending long searches helps.",
            str(self._catalog.path),
        )


def _has_nothing(name: bytes) -> bool:
    return False


def _remove(connection: apsw.Connection, folder_id: int, keys: list[FileKey]) -> list[int]:
    """Remove files that are what and where they were. Returns the vectors that died."""
    rows = [(files.get(connection, id), name) for id, name, _ in keys]
    present = [row for row, name in rows if row is not None and (row.folder_id, row.name) == (folder_id, name)]
    orphaned = files.remove(connection, [(row.id, row.name, row.content_id) for row in present])
    return contents.remove_unreferenced(connection, orphaned)


def _remove_copies(home: Path) -> None:
    """Copies of the whole catalog: made before a migration, or set aside because they were damaged."""
    for pattern in _COPIES:
        for path in home.glob(pattern):
            try:
                os.unlink(path)
            except OSError as error:
                raise EnvironmentFaultError(
                    "A copy of the catalog cannot be removed", str(error), "Remove it.", str(path)
                ) from error
