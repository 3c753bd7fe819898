"""Documents by subject: their vectors reduced (PCA) and clustered (HDBSCAN). The only importer of scikit-learn."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sklearn.cluster import HDBSCAN
from sklearn.decomposition import PCA

from finder.topics.topic_map import NO_TOPIC, SMALLEST_TOPIC, Basis, Centres, unit
from finder.vectors import Float32Array, Int64Array

_DIMENSION = 128
_LARGEST_SHARE = 0.25
"""A cluster of more than this share of all says nothing: it is parted into those within it."""
_LARGEST_AT_LEAST = 20
_FENCE = 3.0
"""So many times the range between the quartiles beyond them is far out: Tukey, Exploratory Data Analysis, 1977. What is
no farther out than members are joins them."""
_SEED = 0


def basis_of(vectors: Float32Array) -> Basis:
    """The directions in which these document vectors (N, D) differ most."""
    count = min(_DIMENSION, len(vectors) - 1, vectors.shape[1])
    pca = PCA(count, random_state=_SEED).fit(vectors)
    return Basis(pca.mean_.astype(np.float32), pca.components_.astype(np.float32))


def cluster(documents: Float32Array) -> Int64Array:
    """The cluster of each of `documents` (N, P), numbered from 0 on; `NO_TOPIC` for those that are in none."""
    found = HDBSCAN(
        min_cluster_size=SMALLEST_TOPIC,
        min_samples=1,  # with more, a third of a few hundred documents are in none
        max_cluster_size=max(_LARGEST_AT_LEAST, int(_LARGEST_SHARE * len(documents))),
        algorithm="kd_tree",  # the brute one holds all distances at a time
        copy=True,
    )
    return _without_strangers(documents, found.fit_predict(documents).astype(np.int64))


def _without_strangers(documents: Float32Array, labels: Int64Array) -> Int64Array:
    """HDBSCAN also counts to a cluster what is only a little nearer to it than clusters are to each other."""
    kept = labels.copy()
    for row, (centre, reach) in enumerate(_fenced(documents, labels)):
        members = np.flatnonzero(labels == row)
        strangers = members[documents[members] @ centre < reach]
        if len(members) - len(strangers) >= SMALLEST_TOPIC:
            kept[strangers] = NO_TOPIC
    return kept


def centres_of(documents: Float32Array, labels: Int64Array) -> Centres:
    """The centre and the reach of each cluster of `documents` (N, P)."""
    fenced = list(_fenced(documents, labels))
    vectors = np.array([centre for centre, _ in fenced], np.float32).reshape(-1, documents.shape[1])
    return Centres(vectors, np.array([reach for _, reach in fenced], np.float32))


def _fenced(documents: Float32Array, labels: Int64Array) -> Iterator[tuple[Float32Array, float]]:
    """The centre (P,) of each cluster, and the least cosine to it that is not beyond the fence."""
    for row in range(int(labels.max(initial=NO_TOPIC)) + 1):
        members = documents[labels == row]
        centre = unit(members.mean(axis=0, keepdims=True))[0]
        low, high = np.quantile(members @ centre, (0.25, 0.75))
        yield centre, float(low - _FENCE * (high - low))
