"""Where topics and their documents stand on a map. Pure arithmetic: the same input gives the same map. Imports numpy.

Each topic is a disc whose area is its number of documents. Discs of like topics attract each other, none overlaps
another, and one that stood on an earlier map keeps about its place. Within its disc a document stands in the direction,
and as far out, as it differs from the topic's centre in the two directions in which the topic is widest.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from finder.vectors import Float32Array, Int64Array

HUES = 8
_NEIGHBOURS = 3
_STEPS = 200
_GAP = 1.4
"""Discs keep so many times the sum of their radii apart."""
_GRAVITY = 0.02
"""Of the way to the middle of the map, each step."""
_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
"""Between the points of a spiral that fills the plane evenly."""
_SPIRAL_STEPS = 256
_TINY = 1e-9
_STANDING = 1e-4
"""A disc that is pushed by less than so much of its radius stands."""
_ROWS_FOR_AXES = 1_000
_JUST_OUTSIDE = 1.08
_FURTHEST_OUTSIDE = 1.3
"""A document without a topic stands between these many radii from the topic that it is nearest to."""


def place_discs(centres: Float32Array, radii: Float32Array, earlier: Float32Array) -> Float32Array:
    """Places (K, 2) of topics.

    Args:
        centres: (K, P) of L2 norm 1.
        radii: (K,).
        earlier: (K, 2) where each stood; NaN where it is new.
    """
    if len(centres) < 2:
        return np.nan_to_num(earlier)
    cosines = centres @ centres.T  # (K, K)
    np.fill_diagonal(cosines, -np.inf)
    if not np.isnan(earlier).all():
        return _parted(_fitted_in(cosines, radii, earlier), radii)
    friends = np.argsort(-cosines, axis=1, kind="stable")[:, :_NEIGHBOURS]  # (K, F)
    places = _spread_out(centres, radii)
    for _ in range(_STEPS):
        places = places + _pull(places, radii, friends) + _push(places, radii)
    places = _parted(places, radii)
    centred: Float32Array = places - places.mean(axis=0)
    return centred


def _parted(places: Float32Array, radii: Float32Array) -> Float32Array:
    """Pushed until there is room between all, or nearly."""
    for _ in range(_STEPS):
        push = _push(places, radii)
        if (np.abs(push) <= _STANDING * radii[:, None]).all():
            break
        places = places + push
    return places


def _spread_out(centres: Float32Array, radii: Float32Array) -> Float32Array:
    """(K, 2): where their two main directions put the topics, on about the room that they need."""
    _, _, axes = np.linalg.svd(centres - centres.mean(axis=0), full_matrices=False)
    flat = np.zeros((len(centres), 2), np.float32)
    flat[:, : len(axes)] = centres @ _with_known_sign(axes[:2]).T
    flat -= flat.mean(axis=0)
    places = flat / max(float(np.abs(flat).max()), _TINY) * 1.5 * np.sqrt(np.square(radii).sum())
    # No two at one point, from which no force could part them.
    angles = _GOLDEN_ANGLE * np.arange(len(places))
    nudge = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii[:, None] * 0.01
    begun: Float32Array = (places + nudge).astype(np.float32)
    return begun


def _fitted_in(cosines: Float32Array, radii: Float32Array, earlier: Float32Array) -> Float32Array:
    """The earlier places, and for new topics, the largest first, free ones near those that they are most like."""
    places = earlier.copy()
    is_placed = ~np.isnan(earlier[:, 0])  # (K,)
    for row in np.argsort(-radii, kind="stable").tolist():
        if not is_placed[row]:
            alike = np.where(is_placed, cosines[row], -np.inf).argsort(kind="stable")[-_NEIGHBOURS:]
            alike = alike[is_placed[alike]]
            places[row] = _free_spot(places[alike].mean(axis=0), radii[row], places[is_placed], radii[is_placed])
            is_placed[row] = True
    return places


def _free_spot(near: Float32Array, radius: float, taken: Float32Array, taken_radii: Float32Array) -> Float32Array:
    """The first free place (2,) for a disc on a spiral around `near`."""
    steps = np.arange(_SPIRAL_STEPS)
    while True:
        angles, ways = _GOLDEN_ANGLE * steps, 0.5 * radius * np.sqrt(steps)
        spots = near + np.stack([np.cos(angles) * ways, np.sin(angles) * ways], axis=1)  # (S, 2)
        gaps = np.linalg.norm(spots[:, None, :] - taken[None, :, :], axis=2)  # (S, K)
        is_free = (gaps >= _GAP * (radius + taken_radii)).all(axis=1)
        if is_free.any():
            spot: Float32Array = spots[is_free.argmax()].astype(np.float32)
            return spot
        steps = steps + _SPIRAL_STEPS


def _pull(places: Float32Array, radii: Float32Array, friends: Int64Array) -> Float32Array:
    """Towards the topics that are most alike, as far as there is room, and a little towards the middle."""
    gaps = places[friends] - places[:, None, :]  # (K, F, 2)
    distances = np.linalg.norm(gaps, axis=2, keepdims=True)
    touching = (_GAP * (radii[friends] + radii[:, None]))[..., None]
    steps = gaps * np.maximum(0, 1 - touching / np.maximum(distances, _TINY))
    pull: Float32Array = 0.1 * steps.mean(axis=1) + _GRAVITY * (places.mean(axis=0) - places)
    return pull


def _push(places: Float32Array, radii: Float32Array) -> Float32Array:
    """Away from every disc that is too near, by half of what is missing."""
    across, up = (place[:, None] - place[None, :] for place in places.T)  # (K, K) each
    distances = np.sqrt(across * across + up * up)
    missing = np.maximum(0, _GAP * (radii[:, None] + radii[None, :]) - distances)
    np.fill_diagonal(missing, 0)
    shares = 0.5 * missing / np.maximum(distances, _TINY)
    push: Float32Array = np.stack([(across * shares).sum(axis=1), (up * shares).sum(axis=1)], axis=1)
    longest = np.linalg.norm(push, axis=1, keepdims=True)
    bounded: Float32Array = push * np.minimum(1, radii[:, None] / np.maximum(longest, _TINY))
    return bounded


def widest_axes(members: Float32Array) -> tuple[Float32Array, Float32Array]:
    """The two directions in which a topic's members (M, P) differ most, each divided by its spread.

    Returns:
        (2, P), and where the members' middle is on them (2,).
    """
    middle = members.mean(axis=0)
    _, spreads, axes = np.linalg.svd(members[:_ROWS_FOR_AXES] - middle, full_matrices=False)
    wide = np.zeros((2, members.shape[1]), np.float32)
    count = min(2, len(axes))
    deviations = np.maximum(spreads[:count, None] / np.sqrt(min(len(members), _ROWS_FOR_AXES)), 1e-6)
    wide[:count] = _with_known_sign(axes[:count]) / deviations
    return wide, wide @ middle


def offsets(
    documents: Float32Array,
    axes: Float32Array,
    middles: Float32Array,
    topics: Int64Array,
    is_inside: NDArray[np.bool_],
) -> Float32Array:
    """Where documents stand in the discs of their topics, or just outside: (N, 2), in radii.

    Over a normal distribution 1 - exp(-r²/2) is how many lie within r, so its square root fills a disc evenly.

    Args:
        documents: (N, P)
        axes, middles: (K, 2, P) and (K, 2) of the topics, as from `widest_axes`.
        topics: (N,) each one's row in them.
        is_inside: (N,) False for a document that is only near the topic.
    """
    flat = np.zeros((len(documents), 2), np.float32)
    for topic in np.unique(topics).tolist():
        members = topics == topic
        flat[members] = documents[members] @ axes[topic].T - middles[topic]
    distances = np.linalg.norm(flat, axis=1, keepdims=True)
    shares = np.sqrt(1 - np.exp(-np.square(distances) / 2))
    outside = _JUST_OUTSIDE + (_FURTHEST_OUTSIDE - _JUST_OUTSIDE) * shares
    placed: Float32Array = flat / np.maximum(distances, _TINY) * np.where(is_inside[:, None], shares, outside)
    return placed


def hues(places: Float32Array, radii: Float32Array, earlier: list[int | None]) -> list[int]:
    """A hue for each topic, 0 to 7: the earlier one, else the one whose nearest bearer is farthest away."""
    chosen = list(earlier)
    for row in np.argsort(-radii, kind="stable").tolist():
        if chosen[row] is None:
            distances = np.linalg.norm(places - places[row], axis=1)
            nearest = [
                min((float(distances[other]) for other, hue in enumerate(chosen) if hue == wanted), default=np.inf)
                for wanted in range(HUES)
            ]
            chosen[row] = int(np.argmax(nearest))
    return [hue or 0 for hue in chosen]


def _with_known_sign(axes: Float32Array) -> Float32Array:
    """A direction and its opposite are the same to a decomposition: the largest component is to be positive."""
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    signed: Float32Array = axes * np.where(largest < 0, -1, 1)
    return signed
