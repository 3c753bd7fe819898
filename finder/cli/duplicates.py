"""`duplicates`: groups of files that are equal, or nearly so. It reports, and deletes nothing."""

from __future__ import annotations

from typing import cast

from finder.cli.progress import Bar
from finder.cli.screen import count, folder_argument, print_json, printable, say, short_path, size
from finder.paths import Home, path_to_uri
from finder.search.likeness.related import Comparing, DuplicateFile, DuplicateGroup, Duplicates
from finder.service.client import connect


def duplicates(home: Home, folder: str | None, as_json: bool) -> int:
    """Show the copies in a folder, or in all indexed ones; 0 where there are any."""
    folders = [path_to_uri(folder_argument(folder))] if folder is not None else []
    with connect(home) as client, Bar() as bar:

        def on_progress(told: object) -> None:
            progress = cast(Comparing, told)
            done, total = progress["done"], progress["total"]
            bar.show(progress["doing"], done / max(1, total), f"{done:,} of {total:,}")

        found = cast(Duplicates, client.call("duplicates", {"folders": folders}, on_progress=on_progress))
    if as_json:
        print_json(found)
    else:
        show(found)
    return 0 if found["groups"] else 1


def show(found: Duplicates) -> None:
    """Print each group: a line on what it is, and a line for each file."""
    for group in found["groups"]:
        print(_heading(group))
        for file in group["files"]:
            print(f"  {_file(file, group)}")
        if (more := group["file_count"] - len(group["files"])) > 0:
            print(f"  and {more:,} more")
        print()
    for line in _outcome(found):
        say(line)


def _heading(group: DuplicateGroup) -> str:
    room = size(group["freeable_bytes"])
    if group["relation"] == "copy":
        return f"{group['file_count']:,} equal files, {room} more than one of them takes"
    return f"{group['file_count']:,} versions, {room} beside the newest"


def _file(file: DuplicateFile, group: DuplicateGroup) -> str:
    words = [short_path(file["path"])]
    if group["relation"] == "version":
        is_newest = file is group["files"][0]
        words.append("newest" if is_newest else f"{min(file['share'], 0.99):.0%} equal to the newest")
    if file["copies"]:
        words.append(f"and {count(len(file['copies']), 'copy', 'copies')}")
    words += [f"also named {short_path(link)}" for link in file["links"]]
    return " · ".join([*words, size(file["size_bytes"])])


def _outcome(found: Duplicates) -> list[str]:
    lines = []
    if found["groups"]:
        taken = {"copies": found["copies_bytes"], "older versions": found["versions_bytes"]}
        words = " and ".join(f"{size(room)} by {what}" for what, room in taken.items() if room)
        lines.append(f"Taken: {words}. Nothing was deleted: that is yours to decide.")
    else:
        lines.append(f"No two of {count(found['files'], 'file')} are equal, or nearly so.")
    if found["waiting"]:
        lines.append(f"{count(found['waiting'], 'document')} could be compared by their bytes alone so far.")
    if found["changed"]:
        lines.append(f"{count(found['changed'], 'file')} changed since and were left out.")
    return lines + [printable(note) for note in found["notes"]]
