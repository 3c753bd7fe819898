"""What Inkling brings along beside its code: icons, translations, schemas. Imports the standard library alone."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


def path(name: str) -> Path:
    """Where the resource `name` lies ("icons/search.svg"): the one way to find any of them."""
    return _FOLDER / name
