"""Making a map of topics from the catalog: what the topics worker does. Reads on a reading connection of its own.

The topics are found in a sample, chosen by what is in the documents, so that it is the same sample the next time; every
other document joins the nearest topic or is an outlier. While few documents have come or gone since, the topics stay
and those that are new join them. After that they are found anew, and one that shares half of its documents with an
earlier one is that one: it keeps its id, its name, its hue and its place.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import apsw
import numpy as np
from numpy.typing import NDArray

from finder.store import documents
from finder.topics import layout
from finder.topics.clusters import basis_of, centres_of, cluster
from finder.topics.names import telling_words
from finder.topics.topic_map import LEAST_DOCUMENTS, NO_TOPIC, SMALLEST_TOPIC, Basis, Centres, MappedTopic, TopicMap
from finder.vectors import Float32Array, Int64Array

SAMPLE = 10_000
_CONTENTS_AT_A_TIME = 512
_DRIFT_SHARE = 0.1
"""Of the documents may have come or gone before the topics are found anew."""
_SAME_TOPIC = 1 / 2
"""Of the documents in either, so many are in both."""
_NAMING_DOCUMENTS = 100
_NAMING_PASSAGES = 5
_NAMING_CHARS = 4_000
_MAP_RADIUS = 0.5
"""Of the disc that all documents would fill together, where the map is first drawn."""

Tell = Callable[[str, int, int], None]
"""Told how far the work is: what is done, how much of it, of how much."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be mapped."""

    space_id: int
    space_key: str
    dimension: int
    folder_ids: list[int] | None
    """These folders and all below them; everything where None."""


@dataclass(frozen=True, slots=True)
class _Documents:
    """Documents that have a vector; N of them."""

    keys: Int64Array
    ids: Int64Array
    projected: Float32Array
    """(N, P)"""


def make_map(
    connection: apsw.Connection, order: Order, earlier: TopicMap | None, tell: Tell
) -> tuple[TopicMap | None, int]:
    """The map, None where too few documents have a vector, and how many documents have none.

    Args:
        earlier: the map of the same folders that was made before, if any.
    """
    work = _Mapping(connection, order, tell)
    keys, ids = documents.documents(connection, order.folder_ids)
    if earlier is not None and earlier.space_key == order.space_key:
        kept = work.kept(earlier, keys, ids)
        if kept is not None:
            return kept, len(keys) - len(kept.keys)
    made = work.found_anew(earlier, keys, ids)
    return made, len(keys) - (len(made.keys) if made is not None else work.with_vector)


