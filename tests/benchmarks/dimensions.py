"""What a smaller dimension costs in quality and saves in bytes: to be measured before any default but the full one.

    python -m tests.benchmarks.dimensions SET... [--model NAME] [--models FOLDER] [--threads N] [--documents N]

A SET is a folder in BEIR's layout. Its documents are embedded once, whole up to the model's length; their vectors and
the queries' are cut to each dimension and normalised again, and every document is ranked by cosine similarity alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from finder.embed.encoder.embedder import Encoder
from finder.embed.models import BUILT_IN
from finder.embed.weights import find_model
from finder.evaluate import DEPTH, EvaluationSet, read_set, score
from finder.vectors import Float32Array

SMALLEST = 32
BYTES_PER_VALUE = 2
"""As the catalog keeps vectors, in float16."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Bytes and quality for each dimension of a model's vectors.")
    parser.add_argument("sets", type=Path, nargs="+", metavar="SET")
    parser.add_argument("--model", default=BUILT_IN.name, help="as in the settings: a known name, or folder:/path")
    parser.add_argument("--models", type=Path, default=Path.home(), help="the home's folder of downloaded models")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--documents", type=int, help="only so many of each set, the judged ones first")
    arguments = parser.parse_args()
    found = find_model(arguments.model, arguments.models)
    encoder = Encoder(found.spec, found.folder, threads=arguments.threads)
    dimensions = dimensions_up_to(found.spec.dimension)
    print(f"{found.spec.name} on {encoder.device}; nDCG@10")
    print("set".ljust(20) + "".join(f"{dimension:>9}" for dimension in dimensions))
    print("bytes a passage".ljust(20) + "".join(f"{BYTES_PER_VALUE * dimension:>9}" for dimension in dimensions))
    for folder in arguments.sets:
        data = read_set(folder)
        results = _measure(data, encoder, dimensions, arguments.documents)
        print(data.name.ljust(20) + "".join(f"{result:>9.4f}" for result in results), flush=True)


def dimensions_up_to(full: int) -> list[int]:
    """Each twice as large as the one before, from 32 on, and the full one."""
    smaller = [SMALLEST << power for power in range(full.bit_length()) if SMALLEST << power < full]
    return [*smaller, full]


def _measure(data: EvaluationSet, encoder: Encoder, dimensions: list[int], most: int | None) -> list[float]:
    judged = {document for judgements in data.judgements.values() for document in judgements}
    documents = sorted(data.documents, key=lambda document: document[0] not in judged)[:most]
    ids = [document for document, _ in documents]
    passages = encoder.embed_passages([text for _, text in documents])  # (N, D)
    asked = [query for query in data.judgements if query in data.queries]
    queries = np.stack([encoder.embed_query(data.queries[query]) for query in asked])  # (Q, D)
    results = []
    for dimension in dimensions:
        cosines = _cut(queries, dimension) @ _cut(passages, dimension).T  # (Q, N)
        best = np.argsort(-cosines, axis=1, kind="stable")[:, :DEPTH]
        ranking = {query: [ids[index] for index in row] for query, row in zip(asked, best, strict=True)}
        results.append(score(ranking, data.judgements).ndcg_10)
    return results


def _cut(vectors: Float32Array, dimension: int) -> Float32Array:
    """(N, `dimension`), each row of norm 1."""
    kept = vectors[:, :dimension]
    return np.asarray(kept / np.linalg.norm(kept, axis=1, keepdims=True))


if __name__ == "__main__":
    main()
