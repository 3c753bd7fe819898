"""A wish that comes before the answer to what was typed waits for it: no row of another question is acted on."""

from __future__ import annotations

from collections.abc import Callable

from ui.results.files import Wish


class Waiting:
    """Holds the last wish, for as long as an answer is to come.

    Args:
        do: carries a wish out, on the row that is current.
    """

    def __init__(self, do: Callable[[Wish], None]) -> None:
        self._do = do
        self._is_outdated = False
        self._wish: Wish | None = None

    def begin(self) -> None:
        """The rows that are shown do not answer what is asked now; what was wished before was of another question."""
        self._is_outdated, self._wish = True, None

    def wish(self, wish: Wish) -> None:
        """Carry it out now, or when there are rows that answer."""
        if self._is_outdated:
            self._wish = wish
        else:
            self._do(wish)

    def end(self) -> None:
        """Rows that answer are shown."""
        self._is_outdated, wish, self._wish = False, self._wish, None
        if wish is not None:
            self._do(wish)

    def give_up(self) -> None:
        """There are none, and nothing to act on."""
        self._is_outdated, self._wish = False, None
