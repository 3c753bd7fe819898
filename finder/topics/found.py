"""The answer to `topics`, as it travels to clients. Imports our types alone."""

from __future__ import annotations

from typing import TypedDict

from finder.types import FileType

POINTS_SHOWN = 20_000


class Topic(TypedDict):
    """Files about one subject."""

    id: int
    """The same in later answers about the same folders, for as long as half of its files stay together."""
    name: str
    """Its words joined by " · "; "Topic 7" where it has none."""
    words: list[str]
    """Up to three, the most telling first."""
    count: int
    """Of files; copies of one content count once."""
    x: float
    y: float
    """Of the middle of its disc."""
    radius: float
    """Of the disc that its files fill, as `x` and `y`."""
    hue_rank: int
    """0 to 7: neighbours differ, and a topic keeps its own."""


class Point(TypedDict):
    """One file on the map; of copies the first."""

    uri: str
    path: str
    name: str
    type: FileType
    topic: int | None
    """None for an outlier: it stands just outside the topic that it is nearest to."""
    x: float
    y: float


class Topics(TypedDict):
    """A map: y grows upwards, the unit is the client's to choose."""

    topics: list[Topic]
    """The largest first."""
    points: list[Point]
    """Files that are there now, in the order of their topics and of each the most typical first; at most
    `POINTS_SHOWN`, a sample where there are more."""
    outliers: int
    """Files that belong to no topic."""
    files: int
    """Files with a text, in a topic or not; copies of one content count once."""
    without_vectors: int
    """Of those, the ones whose meaning is not known yet: they are on no map."""
    computed_at: str
    """When the topics were last brought up to date, ISO 8601."""
    notes: list[str]
    """What a person should know of this answer, in plain sentences."""


class TopicsProgress(TypedDict):
    """How far finding topics is."""

    doing: str
    done: int
    total: int
