"""A state machine over a real file system: whatever is done to the files, the quiet index is what a fresh walk finds.

Hypothesis chooses the steps; the watcher alone tells the pipeline what to look at. One index serves all examples, since
its processes take longer to start than an example takes: each example has a folder of its own, and ends with it empty,
so that what one leaves behind shows as a difference in it.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from finder.errors import FileError
from finder.extract import registry
from finder.files.rules import Rules
from finder.files.watch import Watcher
from finder.index import reading
from finder.passages import split
from finder.paths import Home
from finder.search.nearest import NearestVectors
from finder.search.searcher import Searcher, SearchRequest, SpaceSearch
from finder.store import folders
from tests.integration.pipelines import Index, limit_pages

_CONVERGED_WITHIN_S = 60.0
_RETRY_S = 0.05
_DEBOUNCE_S, _LONGEST_S = 0.02, 0.1
_ROOM_PAGES = 1 << 30
_ONE_KILL_IN = 3
"""Of so many steps that would kill the reader one does: until it runs again takes as long as all other steps."""

_FOLDERS = ("", "a", "b", "a/c", "a/c/d")
_NAMES = ("one.txt", "two.md", "three.txt", "vier.py", "fünf.txt")
_TEXTS = (
    b"",
    b"   \n",
    b"The landlord returns the deposit within fourteen days.\n",
    b"# Soup\n\nBoil the onions slowly, then add the barley.\n",
    b"def waterfall(height):\n    return height * 2\n",
    b"\0\1\2 no text at all \0",
    b"\n\n".join(b"Paragraph %d speaks of firefall and windmark at length. " % number * 12 for number in range(6)),
)
_PATTERNS = ("two.*", "b/")

_NO_PASSAGE = (None, None, None, None, None, False)

_paths = st.tuples(st.sampled_from(_FOLDERS), st.sampled_from(_NAMES)).map(lambda pair: os.path.join(*pair))
_inner = st.sampled_from(_FOLDERS[1:])
_texts = st.one_of(
    st.sampled_from(_TEXTS), st.integers(0, 50).map(lambda number: b"# Chapter %d\n\nIt speaks of onions." % number)
)

Row = tuple[object, ...]


class Bench:
    """The index that all examples share, with a watcher and a search on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index = Index(Home(folder / "home"))
        self.watcher = Watcher(self.index.pipeline.look_at_all, debounce_s=_DEBOUNCE_S, longest_s=_LONGEST_S)
        self.examples = 0
        self.steps = 0
        self.failures: list[str] = []
        """What did not converge: where it does at the second try, Hypothesis says that, and not what failed."""
        index = self.index
        nearest = NearestVectors(index.exact, index.pipeline.serving.feeding, index.truth, exact_search_limit=0)
        space = SpaceSearch(index.pipeline.serving.id, nearest, index.embedder.embed_query)
        catalog = index.catalog
        self.searcher = Searcher(catalog.reader, lambda: space, lambda: catalog.commits, changes=catalog.changes)

    def close(self) -> None:
        self.watcher.stop()
        self.index.close()


