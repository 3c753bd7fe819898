"""`evaluate`: measure searching on a set with known answers, and print a table."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from finder import evaluate as evaluation
from finder import evaluate_mine as own
from finder.cli.parser import DEFAULT_QUERIES
from finder.cli.progress import Bar
from finder.cli.screen import count, folder_argument, print_json, printable, say
from finder.errors import UsageFaultError
from finder.paths import Home
from finder.service.client import connect
from finder.types import Mode

_OWN_HEADER = f"{'mode':10}{'Recall@10':>11}{'MRR@10':>9}{'p50 ms':>10}{'p95 ms':>10}"
_HEADER = f"{'mode':10}{'nDCG@10':>10}{'Recall@10':>11}{'Recall@100':>12}{'MRR@10':>9}"


def evaluate(
    home: Home, name: str, modes: Sequence[Mode] | None, profile: str | None, run: str | None, as_json: bool
) -> int:
    """Measure with the model of `home`, in a temporary home of its own; nothing of the set stays."""
    folder = Path(os.fsdecode(folder_argument(name)))
    run_file = _run_file(run)
    with Bar() as bar:
        found = evaluation.evaluate(
            folder,
            modes or evaluation.ALL_MODES,
            run_file,
            modes[0] if modes else "hybrid",
            lambda what, done, total: bar.show(what.capitalize(), done / max(1, total), f"{done:,} of {total:,}"),
            home,
            profile,
        )
    if as_json:
        print_json(asdict(found))
    else:
        print(table(found))
    if found.unread:
        say(f"{count(found.unread, 'document')} could not be read.")
    return 0


def evaluate_mine(
    home: Home, modes: Sequence[Mode] | None, queries: int | None, profile: str | None, run: str | None, as_json: bool
) -> int:
    """Measure on the running index of `home`: the user's own files, queries made of them, nothing kept."""
    if run is not None:
        raise UsageFaultError("--run goes with a set", hint="Queries made of your own files are written nowhere.")
    with connect(home) as client, Bar() as bar:
        found = own.evaluate_mine(
            client,
            queries if queries is not None else DEFAULT_QUERIES,
            modes or evaluation.ALL_MODES,
            profile,
            on_progress=lambda what, done, total: bar.show(what.capitalize(), done / total, f"{done:,} of {total:,}"),
        )
    if as_json:
        print_json(asdict(found))
    else:
        print(own_table(found))
    if found.pending:
        say(f"{count(found.pending, 'file')} still waited for text or meaning: with them the figures will be others.")
    for note in found.notes:
        say(printable(note))
    return 0


def own_table(found: own.OwnEvaluation) -> str:
    """The figures of each mode, in columns."""
    about = f"Your files: {count(found.files, 'file')}, {count(found.queries, 'query', 'queries')} made of them"
    rows = (
        f"{mode:10}{one.recall_10:11.3f}{one.mrr_10:9.3f}{one.latency_p50_ms:10.0f}{one.latency_p95_ms:10.0f}"
        for mode, one in found.figures.items()
    )
    return "\n".join((about, _OWN_HEADER, *rows))


def table(found: evaluation.Evaluation) -> str:
    """The measures of each mode, in columns."""
    about = f"{printable(found.name)}: {count(found.documents, 'document')}, {count(found.queries, 'query', 'queries')}"
    rows = (
        f"{mode:10}{scores.ndcg_10:10.4f}{scores.recall_10:11.4f}{scores.recall_100:12.4f}{scores.mrr_10:9.4f}"
        for mode, scores in found.scores.items()
    )
    return "\n".join((about, _HEADER, *rows))


def _run_file(name: str | None) -> Path | None:
    """Where the ranking goes; looked at first, since it is written last."""
    if name is None:
        return None
    path = Path(name)
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageFaultError(
            "The ranking cannot be written there", hint="Give a file in a folder of yours.", path=name
        )
    return path
