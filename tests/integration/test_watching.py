"""The watcher before a real pipeline: the index follows what programs do, and a move costs nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from finder.files.rules import Rules
from finder.files.scan import walk
from finder.files.watch import Watcher
from finder.store import folders
from tests.integration.pipelines import Index, open_index, wait_until
from tests.programs import PROGRAMS, prepare
from tests.watching import linux_only

_DEBOUNCE_S = 0.05


@contextlib.contextmanager
def _followed(tmp_path: Path, *roots: Path) -> Iterator[Index]:
    """An index of `roots` that follows them by its watcher alone."""
    with open_index(tmp_path / "home") as index:
        watcher = Watcher(index.pipeline.look_at_all, _DEBOUNCE_S, 1.0)
        try:
            for root in roots:
                watcher.add(os.fsencode(root), _rules(index))
                index.add(root)
            yield index
        finally:
            watcher.stop()


def _rules(index: Index) -> Rules:
    return Rules(index.home.root, (), True, 256 << 20)


def _on_disk(index: Index, *roots: Path) -> set[str]:
    return {
        os.path.join(os.fsdecode(listing.path), os.fsdecode(file.name))
        for root in roots
        for listing in walk(os.fsencode(root), _rules(index))
        for file in listing.files
    }


def _words(number: int) -> str:
    return f"Passage number {number} speaks of onions and barley.\n"


@linux_only
def test_a_folder_moved_from_one_root_to_another_is_read_and_embedded_no_second_time(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    other.mkdir()
    for number in range(40):
        folder = one / "project" / f"{number % 8}" / "deep"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.txt").write_text(_words(number))
    (one / "alone.txt").write_text(_words(99))
    with _followed(tmp_path, one, other) as index:
        extracted, embedded = index.extracted, index.embedded
        for source, target in ((one, other), (other, one), (one, other)):
            (source / "project").rename(target / "project")
            (source / "alone.txt").rename(target / "alone.txt")
            wait_until(lambda: set(index.files()) == _on_disk(index, one, other))
            index.wait_until_quiet()
            assert set(index.files().values()) == {"read"}
            assert (index.extracted, index.embedded) == (extracted, embedded)
            assert not any(index.orphans().values())


@linux_only
def test_the_index_follows_what_programs_do(tmp_path: Path) -> None:
    base, outside = tmp_path / "root", tmp_path / "outside"
    base.mkdir()
    with _followed(tmp_path, base) as index:
        for program in PROGRAMS:
            if program.needs is not None and shutil.which(program.needs) is None:
                continue
            for old in (*base.iterdir(), outside):
                shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
            prepare(program, base, outside)
            index.look(base)
            program.act(base, outside)
            wait_until(lambda: _is_followed(index, base))
        assert index.snapshot() == _afresh(tmp_path, base)


def _is_followed(index: Index, root: Path) -> bool:
    """True where every file below `root` is known as it is now, and read."""
    connection = index.catalog.reader()
    rows = connection.execute("SELECT folder_id, name, size_bytes, mtime_ns FROM files WHERE state = 'read'").fetchall()
    known = {(folders.path_of(connection, row[0]), *row[1:]) for row in rows}
    return index.pipeline.is_quiet and known == {
        (listing.path, file.name, file.identity.size_bytes, file.identity.mtime_ns)
        for listing in walk(os.fsencode(root), _rules(index))
        for file in listing.files
    }


def _afresh(tmp_path: Path, base: Path) -> list[tuple[object, ...]]:
    """What an index made of `base` at this moment holds."""
    with open_index(tmp_path / "fresh") as index:
        index.add(base)
        found = index.snapshot()
    shutil.rmtree(tmp_path / "fresh")
    return found
