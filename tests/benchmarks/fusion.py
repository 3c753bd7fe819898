"""How the ranking rule compares with others over the very same candidates, and what its strengths are worth.

    python -m tests.benchmarks.fusion SETS [--cache FOLDER] [--json FILE]

SETS holds sets in BEIR's layout. Each is split and embedded as the pipeline does it, in one process and without the
service (`inkling evaluate` measures through that). With --cache, vectors are kept in FOLDER: the first run embeds, and
those after it take three minutes. No rule is told which set it is in. "Leaving it out" chooses every figure of the rule
and of the strengths on the other sets. Intervals are 95 % of a bootstrap over queries.
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
from finder.search.background import Backgrounds, Prior
from finder.search.memory import Memory
from finder.search.query import SearchRequest, understand
from finder.search.ranking import Ranking
from finder.search.scope import Scope
from finder.search.strength import FLOOR, LEAD, Match, strength_of
from finder.search.writings import with_other_writings
from finder.store import contents, postings, schema, spaces
from finder.store.columns import Columns
from finder.store.holdings import Holdings
from finder.types import Extraction, Passage, Strength
from finder.vectors import Float32Array, Int64Array, VectorHits
from tests.benchmarks.strangers import strangers

DEPTH = 200
OF_OTHER_SETS = 20
"""Questions of each other set, which nothing here answers."""
KNEES = (3.0, 4.0, 5.0, 6.0, 8.0)
WEIGHTS = (0.5, 0.7, 1.0, 1.4, 2.0)
COMPARED = (5, 10, 20, 50)
FLOORS = tuple(round(1.0 + 0.1 * step, 1) for step in range(16))
LEADS = tuple(round(0.5 + 0.1 * step, 1) for step in range(40))
WEAK_SHARE = 0.96
RELEVANT_SHARE = 0.9
"""What is asked for on the other sets, where the figures for a set that is left out are chosen."""


@dataclass(frozen=True)
class Asked:
    """One query's candidates, as columns (N,), and the document of each."""

    columns: candidates.Columns
    weights: fusion.Weights
    documents: list[str]
    best: Match | None
    """The evidence for the first result."""


Rule = Callable[[Asked], Float32Array]


class BruteForce:
    """Every vector of a space in memory: exact, and without the service's stores."""

    def __init__(self, connection: apsw.Connection, space_id: int) -> None:
        rows = spaces.SpaceVectors(lambda: connection, space_id, SPEC.dimension).read_after(0, 1 << 30)
        self._seqs, self._vectors = rows[0], rows[1].astype(np.float32)

    def search(
        self,
        query: Float32Array,
        k: int,
        allowed: Int64Array | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> VectorHits:
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

    def of_passages(self, texts: Sequence[str]) -> Float32Array:
        """(N, D)."""
        digests = [hashlib.sha256(text.encode()).digest() for text in texts]
        missing = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in self._known}
        if missing:
            computed = self._encoder.embed_passages(list(missing.values()))
            self._known.update(zip(missing, computed, strict=True))
        return np.stack([self._known[digest] for digest in digests])

    def of_query(self, text: str) -> Float32Array:
        """(D,)."""
        digest = hashlib.sha256(b"query\0" + text.encode()).digest()
        if digest not in self._known:
            self._known[digest] = self._encoder.embed_query(text)
        return self._known[digest]

    def keep(self) -> None:
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            digests = np.frombuffer(b"".join(self._known), np.uint8).reshape(-1, 32)
            np.savez(self._file, digests=digests, vectors=np.stack(list(self._known.values())).astype(np.float16))


def passages_of(text: str) -> list[Passage]:
    try:
        return split(read_document(io.BytesIO(text.encode()), b"doc.txt"))
    except FileError:
        return []


class Judged:
    """One set in a catalog of its own, searched without the service."""

    def __init__(self, folder: Path, data: EvaluationSet, vectors: KeptVectors) -> None:
        self.data = data
        self._vectors = vectors
        self._backgrounds = Backgrounds()
        self._memory, self._columns, self._holdings = Memory(object), Columns(), Holdings()
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
            made = vectors.of_passages([text.words for text in queued])
            spaces.add_vectors(writer, self._space_id, [text.id for text in queued], made)
        self._connection = writer
        self._index = BruteForce(writer, self._space_id)

    def close(self) -> None:
        self._connection.close()

    def ask(self, text: str) -> Asked:
        query = with_other_writings(self._connection, understand(SearchRequest(text)))
        # Contents without files: nothing may be filtered. Quotation marks in a judged question are no operators.
        scope = Scope(self._connection, self._memory, self._columns, self._holdings)
        evidence = candidates.Evidence()
        candidates.add_words(evidence, scope, query, DEPTH)
        if query.has_meaning:
            vector = self._vectors.of_query(query.text)
            prior = Prior(*(SPEC.unrelated or ()), writings=SPEC.writings)
            mean, spread = self._backgrounds.of(self._connection, self._space_id, prior).mean_and_spread(
                vector, query.text
            )
            meaning = candidates.Meaning(vector, self._space_id, mean, spread, prior.knows(query.text))
            candidates.add_meaning(evidence, scope, meaning, self._index, DEPTH, lambda: False)
        found = candidates.by_content(scope, evidence)
        ranking = Ranking(found, evidence, postings.row_count(self._connection, "words"))
        return Asked(
            candidates.columns(found, evidence),
            ranking.weights,
            [self._documents[one.content_id or 0] for one in found],
            ranking.match(ranking.order[0]) if found else None,
        )


