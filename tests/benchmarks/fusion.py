"""How the ranking rule compares with others over the very same candidates, and what its strengths are worth.

    python -m tests.benchmarks.fusion SETS [--vectors FOLDER] [--json FILE]

SETS holds sets in BEIR's layout. Each is split and embedded as the pipeline does it, in one process and without the
service (`inkling evaluate` measures through that); vectors are kept in FOLDER between runs. No rule is told which set
it is in. "Leaving one out" chooses the rule's two figures on the other sets; the interval is over queries.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import itertools
import json
import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import apsw
import numpy as np

from finder.embed.encoder.embedder import Encoder
from finder.embed.models import ALL_MINILM_L6_V2 as SPEC
from finder.embed.models import space_of
from finder.embed.weights import find_built_in
from finder.errors import FileError
from finder.evaluate import EvaluationSet, read_set, score
from finder.extract.registry import read_document
from finder.passages import split
from finder.search import candidates, fusion
from finder.search.background import Backgrounds
from finder.search.query import SearchRequest, understand
from finder.search.results import match_of
from finder.search.scope import Scope
from finder.search.strength import Match, strength_of
from finder.store import contents, schema, spaces
from finder.text import clean
from finder.types import Extraction, Passage
from finder.vectors import Float32Array, Int64Array, VectorHits

DEPTH = 500
UNANSWERED_PER_SET = 20
NONSENSE = (
    "asdf qwer zxcv", "lorem flurble wopsit gnarf", "colorless green ideas sleep furiously", "7483 9921 0038 1174",
    "purple monkey dishwasher", "my grandmother's recipe for plum dumplings", "best hiking boots for wide feet",
    "cheap flights from oslo to lisbon in march", "how do I unclog a kitchen sink", "wedding speech for my sister",
    "guitar chords for a sad song in d minor", "vaccination schedule for puppies", "how to fold a fitted sheet",
    "tomato seedlings turning yellow leaves", "knitting pattern for baby socks", "horoscope for capricorn next week",
    "zebra umbrella tractor violin cloud", "mountain bike brake pads squeaking", "names for a black cat",
    "dishwasher error code e24", "今天晚上吃什么好呢", "猫の名前を考えています",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """One query's candidates: (N,) columns, and the document of each."""

    columns: candidates.Columns
    cosines: Float32Array
    """Those that z was made of."""
    coverage: float
    documents: list[str]
    best: Match | None
    """The evidence for the first result."""


Rule = Callable[[Asked], Float32Array]


class BruteForce:
    """Every vector of a space in memory: exact, and without the service's stores."""

    def __init__(self, connection: apsw.Connection, space_id: int) -> None:
        rows = spaces.SpaceVectors(lambda: connection, space_id, SPEC.dimension).read_after(0, 1 << 30)
        self._seqs, self._vectors = rows[0], rows[1].astype(np.float32)

    def search(self, query: Float32Array, k: int, allowed: Int64Array | None = None) -> VectorHits:
        assert allowed is None
        cosines = self._vectors @ query  # (N,)
        best = np.argsort(-cosines, kind="stable")[:k]
        return VectorHits(self._seqs[best], cosines[best])


class KeptVectors:
    """Vectors by the text they are of, kept in a file between runs."""

    def __init__(self, encoder: Encoder, file: Path | None) -> None:
        self._encoder = encoder
        self._file = file
        self._known: dict[bytes, Float32Array] = {}
        if file is not None and file.exists():
            kept = np.load(file)
            vectors = kept["vectors"].astype(np.float32)
            self._known = {bytes(digest): vector for digest, vector in zip(kept["digests"], vectors, strict=True)}

    def of(self, texts: Sequence[str]) -> Float32Array:
        """(N, D)."""
        digests = [hashlib.sha256(text.encode()).digest() for text in texts]
        missing = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in self._known}
        if missing:
            computed = self._encoder.embed_passages(list(missing.values()))
            self._known.update(zip(missing, computed, strict=True))
        return np.stack([self._known[digest] for digest in digests])

    def keep(self) -> None:
        if self._file is not None:
            digests = np.frombuffer(b"".join(self._known), np.uint8).reshape(-1, 32)
            np.savez(self._file, digests=digests, vectors=np.stack(list(self._known.values())).astype(np.float16))


def passages_of(text: str) -> list[Passage]:
    try:
        return split(read_document(io.BytesIO(text.encode()), b"doc.txt"))
    except FileError:
        return []


