"""Logging set up once per process: one rotating file in the home, for this user alone.

Neither document text nor query text is ever logged. Paths are logged at DEBUG only.
"""

from __future__ import annotations

import logging
import logging.handlers
import os
from pathlib import Path

_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


def log_to_file(path: Path, level: str | None = None) -> None:
    """Send this process's records to `path`: 2 MiB a file, three files kept.

    Args:
        path: created with mode 0600.
        level: a level's name; `$INKLING_LOG`, else INFO, where None.
    """
    os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=2 << 20, backupCount=2, encoding="utf-8")
    handler.setFormatter(logging.Formatter(_FORMAT))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level or os.environ.get("INKLING_LOG", "INFO").upper())
    logging.captureWarnings(True)
