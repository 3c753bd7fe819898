"""`service run|start|stop|status`: the background process, for people who want to see to it themselves."""

from __future__ import annotations

import time

import psutil

from finder.cli.screen import print_json
from finder.errors import ServiceError
from finder.paths import Home
from finder.service.client import Client, connect
from finder.service.lifecycle import hold
from finder.service.lifecycle import run as serve

_STOP_TIMEOUT_S = 30.0
_POLL_S = 0.02


def run(home: Home) -> int:
    """Be the service, in this terminal, until Ctrl+C or `inkling service stop`."""
    return serve(home)


def start(home: Home) -> int:
    """Have a service in the background; the one that runs already will do."""
    with connect(home) as client:
        print(f"The service runs (process {client.hello['pid']}).")
    return 0


def stop(home: Home) -> int:
    """End the service and wait until its process is gone."""
    client = _reached(home)
    if client is None:
        print("The service does not run.")
        return 0
    process = psutil.Process(client.hello["pid"])
    with client:
        client.call("stop")
    deadline = time.monotonic() + _STOP_TIMEOUT_S
    while is_alive(process):
        if time.monotonic() > deadline:
            raise ServiceError("The service does not end", f"It is process {process.pid}.", "End that process.")
        time.sleep(_POLL_S)
    print("The service has stopped.")
    return 0


def is_alive(process: psutil.Process) -> bool:
    """False for a zombie too: a container may have nobody who buries what its parent left."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def status(home: Home, as_json: bool) -> int:
    """0 where the service runs, 1 where it does not."""
    client = _reached(home)
    hello = client.hello if client is not None else None
    if client is not None:
        client.close()
    if as_json:
        print_json({"is_running": hello is not None, "service": hello})
    elif hello is None:
        print("The service does not run. Any search starts it.")
    else:
        print(f"The service runs (process {hello['pid']}, version {hello['version']}).")
    return 0 if hello is not None else 1


def _reached(home: Home) -> Client | None:
    """The running service; None where none runs.

    Raises:
        ServiceError: one runs, but it does not answer or speaks another protocol.
    """
    try:
        return connect(home, start=False)
    except ServiceError:
        if _is_held(home):
            raise
        return None


def _is_held(home: Home) -> bool:
    """True while some process holds the home's lock: what decides whether a service runs."""
    if not home.lock.exists():
        return False
    try:
        with hold(home):
            return False
    except ServiceError:
        return True
