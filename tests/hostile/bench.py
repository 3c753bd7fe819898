"""The real extract worker, put to a hostile file and to an ordinary one after it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import psutil

from finder.errors import FileError, WorkerDiedError
from finder.text import clean
from finder.types import Extraction
from finder.workers.extract_front import ExtractFront
from tests.hostile.case import TEXT

BUG = "bug"
"""An error of Python in a reader, or an answer that the wire refuses."""
ENDED_ITSELF = frozenset(
    f"{TEXT} encrypted corrupt empty no_text binary too_large unsupported crashed_reader too_much_memory".split()
)
"""How reading may end at all. The last two: a parser of another language ended its process, and the file is named."""
PATIENT_S = 60.0
"""The deadline of what must not come to one, whatever else the computer does."""
_KILLED_WITHIN_S = 30.0
"""Of the deadline, on a computer that has other things to do."""
_CALM = "calm.txt"
_MEMORY_BYTES = 1 << 30
_MOST_CHARS = 2 << 20
_MOST_METADATA_CHARS = 500


@dataclass(slots=True)
class Bench:
    """Reads files as the pipeline does, and keeps what must hold for every answer."""

    folder: Path
    """Where its log lies, and an ordinary file."""
    front: ExtractFront
    deadline_s: float

    def ending(self, path: Path) -> str:
        """How reading `path` ends: `TEXT`, `BUG`, or the code of its error.

        Raises:
            AssertionError: a limit was passed, or the answer holds what no answer may.
        """
        begun = time.monotonic()
        try:
            extraction = self.read(path)
        except (FileError, WorkerDiedError) as error:
            is_bug = isinstance(error, FileError) and error.code == "crashed_reader"
            ending, said = BUG if is_bug else error.code, [error.title, error.detail, error.hint]
        else:
            ending, said = TEXT, _said(extraction)
        assert said == [clean(words) for words in said]
        assert time.monotonic() - begun < self.deadline_s + _KILLED_WITHIN_S
        self._check_memory()
        return ending

    @contextmanager
    def within(self, deadline_s: float) -> Iterator[None]:
        """While inside, each file has so long, whatever its name."""
        deadlines = {"_DEADLINE_S": deadline_s, "_LONG_DEADLINE_S": deadline_s}
        before, self.deadline_s = self.deadline_s, deadline_s
        try:
            with mock.patch.multiple("finder.workers.extract_front", **deadlines):
                yield
        finally:
            self.deadline_s = before

    def read(self, path: Path) -> Extraction:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            return self.front.extract(descriptor, os.fsencode(path.name))
        finally:
            os.close(descriptor)

    def check_calm(self) -> None:
        """The next ordinary file is read."""
        assert self.read(self.folder / _CALM).passages[0].text == "The plum tree wants pruning in March."

    def _check_memory(self) -> None:
        pid = self.front.workers[0].pid
        if pid is not None:
            assert psutil.Process(pid).memory_info().vms <= _MEMORY_BYTES


@contextmanager
def open_bench(folder: Path, deadline_s: float = PATIENT_S) -> Iterator[Bench]:
    """A bench whose worker ends with the block."""
    (folder / _CALM).write_text("The plum tree wants pruning in March.")
    bench = Bench(folder, ExtractFront(folder), deadline_s)
    with bench.within(deadline_s):
        try:
            yield bench
        finally:
            bench.front.stop()


def _said(extraction: Extraction) -> list[str]:
    """All words of an answer that is within its limits. None may be what a terminal obeys or what turns text around."""
    assert extraction.chars <= _MOST_CHARS
    assert all(len(value) <= _MOST_METADATA_CHARS for value in extraction.metadata.values())
    places = [words for p in extraction.passages for words in (p.text, p.heading, p.label)]
    about = [extraction.title, *extraction.notes, *extraction.metadata.values(), *extraction.metadata]
    return [words for words in (*places, *about) if words is not None]
