"""A map of topics: which document belongs to which, and where each stands. Imports numpy, no scikit-learn.

It is kept as bytes between two runs, so that topics stay what and where they were when a few files change. What is
kept may be damaged or another version's: then there is none, and the topics are found anew.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import asdict, dataclass

import numpy as np

from finder.vectors import Float32Array, Int64Array

SMALLEST_TOPIC = 5
LEAST_DOCUMENTS = 10
"""With a vector; fewer have no topics."""
NO_TOPIC = -1
_VERSION = 1
_TINY = np.finfo(np.float32).tiny
_ARRAYS = ("mean", "axes", "centres", "reaches", "spreads", "middles", "keys", "rows", "places", "fits")


@dataclass(frozen=True, slots=True)
class Basis:
    """From an embedding space to the few dimensions in which documents are compared."""

    mean: Float32Array
    """(D,)"""
    axes: Float32Array
    """(P, D), orthonormal."""

    def project(self, vectors: Float32Array) -> Float32Array:
        """Document vectors (N, D) as (N, P) of L2 norm 1."""
        return unit(np.asarray((vectors - self.mean) @ self.axes.T, np.float32))


@dataclass(frozen=True, slots=True)
class Centres:
    """Where topics are, in a basis."""

    vectors: Float32Array
    """(K, P) of L2 norm 1."""
    reaches: Float32Array
    """(K,) the least cosine to the centre with which a document joins."""

    def nearest(self, documents: Float32Array) -> tuple[Int64Array, Float32Array]:
        """The row of the nearest centre to each of `documents` (N, P), and the cosine to it: (N,) each."""
        cosines = documents @ self.vectors.T  # (N, K)
        rows = cosines.argmax(axis=1)
        return rows, np.take_along_axis(cosines, rows[:, None], axis=1)[:, 0]


@dataclass(frozen=True, slots=True)
class MappedTopic:
    """One topic of a map."""

    id: int
    """The topic's for as long as most of its documents stay together; never used for another one of the scope."""
    words: list[str]
    """Its telling words, the most telling first; empty where it has none."""
    hue: int
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class TopicMap:
    """N documents, K topics. Rows of `rows` are those of `topics`."""

    space_key: str
    basis: Basis
    centres: Centres
    spreads: Float32Array
    """(K, 2, P)"""
    middles: Float32Array
    """(K, 2) with `spreads` what `layout.offsets` places documents with."""
    topics: list[MappedTopic]
    keys: Int64Array
    """(N,) of the documents, ascending: `store.documents.key_of`."""
    rows: Int64Array
    """(N,) each one's topic, `NO_TOPIC` for an outlier."""
    places: Float32Array
    """(N, 2)"""
    fits: Float32Array
    """(N,) cosine to the nearest centre: how typical a document is."""
    unit_radius: float
    """Of the disc of a single document."""
    next_id: int
    clustered: int
    """Documents there were when the topics were found."""
    drift: int
    """Documents that have come or gone since then."""

    def counts(self) -> Int64Array:
        """(K,) how many documents belong to each topic."""
        return np.bincount(self.rows[self.rows >= 0], minlength=len(self.topics))

    def to_bytes(self) -> bytes:
        """For `from_bytes`."""
        about = {
            "version": _VERSION,
            "space_key": self.space_key,
            "topics": [asdict(topic) for topic in self.topics],
            "unit_radius": self.unit_radius,
            "next_id": self.next_id,
            "clustered": self.clustered,
            "drift": self.drift,
        }
        arrays = (
            *(self.basis.mean, self.basis.axes, self.centres.vectors, self.centres.reaches, self.spreads, self.middles),
            *(self.keys, self.rows, self.places, self.fits),
        )
        text = np.frombuffer(json.dumps(about).encode(), np.uint8)
        buffer = io.BytesIO()
        np.savez(buffer, about=text, **dict(zip(_ARRAYS, arrays, strict=True)))  # type: ignore[arg-type]
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes | bytearray) -> TopicMap | None:
        """What `to_bytes` gave; None where it is something else."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as held:
                about = json.loads(held["about"].tobytes())
                mean, axes, centres, reaches, spreads, middles, keys, rows, places, fits = (
                    held[name] for name in _ARRAYS
                )
            if about.pop("version") != _VERSION or len(about["topics"]) != len(centres):
                return None
            about["topics"] = [MappedTopic(**topic) for topic in about["topics"]]
            return cls(
                basis=Basis(mean, axes),
                centres=Centres(centres, reaches),
                spreads=spreads,
                middles=middles,
                keys=keys,
                rows=rows,
                places=places,
                fits=fits,
                **about,
            )
        # A flipped bit may also say that it is encrypted, packed in a way nobody knows, or larger than the memory.
        except (ValueError, KeyError, TypeError, OSError, EOFError, RuntimeError, MemoryError, zipfile.BadZipFile):
            return None


def unit(vectors: Float32Array) -> Float32Array:
    """`vectors` (N, D), each divided by its L2 norm; 0 stays 0."""
    scaled: Float32Array = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), _TINY)
    return scaled