class _Mapping:
    """One piece of work in progress."""

    def __init__(self, connection: apsw.Connection, order: Order, tell: Tell) -> None:
        self._connection = connection
        self._order = order
        self._tell = tell
        self.with_vector = 0
        """Documents with a vector, where they are too few for topics."""

    def kept(self, earlier: TopicMap, keys: Int64Array, ids: Int64Array) -> TopicMap | None:
        """The earlier map with what has gone taken out, and what is new joined; None where that is too much."""
        stays = np.isin(earlier.keys, keys, assume_unique=True)
        is_new = ~np.isin(keys, earlier.keys, assume_unique=True)
        gone = int(len(stays) - stays.sum())
        most = max(SMALLEST_TOPIC - 1, _DRIFT_SHARE * earlier.clustered)
        if earlier.drift + gone > most:
            return None
        new = self._read(keys[is_new], ids[is_new], earlier.basis)
        drift = earlier.drift + gone + len(new.keys)
        if drift > most or int(stays.sum()) + len(new.keys) < LEAST_DOCUMENTS:
            return None
        rows = np.concatenate([earlier.rows[stays], _joined(earlier.centres, new.projected)])
        places, fits = _placed(earlier, new.projected, rows[int(stays.sum()) :])
        return _sorted(
            replace(
                earlier,
                keys=np.concatenate([earlier.keys[stays], new.keys]),
                rows=rows,
                places=np.concatenate([earlier.places[stays], places]),
                fits=np.concatenate([earlier.fits[stays], fits]),
                drift=drift,
            )
        )

    def found_anew(self, earlier: TopicMap | None, keys: Int64Array, ids: Int64Array) -> TopicMap | None:
        """A map of topics that are found now."""
        is_sampled = np.zeros(len(keys), bool)
        is_sampled[np.argsort(keys.view(np.uint64), kind="stable")[:SAMPLE]] = True  # a hash is as good as a draw
        vectors, has_vector = self._vectors(ids[is_sampled])
        self.with_vector = int(has_vector.sum())
        if self.with_vector < LEAST_DOCUMENTS:
            return None
        self._tell("finding topics", 0, 1)
        basis = basis_of(vectors[has_vector])
        sample = _Documents(
            keys[is_sampled][has_vector], ids[is_sampled][has_vector], basis.project(vectors[has_vector])
        )
        labels = cluster(sample.projected)
        centres = centres_of(sample.projected, labels)
        others = self._read(keys[~is_sampled], ids[~is_sampled], basis)
        labels = np.where(labels == NO_TOPIC, _joined(centres, sample.projected), labels)
        rows = np.concatenate([labels, _joined(centres, others.projected)])
        everything = _Documents(
            np.concatenate([sample.keys, others.keys]),
            np.concatenate([sample.ids, others.ids]),
            np.concatenate([sample.projected, others.projected]),
        )
        return self._mapped(earlier, basis, centres, everything, rows)

    def _mapped(
        self, earlier: TopicMap | None, basis: Basis, centres: Centres, found: _Documents, rows: Int64Array
    ) -> TopicMap:
        same = _same_topics(earlier, found.keys, rows, len(centres.vectors))
        known = earlier if any(topic is not None for topic in same) else None
        unit_radius = known.unit_radius if known is not None else _MAP_RADIUS / float(np.sqrt(len(found.keys)))
        next_id = earlier.next_id if earlier is not None else 1
        topics = self._topics(found, rows, centres, same, unit_radius, next_id)
        widest = [layout.widest_axes(found.projected[rows == row]) for row in range(len(topics))]
        made = TopicMap(
            space_key=self._order.space_key,
            basis=basis,
            centres=centres,
            spreads=np.array([axes for axes, _ in widest], np.float32).reshape(-1, 2, len(basis.axes)),
            middles=np.array([middle for _, middle in widest], np.float32).reshape(-1, 2),
            topics=topics,
            keys=found.keys,
            rows=rows,
            places=np.zeros((len(rows), 2), np.float32),
            fits=np.zeros(len(rows), np.float32),
            unit_radius=unit_radius,
            next_id=next_id + same.count(None),
            clustered=len(rows),
            drift=0,
        )
        places, fits = _placed(made, found.projected, rows)
        if known is not None:
            places = _with_earlier_offsets(places, made, known)
        return _sorted(replace(made, places=places, fits=fits))

    def _topics(
        self,
        found: _Documents,
        rows: Int64Array,
        centres: Centres,
        same: list[MappedTopic | None],
        unit_radius: float,
        next_id: int,
    ) -> list[MappedTopic]:
        """The topics, with what the earlier ones that they are hand on to them."""
        counts = np.bincount(rows[rows >= 0], minlength=len(same))
        radii = (unit_radius * np.sqrt(counts)).astype(np.float32)
        earlier_places = np.array([(topic.x, topic.y) if topic else (np.nan, np.nan) for topic in same], np.float32)
        places = layout.place_discs(centres.vectors, radii, earlier_places.reshape(-1, 2))
        hues = layout.hues(places, radii, [topic.hue if topic else None for topic in same])
        words = self._words(found, rows, same)
        new_ids = itertools.count(next_id)
        return [
            MappedTopic(
                id=topic.id if topic is not None else next(new_ids),
                words=words[row],
                hue=hues[row],
                x=float(places[row, 0]),
                y=float(places[row, 1]),
                radius=float(radii[row]),
            )
            for row, topic in enumerate(same)
        ]

    def _words(self, found: _Documents, rows: Int64Array, same: list[MappedTopic | None]) -> list[list[str]]:
        """The words of each topic: the earlier ones, or those that its documents tell."""
        texts = []
        for row in range(len(same)):
            self._tell("naming", row, len(same))
            members = found.ids[rows == row][:_NAMING_DOCUMENTS].tolist()
            texts.append([documents.opening(self._connection, id, _NAMING_PASSAGES, _NAMING_CHARS) for id in members])
        telling = telling_words(texts)
        return [topic.words if topic is not None else telling[row] for row, topic in enumerate(same)]

    def _read(self, keys: Int64Array, ids: Int64Array, basis: Basis) -> _Documents:
        """Those of the documents that have a vector, projected."""
        pieces = [np.empty((0, len(basis.axes)), np.float32)]
        has_vector = np.zeros(len(ids), bool)
        for start in range(0, len(ids), _CONTENTS_AT_A_TIME):
            self._tell("reading", start, len(ids))
            batch = slice(start, start + _CONTENTS_AT_A_TIME)
            vectors, counts = self._mean_vectors(ids[batch])
            has_vector[batch] = counts > 0
            pieces.append(basis.project(vectors[counts > 0]))
        return _Documents(keys[has_vector], ids[has_vector], np.concatenate(pieces))

    def _vectors(self, ids: Int64Array) -> tuple[Float32Array, NDArray[np.bool_]]:
        """(N, D), and which of the documents have one (N,)."""
        vectors = np.zeros((len(ids), self._order.dimension), np.float32)
        has_vector = np.zeros(len(ids), bool)
        for start in range(0, len(ids), _CONTENTS_AT_A_TIME):
            self._tell("reading", start, len(ids))
            batch = slice(start, start + _CONTENTS_AT_A_TIME)
            vectors[batch], counts = self._mean_vectors(ids[batch])
            has_vector[batch] = counts > 0
        return vectors, has_vector

    def _mean_vectors(self, ids: Int64Array) -> tuple[Float32Array, Int64Array]:
        return documents.mean_vectors(self._connection, self._order.space_id, ids, self._order.dimension)


