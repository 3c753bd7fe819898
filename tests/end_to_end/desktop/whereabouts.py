"""Prints the middle of something of a name that is on the screen, in pixels; ends with 1 where none is.

For the system's own Python, which has the introspected libraries: `python3 whereabouts.py NAME`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

_DEEPEST = 30


def main(name: str) -> int:
    Atspi.init()
    desktop = Atspi.get_desktop(0)
    for number in range(desktop.get_child_count()):
        for thing in below(desktop.get_child_at_index(number)):
            if thing.get_name() == name and thing.get_state_set().contains(Atspi.StateType.SHOWING):
                place = thing.get_extents(Atspi.CoordType.SCREEN)
                print(place.x + place.width // 2, place.y + place.height // 2)
                return 0
    return 1


def below(thing: Any, depth: int = 0) -> Iterator[Any]:
    if thing is None or depth > _DEEPEST:
        return
    yield thing
    for number in range(thing.get_child_count()):
        yield from below(thing.get_child_at_index(number), depth + 1)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except GLib.Error:  # a window closed while it was looked at
        sys.exit(1)
