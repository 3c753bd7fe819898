"""`inkling why` tells the truth of any path: which rule, link or error stands in the way, and where it stands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from finder.paths import Home
from finder.service import explaining
from tests.conftest import make_home
from tests.integration.test_roots import Served, served


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("why") / "docs"
    for name in ("repo/.git/", "repo/sub/", "cache/deep/", "mine/inner/"):
        (made / name).mkdir(parents=True)
    texts = {
        "repo/.gitignore": "*.log\n",
        "repo/sub/.gitignore": "*.md\n",
        "repo/build.log": "left out from here",
        "repo/sub/draft.md": "left out from its own folder",
        "repo/sub/plain.txt": "let in",
        "cache/CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n",
        "cache/deep/x.txt": "in a cache",
        "mine/inner/x.txt": "by the user's rule",
        "own.tax": "by another rule of the user's",
    }
    for name, text in texts.items():
        (made / name).write_text(text)
    os.mkfifo(made / "pipe")
    (made / "link").symlink_to(made / "repo" / "sub")
    (made.parent / "way").symlink_to(made)
    return made


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[Served]:
    home: Home = make_home(tmp_path_factory.mktemp("home"))
    with served(home) as made:
        made.index(folder)
        made.ask("exclude", add=["mine/", "*.tax"])
        yield made


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("repo/sub/plain.txt", "Indexed."),
        ("repo/build.log", "left out by .gitignore"),
        ("repo/sub/draft.md", "left out by .gitignore"),
        ("cache", "a cache, made again"),
        ("cache/deep", "docs/cache: "),
        ("cache/deep/x.txt", "docs/cache: "),
        ("mine/inner/x.txt", "docs/mine: left out by your own rule, mine/"),
        ("own.tax", "left out by your own rule, *.tax"),
        ("pipe", "Not a regular file"),
        ("link", "docs/repo/sub"),
        ("link/plain.txt", "docs/repo/sub/plain.txt"),
        ("../way/repo/sub/plain.txt", "docs/repo/sub/plain.txt"),
        ("repo", "its files are indexed"),
        ("no/such", "no such file"),
        ("../../no/such", "no such file"),
    ],
)
def test_a_path_is_explained(service: Served, folder: Path, name: str, words: str) -> None:
    assert words in service.why(Path(os.path.normpath(folder / name)))


def test_a_folder_whose_files_are_indexed_is_in_the_index_itself(service: Served, folder: Path) -> None:
    found = explaining.why(service.engine, os.fsencode(folder / "repo"))
    assert (found["is_indexed"], found["findable_by"]) == (True, [])
    assert not explaining.why(service.engine, os.fsencode(folder / "cache"))["is_indexed"]


def test_a_folder_that_may_not_be_read_is_named(service: Served, folder: Path) -> None:
    locked = folder / "locked"
    locked.mkdir()
    locked.chmod(0)
    if os.access(locked, os.R_OK):
        pytest.skip("this user may read everything")
    assert "may not be read" in service.why(locked)
