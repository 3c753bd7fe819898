"""From a map of topics to the answer that clients get: names, counts, and files that are there. No scikit-learn."""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import apsw
import numpy as np

from finder.errors import CancelledError
from finder.files.identity import lstat
from finder.paths import display, path_to_uri
from finder.store import documents, folders
from finder.store.lookup import FolderPaths
from finder.topics.found import POINTS_SHOWN, Point, Topic, Topics
from finder.topics.topic_map import NO_TOPIC, SMALLEST_TOPIC, MappedTopic, TopicMap
from finder.types import FileType
from finder.vectors import Int64Array

_ALWAYS_SHOWN = 5
"""Of each topic, the most typical files, however many files there are."""
_PATHS_LIMIT_BYTES = 16 << 20
"""Of an answer, which has to fit into one frame."""
_DIGITS = 4

_File = tuple[int, bytes, FileType]
"""Its folder's id, its name, its type."""


def nothing(files: int, without_vectors: int, computed_at: datetime, note: str) -> Topics:
    """The answer where there are no topics."""
    return Topics(
        topics=[],
        points=[],
        outliers=files - without_vectors,
        files=files,
        without_vectors=without_vectors,
        computed_at=computed_at.isoformat(timespec="seconds"),
        notes=[note],
    )


def answer(
    topic_map: TopicMap,
    connection: apsw.Connection,
    folder_ids: Sequence[int] | None,
    without_vectors: int,
    computed_at: datetime,
    is_cancelled: Callable[[], bool],
) -> Topics:
    """The map as clients get it.

    Args:
        folder_ids: the folders that it is about; all where None.
    Raises:
        CancelledError: `is_cancelled` said so.
    """
    counts = topic_map.counts().tolist()
    rows = sorted((row for row, count in enumerate(counts) if count), key=lambda row: (-counts[row], row))
    disk = _Disk(connection)
    points = _points(topic_map, rows, documents.files_by_key(connection, folder_ids), disk, is_cancelled)
    notes = [f"{display(path)} is away: what it holds is counted and not shown." for path in sorted(disk.away)]
    if not rows:
        notes.append(f"No subject is shared by {SMALLEST_TOPIC} files or more.")
    return Topics(
        topics=[_topic(topic_map.topics[row], counts[row]) for row in rows],
        points=points,
        outliers=len(topic_map.keys) - sum(counts),
        files=len(topic_map.keys) + without_vectors,
        without_vectors=without_vectors,
        computed_at=computed_at.isoformat(timespec="seconds"),
        notes=notes,
    )


def _topic(topic: MappedTopic, count: int) -> Topic:
    return Topic(
        id=topic.id,
        name=" · ".join(topic.words) or f"Topic {topic.id}",
        words=topic.words,
        count=count,
        x=round(topic.x, _DIGITS),
        y=round(topic.y, _DIGITS),
        radius=round(topic.radius, _DIGITS),
        hue_rank=topic.hue,
    )


def _points(
    topic_map: TopicMap,
    rows: list[int],
    every_file: Iterable[tuple[int, int, bytes, FileType]],
    disk: _Disk,
    is_cancelled: Callable[[], bool],
) -> list[Point]:
    shown = _shown(topic_map, rows)
    wanted = set(topic_map.keys[shown].tolist())
    files: defaultdict[int, list[_File]] = defaultdict(list)
    for key, folder_id, name, type in every_file:
        if key in wanted:
            files[key].append((folder_id, name, type))
    points: list[Point] = []
    length = 0
    for at in shown.tolist():
        if is_cancelled():
            raise CancelledError
        held = next(filter(None, (disk.path(file) for file in files[int(topic_map.keys[at])])), None)
        if held is None:
            continue
        path, type = held
        row = int(topic_map.rows[at])
        uri = path_to_uri(path)
        length += 2 * len(uri)
        if length > _PATHS_LIMIT_BYTES:
            break
        points.append(
            Point(
                uri=uri,
                path=display(path),
                name=display(os.path.basename(path)),
                type=type,
                topic=None if row == NO_TOPIC else topic_map.topics[row].id,
                x=round(float(topic_map.places[at, 0]), _DIGITS),
                y=round(float(topic_map.places[at, 1]), _DIGITS),
            )
        )
    return points


def _shown(topic_map: TopicMap, rows: list[int]) -> Int64Array:
    """Which documents are points, in the order of the answer."""
    ranks = np.full(len(topic_map.topics) + 1, len(rows))  # by topic; the last is that of the outliers
    ranks[rows] = np.arange(len(rows))
    rank = ranks[topic_map.rows]  # (N,)
    order = np.lexsort((-topic_map.fits, rank))
    first = np.searchsorted(rank[order], rank[order])  # where each one's topic begins
    is_typical = (np.arange(len(order)) - first < _ALWAYS_SHOWN) & (rank[order] < len(rows))
    # A document's key is part of a hash, and so as good as a draw.
    wanted = np.lexsort((topic_map.keys[order].view(np.uint64), ~is_typical))[:POINTS_SHOWN]
    return order[np.sort(wanted)]


class _Disk:
    """Which files are there, on drives that are."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._roots = folders.roots(connection)
        self._folder_paths = FolderPaths(connection)
        self._is_online: dict[int, bool] = {}
        self.away: set[bytes] = set()
        """Roots that a file was looked for in and that are not there."""

    def path(self, file: _File) -> tuple[bytes, FileType] | None:
        """The file's path and type, or None where it is not there. A drive that is away is not even asked."""
        folder_id, name, type = file
        folder = self._folder_paths.path(folder_id)
        if folder is None or not self._is_reachable(folder_id, folder):
            return None
        path = os.path.join(folder, name)
        try:
            return (path, type) if stat.S_ISREG(lstat(path).st_mode) else None
        except OSError:
            return None

    def _is_reachable(self, folder_id: int, folder: bytes) -> bool:
        if folder_id not in self._is_online:
            root = folders.innermost(self._roots, folder)
            self._is_online[folder_id] = root is not None and root.is_online
            if root is not None and not root.is_online:
                self.away.add(root.path)
        return self._is_online[folder_id]
