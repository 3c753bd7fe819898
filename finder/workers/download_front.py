"""Has a model fetched by a process of its own, which a person asked for and may end. Imports nothing that connects."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from finder.errors import CancelledError, ServiceError, error_from_json
from finder.types import JsonObject
from finder.workers.launch import command, environment

_HINT = "Try again; what has come is kept."


def download(
    name: str,
    models: Path,
    on_progress: Callable[[JsonObject], None],
    on_started: Callable[[Callable[[], None]], None],
) -> None:
    """Fetch a known model into the home's folder of models, and return when it is whole.

    Args:
        on_progress: called with the host, the bytes that are there, and those in all.
        on_started: called once, with what ends it early.
    Raises:
        CancelledError: it was ended; what has come stays for the next time.
        FinderError: as in `finder.embed.downloads`.
    """
    variables = environment()
    del variables["HF_HUB_OFFLINE"]  # of all our processes this one alone is to connect
    is_ended = False
    with subprocess.Popen(
        command("finder.workers.download_worker", os.fspath(models), name),
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        text=True,
    ) as process:

        def end() -> None:
            nonlocal is_ended
            is_ended = True
            process.terminate()

        on_started(end)
        assert process.stdout is not None
        for line in process.stdout:
            if is_ended:
                break  # its last line may not be whole
            told = json.loads(line)
            if "error" in told:
                raise error_from_json(told["error"])
            on_progress(told)
    if is_ended:
        raise CancelledError
    if process.returncode:
        raise ServiceError("The download ended early", f"exit status {process.returncode}", _HINT)
