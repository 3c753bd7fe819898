"""The service process: `python -m finder.service.main --home FOLDER`. Imports neither torch, chromadb nor Qt."""

from __future__ import annotations

import argparse
import sys

from finder.paths import Home
from finder.service.lifecycle import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="inkling-service", description="Serve one home until asked to stop.")
    parser.add_argument(
        "--home", help="the folder that holds the index; $INKLING_HOME, or the platform's own, without it"
    )
    return run(Home.locate(parser.parse_args().home))


if __name__ == "__main__":
    sys.exit(main())
