"""`status`, `why`, `pause` and `resume`: how the index stands, and why a file is in it or not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import cast

from finder.cli.model import shown
from finder.cli.screen import count, duration, print_json, printable, short_path, size
from finder.paths import Home, absolute, path_to_uri
from finder.service.client import Client, connect
from finder.service.protocol.indexing import FailedFile, Why
from finder.service.protocol.status import FailedFiles, FileGroup, FolderStatus, StageStatus, Status

_PHASES = {
    "scanning": "looking for changes",
    "reading": "reading files",
    "embedding": "embedding passages",
    "idle": "up to date",
}
_MODEL_STATES = {
    "ready": "in memory",
    "loading": "being loaded",
    "unloaded": "not in memory until it is needed",
    "failing": "cannot be loaded",
}
_SERVER_STATES = {
    "ready": "on a server",
    "loading": "on a server that is being started",
    "unloaded": "on a server that is asked when it is needed",
    "failing": "on a server that does not answer as it should; see below",
}
_ENDPOINT_STATES = {"well": "answers", "resting": "is tried again by itself", "unknown": "nothing was sent lately"}
_MOMENT_S = 10.0
_DAY_S = 86_400.0


def status(home: Home, as_json: bool) -> int:
    """Show what is indexed, what is being done, and what needs a person."""
    with connect(home) as client:
        found = cast(Status, client.call("status", {}))
    if as_json:
        print_json(found)
    else:
        print(report(found, datetime.now(UTC)))
    return 0


def failed(home: Home, as_json: bool) -> int:
    """Name every file that could not be read, with the reason and when it is tried again."""
    with connect(home) as client:
        files = list(_failed_files(client))
    if as_json:
        print_json(files)
        return 0
    for file in files:
        print(f"{short_path(file['path'])}: {printable(file['reason'])}; {file['tried_again']}")
    if not files:
        print("Every file could be read.")
    return 0


def _failed_files(client: Client) -> Iterator[FailedFile]:
    after: int | None = 0
    while after is not None:
        page = cast(FailedFiles, client.call("failed", {"after": after}))
        yield from page["files"]
        after = page["following"]


def report(found: Status, now: datetime) -> str:
    """The index in a dozen lines, and in more where something is amiss."""
    lines = [
        f"Inkling {printable(found['version'])}: {_phase(found)} "
        f"(service {found['pid']}, running for {duration(found['uptime_s'])})",
        f"  files      {_files(found)}",
        f"  passages   {found['passages']:,}, of which {found['vectors']:,} can be found by meaning",
        *(f"  {stage['name']:<10} {_stage(stage)}" for stage in found["stages"] if stage["state"] != "idle"),
        f"  model      {_model(found)}",
        *(f"  server     {line}" for line in _server(found)),
        f"  on disk    {', '.join(f'{name} {size(bytes_)}' for name, bytes_ in found['disk_bytes'].items())}",
        f"  sandbox    {printable(found['sandbox'])}",
        f"  home       {short_path(found['home'])}",
        "Folders" if found["folders"] else "No folder is indexed. Add one with: inkling index FOLDER",
        *(_folder(folder, now) for folder in found["folders"]),
    ]
    if found["name_only"]:
        lines.append("Found by name alone")
        lines += [f"  {group['count']:,} × {printable(group['reason'])}" for group in found["name_only"]]
    if found["failures"]:
        lines.append("Could not be read")
        lines += [line for group in found["failures"] for line in _failure(group)]
        lines.append("  To name every one: inkling status --failed")
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
    if found["waiting_away"]:
        states.append(f"{found['waiting_away']:,} of the waiting in folders that are away")
    return f"{sum(found['files'].values()):,}" + (f" ({', '.join(states)})" if states else "")


def _stage(stage: StageStatus) -> str:
    if stage["fault"] is not None:
        return "fails, and tries again by itself; see below"
    return printable(("rests, " if stage["state"] == "paused" else "") + stage["doing"])


def _model(found: Status) -> str:
    embed = found["embed"]
    states = _MODEL_STATES if embed["server"] is None else _SERVER_STATES
    where = f"on {embed['device']}" if embed["device"] else states[embed["state"]]
    waiting = f", {count(embed['pending_passages'], 'passage')} to go" if embed["pending_passages"] else ""
    name = shown(embed["model"], tells_dimension=False)
    return printable(f"{name}, {embed['dimension']} dimensions, {where}{waiting}{_building(found)}")


def _server(found: Status) -> list[str]:
    """A line for each address of a server of one's own, and one for what its running cost."""
    server = found["embed"]["server"]
    if server is None:
        return []
    lines = [
        f"{one['origin']}: {_ENDPOINT_STATES[one['state']]}" + (f" ({one['fault']})" if one["fault"] else "")
        for one in server["endpoints"]
    ]
    if server["is_elastic"]:
        state = "on" if server["is_on"] else "off"
        lines.append(f"started when needed, {state} now; on for {duration(server['seconds_on'])} in all")
    return [printable(line) for line in lines]


