"""How well `similar` tells versions, forms and subjects apart, and `duplicates` copies from forms.

    python -m tests.benchmarks.similar [--corpus corpus.jsonl] [--pairs XQUAD-FOLDER] [--seed N]

Indexes a set of files whose relations are known with the built-in model, through the service itself, and asks for
each of them. `--pairs` adds questions in one language and the paragraphs that answer them in another.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from finder.config import Settings, SettingsFile
from finder.paths import Home, path_to_uri
from finder.service.client import Client, connect
from finder.store import documents, spaces
from finder.store.schema import open_reader
from tests.benchmarks.related_files import Prose, RelatedFile, related_files

_TOP = 5
_PART_OF = {
    "version": "copies",
    "form": "kind",
    "chapter": "subject",
    "article": "subject",
    "translation": "subject",
}
_EDITS = (0.01, 0.05, 0.10, 0.20, 0.40)


def main() -> None:
    """Make the set, index it, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--pairs", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    files = list(related_files(options.seed, Prose(options.seed, options.corpus)))
    if options.pairs is not None:
        files += _translations(options.pairs)
    with tempfile.TemporaryDirectory(prefix="inkling-similar-") as folder:
        folder_of_files, home = Path(folder) / "files", Home(Path(os.path.realpath(folder)) / "home")
        folder_of_files.mkdir()
        for file in files:
            (folder_of_files / file.name).write_text(file.text, encoding="utf-8")
        home.create()
        SettingsFile(home.settings).save(Settings(pauses_on_low_disk=False, pauses_on_battery=False))
        with connect(home) as client:
            try:
                client.call("index", {"folders": [path_to_uri(os.fsencode(folder_of_files))], "is_watched": False})
                _measure_similar(client, folder_of_files, files)
                _measure_duplicates(client, files)
                _measure_distances(home, files)
            finally:
                client.call("stop")


def _measure_similar(client: Client, folder: Path, files: list[RelatedFile]) -> None:
    precisions: defaultdict[str, list[float]] = defaultdict(list)
    found_versions: defaultdict[float, list[bool]] = defaultdict(list)
    strangers: defaultdict[str, list[int]] = defaultdict(list)
    shown_elsewhere: defaultdict[str, list[float]] = defaultdict(list)
    times_ms = []
    families: defaultdict[str, set[str]] = defaultdict(set)
    for file in files:
        families[file.family].add(file.name)
    for file in files:
        began = time.perf_counter()
        uri = path_to_uri(os.fsencode(folder / file.name))
        answer = client.call("similar", {"uris": [uri], "text": None, "folders": [], "limit": 20})
        times_ms.append((time.perf_counter() - began) * 1000)
        parts = {part: [row["name"] for row in answer[part]] for part in ("copies", "kind", "subject")}
        if file.relation == "stranger":
            for part, names in parts.items():
                strangers[part].append(len(names))
            continue
        own = {file.answer} if file.answer else families[file.family] - {file.name}
        if not own:  # the only paragraph of its article
            continue
        part = _PART_OF[file.relation]
        precisions[f"{file.relation} {file.family}" if file.relation == "form" else file.relation].append(
            _precision(parts[part], own)
        )
        shown_elsewhere[file.relation].append(
            len(own.intersection(*[set().union(*(names for other, names in parts.items() if other != part))]))
            / len(own)
        )
        if file.relation == "version" and not file.edited:
            for other in files:
                if other.family == file.family and other.edited:
                    found_versions[other.edited].append(other.name in parts["copies"])
    print(f"{len(files)} files; a question takes {sorted(times_ms)[len(times_ms) // 2]:.0f} ms (median), "
          f"{sorted(times_ms)[int(len(times_ms) * 0.95)]:.0f} ms (95 %)")  # fmt: skip
    for relation, values in sorted(precisions.items()):
        print(f"{relation:32} precision at {_TOP}: {mean(values):.3f}  ({len(values)} questions)")
    print({relation: round(mean(values), 3) for relation, values in shown_elsewhere.items()}, "shown in another part")
    print({f"{edited:.0%}": round(mean(hits), 3) for edited, hits in sorted(found_versions.items())}, "versions found")
    print({part: round(mean(counts), 2) for part, counts in strangers.items()}, "rows for a stranger")


def _measure_duplicates(client: Client, files: list[RelatedFile]) -> None:
    family = {file.name: (file.relation, file.family) for file in files}
    edited = {file.name: file.edited for file in files}
    found: dict[str, Any] = client.call("duplicates", {"folders": []})
    mixed = [group for group in found["groups"] if len({family[row["name"]] for row in group["files"]}) > 1]
    wrong = [group for group in found["groups"] if family[group["files"][0]["name"]][0] != "version"]
    grouped = {row["name"] for group in found["groups"] for row in group["files"]}
    shares = {
        edit: mean(name in grouped for name, share in edited.items() if share == edit and family[name][0] == "version")
        for edit in (0.0, *_EDITS)
    }
    print(f"duplicates: {len(found['groups'])} groups in {found['elapsed_ms']:.0f} ms, of these {len(mixed)} mixed,")
    print(
        f"  {len(wrong)} not of versions; in a group: ",
        {f"{edit:.0%}": round(share, 2) for edit, share in shares.items()},
    )


def _measure_distances(home: Home, files: list[RelatedFile]) -> None:
    """L2 between documents: what a distance says about the text."""
    connection = open_reader(home.catalog)
    rows: list[Any] = connection.execute("SELECT name, content_id FROM files WHERE content_id IS NOT NULL").fetchall()
    ids = {name.decode(): content_id for name, content_id in rows}
    active = spaces.active(connection)
    assert active is not None
    wanted = np.array(sorted(set(ids.values())))
    vectors, _ = documents.mean_vectors(connection, active[0], wanted, active[1].dimension)
    connection.close()
    vector = {name: vectors[np.searchsorted(wanted, id)] for name, id in ids.items()}
    found: defaultdict[str, list[float]] = defaultdict(list)
    for one, other in itertools.combinations(files, 2):
        key = "unrelated"
        if one.family and one.family == other.family and not (one.answer or other.answer):
            is_base = one.relation == "version" and not one.edited
            key = f"edited by {other.edited:.0%}" if is_base else one.relation
        found[key].append(float(np.linalg.norm(vector[one.name] - vector[other.name])))
    for key, values in sorted(found.items()):
        print(f"L2, {key:20}", " ".join(f"{at} %: {np.percentile(values, at):.2f} " for at in (0, 5, 50, 95, 100)))


def _precision(names: list[str], own: set[str]) -> float:
    wanted = min(_TOP, len(own))
    return sum(name in own for name in names[:wanted]) / wanted


def _translations(folder: Path) -> list[RelatedFile]:
    """A file for each paragraph, of an article by its id ("a3p1"), and one with the questions that it answers.

    All of them are about the article; the questions have one answer.
    """
    paragraphs = _texts(folder / "corpus.jsonl")
    questions = _texts(folder / "queries.jsonl")
    asked: defaultdict[str, list[str]] = defaultdict(list)
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
        query, document, *_ = line.split("\t")
        if query in questions:
            asked[document].append(questions[query])
    files = []
    for id, text in paragraphs.items():
        article = id.partition("p")[0]
        files.append(RelatedFile(f"{id}.txt", text, "article", article))
        if asked[id]:
            questions_of = "\n".join(asked[id])
            files.append(RelatedFile(f"{id}, asked.txt", questions_of, "translation", article, answer=f"{id}.txt"))
    return files


def _texts(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8") as lines:
        return {row["_id"]: row["text"] for row in map(json.loads, lines)}


if __name__ == "__main__":
    main()
