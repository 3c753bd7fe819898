"""How many files stand where: the five shares of the bar, from what the service says. Imports no Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from finder.service.protocol.status import Status

Standing = Literal["meaning", "text", "name", "left_out", "failed"]
STANDINGS: tuple[Standing, ...] = ("meaning", "text", "name", "left_out", "failed")
"""In the order of a file's way, then what has left it."""


def tallies(status: Status) -> dict[Standing, int]:
    """Files of each standing; every file of the index is in one of them."""
    files = status["files"]
    read = files["read"]
    without_meaning = min(status["without_meaning"], read)
    return {
        "meaning": read - without_meaning,
        "text": without_meaning,
        "name": files["waiting"],
        "left_out": files["name_only"],
        "failed": files["failed"],
    }
