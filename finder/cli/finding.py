"""`find`: make sure that the folders asked for are indexed, ask the service, show the answer."""

from __future__ import annotations

import contextlib
import shlex
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from finder.cli.indexing import index_and_wait, is_new_drive, root_of, whole_drive
from finder.cli.results import has_match, show
from finder.cli.screen import folder_argument, is_terminal, say, short_path
from finder.config import FolderSetting
from finder.errors import ModelUnavailableError, PausedError, UsageFaultError
from finder.paths import Home, display, path_to_uri
from finder.search.found import Found
from finder.service.client import Client, connect
from finder.text import clean
from finder.types import JsonObject, Mode

_MOMENT_S = 0.7


def find(
    home: Home,
    query: str,
    names: Sequence[str],
    mode: Mode,
    limit: int,
    profile: str | None,
    as_json: bool,
    is_waiting: bool,
) -> int:
    """Answer a query; 0 where something fits, 1 where nothing is above weak.

    Args:
        names: folders to search in, all indexed ones where empty. One that is not indexed yet is indexed first.
        profile: what the search is for, for a model that understands it.
        is_waiting: False answers at once from what is there.
    """
    if not clean(query).strip():
        raise UsageFaultError("The query is empty", hint='Say what the file is about: inkling find "tax return 2023"')
    folders = [folder_argument(name) for name in names]
    roots = {folder: root_of(home, folder) for folder in folders}
    new = [folder for folder, root in roots.items() if root is None]
    for folder in new if is_waiting else ():
        if is_new_drive(home, folder):
            hint = f"Name a folder on it; or index it first: inkling index {_quoted(folder)} --yes"
            raise UsageFaultError("A whole drive is not indexed unasked", whole_drive(folder), hint)
    params: JsonObject = {
        "query": query,
        "folders": [path_to_uri(folder) for folder in folders],
        "mode": mode,
        "limit": limit,
        "evidence": limit,
        **({"profile": profile} if profile is not None else {}),
    }
    with connect(home) as client:
        if new and is_waiting:
            with _as_far_as_possible(mode):
                _add(client, new)
        found = _asked(client, params)
        if folders and is_waiting and _is_incomplete(found):
            with _as_far_as_possible(mode):
                _complete(client, home, roots)
            found = _asked(client, params)
    show(found, as_json, limit)
    return 0 if has_match(found) else 1


@contextlib.contextmanager
def _as_far_as_possible(mode: Mode) -> Iterator[None]:
    """Indexing that rests keeps no search from its answer, nor does a damaged model keep a search for words."""
    try:
        yield
    except PausedError as error:
        say(f"Indexing is paused, {error.detail}: this is from what is there. {error.hint}")
    except ModelUnavailableError:
        if mode != "keyword":
            raise


def _asked(client: Client, params: JsonObject) -> Found:
    """The service's answer. A person who waits for longer than a moment is told what for."""
    if not is_terminal(sys.stderr):
        return cast(Found, client.call("find", params))
    patience = threading.Timer(_MOMENT_S, _show_waiting, ["Loading the model …"])
    patience.start()
    try:
        return cast(Found, client.call("find", params))
    finally:
        patience.cancel()
        patience.join()
        _show_waiting("")


def _show_waiting(words: str) -> None:
    """On a line of its own, which the next thing printed takes over."""
    print(f"\r\x1b[2K{words}", end="", file=sys.stderr, flush=True)


def _add(client: Client, folders: Sequence[bytes]) -> None:
    for folder in folders:
        _say_added(folder)
    index_and_wait(client, folders, is_watched=True)


def _is_incomplete(found: Found) -> bool:
    return found["coverage"]["pending"] > 0 or found["coverage"]["indexed"] == 0


def _complete(client: Client, home: Home, roots: Mapping[bytes, FolderSetting | None]) -> None:
    """Wait for what is still to be indexed; a folder that an indexed one leaves out is indexed by being named."""
    for folder, root in roots.items():
        if root is not None:
            index_and_wait(client, [folder], root.is_watched)
            if root_of(home, folder) != root:
                _say_added(folder)


def _say_added(folder: bytes) -> None:
    say(f"Indexing {_shown(folder)}, which stays indexed from now on. To undo that: inkling forget {_quoted(folder)}")


def _shown(folder: bytes) -> str:
    return short_path(display(folder))


def _quoted(folder: bytes) -> str:
    """For pasting into a shell."""
    return shlex.quote(display(folder))
