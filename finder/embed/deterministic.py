"""An `Embedder` without a model: texts that share words get vectors that are near. Imports numpy alone.

Serves tests and fault suites, here and for whoever builds on this engine: no weights, no seconds of loading, and the
same bits in every process and on every platform.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from finder.vectors import Float32Array, Space

_CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_UNIT = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+")
_IS_CJK = re.compile(rf"[{_CJK}]")
_STEM_LENGTH = 5

NAME = "deterministic"
"""In the settings: no model, for tests and fault suites."""
_DIMENSION = 384
_NAME = re.compile(rf"{NAME}(?:-([1-9]\d{{1,3}}))?")


class HashEmbedder:
    """Sums one pseudo-random vector of signs per word, and in Chinese, Japanese and Korean per pair of characters.

    Longer words weigh more, a repeated word counts once, and a word's first five letters count besides the word, so
    that "invoice" is near "invoices". A text without any word stands alone.
    """

    def __init__(self, dimension: int = _DIMENSION) -> None:
        key = hashlib.sha256(f"hashed words 1, {dimension}".encode("ascii")).hexdigest()
        name = NAME if dimension == _DIMENSION else f"{NAME}-{dimension}"
        self._space = Space(key, name, dimension)

    @classmethod
    def named(cls, name: str) -> HashEmbedder | None:
        """`deterministic`, or with another dimension `deterministic-64`; None where `name` is neither."""
        match = _NAME.fullmatch(name)
        return None if match is None else cls(int(match[1] or _DIMENSION))

    @property
    def space(self) -> Space:
        return self._space

    def embed_passages(self, texts: Sequence[str]) -> Float32Array:
        """(N, D) float32, each row of L2 norm 1."""
        vectors = np.empty((len(texts), self._space.dimension), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            row[:] = self.embed_query(text)
        return vectors

    def embed_query(self, text: str, instruction: str | None = None) -> Float32Array:
        """(D,) float32 of L2 norm 1; the same as for a passage, `instruction` means nothing here."""
        total = np.zeros(self._space.dimension, dtype=np.int64)
        for feature, weight in sorted(_features(text).items()):
            total += weight * _signs(feature, self._space.dimension)
        if not total.any():
            total += _signs("\0" + text, self._space.dimension)
        # Integers up to here, then one square root and one division, which IEEE 754 rounds alike everywhere.
        return (total / math.sqrt(int(total @ total))).astype(np.float32)


def _features(text: str) -> dict[str, int]:
    """Each feature of `text` once, with its weight."""
    weights: dict[str, int] = {}
    for unit in _UNIT.findall(text.casefold()):
        weights.update(_bigrams(unit) if _IS_CJK.match(unit) else _word(unit))
    return weights


def _bigrams(run: str) -> Iterator[tuple[str, int]]:
    for start in range(max(1, len(run) - 1)):
        yield run[start : start + 2], 4


def _word(word: str) -> Iterator[tuple[str, int]]:
    yield word, min(len(word), 8)
    if len(word) > _STEM_LENGTH:
        yield word[:_STEM_LENGTH] + "*", _STEM_LENGTH


@lru_cache(maxsize=16_384)
def _signs(feature: str, dimension: int) -> NDArray[np.int8]:
    """(D,) of -1 and 1, from the feature's SHAKE-128 digest (FIPS 202)."""
    digest = hashlib.shake_128(feature.encode("utf-8", "surrogatepass")).digest(-(-dimension // 8))
    bits = np.unpackbits(np.frombuffer(digest, dtype=np.uint8), count=dimension)
    return bits.astype(np.int8) * 2 - 1