def hybrid(asked: Asked) -> Float32Array:
    c = asked.columns
    return asked.weights.scores(c.z, c.words, c.coverages)


def meaning_alone(asked: Asked) -> Float32Array:
    return np.nan_to_num(asked.columns.z, nan=-9.0)


def published(asked: Asked) -> Float32Array:
    """0.6 cosine + 0.4 BM25, each scaled to 0..1."""
    z, words = meaning_alone(asked), asked.columns.words
    scaled = (z - z.min(initial=0.0)) / max(1e-9, float(np.ptp(z)) if len(z) else 1.0)
    return 0.6 * scaled + 0.4 * words / max(1e-9, float(words.max(initial=0.0)))


def reciprocal_ranks(asked: Asked) -> Float32Array:
    """RRF with k = 60 over the first 100 of each side."""
    total = np.zeros(len(asked.documents), np.float32)
    for side, least in ((meaning_alone(asked), -9.0), (asked.columns.words, 0.0)):
        best = np.argsort(-side, kind="stable")[:100]
        best = best[side[best] > least]
        total[best] += 1 / (60 + 1 + np.arange(len(best), dtype=np.float32))
    return total


RULES: dict[str, Rule] = {
    "semantic": meaning_alone,
    "keyword": lambda asked: asked.columns.words,
    "0.6 / 0.4": published,
    "RRF": reciprocal_ranks,
    "z^2/2 + BM25": lambda asked: fusion.meaning_nats(asked.columns.z, 1e9) + asked.columns.words,
    "hybrid": hybrid,
}


def varied(knee: float, weight: float, compared: int) -> Rule:
    """The rule with other figures."""

    def rule(asked: Asked) -> Float32Array:
        c, exact = asked.columns, fusion.exactness(asked.columns.coverages)
        standout = max(fusion.standout(c.words, compared), float(exact.max(initial=0.0)))
        return fusion.meaning_nats(c.z, knee) + weight * standout * c.words + asked.weights.chance * exact

    return rule


def ndcgs(judged: Judged, asked: dict[str, Asked], rule: Rule) -> list[float]:
    """nDCG@10 of every judged query."""
    values = []
    for query, relevant in judged.data.judgements.items():
        one = asked[query]
        rows = np.argsort(-rule(one), kind="stable")[:10].tolist()
        if rule is RULES["keyword"]:
            rows = [row for row in rows if one.columns.words[row] > 0]
        values.append(score({query: [one.documents[row] for row in rows]}, {query: relevant}).ndcg_10)
    return values


def interval(samples: Sequence[Sequence[float]]) -> tuple[float, float]:
    """95 % bootstrap interval of the mean over the samples' means, each drawn again on its own."""
    source = np.random.default_rng(0)
    arrays = [np.array(values, np.float64) for values in samples if len(values)]
    means = [np.mean([source.choice(one, len(one)).mean() for one in arrays]) for _ in range(1000)]
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


@dataclass(frozen=True)
class First:
    """A first result."""

    match: Match
    is_relevant: bool | None
    """None for a question that nothing answers."""
    is_stranger: bool = False
    """Of the hundred strangers; else such a question is another set's."""

    def strength(self, floor: float = FLOOR, lead: float = LEAD) -> Strength:
        return strength_of(self.match, floor, lead)


def first_results(judged: Judged, asked: dict[str, Asked], others: Sequence[str]) -> list[First]:
    found = []
    for query, relevant in judged.data.judgements.items():
        one = asked[query]
        if one.best is not None:
            found.append(First(one.best, one.documents[int(np.argmax(hybrid(one)))] in relevant))
    for texts, is_stranger in ((strangers(), True), (others, False)):
        matches = [judged.ask(text).best or Match() for text in texts]
        found += [First(match, None, is_stranger) for match in matches]
    return found


def of_other_sets(one: EvaluationSet, data: Sequence[EvaluationSet]) -> list[str]:
    source = random.Random(1)
    texts: list[str] = []
    for other in data:
        if other.documents != one.documents:
            texts += source.sample(sorted(other.queries.values()), OF_OTHER_SETS)
    return texts


def chosen_strengths(found: Sequence[First]) -> tuple[float, float]:
    """The lowest floor and lead that keep what they promise on these results."""
    unanswered = [one for one in found if one.is_relevant is None]
    judged = [one for one in found if one.is_relevant is not None]

    def weak(floor: float) -> float:
        return float(np.mean([one.strength(floor, 99.0) == "weak" for one in unanswered]))

    floor = next((floor for floor in FLOORS if weak(floor) >= WEAK_SHARE), FLOORS[-1])

    def relevant(lead: float) -> float:
        strong = [one.is_relevant for one in judged if one.strength(floor, lead) == "strong"]
        return float(np.mean(strong)) if strong else 1.0

    return floor, next((lead for lead in LEADS if relevant(lead) >= RELEVANT_SHARE), LEADS[-1])


