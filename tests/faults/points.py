"""A scripted life of an index, ended by SIGKILL at one named point of the code, and what must hold afterwards.

The points are the literals given to `crash_point` anywhere in `finder`. Each is driven by a story: a list of things
that somebody does with files and asks of the service. Where the service dies over a request, it is started again and
asked once more, as a person would; the point's token sees to it that nobody dies a second time.
"""

from __future__ import annotations

import ast
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw
import pytest

import finder
from finder.config import SettingsFile
from finder.crashpoints import VARIABLE
from finder.errors import ServiceError, UsageFaultError
from finder.paths import Home, path_to_uri
from finder.service.client import connect
from finder.store.schema import SCHEMA_VERSION
from tests.conftest import end_service, make_home
from tests.faults import killing

_REQUEST_S = 60.0
_ATTEMPTS = 4
"""A kill of the service costs one attempt, a worker's death may cost another."""
_QUERIES = ("waterlord windmark", "word3", "firefall landmark word7", "second")

_AS_VERSION_1 = """
DROP INDEX files_by_facet; ALTER TABLE files DROP COLUMN extension;
DROP INDEX contents_by_language; ALTER TABLE contents DROP COLUMN language;
DROP TABLE marks; ALTER TABLE roots DROP COLUMN filesystem; PRAGMA user_version = 1
"""


@dataclass(frozen=True, slots=True)
class End:
    """What an index answers from when it is quiet, free of row numbers and of where its folders lie."""

    rows: list[tuple[object, ...]]
    answers: list[list[str]]


