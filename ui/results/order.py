"""In which order results stand: the best first, or by what a file manager sorts by. Imports no Qt widget."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QCollator

if TYPE_CHECKING:
    from finder.search.found import FoundFile

Order = Literal["best", "name", "newest", "largest"]


def ordered(files: list[FoundFile], order: Order) -> list[FoundFile]:
    """Files in an order; weak matches stay behind all others in each."""
    if order == "name":
        collator = QCollator()
        collator.setNumericMode(True)
        files = sorted(files, key=lambda file: collator.sortKey(file["name"]))
    elif order == "newest":
        files = sorted(files, key=_modified, reverse=True)
    elif order == "largest":
        files = sorted(files, key=lambda file: file["size_bytes"], reverse=True)
    return sorted(files, key=lambda file: file["strength"] == "weak")


def _modified(file: FoundFile) -> float:
    try:
        return datetime.fromisoformat(file["modified"]).timestamp()
    except (ValueError, OverflowError):
        return 0.0
