"""Progress on stderr: a bar for a person; in a pipe or a log a line now and then."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from finder.cli.screen import count, duration, is_terminal, printable, say, size
from finder.service.protocol.indexing import Progress as IndexingProgress

_LINE_EVERY_S = 10.0
_READING_SHARE = 0.2
"""Of the time of indexing, reading takes about so much; the rest is the model's."""
_VERBS = {"scanning": "Looking", "reading": "Reading", "embedding": "Embedding", "idle": "Ready", "paused": "Paused"}


def share(progress: IndexingProgress) -> float | None:
    """How much of the work is done, 0..1; None while it is not known how much there is.

    Passages become known as files are read, so what is still to be embedded is estimated from the bytes to come.
    """
    if progress["phase"] == "scanning" or not progress["files_total"]:
        return None
    of_files = progress["files_read"] / progress["files_total"]
    read = progress["bytes_read"] / progress["bytes_total"] if progress["bytes_total"] else of_files
    if not progress["passages_total"]:
        return read
    embedded = progress["passages_embedded"] / progress["passages_total"] * read
    return min(1.0, _READING_SHARE * read + (1 - _READING_SHARE) * embedded)


def numbers(progress: IndexingProgress) -> str:
    """`1,204 of 3,120 files · 14 MB of 80 MB · 82 passages/s · 3 min left`."""
    if progress["phase"] == "scanning":
        return count(progress["files_seen"], "file") + " so far"
    parts = [
        f"{progress['files_read']:,} of {count(progress['files_total'], 'file')}",
        f"{size(progress['bytes_read'])} of {size(progress['bytes_total'])}",
    ]
    if progress["passages_per_second"] > 0:
        parts.append(f"{progress['passages_per_second']:,.0f} passages/s")
    if progress["seconds_left"] is not None:
        parts.append(f"{duration(progress['seconds_left'])} left")
    return " · ".join(parts)


class Bar:
    """A line with a share that is known; as a context manager it leaves the screen as it was."""

    def __init__(self) -> None:
        self._is_shown = is_terminal(sys.stderr)
        self._last_line_s = time.monotonic()

    def __enter__(self) -> Self:
        if self._is_shown:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn

            words = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[numbers]}", markup=False))
            self._progress = Progress(*words, console=Console(stderr=True, highlight=False), transient=True)
            self._task = self._progress.add_task("Starting", total=None, numbers="")
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_shown:
            self._progress.stop()

    def show(self, what: str, done: float | None, numbers: str) -> None:
        """Show what is being done, its share (0..1; None where it is not known), and its numbers."""
        if self._is_shown:
            total = None if done is None else 1.0
            self._progress.update(self._task, description=what, total=total, completed=done or 0.0, numbers=numbers)
        elif time.monotonic() - self._last_line_s >= _LINE_EVERY_S:
            self._last_line_s = time.monotonic()
            say(printable(f"{what}: {numbers}"))


class IndexingBar(Bar):
    """Call it with each `Progress`; the bar never goes back, though new work may be found."""

    def __init__(self) -> None:
        super().__init__()
        self._furthest = 0.0

    def __call__(self, progress: IndexingProgress) -> None:
        done = share(progress)
        if done is not None:
            done = self._furthest = max(self._furthest, done)
        self.show(_VERBS[progress["phase"]], done, numbers(progress))
