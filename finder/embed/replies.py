"""Vectors out of what a server answered: hostile bytes until proven. Imports numpy alone.

The form: https://platform.openai.com/docs/api-reference/embeddings/create. Nothing of an answer is quoted in an error:
it may hold the texts that were sent.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

import numpy as np

from finder.errors import ModelUnavailableError, UnsoundVectorError
from finder.vectors import Float32Array

_NORM_TOLERANCE = 0.05
"""What 8 bits a number and rounding leave of a norm of 1; a server that does not normalise is far from it."""


class UnusableAnswerError(Exception):
    """The answer is not in the form it has to have; asked again, it may be."""


def vectors_in(body: bytes, count: int, model: str) -> Float32Array:
    """(N, W) float32 for the N = `count` texts that were sent, in their order, as the server gave them.

    Raises:
        UnusableAnswerError: not in the known form, or not one vector for each text.
        ModelUnavailableError: another model answered.
    """
    try:
        answer: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise UnusableAnswerError("it is not JSON") from None
    items = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise UnusableAnswerError("it has no list `data`")
    if answer.get("model", model) != model:
        raise ModelUnavailableError(
            "The server answers with another model",
            f"{model} was asked for.",
            "Start that model there, or name the one that runs there: inkling model use server --name NAME",
        )
    rows = [_row(item.get("embedding")) for item in _in_order(items, count)]
    if len({len(row) for row in rows}) != 1:
        raise UnusableAnswerError("its vectors differ in length")
    return np.stack(rows)


def sound(vectors: Float32Array, dimension: int) -> Float32Array:
    """The first `dimension` columns of `vectors` (N, W), each row of L2 norm 1.

    Cutting and normalising again is what models trained for it want (Matryoshka, arXiv:2205.13147).

    Raises:
        ModelUnavailableError: the rows are shorter.
        UnsoundVectorError: a row is not finite, or far from norm 1.
    """
    if vectors.shape[1] < dimension:
        raise ModelUnavailableError(
            "The server's vectors are too short",
            f"They have {vectors.shape[1]:,} numbers, not {dimension:,}.",
            "Start the right model there, or choose a smaller --dimension.",
        )
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is found by its norm
        norms = np.linalg.norm(vectors, axis=1)  # (N,)
    if not bool(np.all(np.abs(norms - 1.0) <= _NORM_TOLERANCE)):  # NaN and infinity fail it too
        raise UnsoundVectorError(
            "The server's vectors cannot be used",
            "They are not finite or not of norm 1.",
            "Start the server so that it normalises its vectors.",
        )
    cut = vectors[:, :dimension]  # (N, D)
    lengths = np.linalg.norm(cut, axis=1, keepdims=True)  # (N, 1)
    if not lengths.all():
        raise UnsoundVectorError("The server's vectors cannot be used", "One has nothing but zeros.")
    return np.ascontiguousarray(cut / lengths, dtype=np.float32)


def _in_order(items: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """The items by their `index`: a server may answer in any order, and may not leave one out or say one twice."""
    if len(items) != count:
        raise UnusableAnswerError("it has not one vector for each text")
    placed: dict[int, dict[str, Any]] = {}
    for position, item in enumerate(items):
        index = item.get("index", position)
        if type(index) is not int or not 0 <= index < count or index in placed:
            raise UnusableAnswerError("it has not one vector for each text")
        placed[index] = item
    return [placed[index] for index in range(count)]


def _row(embedding: object) -> Float32Array:
    """(W,) float32 from a list of numbers, or from base64 of little-endian float32."""
    try:
        if isinstance(embedding, str):
            row = np.frombuffer(base64.b64decode(embedding, validate=True), "<f4").astype(np.float32)
        else:
            with np.errstate(over="ignore"):  # becomes infinite, which `sound` finds
                row = np.array(embedding, dtype=np.float32)
    except (ValueError, TypeError, OverflowError, binascii.Error):
        raise UnusableAnswerError("a vector is no list of numbers") from None
    if row.ndim != 1 or not row.size:
        raise UnusableAnswerError("a vector is no list of numbers")
    return row
