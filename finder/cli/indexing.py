"""`index` and `forget`: the folders of the index, and what could not be read in them."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from typing import cast

from finder.cli.progress import IndexingBar
from finder.cli.screen import agreed, count, duration, folder_argument, print_json, printable, say, short_path
from finder.config import FolderSetting, SettingsFile
from finder.paths import Home, absolute, display, is_inside, path_to_uri
from finder.service.client import Client, connect
from finder.service.protocol.indexing import FailedFile, Indexed, Progress
from finder.service.protocol.status import Status

_NAMED_PER_REASON = 3


def index(home: Home, names: Sequence[str], is_watched: bool, is_yes: bool, as_json: bool) -> int:
    """Add folders, wait until everything in them can be found, and say what could not be read."""
    folders = [folder_argument(name) for name in names]
    for folder in folders:
        if is_new_drive(home, folder) and not agreed(f"{whole_drive(folder)} Index it?", is_yes):
            say("Nothing was changed.")
            return 1
    with connect(home) as client:
        indexed = index_and_wait(client, folders, is_watched)
    if as_json:
        print_json(indexed)
    else:
        print(summary(indexed))
    return 0


def index_and_wait(client: Client, folders: Sequence[bytes], is_watched: bool) -> Indexed:
    """Have the service index `folders`, with a progress bar on a terminal."""
    params = {"folders": [path_to_uri(folder) for folder in folders], "is_watched": is_watched}
    try:
        with IndexingBar() as bar:
            return cast(
                Indexed, client.call("index", params, on_progress=lambda progress: bar(cast(Progress, progress)))
            )
    except KeyboardInterrupt:
        say("No longer waiting. Indexing goes on in the background; to let it rest: inkling pause")
        raise


def summary(indexed: Indexed) -> str:
    """What an indexing run did, and the files that it could not read, grouped by reason."""
    lines = [
        f"{count(indexed['files'], 'file')} indexed in {duration(indexed['seconds'])}: {indexed['read']:,} read now, "
        f"{count(indexed['embedded'], 'passage')} embedded."
    ]
    lines += [f"{short_path(path)} was indexed on its own and is part of it now." for path in indexed["absorbed"]]
    if indexed["name_only"]:
        lines.append(f"{count(indexed['name_only'], 'file')} can be found by name alone.")
    if indexed["failed_count"]:
        lines.append(f"{count(indexed['failed_count'], 'file')} could not be read:")
        lines += _grouped(indexed["failed"])
    return "\n".join(lines)


def _grouped(failed: Sequence[FailedFile]) -> list[str]:
    groups: defaultdict[str, list[FailedFile]] = defaultdict(list)
    for file in failed:
        groups[file["reason"]].append(file)
    lines = []
    for reason, files in sorted(groups.items(), key=lambda group: -len(group[1])):
        lines.append(f"  {len(files):,} × {printable(reason)}")
        lines += [f"      {short_path(file['path'])}" for file in files[:_NAMED_PER_REASON]]
        if len(files) > _NAMED_PER_REASON:
            lines.append(f"      and {len(files) - _NAMED_PER_REASON:,} more")
    return lines


def forget(home: Home, name: str, is_yes: bool, as_json: bool) -> int:
    """Take a folder out of the index. Its files stay as they are, and so does what lies in other indexed folders."""
    path = absolute(name)
    uri, shown = path_to_uri(path), short_path(display(path))
    with connect(home) as client:
        status = cast(Status, client.call("status", {}))
        known = next((folder for folder in status["folders"] if folder["uri"] == uri), None)
        if known is not None:
            what = f"{count(known['files'], 'file')} will leave the index; the files themselves are not touched."
            if not agreed(f"Forget {shown}? {what}", is_yes):
                say("Nothing was changed.")
                return 1
        forgotten = client.call("forget", {"folder": uri})
    if as_json:
        print_json({"uri": uri, **forgotten})
    else:
        print(f"Forgotten: {shown}, {count(forgotten['files'], 'file')}.")
        if not forgotten["is_erased"]:
            print("Nothing of it can be found; its last bytes are being erased: inkling status tells when it is done.")
    return 0


def is_new_drive(home: Home, folder: bytes) -> bool:
    """True for a folder that a whole file system lies in, is nobody's home, and was not added before."""
    is_home = folder == absolute(os.path.expanduser("~"))
    return os.path.ismount(folder) and not is_home and root_of(home, folder) is None


def whole_drive(folder: bytes) -> str:
    """What indexing it would mean."""
    what = "every file of everybody that you may read" if folder == b"/" else "everything on it"
    return f"{short_path(display(folder))} is a whole drive: {what} is read, which may take hours and gigabytes."


def root_of(home: Home, folder: bytes) -> FolderSetting | None:
    """The folder that the user added and that `folder` is or lies in."""
    added = SettingsFile(home.settings).load().folders
    return next((setting for setting in added if is_inside(folder, setting.path)), None)