class Judged:
    """One set in a catalog of its own, searched without the service."""

    def __init__(self, folder: Path, data: EvaluationSet, vectors: KeptVectors, encoder: Encoder) -> None:
        self.data = data
        self._encoder = encoder
        self._backgrounds = Backgrounds()
        writer = schema.open_writer(folder / f"{data.name}.db")
        self._documents: dict[int, str] = {}
        with writer:
            self._space_id = spaces.activate(writer, space_of(SPEC))
            for document, text in data.documents:
                digest = hashlib.sha256(document.encode()).digest()
                passages = tuple(passages_of(text))
                new = Extraction("document", None, None, False, False, len(text), {}, (), passages)
                self._documents[contents.add(writer, digest, "text", new)] = document
            queued = spaces.queued(writer, self._space_id, 1 << 30)
            made = vectors.of([text.words for text in queued])
            spaces.add_vectors(writer, self._space_id, [text.id for text in queued], made)
        self._connection = writer
        self._index = BruteForce(writer, self._space_id)

    def close(self) -> None:
        self._connection.close()

    def ask(self, text: str) -> Asked:
        query = understand(SearchRequest(clean(text)))
        scope = Scope(self._connection, None)
        evidence = candidates.Evidence()
        candidates.add_words(evidence, scope, query, DEPTH)
        background = self._backgrounds.of(self._connection, self._space_id)
        vector = self._encoder.embed_query(query.text)
        meaning = candidates.Meaning(vector, self._space_id, *background.mean_and_spread(vector, query.text))
        candidates.add_meaning(evidence, scope, meaning, self._index, DEPTH)
        found = candidates.by_content(self._connection, evidence)
        columns = candidates.columns(found, evidence)
        weights = fusion.weigh(columns.z, columns.shares, evidence.coverage)
        scores = weights.scores(columns.z, columns.shares)
        best = found[int(np.argmax(scores))] if found else None
        return Asked(
            columns,
            columns.z * np.float32(meaning.spread) + np.float32(meaning.mean),
            evidence.coverage,
            [self._documents[one.content_id or 0] for one in found],
            match_of(best, evidence, weights) if best else None,
        )


def product(asked: Asked) -> Float32Array:
    c = asked.columns
    return fusion.weigh(c.z, c.shares, asked.coverage).scores(c.z, c.shares)


def published(asked: Asked) -> Float32Array:
    """0.6 cosine + 0.4 BM25, scaled to its best."""
    return 0.6 * asked.cosines + 0.4 * asked.columns.shares / max(1e-9, float(asked.columns.shares.max()))


def reciprocal_ranks(asked: Asked) -> Float32Array:
    """RRF with k = 60 over the first 100 of each side."""
    total = np.zeros(len(asked.documents), np.float32)
    for side in (asked.cosines, asked.columns.shares):
        best = np.argsort(-side, kind="stable")[:100]
        best = best[side[best] > 0]
        total[best] += 1 / (60 + 1 + np.arange(len(best), dtype=np.float32))
    return total


def fixed_weight(asked: Asked) -> Float32Array:
    """The rule with both sides believed wholly for every query."""
    return fusion.Weights(1.0, 1.0).scores(asked.columns.z, asked.columns.shares)


RULES: dict[str, Rule] = {
    "semantic": lambda asked: asked.cosines,
    "keyword": lambda asked: asked.columns.shares,
    "0.6 / 0.4": published,
    "RRF": reciprocal_ranks,
    "z + 8 share": fixed_weight,
    "hybrid": product,
}


def ndcgs(judged: Judged, asked: dict[str, Asked], rule: Rule) -> list[float]:
    """nDCG@10 of every judged query."""
    values = []
    for query, relevant in judged.data.judgements.items():
        one = asked[query]
        ranking = [one.documents[row] for row in np.argsort(-rule(one), kind="stable")[:100].tolist()]
        if "keyword" in RULES and rule is RULES["keyword"]:
            ranking = [document for document in ranking if one.columns.shares[one.documents.index(document)] > 0]
        values.append(score({query: ranking}, {query: relevant}).ndcg_10)
    return values


def interval(values: Sequence[float]) -> tuple[float, float]:
    """95 % bootstrap interval of the mean."""
    source = random.Random(0)
    means = sorted(sum(source.choices(values, k=len(values))) / len(values) for _ in range(1000))
    return means[25], means[975]