def report_fusion(
    table: dict[str, dict[str, list[float]]], varied_means: Float32Array, grid: Sequence[tuple[float, float, int]]
) -> None:
    print("\n| set | " + " | ".join(RULES) + " | interval of hybrid | leaving it out |")
    print("|---" * (len(RULES) + 3) + "|")
    chosen = [int(np.argmax(np.delete(varied_means, row, 0).mean(0))) for row in range(len(varied_means))]
    for row, (name, rules) in enumerate(table.items()):
        low, high = interval([rules["hybrid"]])
        means = " | ".join(f"{np.mean(values):.3f}" for values in rules.values())
        print(f"| {name} | {means} | {low:.3f}-{high:.3f} | {varied_means[row, chosen[row]]:.3f} |")
    overall = [float(np.mean([np.mean(rules[rule]) for rules in table.values()])) for rule in RULES]
    low, high = interval([rules["hybrid"] for rules in table.values()])
    left_out = float(np.mean([varied_means[row, chosen[row]] for row in range(len(chosen))]))
    means = " | ".join(f"**{mean:.3f}**" for mean in overall)
    print(f"| **mean** | {means} | {low:.3f}-{high:.3f} | **{left_out:.3f}** |")
    print("\nchosen (knee, weight of words, compared), each leaving one set out:", [grid[point] for point in chosen])
    all_means = varied_means.mean(0)
    print(f"mean over the whole grid: {all_means.min():.3f} to {all_means.max():.3f}")


def report_strengths(strengths: dict[str, list[First]]) -> None:
    print("\n| set | strong, relevant | relevant, strong | relevant, above weak | strangers, weak | others', weak |")
    print("|---|---|---|---|---|---|")
    everything = [one for found in strengths.values() for one in found]
    for name, found in {**strengths, "**all**": everything}.items():
        print(_strength_row(name, [(one, one.strength()) for one in found]))
    left_out: list[tuple[First, Strength]] = []
    figures = {}
    for name, found in strengths.items():
        figures[name] = chosen_strengths([one for other, own in strengths.items() if other != name for one in own])
        left_out += [(one, one.strength(*figures[name])) for one in found]
    print(_strength_row("leaving each out", left_out))
    print("\nchosen (floor, lead), each leaving one set out:", figures)


def _strength_row(name: str, found: Sequence[tuple[First, Strength]]) -> str:
    columns = (
        [bool(one.is_relevant) for one, strength in found if strength == "strong" and one.is_relevant is not None],
        [strength == "strong" for one, strength in found if one.is_relevant],
        [strength != "weak" for one, strength in found if one.is_relevant],
        [strength == "weak" for one, strength in found if one.is_stranger],
        [strength == "weak" for one, strength in found if one.is_relevant is None and not one.is_stranger],
    )
    return f"| {name} | " + " | ".join(share(flags) for flags in columns) + " |"


def share(flags: Sequence[bool]) -> str:
    if not flags:
        return "none"
    low, high = interval([[float(flag) for flag in flags]])
    return f"{100 * np.mean(flags):.0f} % of {len(flags):,} ({100 * low:.0f}-{100 * high:.0f})"


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare rules of fusion on judged sets.")
    parser.add_argument("sets", type=Path)
    parser.add_argument("--cache", type=Path, help="a folder for vectors, made where it is missing")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    encoder = Encoder(SPEC, find_built_in(), threads=1)
    data = [read_set(folder) for folder in sorted(options.sets.iterdir()) if (folder / "qrels.tsv").exists()]
    grid = list(itertools.product(KNEES, WEIGHTS, COMPARED))
    table: dict[str, dict[str, list[float]]] = {}
    varied_means: list[list[float]] = []
    strengths: dict[str, list[First]] = {}
    for one in data:
        with tempfile.TemporaryDirectory() as folder:
            vectors = KeptVectors(encoder, options.cache and options.cache / f"{one.name}.npz")
            judged = Judged(Path(folder), one, vectors)
            asked = {query: judged.ask(one.queries[query]) for query in one.judgements}
            table[one.name] = {name: ndcgs(judged, asked, rule) for name, rule in RULES.items()}
            varied_means.append([float(np.mean(ndcgs(judged, asked, varied(*point)))) for point in grid])
            strengths[one.name] = first_results(judged, asked, of_other_sets(one, data))
            vectors.keep()
            judged.close()
        means = {name: round(float(np.mean(values)), 3) for name, values in table[one.name].items()}
        print(one.name, means, flush=True)
    report_fusion(table, np.array(varied_means), grid)
    report_strengths(strengths)
    if options.json:
        means = {name: {rule: float(np.mean(v)) for rule, v in rules.items()} for name, rules in table.items()}
        options.json.write_text(json.dumps(means, indent=1))


if __name__ == "__main__":
    main()