def _building(found: Status) -> str:
    building = found["embed"]["building"]
    if building is None:
        return ""
    done = f"{building['embedded']:,} of {count(building['passages'], 'passage')}"
    return f"; {shown(building['model'])} takes over once it has embedded everything ({done})"


def _folder(folder: FolderStatus, now: datetime) -> str:
    kept = "watched" if folder["is_watched"] else "indexed once"
    if folder["looked_at_every_s"] is not None:
        kept = f"looked at every {duration(folder['looked_at_every_s'])}"
    looked = f"looked at {_ago(folder['scanned_at'], now)}" if folder["scanned_at"] else "not looked at as a whole yet"
    words = [count(folder["files"], "file"), kept, looked]
    if folder["state"] == "scanning":
        words.append("scanning")
    if folder["state"] == "offline":
        since = f", noticed {_ago(folder['away_since'], now)}" if folder["away_since"] else ""
        words.append(f"away: {folder['away_because'] or 'it is not there'}{since}; what is indexed is kept")
    return f"  {short_path(folder['path'])}   {printable(', '.join(words))}"


def _failure(group: FileGroup) -> list[str]:
    lines = [f"  {group['count']:,} × {printable(group['reason'])}; {printable(group['tried_again'])}"]
    return lines + [f"      {short_path(path)}" for path in group["examples"]]


def _ago(moment: str, now: datetime) -> str:
    """`3 min ago`; a clock that was set back makes it a moment ago."""
    seconds = (now - datetime.fromisoformat(moment)).total_seconds()
    if seconds < _MOMENT_S:
        return "a moment ago"
    return f"{duration(seconds)} ago" if seconds < 2 * _DAY_S else f"{seconds / _DAY_S:.0f} days ago"


def why(home: Home, name: str, as_json: bool) -> int:
    """Say whether a file can be found, by what, and by which rule; 1 where it cannot."""
    with connect(home) as client:
        found = cast(Why, client.call("why", {"uri": path_to_uri(absolute(name))}))
    if as_json:
        print_json(found)
    else:
        by = "in the index" if found["is_indexed"] else "not in the index"
        if found["findable_by"]:
            by = f"found by {', '.join(found['findable_by'])}"
        says = [("title", found["title"]), *found["metadata"].items()]
        lines = [f"{what}: {words}" for what, words in says if words]
        lines += [f"{note}." for note in found["notes"]]
        print(f"{short_path(found['path'])}: {by}")
        for line in (found["reason"], *lines):
            print(f"  {printable(line)}")
    return 0 if found["is_indexed"] else 1


def pause(home: Home, minutes: float | None, as_json: bool) -> int:
    """Stop indexing for a while; searching goes on."""
    with connect(home) as client:
        client.call("pause", {"minutes": minutes})
    if as_json:
        print_json({"is_paused": True, "minutes": minutes})
        return 0
    until = f"for {duration(minutes * 60)}" if minutes else "until: inkling resume"
    print(f"Indexing is paused {until}. Searching goes on.")
    return 0


def resume(home: Home, as_json: bool) -> int:
    """Go on indexing, and say so where something else still keeps it from that."""
    with connect(home) as client:
        client.call("resume", {})
        because = cast(Status, client.call("status", {}))["paused_because"]
    if as_json:
        print_json({"is_paused": because is not None, "paused_because": because})
    elif because is None:
        print("Indexing goes on.")
    else:
        print(f"Indexing still rests: {printable(because)}.")
    return 0
