"""All screens by name."""

from __future__ import annotations

from collections.abc import Sequence

from tests.screens import around, find, pages
from tests.screens.stage import Screen

SCREENS: dict[str, Screen] = {**find.SCREENS, **pages.SCREENS, **around.SCREENS}


def chosen(names: Sequence[str]) -> dict[str, Screen]:
    """Those called so; all of them without names. `find*` is every one that begins with `find`."""
    return {name: screen for name, screen in SCREENS.items() if not names or any(_is_meant(name, n) for n in names)}


def _is_meant(name: str, wanted: str) -> bool:
    return name.startswith(wanted[:-1]) if wanted.endswith("*") else name == wanted
