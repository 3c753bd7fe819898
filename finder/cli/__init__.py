"""The command line: `inkling` and `python -m finder`. A client of the service; imports no engine module at start."""

from finder.cli.app import main

__all__ = ["main"]
