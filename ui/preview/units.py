"""From characters, as the service counts them, to UTF-16 units, as Qt does. Imports no Qt."""

from __future__ import annotations

from bisect import bisect_left


class Units:
    """Of one text."""

    def __init__(self, text: str) -> None:
        self._astral = [] if text.isascii() else [at for at, char in enumerate(text) if char > "\uffff"]

    def at(self, character: int) -> int:
        """Units before a character."""
        return character + bisect_left(self._astral, character)