@contextlib.contextmanager
def open_bench(folder: Path) -> Iterator[type[DiskMachine]]:
    """The machine's class around a new index in `folder`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_RETRY_S", _RETRY_S)
        bench = Bench(folder)
        try:
            yield type("Disk", (DiskMachine,), {"bench": bench})
        finally:
            bench.close()


class DiskMachine(RuleBasedStateMachine):
    """What people and programs do to files, and what drives, disks and workers do to us.

    A step that does not apply does nothing. No precondition keeps it from being drawn: what is drawn would follow from
    the disk then, and Hypothesis would call a difference there a fault of the strategy and hide the failure behind it.
    """

    bench: Bench

    @initialize()
    def begin(self) -> None:
        self.bench.examples += 1
        self.root = self.bench.folder / f"root-{self.bench.examples}"
        self.away = self.bench.folder / f"away-{self.bench.examples}"
        self.root.mkdir()
        for number, name in enumerate(_NAMES):
            folder = self.root / _FOLDERS[number]
            folder.mkdir(exist_ok=True)
            (folder / name).write_bytes(_TEXTS[number])
        self.is_watched, self.is_full = True, False
        self.bench.index.patterns = ()
        self.bench.index.add(self.root)
        self._watch()

    # Files

    @rule(path=_paths, text=_texts)
    def write(self, path: str, text: bytes) -> None:
        """Create, or write over in place."""
        file = self._file(path) or self._free(path)
        if file is not None:
            file.write_bytes(text)

    @rule(path=_paths, text=_texts)
    def append(self, path: str, text: bytes) -> None:
        if (file := self._file(path)) is not None:
            with file.open("ab") as opened:
                opened.write(text)

    @rule(path=_paths, text=_texts, keeps_backup=st.booleans())
    def save_atomically(self, path: str, text: bytes, keeps_backup: bool) -> None:
        if (file := self._file(path)) is not None:
            new = file.with_name(f".{file.name}.swp")
            new.write_bytes(text)
            if keeps_backup:
                file.rename(file.with_name(f"{file.name}~"))
            new.rename(file)

    @rule(path=_paths, text=_texts)
    def recreate_with_the_same_times(self, path: str, text: bytes) -> None:
        """Other bytes under the old times, and of the old size where the text can be cut to it."""
        if (file := self._file(path)) is not None:
            before = file.stat()
            file.unlink()
            file.write_bytes(text[: before.st_size] if len(text) >= before.st_size else text)
            os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    @rule(path=_paths, years=st.integers(0, 60))
    def backdate(self, path: str, years: int) -> None:
        if (file := self._file(path)) is not None:
            os.utime(file, (years * 31_557_600, years * 31_557_600))

    @rule(path=_paths, mode=st.sampled_from([0o000, 0o600, 0o755]))
    def change_mode(self, path: str, mode: int) -> None:
        if (file := self._file(path)) is not None:
            file.chmod(mode)

    @rule(path=_paths)
    def delete(self, path: str) -> None:
        if (file := self._there(path)) is not None:
            file.unlink(missing_ok=True)

    @rule(old=_paths, new=_paths)
    def rename(self, old: str, new: str) -> None:
        """Also over another file."""
        if (file := self._file(old)) is not None and (to := self._there(new, makes_folder=True)) is not None:
            file.rename(to)

    @rule(one=_paths, other=_paths)
    def swap(self, one: str, other: str) -> None:
        if (first := self._file(one)) is not None and (second := self._file(other)) is not None and one != other:
            _exchange(first, second, self.root / "between.txt")

    @rule(old=_paths, new=_paths)
    def link(self, old: str, new: str) -> None:
        if (file := self._file(old)) is not None and (to := self._free(new)) is not None:
            os.link(file, to)

    @rule(path=_paths)
    def replace_by_fifo(self, path: str) -> None:
        if (file := self._file(path)) is not None:
            file.unlink()
            os.mkfifo(file)

    @rule(folder=_inner)
    def make_loop(self, folder: str) -> None:
        if self._folder(folder) is not None and (loop := self._free(f"{folder}/loop")) is not None:
            loop.symlink_to(self.root)

    # Folders

    @rule(old=_inner, new=_inner)
    def move_folder(self, old: str, new: str) -> None:
        source = self._folder(old)
        if source is not None and not new.startswith(old) and (to := self._free(new)) is not None:
            source.rename(to)

    @rule(one=_inner, other=_inner)
    def swap_folders(self, one: str, other: str) -> None:
        first, second = self._folder(one), self._folder(other)
        if first is not None and second is not None and not one.startswith(other) and not other.startswith(one):
            _exchange(first, second, self.root / "between")

    @rule(folder=_inner)
    def delete_folder(self, folder: str) -> None:
        if (found := self._folder(folder)) is not None:
            shutil.rmtree(found)

    # The index and its surroundings

    @rule(patterns=st.sets(st.sampled_from(_PATTERNS)))
    def choose_what_is_excluded(self, patterns: set[str]) -> None:
        self.bench.index.patterns = tuple(sorted(patterns))
        if self.root.exists():
            self._watch()

    @rule()
    def unplug(self) -> None:
        """The drive goes: nothing that is known of it may go with it."""
        if not self.root.exists():
            return
        self.bench.watcher.remove(os.fsencode(self.root))
        self._look()
        known = set(self.bench.index.files())
        self.root.rename(self.away)
        self._look()
        assert set(self.bench.index.files()) == known

    @rule()
    def plug(self) -> None:
        if self.away.exists():
            self.away.rename(self.root)
            self._watch()

    @rule()
    def lose_events(self) -> None:
        """From now on nothing tells what happens, until `regain_events`."""
        if self.is_watched and self.root.exists():
            self.is_watched = False
            self.bench.watcher.remove(os.fsencode(self.root))

    @rule()
    def regain_events(self) -> None:
        if not self.is_watched and self.root.exists():
            self._watch()

    @rule()
    def fill_the_disk(self) -> None:
        self.is_full = True
        limit_pages(self.bench.index.catalog, 1)

    @rule()
    def make_room(self) -> None:
        self.is_full = False
        limit_pages(self.bench.index.catalog, _ROOM_PAGES)

    @rule(aim=st.integers(1, _ONE_KILL_IN))
    def kill_the_reader(self, aim: int) -> None:
        worker = self.bench.index.extractor.workers[0]
        # Not while it starts: starts that fail in a row are tried more and more seldom.
        if aim == 1 and worker.pid is not None and worker.state != "starting":
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGKILL)

    @rule(words=st.sampled_from(["landlord deposit", "onions", "waterfall height", "two.md", "firefall"]))
    def search(self, words: str) -> None:
        """No result but files that are there, or said to be away."""
        found = self.bench.searcher.search(SearchRequest(words, (), "hybrid", 50))
        paths = [result["path"] for result in found["results"] if not result["is_offline"]]
        assert len(paths) == len(set(paths))
        assert all(os.path.isfile(path) and not os.path.islink(path) for path in paths)

    @rule()
    def rest(self) -> None:
        if self.is_watched and not self.is_full and self.root.exists():
            self._converge()

    def teardown(self) -> None:
        """Set everything right again, wait until it is quiet, and compare with the disk."""
        if not hasattr(self, "root"):
            return
        self.make_room()
        if self.away.exists():
            self.plug()
        elif not self.is_watched:
            self.regain_events()
        self._converge()
        assert set(self.bench.index.orphans().values()) == {0}, self.bench.index.orphans()
        for path in self.root.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        self._converge()
        self.bench.watcher.remove(os.fsencode(self.root))
        (root,) = folders.roots(self.bench.index.catalog.reader())
        self.bench.index.pipeline.forget(root.folder_id)
        self.root.rmdir()

    # How it is done

    def _watch(self) -> None:
        """Watch first, then look, as after a start or an overflow."""
        self.is_watched = True
        index, path = self.bench.index, os.fsencode(self.root)
        self.bench.watcher.add(path, Rules(index.home.root, index.patterns, True, 256 << 20))
        index.pipeline.look_at(path, is_deep=True)

    def _look(self) -> None:
        """Look at the root, and wait until that has ended, in an error where the disk is full or the drive away."""
        self.bench.index.pipeline.look_at(os.fsencode(self.root), is_deep=True).exception(_CONVERGED_WITHIN_S)

    def _converge(self) -> None:
        deadline = time.monotonic() + _CONVERGED_WITHIN_S
        pipeline = self.bench.index.pipeline
        while not (pipeline.is_quiet and self._known() == self._walked()):
            if time.monotonic() > deadline:
                self.bench.failures.append(self._difference())
                raise AssertionError(self.bench.failures[-1])
            time.sleep(0.02)

    def _difference(self) -> str:
        known, walked = self._known(), self._walked()
        (root,) = folders.roots(self.bench.index.catalog.reader())
        return "\n".join(
            (
                "quiet" if self.bench.index.pipeline.is_quiet else "at work",
                "the root is there" if root.is_online else "the root is taken to be away",
                "its watch is lost" if self.bench.watcher.has_lost(root.path) else "it is watched",
                *(f"the index alone has {row[:3]}" for row in known if row not in walked),
                *(f"the disk alone has {row[:3]}" for row in walked if row not in known),
            )
        )

    def _known(self) -> list[Row]:
        """What the index holds: folder, name, state, hash, and each passage with whether it has a vector."""
        rows: list[Any] = self.bench.index.snapshot()
        return sorted(
            ((*row[:9], row[9] is not None) if row[4] is not None else (*row[:9], False) for row in rows), key=repr
        )

    def _walked(self) -> list[Row]:
        """What a fresh walk of the disk says that the index should hold."""
        rows: list[Row] = []
        for folder, subfolders, names in os.walk(os.fsencode(self.root)):
            subfolders[:] = [name for name in subfolders if not (name == b"b" and "b/" in self.bench.index.patterns)]
            for name in names:
                path = os.path.join(folder, name)
                is_left_out = name.endswith((b"~", b".swp")) or (
                    name.startswith(b"two.") and "two.*" in self.bench.index.patterns
                )
                if not is_left_out and os.path.isfile(path) and not os.path.islink(path):
                    rows.extend((folder, name, *row) for row in _read(path, name))
        return sorted(rows, key=repr)

    def _there(self, path: str, makes_folder: bool = False) -> Path | None:
        """The path below the root; None where the drive is away or there is no folder for it."""
        found = self.root / path
        self.bench.steps += 1
        if makes_folder and self.root.exists():
            found.parent.mkdir(parents=True, exist_ok=True)
        return found if found.parent.is_dir() else None

    def _file(self, path: str) -> Path | None:
        """The regular file at `path`; None where there is none."""
        found = self._there(path)
        return found if found is not None and found.is_file() else None

    def _free(self, path: str) -> Path | None:
        """The path where something may be put; None where something is."""
        found = self._there(path, makes_folder=True)
        return found if found is not None and not os.path.lexists(found) else None

    def _folder(self, path: str) -> Path | None:
        found = self._there(path)
        return found if found is not None and found.is_dir() else None


def _exchange(one: Path, other: Path, between: Path) -> None:
    one.rename(between)
    other.rename(one)
    between.rename(other)


_known_texts: dict[tuple[bytes, bytes], list[Row]] = {}


def _read(path: bytes, name: bytes) -> list[Row]:
    """State, hash and passages of a file, as rows of `DiskMachine._known`."""
    try:
        data = Path(os.fsdecode(path)).read_bytes()
    except PermissionError:
        return [("failed", None, *_NO_PASSAGE)]
    key = (name, data)
    if key not in _known_texts:
        _known_texts[key] = _rows(name, data)
    return _known_texts[key]


def _rows(name: bytes, data: bytes) -> list[Row]:
    try:
        document = registry.read_document(io.BytesIO(data), name)
    except FileError as error:
        state = "name_only" if error.code in ("empty", "binary") else "failed"
        return [(state, None, *_NO_PASSAGE)]
    return [
        (
            "read",
            hashlib.sha256(data).digest(),
            ordinal,
            passage.start,
            passage.end,
            passage.heading or "",
            passage.text,
            True,
        )
        for ordinal, passage in enumerate(split(document))
    ]
