"""`metrics`: the state of the index in Prometheus' text format, for whoever watches or scales.

https://prometheus.io/docs/instrumenting/exposition_formats/ (version 0.0.4). Counts and sizes alone: no path, no name
of a file and no text is in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from finder.errors import ServiceError
from finder.paths import Home
from finder.service.client import connect
from finder.service.protocol.status import Status

_Sample = tuple[dict[str, str], float]


def metrics(home: Home) -> int:
    """Print what the service says of itself; a service that does not run is not started, and said to be down."""
    try:
        with connect(home, start=False) as client:
            found = cast(Status, client.call("status", {}))
    except ServiceError:
        print(_metric("inkling_up", "gauge", "Whether the service runs.", [({}, 0)]))
        return 0
    print("\n".join(_metrics(found)))
    return 0


def _metrics(found: Status) -> Iterable[str]:
    embed, server = found["embed"], found["embed"]["server"]
    yield _metric("inkling_up", "gauge", "Whether the service runs.", [({}, 1)])
    yield _metric(
        "inkling_embed_pending_passages", "gauge", "Passages without a vector.", [({}, embed["pending_passages"])]
    )
    files = [({"state": state}, number) for state, number in found["files"].items()]
    yield _metric("inkling_files", "gauge", "Files in the index.", files)
    yield _metric("inkling_passages", "gauge", "Distinct passages.", [({}, found["passages"])])
    yield _metric("inkling_vectors", "gauge", "Passages found by meaning.", [({}, found["vectors"])])
    disk = [({"store": store}, number) for store, number in found["disk_bytes"].items()]
    yield _metric("inkling_disk_bytes", "gauge", "Room that the index takes.", disk)
    yield _metric("inkling_paused", "gauge", "Whether indexing rests.", [({}, found["paused_because"] is not None)])
    if server is not None:
        well = [({"origin": one["origin"]}, one["state"] == "well") for one in server["endpoints"]]
        yield _metric("inkling_embed_endpoint_well", "gauge", "Whether an address of the server answers.", well)
        help_ = "Time that the server was on, started by the service."
        yield _metric("inkling_embed_server_on_seconds_total", "counter", help_, [({}, server["seconds_on"])])


def _metric(name: str, kind: str, help_: str, samples: Iterable[_Sample]) -> str:
    # As an integer where it is one: some readers take no 1e+09.
    lines = [f"{name}{_labels(labels)} {int(value) if value == int(value) else value}" for labels, value in samples]
    return "\n".join([f"# HELP {name} {help_}", f"# TYPE {name} {kind}", *lines])


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
