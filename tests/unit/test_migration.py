"""A catalog of an earlier version: copied, brought up to date at once, and the slow rest done behind."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import numpy as np
import pytest

from finder.errors import EnvironmentFaultError
from finder.index.languages import LanguageStage
from finder.search.one_search import LANGUAGES_UNTOLD
from finder.search.searcher import Searcher, SearchRequest, SpaceSearch
from finder.store import contents, facets, folders, schema, spoken
from finder.store.catalog import Catalog
from finder.types import Extraction, Passage
from finder.vectors import Float32Array, Int64Array, VectorHits
from tests.unit.test_facets import GERMAN, add_file

_AS_VERSION_2 = """
DROP INDEX files_by_facet; ALTER TABLE files DROP COLUMN extension;
DROP INDEX contents_by_language; ALTER TABLE contents DROP COLUMN language; PRAGMA user_version = 2
"""
ENGLISH = "The landlord returns the deposit within fourteen days after the tenant has moved out of the flat."


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of a catalog of version 2 with a German file, an English one, and one without words."""
    path = tmp_path / "catalog.db"
    connection = schema.open_writer(path)
    folders.add_root(connection, b"/docs", 1, 1, True)
    add_file(connection, "Miete.TXT", GERMAN)
    add_file(connection, "rent.md", ENGLISH)
    add_file(connection, "empty.txt", "42")
    connection.execute(_AS_VERSION_2)
    connection.close()
    return path


@pytest.fixture
def catalog(path: Path) -> Iterator[Catalog]:
    opened = Catalog(path)
    yield opened
    opened.close()


class NoVectors:
    """A vector index that nothing was put into."""

    def search(
        self,
        query: Float32Array,
        k: int,
        allowed: Int64Array | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> VectorHits:
        return VectorHits(np.empty(0, np.int64), np.empty(0, np.float32))


def work(stage: LanguageStage) -> None:
    while stage.work():
        pass


def test_what_filters_ask_for_is_there_at_once_and_languages_follow(catalog: Catalog) -> None:
    assert facets.extensions(catalog.reader()) == {"txt": 2, "md": 1}
    stage = LanguageStage(catalog)
    assert stage.is_pending
    work(stage)
    assert facets.languages(catalog.reader()) == {"de": 1, "en": 1}
    assert not stage.is_pending


def test_a_search_by_language_says_that_not_every_language_is_told_yet(catalog: Catalog) -> None:
    space = SpaceSearch(1, NoVectors(), lambda query, instruction: None)
    searcher = Searcher(catalog.reader, lambda: space, lambda: catalog.commits, changes=catalog.changes)

    def found(query: str) -> tuple[int, bool]:
        answer = searcher.search(SearchRequest(query, mode="keyword"))
        return sum(answer["kinds"].values()), LANGUAGES_UNTOLD in answer["notes"]

    before = found("lang:de"), found("Mieter lang:de"), found("ext:md")
    work(LanguageStage(catalog))
    assert (before, found("lang:de")) == (((0, True), (0, True), (1, False)), (1, False))


def test_telling_languages_goes_on_where_it_was_left_and_takes_the_newest_first(catalog: Catalog) -> None:
    (newest,) = spoken.untold(catalog.reader(), 1)
    assert newest.beginning == "42"
    catalog.write(lambda connection: spoken.told(connection, [(newest, "")]))
    assert [content.beginning for content in spoken.untold(catalog.reader(), 5)] == [ENGLISH, GERMAN]


def test_a_language_is_not_given_to_another_content_that_has_the_same_number_by_now(catalog: Catalog) -> None:
    found = spoken.untold(catalog.reader(), 5)
    other = Extraction("document", None, None, False, False, 10, {}, (), (Passage(0, len(GERMAN), GERMAN),))

    def replace(connection: apsw.Connection) -> None:
        connection.execute("UPDATE files SET content_id = NULL WHERE content_id = ?", (found[0].id,))
        contents.remove_unreferenced(connection, [found[0].id])
        assert contents.add(connection, b"another", "text@2", other) == found[0].id

    catalog.write(replace)
    catalog.write(lambda connection: spoken.told(connection, [(content, "fr") for content in found]))
    assert facets.languages(catalog.reader()) == {"fr": 2, "de": 1}


def test_a_new_catalog_and_an_empty_one_have_nothing_to_tell(tmp_path: Path) -> None:
    for name, made in (("new.db", ""), ("empty.db", _AS_VERSION_2)):
        connection = schema.open_writer(tmp_path / name)
        connection.execute(made)
        connection.close()
        connection = schema.open_writer(tmp_path / name)
        assert not spoken.is_pending(connection)
        connection.close()


def version_of(path: Path) -> tuple[int, int]:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    version, files = connection.pragma("user_version"), connection.execute("SELECT count(*) FROM files").get
    assert connection.execute("PRAGMA integrity_check").get == "ok"
    connection.close()
    return int(version), int(files)


@pytest.mark.parametrize("is_read_from", [False, True], ids=["alone", "while somebody reads from its log"])
def test_a_whole_copy_of_the_former_catalog_is_kept_for_its_owner_alone(path: Path, is_read_from: bool) -> None:
    reader = apsw.Connection(str(path))
    writer = apsw.Connection(str(path))
    reader.execute("BEGIN; SELECT count(*) FROM files")
    writer.execute("UPDATE files SET size_bytes = 77")  # in the log, which `reader` holds up
    writer.close()
    if not is_read_from:
        reader.execute("COMMIT")
    schema.open_writer(path).close()
    reader.close()
    copy = Path(f"{path}.before-{schema.SCHEMA_VERSION}")
    assert version_of(copy) == (2, 3)
    assert version_of(path) == (schema.SCHEMA_VERSION, 3)
    kept = apsw.Connection(str(copy))
    assert kept.execute("SELECT DISTINCT size_bytes FROM files").fetchall() == [(77,)]
    kept.close()
    assert copy.stat().st_mode & 0o777 == 0o600


def test_a_disk_without_room_for_the_copy_is_told_and_nothing_is_changed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(EnvironmentFaultError, match="cannot be copied"):
        schema.open_writer(path)
    assert version_of(path) == (2, 3)
    assert not list(path.parent.glob("*.new"))