def names() -> list[str]:
    """Every named point of the code."""
    found: set[str] = set()
    for path in Path(finder.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "crash_point":
                found.add(ast.literal_eval(node.args[0]))
    return sorted(found)


class Life:
    """One home and the folders it indexes, through a story."""

    def __init__(self, folder: Path, home: Home | None = None) -> None:
        self.folder = folder
        self.home = home or make_home(folder / "home")
        self.documents = folder / "documents"
        self.second = folder / "second"

    def ask(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Have a request answered, by the next service where one dies over it."""
        for _ in range(_ATTEMPTS - 1):
            try:
                return self._asked(method, params)
            except ServiceError:
                continue
        return self._asked(method, params)

    def index(self, folder: Path) -> None:
        self.ask("index", {"folders": [_uri(folder)]})

    def forget(self, folder: Path) -> None:
        """Have a folder forgotten. One that the death came too late for is forgotten already."""
        try:
            self.ask("forget", {"folder": _uri(folder)})
        except UsageFaultError:
            assert _uri(folder) not in self.home.settings.read_text()

    def settle(self) -> None:
        """Wait until every vector is in the one persistent store, and the service has opened and checked that.

        What a retired space leaves goes behind everything else.
        """

        def is_fed() -> bool:
            return _is_idle(self, "feeding") and killing.is_fed(self.home) and len(killing.epochs(self.home)) == 1

        killing.wait_for(is_fed)

    def end(self) -> End:
        """What the index holds and answers now, and that it is sound. Ends the service."""
        self.settle()
        killing.check_soundness(self.home)
        assert killing.roots(self.home) == {folder.path for folder in SettingsFile(self.home.settings).load().folders}
        answers = [
            sorted(os.path.relpath(path, self.folder) for path in self.found(query, mode))
            for query in _QUERIES
            for mode in ("keyword", "semantic")
        ]
        rows = [
            (os.path.relpath(os.fsencode(str(row[0])) if isinstance(row[0], str) else row[0], os.fsencode(self.folder)),
             *row[1:])
            for row in killing.snapshot(self.home)
        ]  # fmt: skip
        end_service(self.home)
        killing.check_vector_store(self.home)
        return End(sorted(rows, key=repr), answers)

    def found(self, query: str, mode: str) -> list[str]:
        """The files of an answer, equal ones too; each is there."""
        results = self.ask("find", {"query": query, "mode": mode, "limit": 50})["results"]
        paths = [path for result in results for path in (result["path"], *result["copies"])]
        assert all(map(os.path.isfile, paths))
        return paths

    def _asked(self, method: str, params: dict[str, Any] | None) -> dict[str, Any]:
        with connect(self.home) as client:
            return client.call(method, params, timeout_s=_REQUEST_S)


def live(life: Life) -> None:
    """The ordinary story: a folder's files change in every way, a second one comes and goes."""
    documents, second = life.documents, life.second
    killing.make_documents(documents, 1, 15)
    killing.make_documents(second, 2, 4)
    life.index(documents)
    life.settle()
    (documents / "part-0" / "note-0.txt").write_text("This is the text of another letter, and it has the word3 in it.")
    (documents / "part-1" / "note-1.txt").rename(documents / "part-1" / "renamed.txt")
    (documents / "part-2" / "note-2.txt").unlink()
    (documents / "part-3").rename(documents / "part-4" / "moved")
    shutil.copy(documents / "part-5" / "note-5.txt", documents / "copy.txt")
    life.index(documents)
    life.index(second)
    life.found("second", "semantic")
    life.forget(second)
    (documents / "late.txt").write_text("A late text, firefall.")
    life.index(documents)


def migrate(life: Life) -> None:
    """The ordinary story, then a start with the catalog as version 1 wrote it, and all that is done behind it."""
    live(life)
    life.settle()
    end_service(life.home)
    make_version_1(life.home)
    life.index(life.documents)
    assert Path(f"{life.home.catalog}.before-{SCHEMA_VERSION}").exists()
    killing.wait_for(lambda: _is_idle(life, "languages"))


def _is_idle(life: Life, name: str) -> bool:
    """True while each stage of this name has nothing to do. A service that died is started again."""
    stages = life.ask("status")["stages"]
    return {stage["state"] for stage in stages if stage["name"] == name} == {"idle"}


def change_the_model(life: Life) -> None:
    """The ordinary story, then another model and back: the space of each is built while the other answers."""
    live(life)
    for model in ("deterministic-64", "deterministic"):
        life.ask("use_model", {"model": model})
        killing.wait_for(lambda model=model: _answers_with(life, model))


def _answers_with(life: Life, model: str) -> bool:
    """True once that model answers and nothing is left of any other. A service that died is started again."""
    return bool(life.ask("status")["embed"]["model"] == model) and killing.count_spaces(life.home) == 1


def lose_the_catalog(life: Life) -> None:
    """The ordinary story, and then a start with a catalog that is none."""
    live(life)
    end_service(life.home)
    life.home.catalog.write_bytes(b"not a database" * 1_000)
    life.index(life.documents)
    assert any(life.home.root.glob("catalog.db.damaged-*"))


_STORIES: dict[str, Callable[[Life], None]] = {
    "migration.": migrate,
    "models.": change_the_model,
    "engine.catalog_set_aside": lose_the_catalog,
    "engine.vectors_forgotten": lose_the_catalog,
}
"""By the beginning of a point's name; every other point stands on the way of the ordinary story."""


def story_of(point: str) -> Callable[[Life], None]:
    return next((story for start, story in _STORIES.items() if point.startswith(start)), live)


def die_at(point: str, folder: Path, nth: int = 1) -> tuple[End, bool]:
    """Live the point's story, dying when it is come to for the nth time. Returns the end, and whether anybody died."""
    token = folder / "token"
    life = Life(folder)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(VARIABLE, f"{point}:{nth}:{token}")
            story_of(point)(life)
            life.settle()
        return life.end(), token.exists()
    finally:
        end_service(life.home)


def make_version_1(home: Home) -> None:
    """Turn the catalog of an ended service into one as version 1 wrote it."""
    connection = apsw.Connection(str(home.catalog))
    connection.execute(_AS_VERSION_1)
    connection.close()


def _uri(folder: Path) -> str:
    return path_to_uri(os.fsencode(folder))