def varied(agreement: float, weight: float) -> Rule:
    def rule(asked: Asked) -> Float32Array:
        c = asked.columns
        weights = fusion.weigh(c.z, c.shares, asked.coverage)
        trust = min(1.0, max(0.1, weights.trust * 4.0 / agreement))
        return trust**2 * np.nan_to_num(c.z, nan=0.0) + weight * weights.standout * c.shares

    return rule


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare rules of fusion on judged sets.")
    parser.add_argument("sets", type=Path)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    encoder = Encoder(SPEC, find_built_in(), threads=1)
    data = [read_set(folder) for folder in sorted(options.sets.iterdir()) if (folder / "qrels.tsv").exists()]
    grid = list(itertools.product((3.0, 4.0, 5.0), (4.0, 6.0, 8.0, 12.0, 16.0)))
    table: dict[str, dict[str, list[float]]] = {}
    varied_means: list[list[float]] = []
    strengths: dict[str, list[tuple[str, bool | None]]] = {}
    for one in data:
        file = options.vectors and options.vectors / f"{one.name}.npz"
        with tempfile.TemporaryDirectory() as folder:
            vectors = KeptVectors(encoder, file)
            judged = Judged(Path(folder), one, vectors, encoder)
            vectors.keep()
            asked = {query: judged.ask(one.queries[query]) for query in one.judgements}
            table[one.name] = {name: ndcgs(judged, asked, rule) for name, rule in RULES.items()}
            varied_means.append([float(np.mean(ndcgs(judged, asked, varied(*point)))) for point in grid])
            strengths[one.name] = first_results(judged, asked, unanswered(one, data))
            judged.close()
        print(
            one.name, {name: round(float(np.mean(values)), 3) for name, values in table[one.name].items()}, flush=True
        )
    report(table, np.array(varied_means), grid, strengths)
    if options.json:
        means = {name: {rule: float(np.mean(v)) for rule, v in rules.items()} for name, rules in table.items()}
        options.json.write_text(json.dumps(means, indent=1))


def unanswered(one: EvaluationSet, data: Sequence[EvaluationSet]) -> list[str]:
    """Questions that nothing in a set answers: nonsense, and those of sets about other documents."""
    source = random.Random(1)
    texts = list(NONSENSE)
    for other in data:
        if other.documents != one.documents:
            texts += source.sample(sorted(other.queries.values()), UNANSWERED_PER_SET)
    return texts


def first_results(judged: Judged, asked: dict[str, Asked], strangers: Sequence[str]) -> list[tuple[str, bool | None]]:
    """(strength, is relevant) of each first result; None for a question that nothing answers."""
    found: list[tuple[str, bool | None]] = []
    for query, relevant in judged.data.judgements.items():
        one = asked[query]
        if one.best is not None:
            first = one.documents[int(np.argmax(product(one)))]
            found.append((strength_of(one.best), first in relevant))
    for text in strangers:
        best = judged.ask(text).best
        found.append((strength_of(best) if best else "weak", None))
    return found


def report(
    table: dict[str, dict[str, list[float]]],
    varied_means: Float32Array,
    grid: Sequence[tuple[float, float]],
    strengths: dict[str, list[tuple[str, bool | None]]],
) -> None:
    print("\n| set | " + " | ".join(RULES) + " | interval of hybrid | leaving it out |")
    print("|---" * (len(RULES) + 3) + "|")
    chosen = [int(np.argmax(np.delete(varied_means, row, 0).mean(0))) for row in range(len(varied_means))]
    for row, (name, rules) in enumerate(table.items()):
        low, high = interval(rules["hybrid"])
        means = " | ".join(f"{np.mean(values):.3f}" for values in rules.values())
        print(f"| {name} | {means} | {low:.3f}-{high:.3f} | {varied_means[row, chosen[row]]:.3f} |")
    overall = [float(np.mean([np.mean(rules[rule]) for rules in table.values()])) for rule in RULES]
    left_out = float(np.mean([varied_means[row, chosen[row]] for row in range(len(chosen))]))
    print("| **mean** | " + " | ".join(f"**{mean:.3f}**" for mean in overall) + f" | | **{left_out:.3f}** |")
    print("\nchosen (agreement, weight), each leaving one set out:", [grid[point] for point in chosen])
    print("\n| set | strong, relevant | relevant, strong | unanswered: weak |")
    print("|---|---|---|---|")
    for name, found in {**strengths, "all": [item for own in strengths.values() for item in own]}.items():
        strong = [relevant for strength, relevant in found if strength == "strong" and relevant is not None]
        relevant = [strength == "strong" for strength, is_relevant in found if is_relevant]
        weak = [strength == "weak" for strength, is_relevant in found if is_relevant is None]
        print(f"| {name} | {share(strong)} of {len(strong)} | {share(relevant)} of {len(relevant)} | {share(weak)} |")


def share(flags: Sequence[bool | None]) -> str:
    return f"{100 * sum(map(bool, flags)) / len(flags):.0f} %" if flags else "none"


if __name__ == "__main__":
    main()