def _joined(centres: Centres, projected: Float32Array) -> Int64Array:
    """The topic that each document (N, P) joins; `NO_TOPIC` for those that lie too far out."""
    if not len(centres.vectors):
        return np.full(len(projected), NO_TOPIC)
    nearest, cosines = centres.nearest(projected)
    return np.where(cosines >= centres.reaches[nearest], nearest, NO_TOPIC)


def _placed(topic_map: TopicMap, projected: Float32Array, rows: Int64Array) -> tuple[Float32Array, Float32Array]:
    """Where documents stand (N, 2), and how near they are to the nearest centre (N,)."""
    places, fits = np.zeros((len(rows), 2), np.float32), np.zeros(len(rows), np.float32)
    if not topic_map.topics:
        return places, fits
    discs = np.array([(topic.x, topic.y, topic.radius) for topic in topic_map.topics], np.float32)  # (K, 3)
    for start in range(0, len(rows), SAMPLE):
        batch = slice(start, start + SAMPLE)
        nearest, fits[batch] = topic_map.centres.nearest(projected[batch])
        is_inside = rows[batch] != NO_TOPIC
        at = np.where(is_inside, rows[batch], nearest)
        offsets = layout.offsets(projected[batch], topic_map.spreads, topic_map.middles, at, is_inside)
        places[batch] = discs[at, :2] + discs[at, 2:] * offsets
    return places, fits


def _with_earlier_offsets(places: Float32Array, made: TopicMap, earlier: TopicMap) -> Float32Array:
    """Where a document stays in a topic, it stays where it stood in its disc."""
    _, at, before = np.intersect1d(made.keys, earlier.keys, assume_unique=True, return_indices=True)
    ids = np.array([topic.id for topic in made.topics] + [NO_TOPIC])  # the last is that of an outlier
    earlier_ids = np.array([topic.id for topic in earlier.topics] + [NO_TOPIC - 1])
    stays = ids[made.rows[at]] == earlier_ids[earlier.rows[before]]
    at, before = at[stays], before[stays]
    discs = np.array([(topic.x, topic.y, topic.radius) for topic in made.topics], np.float32).reshape(-1, 3)
    former = np.array([(topic.x, topic.y, topic.radius) for topic in earlier.topics], np.float32).reshape(-1, 3)
    now, then = discs[made.rows[at]], former[earlier.rows[before]]
    places = places.copy()
    places[at] = now[:, :2] + (earlier.places[before] - then[:, :2]) * now[:, 2:] / then[:, 2:]
    return places


def _same_topics(earlier: TopicMap | None, keys: Int64Array, rows: Int64Array, count: int) -> list[MappedTopic | None]:
    """For each topic the earlier one that it is: half of the documents in either are in both."""
    same: list[MappedTopic | None] = [None] * count
    if earlier is None:
        return same
    _, at, before = np.intersect1d(keys, earlier.keys, assume_unique=True, return_indices=True)
    rows, earlier_rows = rows[at], earlier.rows[before]
    is_in_both = (rows >= 0) & (earlier_rows >= 0)
    shared = np.zeros((count, len(earlier.topics)))
    np.add.at(shared, (rows[is_in_both], earlier_rows[is_in_both]), 1)
    sizes = np.bincount(rows[rows >= 0], minlength=count)
    earlier_sizes = np.bincount(earlier_rows[earlier_rows >= 0], minlength=len(earlier.topics))
    either = sizes[:, None] + earlier_sizes[None, :] - shared
    for row, before_row in np.argwhere(shared > _SAME_TOPIC * either).tolist():  # above a half: no two fit one
        same[row] = earlier.topics[before_row]
    return same


def _sorted(topic_map: TopicMap) -> TopicMap:
    order = np.argsort(topic_map.keys, kind="stable")
    return replace(
        topic_map,
        keys=topic_map.keys[order],
        rows=topic_map.rows[order],
        places=topic_map.places[order],
        fits=topic_map.fits[order],
    )
