"""`status`, `why`, `pause` and `resume`: how the index stands, and why a file is in it or not."""

from __future__ import annotations

from typing import cast

from finder.cli.screen import count, duration, print_json, printable, short_path, size
from finder.paths import Home, absolute, path_to_uri
from finder.service.client import connect
from finder.service.protocol import FolderStatus, Status, Why

_PHASES = {
    "scanning": "looking for changes",
    "reading": "reading files",
    "embedding": "embedding passages",
    "idle": "up to date",
}


def status(home: Home, as_json: bool) -> int:
    """Show what is indexed, what is being done, and what needs a person."""
    with connect(home) as client:
        found = cast(Status, client.call("status", {}))
    if as_json:
        print_json(found)
    else:
        print(report(found))
    return 0


def report(found: Status) -> str:
    """The index in a dozen lines."""
    lines = [
        f"Inkling {printable(found['version'])}: {_phase(found)} "
        f"(service {found['pid']}, running for {duration(found['uptime_s'])})",
        f"  files      {_files(found)}",
        f"  passages   {found['passages']:,}, of which {found['vectors']:,} can be found by meaning",
        f"  model      {_model(found)}",
        f"  on disk    {', '.join(f'{name} {size(bytes_)}' for name, bytes_ in found['disk_bytes'].items())}",
        f"  sandbox    {printable(found['sandbox'])}",
        f"  home       {short_path(found['home'])}",
        "Folders" if found["folders"] else "No folder is indexed. Add one with: inkling index FOLDER",
        *(_folder(folder) for folder in found["folders"]),
    ]
    if found["failed"]:
        lines.append("Could not be read")
        lines += [f"  {number:,} × {printable(code).replace('_', ' ')}" for code, number in found["failed"].items()]
        lines.append("  inkling index DIR names the files and says why.")
    if found["notes"]:
        lines.append("Needs a look")
        lines += [f"  {printable(note)}" for note in found["notes"]]
    return "\n".join(lines)


def _phase(found: Status) -> str:
    if found["phase"] == "paused":
        return f"paused, {printable(found['paused_because'] or 'by you')}"
    return _PHASES[found["phase"]]


def _files(found: Status) -> str:
    states = [f"{number:,} {state.replace('_', ' ')}" for state, number in found["files"].items() if number]
    return f"{sum(found['files'].values()):,}" + (f" ({', '.join(states)})" if states else "")


def _model(found: Status) -> str:
    embed = found["embed"]
    where = f"on {embed['device']}" if embed["device"] else "not in memory now"
    waiting = f", {count(embed['pending_passages'], 'passage')} to go" if embed["pending_passages"] else ""
    return printable(f"{embed['model']}, {embed['dimension']} dimensions, {where}{waiting}")


def _folder(folder: FolderStatus) -> str:
    kept = "watched" if folder["is_watched"] else "indexed once"
    state = "" if folder["state"] == "online" else f", {folder['state']}"
    return f"  {short_path(folder['path'])}   {count(folder['files'], 'file')}, {kept}{state}"


def why(home: Home, name: str, as_json: bool) -> int:
    """Say whether a file can be found, by what, and by which rule; 1 where it cannot."""
    with connect(home) as client:
        found = cast(Why, client.call("why", {"uri": path_to_uri(absolute(name))}))
    if as_json:
        print_json(found)
    else:
        by = f"found by {', '.join(found['findable_by'])}" if found["findable_by"] else "not in the index"
        print(f"{short_path(found['path'])}: {by}\n  {printable(found['reason'])}")
    return 0 if found["is_indexed"] else 1


def pause(home: Home, minutes: float | None) -> int:
    """Stop indexing for a while; searching goes on."""
    with connect(home) as client:
        client.call("pause", {"minutes": minutes})
    until = f"for {duration(minutes * 60)}" if minutes else "until: inkling resume"
    print(f"Indexing is paused {until}. Searching goes on.")
    return 0


def resume(home: Home) -> int:
    """Go on indexing."""
    with connect(home) as client:
        client.call("resume", {})
    print("Indexing goes on.")
    return 0
