"""`topics`: which subjects the indexed files are about."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import cast

from finder.cli.progress import Bar
from finder.cli.screen import count, folder_argument, print_json, printable
from finder.paths import Home, path_to_uri
from finder.service.client import connect
from finder.topics.found import Topics, TopicsProgress
from finder.types import JsonObject

_EXAMPLES = 3


def topics(home: Home, name: str | None, as_json: bool) -> int:
    """Name the subjects of the files in a folder, or of all; 0 where there are any, else 1."""
    folders = [path_to_uri(folder_argument(name))] if name is not None else []
    with connect(home) as client, Bar() as bar:
        found = cast(
            Topics,
            client.call("topics", {"folders": folders}, on_progress=lambda progress: _show_progress(bar, progress)),
        )
    if as_json:
        print_json(found)
    else:
        print("\n".join(report(found)))
    return 0 if found["topics"] else 1


def _show_progress(bar: Bar, told: JsonObject) -> None:
    progress = cast(TopicsProgress, told)
    done, total = progress["done"], progress["total"]
    bar.show(
        progress["doing"].capitalize(),
        done / total if total > 1 else None,
        f"{done:,} of {total:,}" if total > 1 else "",
    )


def report(found: Topics) -> Iterator[str]:
    """A line with the numbers, then each topic with its count and its most typical files."""
    yield _numbers(found)
    yield from map(printable, found["notes"])
    examples: defaultdict[int | None, dict[str, str]] = defaultdict(dict)  # each name once: many files are a README
    for point in found["points"]:
        examples[point["topic"]].setdefault(point["name"], _with_folder(point["path"]))
    width = len(f"{max((topic['count'] for topic in found['topics']), default=0):,}")
    for topic in found["topics"]:
        yield ""
        yield f"{topic['count']:{width},}  {printable(topic['name'])}"
        yield " " * (width + 2) + ", ".join(map(printable, islice(examples[topic["id"]].values(), _EXAMPLES)))


def _with_folder(path: str) -> str:
    """A file's name behind that of its folder: "README" alone says nothing."""
    folder, name = os.path.split(path)
    return os.path.join(os.path.basename(folder), name)


def _numbers(found: Topics) -> str:
    parts = [f"{count(len(found['topics']), 'topic')} in {count(found['files'], 'file')}"]
    if found["topics"] and found["outliers"]:
        parts.append(f"{found['outliers']:,} in none")
    if found["without_vectors"]:
        parts.append(f"{found['without_vectors']:,} not known by their meaning yet")
    return ", ".join(parts)
