"""How well one's own files are found: known-item queries over the running index. Imports no engine.

A passage is sampled, a sentence of it made into what a person might remember (some of its words, in another order),
and asked for in every mode; the file it came from is the one known answer. Nothing is copied, kept or logged, and the
queries go where every search of the user's goes.

Method: simulated known-item search, L. Azzopardi, M. de Rijke, K. Balog, "Building simulated queries for known-item
topics", SIGIR 2007. It favours words over meaning, since a query's words are the passage's own: the figures compare
this index with itself, at another time or with another model, and not with sets whose questions people wrote.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from finder.errors import UsageFaultError
from finder.evaluate import ALL_MODES, Report
from finder.service.client import Client
from finder.stop_words import STOP_WORDS
from finder.text import is_cjk, sentences
from finder.types import Mode

DEPTH = 10
_LEAST_WORDS = 6
"""A sentence of fewer says too little to be asked for."""
_MOST_WORDS = 8
"""Of a query: people type a line, not a paragraph."""
_LEAST_KEPT = 3
_STOP_WORDS_KEPT = 0.3
_WORDS_KEPT = 0.6
_CJK_PIECE_CHARS = 3
_WORD = re.compile(r"[^\W\d_][^\W_]*(?:'[^\W_]+)?")


@dataclass(frozen=True, slots=True)
class ModeFigures:
    """Of one mode, over every query."""

    recall_10: float
    """Share of the queries whose file was among the first ten."""
    mrr_10: float
    latency_p50_ms: float
    """From the question to the whole answer, as a program sees it."""
    latency_p95_ms: float


@dataclass(frozen=True, slots=True)
class OwnEvaluation:
    """What `evaluate_mine` found."""

    queries: int
    files: int
    """That can be found."""
    pending: int
    """Files that still waited for text or meaning: with them the figures will be others."""
    notes: list[str]
    """What was said of the answers, each once ("The model is not ready")."""
    figures: dict[Mode, ModeFigures]


def evaluate_mine(
    client: Client,
    count: int,
    modes: Sequence[Mode] = ALL_MODES,
    profile: str | None = None,
    seed: int = 0,
    on_progress: Report = lambda what, done, total: None,
) -> OwnEvaluation:
    """Measure with at most `count` queries; the same ones with the same seed, as long as the index is the same.

    Raises:
        UsageFaultError: the index holds no text that could be asked for.
    """
    sampled = client.call("sample", {"count": count, "seed": seed})["passages"]
    rng = random.Random(seed)  # noqa: S311 -- a choice that can be made again, not a secret
    queries = [(query, one["path"]) for one in sampled if (query := query_from(one["text"], rng)) is not None]
    if not queries:
        raise UsageFaultError(
            "Nothing to ask for", "The index holds no text of some length.", "Add a folder: inkling index FOLDER"
        )
    told = {"profile": profile} if profile is not None else {}
    if any(mode != "keyword" for mode in modes):
        client.call("find", {"query": queries[0][0], "mode": "semantic", "limit": 1, **told})  # the model is loaded now
    figures: dict[Mode, ModeFigures] = {}
    coverage: dict[str, int] = {}
    notes: dict[str, None] = {}
    for mode in modes:
        ranks: list[int | None] = []
        latencies_ms: list[float] = []
        for number, (query, path) in enumerate(queries):
            on_progress(mode, number, len(queries))
            began = time.monotonic()
            found = client.call("find", {"query": query, "mode": mode, "limit": DEPTH, **told})
            latencies_ms.append((time.monotonic() - began) * 1000)
            coverage = found["coverage"]
            notes |= dict.fromkeys(found["notes"])
            ranks.append(_rank(found["results"], path))
        figures[mode] = _figures(ranks, latencies_ms)
    return OwnEvaluation(len(queries), coverage["indexed"], coverage["pending"], list(notes), figures)


def query_from(text: str, rng: random.Random) -> str | None:
    """Some words of one sentence of `text`, in another order; None where it holds no sentence of some length."""
    pieces = [_pieces(text[start:end]) for start, end in sentences(text)]
    fit = [words for words in pieces if len(words) >= _LEAST_WORDS]
    if not fit:
        return None
    words = rng.choice(fit)
    kept = [word for word in words if rng.random() < (_STOP_WORDS_KEPT if _is_stop_word(word) else _WORDS_KEPT)]
    if sum(not _is_stop_word(word) for word in kept) < _LEAST_KEPT:
        kept = [word for word in words if not _is_stop_word(word)]
    if len(kept) < _LEAST_KEPT:
        return None
    rng.shuffle(kept)
    return " ".join(kept[:_MOST_WORDS])


def _pieces(sentence: str) -> list[str]:
    """Its words; of Chinese, Japanese and Korean written without spaces, pieces of three characters."""
    words: list[str] = []
    for word in _WORD.findall(sentence):
        if any(map(is_cjk, word)):
            words += [word[at : at + _CJK_PIECE_CHARS] for at in range(0, len(word), _CJK_PIECE_CHARS)]
        else:
            words.append(word)
    return words


def _is_stop_word(word: str) -> bool:
    return word.casefold() in STOP_WORDS


def _rank(results: Sequence[dict[str, object]], path: str) -> int | None:
    """1-based; equal files are one result, whichever of them the passage was taken from."""
    for rank, result in enumerate(results, 1):
        copies = result["copies"]
        if result["path"] == path or (isinstance(copies, list) and path in copies):
            return rank
    return None


def _figures(ranks: Sequence[int | None], latencies_ms: Sequence[float]) -> ModeFigures:
    return ModeFigures(
        recall_10=sum(rank is not None for rank in ranks) / len(ranks),
        mrr_10=sum(1 / rank for rank in ranks if rank is not None) / len(ranks),
        latency_p50_ms=round(float(np.percentile(latencies_ms, 50)), 1),
        latency_p95_ms=round(float(np.percentile(latencies_ms, 95)), 1),
    )
