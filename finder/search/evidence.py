"""Evidence within a passage: the piece of it that answers by meaning. Knows no embedder, only how to ask one.

The beginning of each piece of a passage (`finder.search.units`) is embedded as a passage is, and compared with the
query. What stands out is measured as the results are (`finder.search.background`): in standard deviations above
unrelated passages, so that it is right for a model whose cosines all lie between 0.7 and 0.9 too. Vectors of pieces do
not depend on the query, and are kept: who types on, or scrolls back, waits for none twice.
"""

from __future__ import annotations

import collections
import hashlib
import itertools
import threading
import time
from collections.abc import Callable, Sequence

import numpy as np

from finder.errors import CancelledError, FinderError
from finder.search.candidates import Meaning
from finder.search.units import units
from finder.search.words import EqualWords, Span
from finder.vectors import Float16Array, Float32Array

EmbedSentences = Callable[[Sequence[str]], Float32Array | None]
"""From N texts to (N, D), as passages are embedded, or None while there is no model at hand."""

_LEAST_SCORE = 1.6
_LEAST_LEAD = 0.25
"""The best is marked from this score on, and so far before the second. Both measured: tests/benchmarks/evidence.py."""
_WORDS_WEIGHT = 1.0
"""Standard deviations that holding every word of the query is worth: it decides between what is near in meaning."""
_HEARD_CHARS = 120
"""So much of a piece is embedded: a quarter fewer tokens, and one mark of a hundred is another (see there)."""
_LIMIT_S = 1.0
"""What is not embedded then is left unmarked: results do not wait longer for their marks."""
_SLICE_S = 0.1
"""A query that comes meanwhile waits for one slice; so does a cancel."""
_LAST_SLICE = 1.5
"""The last slice may be so much longer: each costs some 10 ms, and small ones leave a core idle at their end."""
_FIRST_CHARS_PER_S = 6_000.0
"""Of the built-in model on a busy processor; after the first slice it is measured."""
_VECTORS_KEPT = 4_096
"""3 MB for the built-in model, 32 MB for the largest."""


class Answers:
    """Finds what answers in passages. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._vectors: collections.OrderedDict[bytes, Float16Array] = collections.OrderedDict()
        """By digest of space and text, the latest used last."""
        self._chars_per_s = _FIRST_CHARS_PER_S

    def find(
        self,
        texts: Sequence[str],
        meaning: Meaning,
        words: EqualWords,
        embed: EmbedSentences,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> list[Span | None]:
        """For each passage its piece that answers; None where none stands out, or there is no vector to tell it.

        Raises:
            CancelledError: `is_cancelled` said so.
        """
        pieces = [units(text) for text in texts]
        heard = [[_beginning(text, span) for span in spans] for text, spans in zip(texts, pieces, strict=True)]
        known = self._vectors_of(list(itertools.chain(*heard)), meaning.space_id, embed, is_cancelled)
        answers: list[Span | None] = []
        for text, spans, beginnings in zip(texts, pieces, heard, strict=True):
            vectors = [known.get(beginning) for beginning in beginnings]
            sound = [vector for vector in vectors if vector is not None]
            is_whole = bool(spans) and len(sound) == len(spans)
            answers.append(_best(text, spans, np.stack(sound) @ meaning.vector, meaning, words) if is_whole else None)
        return answers

    def _vectors_of(
        self, pieces: Sequence[str], space_id: int, embed: EmbedSentences, is_cancelled: Callable[[], bool]
    ) -> dict[str, Float32Array]:
        """The vectors of those pieces that are known, or embedded within the time there is."""
        keys = {piece: _key(piece, space_id) for piece in pieces}
        with self._lock:
            found = {piece: self._vectors[key] for piece, key in keys.items() if key in self._vectors}
            for piece in found:
                self._vectors.move_to_end(keys[piece])
        missing = [piece for piece in keys if piece not in found]
        for piece, vector in self._embedded(missing, embed, is_cancelled):
            found[piece] = vector.astype(np.float16)
        with self._lock:
            self._vectors.update({keys[piece]: found[piece] for piece in missing if piece in found})
            for key in list(itertools.islice(self._vectors, max(0, len(self._vectors) - _VECTORS_KEPT))):
                del self._vectors[key]
        return {piece: vector.astype(np.float32) for piece, vector in found.items()}

    def _embedded(
        self, pieces: Sequence[str], embed: EmbedSentences, is_cancelled: Callable[[], bool]
    ) -> list[tuple[str, Float32Array]]:
        """In slices, the first pieces first: of some results the marks are better than of none."""
        began = time.monotonic()
        done: list[tuple[str, Float32Array]] = []
        while len(done) < len(pieces):
            if is_cancelled():
                raise CancelledError
            chosen = self._slice(pieces[len(done) :])
            chars = sum(map(len, chosen))
            left_s = began + _LIMIT_S - time.monotonic()
            if chars > left_s * self._chars_per_s:
                self._chars_per_s *= 1.1  # what is too slow is tried again later: the computer may be free then
                break
            slice_began = time.monotonic()
            try:
                vectors = embed(chosen)
            except CancelledError:
                raise
            except FinderError:
                break  # the answer is there without marks; what is wrong is said where the query is embedded
            if vectors is None:
                break
            self._chars_per_s = chars / max(1e-4, time.monotonic() - slice_began)
            done += zip(chosen, vectors, strict=True)
        return done

    def _slice(self, pieces: Sequence[str]) -> list[str]:
        """The first of them, as many as take about a tenth of a second; all where few would be left."""
        ends = list(itertools.accumulate(len(piece) for piece in pieces))
        chars = _SLICE_S * self._chars_per_s
        count = len(pieces) if ends[-1] <= _LAST_SLICE * chars else sum(end <= chars for end in ends)
        return list(pieces[: max(1, count)])


def _beginning(text: str, span: Span) -> str:
    """What is heard of a piece: all of it, or its first words."""
    start, end = span
    if end - start <= _HEARD_CHARS:
        return text[start:end]
    at = text.rfind(" ", start + _HEARD_CHARS // 2, start + _HEARD_CHARS)
    return text[start : at if at > 0 else start + _HEARD_CHARS]


def _best(text: str, spans: list[Span], cosines: Float32Array, meaning: Meaning, words: EqualWords) -> Span | None:
    """The span with the best of N cosines (N,), where it stands out."""
    hits = words.hits(text)
    held = [len({hit.term for hit in hits if start <= hit.start and hit.end <= end}) for start, end in spans]
    scores = np.array([meaning.z(float(cosine)) for cosine in cosines])
    scores += _WORDS_WEIGHT * np.array(held) / max(1, len(words))
    order = np.argsort(-scores, kind="stable")
    lead = scores[order[0]] - scores[order[1]] if len(order) > 1 else _LEAST_LEAD
    return spans[int(order[0])] if scores[order[0]] >= _LEAST_SCORE and lead >= _LEAST_LEAD else None


def _key(piece: str, space_id: int) -> bytes:
    return hashlib.blake2b(f"{space_id} {piece}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
