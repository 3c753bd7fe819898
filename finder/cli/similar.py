"""`similar`: files like others, in three parts: copies and versions, the same kind, the same subject."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from finder.cli.screen import count, folder_argument, is_terminal, print_json, printable, say, short_path
from finder.errors import FileError, UsageFaultError
from finder.paths import Home, absolute, path_to_uri, uri_to_path
from finder.search.likeness.related import NOTHING_INDEXED, RelatedFile, Similar
from finder.service.client import connect
from finder.types import JsonObject

if TYPE_CHECKING:
    from rich.console import Console

_TEXT_BYTES = 8 << 20
"""Of standard input; more would not be compared anyway."""
_TITLES = {"copies": "Copies and versions", "kind": "The same kind", "subject": "The same subject"}


def similar(home: Home, names: Sequence[str], folders: Sequence[str], limit: int, as_json: bool) -> int:
    """Show what is like the files named, or like the text on standard input (`-`); 0 where anything is above weak."""
    files = [name for name in names if name != "-"]
    params: JsonObject = {
        "uris": [path_to_uri(_file_argument(name)) for name in files],
        "text": _standard_input() if len(files) < len(names) else None,
        "folders": [path_to_uri(folder_argument(name)) for name in folders],
        "limit": limit,
    }
    with connect(home) as client:
        found = cast(Similar, client.call("similar", params))
    show(found, as_json)
    return 0 if _has_match(found) else 1


def show_in_app(home: Home, names: Sequence[str]) -> int:
    """Have the app show what is like the files named; 0 where it does. Standard input is not for menus."""
    from finder.service import app_door

    if "-" in names:
        raise UsageFaultError("A text cannot be shown in the app", hint="Name files, or leave --show out.")
    app_door.show(home, {"show": "similar", "uris": [path_to_uri(_file_argument(name)) for name in names]})
    return 0


def show(found: Similar, as_json: bool) -> None:
    """Print an answer: parts for a person, lines for a pipe (`part TAB share TAB path`), or JSON."""
    if as_json:
        print_json(found)
        return
    if is_terminal(sys.stdout):
        from rich.console import Console

        _show_parts(found, Console(highlight=False, markup=False, emoji=False))
    else:
        for part, files in _parts(found).items():
            for file in files:
                print(f"{part}\t{_share(file)}\t{printable(file['path'])}")
    if not _has_match(found) and NOTHING_INDEXED not in found["notes"]:
        weak = ", but for what is weak" if any(_parts(found).values()) else ""
        say(f"Nothing is like it among the indexed files{weak}.")
    for note in found["notes"]:
        say(printable(note))


def _has_match(found: Similar) -> bool:
    return any(file["strength"] != "weak" for files in _parts(found).values() for file in files)


def _parts(found: Similar) -> dict[str, list[RelatedFile]]:
    return {"copies": found["copies"], "kind": found["kind"], "subject": found["subject"]}


def _show_parts(found: Similar, console: Console) -> None:
    from rich.text import Text

    for part, files in _parts(found).items():
        if not files:
            continue
        console.print(Text(_TITLES[part], style="bold"))
        for file in files:
            line = Text(f"  {printable(file['name'])}", "dim" if file["strength"] == "weak" else "", overflow="fold")
            line.append(f"  {' · '.join(_details(file))}", "dim")
            console.print(line)
        console.print()


def _details(file: RelatedFile) -> list[str]:
    details = [short_path(os.path.dirname(file["path"]))]
    if file["relation"] in ("copy", "version"):
        details.append(printable(file["reason"]).lower())
    if file["copies"]:
        details.append(count(len(file["copies"]) + 1, "copy", "copies"))
    return details + ["weak"] * (file["strength"] == "weak")


def _share(file: RelatedFile) -> str:
    if file["relation"] == "copy":
        return "100%"
    return f"{min(file['share'], 0.99):.0%}" if file["relation"] == "version" else "-"


def _file_argument(name: str) -> bytes:
    """The path that `name` is, or that it names as a `file:` URI, in whatever bytes."""
    try:
        return absolute(uri_to_path(name) if name.startswith("file://") else name)
    except ValueError as error:
        raise UsageFaultError("Not a path", str(error), "Give the path of a file.", name) from error


def _standard_input() -> str:
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageFaultError(
            "There is no text", "standard input is a terminal", "Pipe a text: inkling similar - < FILE"
        )
    from finder.extract.text.encodings import decode

    data = sys.stdin.buffer.read(_TEXT_BYTES)
    try:
        return decode(data, is_whole=len(data) < _TEXT_BYTES).text
    except FileError as error:
        raise UsageFaultError(
            "Standard input is no text", error.title, "Name the file instead: inkling similar FILE"
        ) from error
