"""How well searching works, measured on a set with known answers: through real files, the real service, real searches.

A set is a folder in BEIR's layout: `corpus.jsonl` (`_id`, `title`, `text`), `queries.jsonl` (`_id`, `text`) and
`qrels.tsv` (query, document, judgement). Its documents are written as files with neutral names, indexed in a home of
their own, and every query is asked as a person would. Nothing of it stays behind.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from finder.config import Settings, SettingsFile
from finder.errors import ServiceError, UsageFaultError
from finder.paths import Home, path_to_uri
from finder.service.client import Client, connect
from finder.types import JsonObject, Mode

DEPTH = 100
"""Results asked for, for each query."""
ALL_MODES: tuple[Mode, ...] = ("hybrid", "semantic", "keyword")
_CUTOFF = 10
_JUDGEMENT = re.compile("-?[0-9]+")
_STOP_TIMEOUT_S = 30.0

Report = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """A set as it was read."""

    name: str
    documents: tuple[tuple[str, str], ...]
    """(id, text with its title)."""
    queries: Mapping[str, str]
    judgements: Mapping[str, Mapping[str, int]]
    """{query: {document: judgement above 0}}."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Means over every judged query, 0..1 each; a query without results counts 0."""

    ndcg_10: float
    recall_10: float
    recall_100: float
    mrr_10: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What `evaluate` found."""

    name: str
    documents: int
    queries: int
    """Judged ones."""
    unread: int
    """Documents that could not be read."""
    scores: Mapping[Mode, Scores]


def evaluate(
    set_dir: Path,
    modes: Sequence[Mode] = ALL_MODES,
    run_file: Path | None = None,
    run_mode: Mode = "hybrid",
    on_progress: Report = lambda what, done, total: None,
    like: Home | None = None,
    profile: str | None = None,
) -> Evaluation:
    """Measure every mode in `modes` on a set.

    Args:
        run_file: where the ranking of `run_mode` is written in TREC format, where wanted.
        like: whose model is measured; the built-in one's where None.
        profile: what every search is said to be for.
    Raises:
        UsageFaultError: `set_dir` is no such set.
        FinderError: what indexing or searching ended in.
    """
    data = read_set(set_dir)
    asked = list(dict.fromkeys([*modes, *([run_mode] if run_file else [])]))
    with tempfile.TemporaryDirectory(prefix="inkling-evaluate-") as name, _service(Path(name), like) as client:
        folder = Path(name) / "documents"
        ids = _write_documents(data, folder)
        unread = _index(client, folder, on_progress)
        rankings = {mode: _ranking(client, data, mode, profile, ids, on_progress) for mode in asked}
    if run_file is not None:
        _write_run(run_file, rankings[run_mode], run_mode)
    scores = {mode: score(rankings[mode], data.judgements) for mode in modes}
    return Evaluation(data.name, len(data.documents), len(data.judgements), unread, scores)


def read_set(folder: Path) -> EvaluationSet:
    """Read a set.

    Raises:
        UsageFaultError: a file of it is missing, or a line is not what it should be.
    """
    documents = tuple(
        (str(row["_id"]), "\n\n".join(part for part in (row.get("title"), row["text"]) if part))
        for row in _rows(folder / "corpus.jsonl")
    )
    queries = {str(row["_id"]): str(row["text"]) for row in _rows(folder / "queries.jsonl")}
    judgements = _judgements(folder / "qrels.tsv")
    if queries.keys().isdisjoint(judgements):
        raise _no_set(folder / "qrels.tsv", "it judges no query of queries.jsonl")
    return EvaluationSet(folder.resolve().name, documents, queries, judgements)


def score(rankings: Mapping[str, Sequence[str]], judgements: Mapping[str, Mapping[str, int]]) -> Scores:
    """Means of the measures over every judged query.

    nDCG with the judgement as gain and log2(rank + 1) as discount, as trec_eval's ndcg_cut.

    Args:
        rankings: {query: documents, best first}.
    """
    judged = [(rankings.get(query, ()), relevant) for query, relevant in judgements.items()]

    def mean(values: Iterator[float]) -> float:
        return sum(values) / len(judged) if judged else 0.0

    return Scores(
        ndcg_10=mean(_ndcg(ranking, relevant) for ranking, relevant in judged),
        recall_10=mean(_recall(ranking[:_CUTOFF], relevant) for ranking, relevant in judged),
        recall_100=mean(_recall(ranking[:DEPTH], relevant) for ranking, relevant in judged),
        mrr_10=mean(_reciprocal_rank(ranking, relevant) for ranking, relevant in judged),
    )


def _ndcg(ranking: Sequence[str], relevant: Mapping[str, int]) -> float:
    def gain(judgements: Sequence[int]) -> float:
        return sum(judgement / math.log2(rank + 2) for rank, judgement in enumerate(judgements[:_CUTOFF]))

    return gain([relevant.get(document, 0) for document in ranking]) / gain(sorted(relevant.values(), reverse=True))


def _recall(ranking: Sequence[str], relevant: Mapping[str, int]) -> float:
    return sum(document in relevant for document in ranking) / len(relevant)


def _reciprocal_rank(ranking: Sequence[str], relevant: Mapping[str, int]) -> float:
    ranks = (rank for rank, document in enumerate(ranking[:_CUTOFF], 1) if document in relevant)
    return 1 / next(ranks, math.inf)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    for number, line in _lines(path):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise _no_set(path, f"line {number} is not JSON") from error
        if not isinstance(row, dict) or "_id" not in row or not isinstance(row.get("text"), str):
            raise _no_set(path, f'line {number} has no "_id" or no "text"')
        if not isinstance(row.get("title", ""), str | None):
            raise _no_set(path, f'line {number} has a "title" that is no text')
        yield row


def _judgements(path: Path) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for number, line in _lines(path):
        fields = line.split("\t")
        if number == 1 and not _JUDGEMENT.fullmatch(fields[-1]):
            continue  # the header
        if len(fields) != 3 or not _JUDGEMENT.fullmatch(fields[2]):
            raise _no_set(path, f"line {number} is not: query, tab, document, tab, judgement")
        query, document, judgement = fields
        if int(judgement) > 0:
            found.setdefault(query, {})[document] = int(judgement)
    if not found:
        raise _no_set(path, "it holds no judgement above 0")
    return found


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines that are not blank, with their numbers."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise _no_set(path, str(error)) from error


def _no_set(path: Path, detail: str) -> UsageFaultError:
    return UsageFaultError(
        "Not an evaluation set",
        detail,
        "A set is a folder with corpus.jsonl, queries.jsonl and qrels.tsv in the layout of BEIR.",
        str(path),
    )


@contextlib.contextmanager
def _service(folder: Path, like: Home | None) -> Iterator[Client]:
    """A service with a home of its own in `folder`, ended before this returns."""
    home = Home(Path(os.path.realpath(folder)) / "home")
    home.create()
    if like is not None:
        chosen = SettingsFile(like.settings).load()
        settings = Settings(model=chosen.model, profiles=chosen.profiles, server=chosen.server)
        SettingsFile(home.settings).save(settings)
        home.models.symlink_to(like.models)
    with _connected(home) as client:
        process = psutil.Process(client.hello["pid"])
        try:
            yield client
        finally:
            _end(home, process)


def _connected(home: Home) -> Client:
    """Start the service; where that fails or is interrupted, what was started is ended: its home is about to go."""
    ours = psutil.Process()
    known = set(ours.children())
    try:
        return connect(home)
    except BaseException:
        for started in set(ours.children()) - known:
            with contextlib.suppress(psutil.NoSuchProcess):
                _terminate(started)
        raise


def _terminate(process: psutil.Process) -> None:
    process.terminate()
    try:
        process.wait(_STOP_TIMEOUT_S)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(_STOP_TIMEOUT_S)


def _end(home: Home, process: psutil.Process) -> None:
    """Ask on a connection of its own: the first may be in the middle of a call that was interrupted."""
    with contextlib.suppress(psutil.NoSuchProcess):
        try:
            with connect(home, start=False) as client:
                client.call("stop", timeout_s=_STOP_TIMEOUT_S)
            process.wait(_STOP_TIMEOUT_S)
        except (psutil.TimeoutExpired, ServiceError):
            process.kill()
            process.wait(_STOP_TIMEOUT_S)


def _write_documents(data: EvaluationSet, folder: Path) -> dict[str, str]:
    """Write the corpus as files. Returns {file name: document id}."""
    folder.mkdir()
    ids = {}
    for number, (document, text) in enumerate(data.documents, 1):
        name = f"doc-{number:06d}.txt"
        # JSON may hold lone surrogates, which no file of text can.
        (folder / name).write_text(text, encoding="utf-8", errors="replace", newline="\n")
        ids[name] = document
    return ids


def _index(client: Client, folder: Path, on_progress: Report) -> int:
    """Index the folder. Returns how many files could not be read."""

    def report(progress: JsonObject) -> None:
        if progress["files_read"] < progress["files_total"]:
            on_progress("reading", progress["files_read"], progress["files_total"])
        else:
            on_progress("embedding", progress["passages_embedded"], progress["passages_total"])

    uri = path_to_uri(os.path.realpath(os.fsencode(folder)))
    indexed = client.call("index", {"folders": [uri], "is_watched": False}, on_progress=report)
    return int(indexed["failed_count"])


def _ranking(
    client: Client, data: EvaluationSet, mode: Mode, profile: str | None, ids: Mapping[str, str], on_progress: Report
) -> dict[str, list[str]]:
    """The documents found for every judged query, best first."""
    rankings: dict[str, list[str]] = {}
    told = {"profile": profile} if profile is not None else {}
    for number, query in enumerate(data.judgements):
        on_progress(mode, number, len(data.judgements))
        text = data.queries.get(query, "")
        if not text.strip():
            continue
        found = client.call("find", {"query": text, "folders": [], "mode": mode, "limit": DEPTH, **told})
        # Equal documents are one result with copies; a judgement may name any of them.
        paths = [path for result in found["results"] for path in (result["path"], *result["copies"])]
        # A set may hold one document twice: a second place would count it twice.
        rankings[query] = list(dict.fromkeys(ids[os.path.basename(path)] for path in paths))[:DEPTH]
    on_progress(mode, len(data.judgements), len(data.judgements))
    return rankings


def _write_run(path: Path, rankings: Mapping[str, Sequence[str]], mode: Mode) -> None:
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        for query, ranking in rankings.items():
            for rank, document in enumerate(ranking, 1):
                # The score is the rank turned round: tools that sort by score keep the order, ties cannot arise.
                file.write(f"{query} Q0 {document} {rank} {DEPTH + 1 - rank} inkling-{mode}\n")
