"""Fetches one known model from the hub, in a process of its own: the service itself never connects to anybody.

`python -m finder.workers.download_worker MODELS NAME` writes a line of JSON for each sign of how far it is, and one
with the error where it fails. It ends when nobody reads them any more; what has come is kept for the next time.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from finder.embed.downloads import fetch, plan
from finder.embed.models import KNOWN_MODELS
from finder.errors import FinderError
from finder.types import JsonObject

_TELL_EVERY_S = 0.1


class _Teller:
    """Says how far it is, at most ten times a second, and always at the end."""

    def __init__(self, host: str, total_bytes: int) -> None:
        self._host, self._total_bytes = host, total_bytes
        self._told_s = 0.0

    def tell(self, done_bytes: int) -> None:
        now_s = time.monotonic()
        if now_s - self._told_s >= _TELL_EVERY_S or done_bytes == self._total_bytes:
            self._told_s = now_s
            _say({"host": self._host, "done_bytes": done_bytes, "total_bytes": self._total_bytes})


def _say(words: JsonObject) -> None:
    print(json.dumps(words), flush=True)


def main() -> None:
    models = Path(sys.argv[1])
    try:
        found = plan(KNOWN_MODELS[sys.argv[2]], models)
        fetch(found, models, _Teller(found.hub.host, found.size_bytes).tell)
    except FinderError as error:
        _say({"error": error.to_json()})
    except BrokenPipeError:
        sys.exit(1)


if __name__ == "__main__":
    main()
