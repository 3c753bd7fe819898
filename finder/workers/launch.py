"""How a process of ours is started: the same interpreter, our code, nothing of the folder one stands in.

Imports the standard library alone: the command-line client starts the service with it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_QUIET = {
    "ANONYMIZED_TELEMETRY": "False",  # chromadb's
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


def command(module: str, *arguments: str) -> list[str]:
    """The argument list that runs `module` in a new interpreter. `-P`: nothing in the current folder is imported."""
    return [sys.executable, "-P", "-m", module, *arguments]


def environment() -> dict[str, str]:
    """The environment for it: no telemetry, no downloads, and our package found where it is run from a checkout."""
    variables = {**os.environ, **_QUIET}
    if _ROOT.name not in ("site-packages", "dist-packages"):
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    return variables
