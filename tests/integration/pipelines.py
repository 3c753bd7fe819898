"""A whole pipeline in the test's process: real catalog, real readers and vector worker, the deterministic embedder."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from finder.embed.deterministic import HashEmbedder
from finder.errors import EnvironmentFaultError
from finder.files.rules import Rules
from finder.index.pipeline import Pipeline
from finder.index.space import SpaceParts
from finder.paths import Home, absolute
from finder.store import folders, spaces
from finder.store.catalog import Catalog
from finder.store.exact import ExactIndex
from finder.store.spaces import SpaceVectors
from finder.workers.extract_front import ExtractFront
from finder.workers.vector_front import VectorFront

QUIET_WITHIN_S = 60.0


class Index:
    """One home's catalog and pipeline, opened."""

    def __init__(self, home: Home) -> None:
        home.create()
        self.home = home
        self.catalog = Catalog(home.catalog)
        self.embedder = HashEmbedder()
        space = self.embedder.space
        space_id = self.catalog.write(lambda connection: spaces.activate(connection, space))
        self.truth = SpaceVectors(self.catalog.reader, space_id, space.dimension)
        self.exact = ExactIndex(home.vectors / "exact.bin", space, self.truth)
        self.recognises_text = False
        self.extractor = ExtractFront(home.logs, recognises_text=lambda: self.recognises_text)
        self.patterns: tuple[str, ...] = ()
        self.pipeline = Pipeline(
            self.catalog,
            lambda: Rules(home.root, self.patterns, True, 256 << 20),
            self.extractor,
            SpaceParts(
                space_id,
                self.embedder,
                self.exact,
                lambda directory: VectorFront(home.logs, directory, space.dimension),
                home.vectors,
            ),
            reading_threads=2,
        )
        self.pipeline.start()

    def close(self) -> None:
        self.extractor.stop()
        self.pipeline.stop()
        self.catalog.close()
        self.exact.close()

    def add(self, folder: Path) -> None:
        """Make `folder` a root and index it."""
        found = folder.stat()
        path = absolute(folder.as_posix())
        self.catalog.write(lambda connection: folders.add_root(connection, path, found.st_dev, found.st_ino, True))
        self.look(folder)

    def look(self, folder: Path, is_deep: bool = True) -> None:
        """Compare `folder` with the catalog and wait until all that follows is done."""
        self.pipeline.look_at(absolute(folder.as_posix()), is_deep).result(timeout=QUIET_WITHIN_S)
        self.wait_until_quiet()

    def wait_until_quiet(self) -> None:
        wait_until(lambda: self.pipeline.is_quiet)

    @property
    def embedded(self) -> int:
        """Passages that the model has computed so far."""
        return self.pipeline.activity.counts.passages_embedded

    @property
    def extracted(self) -> int:
        return self.pipeline.activity.counts.files_extracted

    def files(self) -> dict[str, str]:
        """Path of every file in the catalog, with its state."""
        connection = self.catalog.reader()
        rows = connection.execute("SELECT folder_id, name, state FROM files").fetchall()
        paths = {folder: folders.path_of(connection, folder) for folder, _, _ in rows}
        return {
            f"{paths[folder].decode()}/{name.decode('utf-8', 'backslashreplace')}": state
            for folder, name, state in rows
        }

    def snapshot(self) -> list[tuple[object, ...]]:
        """All that a search could answer from, free of row numbers: equal for equal folders, whatever came before."""
        connection = self.catalog.reader()
        rows = connection.execute(
            "SELECT files.folder_id, files.name, files.state, hash, ordinal, start, end, heading, body, vector"
            " FROM files LEFT JOIN contents ON contents.id = files.content_id"
            " LEFT JOIN passages ON passages.content_id = contents.id"
            " LEFT JOIN (SELECT id AS text, heading, body FROM texts) ON text = passages.text_id"
            " LEFT JOIN vectors ON vectors.text_id = passages.text_id"
        ).fetchall()
        return sorted(((folders.path_of(connection, row[0]), *row[1:]) for row in rows), key=repr)

    def orphans(self) -> dict[str, int]:
        """Rows that nothing leads to: each count must be 0."""
        questions = {
            "contents": "SELECT count(*) FROM contents"
            " WHERE NOT EXISTS (SELECT 1 FROM files WHERE content_id = contents.id)",
            "passages": "SELECT count(*) FROM passages WHERE content_id NOT IN (SELECT id FROM contents)",
            "texts": "SELECT count(*) FROM texts WHERE id NOT IN (SELECT text_id FROM passages)",
            "vectors": "SELECT count(*) FROM vectors WHERE text_id NOT IN (SELECT id FROM texts)",
            "words": "SELECT count(*) FROM words_docsize WHERE id NOT IN (SELECT id FROM texts)",
            "words missing": "SELECT count(*) FROM texts WHERE id NOT IN (SELECT id FROM words_docsize)",
            "names": "SELECT count(*) FROM names_docsize WHERE id NOT IN (SELECT id FROM files)",
            "names missing": "SELECT count(*) FROM files WHERE id NOT IN (SELECT id FROM names_docsize)",
        }
        connection = self.catalog.reader()
        return {what: connection.execute(question).get for what, question in questions.items()}

    def found_by_word(self, word: str) -> int:
        """Texts that hold `word`, by the keyword index."""
        return int(self.catalog.reader().execute("SELECT count(*) FROM words WHERE words MATCH ?", (f'"{word}"',)).get)

    def nearest(self, text: str) -> np.ndarray:
        """Sequence numbers of the nearest vectors, by the exact search."""
        self.exact.refresh()
        return self.exact.search(self.embedder.embed_query(text), 10).seqs


def wait_until(is_true: Callable[[], bool], timeout_s: float = QUIET_WITHIN_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not is_true():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


def limit_pages(catalog: Catalog, pages: int) -> None:
    """A catalog that may have so many pages is on a disk that is full.

    This may share its transaction with a change that the full disk refuses, and is refused with it: once more.
    """
    is_set = False
    while not is_set:
        with contextlib.suppress(EnvironmentFaultError):
            catalog.write(lambda connection: connection.pragma("max_page_count", pages))
            is_set = True


@contextlib.contextmanager
def open_index(folder: Path) -> Iterator[Index]:
    index = Index(Home(folder))
    try:
        yield index
    finally:
        index.close()
